/* ip6_world: ip_world's host with addresses of IPv6 too. The peer's link address is known from the start. */
#ifndef UNIT_IP6_WORLD_H
#define UNIT_IP6_WORLD_H

#include "unit/ip_world.h"

#include "wire/icmp6.h"
#include "wire/ipv6_chain.h"

/* As it lies on the wire; a link-local address says no zone. */
static const struct address me6 = { .bytes = { 0xfd, 0x77, [15] = 1 } };
static const struct address peer6 = { .bytes = { 0xfd, 0x77, [15] = 2 } };
static const struct address gateway6 = { .bytes = { 0xfd, 0x77, [15] = 0xfe } };
static const struct address stranger6 = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 8 } };
static const struct address my_link_local = { .bytes = { 0xfe, 0x80, [11] = 0xff,
							 0xfe, [15] = 1 } };
static const struct address peer_link_local = { .bytes = { 0xfe, 0x80, [15] = 2 } };
static const struct address all_nodes = { .bytes = { 0xff, 2, [15] = 1 } };
static const struct address nobody6 = { .bytes = { 0 } };

static inline void world_meet6(struct world *world, const struct address *neighbour)
{
	struct address own = address_in_zone(*neighbour, world->link->index);
	neighbour_learn(&world->ip, world->link, &own, &peer_mac);
}

static inline int world6_begin(void **state)
{
	world_begin(state);
	struct world *world = *state;
	world->without_mld = true;
	world->link->queriers[GROUPS_OF_IPV6].robustness = 1; /* so that nothing is due later */
	assert_int_equal(ip_address_add(&world->ip, 2, &me6, 64), 0);
	assert_int_equal(ip_route_add(&world->ip, &nobody6, 0, &gateway6, 2), 0);
	world_meet6(world, &peer6);
	world_meet6(world, &gateway6);
	world_meet6(world, &peer_link_local);
	world->sent_count = 0;
	return 0;
}

#define WORLD6_TEST(name) cmocka_unit_test_setup_teardown(name, world6_begin, world_end)

/* From the peer's MAC to ours: the header, and behind it extension headers and payload. */
static inline struct made make_ipv6(const struct address *source, const struct address *destination,
				    uint8_t next_header, struct bytes payload)
{
	struct made made = { .size = (uint32_t)(ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE +
						payload.size) };
	struct ethernet_header ethernet = { my_mac, peer_mac, ETHERTYPE_IPV6 };
	struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)payload.size,
		.next_header = next_header,
		.hop_limit = 64,
		.source = *source,
		.destination = *destination,
	};

	if (address_is_multicast(destination))
		ethernet.destination = mac_of_group_v6(destination->bytes);
	ethernet_write(made.bytes, &ethernet);
	ipv6_write(made.bytes + ETHERNET_HEADER_SIZE, &ipv6);
	if (payload.size > 0)
		memcpy(made.bytes + ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE, payload.at,
		       payload.size);
	return made;
}

static inline struct made make_spy6(const struct address *source, const struct address *destination)
{
	static const uint8_t payload[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	return make_ipv6(source, destination, SPY, (struct bytes){ payload, sizeof payload });
}

/* The checksum of a message that lies at the end of a packet made, zero in it until now. */
static inline void finish_icmp6(struct made *made, uint32_t at)
{
	const uint8_t *ip = made->bytes + ETHERNET_HEADER_SIZE;
	struct address source = address_v6(ip + IPV6_SOURCE_AT);
	struct address destination = address_v6(ip + IPV6_DESTINATION_AT);
	struct checksum checksum = { 0 };

	put16(made->bytes + at + ICMP6_CHECKSUM_AT, 0);
	checksum_add_pseudo(&checksum, &source, &destination, PROTOCOL_ICMP6, made->size - at);
	checksum_add(&checksum, (struct bytes){ made->bytes + at, made->size - at });
	put16(made->bytes + at + ICMP6_CHECKSUM_AT, checksum_finish(&checksum));
}

enum { ICMP6_AT = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE };

static inline struct made make_icmp6(const struct address *source,
				     const struct address *destination, uint8_t type, uint8_t code,
				     uint32_t rest, struct bytes body)
{
	uint8_t message[1480];

	icmp6_write(message, type, code, rest);
	if (body.size > 0)
		memcpy(message + ICMP6_HEADER_SIZE, body.at, body.size);
	struct made made = make_ipv6(source, destination, PROTOCOL_ICMP6,
				     (struct bytes){ message, ICMP6_HEADER_SIZE + body.size });
	finish_icmp6(&made, ICMP6_AT);
	return made;
}

static inline enum verdict world_send6(struct world *world, const struct address *source,
				       const struct address *destination)
{
	struct frame *frame = frame_new(world->pool);
	assert_non_null(frame);
	memset(frame_push(frame, 8), 0x5a, 8);
	return ip_output(&world->ip,
			 &(struct ip_send){
				 .source = *source, .destination = *destination, .protocol = SPY },
			 frame);
}

static inline struct ipv6_header sent_ipv6(const struct world *world, int index)
{
	struct ipv6_header ipv6;
	const struct sent *sent = &world->sent[index];
	assert_int_equal(sent_ethernet(world, index).type, ETHERTYPE_IPV6);
	struct bytes packet = { sent->bytes + ETHERNET_HEADER_SIZE,
				SENT_SIZE - ETHERNET_HEADER_SIZE };
	assert_true(ipv6_parse(packet, sent->size - ETHERNET_HEADER_SIZE, &ipv6));
	return ipv6;
}

/* Whole, and its checksum right. */
static inline struct icmp6_message sent_icmp6(const struct world *world, int index)
{
	struct icmp6_message icmp6;
	const struct sent *sent = &world->sent[index];
	struct ipv6_header ipv6 = sent_ipv6(world, index);
	struct bytes message = { sent->bytes + ICMP6_AT, sent->size - ICMP6_AT };
	struct checksum checksum = { 0 };

	assert_int_equal(ipv6.next_header, PROTOCOL_ICMP6);
	assert_int_equal(ipv6.payload_size, message.size);
	assert_true(icmp6_parse(message, &icmp6));
	checksum_add_pseudo(&checksum, &ipv6.source, &ipv6.destination, PROTOCOL_ICMP6,
			    (uint32_t)message.size);
	checksum_add(&checksum, message);
	assert_int_equal(checksum_finish(&checksum), 0);
	return icmp6;
}

#define CHECK_ADDRESS(expected, actual) assert_memory_equal((expected).bytes, (actual).bytes, 16)

#endif
