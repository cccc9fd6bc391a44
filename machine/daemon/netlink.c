#include "daemon/netlink.h"

#include "daemon/host.h"
#include "daemon/link.h"
#include "inquiry/changes.h"
#include "inquiry/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOK_NS (UINT64_C(50) * 1000000)

enum {
	KEPT_MOST = 16 << 20, /* bytes of answers that wait for room: 100,000 sockets listed */
	REQUESTS_A_TURN = 64,
	GROUPS = 64,        /* more than rtnetlink and sock_diag have */
	PORTS_FROM = -4097, /* what Linux begins with where the process's number is taken */
	BUFFER_DEFAULT = 212992,
	BUFFER_MOST = 212992, /* net.core.rmem_max */
	BUFFER_LEAST = 2304,
};

/* A datagram that the guest's queue had no room for. */
struct kept {
	STAILQ_ENTRY(kept) link;
	unsigned group;
	size_t size;
	uint8_t bytes[];
};

struct netlink {
	int kind, protocol;
	uint32_t port;    /* 0: it is not bound */
	uint32_t creator; /* the process that made it */
	uint64_t groups;  /* bit n - 1 is group n */
	struct sockaddr_nl peer;
	bool strict, capped, explained, pktinfo, no_enobufs;
	int error;                       /* SO_ERROR: notifications were lost */
	int send_buffer, receive_buffer; /* as getsockopt tells */
	struct timeval send_timeout, receive_timeout;
	STAILQ_HEAD(, kept) kept;
	size_t kept_size;
};

/* To the guest. */

static int origin_of(struct carrier *carrier, unsigned group)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK,
					    .nl_groups = group ? 1u << (group - 1) : 0 };
	struct carrier_origin origin = { .address_size = sizeof kernel };

	memcpy(origin.address, &kernel, sizeof kernel);
	if (carrier->netlink->pktinfo) {
		struct msghdr message = { .msg_control = origin.control,
					  .msg_controllen = sizeof origin.control };
		const struct nl_pktinfo info = { .group = group };
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_NETLINK;
		header->cmsg_type = NETLINK_PKTINFO;
		header->cmsg_len = CMSG_LEN(sizeof info);
		memcpy(CMSG_DATA(header), &info, sizeof info);
		origin.control_size = CMSG_SPACE(sizeof info);
	}
	return origin_file(&carrier->host->daemon->origins, &origin);
}

/* False: there is no room for it. */
static bool give(struct carrier *carrier, unsigned group, const void *bytes, size_t size)
{
	_Alignas(struct cmsghdr) char beside[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec piece = { (void *)(uintptr_t)bytes, size };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = beside,
				  .msg_controllen = sizeof beside };
	const int file = origin_of(carrier, group);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (file < 0)
		return true;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof file);
	memcpy(CMSG_DATA(header), &file, sizeof file);
	return sendmsg(carrier->end, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM);
}

static void want_out(struct carrier *carrier, bool wanted)
{
	loop_change(&carrier->host->daemon->loop, carrier->end, &carrier->source,
		    EPOLLIN | (wanted ? EPOLLOUT : 0));
}

static void keep(struct carrier *carrier, unsigned group, const void *bytes, size_t size)
{
	struct netlink *netlink = carrier->netlink;
	struct kept *kept =
		netlink->kept_size + size <= KEPT_MOST ? malloc(sizeof *kept + size) : NULL;

	if (!kept)
		return;
	kept->group = group;
	kept->size = size;
	memcpy(kept->bytes, bytes, size);
	if (STAILQ_EMPTY(&netlink->kept))
		want_out(carrier, true);
	STAILQ_INSERT_TAIL(&netlink->kept, kept, link);
	netlink->kept_size += size;
}

static void send_answer(void *context, const void *datagram, size_t size)
{
	struct carrier *carrier = context;

	if (!STAILQ_EMPTY(&carrier->netlink->kept) || !give(carrier, 0, datagram, size))
		keep(carrier, 0, datagram, size);
}

static void drop_first(struct netlink *netlink)
{
	struct kept *first = STAILQ_FIRST(&netlink->kept);

	STAILQ_REMOVE_HEAD(&netlink->kept, link);
	netlink->kept_size -= first->size;
	free(first);
}

static void give_kept(struct carrier *carrier)
{
	struct netlink *netlink = carrier->netlink;
	struct kept *first;

	while ((first = STAILQ_FIRST(&netlink->kept))) {
		if (!give(carrier, first->group, first->bytes, first->size))
			return;
		drop_first(netlink);
	}
	want_out(carrier, false);
}

/* From the guest. */

static bool is_port_taken(const struct carrier *asker, uint32_t port)
{
	const struct carrier *other;

	TAILQ_FOREACH(other, &asker->host->carriers, link)
	if (other->netlink && other->netlink->protocol == asker->netlink->protocol &&
	    other->netlink->port == port)
		return true;
	return false;
}

static void bind_itself(struct carrier *carrier)
{
	struct netlink *netlink = carrier->netlink;
	uint32_t port = netlink->creator, next = (uint32_t)PORTS_FROM;

	if (netlink->port != 0)
		return;
	while (port == 0 || is_port_taken(carrier, port))
		port = next--;
	netlink->port = port;
}

static void answer(struct carrier *carrier, const void *request, size_t size)
{
	const struct netlink *netlink = carrier->netlink;
	struct netlink_writer writer;
	const struct netlink_asker asker = { .host = carrier->host->stack,
					     .protocol = netlink->protocol,
					     .strict = netlink->strict,
					     .capped = netlink->capped,
					     .explained = netlink->explained,
					     .uid = getuid(),
					     .complete = host_complete_socket,
					     .context = carrier->host };

	bind_itself(carrier);
	writer.send = send_answer;
	writer.context = carrier;
	writer.port = netlink->port;
	writer.size = writer.message = 0;
	netlink_answer(&asker, &writer, request, size);
}

static void hear(struct carrier *carrier)
{
	uint8_t *scratch = carrier->host->daemon->scratch;

	for (int i = 0; i < REQUESTS_A_TURN; i++) {
		ssize_t size = recv(carrier->end, scratch, SCRATCH_SIZE, MSG_DONTWAIT);
		if (size < 0)
			return;
		answer(carrier, scratch, (size_t)size);
	}
}

static void end_ready(struct source *source, uint32_t events)
{
	struct carrier *carrier = (struct carrier *)source;

	if (events & EPOLLOUT)
		give_kept(carrier);
	if (events & EPOLLIN)
		hear(carrier);
}

/* Notifications. */

static bool listens(const struct carrier *carrier)
{
	const struct netlink *netlink = carrier->netlink;
	return netlink && netlink->groups != 0 && netlink->protocol == NETLINK_ROUTE;
}

/* Who does not read loses them: so Linux does, by the socket's receive buffer. */
static void notify(struct carrier *carrier, unsigned group, const void *datagram, size_t size)
{
	struct netlink *netlink = carrier->netlink;

	if (!listens(carrier) || !(netlink->groups & UINT64_C(1) << (group - 1)))
		return;
	if (STAILQ_EMPTY(&netlink->kept) && give(carrier, group, datagram, size))
		return;
	if (netlink->kept_size + size <= (size_t)netlink->receive_buffer)
		keep(carrier, group, datagram, size);
	else if (!netlink->no_enobufs)
		netlink->error = ENOBUFS;
}

struct notice {
	struct host *host;
	unsigned group;
};

static void notify_all(void *context, const void *datagram, size_t size)
{
	const struct notice *notice = context;
	struct carrier *carrier;

	TAILQ_FOREACH(carrier, &notice->host->carriers, link)
	notify(carrier, notice->group, datagram, size);
}

static bool has_listener(const struct host *host)
{
	const struct carrier *carrier;

	TAILQ_FOREACH(carrier, &host->carriers, link)
	if (listens(carrier))
		return true;
	return false;
}

void netlink_forget_changes(struct host *host)
{
	if (!host->seen)
		return;
	inventory_close(host->seen);
	free(host->seen);
	host->seen = NULL;
}

/* From now on: what is there already is no change. */
static void watch_changes(struct host *host)
{
	if (host->seen)
		return;
	host->seen = malloc(sizeof *host->seen);
	if (host->seen && !inventory_take(host->seen, host->stack)) {
		free(host->seen);
		host->seen = NULL;
	}
	daemon_timer_by(host->daemon, TIMER_CHANGES, host->daemon->now + LOOK_NS);
}

static void tell_changes(struct host *host)
{
	struct notice notice = { .host = host };
	struct netlink_writer writer;
	struct inventory now;

	if (!inventory_take(&now, host->stack))
		return;
	writer.send = notify_all;
	writer.context = &notice;
	writer.port = writer.sequence = 0;
	writer.size = writer.message = 0;
	changes_tell(host->seen, &now, &writer, &notice.group);
	inventory_close(host->seen);
	*host->seen = now;
}

void netlink_changes_due(struct daemon *daemon)
{
	struct host *host;

	TAILQ_FOREACH(host, &daemon->hosts, link)
	{
		if (!host->seen)
			continue;
		if (!has_listener(host)) {
			netlink_forget_changes(host);
			continue;
		}
		tell_changes(host);
		daemon_timer_by(daemon, TIMER_CHANGES, daemon->now + LOOK_NS);
	}
}

int netlink_begin_carrier(struct carrier *carrier, int kind, int protocol, uint32_t port,
			  int duplicate)
{
	struct sockaddr_un name;
	socklen_t size;

	carrier->state = CARRIER_NETLINK;
	carrier->source.ready = end_ready;
	carrier->netlink = calloc(1, sizeof *carrier->netlink);
	if (!carrier->netlink)
		return -ENOMEM;
	carrier->netlink->kind = kind;
	carrier->netlink->protocol = protocol;
	carrier->netlink->creator = port;
	carrier->netlink->send_buffer = carrier->netlink->receive_buffer = BUFFER_DEFAULT;
	carrier->netlink->peer.nl_family = AF_NETLINK;
	STAILQ_INIT(&carrier->netlink->kept);
	carrier->end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (carrier->end < 0)
		return -errno;
	int error = link_datagrams(carrier->end, duplicate, &name, &size);
	if (!error)
		error = loop_add(&carrier->host->daemon->loop, carrier->end, &carrier->source,
				 EPOLLIN);
	return error;
}

void netlink_end_carrier(struct carrier *carrier)
{
	struct netlink *netlink = carrier->netlink;

	if (!netlink)
		return;
	while (!STAILQ_EMPTY(&netlink->kept))
		drop_first(netlink);
	free(netlink);
	carrier->netlink = NULL;
}

/* Calls. */

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
		if (is_port_taken(call->carrier, address.nl_pid))
			return -EADDRINUSE;
		netlink->port = address.nl_pid;
	}
	bind_itself(call->carrier);
	netlink->groups = (netlink->groups & ~(uint64_t)UINT32_MAX) | address.nl_groups;
	if (listens(call->carrier))
		watch_changes(call->carrier->host);
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
	bind_itself(call->carrier);
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
	answer(call->carrier, call->data + before, header->size - before);
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
		bind_itself(call->carrier);
		if (header->size >= sizeof group)
			memcpy(&group, call->data, sizeof group);
		int error = change_membership(call->carrier->netlink, header->b, group);
		if (listens(call->carrier))
			watch_changes(call->carrier->host);
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
