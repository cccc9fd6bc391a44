/* hop: where a packet goes first: by which interface, to which neighbour or group, from which address, or back to
 * ourselves (RFC 1122, 3.3.1; RFC 4861, 5.2). */
#ifndef IP_HOP_H
#define IP_HOP_H

#include "ip/ip.h"

struct hop {
	struct interface *interface;
	struct interface *
		of; /* to ourselves: of IPv6, the one whose address it is (RFC 4007); else NULL */
	struct address next; /* the neighbour, or the group */
	struct address source;
	bool to_group;
	bool not_to_self, only_to_self; /* as struct ip_send has it */
};

/* from, any: the route's choice. interface: the index of the one to go by; 0: none is asked for. What no
 * route leads to by it is taken for on its link, if IPv4's (as Linux does). 0; -ENETUNREACH; -EINVAL: the source cannot be used, or a link-local destination
 * without a link. */
int hop_find(const struct ip *ip, int interface, const struct address *from,
	     const struct address *to, struct hop *hop);

/* Fills in the interface and the next hop alone, by the routes, over this interface (0: any); false: there is none. */
bool hop_by_route(const struct ip *ip, int interface, const struct address *destination,
		  struct hop *hop);

/* How large a packet may be to get there whole, as far as is known. */
uint32_t hop_mtu(const struct ip *ip, const struct hop *hop, const struct address *destination);

#endif
