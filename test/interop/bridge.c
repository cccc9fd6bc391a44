/* bridge: what a bridge of the machine's own kernel learns by snooping, and what a LAN of libberth's does, from the same
 * joins and leaves, of both families: three hosts at TAP devices that are the bridge's ports, and their twins on the LAN.
 * The kernel is the querier of its side. Its table is bridge(8)'s mdb; ours is berth_lan_groups.
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

enum { HOSTS = 3, FAMILIES = 2, GROUPS_EACH = 4, PATIENCE_S = 20, LINK = 2 };

enum { GROUPS = FAMILIES * GROUPS_EACH };

#define SECOND UINT64_C(1000000000)

/* Of each family, two of any source, and two of the one source that is asked for. */
static const char *const groups[GROUPS] = {
	"239.1.1.1", "239.1.1.2", "232.1.1.3", "232.1.1.4",
	"ff15::1:1", "ff15::1:2", "ff35::1:3", "ff35::1:4",
};

static const struct {
	int domain, level;
	const char *source;
	const char *older; /* what makes the bridge speak the version before */
	size_t type_at;    /* of a report's frame, and what is there in one of that version */
	uint8_t older_report;
} families[FAMILIES] = {
	{ AF_INET, IPPROTO_IP, "10.99.0.9", "mcast_igmp_version 2", 38, 0x16 },
	{ AF_INET6, IPPROTO_IPV6, "fd99::9", "mcast_mld_version 1", 62, 131 },
};

/* Which host is a member of which group: a row a host. */
struct table {
	int member[HOSTS][GROUPS];
};

struct station {
	struct berth_host *host;
	int descriptors[FAMILIES];
};

/* At the bridge. */
struct wire {
	int tap;
	int older_reports[FAMILIES];
};

struct world {
	struct station ours[HOSTS], theirs[HOSTS]; /* on the LAN; at the bridge */
	struct wire wires[HOSTS];
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

/* Of that family: IGMP's packet has router alert, as MLD's has, in its options for each hop. */
static int is_older_report(int family, const uint8_t *frame, size_t size)
{
	const uint8_t version = family == 0 ? 0x46 : 0x60;

	return size > families[family].type_at && frame[14] == version &&
	       (family == 0 ? frame[23] == IPPROTO_IGMP : frame[20] == IPPROTO_HOPOPTS) &&
	       frame[families[family].type_at] == families[family].older_report;
}

static void transmit(void *context, const struct iovec *pieces, int count)
{
	struct wire *wire = context;
	uint8_t frame[2048];
	size_t size = 0;

	for (int piece = 0; piece < count && size + pieces[piece].iov_len <= sizeof(frame);
	     piece++) {
		memcpy(frame + size, pieces[piece].iov_base, pieces[piece].iov_len);
		size += pieces[piece].iov_len;
	}
	for (int family = 0; family < FAMILIES; family++)
		wire->older_reports[family] += is_older_report(family, frame, size);
	if (write(wire->tap, frame, size) < 0 && errno != EAGAIN)
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
		world->wires[number].tap = open_tap(number);
		if (world->wires[number].tap < 0)
			return -1;
	}
	if (run("ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 "
		"mcast_mld_version 2 mcast_query_interval 100 mcast_query_response_interval 50 "
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

static void give_addresses(struct berth_host *host, int number)
{
	const struct in_addr v4 = { htonl(0x0a630001u + (unsigned)number) };
	const struct in6_addr v6 = { .s6_addr = { 0xfd, 0x99, [15] = (uint8_t)(number + 1) } };

	berth_address_add(host, LINK, v4, 24);
	berth_address6_add(host, LINK, &v6, 64);
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
						       .context = &world->wires[number] };
		memcpy(link.mac, mac, sizeof(mac));
		world->ours[number] = open_station(number);
		world->theirs[number] = open_station(number);
		struct station *ours = &world->ours[number], *theirs = &world->theirs[number];
		if (berth_lan_plug(world->lan, ours->host, mac) != LINK ||
		    berth_interface_add(theirs->host, &link) != LINK)
			return -1;
		for (int side = 0; side < 2; side++) {
			struct station *station = side ? theirs : ours;
			give_addresses(station->host, number);
			for (int family = 0; family < FAMILIES; family++)
				station->descriptors[family] = berth_socket(
					station->host, families[family].domain, SOCK_DGRAM, 0);
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
		waiting[number] =
			(struct pollfd){ .fd = world->wires[number].tap, .events = POLLIN };
	}
	poll(waiting, HOSTS, 10);
	for (int number = 0; number < HOSTS; number++) {
		while ((size = read(world->wires[number].tap, frame, sizeof(frame))) > 0)
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
	berth_lan_advance(world->lan, until);
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
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&info->group;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&info->group;
	char text[INET6_ADDRSTRLEN];

	if (v4->sin_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
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

static struct sockaddr_storage name_of(int family, const char *text)
{
	struct sockaddr_storage name = { .ss_family = (sa_family_t)families[family].domain };
	void *address = family == 0 ? (void *)&((struct sockaddr_in *)&name)->sin_addr
				    : (void *)&((struct sockaddr_in6 *)&name)->sin6_addr;
	inet_pton(families[family].domain, text, address);
	return name;
}

static void set_membership(const struct station *station, int group, int join)
{
	const int family = group / GROUPS_EACH;
	const struct group_source_req one = {
		.gsr_interface = LINK,
		.gsr_group = name_of(family, groups[group]),
		.gsr_source = name_of(family, families[family].source),
	};
	const struct group_req any = { .gr_interface = LINK, .gr_group = one.gsr_group };
	const int level = families[family].level, descriptor = station->descriptors[family];

	if (group % GROUPS_EACH < 2)
		berth_setsockopt(station->host, descriptor, level,
				 join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &any, sizeof(any));
	else
		berth_setsockopt(station->host, descriptor, level,
				 join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &one,
				 sizeof(one));
}

static void change(struct world *world, struct table *expected, int number, int group, int join)
{
	set_membership(&world->ours[number], group, join);
	set_membership(&world->theirs[number], group, join);
	expected->member[number][group] = join;
}

static int tables_agree(struct world *world, int family)
{
	const int group = family * GROUPS_EACH; /* the first */
	struct table expected = { 0 };
	int good;

	change(world, &expected, 0, group, 1);
	change(world, &expected, 1, group, 1);
	change(world, &expected, 1, group + 2, 1);
	change(world, &expected, 2, group + 3, 1);
	good = agree(world, &expected);
	change(world, &expected, 1, group, 0);
	change(world, &expected, 2, group + 1, 1);
	good &= agree(world, &expected);
	change(world, &expected, 0, group, 0);
	change(world, &expected, 2, group + 1, 0);
	change(world, &expected, 1, group + 2, 0);
	change(world, &expected, 2, group + 3, 0);
	return good & agree(world, &expected);
}

/* The hosts at the bridge follow its querier; those on the LAN go on in the newest version. */
static int tables_agree_by_the_older(struct world *world, int family)
{
	uint64_t heard = clock_now() + 3 * SECOND;
	char command[128];

	snprintf(command, sizeof(command), "ip link set br0 type bridge %s",
		 families[family].older);
	if (run(command) != 0)
		return 0;
	while (clock_now() < heard)
		carry(world);
	for (int number = 0; number < HOSTS; number++)
		world->wires[number].older_reports[family] = 0;
	int good = tables_agree(world, family);
	for (int number = 0; number < HOSTS; number++)
		good &= world->wires[number].older_reports[family] > 0;
	return good;
}

/* What the kernel has forgotten it learns again from the answer to its query. */
static int queries_are_answered(struct world *world, int family)
{
	const int group = family * GROUPS_EACH + 1;
	struct table expected = { 0 };
	char command[128];
	int good;

	snprintf(command, sizeof(command), "bridge mdb del dev br0 port berth1 grp %s",
		 groups[group]);
	change(world, &expected, 1, group, 1);
	good = agree(world, &expected) && run(command) == 0 && agree(world, &expected);
	change(world, &expected, 1, group, 0);
	return good & agree(world, &expected);
}

int main(void)
{
	static const struct {
		const char *name;
		int (*ask)(struct world *world, int family);
		int family;
	} questions[] = {
		{ "tables_agree_by_igmp_3", tables_agree, 0 },
		{ "tables_agree_by_mld_2", tables_agree, 1 },
		{ "the_kernels_queries_are_answered_by_igmp", queries_are_answered, 0 },
		{ "the_kernels_queries_are_answered_by_mld", queries_are_answered, 1 },
		{ "tables_agree_by_igmp_2", tables_agree_by_the_older, 0 },
		{ "tables_agree_by_mld_1", tables_agree_by_the_older, 1 },
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
		int good = questions[index].ask(&world, questions[index].family);
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
