/* tap6: a libberth host and the machine's own kernel speak IPv6 on one Ethernet link, a TAP device in a network namespace of
 * this process; the host is a router, too, to a narrower link of nobody's, and so is the kernel. Echoes whole and in
 * fragments, each way; closed ports, narrow paths and counted hops as the one tells the other.
 *
 *   tap6       prints ok or not ok a question; exits 0, 1, or 77 where it may not make a namespace (it is to be root) */
#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_tun.h>
#include <linux/in6.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PATIENCE_S = 10,
	NARROW = 1300,
	ECHO_REQUEST = 128,
	ECHO_REPLY = 129,
	ECHO_MOST = 6000,
	PORT_NOBODY = 9,
};

static const char kernel_address[] = "fd99::1", host_address[] = "fd99::2";
static const char behind_kernel[] = "fd98::2", behind_host[] = "fd97::2",
		  behind_host_v4[] = "10.97.0.2";

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
		perror("tap6");
}

static void transmit_to_nobody(void *context, const struct iovec *pieces, int count)
{
	(void)context, (void)pieces, (void)count;
}

static struct sockaddr_in6 name_of(const char *address, uint16_t port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	inet_pton(AF_INET6, address, &name.sin6_addr);
	return name;
}

/* A TAP device of that name; -1: not allowed. */
static int open_device(const char *name)
{
	struct ifreq interface = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	strncpy(interface.ifr_name, name, sizeof(interface.ifr_name) - 1);
	return tap < 0 || ioctl(tap, TUNSETIFF, &interface) < 0 ? -1 : tap;
}

/* The link, and a narrow one of the kernel's with nobody on it, in a namespace of our own; -1: not allowed. */
static int open_tap(void)
{
	static const char set_up[] =
		"ip link set lo up && ip link set berth0 up &&"
		"ip address add 10.99.0.1/24 dev berth0 &&"
		"ip -6 address add fd99::1/64 dev berth0 nodad &&"
		"ip -6 route add fd97::/48 via fd99::2 && ip route add 10.97.0.0/24 via 10.99.0.2 "
		"&&"
		"ip link set narrow mtu 1300 up && ip -6 address add fd98::1/64 dev narrow nodad &&"
		"echo 1 >/proc/sys/net/ipv6/conf/all/forwarding";

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	int tap = open_device("berth0");
	if (tap < 0 || open_device("narrow") < 0)
		return -1;
	return system(set_up) == 0 ? tap : -1;
}

/* The kernel's side, in processes of its own: each exits 0 where all was as it should be. */

static int kernel_socket(int family, int type, int protocol)
{
	int descriptor = socket(family, type | SOCK_CLOEXEC, protocol);
	const struct timeval patience = { .tv_sec = 2 };
	const int on = 1;

	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(descriptor, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	return descriptor;
}

static int kernel_echo(const struct sockaddr_in6 *name, size_t size)
{
	static uint8_t echo[ECHO_MOST], answer[ECHO_MOST];
	int descriptor = kernel_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);

	for (size_t at = 8; at < size; at++)
		echo[at] = (uint8_t)(at * 7);
	echo[0] = ECHO_REQUEST;
	if (sendto(descriptor, echo, size, 0, (const struct sockaddr *)name, sizeof(*name)) < 0)
		return 1;
	do {
		if (recv(descriptor, answer, sizeof(answer), 0) < 0)
			return 2;
	} while (answer[0] != ECHO_REPLY);
	return memcmp(answer + 4, echo + 4, size - 4) ? 3 : 0;
}

static int kernel_pings(void)
{
	const struct sockaddr_in6 name = name_of(host_address, 0);
	return kernel_echo(&name, 1000);
}

static int kernel_pings_in_fragments(void)
{
	const struct sockaddr_in6 name = name_of(host_address, 0);
	return kernel_echo(&name, 5000);
}

static int kernel_pings_link_local(void)
{
	struct sockaddr_in6 name = name_of("fe80::ff:fe00:9", 0);
	name.sin6_scope_id = if_nametoindex("berth0");
	return kernel_echo(&name, 100);
}

/* What a datagram of this size with so many hops to live comes to: an errno, 0 for nothing. */
static int kernel_fails(const char *to, uint16_t port, size_t size, int hops, int *mtu)
{
	static uint8_t bytes[ECHO_MOST];
	const struct sockaddr_in6 name = name_of(to, port);
	int descriptor = kernel_socket(AF_INET6, SOCK_DGRAM, 0), discover = IPV6_PMTUDISC_DO;
	struct pollfd waiting = { .fd = descriptor };
	socklen_t mtu_size = sizeof(*mtu), error_size = sizeof(int);
	int error = 0;

	setsockopt(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover, sizeof(discover));
	setsockopt(descriptor, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	if (connect(descriptor, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    send(descriptor, bytes, size, 0) < 0)
		return errno;
	poll(&waiting, 1, 5000);
	getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &error_size);
	getsockopt(descriptor, IPPROTO_IPV6, IPV6_MTU, mtu, &mtu_size);
	return error;
}

static int kernel_hears_of_closed_ports(void)
{
	int mtu;
	return kernel_fails(host_address, PORT_NOBODY, 10, 64, &mtu) != ECONNREFUSED;
}

static int kernel_hears_of_a_narrow_path(void)
{
	int mtu = 0;
	if (kernel_fails(behind_host, PORT_NOBODY, 1400, 64, &mtu) != EMSGSIZE)
		return 1;
	return mtu != NARROW;
}

static int kernel_hears_of_a_life_too_short(void)
{
	int mtu;
	return kernel_fails(behind_host, PORT_NOBODY, 10, 1, &mtu) != EHOSTUNREACH;
}

static int kernel_hears_of_nobody_there(void)
{
	int mtu;
	return kernel_fails("fd97::99", PORT_NOBODY, 10, 64, &mtu) != EHOSTUNREACH;
}

static int kernel_hears_of_no_route(void)
{
	int mtu;
	return kernel_fails("fd97:0:0:1::1", PORT_NOBODY, 10, 64, &mtu) != ENETUNREACH;
}

/* The same of IPv4. */
static int kernel_hears_of_a_narrow_path_v4(void)
{
	static uint8_t bytes[1400];
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(PORT_NOBODY) };
	int descriptor = kernel_socket(AF_INET, SOCK_DGRAM, 0), discover = IP_PMTUDISC_DO, mtu = 0;
	socklen_t size = sizeof(mtu);
	struct pollfd waiting = { .fd = descriptor };

	inet_pton(AF_INET, behind_host_v4, &name.sin_addr);
	setsockopt(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof(discover));
	if (connect(descriptor, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    send(descriptor, bytes, sizeof(bytes), 0) < 0)
		return 1;
	poll(&waiting, 1, 5000);
	getsockopt(descriptor, IPPROTO_IP, IP_MTU, &mtu, &size);
	return mtu != NARROW;
}

/* Our side. */

struct world {
	struct berth_host *host;
	int index;
	int tap;
};

static void carry(const struct world *world)
{
	uint8_t frame[2048];
	ssize_t size;
	struct pollfd waiting = { .fd = world->tap, .events = POLLIN };

	berth_host_advance(world->host, clock_now());
	poll(&waiting, 1, 5);
	while ((size = read(world->tap, frame, sizeof(frame))) > 0)
		berth_interface_input(world->host, world->index, frame, (size_t)size);
	berth_host_advance(world->host, clock_now());
}

/* Lets the kernel's part run to its end. */
static int together(const struct world *world, int (*kernel)(void))
{
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(PATIENCE_S);
		_exit(kernel());
	}
	while (clock_now() < limit) {
		carry(world);
		if (waitpid(child, &status, WNOHANG) == child) {
			if (status)
				printf("# kernel %d\n", WEXITSTATUS(status));
			return status == 0;
		}
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}

/* Carries until there is something to read or to hear of; 0: it was too long. */
static int wait_for(const struct world *world, int descriptor)
{
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);

	while (clock_now() < limit) {
		carry(world);
		if (berth_poll(world->host, descriptor) & (POLLIN | POLLERR))
			return 1;
	}
	return 0;
}

static int we_ping(const struct world *world, size_t size)
{
	static uint8_t echo[ECHO_MOST], answer[ECHO_MOST];
	const struct sockaddr_in6 name = name_of(kernel_address, 0);
	int descriptor = berth_socket(world->host, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);

	for (size_t at = 8; at < size; at++)
		echo[at] = (uint8_t)(at * 7);
	echo[0] = ECHO_REQUEST;
	ssize_t sent = berth_sendto(world->host, descriptor, echo, size, 0,
				    (const struct sockaddr *)&name, sizeof(name));
	ssize_t heard = -1;
	if (sent == (ssize_t)size && wait_for(world, descriptor))
		heard = berth_recv(world->host, descriptor, answer, sizeof(answer), 0);
	berth_close(world->host, descriptor);
	if (heard != (ssize_t)size)
		printf("# sent %zd, heard %zd\n", sent, heard);
	return heard == (ssize_t)size && answer[0] == ECHO_REPLY &&
	       memcmp(answer + 8, echo + 8, size - 8) == 0;
}

static int we_ping_the_kernel(const struct world *world)
{
	return we_ping(world, 1000);
}

static int we_ping_the_kernel_in_fragments(const struct world *world)
{
	return we_ping(world, 5000);
}

/* What a datagram comes to, as kernel_fails. */
static int we_fail(const struct world *world, const char *to, size_t size, int hops)
{
	static uint8_t bytes[ECHO_MOST];
	const struct sockaddr_in6 name = name_of(to, PORT_NOBODY);
	const int on = 1, discover = IPV6_PMTUDISC_DO;
	struct berth_host *host = world->host;
	int descriptor = berth_socket(host, AF_INET6, SOCK_DGRAM, 0), error = 0;
	socklen_t error_size = sizeof(error);

	berth_setsockopt(host, descriptor, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	berth_setsockopt(host, descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover,
			 sizeof(discover));
	berth_setsockopt(host, descriptor, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops));
	int result = berth_connect(host, descriptor, (const struct sockaddr *)&name, sizeof(name));
	if (result == 0)
		result = (int)berth_send(host, descriptor, bytes, size, 0);
	if (result > 0 && wait_for(world, descriptor))
		berth_getsockopt(host, descriptor, SOL_SOCKET, SO_ERROR, &error, &error_size);
	berth_close(host, descriptor);
	return result < 0 ? -result : error;
}

static int we_hear_of_a_closed_port(const struct world *world)
{
	return we_fail(world, kernel_address, 10, 64) == ECONNREFUSED;
}

/* Told once, and remembered for the next socket: it does not come to be sent. */
static int we_hear_of_a_narrow_path(const struct world *world)
{
	int told = we_fail(world, behind_kernel, 1400, 64);
	int remembered = we_fail(world, behind_kernel, 1400, 64);
	return told == EMSGSIZE && remembered == EMSGSIZE;
}

static int we_hear_of_a_life_too_short(const struct world *world)
{
	return we_fail(world, behind_kernel, 10, 1) == EHOSTUNREACH;
}

static struct berth_host *make_host(struct world *world)
{
	static const struct berth_allocator allocator = { allocate, release, NULL };
	struct berth_host_config config = { .allocator = &allocator,
					    .name = "berth",
					    .now = clock_now() };
	getentropy(config.seed, sizeof(config.seed));
	struct berth_host *host = berth_host_new(&config);
	const struct berth_interface_config link = { .mac = { 2, 0, 0, 0, 0, 9 },
						     .transmit = transmit,
						     .context = &world->tap };
	const struct berth_interface_config narrow = { .mac = { 2, 0, 0, 0, 0, 10 },
						       .mtu = NARROW,
						       .transmit = transmit_to_nobody };
	const struct in6_addr behind = name_of("fd98::", 0).sin6_addr;
	const struct in6_addr kernel = name_of(kernel_address, 0).sin6_addr;
	const struct in6_addr own = name_of(host_address, 0).sin6_addr;
	const struct in6_addr far = name_of("fd97::1", 0).sin6_addr;

	world->index = berth_interface_add(host, &link);
	int beyond = berth_interface_add(host, &narrow);
	berth_address_add(host, world->index, (struct in_addr){ inet_addr("10.99.0.2") }, 24);
	berth_address6_add(host, world->index, &own, 64);
	berth_address_add(host, beyond, (struct in_addr){ inet_addr("10.97.0.1") }, 24);
	berth_address6_add(host, beyond, &far, 64);
	berth_route6_add(host, &behind, 64, &kernel, world->index);
	berth_forwarding(host, 1);
	return host;
}

struct question {
	const char *name;
	int (*kernel)(void);                    /* what the kernel does; NULL: */
	int (*ours)(const struct world *world); /* ... what we do */
};

int main(void)
{
	static const struct question questions[] = {
		{ "the_kernel_pings_us", kernel_pings, NULL },
		{ "the_kernel_pings_us_in_fragments", kernel_pings_in_fragments, NULL },
		{ "the_kernel_pings_our_link_local_address", kernel_pings_link_local, NULL },
		{ "we_ping_the_kernel", NULL, we_ping_the_kernel },
		{ "we_ping_the_kernel_in_fragments", NULL, we_ping_the_kernel_in_fragments },
		{ "the_kernel_hears_of_closed_ports", kernel_hears_of_closed_ports, NULL },
		{ "the_kernel_hears_of_a_narrow_path", kernel_hears_of_a_narrow_path, NULL },
		{ "the_kernel_hears_of_a_narrow_path_of_ipv4", kernel_hears_of_a_narrow_path_v4,
		  NULL },
		{ "the_kernel_hears_of_a_life_too_short", kernel_hears_of_a_life_too_short, NULL },
		{ "the_kernel_hears_of_nobody_there", kernel_hears_of_nobody_there, NULL },
		{ "the_kernel_hears_of_no_route", kernel_hears_of_no_route, NULL },
		{ "we_hear_of_a_closed_port", NULL, we_hear_of_a_closed_port },
		{ "we_hear_of_a_narrow_path", NULL, we_hear_of_a_narrow_path },
		{ "we_hear_of_a_life_too_short", NULL, we_hear_of_a_life_too_short },
	};
	struct world world = { .tap = open_tap() };
	int failures = 0;

	if (world.tap < 0) {
		printf("# no namespace with a TAP device: %s\n", strerror(errno));
		return 77;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	world.host = make_host(&world);
	for (size_t index = 0; index < sizeof(questions) / sizeof(questions[0]); index++) {
		const struct question *question = &questions[index];
		int good = question->kernel ? together(&world, question->kernel)
					    : question->ours(&world);
		printf("%s %s\n", good ? "ok" : "not ok", question->name);
		failures += !good;
	}
	berth_host_free(world.host);
	return failures > 0;
}
