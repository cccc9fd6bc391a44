#include "ip/router.h"

#include "ip/autoconf.h"
#include "ip/ip.h"

static bool same_prefix(const struct offer *a, const struct offer *b)
{
	return a->prefix == b->prefix && address_equal(&a->destination, &b->destination);
}

static bool is_better(const struct offer *a, const struct offer *b)
{
	bool a_on_link = address_is_any(&a->router), b_on_link = address_is_any(&b->router);

	if (a_on_link != b_on_link)
		return a_on_link;
	if (a->suspect != b->suspect)
		return b->suspect;
	return a->preference > b->preference;
}

static struct offers *offers_of(const struct interface *interface)
{
	return interface->autoconf ? &interface->autoconf->offers : NULL;
}

static bool is_best(const struct offers *offers, const struct offer *offer)
{
	for (uint32_t index = 0; index < offers->count; index++) {
		const struct offer *other = &offers->at[index];
		if (same_prefix(other, offer) &&
		    (is_better(other, offer) || (other < offer && !is_better(offer, other))))
			return false;
	}
	return true;
}

/* What leads there already, and what finds no room, stays as it is. */
static void add_routes(struct ip *ip, struct interface *interface)
{
	const struct offers *offers = offers_of(interface);

	for (uint32_t index = 0; offers && index < offers->count; index++) {
		const struct offer *offer = &offers->at[index];
		if (is_best(offers, offer))
			route_add(&ip->routes, &(struct route){ .destination = offer->destination,
								.prefix = offer->prefix,
								.gateway = offer->router,
								.interface = interface,
								.origin = ROUTE_ADVERTISED });
	}
}

static void choose(struct ip *ip)
{
	routes_forget_advertised(&ip->routes);
	for (uint32_t place = 0; place < ip->interfaces.count; place++)
		add_routes(ip, ip->interfaces.at[place]);
}

void router_forget(struct ip *ip)
{
	choose(ip);
}

static void drop(struct offers *offers, struct offer *offer)
{
	struct offer *end = offers->at + offers->count;
	memmove(offer, offer + 1, (size_t)(end - offer - 1) * sizeof *offer);
	offers->count--;
}

static uint32_t most_like(const struct offer *offer)
{
	if (address_is_any(&offer->router))
		return OFFERS_ON_LINK_MOST;
	return offer->prefix == 0 ? OFFERS_DEFAULT_MOST : OFFERS_FURTHER_MOST;
}

static bool has_room(const struct offers *offers, const struct offer *offer)
{
	uint32_t count = 0;

	for (uint32_t index = 0; index < offers->count; index++)
		count +=
			most_like(&offers->at[index]) == most_like(offer) &&
			address_is_any(&offers->at[index].router) == address_is_any(&offer->router);
	return count < most_like(offer);
}

static struct offer *find(struct offers *offers, const struct offer *offer)
{
	for (uint32_t index = 0; index < offers->count; index++) {
		struct offer *known = &offers->at[index];
		if (same_prefix(known, offer) && address_equal(&known->router, &offer->router))
			return known;
	}
	return NULL;
}

static void withdraw(struct ip *ip, struct offers *offers, struct offer *known)
{
	if (!known)
		return;
	drop(offers, known);
	choose(ip);
}

void router_offers(struct ip *ip, struct interface *interface, const struct offer *offer)
{
	struct offers *offers = offers_of(interface);
	struct offer *known = find(offers, offer);

	if (offer->until <= ip->clock->now) {
		withdraw(ip, offers, known);
		return;
	}
	if (!known && !has_room(offers, offer))
		return;
	bool same = known && known->preference == offer->preference;
	if (!known) {
		known = &offers->at[offers->count++];
		*known = *offer;
	}
	known->until = offer->until;
	known->preference = offer->preference;
	if (!same)
		choose(ip);
}

void router_retires(struct ip *ip, struct interface *interface, const struct address *router)
{
	struct offers *offers = offers_of(interface);

	for (uint32_t index = offers ? offers->count : 0; index-- > 0;) {
		struct offer *offer = &offers->at[index];
		if (offer->prefix == 0 && address_equal(&offer->router, router))
			drop(offers, offer);
	}
	choose(ip);
}

/* RFC 4861, 6.3.6: while none answers each has its turn. */
static void suspect(struct offers *offers, const struct address *router)
{
	bool all = true;

	for (uint32_t index = 0; index < offers->count; index++) {
		struct offer *offer = &offers->at[index];
		offer->suspect |= address_equal(&offer->router, router);
		all &= offer->suspect || address_is_any(&offer->router);
	}
	for (uint32_t index = 0; all && index < offers->count; index++)
		offers->at[index].suspect = address_equal(&offers->at[index].router, router);
}

static bool is_offering(const struct offers *offers, const struct address *router)
{
	for (uint32_t index = 0; offers && index < offers->count; index++) {
		if (address_equal(&offers->at[index].router, router))
			return true;
	}
	return false;
}

void router_fails(struct ip *ip, struct interface *interface, const struct address *neighbour)
{
	routes_forget_redirects(&ip->routes, interface, neighbour);
	if (!is_offering(offers_of(interface), neighbour))
		return;
	suspect(offers_of(interface), neighbour);
	choose(ip);
}

void router_answers(struct ip *ip, struct interface *interface, const struct address *neighbour)
{
	struct offers *offers = offers_of(interface);

	if (!is_offering(offers, neighbour))
		return;
	for (uint32_t index = 0; index < offers->count; index++)
		offers->at[index].suspect &= !address_equal(&offers->at[index].router, neighbour);
	choose(ip);
}

uint64_t router_run(struct ip *ip, struct interface *interface)
{
	struct offers *offers = offers_of(interface);
	uint64_t next = NEVER;
	uint32_t before = offers->count;

	for (uint32_t index = before; index-- > 0;) {
		struct offer *offer = &offers->at[index];
		if (offer->until <= ip->clock->now)
			drop(offers, offer);
		else if (offer->until < next)
			next = offer->until;
	}
	if (offers->count < before)
		choose(ip);
	return next;
}

/* On the way to destination by this interface now. */
static bool is_first_hop(const struct ip *ip, const struct interface *interface,
			 const struct address *source, const struct address *destination)
{
	const struct route *route = route_find(&ip->routes, destination);
	return route && route->interface == interface && address_equal(&route->gateway, source);
}

bool router_redirects(struct ip *ip, struct interface *interface, const struct address *source,
		      const struct ndp_message *redirect)
{
	bool on_link = address_equal(&redirect->target, &redirect->destination);
	struct route route = { .destination = redirect->destination,
			       .prefix = 128,
			       .gateway =
				       on_link ? (struct address){ { { 0 } } } : redirect->target,
			       .interface = interface,
			       .origin = ROUTE_REDIRECTED };

	if (!is_first_hop(ip, interface, source, &redirect->destination))
		return false;
	routes_bound_redirects(&ip->routes, REDIRECTS_MOST - 1);
	return route_add(&ip->routes, &route) == 0;
}
