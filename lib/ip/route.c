#include "ip/route.h"

#include <errno.h>

enum { FIRST_ROOM = 8 };

void routes_init(struct routes *routes, const struct berth_allocator *allocator)
{
	*routes = (struct routes){ .allocator = allocator };
}

void routes_close(struct routes *routes)
{
	memory_give(routes->allocator, routes->at, routes->room * sizeof *routes->at);
	routes_init(routes, routes->allocator);
}

static bool grow(struct routes *routes)
{
	uint32_t room = routes->room ? routes->room * 2 : FIRST_ROOM;
	if (room > ROUTES_MOST)
		return false;
	struct route *at = memory_take_raw(routes->allocator, room * sizeof *at);
	if (!at)
		return false;
	if (routes->count > 0)
		memcpy(at, routes->at, routes->count * sizeof *at);
	memory_give(routes->allocator, routes->at, routes->room * sizeof *at);
	routes->at = at;
	routes->room = room;
	return true;
}

static bool same_subnet(const struct route *a, const struct route *b)
{
	return a->prefix == b->prefix && address_equal(&a->destination, &b->destination);
}

static bool gives_way(const struct route *before, const struct route *after)
{
	return after->origin < before->origin ||
	       (after->origin == ROUTE_REDIRECTED && before->origin == ROUTE_REDIRECTED);
}

static void put(struct route *place, const struct route *route)
{
	*place = *route;
	place->mask = address_mask(route->prefix);
}

int route_add(struct routes *routes, const struct route *route)
{
	uint32_t place = 0;

	for (; place < routes->count && routes->at[place].prefix >= route->prefix; place++) {
		if (!same_subnet(&routes->at[place], route))
			continue;
		if (!gives_way(&routes->at[place], route))
			return -EEXIST;
		put(&routes->at[place], route);
		return 0;
	}
	if (routes->count == routes->room && !grow(routes))
		return -ENOMEM;

	memmove(&routes->at[place + 1], &routes->at[place],
		(routes->count - place) * sizeof *routes->at);
	put(&routes->at[place], route);
	routes->count++;
	return 0;
}

const struct route *route_find_by(const struct routes *routes, const struct interface *interface,
				  const struct address *destination)
{
	bool v4 = address_is_v4(destination);

	for (uint32_t place = 0; place < routes->count; place++) {
		const struct route *route = &routes->at[place];
		if (address_agrees(&route->destination, destination, &route->mask) &&
		    address_is_v4(&route->destination) == v4 &&
		    (!interface || route->interface == interface))
			return route;
	}
	return NULL;
}

const struct route *route_find(const struct routes *routes, const struct address *destination)
{
	return route_find_by(routes, NULL, destination);
}

static void remove_at(struct routes *routes, uint32_t place)
{
	routes->count--;
	memmove(&routes->at[place], &routes->at[place + 1],
		(routes->count - place) * sizeof *routes->at);
}

bool route_remove(struct routes *routes, const struct address *destination, uint8_t prefix)
{
	struct route sought = { .destination = *destination, .prefix = prefix };
	uint32_t place = 0;

	while (place < routes->count && !same_subnet(&routes->at[place], &sought))
		place++;
	if (place == routes->count)
		return false;
	remove_at(routes, place);
	return true;
}

void routes_forget_advertised(struct routes *routes)
{
	for (uint32_t place = routes->count; place-- > 0;) {
		if (routes->at[place].origin == ROUTE_ADVERTISED)
			remove_at(routes, place);
	}
}

void routes_forget_redirects(struct routes *routes, const struct interface *interface,
			     const struct address *neighbour)
{
	for (uint32_t place = routes->count; place-- > 0;) {
		const struct route *route = &routes->at[place];
		if (route->origin == ROUTE_REDIRECTED && route->interface == interface &&
		    (address_equal(&route->gateway, neighbour) ||
		     address_equal(&route->destination, neighbour)))
			remove_at(routes, place);
	}
}

/* Of one prefix the oldest is first. */
void routes_bound_redirects(struct routes *routes, uint32_t most)
{
	uint32_t count = 0;

	for (uint32_t place = routes->count; place-- > 0;) {
		if (routes->at[place].origin == ROUTE_REDIRECTED && ++count > most)
			remove_at(routes, place);
	}
}

void routes_forget(struct routes *routes, const struct interface *interface)
{
	uint32_t kept = 0;

	for (uint32_t place = 0; place < routes->count; place++) {
		if (routes->at[place].interface != interface)
			routes->at[kept++] = routes->at[place];
	}
	routes->count = kept;
}
