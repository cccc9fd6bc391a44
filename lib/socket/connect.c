/* connect, shutdown: an association's beginning and its two halves' end. */
#include "socket/socket.h"

#include <errno.h>

int berth_connect(struct berth_host *host, int descriptor, const struct sockaddr *address,
		  socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (size < sizeof address->sa_family)
		return -EINVAL;
	if (address->sa_family == AF_UNSPEC)
		return socket->kind->disconnect(socket);
	return socket->kind->connect(socket, address, size);
}

int berth_shutdown(struct berth_host *host, int descriptor, int how)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	return socket->kind->shutdown(socket, how);
}
