/* neighbours: a libberth host and the machine's own kernel as each other's neighbours of IPv6, on a TAP device in a network
 * namespace of this process. Each finds the other and is found; the kernel autoconfigures itself by our advertisements, and
 * we by those that a raw socket of its sends.
 *
 *   neighbours  prints ok or not ok a question; exits 0, 1, or 77 where it may not make a namespace (it is to be root) */
#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 20 };

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

static uint64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void transmit(void *context, const struct iovec *pieces, int count)
{
	if (writev(*(int *)context, pieces, count) < 0 && errno != EAGAIN)
		perror("tap");
}

static struct in6_addr address_of(const char *text)
{
	struct in6_addr address;
	inet_pton(AF_INET6, text, &address);
	return address;
}

/* A TAP device in a namespace of our own, up, where the kernel looks for no duplicates; -1: not allowed. */
static int open_tap(void)
{
	struct ifreq interface = { .ifr_name = "berth0", .ifr_flags = IFF_TAP | IFF_NO_PI };

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	int none = open("/proc/sys/net/ipv6/conf/default/accept_dad", O_WRONLY | O_CLOEXEC);
	if (none < 0 || write(none, "0", 1) != 1)
		return -1;
	close(none);
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &interface) < 0)
		return -1;
	interface.ifr_flags = IFF_UP | IFF_RUNNING;
	int result = ioctl(descriptor, SIOCSIFFLAGS, &interface);
	close(descriptor);
	return result < 0 ? -1 : tap;
}

struct world {
	struct berth_host *host;
	int index;
	int tap;
	int found; /* what is asked of a listing */
};

static void carry(struct world *world)
{
	uint8_t frame[2048];
	ssize_t size;
	struct pollfd waiting = { .fd = world->tap, .events = POLLIN };

	berth_host_advance(world->host, clock_now());
	poll(&waiting, 1, 10);
	while ((size = read(world->tap, frame, sizeof frame)) > 0)
		berth_interface_input(world->host, world->index, frame, (size_t)size);
	berth_host_advance(world->host, clock_now());
}

/* Carries frames until it is so, or patience ends. */
static int comes_true(struct world *world, int (*is_so)(struct world *world))
{
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);

	while (!is_so(world)) {
		if (clock_now() > limit)
			return 0;
		carry(world);
	}
	return 1;
}

/* Does a file of the kernel's have a line with both? */
static int kernel_lists(const char *path, const char *one, const char *other)
{
	char line[512];
	int found = 0;
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof line, file))
		found |= strstr(line, one) && strstr(line, other);
	if (file)
		fclose(file);
	return found;
}

static struct sockaddr_in6 name_of(const char *address, uint16_t port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	name.sin6_addr = address_of(address);
	if (IN6_IS_ADDR_LINKLOCAL(&name.sin6_addr) || IN6_IS_ADDR_MULTICAST(&name.sin6_addr))
		name.sin6_scope_id = if_nametoindex("berth0");
	return name;
}

/* The kernel's echo requests, again and again: it may not have its own link-local address at first. */
static struct {
	int descriptor;
	struct sockaddr_in6 name;
} ping;

static int echo_is_answered(struct world *world)
{
	const struct icmp6_hdr echo = { .icmp6_type = ICMP6_ECHO_REQUEST };
	uint8_t answer[256];

	(void)world;
	ssize_t size = recv(ping.descriptor, answer, sizeof answer, MSG_DONTWAIT);
	if (size >= (ssize_t)sizeof echo && answer[0] == ICMP6_ECHO_REPLY)
		return 1;
	sendto(ping.descriptor, &echo, sizeof echo, 0, (const struct sockaddr *)&ping.name,
	       sizeof ping.name);
	return 0;
}

static int kernel_pings(struct world *world, const char *address)
{
	ping.name = name_of(address, 0);
	ping.descriptor = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	int good = comes_true(world, echo_is_answered);
	close(ping.descriptor);
	return good;
}

static int the_kernel_finds_our_link_local_address(struct world *world)
{
	return kernel_pings(world, "fe80::ff:fe00:9");
}

/* Formed of the prefix fd99:1::/64 by the kernel, and usable; and the default route by us. */
static int kernel_has_formed(struct world *world)
{
	(void)world;
	return kernel_lists("/proc/net/if_inet6", "fd990001000000", "berth0") &&
	       kernel_lists(
		       "/proc/net/ipv6_route",
		       "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
		       "fe80000000000000000000fffe000009",
		       "berth0");
}

static int the_kernel_autoconfigures_itself_by_our_advertisement(struct world *world)
{
	const struct berth_advertised_prefix prefix = { .prefix = address_of("fd99:1::"),
							.bits = 64,
							.on_link = 1,
							.autonomous = 1,
							.valid_s = 7200,
							.preferred_s = 3600 };
	const struct berth_advertisement says = {
		.lifetime_s = 1800, .prefixes = &prefix, .prefix_count = 1, .mtu = 1400
	};
	const struct in6_addr ours = address_of("fd99:1::9");

	return berth_address6_add(world->host, world->index, &ours, 64) == 0 &&
	       berth_advertise(world->host, world->index, &says) == 0 &&
	       comes_true(world, kernel_has_formed) && kernel_pings(world, "fd99:1::9");
}

static int kernel_has_no_route_by_us(struct world *world)
{
	return !kernel_has_formed(world);
}

static int the_kernel_believes_our_farewell(struct world *world)
{
	return berth_advertise(world->host, world->index, NULL) == 0 &&
	       comes_true(world, kernel_has_no_route_by_us);
}

static void look_at(void *context, const struct berth_address_info *info)
{
	static const uint8_t prefix[8] = { 0xfd, 0x99, 0, 2 };
	struct world *world = context;
	world->found |= info->address.family == AF_INET6 &&
			memcmp(info->address.bytes, prefix, sizeof prefix) == 0;
}

static int we_have_formed(struct world *world)
{
	world->found = 0;
	berth_host_addresses(world->host, look_at, world);
	return world->found;
}

/* As radvd would: from the link-local address, to all nodes, with a prefix and itself as default router. */
static int kernel_advertises(void)
{
	struct {
		struct nd_router_advert header;
		struct nd_opt_prefix_info prefix;
	} said = {
		.header.nd_ra_type = ND_ROUTER_ADVERT,
		.header.nd_ra_router_lifetime = htons(1800),
		.prefix = { .nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION,
			    .nd_opt_pi_len = 4,
			    .nd_opt_pi_prefix_len = 64,
			    .nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO,
			    .nd_opt_pi_valid_time = htonl(7200),
			    .nd_opt_pi_preferred_time = htonl(3600),
			    .nd_opt_pi_prefix = address_of("fd99:2::") },
	};
	const int hops = 255;
	const struct sockaddr_in6 all = name_of("ff02::1", 0);
	int descriptor = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	setsockopt(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops);
	ssize_t size = sendto(descriptor, &said, sizeof said, 0, (const struct sockaddr *)&all,
			      sizeof all);
	close(descriptor);
	return size == sizeof said;
}

static int we_autoconfigure_ourselves_by_the_kernels(struct world *world)
{
	return berth_autoconfigure(world->host, world->index) == 0 && kernel_advertises() &&
	       comes_true(world, we_have_formed);
}

/* By way of the default router that it now is: nobody listens there, and says so. */
static int a_connection_is_refused(struct world *world)
{
	const struct sockaddr_in6 name = name_of("fd99:2::1", 9);
	int descriptor = berth_socket(world->host, AF_INET6, SOCK_STREAM, 0);
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);
	int result;

	do {
		result = berth_connect(world->host, descriptor, (const struct sockaddr *)&name,
				       sizeof name);
		carry(world);
	} while ((result == -EINPROGRESS || result == -EALREADY) && clock_now() < limit);
	berth_close(world->host, descriptor);
	return result == -ECONNREFUSED;
}

static int we_find_the_kernel(struct world *world)
{
	struct {
		struct in6_addr address;
		uint32_t prefix;
		int index;
	} given = { address_of("fd99:2::1"), 64, (int)if_nametoindex("berth0") };
	int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = ioctl(descriptor, SIOCSIFADDR, &given);

	close(descriptor);
	return result == 0 && a_connection_is_refused(world);
}

int main(void)
{
	static const struct {
		const char *name;
		int (*ask)(struct world *world);
	} questions[] = {
		{ "the_kernel_finds_our_link_local_address",
		  the_kernel_finds_our_link_local_address },
		{ "the_kernel_autoconfigures_itself_by_our_advertisement",
		  the_kernel_autoconfigures_itself_by_our_advertisement },
		{ "the_kernel_believes_our_farewell", the_kernel_believes_our_farewell },
		{ "we_autoconfigure_ourselves_by_the_kernels",
		  we_autoconfigure_ourselves_by_the_kernels },
		{ "we_find_the_kernel", we_find_the_kernel },
	};
	const struct berth_allocator allocator = { allocate, release, NULL };
	int tap = open_tap(), failures = 0;
	if (tap < 0) {
		printf("# no namespace with a TAP device: %s\n", strerror(errno));
		return 77;
	}

	struct berth_host_config config = { .allocator = &allocator, .now = clock_now() };
	getentropy(config.seed, sizeof config.seed);
	struct world world = { .host = berth_host_new(&config), .tap = tap };
	const struct berth_interface_config link = { .mac = { 2, 0, 0, 0, 0, 9 },
						     .transmit = transmit,
						     .context = &world.tap };
	world.index = berth_interface_add(world.host, &link);

	for (size_t index = 0; index < sizeof questions / sizeof *questions; index++) {
		int good = questions[index].ask(&world);
		printf("%s %s\n", good ? "ok" : "not ok", questions[index].name);
		failures += !good;
	}
	berth_host_free(world.host);
	return failures > 0;
}
