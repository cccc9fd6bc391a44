/* autoconf: what a host learns from the routers of a link, when it is told to: addresses made of their prefixes (RFC 4862),
 * routes (router.h), the MTU, times and the hop limit (RFC 4861, 6.3.4), name servers (RFC 8106).
 *
 * Routers are asked for until one that is a default router has answered, less and less often (RFC 7559). All is bounded:
 * who floods the link with advertisements fills his own room.
 *
 * Left out: DHCPv6, to which the flags M and O refer, and search lists. */
#ifndef IP_AUTOCONF_H
#define IP_AUTOCONF_H

#include "base/verdict.h"
#include "ip/router.h"

struct ip_packet;

enum {
	AUTOCONF_ADDRESSES_MOST = 16, /* of one interface, as Linux's max_addresses */
	AUTOCONF_SERVERS_MOST = 8,
};
#define AUTOCONF_SOLICIT_NS      (4 * SECOND)    /* IRT (RFC 7559, 2) */
#define AUTOCONF_SOLICIT_MOST_NS (3600 * SECOND) /* MRT */
#define AUTOCONF_TWO_HOURS_NS    (7200 * SECOND) /* RFC 4862, 5.5.3 e */

struct name_server {
	struct address address;
	uint64_t until;
};

/* An interface's. */
struct autoconf {
	uint64_t solicit_due; /* NEVER: a router has been heard */
	uint64_t interval_ns; /* between the last solicitation and the next; 0: none was sent */
	struct offers offers;
	uint32_t server_count;
	struct name_server servers[AUTOCONF_SERVERS_MOST];
};

/* -ENODEV; -EINVAL: its MTU is too small for IPv6; -EBUSY: it advertises itself; -EALREADY; -ENOMEM. */
int autoconf_begin(struct ip *ip, int index);
/* The interface goes. */
void autoconf_end(struct ip *ip, struct interface *interface);

/* A router advertisement. */
enum verdict autoconf_heard(struct ip *ip, struct interface *interface,
			    const struct address *router, const struct ndp_message *message);

/* Does what is due by now; returns when something is next. */
uint64_t autoconf_run(struct ip *ip, struct interface *interface);

#endif
