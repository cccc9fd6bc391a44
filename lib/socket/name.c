/* bind, getsockname, getpeername: a socket's two names. */
#include "socket/socket.h"

#include <errno.h>

/* Programs of old leave the family out where they mean any address: Linux's inet_bind lets them. */
static bool is_any_without_family(const struct socket *socket, const struct sockaddr *address,
				  socklen_t size, struct sockaddr_in *any)
{
	if (socket->domain != AF_INET || size < sizeof *any)
		return false;
	memcpy(any, address, sizeof *any);
	bool is_it = any->sin_family == AF_UNSPEC && any->sin_addr.s_addr == INADDR_ANY;
	any->sin_family = AF_INET;
	return is_it;
}

int berth_bind(struct berth_host *host, int descriptor, const struct sockaddr *address,
	       socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	struct sockaddr_in any;
	struct endpoint local;

	if (!socket)
		return -EBADF;
	if (socket->kind->bind_to_name)
		return socket->kind->bind_to_name(socket, address, size);
	if (is_any_without_family(socket, address, size, &any))
		address = (const struct sockaddr *)&any;
	int result = address_read(socket, address, size, &local);
	if (result == 0 && socket->kind->holder(socket)->v6_only && address_is_v4(&local.address))
		result = -EINVAL;
	return result < 0 ? result : socket->kind->bind(socket, &local);
}

int berth_getsockname(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if ((int)*size < 0)
		return -EINVAL;
	if (socket->kind->tell_name)
		socket->kind->tell_name(socket, address, size);
	else
		address_write(socket->domain, &socket->kind->holder(socket)->local, address, size);
	return 0;
}

int berth_getpeername(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (socket->kind->tell_name)
		return -EOPNOTSUPP;

	const struct endpoint *peer = socket->kind->peer(socket);
	if (!peer)
		return -ENOTCONN;
	if ((int)*size < 0)
		return -EINVAL;
	address_write(socket->domain, peer, address, size);
	return 0;
}
