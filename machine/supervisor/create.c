/* create: socket(). The filter lets only AF_INET, AF_INET6, AF_NETLINK and AF_PACKET come here. */
#include "supervisor/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TYPE_MASK = 0xf,  /* SOCK_TYPE_MASK of Linux: what is above are flags */
	TYPE_PACKET = 10, /* SOCK_PACKET: PF_PACKET under an old name */
	TYPES = 11,       /* SOCK_MAX */
	PROTOCOLS = 263,  /* IPPROTO_MAX of today's Linux; a header may be older */
};

static bool is_served(int domain, int kind, int protocol)
{
	switch (kind) {
	case SOCK_STREAM:
		return protocol == 0 || protocol == IPPROTO_TCP;
	case SOCK_DGRAM:
		return protocol == 0 || protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE ||
		       protocol == (domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	default:
		return protocol > 0 && protocol <= UINT8_MAX;
	}
}

/* netlink_create of a Linux with no family but these two. */
static int judge_netlink(int kind, int protocol)
{
	if (kind != SOCK_RAW && kind != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	return protocol == NETLINK_ROUTE || protocol == NETLINK_SOCK_DIAG ? 0 : -EPROTONOSUPPORT;
}

/* packet_create. SOCK_PACKET is missing, as in the library. */
static int judge_packet(int kind)
{
	return kind == SOCK_RAW || kind == SOCK_DGRAM ? 0 : -ESOCKTNOSUPPORT;
}

/* What a kernel says that has TCP, UDP, ping and raw sockets, all of them without privilege: __sys_socket,
 * __sock_create and inet_create, in their order. */
static int judge(int domain, int type, int protocol)
{
	int kind = type & TYPE_MASK;
	if (type & ~TYPE_MASK & ~(SOCK_CLOEXEC | SOCK_NONBLOCK) || kind >= TYPES)
		return -EINVAL;
	if (domain == AF_NETLINK)
		return judge_netlink(kind, protocol);
	if (domain == AF_PACKET)
		return judge_packet(kind);
	if (kind == TYPE_PACKET)
		return -EAFNOSUPPORT;
	if (protocol < 0 || protocol >= PROTOCOLS)
		return -EINVAL;
	if (kind != SOCK_STREAM && kind != SOCK_DGRAM && kind != SOCK_RAW)
		return -ESOCKTNOSUPPORT;
	return is_served(domain, kind, protocol) ? 0 : -EPROTONOSUPPORT;
}

void call_socket(struct supervisor *supervisor, struct call *call)
{
	int type = call_int(call, 1), protocol = call_int(call, 2);
	int refusal = judge(call_int(call, 0), type, protocol);
	if (refusal == 0 && supervisor->control < 0)
		refusal = -ENETDOWN;
	if (refusal < 0) {
		call_answer(supervisor, call, refusal);
		return;
	}

	const int kind = type & TYPE_MASK;
	const int carrier = kind == SOCK_STREAM ? SOCK_STREAM : SOCK_DGRAM;
	call->extra = socket(AF_UNIX, carrier | SOCK_CLOEXEC | (type & SOCK_NONBLOCK), 0);
	if (call->extra < 0 || carrier_mark(call->extra) < 0 ||
	    !carrier_is(call->extra, &call->inode)) {
		call_answer(supervisor, call, -ENFILE);
		return;
	}

	/* The daemon reads our messages in order: any later call about this socket comes after this one. If the guest cannot take
	 * it, the daemon sees its last close. */
	const uint32_t thread = (uint32_t)call_thread(call);
	const struct question question = { .kind = CONTROL_SOCKET,
					   .a = call_int(call, 0),
					   .b = kind,
					   .c = protocol,
					   .data = &thread,
					   .size = sizeof(thread),
					   .descriptor = call->extra };
	datagram_forget_sure(supervisor, call->inode);
	if (!call_tell(supervisor, call->inode, &question)) {
		call_answer(supervisor, call, -ENETDOWN);
		return;
	}
	int result = call_give(supervisor, call, call->extra, type & SOCK_CLOEXEC ? O_CLOEXEC : 0);
	if (result < 0 && result != -ENOENT)
		call_answer(supervisor, call, result);
}
