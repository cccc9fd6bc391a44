/* neighbour: the link address of whoever is next on the way, found by asking and kept while it proves right (RFC 1122,
 * 2.3.2; the states are those of RFC 4861, 7.3, which Linux uses for ARP too).
 *
 *   INCOMPLETE  asked, not answered; packets wait. Three requests, a second apart, then it is given up.
 *   REACHABLE   known to work, for about 30 seconds since it was last confirmed. No timer: looked at when used.
 *   STALE       known, and perhaps out of date. The first packet sent there makes it
 *   DELAY       used in the hope that a protocol confirms it within 5 seconds; else
 *   PROBE       used, and asked for by unicast; given up as INCOMPLETE is, but of IPv6 it becomes
 *   UNREACHABLE used, though another router would be better, and asked for by multicast, less and less often (RFC 7048), as
 *               long as it is used.
 *
 * An entry given up is removed, so that the next packet starts afresh. The cache is bounded: the oldest that was not used
 * since it was last looked at makes place. Those that are only asked for have a bound of their own, so that a scan of a
 * subnet pushes out nobody who is there (RFC 6583, 7.1). How a family asks is its own business (arp.h, ndp.h). */
#ifndef IP_NEIGHBOUR_H
#define IP_NEIGHBOUR_H

#include "base/clock.h"
#include "base/frame.h"
#include "base/random.h"
#include "base/table.h"
#include "base/verdict.h"
#include "ip/interface.h"
#include "wire/address.h"

enum {
	/* Linux's gc_thresh3 is 1,024, of one family on all of a machine's links. A LAN has up to 10,000 hosts here, each with
	 * an address of either family, and a gateway or a server may know most of them. */
	NEIGHBOURS_MOST = 20480,
	NEIGHBOURS_ASKED_MOST = 1024, /* of which INCOMPLETE: a scan's worth */
	NEIGHBOUR_REQUESTS = 3,       /* mcast_solicit and ucast_solicit */
	NEIGHBOUR_BACKOFF = 3,        /* BACKOFF_MULTIPLE (RFC 7048, 5) */
	NEIGHBOUR_QUEUE_PACKETS =
		64, /* waiting for one neighbour: an initial window and then some */
	NEIGHBOUR_QUEUE_BYTES = 212992, /* unres_qlen_bytes */
	NEIGHBOUR_HASH_KEYS = 5,        /* an address's four words, and the interface */
};
#define NEIGHBOUR_RETRY_NS      SECOND
#define NEIGHBOUR_RETRY_MOST_NS (60 * SECOND) /* MAX_RETRANS_TIMER (RFC 7048, 5) */
#define NEIGHBOUR_DELAY_NS      (5 * SECOND)
#define NEIGHBOUR_REACHABLE_NS  (30 * SECOND) /* times 0.5 to 1.5 (RFC 4861, 6.3.2) */
#define NEIGHBOUR_LOCK_NS       SECOND /* a link address just learned is not replaced: locktime */

enum neighbour_state {
	NEIGHBOUR_INCOMPLETE,
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,
	NEIGHBOUR_DELAY,
	NEIGHBOUR_PROBE,
	NEIGHBOUR_UNREACHABLE,
};

struct neighbour {
	struct table_node node;
	struct list age;
	struct list asked;  /* in neighbours->asked, while INCOMPLETE */
	struct alarm alarm; /* the next request */
	struct ip *ip;
	struct interface *interface;
	struct address address;
	struct mac mac;
	enum neighbour_state state;
	bool used;   /* since it was last passed over for removal, or asked for as UNREACHABLE */
	bool router; /* it says so (RFC 4861, 7.2.5: IsRouter) */
	uint8_t requests;
	uint64_t reachable_until;
	uint64_t reachable_ns; /* what a confirmation adds */
	uint64_t learned;      /* when mac was */
	struct list waiting;   /* packets, the IP header at head */
	uint32_t waiting_count;
	uint32_t waiting_size;
};

struct neighbours {
	struct table table;
	struct list ages;  /* the oldest first */
	struct list asked; /* of those, the INCOMPLETE */
	uint32_t asked_count;
	uint64_t hash_keys[NEIGHBOUR_HASH_KEYS];
};

/* False: no memory. */
bool neighbours_init(struct neighbours *neighbours, const struct berth_allocator *allocator,
		     struct random *random);
void neighbours_close(struct ip *ip);
/* Drops those on this interface. */
void neighbours_forget(struct ip *ip, const struct interface *interface);

/* Sends a packet (head at its IP header) to a neighbour; takes it. DELIVERED, QUEUED or DROP_MEMORY. */
enum verdict neighbour_output(struct ip *ip, struct interface *interface,
			      const struct address *address, struct frame *packet);

struct neighbour *neighbour_find(struct ip *ip, const struct interface *interface,
				 const struct address *address);

/* Forward progress: what was sent there has arrived (RFC 4861, 7.3.1). */
void neighbour_confirm(struct neighbour *neighbour);

/* It answered a request of ours. False: none was asked. */
bool neighbour_answered(struct neighbour *neighbour, const struct mac *mac);

/* What an advertisement says of a neighbour (RFC 4861, 4.4). */
struct neighbour_advertisement {
	const struct mac *mac; /* NULL: not said */
	bool router, solicited, override;
};

/* It advertised itself (RFC 4861, 7.2.5). False: it was asked for its link address, and does not say it. */
bool neighbour_advertised(struct neighbour *neighbour,
			  const struct neighbour_advertisement *advertisement);

/* It said its link address unasked: believed, but not proven to work. */
void neighbour_heard(struct neighbour *neighbour, const struct mac *mac);

/* As neighbour_heard, of one perhaps unknown until now. */
void neighbour_learn(struct ip *ip, struct interface *interface, const struct address *address,
		     const struct mac *mac);

#endif
