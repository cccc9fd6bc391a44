#include "unit/ip_world.h"

#include "wire/cut.h"

#include <errno.h>

/* A packet of size bytes behind the IP header. */
static enum verdict send_sized(struct world *world, uint32_t destination, uint32_t size,
			       uint16_t segment_size)
{
	struct frame *frame = frame_new(world->pool);
	struct block *block = block_new(world->pool, size);
	memset(block->bytes, 0, size);
	frame->slices[0] = (struct slice){ block, block->bytes, size };
	frame->slice_count = 1;
	frame->payload_size = size;
	frame->segment_size = segment_size;
	return ip_output(&world->ip,
			 &(struct ip_send){ .source = address_v4(0),
					    .destination = address_v4(destination),
					    .protocol = SPY },
			 frame);
}

static int find_path(struct world *world, uint32_t from, uint32_t to, struct ip_path *path)
{
	struct address source = address_v4(from), destination = address_v4(to);
	return ip_find_path(&world->ip, &source, &destination, path);
}

static void the_header_says_what_the_protocol_asked(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);
	struct frame *frame = frame_new(world->pool);
	struct ip_send send = {
		.source = address_v4(ME),
		.destination = address_v4(PEER),
		.protocol = SPY,
		.ttl = 3,
		.tos = 0xb8,
		.dont_fragment = true,
	};

	CHECK_EQUAL(DELIVERED, ip_output(&world->ip, &send, frame));
	struct ipv4_header ipv4 = sent_ipv4(world, 0);
	CHECK_EQUAL(20, ipv4.header_size);
	CHECK_EQUAL(20, ipv4.total_size);
	CHECK_EQUAL(3, ipv4.ttl);
	CHECK_EQUAL(0xb8, ipv4.tos);
	CHECK_EQUAL(SPY, ipv4.protocol);
	CHECK_EQUAL(0, ipv4.identification);
	assert_true(ipv4.dont_fragment);
	CHECK_EQUAL(ME, ipv4.source);
	CHECK_EQUAL(PEER, ipv4.destination);
}

static void a_packet_that_says_nothing_has_ttl_64_and_the_routes_source(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	send_sized(world, PEER, 8, 0);
	struct ipv4_header ipv4 = sent_ipv4(world, 0);
	CHECK_EQUAL(64, ipv4.ttl);
	CHECK_EQUAL(ME, ipv4.source);
	assert_false(ipv4.dont_fragment);
}

/* Row 18; RFC 6864. */
static void identifications_of_packets_that_may_be_cut_do_not_repeat_or_count(void **state)
{
	struct world *world = *state;
	static bool seen[65536];
	int steps_of_one = 0, last = -2;
	world_meet(world, PEER);

	for (int count = 0; count < 4000; count++) {
		world->sent_count = 0;
		send_sized(world, PEER, 8, 0);
		int identification = sent_ipv4(world, 0).identification;
		assert_false(seen[identification]);
		seen[identification] = true;
		steps_of_one += identification == last + 1;
		last = identification;
	}
	assert_true(steps_of_one < 10);
}

static void what_is_not_on_the_link_goes_by_the_gateway(void **state)
{
	struct world *world = *state;
	struct ip_path path;
	world_meet(world, GATEWAY);

	CHECK_EQUAL(DELIVERED, world_send(world, 0, STRANGER));
	CHECK_EQUAL(STRANGER, sent_ipv4(world, 0).destination);
	CHECK_EQUAL(0, find_path(world, 0, STRANGER, &path));
	assert_ptr_equal(world->link, path.interface);
	CHECK_EQUAL(ME, address_to_v4(&path.source));
	CHECK_EQUAL(1500, path.mtu);
	CHECK_EQUAL(65000, path.largest_segment);
}

static void the_longest_prefix_wins(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(0, route_v4(&world->ip, 0x08080000, 16, PEER, 2));
	CHECK_EQUAL(0, route_v4(&world->ip, STRANGER, 32, PEER + 1, 2));
	CHECK_EQUAL(0, route_v4(&world->ip, 0x08000000, 8, PEER + 2, 2));
	CHECK_EQUAL(PEER + 1, gateway_to_v4(&world->ip, STRANGER));
	CHECK_EQUAL(PEER, gateway_to_v4(&world->ip, 0x08080809));
	CHECK_EQUAL(PEER + 2, gateway_to_v4(&world->ip, 0x08090000));
	CHECK_EQUAL(GATEWAY, gateway_to_v4(&world->ip, 0x09000000));
	CHECK_EQUAL(0, gateway_to_v4(&world->ip, PEER));
}

static void the_source_is_of_the_next_hops_subnet(void **state)
{
	struct world *world = *state;
	struct ip_path path;

	CHECK_EQUAL(0, add_v4(&world->ip, 2, 0xc0a80001, 24));
	CHECK_EQUAL(0, find_path(world, 0, 0xc0a80099, &path));
	CHECK_EQUAL(0xc0a80001, address_to_v4(&path.source));
	CHECK_EQUAL(0, find_path(world, 0, PEER, &path));
	CHECK_EQUAL(ME, address_to_v4(&path.source));
	CHECK_EQUAL(0, find_path(world, 0xc0a80001, PEER, &path));
	CHECK_EQUAL(0xc0a80001, address_to_v4(&path.source));
}

static void what_has_no_route_or_no_right_source_is_refused(void **state)
{
	struct world *world = *state;
	struct ip_path path;

	CHECK_EQUAL(-EINVAL, find_path(world, PEER, STRANGER, &path));
	CHECK_EQUAL(-EINVAL, find_path(world, LOCALHOST, STRANGER, &path));
	CHECK_EQUAL(DROP_BAD_SOURCE, world_send(world, PEER, STRANGER));
	CHECK_EQUAL(DROP_BAD_SOURCE, world_send(world, LOCALHOST, PEER));
	CHECK_EQUAL(DROP_NO_ROUTE, world_send(world, 0, 0));
	CHECK_EQUAL(DROP_NO_ROUTE, world_send(world, 0, 0x00000001));

	interface_remove(&world->ip, 2);
	CHECK_EQUAL(-ENETUNREACH, find_path(world, 0, STRANGER, &path));
	CHECK_EQUAL(DROP_NO_ROUTE, world_send(world, 0, STRANGER));
	CHECK_EQUAL(DROP_NO_ROUTE, world_send(world, 0, EVERYBODY));
	CHECK_EQUAL(4, world->ip.counts[DROP_NO_ROUTE]);
	CHECK_EQUAL(2, world->ip.counts[DROP_BAD_SOURCE]);
}

static void an_ipv6_destination_has_no_route_yet(void **state)
{
	struct world *world = *state;
	struct address any = { .words = { 0, 0 } }, six = { .bytes = { 0x20, 1 } };
	struct ip_path path;

	CHECK_EQUAL(-ENETUNREACH, ip_find_path(&world->ip, &any, &six, &path));
	assert_false(ip_is_own(&world->ip, &six));
	assert_false(ip_is_broadcast(&world->ip, &six));
}

static void broadcasts_go_to_every_station(void **state)
{
	struct world *world = *state;
	static const uint32_t groups[] = { EVERYBODY, SUBNET };

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		struct address address = address_v4(groups[index]);
		world->sent_count = 0;
		assert_true(ip_is_broadcast(&world->ip, &address));
		CHECK_EQUAL(DELIVERED, world_send(world, ME, groups[index]));
		CHECK_EQUAL(DELIVERED, world_send(world, 0, groups[index]));
		for (int sent = 0; sent < 2; sent++) {
			struct ethernet_header ethernet = sent_ethernet(world, sent);
			assert_true(mac_is_broadcast(&ethernet.destination));
			CHECK_EQUAL(groups[index], sent_ipv4(world, sent).destination);
			CHECK_EQUAL(ME, sent_ipv4(world, sent).source);
		}
	}
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
}

static void a_multicast_group_has_its_own_link_address(void **state)
{
	struct world *world = *state;
	const struct mac group = { { 0x01, 0x00, 0x5e, 0x7f, 0xfe, 0x01 } };

	CHECK_EQUAL(DELIVERED, world_send(world, ME, 0xe4fffe01));
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	assert_true(mac_equal(&ethernet.destination, &group));
}

static void a_segment_larger_than_the_mtu_is_refused_unless_it_can_be_cut(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	CHECK_EQUAL(DELIVERED, send_sized(world, PEER, 1480, 0));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, 65516, 0));
	CHECK_EQUAL(DELIVERED, send_sized(world, PEER, 1481, 1400));
	CHECK_EQUAL(DELIVERED, send_sized(world, PEER, 65515, 1400));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, 65516, 1400));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, 1481, 1500));
	world->link->largest_segment = 0;
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, 1481, 1400));
	CHECK_EQUAL(4, world->ip.counts[DROP_TOO_BIG]);
}

/* Ten bytes of TCP and more, its checksum left out. */
static enum verdict send_tcp(struct world *world, uint16_t segment_size)
{
	struct frame *frame = frame_with_room(world->pool, 40);
	memset(frame->head, 0, 40);
	frame->head[12] = 0x50;
	frame->checksum_left_out = true;
	frame->segment_size = segment_size;
	return ip_output(&world->ip,
			 &(struct ip_send){ .source = address_v4(ME),
					    .destination = address_v4(PEER),
					    .protocol = PROTOCOL_TCP,
					    .dont_fragment = true },
			 frame);
}

static void a_checksum_left_out_is_made_where_the_interface_wants_it(void **state)
{
	struct world *world = *state;
	struct checksum checksum = { 0 };
	struct address me = address_v4(ME), peer = address_v4(PEER);
	world_meet(world, PEER);

	CHECK_EQUAL(DELIVERED, send_tcp(world, 0));
	assert_false(world->sent[0].checksum_left_out);
	checksum_add_pseudo(&checksum, &me, &peer, PROTOCOL_TCP, 40);
	checksum_add(&checksum, (struct bytes){ world->sent[0].bytes + 34, 40 });
	CHECK_EQUAL(0, checksum_finish(&checksum));

	CHECK_EQUAL(DELIVERED, send_tcp(world, 10)); /* who cuts it makes them */
	assert_true(world->sent[1].checksum_left_out);
	world->link->checksums = false;
	CHECK_EQUAL(DELIVERED, send_tcp(world, 0));
	assert_true(world->sent[2].checksum_left_out);
	CHECK_EQUAL(0, get16(world->sent[2].bytes + 34 + 16));
}

static void what_is_sent_to_ourselves_waits_and_arrives_by_lo(void **state)
{
	struct world *world = *state;
	static const struct {
		uint32_t from, to, source;
	} cases[] = {
		{ 0, LOCALHOST, LOCALHOST },
		{ 0, 0x7f000005, LOCALHOST },
		{ 0, ME, ME },
		{ LOCALHOST, ME, LOCALHOST },
		{ ME, LOCALHOST, ME },
		{ 0x7f000009, 0x7f000005, 0x7f000009 },
	};

	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		struct ip_path path;
		CHECK_EQUAL(0, find_path(world, cases[index].from, cases[index].to, &path));
		CHECK_EQUAL(LOOPBACK_INDEX, path.interface->index);
		CHECK_EQUAL(65535, path.mtu);
		CHECK_EQUAL(0, path.largest_segment);
		CHECK_EQUAL(cases[index].source, address_to_v4(&path.source));

		CHECK_EQUAL(DELIVERED, world_send(world, cases[index].from, cases[index].to));
		CHECK_EQUAL(index, world->inputs);
		assert_false(ip_loopback_run(&world->ip));
		CHECK_EQUAL(index + 1, world->inputs);
		CHECK_EQUAL(LOOPBACK_INDEX, world->packet.interface->index);
		CHECK_EQUAL(cases[index].source, address_to_v4(&world->packet.source));
		CHECK_EQUAL(cases[index].to, address_to_v4(&world->packet.destination));
		assert_false(world->packet.to_group);
	}
	CHECK_EQUAL(0, world->sent_count);
}

static void nobody_as_destination_means_the_host_itself(void **state)
{
	struct world *world = *state;
	struct ip_path path;

	CHECK_EQUAL(0, find_path(world, 0, 0, &path));
	CHECK_EQUAL(LOCALHOST, address_to_v4(&path.source));
	CHECK_EQUAL(0, find_path(world, ME, 0, &path));
	CHECK_EQUAL(ME, address_to_v4(&path.source));
	CHECK_EQUAL(LOOPBACK_INDEX, path.interface->index);
}

static void the_largest_packet_crosses_lo_and_one_byte_more_does_not(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, send_sized(world, LOCALHOST, 65515, 0));
	ip_loopback_run(&world->ip);
	CHECK_EQUAL(65515, world->payload_size);
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, LOCALHOST, 65516, 0));
}

static void the_loopback_queue_is_bounded_and_a_run_too(void **state)
{
	struct world *world = *state;

	for (int count = 0; count < IP_LOOPBACK_MOST; count++)
		CHECK_EQUAL(DELIVERED, world_send(world, 0, LOCALHOST));
	CHECK_EQUAL(DROP_QUEUE_FULL, world_send(world, 0, LOCALHOST));
	assert_true(ip_loopback_run(&world->ip));
	CHECK_EQUAL(IP_LOOPBACK_RUN_MOST, world->inputs);
	while (ip_loopback_run(&world->ip))
		continue;
	CHECK_EQUAL(IP_LOOPBACK_MOST, world->inputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_header_says_what_the_protocol_asked),
		WORLD_TEST(a_packet_that_says_nothing_has_ttl_64_and_the_routes_source),
		WORLD_TEST(identifications_of_packets_that_may_be_cut_do_not_repeat_or_count),
		WORLD_TEST(what_is_not_on_the_link_goes_by_the_gateway),
		WORLD_TEST(the_longest_prefix_wins),
		WORLD_TEST(the_source_is_of_the_next_hops_subnet),
		WORLD_TEST(what_has_no_route_or_no_right_source_is_refused),
		WORLD_TEST(an_ipv6_destination_has_no_route_yet),
		WORLD_TEST(broadcasts_go_to_every_station),
		WORLD_TEST(a_multicast_group_has_its_own_link_address),
		WORLD_TEST(a_segment_larger_than_the_mtu_is_refused_unless_it_can_be_cut),
		WORLD_TEST(a_checksum_left_out_is_made_where_the_interface_wants_it),
		WORLD_TEST(what_is_sent_to_ourselves_waits_and_arrives_by_lo),
		WORLD_TEST(nobody_as_destination_means_the_host_itself),
		WORLD_TEST(the_largest_packet_crosses_lo_and_one_byte_more_does_not),
		WORLD_TEST(the_loopback_queue_is_bounded_and_a_run_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
