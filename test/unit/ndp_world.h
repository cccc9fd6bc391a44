/* ndp_world: ip6_world's host, and the messages of neighbour discovery written and read. */
#ifndef UNIT_NDP_WORLD_H
#define UNIT_NDP_WORLD_H

#include "unit/ip6_world.h"

#include "ip/ndp.h"

static const struct mac all_nodes_mac = { { 0x33, 0x33, 0, 0, 0, 1 } };

/* A message with these options behind its own, from a neighbour, or anybody who says so: its hop limit is 255. */
static inline struct made make_ndp_with(const struct address *source,
					const struct address *destination,
					const struct ndp_message *message, struct bytes options)
{
	uint8_t bytes[NDP_MOST + 1024];
	size_t size = ndp_write(bytes, message);

	assert_true(options.size <= 1024);
	if (options.size > 0)
		memcpy(bytes + size, options.at, options.size);
	struct made made = make_ipv6(source, destination, PROTOCOL_ICMP6,
				     (struct bytes){ bytes, size + options.size });
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = 255;
	finish_icmp6(&made, ICMP6_AT);
	return made;
}

static inline struct made make_ndp(const struct address *source, const struct address *destination,
				   const struct ndp_message *message)
{
	return make_ndp_with(source, destination, message, (struct bytes){ NULL, 0 });
}

static inline enum verdict hear(struct world *world, const struct address *source,
				const struct address *destination,
				const struct ndp_message *message)
{
	struct made made = make_ndp(source, destination, message);
	return world_receive_made(world, &made);
}

static inline struct ndp_message solicitation(const struct address *target)
{
	return (struct ndp_message){ .type = ICMP6_NEIGHBOUR_SOLICITATION,
				     .target = *target,
				     .has_source_mac = true,
				     .source_mac = peer_mac };
}

enum { ROUTER = 1, SOLICITED = 2, OVERRIDE = 4 };

/* mac NULL: without the option. */
static inline struct ndp_message advertisement(const struct address *target, int flags,
					       const struct mac *mac)
{
	return (struct ndp_message){ .type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
				     .target = *target,
				     .router = flags & ROUTER,
				     .solicited = flags & SOLICITED,
				     .override = flags & OVERRIDE,
				     .has_target_mac = mac != NULL,
				     .target_mac = mac ? *mac : (struct mac){ { 0 } } };
}

static inline struct neighbour *neighbour_at(struct world *world, const struct address *address)
{
	struct address zoned = address_in_zone(*address, world->link->index);
	return neighbour_find(&world->ip, world->link, &zoned);
}

/* A neighbour discovery message that was sent, its hop limit 255. */
static inline struct ndp_message sent_ndp(const struct world *world, int index)
{
	struct ndp_message message;
	const struct sent *sent = &world->sent[index];

	sent_icmp6(world, index);
	CHECK_EQUAL(255, sent_ipv6(world, index).hop_limit);
	assert_true(ndp_parse((struct bytes){ sent->bytes + ICMP6_AT, sent->size - ICMP6_AT },
			      &message));
	return message;
}

static inline void check_mac(struct mac expected, struct mac actual)
{
	assert_memory_equal(expected.bytes, actual.bytes, 6);
}

#endif
