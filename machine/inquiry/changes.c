#include "inquiry/changes.h"

#include "inquiry/rows.h"

#include <linux/rtnetlink.h>
#include <string.h>

struct teller {
	const struct inventory *before, *now;
	struct netlink_writer *writer;
	unsigned *group;
};

static unsigned group_of(int family, unsigned v4, unsigned v6)
{
	return family == AF_INET ? v4 : v6;
}

/* Interfaces. What they have carried is no change. */

static bool is_same_interface(const struct berth_interface_info *a,
			      const struct berth_interface_info *b)
{
	return a->mtu == b->mtu && strcmp(a->name, b->name) == 0 &&
	       memcmp(a->mac, b->mac, sizeof a->mac) == 0;
}

static void tell_interface(const struct teller *teller, uint16_t type,
			   const struct berth_interface_info *interface)
{
	*teller->group = RTNLGRP_LINK;
	row_interface(teller->writer, type, 0, interface);
	netlink_flush(teller->writer);
}

static void tell_interfaces(const struct teller *teller)
{
	for (size_t i = 0; i < teller->before->interface_count; i++) {
		const struct berth_interface_info *gone = &teller->before->interfaces[i];
		if (!inventory_interface(teller->now, gone->index))
			tell_interface(teller, RTM_DELLINK, gone);
	}
	for (size_t i = 0; i < teller->now->interface_count; i++) {
		const struct berth_interface_info *here = &teller->now->interfaces[i];
		const struct berth_interface_info *was =
			inventory_interface(teller->before, here->index);
		if (!was || !is_same_interface(was, here))
			tell_interface(teller, RTM_NEWLINK, here);
	}
}

/* Addresses. */

static const struct berth_address_info *find_address(const struct inventory *inventory,
						     const struct berth_address_info *sought)
{
	for (size_t i = 0; i < inventory->address_count; i++)
		if (inventory->addresses[i].interface == sought->interface &&
		    ip_equal(&inventory->addresses[i].address, &sought->address))
			return &inventory->addresses[i];
	return NULL;
}

static void tell_address(const struct teller *teller, uint16_t type,
			 const struct inventory *inventory,
			 const struct berth_address_info *address)
{
	*teller->group =
		group_of(address->address.family, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR);
	row_address(teller->writer, type, 0, inventory, address);
	netlink_flush(teller->writer);
}

static void tell_addresses(const struct teller *teller)
{
	for (size_t i = 0; i < teller->before->address_count; i++) {
		const struct berth_address_info *gone = &teller->before->addresses[i];
		if (!find_address(teller->now, gone))
			tell_address(teller, RTM_DELADDR, teller->before, gone);
	}
	for (size_t i = 0; i < teller->now->address_count; i++) {
		const struct berth_address_info *here = &teller->now->addresses[i];
		const struct berth_address_info *was = find_address(teller->before, here);
		if (!was || was->prefix != here->prefix || was->flags != here->flags)
			tell_address(teller, RTM_NEWADDR, teller->now, here);
	}
}

/* Routes. */

static bool has_route(const struct inventory *inventory, const struct berth_route_info *sought)
{
	for (size_t i = 0; i < inventory->route_count; i++) {
		const struct berth_route_info *route = &inventory->routes[i];
		if (route->prefix == sought->prefix && route->interface == sought->interface &&
		    ip_equal(&route->destination, &sought->destination) &&
		    ip_equal(&route->gateway, &sought->gateway))
			return true;
	}
	return false;
}

static void tell_route(const struct teller *teller, uint16_t type,
		       const struct inventory *inventory, const struct berth_route_info *info)
{
	const struct route_row row = route_describe(inventory, info);

	*teller->group = group_of(row.family, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE);
	row_route(teller->writer, type, 0, &row);
	netlink_flush(teller->writer);
}

static void tell_routes(const struct teller *teller)
{
	for (size_t i = 0; i < teller->before->route_count; i++)
		if (!has_route(teller->now, &teller->before->routes[i]))
			tell_route(teller, RTM_DELROUTE, teller->before,
				   &teller->before->routes[i]);
	for (size_t i = 0; i < teller->now->route_count; i++)
		if (!has_route(teller->before, &teller->now->routes[i]))
			tell_route(teller, RTM_NEWROUTE, teller->now, &teller->now->routes[i]);
}

/* Neighbours. */

static const struct berth_neighbour_info *find_neighbour(const struct inventory *inventory,
							 const struct berth_neighbour_info *sought)
{
	for (size_t i = 0; i < inventory->neighbour_count; i++)
		if (inventory->neighbours[i].interface == sought->interface &&
		    ip_equal(&inventory->neighbours[i].address, &sought->address))
			return &inventory->neighbours[i];
	return NULL;
}

static void tell_neighbour(const struct teller *teller, uint16_t type,
			   const struct berth_neighbour_info *neighbour)
{
	*teller->group = RTNLGRP_NEIGH;
	row_neighbour(teller->writer, type, 0, neighbour);
	netlink_flush(teller->writer);
}

static void tell_neighbours(const struct teller *teller)
{
	for (size_t i = 0; i < teller->before->neighbour_count; i++) {
		const struct berth_neighbour_info *gone = &teller->before->neighbours[i];
		if (!find_neighbour(teller->now, gone))
			tell_neighbour(teller, RTM_DELNEIGH, gone);
	}
	for (size_t i = 0; i < teller->now->neighbour_count; i++) {
		const struct berth_neighbour_info *here = &teller->now->neighbours[i];
		const struct berth_neighbour_info *was = find_neighbour(teller->before, here);
		if (!was || was->state != here->state ||
		    memcmp(was->mac, here->mac, sizeof was->mac) != 0)
			tell_neighbour(teller, RTM_NEWNEIGH, here);
	}
}

void changes_tell(const struct inventory *before, const struct inventory *now,
		  struct netlink_writer *writer, unsigned *group)
{
	const struct teller teller = { before, now, writer, group };

	tell_interfaces(&teller);
	tell_addresses(&teller);
	tell_routes(&teller);
	tell_neighbours(&teller);
}
