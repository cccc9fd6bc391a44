/* address: giving a host its addresses and routes (interface.h). */
#include "ip/arp.h"
#include "ip/ip.h"

#include <errno.h>

/* Neither nobody's (0/8) nor everybody's (224/4, 255.255.255.255), nor lo's, which has its own already. */
static bool is_assignable(uint32_t address)
{
	return address >> 24 != 0 && address != UINT32_MAX && !v4_is_multicast(address) &&
	       !v4_is_loopback(address);
}

/* A /32 is alone on its subnet. A second address on the same subnet finds the route there already. */
static int add_subnet_route(struct ip *ip, struct interface *interface, uint32_t address,
			    uint32_t mask)
{
	struct route route = { address & mask, mask, 0, interface };

	if (!interface->ethernet || mask == UINT32_MAX)
		return 0;
	int error = route_add(&ip->routes, &route);
	return error == -EEXIST ? 0 : error;
}

int ip_address_add(struct ip *ip, int index, uint32_t address, unsigned prefix)
{
	struct interface *interface = interface_find(ip, index);
	struct address own = address_v4(address);

	if (!interface)
		return -ENODEV;
	if (prefix > 32 || !is_assignable(address))
		return -EINVAL;
	if (ip_is_own(ip, &own))
		return -EEXIST;
	if (interface->address_count == INTERFACE_ADDRESSES_MOST)
		return -ENOMEM;
	int error = add_subnet_route(ip, interface, address, v4_mask(prefix));
	if (error)
		return error;

	interface->addresses[interface->address_count++] =
		(struct interface_address){ .address = address, .mask = v4_mask(prefix) };
	if (interface->ethernet)
		arp_announce(ip, interface, address);
	return 0;
}

int ip_route_add(struct ip *ip, uint32_t destination, unsigned prefix, uint32_t gateway, int index)
{
	struct interface *interface = interface_find(ip, index);
	struct address by_way_of = address_v4(gateway);

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (prefix > 32 || (destination & ~v4_mask(prefix)) || ip_is_own(ip, &by_way_of))
		return -EINVAL;
	if (gateway && !interface_on_link(interface, gateway))
		return -ENETUNREACH;

	struct route route = { destination, v4_mask(prefix), gateway, interface };
	return route_add(&ip->routes, &route);
}
