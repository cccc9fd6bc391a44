/* ping: what the calls do on a ping socket (transport/ping.h). */
#include "socket/datagram.h"
#include "socket/option.h"

#include <errno.h>

static int ping_open(struct socket *socket)
{
	socket->datagram = udp_open(socket->home->ping, socket);
	if (!socket->datagram)
		return -ENOBUFS;
	if (socket->domain == AF_INET6)
		udp_turn_v6(socket->datagram);
	return 0;
}

static int send_by_ping(struct socket *socket, const struct udp_outgoing *outgoing)
{
	return ping_send(socket->datagram, outgoing);
}

static ssize_t send_message(struct socket *socket, const struct msghdr *message, int flags)
{
	return datagram_send_by(socket, message, flags, send_by_ping);
}

#define PING_KIND(of_domain, of_protocol)                                                          \
	{                                                                                          \
		.type = SOCK_DGRAM, .domain = of_domain, .protocol = of_protocol,                  \
		.options = datagram_options, .option_count = &datagram_option_count,               \
		.open = ping_open, .close = datagram_close, .holder = datagram_holder,             \
		.filter = datagram_filter, .peer = datagram_peer,                                  \
		.take_error = datagram_take_error, .bind = datagram_bind,                          \
		.connect = datagram_connect, .disconnect = datagram_disconnect,                    \
		.shutdown = datagram_shutdown, .send = send_message, .receive = datagram_receive,  \
		.poll = datagram_poll,                                                             \
	}

const struct socket_kind ping_kind = PING_KIND(AF_INET, IPPROTO_ICMP);
const struct socket_kind ping6_kind = PING_KIND(AF_INET6, IPPROTO_ICMPV6);
