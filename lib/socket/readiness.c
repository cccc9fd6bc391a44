/* poll, events: what a socket is ready for. */
#include "socket/socket.h"
#include "tcp/urgent.h"

#include <errno.h>

int berth_poll(struct berth_host *host, int descriptor)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	return socket->kind->poll(socket);
}

int berth_at_mark(struct berth_host *host, int descriptor)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	return socket ? urgent_at_mark(socket->connection) : result;
}

int berth_set_user(struct berth_host *host, int descriptor, void *user)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	socket->user = user;
	return 0;
}

int berth_events(struct berth_host *host, struct berth_event *events, int count)
{
	struct sockets *sockets = sockets_of(host);
	int filled = 0;

	while (filled < count) {
		struct list *first = list_take_first(&sockets->ready);
		if (!first)
			break;
		const struct socket *socket = CONTAINER_OF(first, struct socket, ready);
		events[filled++] = (struct berth_event){ socket->descriptor, socket->user };
	}
	return filled;
}
