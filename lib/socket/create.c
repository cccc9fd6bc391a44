/* socket, close: a descriptor's beginning and end. */
#include "socket/socket.h"

#include <errno.h>

static const struct socket_kind *const kinds[] = { &stream_kind, &datagram_kind };

static const struct socket_kind *find_kind(int type)
{
	for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
		if (kinds[index]->type == type)
			return kinds[index];
	}
	return NULL;
}

/* Linux's inet_create: a type no protocol serves is -ESOCKTNOSUPPORT, a protocol that is of another type
 * -EPROTONOSUPPORT. */
static int judge(int domain, int type, int protocol, const struct socket_kind **kind)
{
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type < 0 || type > SOCK_PACKET || protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	*kind = find_kind(type);
	if (!*kind)
		return -ESOCKTNOSUPPORT;
	if (protocol != 0 && protocol != (*kind)->protocol)
		return -EPROTONOSUPPORT;
	return 0;
}

int berth_socket(struct berth_host *host, int domain, int type, int protocol)
{
	const struct socket_kind *kind;
	int result = judge(domain, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol, &kind);
	if (result < 0)
		return result;

	struct socket *socket = socket_new(sockets_of(host), kind, domain, &result);
	if (!socket)
		return result;
	result = kind->open(socket);
	if (result < 0) {
		socket_free(socket);
		return result;
	}
	return socket->descriptor;
}

int berth_close(struct berth_host *host, int descriptor)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	socket->kind->close(socket);
	socket_free(socket);
	return 0;
}
