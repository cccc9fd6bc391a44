#include "ip/hop.h"

#include "base/assert.h"
#include "ip/source.h"

#include <errno.h>

struct interface *ip_interface_of(const struct ip *ip, const struct address *address)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		const struct interface_address *own =
			interface_address_find(ip->interfaces.at[place], address);
		if (own && interface_address_is_usable(own))
			return ip->interfaces.at[place];
	}
	return NULL;
}

static bool is_group(const struct address *address)
{
	return address_is_multicast(address) ||
	       (address_is_v4(address) && address_to_v4(address) == UINT32_MAX);
}

/* To ourselves. Linux speaks to itself from the address it is called by, and to all of 127/8 from 127.0.0.1; and takes
 * what goes to an IPv6 address of a link for what came by that link. */
static void hop_to_self(const struct ip *ip, const struct address *source,
			const struct address *destination, struct hop *hop)
{
	hop->interface = ip->interfaces.at[0];
	hop->of = address_is_v4(destination) ? NULL : ip_interface_of(ip, destination);
	hop->next = *destination;
	hop->to_group = false;
	if (!address_is_any(source))
		hop->source = *source;
	else if (address_is_v4(destination) && address_is_loopback(destination))
		hop->source = address_v4(LOOPBACK_V4);
	else
		hop->source = *destination;
}

/* A group that no route leads to is on the first link there is: a host need not be told, as Linux's must be. */
struct interface *ip_interface_for_group(const struct ip *ip, const struct address *destination)
{
	const struct route *route = route_find(&ip->routes, destination);
	if (route)
		return route->interface;
	return address_is_multicast(destination) && ip->interfaces.count > 1 ? ip->interfaces.at[1]
									     : NULL;
}

/* What is of 169.254/16 is on the link, whatever routes say (RFC 3927, 2.6.2). */
static bool is_on_link(const struct route *route, const struct address *destination)
{
	return address_is_any(&route->gateway) ||
	       (address_is_v4(destination) && address_is_link_local(destination));
}

bool hop_by_route(const struct ip *ip, int interface, const struct address *destination,
		  struct hop *hop)
{
	struct interface *by = interface ? interface_find(ip, interface) : NULL;
	if (interface && !by)
		return false;
	const struct route *route = route_find_by(&ip->routes, by, destination);
	if (!route) {
		hop->interface = by;
		return by && by->ethernet && address_is_v4(destination);
	}
	hop->interface = route->interface;
	hop->next = is_on_link(route, destination) ? *destination : route->gateway;
	return true;
}

/* A group is on the link asked for, else the one its sender is on. */
static struct interface *interface_to_group(const struct ip *ip, int interface,
					    const struct address *source,
					    const struct address *destination)
{
	if (interface)
		return interface_find(ip, interface);
	return address_is_any(source) ? ip_interface_for_group(ip, destination)
				      : ip_interface_of(ip, source);
}

/* Of IPv4, one of the next hop's subnet. */
static const struct address *choose_source(const struct ip *ip, const struct hop *hop,
					   const struct address *destination)
{
	return address_is_v4(destination) ? interface_source(hop->interface, &hop->next)
					  : source_select(ip, hop->interface, destination);
}

/* The way to others, whoever sends. An unbound sender to a group, and all else, go by the routes. */
static bool find_way(const struct ip *ip, int interface, const struct address *source,
		     const struct address *destination, struct hop *hop)
{
	bool group = is_group(destination);

	if (address_is_v4(destination) && address_to_v4(destination) >> 24 == 0)
		return false; /* 0/8 is no destination (RFC 1122, 3.2.1.3) */
	hop->next = *destination;
	if (group)
		hop->interface = interface_to_group(ip, interface, source, destination);
	else if (address_zone(destination))
		hop->interface = interface_find(ip, address_zone(destination));
	else if (!hop_by_route(ip, interface, destination, hop))
		return false;
	if (!hop->interface)
		return false;
	hop->to_group = group || interface_is_broadcast(hop->interface, destination);
	return true;
}

static bool hop_to_others(const struct ip *ip, int interface, const struct address *source,
			  const struct address *destination, struct hop *hop)
{
	if (!find_way(ip, interface, source, destination, hop))
		return false;
	if (address_is_any(source))
		source = choose_source(ip, hop, destination);
	if (!source)
		return false;
	hop->source = *source;
	return true;
}

/* 127/8 and ::1 leave the host for nowhere but a group on lo. */
static bool is_stuck_on_lo(int interface, const struct address *source,
			   const struct address *destination)
{
	return address_is_loopback(source) &&
	       !(interface == LOOPBACK_INDEX && address_is_multicast(destination));
}

int hop_find(const struct ip *ip, int interface, const struct address *from,
	     const struct address *to, struct hop *hop)
{
	struct address destination = *to;
	bool bound = !address_is_any(from);

	hop->of = NULL;
	if (bound && (!ip_is_own(ip, from) || address_is_v4(from) != address_is_v4(to)))
		return -EINVAL;
	if (address_holds_zone(to) && address_zone(to) == 0) {
		destination = address_in_zone(*to, interface ? interface : address_zone(from));
		if (address_zone(&destination) == 0)
			return -EINVAL;
	}
	if (ip_is_own(ip, &destination)) {
		hop_to_self(ip, from, &destination, hop);
		return 0;
	}
	if (bound && is_stuck_on_lo(interface, from, &destination))
		return -EINVAL;
	return hop_to_others(ip, interface, from, &destination, hop) ? 0 : -ENETUNREACH;
}

uint32_t hop_mtu(const struct ip *ip, const struct hop *hop, const struct address *destination)
{
	uint32_t mtu = interface_mtu_to(hop->interface, destination);

	if (!hop->interface->ethernet || hop->to_group)
		return mtu;
	uint16_t known = pmtu_find(&ip->pmtus, destination, ip->clock->now);
	return known && known < mtu ? known : mtu;
}

void ip_path_narrowed(struct ip *ip, const struct ip_error *error)
{
	assert(error->error == EMSGSIZE && error->mtu > 0);
	pmtu_learn(&ip->pmtus, &error->destination, error->mtu, ip->clock->now);
}

int ip_find_path_by(struct ip *ip, int interface, const struct address *source,
		    const struct address *destination, struct ip_path *path)
{
	bool v4 = address_is_v4(destination);
	struct address self = *source;
	struct hop hop;

	if (address_is_any(source))
		self = v4 ? address_v4(LOOPBACK_V4) : loopback_v6;
	int error = hop_find(ip, interface, source,
			     address_is_any(destination) ? &self : destination, &hop);
	if (error)
		return error;
	*path = (struct ip_path){
		.interface = hop.interface,
		.source = hop.source,
		.mtu = hop_mtu(ip, &hop, destination),
		.largest_segment = hop.interface->largest_segment,
	};
	return 0;
}

int ip_find_path(struct ip *ip, const struct address *source, const struct address *destination,
		 struct ip_path *path)
{
	return ip_find_path_by(ip, 0, source, destination, path);
}

void ip_confirm(struct ip *ip, const struct address *destination)
{
	static const struct address any;
	struct hop hop;

	if (ip_is_own(ip, destination) || !find_way(ip, 0, &any, destination, &hop) ||
	    !hop.interface->ethernet || hop.to_group)
		return;
	struct neighbour *neighbour = neighbour_find(ip, hop.interface, &hop.next);
	if (neighbour)
		neighbour_confirm(neighbour);
}
