#include "ip/autoconf.h"

#include "ip/identifier.h"
#include "ip/ip.h"
#include "ip/ndp.h"
#include "wire/ipv6.h"

#include <errno.h>

/* Bounds on what a router may say, so that no word of a stranger stops a host, or wakes it all the time. */
#define REACHABLE_MOST_NS   (3600 * SECOND) /* RFC 4861, 6.2.1 */
#define RETRANSMIT_LEAST_NS (100 * MILLISECOND)
#define RETRANSMIT_MOST_NS  (60 * SECOND)

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Asking. */

/* The link-local one, surely ours; NULL: nobody's it is then (RFC 4861, 6.3.7). */
static const struct interface_address *source_of(const struct interface *interface)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (address_holds_zone(&own->address) && own->state < ADDRESS_OPTIMISTIC)
			return own;
	}
	return NULL;
}

static void solicit(struct ip *ip, struct interface *interface)
{
	const struct interface_address *source = source_of(interface);

	ndp_send(ip, &(struct ndp_sending){
			     .interface = interface,
			     .source = source ? &source->address : NULL,
			     .destination = &all_routers_of_link,
			     .message =
				     &(struct ndp_message){
					     .type = ICMP6_ROUTER_SOLICITATION,
					     .has_source_mac = source != NULL,
					     .source_mac = interface->mac,
				     },
		     });
}

/* Give or take a tenth (RFC 7559, 2; RFC 8415, 15). */
static uint64_t about(struct ip *ip, uint64_t time)
{
	uint32_t fifth = (uint32_t)(time / 5 / MICROSECOND);
	return time - time / 10 + random_below(&ip->random, fifth) * MICROSECOND;
}

static void choose_interval(struct ip *ip, struct autoconf *autoconf)
{
	uint64_t twice = 2 * autoconf->interval_ns;

	if (twice == 0)
		autoconf->interval_ns = about(ip, AUTOCONF_SOLICIT_NS);
	else if (twice <= AUTOCONF_SOLICIT_MOST_NS)
		autoconf->interval_ns = about(ip, twice);
	else
		autoconf->interval_ns = about(ip, AUTOCONF_SOLICIT_MOST_NS);
}

static uint64_t run_solicitations(struct ip *ip, struct interface *interface)
{
	struct autoconf *autoconf = interface->autoconf;

	if (autoconf->solicit_due > ip->clock->now)
		return autoconf->solicit_due;
	solicit(ip, interface);
	choose_interval(ip, autoconf);
	return autoconf->solicit_due = ip->clock->now + autoconf->interval_ns;
}

/* Name servers. */

static void drop_server(struct autoconf *autoconf, uint32_t index)
{
	autoconf->server_count--;
	memmove(&autoconf->servers[index], &autoconf->servers[index + 1],
		(autoconf->server_count - index) * sizeof *autoconf->servers);
}

static uint64_t run_servers(struct ip *ip, struct autoconf *autoconf)
{
	uint64_t next = NEVER;

	for (uint32_t index = autoconf->server_count; index-- > 0;) {
		if (autoconf->servers[index].until <= ip->clock->now)
			drop_server(autoconf, index);
		else
			next = sooner(next, autoconf->servers[index].until);
	}
	return next;
}

/* RFC 8106, 6.1: those heard first are kept, as long as they are said. */
static void take_server(struct ip *ip, struct autoconf *autoconf, const struct name_server *said)
{
	uint32_t index = 0;

	while (index < autoconf->server_count &&
	       !address_equal(&autoconf->servers[index].address, &said->address))
		index++;
	if (index < autoconf->server_count)
		autoconf->servers[index].until = said->until;
	else if (index < AUTOCONF_SERVERS_MOST && said->until > ip->clock->now)
		autoconf->servers[autoconf->server_count++] = *said;
}

/* Addresses. */

/* A removed one's place is the next one's. */
static uint64_t run_addresses(struct ip *ip, struct interface *interface)
{
	uint64_t now = ip->clock->now, next = NEVER;

	for (uint32_t place = interface->address_count; place-- > 0;) {
		struct interface_address *own = &interface->addresses[place];
		if (own->origin != ADDRESS_AUTOCONFIGURED)
			continue;
		if (own->valid_until <= now) {
			ip_address_remove(ip, interface->index, &own->address);
			continue;
		}
		if (own->preferred_until <= now && own->state == ADDRESS_PREFERRED)
			own->state = ADDRESS_DEPRECATED;
		if (own->preferred_until > now && own->state == ADDRESS_DEPRECATED)
			own->state = ADDRESS_PREFERRED;
		if (own->preferred_until > now)
			next = sooner(next, own->preferred_until);
		next = sooner(next, own->valid_until);
	}
	return next;
}

/* One message in hand. */
struct said {
	struct ip *ip;
	struct interface *interface;
	const struct address *router;
	const struct ndp_message *message;
	uint64_t now;
};

/* All ones are for ever. */
static uint64_t end_of(const struct said *said, uint32_t seconds)
{
	return seconds == UINT32_MAX ? NEVER : said->now + seconds * SECOND;
}

/* RFC 4862, 5.5.3 e: who is not to be trusted can shorten a life to two hours at most. */
static uint64_t valid_end(const struct interface_address *own, uint64_t now, uint64_t until)
{
	uint64_t two_hours = now + AUTOCONF_TWO_HOURS_NS;

	if (until > two_hours || until > own->valid_until)
		return until;
	return own->valid_until <= two_hours ? own->valid_until : two_hours;
}

static uint32_t count_formed(const struct interface *interface)
{
	uint32_t count = 0;
	for (uint32_t place = 0; place < interface->address_count; place++)
		count += interface->addresses[place].origin == ADDRESS_AUTOCONFIGURED;
	return count;
}

static struct interface_address *find_formed(struct interface *interface,
					     const struct ndp_prefix *prefix)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		struct interface_address *own = &interface->addresses[place];
		if (own->origin == ADDRESS_AUTOCONFIGURED &&
		    address_has_prefix(&own->address, &prefix->prefix, prefix->bits))
			return own;
	}
	return NULL;
}

/* RFC 4862, 5.5.3. That an address has a prefix does not say that others with it are on the link (RFC 5942, 4). */
static void take_autonomous(const struct said *said, const struct ndp_prefix *prefix)
{
	struct interface_address *own = find_formed(said->interface, prefix);

	if (prefix->preferred_s > prefix->valid_s || prefix->bits != 128 - IDENTIFIER_BITS)
		return;
	if (own) {
		own->valid_until = valid_end(own, said->now, end_of(said, prefix->valid_s));
	} else if (prefix->valid_s > 0 && count_formed(said->interface) < AUTOCONF_ADDRESSES_MOST) {
		own = ip_address_form(said->ip, said->interface, &prefix->prefix);
		if (own)
			own->valid_until = end_of(said, prefix->valid_s);
	}
	if (!own)
		return;
	own->preferred_until = end_of(said, prefix->preferred_s);
	own->mask = address_mask(prefix->on_link ? prefix->bits : 128);
}

static void take_prefix(const struct said *said, const struct ndp_option *option)
{
	struct ndp_prefix prefix;

	if (!ndp_parse_prefix(option, &prefix) || address_is_link_local(&prefix.prefix) ||
	    address_is_multicast(&prefix.prefix))
		return;
	if (prefix.on_link)
		router_offers(said->ip, said->interface,
			      &(struct offer){
				      .destination = address_prefix(&prefix.prefix, prefix.bits),
				      .prefix = prefix.bits,
				      .until = end_of(said, prefix.valid_s),
			      });
	if (prefix.autonomous)
		take_autonomous(said, &prefix);
}

static void take_route(const struct said *said, const struct ndp_option *option)
{
	struct ndp_route route;

	if (ndp_parse_route(option, &route) && !address_is_link_local(&route.prefix) &&
	    !address_is_multicast(&route.prefix))
		router_offers(said->ip, said->interface,
			      &(struct offer){ .destination = route.prefix,
					       .prefix = route.bits,
					       .router = *said->router,
					       .preference = route.preference,
					       .until = end_of(said, route.lifetime_s) });
}

static void take_servers(const struct said *said, const struct ndp_option *option)
{
	struct ndp_name_servers servers;

	if (!ndp_parse_name_servers(option, &servers))
		return;
	for (uint8_t index = 0; index < servers.count; index++) {
		struct address address = address_v6(servers.addresses.at + 16 * index);
		struct name_server server = {
			.address = address_in_zone(address, said->interface->index),
			.until = end_of(said, servers.lifetime_s),
		};
		if (!address_is_v4(&address) && !address_is_multicast(&address) &&
		    !address_is_any(&address) && address_zone(&address) == 0)
			take_server(said->ip, said->interface->autoconf, &server);
	}
}

static void take_options(const struct said *said)
{
	struct bytes options = said->message->options;
	struct ndp_option option;

	while (ndp_take_option(&options, &option)) {
		if (option.type == NDP_PREFIX)
			take_prefix(said, &option);
		else if (option.type == NDP_ROUTE)
			take_route(said, &option);
		else if (option.type == NDP_NAME_SERVERS)
			take_servers(said, &option);
	}
}

static uint64_t within(uint64_t value, uint64_t least, uint64_t most)
{
	return value < least ? least : value < most ? value : most;
}

/* RFC 4861, 6.3.4: a zero says nothing. */
static void take_parameters(const struct said *said)
{
	struct interface *interface = said->interface;
	const struct ndp_message *message = said->message;

	if (message->hop_limit > 0)
		interface->hop_limit = message->hop_limit;
	if (message->reachable_ms > 0 && message->reachable_ms * MILLISECOND <= REACHABLE_MOST_NS)
		interface->reachable_ns = message->reachable_ms * MILLISECOND;
	if (message->retransmit_ms > 0)
		interface->retransmit_ns = within(message->retransmit_ms * MILLISECOND,
						  RETRANSMIT_LEAST_NS, RETRANSMIT_MOST_NS);
	if (message->mtu >= IPV6_MTU_LEAST && message->mtu <= interface->mtu)
		interface->mtu6 = message->mtu;
}

static void take_router(const struct said *said)
{
	const struct ndp_message *message = said->message;

	if (message->has_source_mac)
		neighbour_learn(said->ip, said->interface, said->router, &message->source_mac);
	struct neighbour *neighbour = neighbour_find(said->ip, said->interface, said->router);
	if (neighbour)
		neighbour->router = true;
	router_offers(said->ip, said->interface,
		      &(struct offer){ .router = *said->router,
				       .preference = message->preference,
				       .until = said->now + message->lifetime_s * SECOND });
	if (message->lifetime_s > 0)
		said->interface->autoconf->solicit_due = NEVER;
}

enum verdict autoconf_heard(struct ip *ip, struct interface *interface,
			    const struct address *router, const struct ndp_message *message)
{
	const struct said said = { ip, interface, router, message, ip->clock->now };

	if (!address_holds_zone(router))
		return DROP_MALFORMED;
	if (!interface->autoconf)
		return DROP_IGNORED;
	take_parameters(&said);
	take_router(&said);
	take_options(&said);
	discovery_expect(ip, said.now);
	return DELIVERED;
}

uint64_t autoconf_run(struct ip *ip, struct interface *interface)
{
	uint64_t next = run_solicitations(ip, interface);

	next = sooner(next, router_run(ip, interface));
	next = sooner(next, run_servers(ip, interface->autoconf));
	return sooner(next, run_addresses(ip, interface));
}

int autoconf_begin(struct ip *ip, int index)
{
	struct interface *interface = interface_find(ip, index);

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (interface->mtu < IPV6_MTU_LEAST)
		return -EINVAL;
	if (interface->autoconf)
		return -EALREADY;
	if (interface->advertiser)
		return -EBUSY;
	interface->autoconf = memory_take(ip->allocator, sizeof *interface->autoconf);
	if (!interface->autoconf)
		return -ENOMEM;
	/* RFC 4861, 6.3.7: after a wait, lest many that begin together ask together. */
	interface->autoconf->solicit_due =
		ip->clock->now + random_below(&ip->random, (uint32_t)SECOND);
	discovery_expect(ip, interface->autoconf->solicit_due);
	return 0;
}

void autoconf_end(struct ip *ip, struct interface *interface)
{
	if (!interface->autoconf)
		return;
	memory_give(ip->allocator, interface->autoconf, sizeof *interface->autoconf);
	interface->autoconf = NULL;
	router_forget(ip);
}
