/* The options of a datagram socket: SOL_SOCKET's and IP's. */
#include "socket/group_options.h"
#include "socket/option.h"

#include <errno.h>
#include <netinet/udp.h>

static struct udp_settings *settings_of(struct socket *socket)
{
	return &socket->datagram->settings;
}

FLAG(broadcast, settings_of(socket)->broadcast, (void)0)
FLAG(packet_info, socket->tells_packet_info, (void)0)
FLAG(receive_ttl, socket->tells_ttl, (void)0)
FLAG(receive_tos, socket->tells_tos, (void)0)

NUMBER(discovery, settings_of(socket)->discovery, 1, IP_PMTUDISC_DONT, IP_PMTUDISC_PROBE, (void)0)

static int get_keep_failures(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->keep_failures);
}

static int set_keep_failures(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->keep_failures = int_of(value) != 0;
	if (!settings_of(socket)->keep_failures)
		udp_failures_clear(socket->datagram);
	return 0;
}

BUFFER(send_buffer, settings_of(socket)->send_buffer, socket->home->send_most,
       UDP_SEND_BUFFER_LEAST)
BUFFER(receive_buffer, settings_of(socket)->receive_buffer, socket->home->receive_most,
       UDP_RECEIVE_BUFFER_LEAST)

static int get_tos(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->tos);
}

/* ECN's bits too are a datagram's sender's (RFC 8085, 3.1.7). */
static int set_tos(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->tos = (uint8_t)int_of(value);
	return 0;
}

static int get_ttl(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	uint8_t ttl = settings_of(socket)->ttl;
	return give_int(value, ttl ? ttl : socket->home->udp->ip->ttl4);
}

static int set_ttl(struct socket *socket, const void *value, socklen_t size)
{
	int ttl = int_of(value);
	(void)size;
	if (ttl != -1 && (ttl < 1 || ttl > 255))
		return -EINVAL;
	settings_of(socket)->ttl = ttl == -1 ? 0 : (uint8_t)ttl;
	return 0;
}

static int get_mtu(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	if (!socket->datagram->connected)
		return -ENOTCONN;
	return give_int(value, (int)socket->datagram->path_mtu);
}

FLAG(gro, settings_of(socket)->gro, (void)0)
NUMBER(segment, settings_of(socket)->segment, 1, 0, UINT16_MAX, (void)0)

static int get_cork(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->cork);
}

static int set_cork(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->cork = int_of(value) != 0;
	if (!settings_of(socket)->cork)
		udp_uncork(socket->datagram);
	return 0;
}

/* clang-format off */
#define BOTH(name) get_##name, set_##name
#define SETTER(name) get_nothing, set_##name
const struct option datagram_options[] = {
	{ SOL_SOCKET, SO_SNDBUF,       0, BOTH(send_buffer) },
	{ SOL_SOCKET, SO_RCVBUF,       0, BOTH(receive_buffer) },
	{ SOL_SOCKET, SO_BROADCAST,    0, BOTH(broadcast) },
	{ SOL_SOCKET, SO_TIMESTAMP,    0, BOTH(timestamp) },
	{ SOL_SOCKET, SO_TIMESTAMPNS,  0, BOTH(timestamp_ns) },
	{ SOL_SOCKET, SO_ATTACH_FILTER, sizeof(struct sock_fprog), get_nothing, set_attach_filter },
	{ SOL_SOCKET, SO_DETACH_FILTER, 0, get_nothing, set_detach_filter },
	{ SOL_SOCKET, SO_LOCK_FILTER,   0, get_lock_filter, set_lock_filter },
	{ IPPROTO_IP, IP_TOS,          0, BOTH(tos) },
	{ IPPROTO_IP, IP_TTL,          0, BOTH(ttl) },
	{ IPPROTO_IP, IP_MTU_DISCOVER, 0, BOTH(discovery) },
	{ IPPROTO_IP, IP_MTU,          0, get_mtu, NULL },
	{ IPPROTO_IP, IP_RECVERR,      0, BOTH(keep_failures) },
	{ IPPROTO_IP, IP_PKTINFO,      0, BOTH(packet_info) },
	{ IPPROTO_IP, IP_RECVTTL,      0, BOTH(receive_ttl) },
	{ IPPROTO_IP, IP_RECVTOS,      0, BOTH(receive_tos) },
	{ IPPROTO_IP, IP_MULTICAST_TTL,          0, BOTH(group_ttl) },
	{ IPPROTO_IP, IP_MULTICAST_LOOP,         0, BOTH(group_loop) },
	{ IPPROTO_IP, IP_MULTICAST_ALL,          0, BOTH(group_all) },
	{ IPPROTO_IP, IP_MULTICAST_IF,           sizeof(struct in_addr), BOTH(group_interface) },
	{ IPPROTO_IP, IP_ADD_MEMBERSHIP,         sizeof(struct ip_mreq), SETTER(add_membership) },
	{ IPPROTO_IP, IP_DROP_MEMBERSHIP,        sizeof(struct ip_mreq), SETTER(drop_membership) },
	{ IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP,  sizeof(struct ip_mreq_source), SETTER(add_source_membership) },
	{ IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, sizeof(struct ip_mreq_source), SETTER(drop_source_membership) },
	{ IPPROTO_IP, IP_BLOCK_SOURCE,           sizeof(struct ip_mreq_source), SETTER(block_source) },
	{ IPPROTO_IP, IP_UNBLOCK_SOURCE,         sizeof(struct ip_mreq_source), SETTER(unblock_source) },
	{ IPPROTO_IP, MCAST_JOIN_GROUP,          sizeof(struct group_req), SETTER(join_group) },
	{ IPPROTO_IP, MCAST_LEAVE_GROUP,         sizeof(struct group_req), SETTER(leave_group) },
	{ IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP,   sizeof(struct group_source_req), SETTER(join_source_group) },
	{ IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP,  sizeof(struct group_source_req), SETTER(leave_source_group) },
	{ IPPROTO_IP, MCAST_BLOCK_SOURCE,        sizeof(struct group_source_req), SETTER(group_block_source) },
	{ IPPROTO_IP, MCAST_UNBLOCK_SOURCE,      sizeof(struct group_source_req), SETTER(group_unblock_source) },
	{ IPPROTO_IP, IP_MSFILTER,               IP_MSFILTER_SIZE(0) | OPTION_READS, BOTH(old_filter) },
	{ IPPROTO_IP, MCAST_MSFILTER,            GROUP_FILTER_SIZE(0) | OPTION_READS, BOTH(group_filter) },
};
/* clang-format on */
/* Linux cuts what makes no sense: less than the header to that, more than a datagram to one. */
static uint16_t coverage_of(const void *value)
{
	int asked = int_of(value);
	if (asked != 0 && asked < 8)
		return 8;
	return (uint16_t)(asked > UINT16_MAX ? UINT16_MAX : asked);
}

static int get_send_coverage(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->send_coverage);
}

static int set_send_coverage(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->send_coverage = coverage_of(value);
	return 0;
}

static int get_receive_coverage(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->receive_coverage);
}

static int set_receive_coverage(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->receive_coverage = coverage_of(value);
	settings_of(socket)->judges_coverage = true;
	return 0;
}

enum { UDPLITE_SEND_CSCOV = 10, UDPLITE_RECV_CSCOV = 11 }; /* net/udplite.h of Linux */

/* clang-format off */
const struct option udp_options[] = {
	{ IPPROTO_UDP, UDP_CORK,    0, BOTH(cork) },
	{ IPPROTO_UDP, UDP_SEGMENT, 0, BOTH(segment) },
	{ IPPROTO_UDP, UDP_GRO,     0, BOTH(gro) },
};
/* clang-format on */
/* clang-format off */
const struct option udp_lite_options[] = {
	{ IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, 0, BOTH(send_coverage) },
	{ IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 0, BOTH(receive_coverage) },
};
/* clang-format on */
const size_t udp_lite_option_count = sizeof udp_lite_options / sizeof udp_lite_options[0];
const size_t udp_option_count = sizeof udp_options / sizeof udp_options[0];
const size_t datagram_option_count = sizeof datagram_options / sizeof datagram_options[0];
