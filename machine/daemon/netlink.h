/* netlink: a guest's netlink socket. Its carrier is an AF_UNIX datagram socket connected to an end of the daemon's for good,
 * as one of datagrams is (datagram.h); what arrives at the end is answered by inquiry/netlink.h, from the host's own state,
 * and the answers' origin (origin.h) says that they are the kernel's. The machine's own netlink is never asked. */
#ifndef DAEMON_NETLINK_H
#define DAEMON_NETLINK_H

#include "daemon/carrier.h"
#include "daemon/session.h"

#include <linux/netlink.h>

struct netlink_kept;

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
	STAILQ_HEAD(, netlink_kept) kept; /* what the guest has no room for yet */
	size_t kept_size;
};

/* Makes the carrier one of netlink: kind is SOCK_RAW or SOCK_DGRAM, port the number it takes when it is not told one. 0, or a
 * negative errno. duplicate stays the caller's. */
int netlink_begin_carrier(struct carrier *carrier, int kind, int protocol, uint32_t port,
			  int duplicate);

/* Tells the groups what has changed on their hosts, and looks again soon where anybody listens: the library has no event for
 * it, and a look costs microseconds. */
void netlink_changes_due(struct daemon *daemon);

/* Nobody listens on this host any more. */
void netlink_forget_changes(struct host *host);

/* Frees what only such a carrier has, if it is one. */
void netlink_end_carrier(struct carrier *carrier);

/* For netlink_calls.c: takes a number where it has none; is it another's of this host; answers a datagram; hears of changes from
 * now on, if it has joined a group. */
void netlink_bind_itself(struct carrier *carrier);
bool netlink_port_is_taken(const struct carrier *asker, uint32_t port);
void netlink_answer_guest(struct carrier *carrier, const void *request, size_t size);
void netlink_watch_changes(struct carrier *carrier);

/* A call about the carrier: calls.h. */
int netlink_call(struct call *call);

#endif
