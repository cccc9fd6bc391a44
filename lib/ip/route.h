/* route: which interface, and which neighbour on it, leads to an address of either family (RFC 1122, 3.3.1; RFC 4861,
 * 5.2). Kept longest prefix first, so that the first that matches is the one. IPv4's are mapped, so that one table has
 * both and a default route of one family is none of the other. */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "base/memory.h"
#include "ip/interface.h"

enum { ROUTES_MOST = 1024 }; /* they are searched one by one */

enum route_origin {
	ROUTE_GIVEN,
	ROUTE_REDIRECTED, /* router.h */
	ROUTE_ADVERTISED,
};

struct route {
	struct address destination;
	struct address mask;    /* filled in by route_add */
	struct address gateway; /* any: the destination is on the link itself */
	struct interface *interface;
	uint8_t prefix; /* of struct address: IPv4's is 96 more than it is called */
	enum route_origin origin;
};

struct routes {
	const struct berth_allocator *allocator;
	struct route *at;
	uint32_t count;
	uint32_t room;
};

void routes_init(struct routes *routes, const struct berth_allocator *allocator);
void routes_close(struct routes *routes);

/* What was given replaces what was heard, and a redirect an earlier one. -EEXIST: there is one to this destination and
 * prefix; -ENOMEM, also for one too many. */
int route_add(struct routes *routes, const struct route *route);

/* NULL: none. Good until the routes change. interface: the one it is to lead over; NULL: any. */
const struct route *route_find_by(const struct routes *routes, const struct interface *interface,
				  const struct address *destination);
const struct route *route_find(const struct routes *routes, const struct address *destination);

/* Drops the one to this destination and prefix. False: there is none. */
bool route_remove(struct routes *routes, const struct address *destination, uint8_t prefix);

/* Drops all that were advertised. */
void routes_forget_advertised(struct routes *routes);
/* Drops the redirects on this interface to this neighbour. */
void routes_forget_redirects(struct routes *routes, const struct interface *interface,
			     const struct address *neighbour);
/* Drops the oldest redirects but so many. */
void routes_bound_redirects(struct routes *routes, uint32_t most);

/* Drops all that lead over this interface. */
void routes_forget(struct routes *routes, const struct interface *interface);

#endif
