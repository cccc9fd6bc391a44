/* listen, accept: the server's way. */
#include "socket/socket.h"

#include <errno.h>

int berth_listen(struct berth_host *host, int descriptor, int backlog)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket)
		return result;
	if (socket->association != UNCONNECTED)
		return -EINVAL;
	return tcp_listen(socket->connection, backlog < 0 ? INT32_MAX : backlog);
}

int berth_listen_room(struct berth_host *host, int descriptor, int room)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket)
		return result;
	if (room < 0 || socket->connection->state != STATE_LISTEN)
		return -EINVAL;
	return tcp_listen(socket->connection, room - 1);
}

int berth_accept(struct berth_host *host, int descriptor, struct sockaddr *address, socklen_t *size)
{
	struct sockets *sockets = sockets_of(host);
	int error = 0;
	struct socket *listener = stream_find(sockets, descriptor, &error);

	if (!listener)
		return error;
	if (listener->connection->state != STATE_LISTEN || (address && (int)*size < 0))
		return -EINVAL;
	if (list_is_empty(&listener->connection->listener->complete))
		return -EAGAIN;

	struct socket *socket = socket_new(sockets, &stream_kind, listener->domain, &error);
	if (!socket)
		return error;
	socket->connection = tcp_accept(listener->connection, socket);
	socket->association = CONNECTED;
	socket->was_connected = true;
	socket->receive_timeout = listener->receive_timeout;
	socket->send_timeout = listener->send_timeout;
	if (address)
		address_write(socket->domain, &socket->connection->peer, address, size);
	return socket->descriptor;
}
