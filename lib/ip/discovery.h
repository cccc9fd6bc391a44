/* discovery: what neighbour discovery does by the clock, interface by interface: duplicates of our addresses (dad.h), their
 * lifetimes, what routers are asked and say (autoconf.h), what we say as a router (advertise.h). All have one alarm, set to
 * the first thing due. */
#ifndef IP_DISCOVERY_H
#define IP_DISCOVERY_H

#include "base/clock.h"
#include "base/random.h"

#include <stdbool.h>

struct ip;

/* Whose addresses of IPv6 are looked for on the link before they are ours (RFC 4862, 5.4). Those that are given to hosts of
 * a LAN of ours cannot be another's, and a host that has just begun need not wait a second before it can speak: by default
 * only addresses made of a router's prefix are asked after, and used meanwhile (RFC 4429). */
enum detection {
	DETECT_AUTOCONFIGURED,
	DETECT_ALL,
	DETECT_ALL_OPTIMISTICALLY,
};

struct discovery {
	struct ip *ip;
	struct alarm alarm;
	enum detection detection;
	bool stable_identifiers; /* identifier.h */
	struct siphash_key secret;
};

/* False: no memory. Zeros in the configuration, and a secret of the host's seed. */
bool discovery_init(struct ip *ip);
/* Before the first interface. lineage: 16 bytes that hosts which follow each other at one place share; NULL: none. */
void discovery_configure(struct ip *ip, enum detection detection, bool stable_identifiers,
			 const uint8_t *lineage);
void discovery_close(struct ip *ip);

/* Something is due then; perhaps before what was due first until now. */
void discovery_expect(struct ip *ip, uint64_t deadline);

#endif
