/* The machine's own kernel as the stack under test: a TUN device in a network namespace of this script's, real sockets,
 * real time. What is claimed of Linux is asked here. */
#include "conformance/player/stack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { OPENED_MOST = 256, READ_SIZE = 65536, PREFIX_V6 = 48 };

struct kernel {
	struct stack stack;
	int tun;
	int woken; /* an eventfd: a call that waited is done */
	int64_t began;
	char controller[16]; /* each socket is told: namespaces may not have all as their default */
	int opened[OPENED_MOST];
	int opened_count;
};

static struct kernel *kernel_of(struct stack *stack)
{
	return (struct kernel *)stack; /* its first member */
}

static int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int result_of(int result)
{
	return result < 0 ? -errno : result;
}

/* To be closed when the script is over. */
static int opened(struct stack *stack, int descriptor)
{
	struct kernel *kernel = kernel_of(stack);
	if (descriptor >= 0 && kernel->opened_count < OPENED_MOST)
		kernel->opened[kernel->opened_count++] = descriptor;
	return result_of(descriptor);
}

static int kernel_socket(struct stack *stack, int domain, int type, int protocol)
{
	struct kernel *kernel = kernel_of(stack);
	int descriptor = opened(stack, socket(domain, type | SOCK_CLOEXEC, protocol));

	if (descriptor >= 0)
		setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, kernel->controller,
			   (socklen_t)strlen(kernel->controller));
	return descriptor;
}

static int kernel_bind(struct stack *stack, int descriptor, const struct sockaddr *address,
		       socklen_t size)
{
	(void)stack;
	return result_of(bind(descriptor, address, size));
}

static int kernel_listen(struct stack *stack, int descriptor, int backlog)
{
	(void)stack;
	return result_of(listen(descriptor, backlog));
}

static int kernel_accept(struct stack *stack, int descriptor, struct sockaddr *address,
			 socklen_t *size, int flags)
{
	return opened(stack, accept4(descriptor, address, size, flags | SOCK_CLOEXEC));
}

static int kernel_connect(struct stack *stack, int descriptor, const struct sockaddr *address,
			  socklen_t size)
{
	(void)stack;
	return result_of(connect(descriptor, address, size));
}

static int kernel_getsockname(struct stack *stack, int descriptor, struct sockaddr *address,
			      socklen_t *size)
{
	(void)stack;
	return result_of(getsockname(descriptor, address, size));
}

static int kernel_getpeername(struct stack *stack, int descriptor, struct sockaddr *address,
			      socklen_t *size)
{
	(void)stack;
	return result_of(getpeername(descriptor, address, size));
}

static int kernel_getsockopt(struct stack *stack, int descriptor, int level, int name, void *value,
			     socklen_t *size)
{
	(void)stack;
	return result_of(getsockopt(descriptor, level, name, value, size));
}

static int kernel_setsockopt(struct stack *stack, int descriptor, int level, int name,
			     const void *value, socklen_t size)
{
	(void)stack;
	return result_of(setsockopt(descriptor, level, name, value, size));
}

static int kernel_shutdown(struct stack *stack, int descriptor, int how)
{
	(void)stack;
	return result_of(shutdown(descriptor, how));
}

static int kernel_close(struct stack *stack, int descriptor)
{
	struct kernel *kernel = kernel_of(stack);

	for (int index = 0; index < kernel->opened_count; index++) {
		if (kernel->opened[index] == descriptor)
			kernel->opened[index] = kernel->opened[--kernel->opened_count];
	}
	return result_of(close(descriptor));
}

static ssize_t kernel_sendmsg(struct stack *stack, int descriptor, const struct msghdr *message,
			      int flags)
{
	(void)stack;
	ssize_t sent = sendmsg(descriptor, message, flags | MSG_NOSIGNAL);
	return sent < 0 ? -errno : sent;
}

static ssize_t kernel_recvmsg(struct stack *stack, int descriptor, struct msghdr *message,
			      int flags)
{
	(void)stack;
	ssize_t received = recvmsg(descriptor, message, flags);
	return received < 0 ? -errno : received;
}

static int kernel_fcntl(struct stack *stack, int descriptor, int command, int value)
{
	(void)stack;
	return result_of(fcntl(descriptor, command, value));
}

static int kernel_ioctl(struct stack *stack, int descriptor, unsigned long request, int *value)
{
	(void)stack;
	return result_of(ioctl(descriptor, request, value));
}

static int kernel_poll(struct stack *stack, struct pollfd *polled, int count, int milliseconds)
{
	(void)stack;
	return result_of(poll(polled, (nfds_t)count, milliseconds));
}

static int kernel_epoll_create(struct stack *stack, int flags)
{
	return opened(stack, epoll_create1(flags | EPOLL_CLOEXEC));
}

static int kernel_epoll_ctl(struct stack *stack, int epoll, int operation, int descriptor,
			    struct epoll_event *event)
{
	(void)stack;
	return result_of(epoll_ctl(epoll, operation, descriptor, event));
}

static int kernel_epoll_wait(struct stack *stack, int epoll, struct epoll_event *events, int most,
			     int milliseconds)
{
	(void)stack;
	return result_of(epoll_wait(epoll, events, most, milliseconds));
}

static bool kernel_is_blocking(struct stack *stack, int descriptor)
{
	(void)stack, (void)descriptor;
	return false; /* it waits by itself */
}

static void kernel_input(struct stack *stack, const uint8_t *packet, size_t size)
{
	if (write(kernel_of(stack)->tun, packet, size) < 0)
		perror("script: tun");
}

/* Everything that has come out so far. */
static bool read_all(struct kernel *kernel)
{
	static uint8_t bytes[READ_SIZE];
	bool some = false;
	ssize_t size;

	while ((size = read(kernel->tun, bytes, sizeof bytes)) > 0) {
		kernel->stack.output(kernel->stack.context, bytes, (size_t)size,
				     clock_now() - kernel->began);
		some = true;
	}
	return some;
}

static int64_t kernel_wait(struct stack *stack, int64_t until)
{
	struct kernel *kernel = kernel_of(stack);
	struct pollfd polled[] = { { .fd = kernel->tun, .events = POLLIN },
				   { .fd = kernel->woken, .events = POLLIN } };
	int64_t left = until - (clock_now() - kernel->began);
	uint64_t count;

	if (!read_all(kernel) && left > 0) {
		const struct timespec timeout = { left / 1000000000, left % 1000000000 };
		ppoll(polled, 2, &timeout, NULL);
		read_all(kernel);
	}
	if (read(kernel->woken, &count, sizeof count) < 0 && errno != EAGAIN)
		perror("script: eventfd");
	return clock_now() - kernel->began;
}

static int64_t kernel_now(struct stack *stack)
{
	return clock_now() - kernel_of(stack)->began;
}

static void kernel_wake(struct stack *stack)
{
	const uint64_t one = 1;
	if (write(kernel_of(stack)->woken, &one, sizeof one) < 0)
		perror("script: eventfd");
}

static bool write_setting(const char *name, const char *value)
{
	char path[512] = "/proc/sys/";
	size_t size = strlen(path);

	snprintf(path + size, sizeof path - size, "%s", name);
	for (char *dot = path + size; (dot = strchr(dot, '.'));)
		*dot = '/';
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	bool written = write(file, value, strlen(value)) == (ssize_t)strlen(value);
	close(file);
	return written;
}

static int kernel_shell(struct stack *stack, const char *command)
{
	(void)stack;
	return system(command);
}

/* Left off by Linux long ago, and still set by scripts. */
static bool is_bygone(const char *name)
{
	return strcmp(name, "net.ipv4.tcp_fack") == 0;
}

static bool kernel_set(struct stack *stack, const char *name, const char *value, int line,
		       struct outcome *outcome)
{
	struct kernel *kernel = kernel_of(stack);

	if (strcmp(name, "net.ipv4.tcp_congestion_control") == 0 &&
	    strlen(value) < sizeof kernel->controller) {
		memcpy(kernel->controller, value, strlen(value) + 1);
		return true;
	}
	return is_bygone(name) || write_setting(name, value) ||
	       outcome_skip(outcome, line, "%s = %s", name, value);
}

static void kernel_free(struct stack *stack)
{
	struct kernel *kernel = kernel_of(stack);

	while (kernel->opened_count > 0)
		close(kernel->opened[--kernel->opened_count]);
	if (kernel->tun >= 0)
		close(kernel->tun);
	close(kernel->woken);
	free(kernel);
}

static const struct stack_operations operations = {
	.waits_by_itself = true,
	.socket = kernel_socket,
	.bind = kernel_bind,
	.listen = kernel_listen,
	.accept = kernel_accept,
	.connect = kernel_connect,
	.getsockname = kernel_getsockname,
	.getpeername = kernel_getpeername,
	.getsockopt = kernel_getsockopt,
	.setsockopt = kernel_setsockopt,
	.shutdown = kernel_shutdown,
	.close = kernel_close,
	.sendmsg = kernel_sendmsg,
	.recvmsg = kernel_recvmsg,
	.fcntl = kernel_fcntl,
	.ioctl = kernel_ioctl,
	.poll = kernel_poll,
	.epoll_create = kernel_epoll_create,
	.epoll_ctl = kernel_epoll_ctl,
	.epoll_wait = kernel_epoll_wait,
	.is_blocking = kernel_is_blocking,
	.input = kernel_input,
	.wait = kernel_wait,
	.wake = kernel_wake,
	.now = kernel_now,
	.shell = kernel_shell,
	.set = kernel_set,
	.free = kernel_free,
};

static bool set_up_ipv4(const struct network *network, int asker, struct ifreq *interface)
{
	struct sockaddr_in *name = (struct sockaddr_in *)&interface->ifr_addr;
	struct rtentry route = { .rt_flags = RTF_UP, .rt_dev = interface->ifr_name };

	*name = (struct sockaddr_in){ .sin_family = AF_INET };
	memcpy(&name->sin_addr, network->local.bytes + 12, sizeof name->sin_addr);
	if (ioctl(asker, SIOCSIFADDR, interface) < 0)
		return false;
	name->sin_addr.s_addr = htonl(0xffff0000);
	if (ioctl(asker, SIOCSIFNETMASK, interface) < 0)
		return false;
	route.rt_dst.sa_family = route.rt_genmask.sa_family = AF_INET; /* 0.0.0.0/0 */
	return ioctl(asker, SIOCADDRT, &route) == 0;
}

/* An address is not to be bound to until the kernel has got round to it, though nobody is asked about it here. */
static bool await_address(const struct network *network)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6 };
	int tried = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool bound = false;

	memcpy(&name.sin6_addr, network->local.bytes, sizeof name.sin6_addr);
	for (int milliseconds = 0; !bound && milliseconds < 1000; milliseconds++) {
		bound = bind(tried, (struct sockaddr *)&name, sizeof name) == 0;
		if (!bound)
			usleep(1000);
	}
	close(tried);
	return bound;
}

static bool set_up_ipv6(const struct network *network, const struct ifreq *interface)
{
	int asker = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int index = (int)if_nametoindex(interface->ifr_name);
	struct in6_ifreq address = { .ifr6_prefixlen = PREFIX_V6, .ifr6_ifindex = index };
	struct in6_rtmsg route = { .rtmsg_flags = RTF_UP,
				   .rtmsg_ifindex = index,
				   .rtmsg_metric = 1 };

	memcpy(&address.ifr6_addr, network->local.bytes, sizeof address.ifr6_addr);
	bool done = ioctl(asker, SIOCSIFADDR, &address) == 0 &&
		    ioctl(asker, SIOCADDRT, &route) == 0; /* ::/0 */
	close(asker);
	return done && await_address(network);
}

static bool bring_up(int asker, const char *name)
{
	struct ifreq interface = { .ifr_flags = IFF_UP | IFF_RUNNING };

	strncpy(interface.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(asker, SIOCSIFFLAGS, &interface) == 0;
}

/* Linux's defaults: a namespace begins with what the machine has been told. */
static void write_defaults(void)
{
	static const char *const defaults[][2] = {
		{ "net.ipv4.tcp_rmem", "4096 131072 6291456" },
		{ "net.ipv4.tcp_wmem", "4096 16384 4194304" },
		{ "net.ipv4.tcp_ecn", "2" },
		{ "net.ipv4.tcp_timestamps", "1" },
		{ "net.ipv4.tcp_sack", "1" },
		{ "net.ipv4.tcp_slow_start_after_idle", "1" },
		{ "net.ipv4.tcp_fin_timeout", "60" },
		{ "net.ipv4.tcp_syn_retries", "6" },
		{ "net.ipv4.tcp_no_metrics_save", "1" },
	};

	for (size_t index = 0; index < sizeof defaults / sizeof defaults[0]; index++)
		write_setting(defaults[index][0], defaults[index][1]);
}

/* Everything that a namespace begins without. */
static bool set_up(struct kernel *kernel, const struct network *network)
{
	struct ifreq interface = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	if (unshare(CLONE_NEWNET) < 0)
		return false;
	kernel->tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (kernel->tun < 0 || ioctl(kernel->tun, TUNSETIFF, &interface) < 0)
		return false;
	int asker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	interface.ifr_mtu = (int)network->mtu;
	bool done = ioctl(asker, SIOCSIFMTU, &interface) == 0 && bring_up(asker, "lo") &&
		    bring_up(asker, "tun0") &&
		    (network->version == OVER_IPV6 ? set_up_ipv6(network, &interface)
						   : set_up_ipv4(network, asker, &interface));
	close(asker);
	write_defaults();
	return done;
}

struct stack *kernel_new(const struct network *network, stack_output *output, void *context,
			 struct outcome *outcome)
{
	struct kernel *kernel = calloc(1, sizeof *kernel);

	if (!kernel)
		abort();
	kernel->stack = (struct stack){ &operations, output, context };
	kernel->tun = -1;
	memcpy(kernel->controller, "cubic", sizeof "cubic");
	kernel->woken = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (kernel->woken < 0 || !set_up(kernel, network)) {
		outcome_skip(outcome, 0, "a namespace with a TUN device: %s", strerror(errno));
		kernel_free(&kernel->stack);
		return NULL;
	}
	kernel->began = clock_now();
	return &kernel->stack;
}
