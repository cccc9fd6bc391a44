/* dad: is an address that is to be ours another's already (RFC 4862, 5.4)? It is asked for once, from nobody, after a delay
 * by chance; who hears it answered, or asked for by another, within a second, gives it up.
 *
 * What we asked ourselves and a loop in the link brought back is told by its nonce (RFC 7527), and we ask on until the
 * loop has gone. An optimistic address is used meanwhile, so that nobody else's knowledge is overwritten (RFC 4429). A
 * duplicate stays in the list, as Linux's dadfailed; made of a secret (identifier.h), it is made anew. */
#ifndef IP_DAD_H
#define IP_DAD_H

#include "ip/interface.h"
#include "wire/ndp.h"

enum {
	DAD_PROBES = 1, /* DupAddrDetectTransmits */
	DAD_PROBES_LOOPED =
		3, /* MAX_MULTICAST_SOLICIT more, and again while they come back (RFC 7527, 4.1) */
	DAD_TRIES = 3, /* IDGEN_RETRIES (RFC 7217, 6) */
};
#define DAD_DELAY_NS SECOND /* MAX_RTR_SOLICITATION_DELAY */

/* A new address; it is announced, or asked for first, as the host's configuration says. */
void dad_begin(struct ip *ip, struct interface *interface, struct interface_address *own);

/* Does what is due by now; returns when something is next. */
uint64_t dad_run(struct ip *ip, struct interface *interface, struct interface_address *own);

/* Somebody claims an address that is not yet proven ours: nonce, of a solicitation from nobody, size 0: none. Returns
 * whether we have lost it. */
bool dad_claimed(struct ip *ip, struct interface *interface, struct interface_address *own,
		 struct bytes nonce);

#endif
