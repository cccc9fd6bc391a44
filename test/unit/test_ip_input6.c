#include "unit/ip6_world.h"

static enum verdict receive(struct world *world, const struct address *source,
			    const struct address *destination)
{
	struct made made = make_spy6(source, destination);
	return world_receive_made(world, &made);
}

static void a_packet_for_us_reaches_its_protocol(void **state)
{
	struct world *world = *state;
	struct made made = make_spy6(&peer6, &me6);

	put32(made.bytes + ETHERNET_HEADER_SIZE, 6u << 28 | 0xb8u << 20 | 0x12345);
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] =
		0;      /* row 8: not ours to count down */
	made.size += 3; /* Ethernet's padding */
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_EQUAL(1, world->inputs);
	CHECK_EQUAL(6, world->packet.version);
	CHECK_EQUAL(SPY, world->packet.protocol);
	CHECK_EQUAL(0, world->packet.ttl);
	CHECK_EQUAL(0xb8, world->packet.tos);
	CHECK_EQUAL(40, world->packet.header.size);
	CHECK_EQUAL(8, world->payload_size);
	CHECK_ADDRESS(peer6, world->packet.source);
	CHECK_ADDRESS(me6, world->packet.destination);
	assert_false(world->packet.to_group);
	assert_ptr_equal(world->link, world->packet.interface);
}

static void a_link_local_address_has_its_links_zone(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, receive(world, &peer_link_local, &my_link_local));
	CHECK_EQUAL(2, address_zone(&world->packet.source));
	CHECK_EQUAL(2, address_zone(&world->packet.destination));
	struct address zoned = address_in_zone(peer_link_local, 2);
	struct made made = make_spy6(&peer6, &my_link_local);
	memcpy(made.bytes + ETHERNET_HEADER_SIZE + IPV6_SOURCE_AT, zoned.bytes, 16);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	zoned = address_in_zone(my_link_local, 2);
	made = make_spy6(&peer6, &my_link_local);
	memcpy(made.bytes + ETHERNET_HEADER_SIZE + IPV6_DESTINATION_AT, zoned.bytes, 16);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
}

/* Row 7. */
static void a_source_no_sender_can_have_is_dropped_and_not_answered(void **state)
{
	struct world *world = *state;
	static const struct address mapped = { .bytes = { [10] = 0xff, [11] = 0xff, [12] = 8 } };
	struct made made = make_spy6(&peer6, &me6);

	CHECK_EQUAL(DROP_LOOPBACK_ADDRESS, receive(world, &loopback_v6, &me6));
	CHECK_EQUAL(DROP_LOOPBACK_ADDRESS, receive(world, &peer6, &loopback_v6));
	CHECK_EQUAL(DROP_BAD_SOURCE, receive(world, &all_nodes, &me6));
	CHECK_EQUAL(DROP_BAD_SOURCE, receive(world, &me6, &me6));
	CHECK_EQUAL(DROP_BAD_SOURCE, receive(world, &my_link_local, &me6));
	CHECK_EQUAL(DROP_BAD_SOURCE, receive(world, &nobody6, &me6));
	memcpy(made.bytes + ETHERNET_HEADER_SIZE + IPV6_SOURCE_AT, mapped.bytes, 16);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->inputs);
	CHECK_EQUAL(0, world->sent_count);
}

static void what_is_for_somebody_else_is_dropped(void **state)
{
	struct world *world = *state;
	static const struct address others[] = {
		{ .bytes = { 0xfd, 0x77, [15] = 3 } },
		{ .bytes = { 0xff, 2, [15] = 2 } }, /* all routers */
		{ .bytes = { 0xff, 1, [15] = 1 } }, /* never on a wire */
		{ .bytes = { 0xff, 0, [15] = 1 } }, /* reserved */
		{ .bytes = { 0xff, 2, [11] = 1, [12] = 0xff, [15] = 9 } },
		{ .bytes = { 0 } },
	};
	for (size_t index = 0; index < COUNT_OF(others); index++)
		CHECK_EQUAL(DROP_NOT_OURS, receive(world, &peer6, &others[index]));
	CHECK_EQUAL(0, world->sent_count);
}

static void all_nodes_and_our_solicited_nodes_are_heard_by_everybody(void **state)
{
	struct world *world = *state;
	const struct address groups[] = { all_nodes, address_solicited_node(&me6) };

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		CHECK_EQUAL(DELIVERED, receive(world, &peer6, &groups[index]));
		assert_true(world->packet.to_group);
	}
}

/* Rows 1, 2 and 5. */
static void every_truncation_and_every_wrong_length_is_malformed(void **state)
{
	struct world *world = *state;
	struct made made = make_spy6(&peer6, &me6);

	for (uint32_t size = ETHERNET_HEADER_SIZE; size < made.size; size++)
		CHECK_EQUAL(DROP_MALFORMED, world_receive(world, made.bytes, size));
	put16(made.bytes + ETHERNET_HEADER_SIZE + IPV6_PAYLOAD_SIZE_AT, 9);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	for (uint8_t version = 0; version < 16; version++) {
		made = make_spy6(&peer6, &me6);
		made.bytes[ETHERNET_HEADER_SIZE] = (uint8_t)(version << 4);
		CHECK_EQUAL(version == 6 ? DELIVERED : DROP_MALFORMED,
			    world_receive_made(world, &made));
	}
}

static void no_flipped_bit_of_a_header_makes_the_host_answer_twice(void **state)
{
	struct world *world = *state;

	for (size_t bit = 0; bit < 8 * IPV6_HEADER_SIZE; bit++) {
		struct made made = make_spy6(&peer6, &me6);
		made.bytes[ETHERNET_HEADER_SIZE + bit / 8] ^= (uint8_t)(1 << bit % 8);
		world->sent_count = 0;
		world_receive_made(world, &made);
		assert_true(world->sent_count <= 1);
	}
}

/* RFC 8200, 4: a protocol that nobody has is a next header that is not known; 4.7: no next header is nothing at all. */
static void an_unknown_protocol_is_a_parameter_problem_that_points_at_its_name(void **state)
{
	struct world *world = *state;
	static const uint8_t chain[24] = { 60, 0, 1, 4, [8] = 99, 0, 1, 4 };
	struct made made = make_ipv6(&peer6, &me6, 99, (struct bytes){ NULL, 0 });

	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	struct icmp6_message icmp6 = sent_icmp6(world, 0);
	CHECK_EQUAL(ICMP6_PARAMETER_PROBLEM, icmp6.type);
	CHECK_EQUAL(ICMP6_UNKNOWN_NEXT_HEADER, icmp6.code);
	CHECK_EQUAL(IPV6_NEXT_HEADER_AT, icmp6.rest);
	assert_memory_equal(made.bytes + ETHERNET_HEADER_SIZE, icmp6.body.at, 40);

	made = make_ipv6(&peer6, &me6, 60, (struct bytes){ chain, sizeof chain });
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	icmp6 = sent_icmp6(world, 1);
	CHECK_EQUAL(48, icmp6.rest);
	CHECK_EQUAL(64, icmp6.body.size);
	assert_memory_equal(made.bytes + ETHERNET_HEADER_SIZE, icmp6.body.at, 64);

	made = make_ipv6(&peer6, &me6, PROTOCOL_NONE, (struct bytes){ NULL, 0 });
	CHECK_EQUAL(DROP_IGNORED, world_receive_made(world, &made));
	CHECK_EQUAL(2, world->sent_count);
}

/* Row 10; RFC 8200, 4.2 and 4.4; RFC 5095. */
static void what_is_wrong_with_extension_headers_is_told_where_the_rfc_says_so(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t next;
		uint8_t bytes[16];
		bool to_group;
		int code; /* -1: nothing is said */
		uint32_t pointer;
	} cases[] = {
		{ 60, { SPY, 0, 0x1e, 4 }, false, -2, 0 }, /* skipped */
		{ 60, { SPY, 0, 0x5e, 4 }, false, -1, 0 },
		{ 60, { SPY, 0, 0x9e, 4 }, false, ICMP6_UNKNOWN_OPTION, 42 },
		{ 60, { SPY, 0, 0xde, 4 }, false, ICMP6_UNKNOWN_OPTION, 42 },
		{ 60, { SPY, 0, 0x9e, 4 }, true, ICMP6_UNKNOWN_OPTION, 42 },
		{ 60, { SPY, 0, 0xde, 4 }, true, -1, 0 },
		{ 43, { SPY, 0, 0, 1 }, false, ICMP6_ERRONEOUS_HEADER, 42 },
		{ 43, { SPY, 0, 0, 1 }, true, -1, 0 },
		{ 43, { SPY, 0, 0, 0 }, false, -2, 0 },
		{ 60, { 0, 0, 1, 4, [8] = SPY, 0, 1, 4 }, false, ICMP6_UNKNOWN_NEXT_HEADER, 40 },
		{ 0, { SPY, 9, 1, 4 }, false, -1, 0 },
	};
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		struct made made =
			make_ipv6(&peer6, cases[index].to_group ? &all_nodes : &me6,
				  cases[index].next, (struct bytes){ cases[index].bytes, 16 });
		int inputs = world->inputs;
		world_advance(world, world->clock.now + 10 * SECOND);
		world_meet6(world, &peer6);
		world->sent_count = 0;
		enum verdict verdict = world_receive_made(world, &made);
		CHECK_EQUAL(cases[index].code == -2 ? DELIVERED : DROP_OPTIONS, verdict);
		CHECK_EQUAL(cases[index].code == -2, world->inputs - inputs);
		if (cases[index].code < 0) {
			CHECK_EQUAL(0, world->sent_count);
			continue;
		}
		CHECK_EQUAL(1, world->sent_count);
		struct icmp6_message icmp6 = sent_icmp6(world, 0);
		CHECK_EQUAL(ICMP6_PARAMETER_PROBLEM, icmp6.type);
		CHECK_EQUAL(cases[index].code, icmp6.code);
		CHECK_EQUAL(cases[index].pointer, icmp6.rest);
		CHECK_EQUAL(56, icmp6.body.size);
		CHECK_ADDRESS(me6, sent_ipv6(world, 0).source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(a_packet_for_us_reaches_its_protocol),
		WORLD6_TEST(a_link_local_address_has_its_links_zone),
		WORLD6_TEST(a_source_no_sender_can_have_is_dropped_and_not_answered),
		WORLD6_TEST(what_is_for_somebody_else_is_dropped),
		WORLD6_TEST(all_nodes_and_our_solicited_nodes_are_heard_by_everybody),
		WORLD6_TEST(every_truncation_and_every_wrong_length_is_malformed),
		WORLD6_TEST(no_flipped_bit_of_a_header_makes_the_host_answer_twice),
		WORLD6_TEST(an_unknown_protocol_is_a_parameter_problem_that_points_at_its_name),
		WORLD6_TEST(what_is_wrong_with_extension_headers_is_told_where_the_rfc_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
