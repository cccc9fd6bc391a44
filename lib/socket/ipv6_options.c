/* ipv6_options: the options of IPPROTO_IPV6 (RFC 3493, 5; RFC 3542) that say how packets of IPv6 go and what they come with.
 * What an IPv6 socket sends to a mapped address goes by the options of IPPROTO_IP. Groups have group_options.c. */
#include "socket/group_options.h"
#include "socket/option.h"

#include <errno.h>

static struct udp_settings *settings_of(struct socket *socket)
{
	return &socket->datagram->settings;
}

FLAG(receive_packet_info6, socket->tells_packet_info6, (void)0)
FLAG(receive_hop_limit, socket->tells_hop_limit, (void)0)
FLAG(receive_traffic_class, socket->tells_traffic_class, (void)0)
FLAG(dont_fragment6, settings_of(socket)->dont_fragment6, (void)0)
NUMBER(discovery6, settings_of(socket)->discovery6, 1, IPV6_PMTUDISC_DONT, IPV6_PMTUDISC_PROBE,
       (void)0)

/* A number of a byte; -1 is the default again. */
static int set_byte(uint8_t *place, const void *value)
{
	int number = int_of(value);
	if (number < -1 || number > UINT8_MAX)
		return -EINVAL;
	*place = number == -1 ? 0 : (uint8_t)number;
	return 0;
}

static struct ipv6_settings *sender_of(struct socket *socket)
{
	return socket->kind->type == SOCK_STREAM ? &socket->connection->settings.ipv6
						 : &settings_of(socket)->ipv6;
}

int get_hop_limit(struct socket *socket, void *value, socklen_t *size)
{
	const struct ipv6_settings *settings = sender_of(socket);
	(void)size;
	return give_int(value,
			settings->hop_limit ? settings->hop_limit : socket->home->tcp->ip->ttl6);
}

/* Linux sends with 0 what is told to; here it is refused, as a router would drop it. */
int set_hop_limit(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	if (int_of(value) == 0)
		return -EINVAL;
	return set_byte(&sender_of(socket)->hop_limit, value);
}

int get_traffic_class(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, sender_of(socket)->traffic_class);
}

/* A stream's ECN bits are TCP's own (RFC 3168, 6.1). */
int set_traffic_class(struct socket *socket, const void *value, socklen_t size)
{
	uint8_t *place = &sender_of(socket)->traffic_class;
	(void)size;
	int result = set_byte(place, value);
	if (socket->kind->type == SOCK_STREAM)
		*place &= 0xfc;
	return result;
}

static int get_mtu6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	if (!socket->datagram->connected)
		return -ENOTCONN;
	return give_int(value, (int)socket->datagram->path_mtu);
}

static int get_keep_failures6(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->keep_failures6);
}

static int set_keep_failures6(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->keep_failures6 = int_of(value) != 0;
	if (!settings_of(socket)->keep_failures6)
		udp_failures_clear(socket->datagram);
	return 0;
}

/* clang-format off */
#define BOTH(name) get_##name, set_##name
#define SETTER(name) get_nothing, set_##name
const struct option ipv6_options[] = {
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, BOTH(hop_limit) },
	{ IPPROTO_IPV6, IPV6_TCLASS,       0, BOTH(traffic_class) },
	{ IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0, BOTH(discovery6) },
	{ IPPROTO_IPV6, IPV6_MTU,          0, get_mtu6, NULL },
	{ IPPROTO_IPV6, IPV6_DONTFRAG,     0, BOTH(dont_fragment6) },
	{ IPPROTO_IPV6, IPV6_RECVERR,      0, BOTH(keep_failures6) },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO,  0, BOTH(receive_packet_info6) },
	{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 0, BOTH(receive_hop_limit) },
	{ IPPROTO_IPV6, IPV6_RECVTCLASS,   0, BOTH(receive_traffic_class) },
	{ IPPROTO_IPV6, IPV6_MULTICAST_HOPS,      0, BOTH(group_hops) },
	{ IPPROTO_IPV6, IPV6_MULTICAST_LOOP,      0, BOTH(group_loop6) },
	{ IPPROTO_IPV6, IPV6_MULTICAST_ALL,       0, BOTH(group_all6) },
	{ IPPROTO_IPV6, IPV6_MULTICAST_IF,        0, BOTH(group_interface6) },
	{ IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP,      sizeof(struct ipv6_mreq), SETTER(add_membership6) },
	{ IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP,     sizeof(struct ipv6_mreq), SETTER(drop_membership6) },
	{ IPPROTO_IPV6, MCAST_JOIN_GROUP,         sizeof(struct group_req), SETTER(join_group6) },
	{ IPPROTO_IPV6, MCAST_LEAVE_GROUP,        sizeof(struct group_req), SETTER(leave_group6) },
	{ IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP,  sizeof(struct group_source_req), SETTER(join_source_group6) },
	{ IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP, sizeof(struct group_source_req), SETTER(leave_source_group6) },
	{ IPPROTO_IPV6, MCAST_BLOCK_SOURCE,       sizeof(struct group_source_req), SETTER(group_block_source6) },
	{ IPPROTO_IPV6, MCAST_UNBLOCK_SOURCE,     sizeof(struct group_source_req), SETTER(group_unblock_source6) },
	{ IPPROTO_IPV6, MCAST_MSFILTER,           GROUP_FILTER_SIZE(0) | OPTION_READS, BOTH(group_filter6) },
};
/* clang-format on */
const size_t ipv6_option_count = sizeof ipv6_options / sizeof ipv6_options[0];
