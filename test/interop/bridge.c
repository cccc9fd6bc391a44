/* bridge: what a bridge of the machine's own kernel learns by snooping, and what a LAN of libberth's does, from the same
 * joins and leaves: three hosts at TAP devices that are the bridge's ports, and their twins on the LAN. The kernel is the
 * querier of its side. Its table is bridge(8)'s mdb; ours is berth_lan_groups.
 *
 *   bridge     prints ok or not ok a question; exits 0, 1, or 77 where it may not make a namespace (it is to be root) */
#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { HOSTS = 3, GROUPS = 4, PATIENCE_S = 20, LINK = 2 };

#define SECOND UINT64_C(1000000000)

static const char *const groups[GROUPS] = { "239.1.1.1", "239.1.1.2", "232.1.1.3", "232.1.1.4" };

/* Which host is a member of which group: a row a host. */
struct table {
	int member[HOSTS][GROUPS];
};

struct station {
	struct berth_host *host;
	int descriptor;
};

struct world {
	struct station ours[HOSTS], theirs[HOSTS]; /* on the LAN; at the bridge */
	int taps[HOSTS];
	struct berth_lan *lan;
	uint64_t lan_now;
};

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context, (void)size;
	free(at);
}

static const struct berth_allocator allocator = { allocate, release, NULL };

static uint64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void transmit(void *context, const struct iovec *pieces, int count)
{
	if (writev(*(int *)context, pieces, count) < 0 && errno != EAGAIN)
		perror("tap");
}

/* A shell's command; not 0: it failed. */
static int run(const char *command)
{
	int status = system(command);
	if (status != 0)
		printf("# failed: %s\n", command);
	return status;
}

static int open_tap(int number)
{
	struct ifreq interface = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	snprintf(interface.ifr_name, sizeof(interface.ifr_name), "berth%d", number);
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return tap < 0 || ioctl(tap, TUNSETIFF, &interface) < 0 ? -1 : tap;
}

/* Queries every second, answered within half of one: nobody is to wait for long. */
static int open_bridge(struct world *world)
{
	char command[128];

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	for (int number = 0; number < HOSTS; number++) {
		world->taps[number] = open_tap(number);
		if (world->taps[number] < 0)
			return -1;
	}
	if (run("ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 "
		"mcast_query_interval 100 mcast_query_response_interval 50 "
		"mcast_startup_query_interval 50 mcast_last_member_interval 10"))
		return -1;
	for (int number = 0; number < HOSTS; number++) {
		snprintf(command, sizeof(command),
			 "ip link set berth%d master br0 && ip link set berth%d up", number,
			 number);
		if (run(command))
			return -1;
	}
	return run("ip link set br0 up");
}

static struct in_addr address_of(int number)
{
	return (struct in_addr){ htonl(0x0a630001u + (unsigned)number) };
}

static struct station open_station(int number)
{
	struct berth_host_config config = { .allocator = &allocator,
					    .seed = { (uint8_t)(number + 1) },
					    .name = "host" };
	return (struct station){ .host = berth_host_new(&config) };
}

static int open_hosts(struct world *world)
{
	world->lan = berth_lan_new(&(struct berth_lan_config){ .allocator = &allocator });
	for (int number = 0; number < HOSTS; number++) {
		const uint8_t mac[6] = { 2, 0, 0, 0, 9, (uint8_t)number };
		struct berth_interface_config link = { .transmit = transmit,
						       .context = &world->taps[number] };
		memcpy(link.mac, mac, sizeof(mac));
		world->ours[number] = open_station(number);
		world->theirs[number] = open_station(number);
		struct station *ours = &world->ours[number], *theirs = &world->theirs[number];
		if (berth_lan_plug(world->lan, ours->host, mac) != LINK ||
		    berth_interface_add(theirs->host, &link) != LINK)
			return -1;
		for (int side = 0; side < 2; side++) {
			struct station *station = side ? theirs : ours;
			berth_address_add(station->host, LINK, address_of(number), 24);
			station->descriptor = berth_socket(station->host, AF_INET, SOCK_DGRAM, 0);
		}
	}
	return 0;
}

/* A little of the machine's time for the bridge's side. */
static void carry(struct world *world)
{
	struct pollfd waiting[HOSTS];
	uint8_t frame[2048];
	ssize_t size;

	for (int number = 0; number < HOSTS; number++) {
		berth_host_advance(world->theirs[number].host, clock_now());
		waiting[number] = (struct pollfd){ .fd = world->taps[number], .events = POLLIN };
	}
	poll(waiting, HOSTS, 10);
	for (int number = 0; number < HOSTS; number++) {
		while ((size = read(world->taps[number], frame, sizeof(frame))) > 0)
			berth_interface_input(world->theirs[number].host, LINK, frame,
					      (size_t)size);
		berth_host_advance(world->theirs[number].host, clock_now());
	}
}

/* And as much as we like of ours for the LAN's. */
static void pass(struct world *world, uint64_t ns)
{
	uint64_t until = world->lan_now + ns, next;
	while ((next = berth_lan_advance(world->lan, world->lan_now)) <= until)
		world->lan_now = next;
	world->lan_now = until;
}

static int group_number(const char *text)
{
	for (int group = 0; group < GROUPS; group++) {
		if (strcmp(text, groups[group]) == 0)
			return group;
	}
	return -1;
}

/* Lines such as "dev br0 port berth1 grp 239.1.1.1 temp", one a source where there are any. */
static struct table their_table(void)
{
	struct table table = { 0 };
	char line[256], group[64];
	int number;
	FILE *listing = popen("bridge mdb show dev br0", "r");

	while (listing && fgets(line, sizeof(line), listing)) {
		if (sscanf(line, " dev br0 port berth%d grp %63s", &number, group) == 2 &&
		    number >= 0 && number < HOSTS && group_number(group) >= 0)
			table.member[number][group_number(group)] = 1;
	}
	if (listing)
		pclose(listing);
	return table;
}

struct listing {
	const struct world *world;
	struct table table;
};

static void note_group(void *context, const struct berth_lan_group_info *info)
{
	struct listing *listing = context;
	const struct sockaddr_in *name = (const struct sockaddr_in *)&info->group;
	char text[INET_ADDRSTRLEN];

	if (name->sin_family != AF_INET)
		return;
	inet_ntop(AF_INET, &name->sin_addr, text, sizeof(text));
	for (int number = 0; number < HOSTS; number++) {
		if (listing->world->ours[number].host == info->host && group_number(text) >= 0)
			listing->table.member[number][group_number(text)] = 1;
	}
}

static struct table our_table(const struct world *world)
{
	struct listing listing = { .world = world };
	berth_lan_groups(world->lan, note_group, &listing);
	return listing.table;
}

static void print_table(const char *whose, const struct table *table)
{
	printf("# %s:", whose);
	for (int number = 0; number < HOSTS; number++) {
		for (int group = 0; group < GROUPS; group++) {
			if (table->member[number][group])
				printf(" %d:%s", number, groups[group]);
		}
	}
	printf("\n");
}

/* Both tables come to be the expected one. */
static int agree(struct world *world, const struct table *expected)
{
	uint64_t limit = clock_now() + PATIENCE_S * SECOND;
	struct table theirs;

	do {
		carry(world);
		theirs = their_table();
	} while (memcmp(&theirs, expected, sizeof(theirs)) != 0 && clock_now() < limit);
	pass(world, 5 * SECOND);
	struct table ours = our_table(world);
	if (memcmp(&theirs, expected, sizeof(theirs)) == 0 &&
	    memcmp(&ours, expected, sizeof(ours)) == 0)
		return 1;
	print_table("expected", expected);
	print_table("the bridge", &theirs);
	print_table("the LAN", &ours);
	return 0;
}

/* The first two are of any source, the others of 10.99.0.9 alone. */
static void set_membership(const struct station *station, int group, int join)
{
	struct ip_mreq any = { 0 };
	struct ip_mreq_source one = { .imr_sourceaddr.s_addr = htonl(0x0a630009) };

	inet_pton(AF_INET, groups[group], &any.imr_multiaddr);
	one.imr_multiaddr = any.imr_multiaddr;
	if (group < 2)
		berth_setsockopt(station->host, station->descriptor, IPPROTO_IP,
				 join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &any, sizeof(any));
	else
		berth_setsockopt(station->host, station->descriptor, IPPROTO_IP,
				 join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, &one,
				 sizeof(one));
}

static void change(struct world *world, struct table *expected, int number, int group, int join)
{
	set_membership(&world->ours[number], group, join);
	set_membership(&world->theirs[number], group, join);
	expected->member[number][group] = join;
}

static int tables_agree(struct world *world)
{
	struct table expected = { 0 };
	int good;

	change(world, &expected, 0, 0, 1);
	change(world, &expected, 1, 0, 1);
	change(world, &expected, 1, 2, 1);
	change(world, &expected, 2, 3, 1);
	good = agree(world, &expected);
	change(world, &expected, 1, 0, 0);
	change(world, &expected, 2, 1, 1);
	good &= agree(world, &expected);
	change(world, &expected, 0, 0, 0);
	change(world, &expected, 2, 1, 0);
	change(world, &expected, 1, 2, 0);
	change(world, &expected, 2, 3, 0);
	return good & agree(world, &expected);
}

static int tables_agree_by_igmp_3(struct world *world)
{
	return tables_agree(world);
}

/* The hosts at the bridge follow its querier; those on the LAN go on in version 3. */
static int tables_agree_by_igmp_2(struct world *world)
{
	uint64_t heard = clock_now() + 3 * SECOND;

	if (run("ip link set br0 type bridge mcast_igmp_version 2") != 0)
		return 0;
	while (clock_now() < heard)
		carry(world);
	return tables_agree(world);
}

/* What the kernel has forgotten it learns again from the answer to its query. */
static int the_kernels_queries_are_answered(struct world *world)
{
	struct table expected = { 0 };
	int good;

	change(world, &expected, 1, 1, 1);
	good = agree(world, &expected) &&
	       run("bridge mdb del dev br0 port berth1 grp 239.1.1.2") == 0 &&
	       agree(world, &expected);
	change(world, &expected, 1, 1, 0);
	return good & agree(world, &expected);
}

int main(void)
{
	static const struct {
		const char *name;
		int (*ask)(struct world *world);
	} questions[] = {
		{ "tables_agree_by_igmp_3", tables_agree_by_igmp_3 },
		{ "the_kernels_queries_are_answered", the_kernels_queries_are_answered },
		{ "tables_agree_by_igmp_2", tables_agree_by_igmp_2 },
	};
	struct world world = { 0 };
	int failures = 0;

	if (open_bridge(&world) != 0) {
		printf("# no namespace with a bridge: %s\n", strerror(errno));
		return 77;
	}
	if (open_hosts(&world) != 0)
		return 1;
	for (size_t index = 0; index < sizeof(questions) / sizeof(questions[0]); index++) {
		int good = questions[index].ask(&world);
		printf("%s %s\n", good ? "ok" : "not ok", questions[index].name);
		failures += !good;
	}
	berth_lan_free(world.lan);
	for (int number = 0; number < HOSTS; number++) {
		berth_host_free(world.ours[number].host);
		berth_host_free(world.theirs[number].host);
	}
	return failures > 0;
}
