/* ip_world: one host on a link whose other end is the test: what the host sends is kept as bytes, what it is sent is
 * written by the test, and time is a number. */
#ifndef UNIT_IP_WORLD_H
#define UNIT_IP_WORLD_H

#include "unit/check.h"

#include "ip/ip.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

#define ME        UINT32_C(0x0a4d0001) /* 10.77.0.1/16 */
#define PEER      UINT32_C(0x0a4d0002)
#define GATEWAY   UINT32_C(0x0a4d00fe)
#define STRANGER  UINT32_C(0x08080808) /* by way of the gateway */
#define SUBNET    UINT32_C(0x0a4dffff) /* the broadcast address */
#define LOCALHOST UINT32_C(0x7f000001)
#define EVERYBODY UINT32_C(0xffffffff)

enum { SPY = 253, SENT_MOST = 4096, SENT_SIZE = 1600, FRAME_MOST = 2048 };

static const struct mac my_mac = { { 2, 0, 0, 0, 0, 1 } };
static const struct mac peer_mac = { { 2, 0, 0, 0, 0, 2 } };
static const struct mac other_mac = { { 2, 0, 0, 0, 0, 3 } };
static const struct mac all_macs = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

struct sent {
	uint8_t bytes[SENT_SIZE]; /* the first of them */
	uint32_t size;
	uint16_t segment_size;
	bool checksum_left_out;
};

struct world {
	struct counted_memory memory;
	struct pool *pool;
	struct clock clock;
	struct ip ip;
	struct interface *link;
	struct sent sent[SENT_MOST];
	int sent_count;
	bool without_mld; /* of groups of IPv6 nothing that is sent is kept */
	/* the spy, a protocol above */
	int inputs, errors;
	struct ip_packet packet; /* the last; its pointers are stale */
	uint8_t payload[SENT_SIZE];
	uint32_t payload_size;
	bool checksum_left_out;
	struct ip_error error;
	uint8_t transport[64];
	bool echo_on_error; /* the spy sends again as soon as it hears of an error */
};

static inline int add_v4(struct ip *ip, int index, uint32_t v4, unsigned prefix)
{
	struct address address = address_v4(v4);
	return ip_address_add(ip, index, &address, prefix);
}

static inline int route_v4(struct ip *ip, uint32_t v4, unsigned prefix, uint32_t gateway, int index)
{
	struct address destination = address_v4(v4), by_way_of = address_v4(gateway);
	return ip_route_add(ip, &destination, prefix, &by_way_of, index);
}

static inline const struct route *route_to_v4(const struct ip *ip, uint32_t v4)
{
	struct address destination = address_v4(v4);
	return route_find(&ip->routes, &destination);
}

static inline uint32_t gateway_to_v4(const struct ip *ip, uint32_t v4)
{
	const struct address *gateway = &route_to_v4(ip, v4)->gateway;
	return address_is_any(gateway) ? 0 : address_to_v4(gateway);
}

/* Bytes of a frame, as the test writes it. */
struct made {
	uint8_t bytes[FRAME_MOST];
	uint32_t size;
};

static inline bool is_mld(const struct frame *frame)
{
	struct ethernet_header ethernet;
	enum { NEXT_HEADER_AT = 20, FIRST_OPTION_AT = 56, ROUTER_ALERT = 5 };

	return ethernet_parse(frame_head(frame), &ethernet) && ethernet.type == ETHERTYPE_IPV6 &&
	       frame->head[NEXT_HEADER_AT] == 0 && frame->head[FIRST_OPTION_AT] == ROUTER_ALERT;
}

static inline void world_transmit(void *context, struct frame *frame)
{
	struct world *world = context;
	if (world->without_mld && is_mld(frame)) {
		frame_free(frame);
		return;
	}
	assert_true(world->sent_count < SENT_MOST);
	struct sent *sent = &world->sent[world->sent_count++];
	frame_copy_out(frame, 0, sent->bytes, sizeof sent->bytes);
	sent->size = frame_size(frame);
	sent->segment_size = frame->segment_size;
	sent->checksum_left_out = frame->checksum_left_out;
	frame_free(frame);
}

static inline enum verdict world_send(struct world *world, uint32_t source, uint32_t destination)
{
	struct frame *frame = frame_new(world->pool);
	assert_non_null(frame);
	memset(frame_push(frame, 8), 0x5a, 8);
	return ip_output(&world->ip,
			 &(struct ip_send){ .source = address_v4(source),
					    .destination = address_v4(destination),
					    .protocol = SPY,
					    .dont_fragment = true },
			 frame);
}

static inline enum verdict spy_input(void *context, const struct ip_packet *packet)
{
	struct world *world = context;
	world->inputs++;
	world->packet = *packet;
	world->payload_size = frame_size(packet->frame);
	world->checksum_left_out = packet->frame->checksum_left_out;
	frame_copy_out(packet->frame, 0, world->payload, sizeof world->payload);
	return DELIVERED;
}

static inline void spy_error(void *context, const struct ip_error *error)
{
	struct world *world = context;
	world->errors++;
	world->error = *error;
	assert_true(error->transport.size >= 8 && error->transport.size <= 64);
	memcpy(world->transport, error->transport.at, error->transport.size);
	if (world->echo_on_error)
		world_send(world, address_to_v4(&error->source),
			   address_to_v4(&error->destination));
}

static inline int world_add_link(struct world *world, const char *name, struct mac mac,
				 bool checksums)
{
	return interface_add(&world->ip, &(struct interface_config){
						 .name = name,
						 .mac = mac,
						 .largest_segment = 65000,
						 .checksums = checksums,
						 .transmit = world_transmit,
						 .context = world,
					 });
}

static inline int world_begin(void **state)
{
	static struct world world;
	static const uint8_t seed[16] = { 1, 2, 3 };

	memset(&world, 0, sizeof world);
	counted_memory_init(&world.memory);
	world.pool = pool_new(&world.memory.allocator);
	clock_init(&world.clock, &world.memory.allocator, 0);
	assert_true(ip_init(&world.ip, &world.memory.allocator, world.pool, &world.clock, seed));
	ip_register(&world.ip, SPY, &(struct ip_protocol){ spy_input, spy_error, &world });
	assert_int_equal(world_add_link(&world, NULL, my_mac, true), 2);
	world.link = interface_find(&world.ip, 2);
	assert_int_equal(add_v4(&world.ip, 2, ME, 16), 0);
	assert_int_equal(route_v4(&world.ip, 0, 0, GATEWAY, 2), 0);
	world.sent_count = 0; /* the announcement */
	*state = &world;
	return 0;
}

static inline int world_end(void **state)
{
	struct world *world = *state;
	ip_close(&world->ip);
	clock_close(&world->clock);
	pool_free(world->pool);
	check_nothing_leaked(&world->memory);
	return 0;
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

/* A frame that arrives. It ends where its block does, so that reading past it is reading past what was allocated. */
static inline enum verdict world_receive(struct world *world, const uint8_t *bytes, uint32_t size)
{
	struct frame *frame = frame_with_room(world->pool, size);
	assert_non_null(frame);
	frame->head = frame->head_block->bytes + frame->head_block->room - size;
	if (size > 0)
		memcpy(frame->head, bytes, size);

	uint64_t counted[VERDICT_COUNT];
	memcpy(counted, world->ip.counts, sizeof counted);
	enum verdict verdict = ip_input(&world->ip, world->link, frame);
	assert_true(world->ip.counts[verdict] > counted[verdict]);
	return verdict;
}

static inline enum verdict world_receive_made(struct world *world, const struct made *made)
{
	return world_receive(world, made->bytes, made->size);
}

static inline struct made make_arp(struct mac destination, const struct arp_packet *arp)
{
	struct made made = { .size = ETHERNET_HEADER_SIZE + ARP_SIZE };
	struct ethernet_header ethernet = { destination, arp->sender_mac, ETHERTYPE_ARP };
	ethernet_write(made.bytes, &ethernet);
	arp_write(made.bytes + ETHERNET_HEADER_SIZE, arp);
	return made;
}

static inline enum verdict world_hear_arp(struct world *world, uint16_t operation,
					  struct mac sender_mac, uint32_t sender, uint32_t target)
{
	bool reply = operation == ARP_REPLY;
	struct made made =
		make_arp(reply ? my_mac : all_macs,
			 &(struct arp_packet){ operation, sender_mac, sender,
					       reply ? my_mac : (struct mac){ { 0 } }, target });
	return world_receive_made(world, &made);
}

/* After what was written into the header has changed. */
static inline void finish_ipv4(struct made *made)
{
	uint8_t *ip = made->bytes + ETHERNET_HEADER_SIZE;
	struct checksum checksum = { 0 };
	put16(ip + 10, 0);
	checksum_add(&checksum, (struct bytes){ ip, (size_t)(ip[0] & 0x0f) * 4 });
	put16(ip + 10, checksum_finish(&checksum));
}

/* From the peer's MAC to ours, with options (a multiple of 4) and a payload. */
static inline struct made make_ipv4_with(uint32_t source, uint32_t destination, uint8_t protocol,
					 struct bytes options, struct bytes payload)
{
	struct made made = { 0 };
	uint8_t *ip = made.bytes + ETHERNET_HEADER_SIZE;
	struct ethernet_header ethernet = { my_mac, peer_mac, ETHERTYPE_IPV4 };
	struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + options.size + payload.size),
		.ttl = 64,
		.protocol = protocol,
		.source = source,
		.destination = destination,
	};
	ethernet_write(made.bytes, &ethernet);
	ipv4_write(ip, &ipv4);
	ip[0] = (uint8_t)(4 << 4 | (IPV4_HEADER_SIZE + options.size) / 4);
	if (options.size > 0)
		memcpy(ip + IPV4_HEADER_SIZE, options.at, options.size);
	if (payload.size > 0)
		memcpy(ip + IPV4_HEADER_SIZE + options.size, payload.at, payload.size);
	made.size = ETHERNET_HEADER_SIZE + ipv4.total_size;
	finish_ipv4(&made);
	return made;
}

static inline struct made make_ipv4(uint32_t source, uint32_t destination, uint8_t protocol,
				    struct bytes payload)
{
	return make_ipv4_with(source, destination, protocol, (struct bytes){ NULL, 0 }, payload);
}

/* Eight bytes for the spy. */
static inline struct made make_spy(uint32_t source, uint32_t destination)
{
	static const uint8_t payload[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	return make_ipv4(source, destination, SPY, (struct bytes){ payload, sizeof payload });
}

static inline void world_advance(struct world *world, uint64_t now)
{
	clock_advance(&world->clock, now);
}

/* The peer answers for its address, and what was sent until then is forgotten. */
static inline void world_meet(struct world *world, uint32_t neighbour)
{
	world_send(world, 0, neighbour);
	assert_int_equal(world_hear_arp(world, ARP_REPLY, peer_mac, neighbour, ME), DELIVERED);
	world->sent_count = 0;
}

static inline struct ethernet_header sent_ethernet(const struct world *world, int index)
{
	struct ethernet_header ethernet;
	assert_true(index < world->sent_count);
	assert_true(
		ethernet_parse((struct bytes){ world->sent[index].bytes, SENT_SIZE }, &ethernet));
	assert_true(mac_equal(&ethernet.source, &my_mac));
	return ethernet;
}

static inline struct arp_packet sent_arp(const struct world *world, int index)
{
	struct arp_packet arp;
	assert_int_equal(sent_ethernet(world, index).type, ETHERTYPE_ARP);
	assert_int_equal(world->sent[index].size, ETHERNET_HEADER_SIZE + ARP_SIZE);
	assert_true(arp_parse(
		(struct bytes){ world->sent[index].bytes + ETHERNET_HEADER_SIZE, ARP_SIZE }, &arp));
	return arp;
}

static inline struct ipv4_header sent_ipv4(const struct world *world, int index)
{
	struct ipv4_header ipv4;
	const struct sent *sent = &world->sent[index];
	assert_int_equal(sent_ethernet(world, index).type, ETHERTYPE_IPV4);
	struct bytes packet = { sent->bytes + ETHERNET_HEADER_SIZE,
				SENT_SIZE - ETHERNET_HEADER_SIZE };
	assert_true(ipv4_parse(packet, sent->size - ETHERNET_HEADER_SIZE, &ipv4));
	assert_true(ipv4_checksum_holds((struct bytes){ packet.at, ipv4.header_size }));
	return ipv4;
}

#endif
