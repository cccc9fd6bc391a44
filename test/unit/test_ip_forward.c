/* A host that is a router between ip_world's link and another. */
#include "unit/ip6_world.h"

#include "wire/tcp.h"

#include <errno.h>

#define FAR_ME   UINT32_C(0x0a580001) /* 10.88.0.1/16 */
#define FAR_PEER UINT32_C(0x0a580002)

static const struct address far_me6 = { .bytes = { 0xfd, 0x88, [15] = 1 } };
static const struct address far_peer6 = { .bytes = { 0xfd, 0x88, [15] = 2 } };

/* What leaves by the far link is kept here; nothing else of it is used. */
static struct world far_side;

static int begin(void **state)
{
	world6_begin(state);
	struct world *world = *state;
	const struct interface_config config = {
		.mac = my_mac, .checksums = true, .transmit = world_transmit, .context = &far_side
	};
	assert_int_equal(3, interface_add(&world->ip, &config));
	assert_int_equal(0, add_v4(&world->ip, 3, FAR_ME, 16));
	assert_int_equal(0, ip_address_add(&world->ip, 3, &far_me6, 64));
	struct interface *far_link = interface_find(&world->ip, 3);
	struct address far_peer = address_v4(FAR_PEER), peer = address_v4(PEER);
	neighbour_learn(&world->ip, far_link, &far_peer, &other_mac);
	neighbour_learn(&world->ip, far_link, &far_peer6, &other_mac);
	neighbour_learn(&world->ip, world->link, &peer, &peer_mac);
	world->ip.forwarding4 = world->ip.forwarding6 = true;
	world->sent_count = far_side.sent_count = 0;
	return 0;
}

#define ROUTER_TEST(name) cmocka_unit_test_setup_teardown(name, begin, world_end)

static uint8_t *packet_in(struct made *made)
{
	return made->bytes + ETHERNET_HEADER_SIZE;
}

/* Size bytes for the spy beyond. */
static struct made make_sized(bool v6, uint32_t size)
{
	static uint8_t payload[FRAME_MOST];
	for (uint32_t at = 0; at < size; at++)
		payload[at] = (uint8_t)at;
	return v6 ? make_ipv6(&peer6, &far_peer6, SPY, (struct bytes){ payload, size })
		  : make_ipv4(PEER, FAR_PEER, SPY, (struct bytes){ payload, size });
}

static enum verdict receive_sized(struct world *world, bool v6, uint32_t size)
{
	struct made made = make_sized(v6, size);
	return world_receive_made(world, &made);
}

static struct icmp_message sent_icmp(const struct world *world, int index)
{
	struct icmp_message icmp;
	enum { AT = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE };
	const struct sent *sent = &world->sent[index];
	assert_int_equal(sent_ipv4(world, index).protocol, PROTOCOL_ICMP);
	assert_true(icmp_parse((struct bytes){ sent->bytes + AT, sent->size - AT }, &icmp));
	return icmp;
}

static void check_told(const struct world *world, bool v6, uint8_t type, uint8_t code,
		       uint32_t rest)
{
	assert_int_equal(world->sent_count, 1);
	CHECK_EQUAL(0, far_side.sent_count);
	if (v6) {
		struct icmp6_message icmp6 = sent_icmp6(world, 0);
		CHECK_EQUAL(type, icmp6.type);
		CHECK_EQUAL(code, icmp6.code);
		CHECK_EQUAL(rest, icmp6.rest);
		CHECK_ADDRESS(me6, sent_ipv6(world, 0).source);
		CHECK_ADDRESS(peer6, sent_ipv6(world, 0).destination);
	} else {
		struct icmp_message icmp = sent_icmp(world, 0);
		CHECK_EQUAL(type, icmp.type);
		CHECK_EQUAL(code, icmp.code);
		CHECK_EQUAL(rest, icmp.rest);
		CHECK_EQUAL(ME, sent_ipv4(world, 0).source);
		CHECK_EQUAL(PEER, sent_ipv4(world, 0).destination);
	}
}

/* RFC 1812, 5.3.1; RFC 1624: sent_ipv4 finds the checksum right. */
static void a_packet_goes_on_one_hop_shorter_and_else_as_it_came(void **state)
{
	struct world *world = *state;
	struct made made = make_sized(false, 100);

	packet_in(&made)[1] = 0x2d;
	put16(packet_in(&made) + 4, 0x1234);
	finish_ipv4(&made);
	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	struct ipv4_header ipv4 = sent_ipv4(&far_side, 0);
	CHECK_EQUAL(63, ipv4.ttl);
	CHECK_EQUAL(0x2d, ipv4.tos);
	CHECK_EQUAL(0x1234, ipv4.identification);
	CHECK_EQUAL(PEER, ipv4.source);
	CHECK_EQUAL(FAR_PEER, ipv4.destination);
	struct ethernet_header ethernet = sent_ethernet(&far_side, 0);
	assert_true(mac_equal(&ethernet.destination, &other_mac));
	assert_memory_equal(packet_in(&made) + 20, far_side.sent[0].bytes + 34, 100);

	made = make_sized(true, 100);
	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	CHECK_EQUAL(63, sent_ipv6(&far_side, 1).hop_limit);
	packet_in(&made)[IPV6_HOP_LIMIT_AT] = 63;
	assert_memory_equal(packet_in(&made), far_side.sent[1].bytes + 14, 140);
	CHECK_EQUAL(0, world->sent_count);
}

static void every_ttl_counts_down_with_a_right_checksum(void **state)
{
	struct world *world = *state;

	for (unsigned ttl = 2; ttl < 256; ttl++) {
		for (uint16_t identification = 0; identification < 3; identification++) {
			struct made made = make_sized(false, 8);
			packet_in(&made)[8] = (uint8_t)ttl;
			put16(packet_in(&made) + 4, (uint16_t)(identification * 0x7fff + ttl));
			finish_ipv4(&made);
			far_side.sent_count = 0;
			CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
			CHECK_EQUAL(ttl - 1, sent_ipv4(&far_side, 0).ttl);
		}
	}
}

static void a_host_that_is_no_router_passes_nothing_on(void **state)
{
	struct world *world = *state;

	world->ip.forwarding4 = world->ip.forwarding6 = false;
	CHECK_EQUAL(DROP_NOT_OURS, receive_sized(world, false, 8));
	CHECK_EQUAL(DROP_NOT_OURS, receive_sized(world, true, 8));
	CHECK_EQUAL(0, far_side.sent_count + world->sent_count);
}

/* Traceroute lives of it. */
static void a_packet_whose_life_is_over_is_answered(void **state)
{
	for (int v6 = 0; v6 < 2; v6++) {
		for (uint8_t ttl = 0; ttl < 2; ttl++) {
			struct world *world = *state;
			struct made made = make_sized(v6, 8);
			packet_in(&made)[v6 ? IPV6_HOP_LIMIT_AT : 8] = ttl;
			if (!v6)
				finish_ipv4(&made);
			world->sent_count = 0;
			CHECK_EQUAL(DROP_TTL, world_receive_made(world, &made));
			if (v6)
				check_told(world, true, ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT, 0);
			else
				check_told(world, false, ICMP_TIME_EXCEEDED, 0, 0);
		}
	}
}

static void what_has_no_route_is_answered(void **state)
{
	struct world *world = *state;
	static const struct address nowhere = { .bytes = { 0xfd, 0x99, [15] = 1 } };
	struct made made = make_spy(PEER, STRANGER);

	routes_forget(&world->ip.routes, interface_find(&world->ip, 3));
	route_remove(&world->ip.routes, &(struct address){ .bytes = { 0 } }, 0);
	struct address v4_any = address_v4(0);
	route_remove(&world->ip.routes, &v4_any, 96);
	CHECK_EQUAL(DROP_NO_ROUTE, world_receive_made(world, &made));
	check_told(world, false, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE, 0);
	world->sent_count = 0;
	made = make_spy6(&peer6, &nowhere);
	CHECK_EQUAL(DROP_NO_ROUTE, world_receive_made(world, &made));
	check_told(world, true, ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, 0);
}

static void what_has_no_neighbour_is_answered(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, FAR_PEER + 1);
	static const struct address nobody_there = { .bytes = { 0xfd, 0x88, [15] = 9 } };

	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	for (uint64_t second = 1; second <= 4; second++)
		world_advance(world, second * SECOND);
	struct icmp_message icmp = sent_icmp(world, 0);
	CHECK_EQUAL(ICMP_UNREACHABLE, icmp.type);
	CHECK_EQUAL(ICMP_HOST_UNREACHABLE, icmp.code);
	CHECK_EQUAL(0, world->errors); /* it was none of ours */
	world->sent_count = 0;
	made = make_spy6(&peer6, &nobody_there);
	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	for (uint64_t second = 5; second <= 8; second++)
		world_advance(world, second * SECOND);
	struct icmp6_message icmp6 = sent_icmp6(world, 0);
	CHECK_EQUAL(ICMP6_UNREACHABLE, icmp6.type);
	CHECK_EQUAL(ICMP6_ADDRESS_UNREACHABLE, icmp6.code);
	assert_memory_equal(packet_in(&made), icmp6.body.at, IPV6_HOP_LIMIT_AT);
	CHECK_EQUAL(0, world->errors);
}

/* Row 7; RFC 1812, 5.3.7. */
static void martians_and_what_is_for_one_link_alone_stay(void **state)
{
	struct world *world = *state;
	static const struct {
		uint32_t source, destination;
	} v4[] = {
		{ 0xa9fe0001, FAR_PEER }, { PEER, 0xa9fe0001 },     { 0xf0000001, FAR_PEER },
		{ PEER, 0xf0000001 },     { PEER, 0x00000001 },     { PEER, 0x0a58ffff },
		{ PEER, 0xe0000005 },     { PEER, EVERYBODY },      { 0x0a58ffff, FAR_PEER },
		{ 0x7f000001, FAR_PEER }, { 0xe0000001, FAR_PEER }, { ME, FAR_PEER },
		{ PEER, 0x7f000001 },     { 0, FAR_PEER },
	};
	static const struct {
		struct address source, destination;
	} v6[] = {
		{ { .bytes = { 0 } }, { .bytes = { 0xfd, 0x88, [15] = 2 } } },
		{ { .bytes = { [15] = 1 } }, { .bytes = { 0xfd, 0x88, [15] = 2 } } },
		{ { .bytes = { 0xff, 5, [15] = 1 } }, { .bytes = { 0xfd, 0x88, [15] = 2 } } },
		{ { .bytes = { 0xfd, 0x77, [15] = 2 } }, { .bytes = { 0xff, 5, [15] = 2 } } },
		{ { .bytes = { 0xfd, 0x77, [15] = 2 } }, { .bytes = { 0xfe, 0x80, [15] = 9 } } },
		{ { .bytes = { 0xfd, 0x77, [15] = 2 } }, { .bytes = { 0 } } },
	};
	for (size_t index = 0; index < COUNT_OF(v4); index++) {
		struct made made = make_spy(v4[index].source, v4[index].destination);
		assert_int_not_equal(FORWARDED, world_receive_made(world, &made));
	}
	for (size_t index = 0; index < COUNT_OF(v6); index++) {
		struct made made = make_spy6(&v6[index].source, &v6[index].destination);
		assert_int_not_equal(FORWARDED, world_receive_made(world, &made));
	}
	struct made made = make_sized(false, 8);
	memcpy(made.bytes, all_macs.bytes, 6); /* RFC 1812, 5.3.4 */
	CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &made));
	CHECK_EQUAL(0, far_side.sent_count + world->sent_count);
}

/* RFC 4443, 3.1; RFC 4007, 9. */
static void a_link_local_source_is_told_that_it_reaches_no_further(void **state)
{
	struct world *world = *state;
	struct made made = make_spy6(&peer_link_local, &far_peer6);

	CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(ICMP6_UNREACHABLE, sent_icmp6(world, 0).type);
	CHECK_EQUAL(ICMP6_BEYOND_SCOPE, sent_icmp6(world, 0).code);
	CHECK_ADDRESS(peer_link_local, sent_ipv6(world, 0).destination);
}

static void what_is_too_large_and_may_not_be_cut_is_told_the_mtu(void **state)
{
	struct world *world = *state;
	struct made made = make_sized(false, 1400);

	interface_find(&world->ip, 3)->mtu = 1300;
	packet_in(&made)[6] = 0x40;
	finish_ipv4(&made);
	CHECK_EQUAL(DROP_TOO_BIG, world_receive_made(world, &made));
	check_told(world, false, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1300);
	world->sent_count = 0;
	CHECK_EQUAL(DROP_TOO_BIG, receive_sized(world, true, 1261));
	check_told(world, true, ICMP6_PACKET_TOO_BIG, 0, 1300);
	CHECK_EQUAL(FORWARDED, receive_sized(world, true, 1260));
}

/* RFC 1812, 5.2.6; RFC 791, 3.1: a fragment is cut further, and options that are for all are in all. */
static void what_may_be_cut_is_cut(void **state)
{
	struct world *world = *state;
	static const uint8_t options[8] = { 7, 3, 4, 148, 4, 0, 0, 0 };
	static uint8_t payload[1400];
	struct made made = make_ipv4_with(PEER, FAR_PEER, SPY, (struct bytes){ options, 8 },
					  (struct bytes){ payload, sizeof payload });
	uint32_t offset = 800;

	interface_find(&world->ip, 3)->mtu = 700;
	put16(packet_in(&made) + 4, 77);
	put16(packet_in(&made) + 6, 0x2000 | 800 / 8);
	finish_ipv4(&made);
	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	CHECK_EQUAL(3, far_side.sent_count);
	for (int index = 0; index < 3; index++) {
		struct ipv4_header ipv4 = sent_ipv4(&far_side, index);
		CHECK_EQUAL(77, ipv4.identification);
		CHECK_EQUAL(offset, ipv4.fragment_offset);
		CHECK_EQUAL(63, ipv4.ttl);
		assert_true(ipv4.more_fragments && ipv4.total_size <= 700);
		CHECK_EQUAL(8, ipv4.options.size);
		assert_memory_equal(((uint8_t[]){ 1, 1, 1, 148, 4, 0, 0, 0 }), ipv4.options.at, 8);
		offset += ipv4.total_size - 28u;
	}
	CHECK_EQUAL(2200, offset);
	put16(packet_in(&made) + 6, 0);
	finish_ipv4(&made);
	far_side.sent_count = 0;
	CHECK_EQUAL(FORWARDED, world_receive_made(world, &made));
	assert_memory_equal(options, sent_ipv4(&far_side, 0).options.at, 8);
	assert_false(sent_ipv4(&far_side, 2).more_fragments);
}

/* RFC 1812, 4.3.2.7. */
static void no_error_is_told_about_a_later_fragment_or_an_error(void **state)
{
	struct world *world = *state;
	struct made made = make_sized(false, 80);
	static const uint8_t error[8] = { ICMP_UNREACHABLE };

	put16(packet_in(&made) + 6, 10);
	packet_in(&made)[8] = 1;
	finish_ipv4(&made);
	CHECK_EQUAL(DROP_TTL, world_receive_made(world, &made));
	made = make_ipv4(PEER, FAR_PEER, PROTOCOL_ICMP, (struct bytes){ error, 8 });
	packet_in(&made)[8] = 1;
	finish_ipv4(&made);
	CHECK_EQUAL(DROP_TTL, world_receive_made(world, &made));
	made = make_ipv6(&peer6, &far_peer6, PROTOCOL_ICMP6, (struct bytes){ error, 8 });
	packet_in(&made)[IPV6_HOP_LIMIT_AT] = 1;
	CHECK_EQUAL(DROP_TTL, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->sent_count);
}

/* A segment of three pieces from a host of the LAN, its checksum left out. */
static enum verdict receive_segment(struct world *world, bool v6)
{
	enum { SIZE = 3000, PIECE = 1400 };
	struct frame *frame = frame_with_room(world->pool, TCP_HEADER_SIZE + SIZE);
	struct address source = v6 ? peer6 : address_v4(PEER);
	struct address destination = v6 ? far_peer6 : address_v4(FAR_PEER);

	memset(frame->head, 3, frame->head_size);
	tcp_write(frame->head, &(struct tcp_header){ .source_port = 1,
						     .destination_port = 2,
						     .header_size = TCP_HEADER_SIZE,
						     .sequence = 1000,
						     .flags = TCP_ACK });
	frame->segment_size = PIECE;
	frame->checksum_left_out = true;
	uint16_t size = (uint16_t)frame_size(frame);
	if (v6)
		ipv6_write(frame_push(frame, IPV6_HEADER_SIZE),
			   &(struct ipv6_header){ .payload_size = size,
						  .next_header = PROTOCOL_TCP,
						  .hop_limit = 9,
						  .source = source,
						  .destination = destination });
	else
		ipv4_write(frame_push(frame, IPV4_HEADER_SIZE),
			   &(struct ipv4_header){ .total_size = (uint16_t)(IPV4_HEADER_SIZE + size),
						  .dont_fragment = true,
						  .ttl = 9,
						  .protocol = PROTOCOL_TCP,
						  .source = PEER,
						  .destination = FAR_PEER });
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE),
		       &(struct ethernet_header){ my_mac, peer_mac,
						  v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4 });
	return ip_input(&world->ip, world->link, frame);
}

static void a_large_segment_is_cut_where_the_next_link_asks_for_it(void **state)
{
	struct world *world = *state;
	struct interface *far_link = interface_find(&world->ip, 3);

	for (int v6 = 0; v6 < 2; v6++) {
		far_side.sent_count = world->sent_count = 0;
		far_link->mtu = 1500;
		far_link->largest_segment = 65000;
		far_link->checksums = false;
		CHECK_EQUAL(FORWARDED, receive_segment(world, v6));
		CHECK_EQUAL(1, far_side.sent_count);
		CHECK_EQUAL(1400, far_side.sent[0].segment_size);
		far_link->largest_segment = 0;
		far_link->checksums = true;
		CHECK_EQUAL(FORWARDED, receive_segment(world, v6));
		CHECK_EQUAL(4, far_side.sent_count);
		for (int index = 1; index < 4; index++) {
			uint32_t at = v6 ? 54 : 34;
			const uint8_t *tcp = far_side.sent[index].bytes + at;
			CHECK_EQUAL(1000 + 1400 * (index - 1), get32(tcp + 4));
			CHECK_EQUAL(at + 20 + (index < 3 ? 1400u : 200u),
				    far_side.sent[index].size);
			assert_false(far_side.sent[index].checksum_left_out);
			CHECK_EQUAL(8, v6 ? sent_ipv6(&far_side, index).hop_limit
					  : sent_ipv4(&far_side, index).ttl);
		}
		far_link->mtu = 1300;
		far_side.sent_count = 0;
		CHECK_EQUAL(DROP_TOO_BIG, receive_segment(world, v6));
		if (v6)
			check_told(world, true, ICMP6_PACKET_TOO_BIG, 0, 1300);
		else
			check_told(world, false, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1300);
	}
}

static void what_is_for_the_router_itself_is_taken_on_any_link(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, FAR_ME);

	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	made = make_spy6(&peer6, &far_me6);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_EQUAL(2, world->inputs);
}

/* RFC 4861, 4.4: neighbours are told what it is, as Linux tells them. */
static void a_router_says_so_where_it_is_asked_for(void **state)
{
	struct world *world = *state;
	uint8_t body[24] = { [16] = 1, 1, 2, 0, 0, 0, 0, 2 };

	memcpy(body, me6.bytes, 16);
	for (int router = 0; router < 2; router++) {
		struct made made = make_icmp6(&peer6, &me6, 135, 0, 0, (struct bytes){ body, 24 });
		packet_in(&made)[IPV6_HOP_LIMIT_AT] = 255;
		world->ip.forwarding6 = router;
		world->sent_count = 0;
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		CHECK_EQUAL(136, sent_icmp6(world, 0).type);
		CHECK_EQUAL(router, sent_icmp6(world, 0).rest >> 31);
	}
}

static void no_truncation_and_no_flipped_bit_breaks_a_router(void **state)
{
	struct world *world = *state;

	for (int v6 = 0; v6 < 2; v6++) {
		const struct made good = make_sized(v6, 40);
		for (uint32_t size = 0; size < good.size; size++)
			assert_int_not_equal(FORWARDED, world_receive(world, good.bytes, size));
		for (uint32_t bit = 8 * 12; bit < 8 * good.size; bit++) {
			struct made made = good;
			made.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			world_receive_made(world, &made);
			world->sent_count = far_side.sent_count = 0;
		}
	}
	for (size_t left = 0; left < 6; left++) {
		struct made made = make_sized(true, 40);
		world->memory.refusals_after = left + 2;
		world_receive_made(world, &made);
		world->memory.refusals_after = UNLIMITED;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUTER_TEST(a_packet_goes_on_one_hop_shorter_and_else_as_it_came),
		ROUTER_TEST(every_ttl_counts_down_with_a_right_checksum),
		ROUTER_TEST(a_host_that_is_no_router_passes_nothing_on),
		ROUTER_TEST(a_packet_whose_life_is_over_is_answered),
		ROUTER_TEST(what_has_no_route_is_answered),
		ROUTER_TEST(what_has_no_neighbour_is_answered),
		ROUTER_TEST(martians_and_what_is_for_one_link_alone_stay),
		ROUTER_TEST(a_link_local_source_is_told_that_it_reaches_no_further),
		ROUTER_TEST(what_is_too_large_and_may_not_be_cut_is_told_the_mtu),
		ROUTER_TEST(what_may_be_cut_is_cut),
		ROUTER_TEST(no_error_is_told_about_a_later_fragment_or_an_error),
		ROUTER_TEST(a_large_segment_is_cut_where_the_next_link_asks_for_it),
		ROUTER_TEST(what_is_for_the_router_itself_is_taken_on_any_link),
		ROUTER_TEST(a_router_says_so_where_it_is_asked_for),
		ROUTER_TEST(no_truncation_and_no_flipped_bit_breaks_a_router),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
