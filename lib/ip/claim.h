/* claim: an IPv4 address that is used only when nobody else on the link has it (RFC 5227), and one of 169.254/16 that a host
 * finds for itself (RFC 3927).
 *
 *   PROBING    three probes, one or two seconds apart, after a random wait of up to a second, and two seconds of silence
 *   HELD       an address of the interface; announced twice
 *   LOST       somebody else has it: it is no address of the interface, or no more
 *
 * Whoever else says that the address is his, or probes for it too, ends the probing. One that is held is defended, by an
 * announcement, but not twice in ten seconds: then it is given up (RFC 5227, 2.4 b). A link-local one is not lost: another
 * is probed for, and after ten conflicts one a minute. The first is made of the MAC, so that a host that comes back finds
 * its own again (RFC 3927, 2.1).
 *
 * An address given by ip_address_add is not probed for, and never given up (2.4 c), as Linux has it. Left out: resetting the
 * connections of an address that is given up. */
#ifndef IP_CLAIM_H
#define IP_CLAIM_H

#include "base/clock.h"
#include "ip/interface.h"
#include "wire/arp.h"

enum { CLAIMS_MOST = 64 }; /* a host's: they are searched one by one */

enum claim_state { CLAIM_PROBING, CLAIM_HELD, CLAIM_LOST };

struct claim {
	struct list link; /* in ip->claims */
	struct alarm alarm;
	struct ip *ip;
	struct interface *interface;
	uint32_t address;
	uint8_t prefix;
	bool link_local;
	enum claim_state state;
	uint8_t said; /* probes or announcements, of its state */
	uint32_t conflicts;
};

/* 0: probing begins, anew where the claim had been lost. -ENODEV; -EINVAL: no unicast address; -EEXIST: the host has it,
 * or claims it; -ENOMEM, also for one too many. */
int ip_address_claim(struct ip *ip, int index, uint32_t address, unsigned prefix);
/* Likewise, whichever address of 169.254/16 is found free. -EEXIST: the interface has begun already. */
int ip_link_local(struct ip *ip, int index);

/* From arp.c: is this packet a conflict with an address that is being probed for? */
bool claim_is_disputed(struct ip *ip, const struct interface *interface,
		       const struct arp_packet *arp);
/* ... and one with an address of ours, which has been defended already, is given up where it was claimed. */
void claim_yield(struct ip *ip, const struct interface *interface, uint32_t address);

void claims_forget(struct ip *ip, const struct interface *interface);
void claims_close(struct ip *ip);

#endif
