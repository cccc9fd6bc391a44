/* socket, close: a descriptor's beginning and end. */
#include "socket/socket.h"

#include <errno.h>

static const struct socket_kind *const kinds[] = { &stream_kind, &datagram_kind, &udp_lite_kind,
						   &ping_kind,   &ping6_kind,    &raw_kind };

/* 0 is the first protocol of its type, but no raw socket's; any other one may be. */
static bool is_of_protocol(const struct socket_kind *kind, int protocol)
{
	if (kind == &raw_kind)
		return protocol > 0 && protocol <= UINT8_MAX;
	return protocol == 0 || protocol == kind->protocol;
}

/* Of Linux's packet_create SOCK_PACKET is missing, which its manual calls obsolete. Any protocol will do. */
static int judge_packet(int type, const struct socket_kind **kind)
{
	if (type < 0 || type > SOCK_PACKET)
		return -EINVAL;
	*kind = type == SOCK_RAW ? &packet_kind : &cooked_packet_kind;
	return type == SOCK_RAW || type == SOCK_DGRAM ? 0 : -ESOCKTNOSUPPORT;
}

/* Linux's inet_create: a type no protocol serves is -ESOCKTNOSUPPORT, a protocol that is of another type
 * -EPROTONOSUPPORT. */
static int judge(int domain, int type, int protocol, const struct socket_kind **kind)
{
	if (domain == AF_PACKET)
		return judge_packet(type, kind);
	if (domain != AF_INET && domain != AF_INET6)
		return -EAFNOSUPPORT;
	if (type < 0 || type > SOCK_PACKET || protocol < 0 || protocol >= IPPROTO_MAX)
		return -EINVAL;
	int refusal = -ESOCKTNOSUPPORT;
	for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++) {
		*kind = kinds[index];
		if ((*kind)->type != type || ((*kind)->domain && (*kind)->domain != domain))
			continue;
		if (is_of_protocol(*kind, protocol))
			return 0;
		refusal = -EPROTONOSUPPORT;
	}
	return refusal;
}

static void take_first_buffers(struct socket *socket)
{
	const struct sockets *home = socket->home;

	if (socket->domain == AF_PACKET) {
		socket->packet->send_buffer = home->send_first;
		socket->packet->receive_buffer = home->receive_first;
	} else if (socket->kind->type != SOCK_STREAM) {
		socket->datagram->settings.send_buffer = home->send_first;
		socket->datagram->settings.receive_buffer = home->receive_first;
	}
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
	if (protocol != 0 || domain == AF_PACKET)
		socket->protocol = protocol;
	result = kind->open(socket);
	if (result < 0) {
		socket_free(socket);
		return result;
	}
	take_first_buffers(socket);
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
