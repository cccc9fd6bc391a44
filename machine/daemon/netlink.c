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
	PORTS_FROM = -4097, /* what Linux begins with where the process's number is taken */
	BUFFER_DEFAULT = 212992,
};

/* A datagram that the guest's queue had no room for. */
struct netlink_kept {
	STAILQ_ENTRY(netlink_kept) link;
	unsigned group;
	size_t size;
	uint8_t bytes[];
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
	struct netlink_kept *kept =
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
	struct netlink_kept *first = STAILQ_FIRST(&netlink->kept);

	STAILQ_REMOVE_HEAD(&netlink->kept, link);
	netlink->kept_size -= first->size;
	free(first);
}

static void give_kept(struct carrier *carrier)
{
	struct netlink *netlink = carrier->netlink;
	struct netlink_kept *first;

	while ((first = STAILQ_FIRST(&netlink->kept))) {
		if (!give(carrier, first->group, first->bytes, first->size))
			return;
		drop_first(netlink);
	}
	want_out(carrier, false);
}

/* From the guest. */

bool netlink_port_is_taken(const struct carrier *asker, uint32_t port)
{
	const struct carrier *other;

	TAILQ_FOREACH(other, &asker->host->carriers, link)
	if (other->netlink && other->netlink->protocol == asker->netlink->protocol &&
	    other->netlink->port == port)
		return true;
	return false;
}

void netlink_bind_itself(struct carrier *carrier)
{
	struct netlink *netlink = carrier->netlink;
	uint32_t port = netlink->creator, next = (uint32_t)PORTS_FROM;

	if (netlink->port != 0)
		return;
	while (port == 0 || netlink_port_is_taken(carrier, port))
		port = next--;
	netlink->port = port;
}

void netlink_answer_guest(struct carrier *carrier, const void *request, size_t size)
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

	netlink_bind_itself(carrier);
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
		netlink_answer_guest(carrier, scratch, (size_t)size);
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

void netlink_watch_changes(struct carrier *carrier)
{
	struct host *host = carrier->host;

	if (!listens(carrier) || host->seen)
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
