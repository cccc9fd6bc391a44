/* neighbour: the link address of whoever is next on the way, found by asking and kept while it proves right (RFC 1122,
 * 2.3.2; the states are those of RFC 4861, 7.3, which Linux uses for ARP too).
 *
 *   INCOMPLETE  asked, not answered; packets wait. Three requests, a second apart, then it is given up.
 *   REACHABLE   known to work, for about 30 seconds since it was last confirmed. No timer: looked at when used.
 *   STALE       known, and perhaps out of date. The first packet sent there makes it
 *   DELAY       used in the hope that a protocol confirms it within 5 seconds; else
 *   PROBE       used, and asked for by unicast; given up as INCOMPLETE is.
 *
 * An entry given up is removed, so that the next packet starts afresh. The cache is bounded: the oldest that was not used
 * since it was last looked at makes place. How a family asks is its own business (arp.h). */
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
	NEIGHBOURS_MOST = 1024, /* as Linux's gc_thresh3 */
	NEIGHBOUR_REQUESTS = 3, /* mcast_solicit and ucast_solicit */
	NEIGHBOUR_QUEUE_PACKETS =
		64, /* waiting for one neighbour: an initial window and then some */
	NEIGHBOUR_QUEUE_BYTES = 212992, /* unres_qlen_bytes */
	NEIGHBOUR_HASH_KEYS = 5,        /* an address's four words, and the interface */
};
#define NEIGHBOUR_RETRY_NS     SECOND
#define NEIGHBOUR_DELAY_NS     (5 * SECOND)
#define NEIGHBOUR_REACHABLE_NS (30 * SECOND) /* times 0.5 to 1.5 (RFC 4861, 6.3.2) */
#define NEIGHBOUR_LOCK_NS      SECOND /* a link address just learned is not replaced: locktime */

enum neighbour_state {
	NEIGHBOUR_INCOMPLETE,
	NEIGHBOUR_REACHABLE,
	NEIGHBOUR_STALE,
	NEIGHBOUR_DELAY,
	NEIGHBOUR_PROBE,
};

struct neighbour {
	struct table_node node;
	struct list age;
	struct alarm alarm; /* the next request */
	struct ip *ip;
	struct interface *interface;
	struct address address;
	struct mac mac;
	enum neighbour_state state;
	bool used; /* since it was last passed over for removal */
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
	struct list ages; /* the oldest first */
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

/* It said its link address unasked: believed, but not proven to work. */
void neighbour_heard(struct neighbour *neighbour, const struct mac *mac);

/* As neighbour_heard, of one perhaps unknown until now. */
void neighbour_learn(struct ip *ip, struct interface *interface, const struct address *address,
		     const struct mac *mac);

#endif
