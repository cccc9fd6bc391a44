/* connect, shutdown: an association's beginning and its two halves' end. */
#include "socket/socket.h"

#include <errno.h>

static bool in_handshake(const struct socket *socket)
{
	enum tcp_state state = socket->connection->state;
	return state == STATE_SYN_SENT || state == STATE_SYN_RECEIVED;
}

static int disconnect(struct socket *socket)
{
	tcp_disconnect(socket->connection);
	socket->association = UNCONNECTED;
	socket->was_connected = false;
	return 0;
}

/* Linux's __inet_stream_connect, asked again while connecting: it ends once, with 0 or the error. */
static int finish(struct socket *socket)
{
	if (in_handshake(socket))
		return -EALREADY;
	if (socket->connection->state != STATE_CLOSED) {
		socket->association = CONNECTED;
		return 0;
	}
	int error = socket_take_error(socket);
	disconnect(socket);
	return error ? error : -ECONNABORTED;
}

int berth_connect(struct berth_host *host, int descriptor, const struct sockaddr *address,
		  socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	struct endpoint peer;

	if (!socket)
		return -EBADF;
	if (size < sizeof address->sa_family)
		return -EINVAL;
	if (address->sa_family == AF_UNSPEC)
		return disconnect(socket);
	if (socket->association == CONNECTED)
		return -EISCONN;
	if (socket->association == CONNECTING)
		return finish(socket);
	if (socket->connection->state != STATE_CLOSED)
		return -EISCONN;

	int result = address_read(socket, address, size, &peer);
	if (result == 0 && socket->v6_only && address_is_v4(&peer.address))
		result = -ENETUNREACH;
	if (result == 0)
		result = tcp_connect(socket->connection, &peer);
	if (result < 0)
		return result;
	socket->association = CONNECTING;
	socket->was_connected = true;
	return -EINPROGRESS;
}

int berth_shutdown(struct berth_host *host, int descriptor, int how)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;

	switch (socket->connection->state) {
	case STATE_CLOSED:
	case STATE_TIME_WAIT:       /* to Linux's socket the connection is over by then */
		if (how != SHUT_WR) /* Linux refuses, and shuts it for reading all the same */
			tcp_shutdown_receive(socket->connection);
		return -ENOTCONN;
	case STATE_LISTEN:
		return how == SHUT_WR ? 0 : disconnect(socket);
	case STATE_SYN_SENT:
		return disconnect(socket);
	default:
		break;
	}
	if (how != SHUT_WR)
		tcp_shutdown_receive(socket->connection);
	if (how != SHUT_RD)
		tcp_shutdown_send(socket->connection);
	return 0;
}
