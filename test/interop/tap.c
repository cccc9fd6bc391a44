/* tap: a libberth host and the machine's own kernel on one Ethernet link, a TAP device in a network namespace of this
 * process. Each is server and client to the other, over the real wire format: ARP, ICMP echo, TCP with both ends' options,
 * 8 MiB each way, a connection refused each way, half-closes.
 *
 *   tap        prints ok or not ok a question; exits 0, 1, or 77 where it may not make a namespace (it is to be root) */
#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 8 << 20, PORT_OURS = 80, PORT_THEIRS = 81, PORT_NOBODY = 9, PATIENCE_S = 20 };

static const char kernel_address[] = "10.99.0.1", host_address[] = "10.99.0.2";

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

static struct sockaddr_in name_of(const char *address, uint16_t port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, address, &name.sin_addr);
	return name;
}

static int set_up(int socket, unsigned long request, struct ifreq *interface)
{
	return ioctl(socket, request, interface);
}

/* A TAP device with the kernel's address, in a namespace of our own; -1: not allowed. */
static int open_tap(void)
{
	struct ifreq interface = { .ifr_name = "berth0", .ifr_flags = IFF_TAP | IFF_NO_PI };

	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int socket_for_ioctl = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tap < 0 || ioctl(tap, TUNSETIFF, &interface) < 0)
		return -1;

	struct sockaddr_in address = name_of(kernel_address, 0), mask = name_of("255.255.255.0", 0);
	memcpy(&interface.ifr_addr, &address, sizeof(address));
	int result = set_up(socket_for_ioctl, SIOCSIFADDR, &interface);
	memcpy(&interface.ifr_netmask, &mask, sizeof(mask));
	result |= set_up(socket_for_ioctl, SIOCSIFNETMASK, &interface);
	interface.ifr_flags = IFF_UP | IFF_RUNNING;
	result |= set_up(socket_for_ioctl, SIOCSIFFLAGS, &interface);
	close(socket_for_ioctl);
	return result < 0 ? -1 : tap;
}

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 2654435761u >> 13);
}

/* The kernel's side, in processes of its own: each exits 0 where all was as it should be. */
static int kernel_socket(void)
{
	int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	return descriptor;
}

static int kernel_sends(int descriptor)
{
	static uint8_t bytes[SIZE];
	for (size_t at = 0; at < SIZE; at++)
		bytes[at] = pattern(at);
	for (size_t at = 0; at < SIZE;) {
		ssize_t sent = write(descriptor, bytes + at, SIZE - at);
		if (sent <= 0)
			return 1;
		at += (size_t)sent;
	}
	return shutdown(descriptor, SHUT_WR) < 0;
}

static int kernel_receives(int descriptor)
{
	uint8_t bytes[65536];
	size_t at = 0;
	ssize_t size;

	while ((size = read(descriptor, bytes, sizeof(bytes))) > 0) {
		for (ssize_t index = 0; index < size; index++, at++) {
			if (bytes[index] != pattern(at))
				return 2;
		}
	}
	return size < 0 ? 3 : at != SIZE ? 4 : 0;
}

static int kernel_connects(uint16_t port)
{
	const struct sockaddr_in name = name_of(host_address, port);
	int descriptor = kernel_socket();
	return connect(descriptor, (const struct sockaddr *)&name, sizeof(name)) < 0 ? -errno
										     : descriptor;
}

static int kernel_client(void)
{
	int descriptor = kernel_connects(PORT_OURS);
	return descriptor < 0 ? 5 : kernel_sends(descriptor) | kernel_receives(descriptor);
}

static int kernel_is_refused(void)
{
	return kernel_connects(PORT_NOBODY) != -ECONNREFUSED;
}

static int kernel_server(void)
{
	const struct sockaddr_in name = name_of(kernel_address, PORT_THEIRS);
	int listener = kernel_socket();

	if (bind(listener, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(listener, 1) < 0)
		return 6;
	int descriptor = accept(listener, NULL, NULL);
	return descriptor < 0 ? 7 : kernel_receives(descriptor) | kernel_sends(descriptor);
}

static int kernel_pings(void)
{
	const struct sockaddr_in name = name_of(host_address, 0);
	uint8_t echo[1008] = { [0] = ICMP_ECHO, [2] = 0xf7, [3] = 0xff }, answer[2048];
	int descriptor = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	struct pollfd waiting = { .fd = descriptor, .events = POLLIN };

	if (sendto(descriptor, echo, sizeof(echo), 0, (const struct sockaddr *)&name,
		   sizeof(name)) < 0)
		return 8;
	if (poll(&waiting, 1, PATIENCE_S * 1000) != 1)
		return 9;
	ssize_t size = read(descriptor, answer, sizeof(answer));
	return size != 20 + (ssize_t)sizeof(echo) || answer[20] != ICMP_ECHOREPLY;
}

/* Our side, one connection at a time: what is left of what it does. */
struct ours {
	struct berth_host *host;
	int descriptor;
	size_t sent, received;
	int wrong; /* a byte was, or the first error */
	int ended; /* the peer's stream */
};

static void move_ours(struct ours *ours)
{
	uint8_t bytes[65536];
	ssize_t size;

	while ((size = berth_recv(ours->host, ours->descriptor, bytes, sizeof(bytes), 0)) > 0) {
		for (ssize_t index = 0; index < size; index++)
			ours->wrong |= bytes[index] != pattern(ours->received++);
	}
	ours->ended |= size == 0;
	while (ours->sent < SIZE) {
		size_t piece =
			SIZE - ours->sent < sizeof(bytes) ? SIZE - ours->sent : sizeof(bytes);
		for (size_t index = 0; index < piece; index++)
			bytes[index] = pattern(ours->sent + index);
		size = berth_send(ours->host, ours->descriptor, bytes, piece, 0);
		if (size <= 0)
			return;
		ours->sent += (size_t)size;
		if (ours->sent == SIZE)
			berth_shutdown(ours->host, ours->descriptor, SHUT_WR);
	}
}

static int ours_is_done(const struct ours *ours)
{
	return ours->wrong || (ours->ended && ours->sent == SIZE);
}

static void carry(struct berth_host *host, int index, int tap)
{
	uint8_t frame[2048];
	ssize_t size;
	uint64_t now = clock_now(), deadline = berth_host_advance(host, now);
	uint64_t wait = deadline > now ? (deadline - now) / 1000000 + 1 : 0;
	struct pollfd waiting = { .fd = tap, .events = POLLIN };

	poll(&waiting, 1, wait < 20 ? (int)wait : 20);
	while ((size = read(tap, frame, sizeof(frame))) > 0)
		berth_interface_input(host, index, frame, (size_t)size);
	berth_host_advance(host, clock_now());
}

struct world {
	struct berth_host *host;
	int index;
	int tap;
};

static pid_t start(int (*kernel)(void))
{
	pid_t child = fork();
	if (child == 0) {
		alarm(PATIENCE_S);
		_exit(kernel());
	}
	return child;
}

static int has_ended(pid_t child, int *status)
{
	return waitpid(child, status, WNOHANG) == child;
}

/* Lets the kernel's part run, with ours on connection descriptor (-1: none yet), to the end of both. */
static int together(struct world *world, int (*kernel)(void), int listener, int descriptor)
{
	struct ours ours = { .host = world->host, .descriptor = descriptor };
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);
	int status = -1, ended = 0;
	pid_t child = start(kernel);

	while (clock_now() < limit && !(ended && (listener < 0 || ours_is_done(&ours)))) {
		carry(world->host, world->index, world->tap);
		if (listener >= 0 && ours.descriptor < 0)
			ours.descriptor = berth_accept(world->host, listener, NULL, NULL);
		if (ours.descriptor >= 0 &&
		    berth_poll(world->host, ours.descriptor) & (POLLIN | POLLOUT))
			move_ours(&ours);
		if (!ended)
			ended = has_ended(child, &status);
	}
	if (!ended) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	if (ours.descriptor >= 0)
		berth_close(world->host, ours.descriptor);
	int all = listener < 0 || (ours.received == SIZE && ours.sent == SIZE && !ours.wrong);
	if (status != 0 || !all)
		printf("# kernel %d, received %zu, sent %zu, wrong %d\n", WEXITSTATUS(status),
		       ours.received, ours.sent, ours.wrong);
	return status == 0 && all;
}

static int we_serve_the_kernel(struct world *world)
{
	const struct sockaddr_in name = name_of(host_address, PORT_OURS);
	int listener = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);

	berth_bind(world->host, listener, (const struct sockaddr *)&name, sizeof(name));
	berth_listen(world->host, listener, 1);
	int good = together(world, kernel_client, listener, -1);
	berth_close(world->host, listener);
	return good;
}

/* Asked again until the kernel's listener is there; 0 or the error it ends with. */
static int connect_ours(struct world *world, uint16_t port, int *descriptor)
{
	const struct sockaddr_in name = name_of(kernel_address, port);
	uint64_t limit = clock_now() + UINT64_C(5000000000);
	int result;

	*descriptor = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
	do {
		result = berth_connect(world->host, *descriptor, (const struct sockaddr *)&name,
				       sizeof(name));
		carry(world->host, world->index, world->tap);
	} while ((result == -EINPROGRESS || result == -EALREADY) && clock_now() < limit);
	return result;
}

static int the_kernel_serves_us(struct world *world)
{
	struct ours ours = { .host = world->host };
	uint64_t limit = clock_now() + PATIENCE_S * UINT64_C(1000000000);
	int status = -1, ended = 0;
	pid_t child = start(kernel_server);

	while (connect_ours(world, PORT_THEIRS, &ours.descriptor) != 0 && clock_now() < limit)
		berth_close(world->host, ours.descriptor);
	while (clock_now() < limit && !(ended && ours_is_done(&ours))) {
		move_ours(&ours);
		carry(world->host, world->index, world->tap);
		if (!ended)
			ended = has_ended(child, &status);
	}
	if (!ended) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	berth_close(world->host, ours.descriptor);
	return status == 0 && ours.received == SIZE && ours.sent == SIZE && !ours.wrong;
}

static int the_kernel_is_refused(struct world *world)
{
	return together(world, kernel_is_refused, -1, -1);
}

static int we_are_refused(struct world *world)
{
	int descriptor, result = connect_ours(world, PORT_NOBODY, &descriptor);
	berth_close(world->host, descriptor);
	return result == -ECONNREFUSED;
}

static int the_kernel_pings_us(struct world *world)
{
	return together(world, kernel_pings, -1, -1);
}

int main(void)
{
	static const struct {
		const char *name;
		int (*ask)(struct world *world);
	} questions[] = {
		{ "the_kernel_pings_us", the_kernel_pings_us },
		{ "we_serve_the_kernel", we_serve_the_kernel },
		{ "the_kernel_serves_us", the_kernel_serves_us },
		{ "the_kernel_is_refused", the_kernel_is_refused },
		{ "we_are_refused", we_are_refused },
	};
	const struct berth_allocator allocator = { allocate, release, NULL };
	int tap = open_tap(), failures = 0;
	if (tap < 0) {
		printf("# no namespace with a TAP device: %s\n", strerror(errno));
		return 77;
	}

	struct berth_host_config config = { .allocator = &allocator,
					    .name = "berth",
					    .now = clock_now() };
	getentropy(config.seed, sizeof(config.seed));
	struct world world = { .host = berth_host_new(&config), .tap = tap };
	const struct berth_interface_config link = { .mac = { 2, 0, 0, 0, 0, 9 },
						     .transmit = transmit,
						     .context = &world.tap };
	world.index = berth_interface_add(world.host, &link);
	berth_address_add(world.host, world.index, name_of(host_address, 0).sin_addr, 24);

	for (size_t index = 0; index < sizeof(questions) / sizeof(questions[0]); index++) {
		int good = questions[index].ask(&world);
		printf("%s %s\n", good ? "ok" : "not ok", questions[index].name);
		failures += !good;
	}
	berth_host_free(world.host);
	return failures > 0;
}
