/* raw: what the calls do on a raw socket (transport/raw.h), and the options it has beside a datagram socket's. */
#include "socket/datagram.h"
#include "socket/option.h"

#include <errno.h>

enum {
	ICMP_FILTER_OPTION = 1,   /* linux/icmp.h; of SOL_RAW, which is IPPROTO_RAW */
	ICMP6_FILTER_OPTION = 1,  /* RFC 3542, 3.2 */
	IPV6_HDRINCL_OPTION = 36, /* linux/in6.h */
};

static int open_raw(struct socket *socket)
{
	socket->raw = raw_open(socket->home->raw, (uint8_t)socket->protocol, socket);
	if (!socket->raw)
		return -ENOBUFS;
	if (socket->domain == AF_INET6)
		raw_turn_v6(socket->raw);
	return 0;
}

static void close_raw(struct socket *socket)
{
	raw_close(socket->raw);
}

static int bind_raw(struct socket *socket, const struct endpoint *local)
{
	return raw_bind(socket->raw, &local->address);
}

static int connect_raw(struct socket *socket, const struct sockaddr *address, socklen_t size)
{
	struct endpoint peer;
	int result = address_read(socket, address, size, &peer);
	return result < 0 ? result : raw_connect(socket->raw, &peer);
}

static int disconnect_raw(struct socket *socket)
{
	raw_disconnect(socket->raw);
	return 0;
}

static int send_by_raw(struct socket *socket, const struct udp_outgoing *outgoing)
{
	return raw_send(socket->raw, outgoing);
}

static ssize_t send_message(struct socket *socket, const struct msghdr *message, int flags)
{
	return datagram_send_by(socket, message, flags, send_by_raw);
}

FLAG(header_included, socket->raw->header_included, (void)0)

/* Linux has them for the family's ICMP alone, and takes less of one than all. */
static int get_filter_of(const struct socket *socket, int protocol, void *value, socklen_t size)
{
	if (socket->protocol != protocol)
		return -EOPNOTSUPP;
	memcpy(value, socket->raw->filter, size);
	return 0;
}

static int set_filter_of(struct socket *socket, int protocol, const void *value, socklen_t size,
			 size_t most)
{
	if (socket->protocol != protocol)
		return -EOPNOTSUPP;
	memcpy(socket->raw->filter, value, size < most ? size : most);
	return 0;
}

static int get_filter(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return get_filter_of(socket, IPPROTO_ICMP, value, sizeof socket->raw->filter[0]);
}

static int set_filter(struct socket *socket, const void *value, socklen_t size)
{
	return set_filter_of(socket, IPPROTO_ICMP, value, size, sizeof socket->raw->filter[0]);
}

static int get_filter6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return get_filter_of(socket, IPPROTO_ICMPV6, value, sizeof socket->raw->filter);
}

static int set_filter6(struct socket *socket, const void *value, socklen_t size)
{
	return set_filter_of(socket, IPPROTO_ICMPV6, value, size, sizeof socket->raw->filter);
}

static int get_checksum_at(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->raw->checksum_at);
}

/* Of ICMPv6 it is never another (RFC 3542, 3.1); and a checksum stands at an even place. */
static int set_checksum_at(struct socket *socket, const void *value, socklen_t size)
{
	int at = int_of(value);

	(void)size;
	if (socket->protocol == IPPROTO_ICMPV6)
		return -EINVAL;
	if (at > 0 && at & 1)
		return -EINVAL;
	socket->raw->checksum_at = at < 0 ? -1 : at;
	return 0;
}

const struct option raw_options[] = {
	{ IPPROTO_IP, IP_HDRINCL, 0, get_header_included, set_header_included },
	{ IPPROTO_RAW, ICMP_FILTER_OPTION, 0, get_filter, set_filter },
	{ IPPROTO_IPV6, IPV6_HDRINCL_OPTION, 0, get_header_included, set_header_included },
	{ IPPROTO_IPV6, IPV6_CHECKSUM, 0, get_checksum_at, set_checksum_at },
	{ IPPROTO_RAW, IPV6_CHECKSUM, 0, get_checksum_at, set_checksum_at },
	{ IPPROTO_ICMPV6, ICMP6_FILTER_OPTION, sizeof(uint32_t[RAW_FILTER_WORDS]), get_filter6,
	  set_filter6 },
};
const size_t raw_option_count = sizeof raw_options / sizeof raw_options[0];

const struct socket_kind raw_kind = {
	.type = SOCK_RAW,
	.protocol = IPPROTO_RAW,
	.options = datagram_options,
	.option_count = &datagram_option_count,
	.more_options = raw_options,
	.more_option_count = &raw_option_count,
	.open = open_raw,
	.close = close_raw,
	.holder = datagram_holder,
	.filter = datagram_filter,
	.peer = datagram_peer,
	.take_error = datagram_take_error,
	.bind = bind_raw,
	.connect = connect_raw,
	.disconnect = disconnect_raw,
	.shutdown = datagram_shutdown,
	.send = send_message,
	.receive = datagram_receive,
	.poll = datagram_poll,
};
