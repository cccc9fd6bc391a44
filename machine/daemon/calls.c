#include "daemon/calls.h"

#include "daemon/carrier.h"
#include "daemon/connect.h"
#include "daemon/datagram.h"
#include "daemon/host.h"
#include "daemon/listener.h"
#include "daemon/netlink.h"
#include "daemon/pump.h"
#include "daemon/ring.h"
#include "daemon/watch.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { KEPT_MOST = 64 }; /* bytes that a supervisor may leave in an accepted carrier */

int call_refuse(struct call *call, int error, const char *sentence)
{
	size_t size = strlen(sentence);

	memcpy(call->out, sentence, size);
	call->out_size = size;
	return error;
}

static struct berth_host *stack_of(const struct call *call)
{
	return call->carrier->host->stack;
}

static int call_hello(struct call *call)
{
	char sentence[128];

	if (call->header->a == CONTROL_VERSION) {
		call->session->greeted = true;
		return 0;
	}
	snprintf(sentence, sizeof sentence,
		 "another version of berth runs LAN %s: end it with its own \"berth down\", or use "
		 "another --lan",
		 call->session->daemon->name);
	return call_refuse(call, -EPROTO, sentence);
}

/* NULL: no room. */
static struct carrier *make_carrier(const struct call *call)
{
	struct host *host = call->session->host;

	if (call->header->a == AF_NETLINK)
		return carrier_new(host, -1);
	int descriptor =
		berth_socket(host->stack, call->header->a, call->header->b, call->header->c);
	int in_line = 1; /* see takes_urgent_out */
	if (descriptor >= 0 && call->header->b == SOCK_STREAM)
		berth_setsockopt(host->stack, descriptor, SOL_SOCKET, SO_OOBINLINE, &in_line,
				 sizeof in_line);
	return descriptor < 0 ? NULL : carrier_new(host, descriptor);
}

static int begin_carrier(struct carrier *carrier, const struct call *call)
{
	const struct control_header *header = call->header;
	uint32_t process = 0;

	if (header->size == sizeof process)
		memcpy(&process, call->data, sizeof process);
	if (header->a == AF_NETLINK)
		return netlink_begin_carrier(carrier, header->b, header->c, process,
					     call->descriptor);
	return header->b == SOCK_STREAM ? 0 : datagram_begin(carrier, call->descriptor);
}

/* No reply: where no room is found, the calls that follow find no such socket. */
static int call_socket(struct call *call)
{
	uint64_t inode;

	if (!carrier_is(call->descriptor, &inode) || inode != call->header->inode)
		return CALL_NO_REPLY;
	struct carrier *carrier = make_carrier(call);
	if (!carrier)
		return CALL_NO_REPLY;
	carrier_set_inode(carrier, inode);
	int error = watch_add(carrier, call->descriptor);
	if (!error)
		error = begin_carrier(carrier, call);
	if (error)
		carrier_close(carrier);
	return CALL_NO_REPLY;
}

static bool is_datagrams(const struct call *call)
{
	return call->carrier->state == CARRIER_DATAGRAM;
}

static int call_bind(struct call *call)
{
	return berth_bind(stack_of(call), call->carrier->descriptor,
			  (const struct sockaddr *)(const void *)call->data, call->header->size);
}

static int call_listen(struct call *call)
{
	if (is_datagrams(call))
		return -EOPNOTSUPP;
	if (call->descriptor < 0)
		return -EINVAL;
	return listener_begin(call->carrier, call->header->a, call->descriptor);
}

static int call_connect(struct call *call)
{
	if (is_datagrams(call))
		return datagram_connect(call->carrier, call->data, call->header->size);

	struct session *waiter = call->header->a ? NULL : call->session;
	int result = connect_begin(call->carrier, call->data, call->header->size, waiter,
				   call->header->id, &call->descriptor);
	return result == CONNECT_WAITS ? CALL_NO_REPLY : result;
}

static int call_connect_left(struct call *call)
{
	connect_leave(call->session, call->header->id);
	return CALL_NO_REPLY;
}

static struct carrier *find_connection(struct call *call)
{
	uint64_t number = (uint32_t)call->header->b | (uint64_t)(uint32_t)call->header->c << 32;
	struct index_node *node =
		number ? index_find(&call->session->daemon->connections, number) : NULL;
	return node ? INDEX_OWNER(node, struct carrier, by_connection) : NULL;
}

static int call_accepted(struct call *call)
{
	struct carrier *accepted = find_connection(call);
	uint64_t inode;

	if (call->header->size != sizeof inode || call->header->a < 0 ||
	    call->header->a > KEPT_MOST)
		return CALL_NO_REPLY;
	memcpy(&inode, call->data, sizeof inode);
	if (accepted && inode != 0 && accepted != call->carrier) {
		index_remove(&call->session->daemon->connections, &accepted->by_connection);
		carrier_set_inode(accepted, inode);
		pump_accepted(accepted, (uint32_t)call->header->a);
	}
	struct carrier *listener = carrier_find(call->session->daemon, call->header->inode);
	if (listener)
		listener_accepted(listener);
	return CALL_NO_REPLY;
}

static int reply_address(struct call *call, int result, socklen_t size)
{
	if (result == 0)
		call->out_size = size;
	return result;
}

static int call_getsockname(struct call *call)
{
	socklen_t size = sizeof(struct sockaddr_storage);
	int result = berth_getsockname(stack_of(call), call->carrier->descriptor, call->out, &size);
	return reply_address(call, result, size);
}

static int call_getpeername(struct call *call)
{
	socklen_t size = sizeof(struct sockaddr_storage), resolver_size = 0;
	if (call->carrier->state == CARRIER_RESOLVING) {
		memcpy(call->out, &call->carrier->goal, sizeof call->carrier->goal);
		resolver_size = host_address_size(&call->carrier->goal);
	}
	if (is_datagrams(call))
		memcpy(call->out, datagram_resolver(call->carrier, &resolver_size),
		       sizeof(struct sockaddr_storage));
	if (resolver_size > 0)
		return reply_address(call, 0, resolver_size);
	int result = berth_getpeername(stack_of(call), call->carrier->descriptor, call->out, &size);
	return reply_address(call, result, size);
}

/* Why a connection ended is told once. The pump may have heard it before the guest asks. */
static bool take_error(struct call *call)
{
	struct carrier *carrier = call->carrier;

	if (call->header->a != SOL_SOCKET || call->header->b != SO_ERROR || carrier->error == 0 ||
	    call->header->c < (int)sizeof carrier->error)
		return false;
	memcpy(call->out, &carrier->error, sizeof carrier->error);
	call->out_size = sizeof carrier->error;
	carrier->error = 0;
	return true;
}

/* PACKET_HDRLEN's question comes with it. */
static int get_ring_option(struct call *call, socklen_t *size)
{
	const struct control_header *header = call->header;

	memset(call->out, 0, sizeof(int));
	if (header->size == sizeof(int))
		memcpy(call->out, call->data, sizeof(int));
	int result = ring_get_option(call->carrier, header->b, call->out, size);
	if (result == 0)
		call->out_size = *size;
	return result;
}

/* A guest's own kernel takes its sends, without their flags: nobody here would know of MSG_ZEROCOPY. */
static bool is_no_option_of_guests(const struct control_header *header)
{
	return header->a == SOL_SOCKET && header->b == SO_ZEROCOPY;
}

/* What a getter reads, of those that do: the beginning of a filter of sources. */
enum { QUESTION_MOST = GROUP_FILTER_SIZE(0) };

static int call_getsockopt(struct call *call)
{
	const struct control_header *header = call->header;

	if (header->c < 0)
		return -EINVAL;
	if (is_no_option_of_guests(header))
		return -ENOPROTOOPT;
	if (is_datagrams(call))
		datagram_settle_errors(call->carrier);
	if (take_error(call))
		return 0;
	socklen_t size = header->c < CONTROL_DATA_MOST ? (socklen_t)header->c : CONTROL_DATA_MOST;
	if (is_datagrams(call) && header->a == SOL_PACKET) {
		int result = get_ring_option(call, &size);
		if (result != RING_NOT_ITS)
			return result;
	}
	memset(call->out, 0, QUESTION_MOST);
	if (header->size <= QUESTION_MOST)
		memcpy(call->out, call->data, header->size);
	int result = berth_getsockopt(stack_of(call), call->carrier->descriptor, header->a,
				      header->b, call->out, &size);
	if (result == 0)
		call->out_size = size;
	return result;
}

static bool is_filter(const struct call *call)
{
	return call->header->a == SOL_SOCKET && call->header->b == SO_ATTACH_FILTER;
}

static int set_filter(struct call *call)
{
	const struct sock_fprog asked = {
		.len = (unsigned short)(call->header->size / sizeof *asked.filter),
		.filter = (struct sock_filter *)(uintptr_t)call->data,
	};
	return berth_setsockopt(stack_of(call), call->carrier->descriptor, SOL_SOCKET,
				SO_ATTACH_FILTER, &asked, sizeof asked);
}

/* The pump passes on what is urgent in line, always. */
static bool takes_urgent_out(const struct call *call)
{
	const struct control_header *header = call->header;
	int in_line;

	if (header->a != SOL_SOCKET || header->b != SO_OOBINLINE || header->size < sizeof in_line)
		return false;
	memcpy(&in_line, call->data, sizeof in_line);
	return in_line == 0;
}

static int call_setsockopt(struct call *call)
{
	const struct control_header *header = call->header;

	if (is_no_option_of_guests(header))
		return -ENOPROTOOPT;
	if (is_filter(call))
		return set_filter(call);
	if (is_datagrams(call) && header->a == SOL_PACKET) {
		int result = ring_set_option(call->carrier, header->b, call->data, header->size);
		if (result != RING_NOT_ITS)
			return result;
	}
	if (takes_urgent_out(call))
		return -ENOPROTOOPT;
	return berth_setsockopt(stack_of(call), call->carrier->descriptor, call->header->a,
				call->header->b, call->data, call->header->size);
}

/* A listener that stops listening does so on its carrier too, so that a waiting accept() hears of it. */
static int call_shutdown(struct call *call)
{
	int how = call->header->a;
	int result = pump_shutdown(call->carrier, how);

	if (result == 0 && how == SHUT_WR && call->carrier->state == CARRIER_LISTENING)
		return 1;
	return result;
}

static int call_retire(struct call *call)
{
	return call->descriptor < 0 ? -EINVAL : connect_retire(call->carrier, call->descriptor);
}

/* A datagram with an address in front of it. */
static int call_sendto(struct call *call)
{
	const struct control_header *header = call->header;
	uint8_t *at =
		(uint8_t *)(uintptr_t)call->data; /* msghdr has no word for what is only read */
	size_t control = (size_t)header->c;
	bool sure;

	if (!is_datagrams(call) || header->a > CONTROL_ADDRESS_ROOM || header->c < 0 ||
	    header->size < CONTROL_ADDRESS_ROOM + control)
		return -EINVAL;
	size_t before = CONTROL_ADDRESS_ROOM + control;
	struct iovec payload = { at + before, header->size - before };
	const struct msghdr message = {
		.msg_name = header->a < 0 ? NULL : at,
		.msg_namelen = header->a < 0 ? 0 : (socklen_t)header->a,
		.msg_control = control > 0 ? at + CONTROL_ADDRESS_ROOM : NULL,
		.msg_controllen = control,
		.msg_iov = &payload,
		.msg_iovlen = 1,
	};
	if (header->id == 0) {
		datagram_send_told(call->carrier, &message, header->b);
		return CALL_NO_REPLY;
	}
	int sent = (int)datagram_send(call->carrier, &message, header->b, &sure);
	memset(call->out, 0, 1);
	call->out_size = sure;
	return sent;
}

static int call_failure(struct call *call)
{
	struct carrier_origin *origin = call->out;
	const size_t most = CONTROL_DATA_MOST - sizeof *origin;
	size_t wanted = call->header->a > 0 ? (size_t)call->header->a : 0;
	struct iovec piece = { origin + 1, wanted < most ? wanted : most };
	struct msghdr message = {
		.msg_name = origin->address,
		.msg_namelen = sizeof origin->address,
		.msg_control = origin->control,
		.msg_controllen = sizeof origin->control,
		.msg_iov = &piece,
		.msg_iovlen = 1,
	};

	if (!is_datagrams(call))
		return -EAGAIN;
	*origin = (struct carrier_origin){ 0 };
	datagram_settle_errors(call->carrier);
	int size = (int)berth_recvmsg(stack_of(call), call->carrier->descriptor, &message,
				      MSG_ERRQUEUE);
	if (size < 0)
		return size;
	origin->address_size = message.msg_namelen;
	origin->control_size = (uint32_t)message.msg_controllen;
	call->carrier->error = 0;
	call->out_size = sizeof *origin + (size_t)size;
	return size;
}

static int call_ring_hold(struct call *call)
{
	ring_hold(call->carrier, call->descriptor);
	call->descriptor = -1;
	return CALL_NO_REPLY;
}

static int call_ring_map(struct call *call)
{
	uint64_t size;

	if (call->header->size != sizeof size || call->descriptor < 0)
		return -EINVAL;
	memcpy(&size, call->data, sizeof size);
	return ring_map(call->carrier, call->descriptor, size);
}

/* What must be true before the function is asked. */
enum needs {
	NOTHING,
	GREETED,
	JOINED,
	CARRIER, /* joined, and the inode is a carrier's */
};

static const struct {
	int (*function)(struct call *call);
	enum needs needs;
	bool replies; /* to an error found here */
} calls[] = {
	[CONTROL_HELLO] = { call_hello, NOTHING, true },
	[CONTROL_JOIN] = { call_join, GREETED, true },
	[CONTROL_SOCKET] = { call_socket, JOINED, false },
	[CONTROL_BIND] = { call_bind, CARRIER, true },
	[CONTROL_LISTEN] = { call_listen, CARRIER, true },
	[CONTROL_CONNECT] = { call_connect, CARRIER, true },
	[CONTROL_CONNECT_LEFT] = { call_connect_left, JOINED, false },
	[CONTROL_ACCEPTED] = { call_accepted, JOINED, false },
	[CONTROL_GETSOCKNAME] = { call_getsockname, CARRIER, true },
	[CONTROL_GETPEERNAME] = { call_getpeername, CARRIER, true },
	[CONTROL_GETSOCKOPT] = { call_getsockopt, CARRIER, true },
	[CONTROL_SETSOCKOPT] = { call_setsockopt, CARRIER, true },
	[CONTROL_SHUTDOWN] = { call_shutdown, CARRIER, true },
	[CONTROL_RETIRE] = { call_retire, CARRIER, true },
	[CONTROL_HOSTS] = { call_hosts, GREETED, true },
	[CONTROL_SOCKETS] = { call_sockets, GREETED, true },
	[CONTROL_GROUPS] = { call_groups, GREETED, true },
	[CONTROL_CAPTURE] = { call_capture, GREETED, true },
	[CONTROL_DOWN] = { call_down, GREETED, true },
	[CONTROL_SPAWN] = { call_spawn, GREETED, true },
	[CONTROL_SENDTO] = { call_sendto, CARRIER, true },
	[CONTROL_FAILURE] = { call_failure, CARRIER, true },
	[CONTROL_RING_HOLD] = { call_ring_hold, CARRIER, false },
	[CONTROL_RING_MAP] = { call_ring_map, CARRIER, true },
	[CONTROL_REQUEST] = { call_request, JOINED, true },
	[CONTROL_FILE] = { call_file, JOINED, true },
	[CONTROL_SYSCTL] = { call_sysctl, GREETED, true },
};

/* A socket that nobody knows had no room when it was made, or was forgotten since: its connection is over. */
static int check_needs(const struct call *call, enum needs needs)
{
	const struct session *session = call->session;

	if (needs >= GREETED && !session->greeted)
		return -EPROTO;
	if (needs >= JOINED && !session->host)
		return -EPROTO;
	if (needs < CARRIER || call->carrier)
		return 0;
	return call->header->kind <= CONTROL_CONNECT ? -ENOBUFS : -ENOTCONN;
}

/* Where it matters which ports are taken: a guest that closed a socket knows that it has. */
static bool depends_on_ports(const struct control_header *header)
{
	if (header->kind == CONTROL_SENDTO)
		return header->id != 0;
	return header->kind >= CONTROL_BIND && header->kind <= CONTROL_CONNECT;
}

int calls_do(struct call *call)
{
	uint32_t kind = call->header->kind;

	if (kind >= sizeof calls / sizeof calls[0] || !calls[kind].function)
		return -EOPNOTSUPP;
	if (depends_on_ports(call->header))
		watch_settle(call->session->daemon);
	if (call->header->inode != 0)
		call->carrier = carrier_find(call->session->daemon, call->header->inode);
	int error = check_needs(call, calls[kind].needs);
	if (error)
		return calls[kind].replies ? error : CALL_NO_REPLY;
	if (call->carrier && call->carrier->state == CARRIER_NETLINK && kind != CONTROL_REQUEST)
		return netlink_call(call);
	if (call->carrier && is_datagrams(call))
		datagram_settle(call->carrier);
	return calls[kind].function(call);
}
