/* pmtu: how large a packet the path to a destination takes, where a router has said less than the first link takes (RFC 1191,
 * RFC 8201). What a protocol found true of what it had sent is believed, and forgotten after ten minutes, when the path is tried
 * again. It never says more than before, and never less than the floor that ICMP's errors are held to.
 *
 * Bounded: destinations that hash alike share a set of few places, of which the oldest is taken. There is no memory for it before
 * the first router has complained. */
#ifndef IP_PMTU_H
#define IP_PMTU_H

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "wire/address.h"

enum {
	PMTU_SETS = 256,
	PMTU_SET_PLACES = 4,
};
#define PMTU_AGE_NS (600 * SECOND) /* RFC 1191, 6.3; RFC 8201, 4; Linux's mtu_expires */

struct pmtu {
	struct address destination;
	uint64_t until; /* 0: the place is empty */
	uint16_t mtu;
};

struct pmtus {
	const struct berth_allocator *allocator;
	struct siphash_key key;
	struct pmtu *at; /* NULL: nothing has been learnt */
};

void pmtus_init(struct pmtus *pmtus, const struct berth_allocator *allocator,
		struct random *random);
void pmtus_close(struct pmtus *pmtus);

/* Without memory nothing is learnt: the next packet will be complained of, too. */
void pmtu_learn(struct pmtus *pmtus, const struct address *destination, uint16_t mtu, uint64_t now);

/* 0: nothing is known. */
uint16_t pmtu_find(const struct pmtus *pmtus, const struct address *destination, uint64_t now);

#endif
