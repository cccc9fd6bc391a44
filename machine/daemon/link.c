#include "daemon/link.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* An abstract name is open to everybody on the machine; who connected is told by the kernel. */
static bool is_ours(int end)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(end, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == getpid();
}

/* Closes what waits: ours are accepted where they are linked, so it is a stranger's, or one of ours that found no descriptor
 * left then. */
static int turn_away(const struct link_point *point)
{
	for (;;) {
		int stranger = accept4(point->socket, NULL, NULL, SOCK_CLOEXEC);
		if (stranger < 0)
			return errno == EAGAIN ? 0 : -errno;
		close(stranger);
	}
}

static void link_ready(struct source *source, uint32_t events)
{
	(void)events;
	turn_away((struct link_point *)source);
}

int link_open(struct daemon *daemon)
{
	struct link_point *point = &daemon->link_point;
	struct sockaddr *name = (struct sockaddr *)&point->name;

	point->source.ready = link_ready;
	point->name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	point->name_size = sizeof point->name;
	point->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (point->socket < 0)
		return -errno;
	if (bind(point->socket, name, sizeof point->name.sun_family) < 0 ||
	    listen(point->socket, SOMAXCONN) < 0 ||
	    getsockname(point->socket, name, &point->name_size) < 0)
		return -errno;
	return loop_add(&daemon->loop, point->socket, &point->source, EPOLLIN);
}

void link_close(struct daemon *daemon)
{
	close(daemon->link_point.socket);
}

/* The queue is emptied first: a full one would keep us waiting in connect() for ourselves, and an old connection of ours
 * would be taken for this one. */
int link_carrier(struct daemon *daemon, int duplicate)
{
	const struct link_point *point = &daemon->link_point;

	int error = turn_away(point);
	if (error)
		return error;
	if (connect(duplicate, (const struct sockaddr *)&point->name, point->name_size) < 0)
		return -errno;
	for (;;) {
		int end = accept4(point->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (end < 0)
			return -errno;
		if (is_ours(end))
			return end;
		close(end);
	}
}

static int name_socket(int descriptor, struct sockaddr_un *name, socklen_t *size)
{
	struct sockaddr *at = (struct sockaddr *)name;

	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*size = sizeof *name;
	if (bind(descriptor, at, sizeof name->sun_family) < 0 ||
	    getsockname(descriptor, at, size) < 0)
		return -errno;
	return 0;
}

int link_datagrams(int end, int duplicate, struct sockaddr_un *name, socklen_t *size)
{
	struct sockaddr_un own;
	socklen_t own_size;

	int error = name_socket(end, &own, &own_size);
	if (!error)
		error = name_socket(duplicate, name, size);
	if (error)
		return error;
	if (connect(end, (const struct sockaddr *)name, *size) < 0 ||
	    connect(duplicate, (const struct sockaddr *)&own, own_size) < 0)
		return -errno;
	return 0;
}
