/* inventory: a host's interfaces, addresses, routes and neighbours as they are at one moment, in arrays: whoever answers
 * questions about the network looks from one to the other, and what has changed since is seen by comparing two.
 *
 * The room inquiry makes no system call: it turns what the library lists into what Linux would say, by netlink, ioctl and
 * the files of /proc/net. */
#ifndef INQUIRY_INVENTORY_H
#define INQUIRY_INVENTORY_H

#include <berth/berth.h>
#include <stdbool.h>

struct inventory {
	struct berth_interface_info *interfaces;
	struct berth_address_info *addresses;
	struct berth_route_info *routes;
	struct berth_neighbour_info *neighbours;
	size_t interface_count, address_count, route_count, neighbour_count;
};

/* False: no memory, and there is nothing to close. */
bool inventory_take(struct inventory *inventory, struct berth_host *host);
void inventory_close(struct inventory *inventory);

/* NULL: none. */
const struct berth_interface_info *inventory_interface(const struct inventory *inventory,
						       int index);
const struct berth_interface_info *inventory_interface_named(const struct inventory *inventory,
							     const char *name);

/* The first address of that family on the interface; NULL: none. */
const struct berth_address_info *inventory_address(const struct inventory *inventory, int index,
						   int family);

/* Bytes of an address of that family. */
static inline size_t ip_size(int family)
{
	return family == AF_INET ? 4 : 16;
}

bool ip_equal(const struct berth_ip *a, const struct berth_ip *b);

/* Is address within the first prefix bits of network? */
bool ip_within(const struct berth_ip *address, const struct berth_ip *network, unsigned prefix);

/* The last address of an IPv4 subnet; false: it has no broadcast address (lo, /31, /32, IPv6). */
bool inventory_broadcast(const struct inventory *inventory,
			 const struct berth_address_info *address, struct berth_ip *broadcast);

/* IFF_UP ... as in <net/if.h>. */
unsigned interface_flags(const struct berth_interface_info *interface);

#endif
