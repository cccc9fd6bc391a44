/* socket, close: a descriptor's beginning and end. */
#include "socket/socket.h"

#include <errno.h>

/* Linux's inet_create: a type no protocol serves is -ESOCKTNOSUPPORT, a protocol that is of another type
 * -EPROTONOSUPPORT. */
static int judge(int domain, int type, int protocol)
{
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type < 0 || type > SOCK_PACKET || protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	if (type != SOCK_STREAM)
		return -ESOCKTNOSUPPORT;
	if (protocol != 0 && protocol != IPPROTO_TCP)
		return -EPROTONOSUPPORT;
	return 0;
}

int berth_socket(struct berth_host *host, int domain, int type, int protocol)
{
	struct sockets *sockets = sockets_of(host);
	int result = judge(domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol);
	if (result < 0)
		return result;

	struct socket *socket = socket_new(sockets, &result);
	if (!socket)
		return result;
	socket->domain = domain;
	socket->connection = connection_new(sockets->tcp, socket);
	if (!socket->connection) {
		socket_free(socket);
		return -ENOBUFS;
	}
	return socket->descriptor;
}

int berth_close(struct berth_host *host, int descriptor)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	tcp_close(socket->connection);
	socket_free(socket);
	return 0;
}
