/* listen, accept: the server's way. */
#include "socket/socket.h"

#include <errno.h>

int berth_listen(struct berth_host *host, int descriptor, int backlog)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (socket->association != UNCONNECTED)
		return -EINVAL;
	return tcp_listen(socket->connection, backlog < 0 ? TCP_BACKLOG_MOST : backlog);
}

int berth_listen_room(struct berth_host *host, int descriptor, int room)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (room < 0 || socket->connection->state != STATE_LISTEN)
		return -EINVAL;
	return tcp_listen(socket->connection, room - 1);
}

int berth_accept(struct berth_host *host, int descriptor, struct sockaddr *address, socklen_t *size)
{
	struct sockets *sockets = sockets_of(host);
	struct socket *listener = socket_find(sockets, descriptor);
	int error = 0;

	if (!listener)
		return -EBADF;
	if (listener->connection->state != STATE_LISTEN || (address && (int)*size < 0))
		return -EINVAL;
	if (list_is_empty(&listener->connection->listener->complete))
		return -EAGAIN;

	struct socket *socket = socket_new(sockets, &error);
	if (!socket)
		return error;
	socket->connection = tcp_accept(listener->connection, socket);
	socket->domain = listener->domain;
	socket->association = CONNECTED;
	socket->was_connected = true;
	socket->receive_timeout = listener->receive_timeout;
	socket->send_timeout = listener->send_timeout;
	if (address)
		address_write(socket->domain, &socket->connection->peer, address, size);
	return socket->descriptor;
}
