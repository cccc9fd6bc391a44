/* netlink_calls: what a guest's calls do on a netlink socket, and a table of its options. */
#include "daemon/netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum {
	GROUPS = 64,          /* more than rtnetlink and sock_diag have */
	BUFFER_MOST = 212992, /* net.core.rmem_max */
	BUFFER_LEAST = 2304,
};

static int read_address(const void *data, size_t size, struct sockaddr_nl *address)
{
	if (size < sizeof *address)
		return -EINVAL;
	memcpy(address, data, sizeof *address);
	return address->nl_family == AF_NETLINK ? 0 : -EINVAL;
}

static int call_bind(struct call *call)
{
	struct netlink *netlink = call->carrier->netlink;
	struct sockaddr_nl address;

	int error = read_address(call->data, call->header->size, &address);
	if (error)
		return error;
	if (netlink->port != 0 && address.nl_pid != netlink->port)
		return -EINVAL;
	if (netlink->port == 0 && address.nl_pid != 0) {
		if (netlink_port_is_taken(call->carrier, address.nl_pid))
			return -EADDRINUSE;
		netlink->port = address.nl_pid;
	}
	netlink_bind_itself(call->carrier);
	netlink->groups = (netlink->groups & ~(uint64_t)UINT32_MAX) | address.nl_groups;
	netlink_watch_changes(call->carrier);
	return 0;
}

/* Only the kernel may be spoken to by whoever is not root: netlink_connect of Linux. */
static int call_connect(struct call *call)
{
	struct netlink *netlink = call->carrier->netlink;
	struct sockaddr_nl address = { 0 };
	const size_t size = call->header->size;

	if (size < sizeof address.nl_family)
		return -EINVAL;
	memcpy(&address, call->data, size < sizeof address ? size : sizeof address);
	if (address.nl_family != AF_UNSPEC && address.nl_family != AF_NETLINK)
		return -EINVAL;
	if (address.nl_family == AF_NETLINK && size < sizeof address)
		return -EINVAL;
	if (address.nl_family == AF_NETLINK && (address.nl_pid != 0 || address.nl_groups != 0))
		return -EPERM;
	netlink_bind_itself(call->carrier);
	netlink->peer = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
	return 0;
}

static int reply_name(struct call *call, const struct sockaddr_nl *name)
{
	memcpy(call->out, name, sizeof *name);
	call->out_size = sizeof *name;
	return 0;
}

static int call_getsockname(struct call *call)
{
	const struct netlink *netlink = call->carrier->netlink;
	return reply_name(call, &(struct sockaddr_nl){ .nl_family = AF_NETLINK,
						       .nl_pid = netlink->port,
						       .nl_groups = (uint32_t)netlink->groups });
}

static int call_getpeername(struct call *call)
{
	return reply_name(call, &call->carrier->netlink->peer);
}

/* netlink_sendmsg of Linux. Control messages are passed over there as here. */
static int call_sendto(struct call *call)
{
	const struct control_header *header = call->header;
	const size_t before = CONTROL_ADDRESS_ROOM + (size_t)(header->c > 0 ? header->c : 0);
	struct sockaddr_nl to;

	if (header->c < 0 || header->a > CONTROL_ADDRESS_ROOM || header->size < before)
		return -EINVAL;
	if (header->b & MSG_OOB)
		return -EOPNOTSUPP;
	if (header->size == before)
		return -ENODATA;
	if (header->a > 0) {
		int error = read_address(call->data, (size_t)header->a, &to);
		if (error)
			return error;
		if (to.nl_pid != 0 || to.nl_groups != 0)
			return -EPERM;
	}
	netlink_answer_guest(call->carrier, call->data + before, header->size - before);
	return (int)(header->size - before);
}

/* Options. */

enum option_kind { NUMBER, BIT, TIME };

struct option {
	int level, name;
	enum option_kind kind;
	bool fixed; /* it is told, not set */
	size_t offset;
};

#define FIELD(member) offsetof(struct netlink, member)

static const struct option options[] = {
	{ SOL_SOCKET, SO_TYPE, NUMBER, true, FIELD(kind) },
	{ SOL_SOCKET, SO_PROTOCOL, NUMBER, true, FIELD(protocol) },
	{ SOL_SOCKET, SO_ERROR, NUMBER, true, FIELD(error) },
	{ SOL_SOCKET, SO_RCVTIMEO, TIME, false, FIELD(receive_timeout) },
	{ SOL_SOCKET, SO_SNDTIMEO, TIME, false, FIELD(send_timeout) },
	{ SOL_SOCKET, SO_RCVBUF, NUMBER, false, FIELD(receive_buffer) },
	{ SOL_SOCKET, SO_SNDBUF, NUMBER, false, FIELD(send_buffer) },
	{ SOL_NETLINK, NETLINK_PKTINFO, BIT, false, FIELD(pktinfo) },
	{ SOL_NETLINK, NETLINK_NO_ENOBUFS, BIT, false, FIELD(no_enobufs) },
	{ SOL_NETLINK, NETLINK_CAP_ACK, BIT, false, FIELD(capped) },
	{ SOL_NETLINK, NETLINK_EXT_ACK, BIT, false, FIELD(explained) },
	{ SOL_NETLINK, NETLINK_GET_STRICT_CHK, BIT, false, FIELD(strict) },
};

static const struct option *find_option(int level, int name)
{
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

/* What is the same of all of them. */
static bool constant(const struct control_header *header, int *value)
{
	if (header->a != SOL_SOCKET)
		return false;
	switch (header->b) {
	case SO_DOMAIN:
		*value = AF_NETLINK;
		return true;
	case SO_ACCEPTCONN:
		*value = 0;
		return true;
	default:
		return false;
	}
}

static int reply_value(struct call *call, const void *value, size_t size)
{
	const size_t room = (size_t)call->header->c;

	call->out_size = room < size ? room : size;
	memcpy(call->out, value, call->out_size);
	return 0;
}

static int call_getsockopt(struct call *call)
{
	const struct control_header *header = call->header;
	const uint8_t *netlink = (const uint8_t *)call->carrier->netlink;
	const struct option *option = find_option(header->a, header->b);
	int value;

	if (header->c < 0)
		return -EINVAL;
	if (constant(header, &value))
		return reply_value(call, &value, sizeof value);
	if (!option)
		return -ENOPROTOOPT;
	if (option->kind == TIME)
		return reply_value(call, netlink + option->offset, sizeof(struct timeval));
	if (option->level == SOL_NETLINK && header->c < (int)sizeof value)
		return -EINVAL;
	if (option->kind == BIT)
		value = *(const bool *)(netlink + option->offset);
	else
		memcpy(&value, netlink + option->offset, sizeof value);
	if (option->name == SO_ERROR && option->level == SOL_SOCKET) /* told once */
		call->carrier->netlink->error = 0;
	return reply_value(call, &value, sizeof value);
}

static int change_membership(struct netlink *netlink, int name, int group)
{
	if (group <= 0 || group > GROUPS)
		return -EINVAL;
	const uint64_t bit = UINT64_C(1) << (group - 1);
	netlink->groups =
		name == NETLINK_ADD_MEMBERSHIP ? netlink->groups | bit : netlink->groups & ~bit;
	return 0;
}

/* As Linux reads it: the double is counted, within its limits. */
static int buffer_size(int asked)
{
	if (asked < 0 || asked > BUFFER_MOST)
		asked = BUFFER_MOST;
	return 2 * asked < BUFFER_LEAST ? BUFFER_LEAST : 2 * asked;
}

static int set_option(struct netlink *netlink, const struct option *option, const void *data,
		      size_t size)
{
	uint8_t *at = (uint8_t *)netlink + option->offset;
	struct timeval time;
	int value = 0;

	if (option->fixed)
		return -ENOPROTOOPT;
	if (option->kind == TIME) {
		if (size < sizeof time)
			return -EINVAL;
		memcpy(&time, data, sizeof time);
		if (time.tv_usec < 0 || time.tv_usec >= 1000000)
			return -EDOM;
		memcpy(at, &time, sizeof time);
		return 0;
	}
	if (size < sizeof value && option->level == SOL_SOCKET)
		return -EINVAL;
	if (size >= sizeof value)
		memcpy(&value, data, sizeof value);
	if (option->kind == BIT) {
		*(bool *)at = value != 0;
		return 0;
	}
	value = buffer_size(value);
	memcpy(at, &value, sizeof value);
	return 0;
}

static int call_setsockopt(struct call *call)
{
	const struct control_header *header = call->header;
	const struct option *option = find_option(header->a, header->b);
	int group = 0;

	if (header->a == SOL_NETLINK &&
	    (header->b == NETLINK_ADD_MEMBERSHIP || header->b == NETLINK_DROP_MEMBERSHIP)) {
		netlink_bind_itself(call->carrier);
		if (header->size >= sizeof group)
			memcpy(&group, call->data, sizeof group);
		int error = change_membership(call->carrier->netlink, header->b, group);
		netlink_watch_changes(call->carrier);
		return error;
	}
	if (!option)
		return -ENOPROTOOPT;
	return set_option(call->carrier->netlink, option, call->data, header->size);
}

int netlink_call(struct call *call)
{
	switch (call->header->kind) {
	case CONTROL_BIND:
		return call_bind(call);
	case CONTROL_CONNECT:
		return call_connect(call);
	case CONTROL_GETSOCKNAME:
		return call_getsockname(call);
	case CONTROL_GETPEERNAME:
		return call_getpeername(call);
	case CONTROL_SENDTO:
		return call_sendto(call);
	case CONTROL_GETSOCKOPT:
		return call_getsockopt(call);
	case CONTROL_SETSOCKOPT:
		return call_setsockopt(call);
	case CONTROL_FAILURE:
		return -EAGAIN;
	default:
		return -EOPNOTSUPP;
	}
}
