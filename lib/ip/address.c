/* address: giving a host its addresses and routes (interface.h). */
#include "ip/arp.h"
#include "ip/dad.h"
#include "ip/identifier.h"
#include "ip/ip.h"
#include "wire/ipv6.h"

#include <errno.h>

/* Neither nobody's (0/8, ::) nor everybody's (224/4, 255.255.255.255, ff00::/8), nor lo's, which has its own already. */
bool address_is_assignable(const struct address *address)
{
	if (!address_is_v4(address))
		return !address_is_multicast(address) && !address_is_any(address) &&
		       !address_is_loopback(address);
	uint32_t v4 = address_to_v4(address);
	return v4 >> 24 != 0 && v4 != UINT32_MAX && !v4_is_multicast(v4) && !v4_is_loopback(v4);
}

/* How many bits of struct address a prefix of the address's family has; 129: too many. */
static uint8_t bits_of(const struct address *address, unsigned prefix)
{
	unsigned least = address_is_v4(address) ? 96 : 0;
	return prefix <= 128 - least ? (uint8_t)(least + prefix) : 129;
}

/* A single address is alone on its subnet, and a link-local one says its link itself. A second address on the same subnet
 * finds the route there already. */
static int add_subnet_route(struct ip *ip, struct interface *interface,
			    const struct interface_address *own)
{
	struct route route = { .destination = address_prefix(&own->address, own->prefix),
			       .prefix = own->prefix,
			       .interface = interface };

	if (!interface->ethernet || own->prefix == 128 || address_holds_zone(&own->address))
		return 0;
	int error = route_add(&ip->routes, &route);
	return error == -EEXIST ? 0 : error;
}

/* Its neighbours ask for it by a group (RFC 4861, 7.2.1). Of its address of the link a host says nothing that nobody asks. */
static int hold_group_of(struct ip *ip, struct interface *interface,
			 const struct interface_address *own)
{
	struct address group = address_solicited_node(&own->address);
	int error = own->origin == ADDRESS_OF_LINK ? group_hold_quietly(ip, interface, &group)
						   : group_hold(ip, interface, &group);
	return error ? -ENOMEM : 0;
}

/* *made, with the route to the subnet of one that is given; what routers say is on the link is theirs to say. */
static int add(struct ip *ip, struct interface *interface, const struct interface_address *made)
{
	if (ip_find_own(ip, &made->address) || ip_is_own(ip, &made->address))
		return -EEXIST;
	if (interface->address_count == INTERFACE_ADDRESSES_MOST)
		return -ENOMEM;
	int error = made->origin == ADDRESS_GIVEN ? add_subnet_route(ip, interface, made) : 0;
	if (!error && !address_is_v4(&made->address))
		error = hold_group_of(ip, interface, made);
	if (error)
		return error;
	struct interface_address *own = &interface->addresses[interface->address_count++];
	*own = *made;
	own->mask = address_mask(own->prefix);
	own->preferred_until = own->valid_until = own->probe_due = NEVER;
	if (!address_is_v4(&own->address))
		dad_begin(ip, interface, own);
	else if (interface->ethernet)
		arp_announce(ip, interface, address_to_v4(&own->address));
	return 0;
}

int ip_address_add(struct ip *ip, int index, const struct address *address, unsigned prefix)
{
	struct interface *interface = interface_find(ip, index);
	struct interface_address made = { .address = address_in_zone(*address, index),
					  .prefix = bits_of(address, prefix) };

	if (!interface)
		return -ENODEV;
	if (made.prefix > 128 || !address_is_assignable(address))
		return -EINVAL;
	if (!address_is_v4(address) && interface->mtu < IPV6_MTU_LEAST)
		return -EINVAL; /* RFC 8200, 5: no link of IPv6's */
	return add(ip, interface, &made);
}

int ip_link_local_add(struct ip *ip, struct interface *interface)
{
	struct address link = { .bytes = { 0xfe, 0x80 } };
	struct interface_address made = { .prefix = 64, .origin = ADDRESS_OF_LINK };

	link = address_in_zone(link, interface->index);
	made.address = identifier_form(ip, interface, &link, 0);
	return add(ip, interface, &made);
}

struct interface_address *ip_address_form(struct ip *ip, struct interface *interface,
					  const struct address *prefix)
{
	struct interface_address made = { .prefix = 128 - IDENTIFIER_BITS,
					  .origin = ADDRESS_AUTOCONFIGURED };

	made.address = identifier_form(ip, interface, prefix, 0);
	if (add(ip, interface, &made) != 0)
		return NULL;
	return &interface->addresses[interface->address_count - 1];
}

static bool is_on_subnet_of_another(const struct interface *interface,
				    const struct interface_address *own)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *other = &interface->addresses[place];
		if (other != own && other->prefix == own->prefix &&
		    address_agrees(&other->address, &own->address, &own->mask))
			return true;
	}
	return false;
}

int ip_address_remove(struct ip *ip, int index, const struct address *address)
{
	struct interface *interface = interface_find(ip, index);
	if (!interface || !interface->ethernet)
		return -ENODEV;
	struct address sought = address_in_zone(*address, index);
	struct interface_address *own = interface_address_find(interface, &sought);
	if (!own)
		return -EADDRNOTAVAIL;

	if (own->origin == ADDRESS_GIVEN && !is_on_subnet_of_another(interface, own)) {
		struct address subnet = address_prefix(&own->address, own->prefix);
		route_remove(&ip->routes, &subnet, own->prefix);
	}
	if (!address_is_v4(&own->address)) {
		struct address group = address_solicited_node(&own->address);
		group_let_go(ip, interface, &group);
	}
	struct interface_address *end = interface->addresses + interface->address_count;
	memmove(own, own + 1, (size_t)(end - own - 1) * sizeof *own);
	interface->address_count--;
	return 0;
}

int ip_route_add(struct ip *ip, const struct address *destination, unsigned prefix,
		 const struct address *gateway, int index)
{
	struct interface *interface = interface_find(ip, index);
	uint8_t bits = bits_of(destination, prefix);
	struct route route = { .destination = address_in_zone(*destination, index),
			       .prefix = bits,
			       .interface = interface };

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (bits > 128)
		return -EINVAL;
	struct address subnet = address_prefix(&route.destination, bits);
	if (!address_equal(&subnet, &route.destination))
		return -EINVAL;
	if (gateway && !address_is_any(gateway)) {
		route.gateway = address_in_zone(*gateway, index);
		if (address_is_v4(gateway) != address_is_v4(destination) ||
		    ip_is_own(ip, &route.gateway))
			return -EINVAL;
		if (!interface_on_link(interface, &route.gateway))
			return -ENETUNREACH;
	}
	return route_add(&ip->routes, &route);
}

int ip_route_remove(struct ip *ip, const struct address *destination, unsigned prefix, int index)
{
	uint8_t bits = bits_of(destination, prefix);
	struct address subnet = address_in_zone(*destination, index);

	if (bits > 128)
		return -EINVAL;
	return route_remove(&ip->routes, &subnet, bits) ? 0 : -ESRCH;
}
