/* router: which offers the routers of a link offer: as default routers (RFC 4861, 6.3.4), to prefixes behind them (RFC 4191),
 * to prefixes on the link itself, and by redirects (8.3).
 *
 * All that is offered is kept, bounded, until its lifetime ends. Of those that lead to one prefix the best is among the
 * host's routes: the link itself, a router that answers, the one preferred, the one heard first (RFC 4191, 3.2). When none
 * answers they are tried in turn (RFC 4861, 6.3.6). A route that the host was given wins over any of these. */
#ifndef IP_ROUTER_H
#define IP_ROUTER_H

#include "ip/route.h"
#include "wire/ndp.h"

struct ip;

enum {
	/* Of one link, so that who floods it with one kind leaves room for the others. */
	OFFERS_DEFAULT_MOST = 16,
	OFFERS_ON_LINK_MOST = 16,
	OFFERS_FURTHER_MOST = 32,
	OFFERS_MOST = OFFERS_DEFAULT_MOST + OFFERS_ON_LINK_MOST + OFFERS_FURTHER_MOST,
	REDIRECTS_MOST = 64, /* a host's */
};

/* One way offered. */
struct offer {
	struct address destination; /* with zeros behind its prefix */
	uint8_t prefix;
	struct address router; /* any: the link itself */
	enum ndp_preference preference;
	uint64_t until;
	bool suspect; /* the router did not answer when it was asked for last */
};

struct offers {
	uint32_t count;
	struct offer at[OFFERS_MOST];
};

/* A router offers a way, again or anew; until now or earlier: no more. Ignored where there are too many. */
void router_offers(struct ip *ip, struct interface *interface, const struct offer *offer);

/* A host is a router no more, by its own word (RFC 4861, 7.2.5). */
void router_retires(struct ip *ip, struct interface *interface, const struct address *router);

/* A neighbour, perhaps a router, does not answer; or does again. */
void router_fails(struct ip *ip, struct interface *interface, const struct address *neighbour);
void router_answers(struct ip *ip, struct interface *interface, const struct address *neighbour);

/* Drops what has ended by now; returns when the next does. */
uint64_t router_run(struct ip *ip, struct interface *interface);

/* What an interface was offered has gone with it. */
void router_forget(struct ip *ip);

/* A redirect that was judged in itself, from source: believed of who is on the way there now (RFC 4861, 8.1). */
bool router_redirects(struct ip *ip, struct interface *interface, const struct address *source,
		      const struct ndp_message *redirect);

#endif
