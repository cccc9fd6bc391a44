#include "ip/ip.h"

#include "ip/claim.h"
#include "ip/group_report.h"
#include "ip/icmp.h"
#include "ip/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum { RANDOM_PURPOSE = 0x6970 }; /* "ip" */

bool ip_init(struct ip *ip, const struct berth_allocator *allocator, struct pool *pool,
	     struct clock *clock, const uint8_t seed[16])
{
	memset(ip, 0, sizeof *ip);
	ip->allocator = allocator;
	ip->pool = pool;
	ip->clock = clock;
	ip->ttl4 = ip->ttl6 = IP_TTL_DEFAULT;
	ip->echo_ignore_broadcasts = true;
	random_init(&ip->random, seed, RANDOM_PURPOSE);
	ip->identification_key = random_key(&ip->random);
	ip->flow_key = random_key(&ip->random);
	for (int index = 0; index < IP_IDENTIFICATIONS; index++)
		ip->flow_identifications[index] = (uint32_t)random_next(&ip->random);
	icmp_limit_init(&ip->icmp_limit, &ip->random);
	list_init(&ip->loopback);
	list_init(&ip->claims);
	routes_init(&ip->routes, allocator);
	pmtus_init(&ip->pmtus, allocator, &ip->random);
	ip_register(ip, PROTOCOL_ICMP, &(struct ip_protocol){ .input = icmp_input, .context = ip });
	ip_register(ip, PROTOCOL_ICMP6,
		    &(struct ip_protocol){ .input = icmp6_input, .context = ip });
	ip_register(ip, PROTOCOL_IGMP, &(struct ip_protocol){ .input = igmp_input, .context = ip });

	if (!interfaces_init(ip))
		return false;
	if (!neighbours_init(&ip->neighbours, allocator, &ip->random)) {
		interfaces_close(ip);
		return false;
	}
	if (!fragments_init(&ip->fragments, allocator, &ip->random)) {
		neighbours_close(ip);
		interfaces_close(ip);
		return false;
	}
	if (!groups_init(ip)) {
		fragments_close(ip);
		neighbours_close(ip);
		interfaces_close(ip);
		return false;
	}
	if (!discovery_init(ip)) {
		groups_close(ip);
		fragments_close(ip);
		neighbours_close(ip);
		interfaces_close(ip);
		return false;
	}
	return true;
}

static struct frame *take_loopback(struct ip *ip)
{
	struct list *first = list_take_first(&ip->loopback);
	if (!first)
		return NULL;
	ip->loopback_count--;
	return CONTAINER_OF(first, struct frame, link);
}

void ip_close(struct ip *ip)
{
	for (struct frame *frame; (frame = take_loopback(ip));)
		frame_free(frame);
	discovery_close(ip);
	claims_close(ip);
	groups_close(ip);
	fragments_close(ip);
	neighbours_close(ip);
	pmtus_close(&ip->pmtus);
	routes_close(&ip->routes);
	interfaces_close(ip);
}

void ip_register(struct ip *ip, uint8_t protocol, const struct ip_protocol *functions)
{
	ip->protocols[protocol] = *functions;
}

const struct interface_address *ip_find_own(const struct ip *ip, const struct address *address)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		const struct interface_address *own =
			interface_address_find(ip->interfaces.at[place], address);
		if (own)
			return own;
	}
	return NULL;
}

bool ip_is_own(const struct ip *ip, const struct address *address)
{
	if (address_is_v4(address) && v4_is_loopback(address_to_v4(address)))
		return true;
	const struct interface_address *own = ip_find_own(ip, address);
	return own && interface_address_is_usable(own);
}

bool ip_is_broadcast(const struct ip *ip, const struct address *address)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		if (interface_is_broadcast(ip->interfaces.at[place], address))
			return true;
	}
	return false;
}

void ip_loopback_forget(struct ip *ip, const struct interface *interface)
{
	LIST_EACH (node, &ip->loopback) {
		struct frame *frame = CONTAINER_OF(node, struct frame, link);
		if (frame->from == interface)
			frame->from = NULL;
	}
}

bool ip_loopback_run(struct ip *ip)
{
	for (uint32_t count = 0; count < IP_LOOPBACK_RUN_MOST; count++) {
		struct frame *frame = take_loopback(ip);
		if (!frame)
			return false;
		ip_loopback_input(ip, frame);
	}
	return ip->loopback_count > 0;
}
