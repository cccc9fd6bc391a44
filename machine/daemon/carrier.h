/* carrier: one guest's socket, a stream but where datagram.h says otherwise, seen from the daemon: a descriptor of the host's stack on one side, the kernel socket
 * in the guest's hands on the other.
 *
 * A carrier that is not connected has no other end here, and the daemon holds no duplicate of it: its last close is told
 * by a watch (watch.h). One that is connected has its end here: the pump moves bytes between the end and the stack, and a
 * hang-up is the last close (pump.h). Two things can happen to a connected one after which a last close cannot be seen:
 *
 *   - the peer's reset closes our end, for that is what the guest must see;
 *   - both directions are over, and then a hang-up says nothing.
 *
 * Such a carrier is remembered, so that SO_ERROR and the like are still answered, until it is the oldest of
 * REMEMBERED_MOST, its time is up, or its host ends. */
#ifndef DAEMON_CARRIER_H
#define DAEMON_CARRIER_H

#include "daemon/daemon.h"

#include <netinet/in.h>

struct inlet;
struct listener;
struct ring;
struct netlink;
struct resolver_stream;
struct wait;
TAILQ_HEAD(wait_list, wait);

enum carrier_state {
	CARRIER_FRESH, /* a socket and no more; bound, perhaps */
	CARRIER_LISTENING,
	CARRIER_HELD, /* connecting, and the guest waits: we hold a duplicate and have no end yet */
	CARRIER_STUFFED, /* connecting, and the guest does not wait: it may not write yet */
	CARRIER_FAILED,  /* to connect without waiting: our end is closed */
	CARRIER_CONNECTED,
	CARRIER_DATAGRAM,  /* datagram.h */
	CARRIER_RESOLVING, /* resolver_stream.h */
	CARRIER_NETLINK,   /* netlink.h: no socket of the stack's is behind it */
};

struct carrier {
	struct source source;      /* first: loop_bury */
	TAILQ_ENTRY(carrier) link; /* of its host's */
	struct host *host;
	int descriptor; /* the stack's; -1: it has none */
	enum carrier_state state;
	struct index_node by_inode;
	struct index_node by_watch;

	TAILQ_ENTRY(carrier) queue_link; /* in busy, retry or remembered: never in two */
	struct carrier_list *queue;      /* NULL: in none */
	uint64_t forget_at;

	/* Of datagrams. */
	struct inlet *inlet; /* allocated: datagram.c */
	struct ring *ring;   /* allocated: ring.c */

	/* Resolving; its end and its goal are as for what connects. */
	struct resolver_stream *resolver_stream; /* allocated: resolver_stream.c */

	/* Of netlink. */
	struct netlink *netlink; /* allocated: netlink.c */

	/* Listening. */
	struct listener *listener; /* allocated: listener.c */

	/* Connecting. */
	int held; /* the duplicate; -1 */
	uint32_t
		stuffing; /* bytes of ours in front of the guest's, so that it does not write yet */
	bool failure_told; /* connect() has said once why the last attempt failed */
	struct sockaddr_storage goal;
	struct wait_list waits;

	/* Connected, or of datagrams. */
	int end;
	struct index_node by_connection; /* not accepted yet */
	bool may_read, may_write;        /* the end's edges, as last seen */
	bool out_wanted;
	uint8_t idle_outs; /* writable edges that nobody waited for */
	bool urgent;       /* a short read may have stopped at an urgent byte */
	bool ending;       /* the edge of the stream's end has been seen, its end not read */
	bool bulk;         /* reads are large: pump.c */
	uint32_t kept;     /* bytes sent on but left unread in our end */
	bool shut_read, shut_write; /* the guest called shutdown() so */
	bool guest_ended;           /* its stream's end was read */
	bool peer_ended;            /* the peer's stream's end was written */
	bool discards;              /* what arrives, as the guest reads no more */
	bool gone;                  /* a hang-up that means the last close */
	bool reset;                 /* the guest closed with data unread */
	int error;                  /* what ended the connection; SO_ERROR */
};

/* A carrier for the stack's descriptor (-1: without one), which is its own from now on. NULL: no memory, and the descriptor is closed. */
struct carrier *carrier_new(struct host *host, int descriptor);

/* The last close: closes the stack's socket and everything here. */
void carrier_close(struct carrier *carrier);

/* Closing that descriptor of the host's stack will be a reset. */
void carrier_reset_at_close(struct host *host, int descriptor);

/* NULL: there is none. */
struct carrier *carrier_find(struct daemon *daemon, uint64_t inode);
/* A carrier that was known by it is closed: numbers are used again. */
void carrier_set_inode(struct carrier *carrier, uint64_t inode);

/* Something changed in the stack's socket, or there is more to do. */
void carrier_stir(struct carrier *carrier);

/* Into one of the daemon's queues, at its end; NULL: out of all. */
void carrier_queue(struct carrier *carrier, struct carrier_list *queue);

/* See above. forget_at LOOP_NEVER: no time is set. */
void carrier_remember(struct carrier *carrier, uint64_t forget_at);
/* Forgets those whose time is up. */
void carriers_forget_due(struct daemon *daemon);
/* Forgets those of the host. */
void carriers_forget(struct host *host);

#endif
