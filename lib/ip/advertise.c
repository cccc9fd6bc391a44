#include "ip/advertise.h"

#include "base/assert.h"
#include "ip/ip.h"
#include "ip/ndp.h"
#include "wire/ipv6.h"

#include <errno.h>

enum { OPTIONS_MOST = ADVERTISED_MOST * (NDP_PREFIX_SIZE + NDP_ROUTE_MOST + 16) + 8 };

static size_t write_options(uint8_t at[OPTIONS_MOST], const struct advertisement *says)
{
	size_t size = 0;

	for (uint32_t index = 0; index < says->prefix_count; index++)
		size += ndp_write_prefix(at + size, &says->prefixes[index]);
	for (uint32_t index = 0; index < says->route_count; index++)
		size += ndp_write_route(at + size, &says->routes[index]);
	if (says->server_count > 0)
		size += ndp_write_name_servers(at + size, says->server_lifetime_s, says->servers,
					       (uint8_t)says->server_count);
	assert(size <= OPTIONS_MOST);
	return size;
}

/* RFC 4861, 6.1.2: it is from the link-local address; NULL: that is not ours, or not yet. */
static const struct address *source_of(const struct interface *interface)
{
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (address_holds_zone(&own->address) && own->state < ADDRESS_OPTIMISTIC)
			return &own->address;
	}
	return NULL;
}

static void advertise(struct ip *ip, struct interface *interface, uint16_t lifetime_s)
{
	const struct advertisement *says = &interface->advertiser->says;
	const struct address *source = source_of(interface);
	uint8_t options[OPTIONS_MOST];

	if (!source)
		return;
	ndp_send(ip,
		 &(struct ndp_sending){
			 .interface = interface,
			 .source = source,
			 .destination = &all_nodes_of_link,
			 .options = { options, write_options(options, says) },
			 .message =
				 &(struct ndp_message){
					 .type = ICMP6_ROUTER_ADVERTISEMENT,
					 .hop_limit = says->hop_limit,
					 .preference = lifetime_s ? says->preference : NDP_MEDIUM,
					 .lifetime_s = lifetime_s,
					 .mtu = says->mtu,
					 .has_source_mac = true,
					 .source_mac = interface->mac,
				 },
		 });
}

/* RFC 4861, 6.2.4: between a third of the longest interval and all of it; the first few sooner. */
static uint64_t choose_interval(struct ip *ip, const struct advertiser *advertiser)
{
	uint64_t most = advertiser->says.interval_s * SECOND;
	uint64_t least = most < 9 * SECOND ? most * 3 / 4 : most / 3;
	uint32_t range = (uint32_t)((most - least) / MICROSECOND);
	uint64_t interval = least + random_below(&ip->random, range) * MICROSECOND;

	if (advertiser->sent < ADVERTISE_INITIAL && interval > ADVERTISE_INITIAL_NS)
		return ADVERTISE_INITIAL_NS;
	return interval;
}

uint64_t advertise_run(struct ip *ip, struct interface *interface)
{
	struct advertiser *advertiser = interface->advertiser;

	if (advertiser->due > ip->clock->now)
		return advertiser->due;
	advertise(ip, interface, advertiser->says.lifetime_s);
	if (advertiser->sent < ADVERTISE_INITIAL)
		advertiser->sent++;
	advertiser->quiet_until = ip->clock->now + ADVERTISE_BETWEEN_NS;
	return advertiser->due = ip->clock->now + choose_interval(ip, advertiser);
}

enum verdict advertise_asked(struct ip *ip, struct interface *interface,
			     const struct ip_packet *packet, const struct ndp_message *message)
{
	struct advertiser *advertiser = interface->advertiser;

	if (address_is_any(&packet->source) && message->has_source_mac)
		return DROP_MALFORMED;
	if (!advertiser)
		return DROP_IGNORED;
	if (message->has_source_mac)
		neighbour_learn(ip, interface, &packet->source, &message->source_mac);
	uint64_t answer = ip->clock->now + random_below(&ip->random, (uint32_t)ADVERTISE_ANSWER_NS);
	if (answer < advertiser->quiet_until)
		answer = advertiser->quiet_until;
	if (answer < advertiser->due)
		advertiser->due = answer;
	discovery_expect(ip, advertiser->due);
	return DELIVERED;
}

static bool prefix_holds(const struct ndp_prefix *prefix)
{
	return prefix->bits <= 128 && prefix->preferred_s <= prefix->valid_s &&
	       !address_is_v4(&prefix->prefix) && !address_is_multicast(&prefix->prefix) &&
	       !address_is_link_local(&prefix->prefix);
}

/* RFC 4861, 6.2.1. */
static bool holds(const struct interface *interface, const struct advertisement *says)
{
	if (says->prefix_count > ADVERTISED_MOST || says->route_count > ADVERTISED_MOST ||
	    says->server_count > ADVERTISED_MOST)
		return false;
	if (says->interval_s < ADVERTISE_INTERVAL_LEAST_S ||
	    says->interval_s > ADVERTISE_INTERVAL_MOST_S)
		return false;
	if (says->lifetime_s > ADVERTISE_LIFETIME_MOST_S ||
	    (says->lifetime_s > 0 && says->lifetime_s < says->interval_s))
		return false;
	if (says->mtu > 0 && (says->mtu < IPV6_MTU_LEAST || says->mtu > interface->mtu))
		return false;
	for (uint32_t index = 0; index < says->prefix_count; index++) {
		if (!prefix_holds(&says->prefixes[index]))
			return false;
	}
	for (uint32_t index = 0; index < says->route_count; index++) {
		if (says->routes[index].bits > 128)
			return false;
	}
	return true;
}

/* Who asks for routers asks their group. False: no memory. */
static bool begin(struct ip *ip, struct interface *interface)
{
	interface->advertiser = memory_take(ip->allocator, sizeof *interface->advertiser);
	if (!interface->advertiser)
		return false;
	if (group_hold_quietly(ip, interface, &all_routers_of_link) == 0)
		return true;
	memory_give(ip->allocator, interface->advertiser, sizeof *interface->advertiser);
	interface->advertiser = NULL;
	return false;
}

int advertise_begin(struct ip *ip, int index, const struct advertisement *says)
{
	struct interface *interface = interface_find(ip, index);
	struct advertisement whole = *says;

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (whole.interval_s == 0)
		whole.interval_s = ADVERTISE_INTERVAL_DEFAULT_S;
	if (interface->mtu < IPV6_MTU_LEAST || !holds(interface, &whole))
		return -EINVAL;
	if (interface->autoconf)
		return -EBUSY;
	if (!interface->advertiser && !begin(ip, interface))
		return -ENOMEM;
	uint64_t quiet_until = interface->advertiser->quiet_until;
	*interface->advertiser = (struct advertiser){ .says = whole,
						      .quiet_until = quiet_until,
						      .due = ip->clock->now };
	if (interface->advertiser->due < quiet_until)
		interface->advertiser->due = quiet_until;
	discovery_expect(ip, interface->advertiser->due);
	return 0;
}

void advertise_end(struct ip *ip, struct interface *interface)
{
	if (!interface->advertiser)
		return;
	advertise(ip, interface, 0);
	group_let_go(ip, interface, &all_routers_of_link);
	memory_give(ip->allocator, interface->advertiser, sizeof *interface->advertiser);
	interface->advertiser = NULL;
}
