/* route: which interface, and which neighbour on it, leads to an IPv4 address (RFC 1122, 3.3.1). Kept longest prefix
 * first, so that the first that matches is the one. Addresses in host order. */
#ifndef IP_ROUTE_H
#define IP_ROUTE_H

#include "base/memory.h"
#include "ip/interface.h"

enum { ROUTES_MOST = 1024 }; /* they are searched one by one */

struct route {
	uint32_t destination;
	uint32_t mask;
	uint32_t gateway; /* 0: the destination is on the link itself */
	struct interface *interface;
};

struct routes {
	const struct berth_allocator *allocator;
	struct route *at;
	uint32_t count;
	uint32_t room;
};

void routes_init(struct routes *routes, const struct berth_allocator *allocator);
void routes_close(struct routes *routes);

/* -EEXIST: there is one to this destination and mask; -ENOMEM, also for one too many. */
int route_add(struct routes *routes, const struct route *route);

/* NULL: none. Good until the routes change. */
const struct route *route_find(const struct routes *routes, uint32_t destination);

/* Drops all that lead over this interface. */
void routes_forget(struct routes *routes, const struct interface *interface);

#endif
