/* The two systems: the machine's own kernel, and libberth with one host. */
#include "ask.h"

#include "simulation/counted.h"

#include <berth/berth.h>
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

static int answer(int result)
{
	return result < 0 ? -errno : result;
}

static int linux_socket(void *context, int domain, int type, int protocol)
{
	(void)context;
	return answer(socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

static int linux_bind(void *context, int descriptor, const struct sockaddr *address, socklen_t size)
{
	(void)context;
	return answer(bind(descriptor, address, size));
}

static int linux_listen(void *context, int descriptor, int backlog)
{
	(void)context;
	return answer(listen(descriptor, backlog));
}

static int linux_accept(void *context, int descriptor, struct sockaddr *address, socklen_t *size)
{
	(void)context;
	return answer(accept4(descriptor, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

static int linux_connect(void *context, int descriptor, const struct sockaddr *address,
			 socklen_t size)
{
	(void)context;
	return answer(connect(descriptor, address, size));
}

static int linux_getsockname(void *context, int descriptor, struct sockaddr *address,
			     socklen_t *size)
{
	(void)context;
	return answer(getsockname(descriptor, address, size));
}

static int linux_getpeername(void *context, int descriptor, struct sockaddr *address,
			     socklen_t *size)
{
	(void)context;
	return answer(getpeername(descriptor, address, size));
}

static int linux_getsockopt(void *context, int descriptor, int level, int name, void *value,
			    socklen_t *size)
{
	(void)context;
	return answer(getsockopt(descriptor, level, name, value, size));
}

static int linux_setsockopt(void *context, int descriptor, int level, int name, const void *value,
			    socklen_t size)
{
	(void)context;
	return answer(setsockopt(descriptor, level, name, value, size));
}

static int linux_shutdown(void *context, int descriptor, int how)
{
	(void)context;
	return answer(shutdown(descriptor, how));
}

static int linux_close(void *context, int descriptor)
{
	(void)context;
	return answer(close(descriptor));
}

static ssize_t linux_send(void *context, int descriptor, const void *data, size_t size, int flags)
{
	(void)context;
	ssize_t result = send(descriptor, data, size, flags | MSG_NOSIGNAL);
	return result < 0 ? -errno : result;
}

static ssize_t linux_recv(void *context, int descriptor, void *data, size_t size, int flags)
{
	(void)context;
	ssize_t result = recv(descriptor, data, size, flags);
	return result < 0 ? -errno : result;
}

static ssize_t linux_sendmsg(void *context, int descriptor, const struct msghdr *message, int flags)
{
	(void)context;
	ssize_t result = sendmsg(descriptor, message, flags | MSG_NOSIGNAL);
	return result < 0 ? -errno : result;
}

static ssize_t linux_recvmsg(void *context, int descriptor, struct msghdr *message, int flags)
{
	(void)context;
	ssize_t result = recvmsg(descriptor, message, flags);
	return result < 0 ? -errno : result;
}

static int linux_poll(void *context, int descriptor)
{
	if (descriptor < 0) /* poll(2) passes over it */
		return -EBADF;
	struct pollfd one = { descriptor, POLLIN | POLLOUT | POLLRDHUP | POLLPRI, 0 };
	(void)context;
	int result = poll(&one, 1, 0);
	if (one.revents & POLLNVAL)
		return -EBADF;
	return result < 0 ? -errno : one.revents;
}

/* Loopback delivers while it sends; this is for the rare time that it does not. */
static void linux_settle(void *context)
{
	(void)context;
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

/* clang-format off */
const struct calls linux_calls = {
	"Linux", linux_socket, linux_bind, linux_listen, linux_accept, linux_connect, linux_getsockname,
	linux_getpeername, linux_getsockopt, linux_setsockopt, linux_shutdown, linux_close, linux_send,
	linux_recv, linux_sendmsg, linux_recvmsg, linux_poll, linux_settle,
};
/* clang-format on */

struct berth_system {
	struct counted memory;
	struct berth_host *host;
	uint64_t now;
};

static struct berth_host *host_of(void *context)
{
	return ((struct berth_system *)context)->host;
}

void *berth_system_new(void)
{
	struct berth_system *system = malloc(sizeof *system);
	if (!system)
		abort();
	counted_init(&system->memory);
	system->now = 1000000000;
	struct berth_host_config config = {
		.allocator = &system->memory.allocator,
		.now = system->now,
	};
	system->host = berth_host_new(&config);
	if (!system->host)
		abort();
	return system;
}

void berth_system_free(void *context)
{
	struct berth_system *system = context;
	berth_host_free(system->host);
	if (system->memory.outstanding > 0)
		abort();
	free(system);
}

/* What was just sent arrives: Linux's loopback delivers before the call returns. */
static void carry(void *context)
{
	struct berth_system *system = context;
	while (berth_host_advance(system->host, system->now) <= system->now)
		;
}

static int carried(void *context, int result)
{
	carry(context);
	return result;
}

static int on_berth_socket(void *context, int domain, int type, int protocol)
{
	return berth_socket(host_of(context), domain, type, protocol);
}

static int on_berth_bind(void *context, int descriptor, const struct sockaddr *address,
			 socklen_t size)
{
	return berth_bind(host_of(context), descriptor, address, size);
}

static int on_berth_listen(void *context, int descriptor, int backlog)
{
	return berth_listen(host_of(context), descriptor, backlog);
}

static int on_berth_accept(void *context, int descriptor, struct sockaddr *address, socklen_t *size)
{
	return berth_accept(host_of(context), descriptor, address, size);
}

static int on_berth_connect(void *context, int descriptor, const struct sockaddr *address,
			    socklen_t size)
{
	return carried(context, berth_connect(host_of(context), descriptor, address, size));
}

static int on_berth_getsockname(void *context, int descriptor, struct sockaddr *address,
				socklen_t *size)
{
	return berth_getsockname(host_of(context), descriptor, address, size);
}

static int on_berth_getpeername(void *context, int descriptor, struct sockaddr *address,
				socklen_t *size)
{
	return berth_getpeername(host_of(context), descriptor, address, size);
}

static int on_berth_getsockopt(void *context, int descriptor, int level, int name, void *value,
			       socklen_t *size)
{
	return berth_getsockopt(host_of(context), descriptor, level, name, value, size);
}

static int on_berth_setsockopt(void *context, int descriptor, int level, int name,
			       const void *value, socklen_t size)
{
	return berth_setsockopt(host_of(context), descriptor, level, name, value, size);
}

static int on_berth_shutdown(void *context, int descriptor, int how)
{
	return carried(context, berth_shutdown(host_of(context), descriptor, how));
}

static int on_berth_close(void *context, int descriptor)
{
	return carried(context, berth_close(host_of(context), descriptor));
}

static ssize_t on_berth_send(void *context, int descriptor, const void *data, size_t size,
			     int flags)
{
	ssize_t result = berth_send(host_of(context), descriptor, data, size, flags);
	carry(context);
	return result;
}

static ssize_t on_berth_recv(void *context, int descriptor, void *data, size_t size, int flags)
{
	ssize_t result = berth_recv(host_of(context), descriptor, data, size, flags);
	carry(context);
	return result;
}

static ssize_t on_berth_sendmsg(void *context, int descriptor, const struct msghdr *message,
				int flags)
{
	ssize_t result = berth_sendmsg(host_of(context), descriptor, message, flags);
	carry(context);
	return result;
}

static ssize_t on_berth_recvmsg(void *context, int descriptor, struct msghdr *message, int flags)
{
	ssize_t result = berth_recvmsg(host_of(context), descriptor, message, flags);
	carry(context);
	return result;
}

static int on_berth_poll(void *context, int descriptor)
{
	int bits = berth_poll(host_of(context), descriptor);
	return bits < 0 ? bits
			: bits & (POLLIN | POLLOUT | POLLRDHUP | POLLPRI | POLLERR | POLLHUP);
}

static void on_berth_settle(void *context)
{
	struct berth_system *system = context;
	system->now += 2000000;
	carry(context);
}

/* clang-format off */
const struct calls berth_calls = {
	"Berth", on_berth_socket, on_berth_bind, on_berth_listen, on_berth_accept, on_berth_connect,
	on_berth_getsockname, on_berth_getpeername, on_berth_getsockopt, on_berth_setsockopt,
	on_berth_shutdown, on_berth_close, on_berth_send, on_berth_recv, on_berth_sendmsg,
	on_berth_recvmsg, on_berth_poll, on_berth_settle,
};
/* clang-format on */
