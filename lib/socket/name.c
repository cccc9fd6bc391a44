/* bind, getsockname, getpeername: a socket's two names. */
#include "socket/socket.h"

#include <errno.h>

int berth_bind(struct berth_host *host, int descriptor, const struct sockaddr *address,
	       socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	struct endpoint local;

	if (!socket)
		return -EBADF;
	int result = address_read(socket, address, size, &local);
	if (result == 0 && socket->v6_only && address_is_v4(&local.address))
		result = -EINVAL;
	return result < 0 ? result : tcp_bind(socket->connection, &local);
}

int berth_getsockname(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	address_write(socket->domain, &socket->connection->holder.local, address, size);
	return 0;
}

int berth_getpeername(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;

	const struct tcp_connection *connection = socket->connection;
	if (connection->peer.port == 0 || connection->state == STATE_CLOSED ||
	    connection->state == STATE_SYN_SENT)
		return -ENOTCONN;
	address_write(socket->domain, &connection->peer, address, size);
	return 0;
}
