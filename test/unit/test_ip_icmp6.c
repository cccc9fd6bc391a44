#include "unit/ip6_world.h"

static const struct bytes none = { NULL, 0 };

static void an_echo_is_answered_with_its_own_data(void **state)
{
	struct world *world = *state;
	static const uint8_t data[] = "what was said is said again, odd";

	for (size_t size = 0; size < sizeof data; size++) {
		struct made made = make_icmp6(&peer6, &me6, ICMP6_ECHO, 0, 0x12345678,
					      (struct bytes){ data, size });
		world->sent_count = 0;
		made.bytes[ETHERNET_HEADER_SIZE + 1] |= 0x20;
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		CHECK_EQUAL(1, world->sent_count);
		struct ipv6_header ipv6 = sent_ipv6(world, 0);
		struct icmp6_message reply = sent_icmp6(world, 0);
		CHECK_ADDRESS(me6, ipv6.source);
		CHECK_ADDRESS(peer6, ipv6.destination);
		CHECK_EQUAL(64, ipv6.hop_limit);
		CHECK_EQUAL(2, ipv6.traffic_class);
		CHECK_EQUAL(ICMP6_ECHO_REPLY, reply.type);
		CHECK_EQUAL(0x12345678, reply.rest);
		CHECK_EQUAL(size, reply.body.size);
		assert_memory_equal(reply.body.at, data, size);
	}
}

/* RFC 4443, 4.2; Linux does. */
static void an_echo_to_all_nodes_is_answered_from_an_address_of_the_askers_scope(void **state)
{
	struct world *world = *state;
	struct made made = make_icmp6(&peer_link_local, &all_nodes, ICMP6_ECHO, 0, 1, none);

	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_ADDRESS(my_link_local, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(peer_link_local, sent_ipv6(world, 0).destination);
	CHECK_EQUAL(ICMP6_ECHO_REPLY, sent_icmp6(world, 0).type);
	made = make_icmp6(&peer6, &me6, ICMP6_ECHO, 0, 1, none);
	memcpy(made.bytes, all_macs.bytes, 6); /* row 20 */
	CHECK_EQUAL(DROP_IGNORED, world_receive_made(world, &made));
	CHECK_EQUAL(1, world->sent_count);
}

/* Rows 19 and 42: without a right checksum it is nothing. */
static void every_truncation_and_every_flipped_bit_is_refused(void **state)
{
	struct world *world = *state;
	static const uint8_t data[3] = { 1, 2, 3 };
	const struct made good =
		make_icmp6(&peer6, &me6, ICMP6_ECHO, 0, 7, (struct bytes){ data, 3 });
	uint32_t size = good.size - ICMP6_AT;

	for (uint32_t left = 0; left < size; left++) {
		struct made made = make_ipv6(&peer6, &me6, PROTOCOL_ICMP6,
					     (struct bytes){ good.bytes + ICMP6_AT, left });
		CHECK_EQUAL(left < 8 ? DROP_MALFORMED : DROP_CHECKSUM,
			    world_receive_made(world, &made));
	}
	for (size_t bit = 0; bit < 8 * size; bit++) {
		struct made made = good;
		made.bytes[ICMP6_AT + bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &made));
	}
	struct made none_sent = good;
	put16(none_sent.bytes + ICMP6_AT + 2, 0);
	CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &none_sent));
	CHECK_EQUAL(0, world->sent_count);
}

static void an_echo_crosses_lo_and_back(void **state)
{
	struct world *world = *state;
	const struct address addresses[] = { loopback_v6, me6, address_in_zone(my_link_local, 2) };

	for (size_t index = 0; index < COUNT_OF(addresses); index++) {
		struct frame *echo = frame_new(world->pool);
		icmp6_write(frame_push(echo, 8), ICMP6_ECHO, 0, 1);
		echo->checksum_left_out = true;
		struct ip_send send = { .destination = addresses[index],
					.protocol = PROTOCOL_ICMP6 };
		CHECK_EQUAL(DELIVERED, ip_output(&world->ip, &send, echo));
		assert_false(ip_loopback_run(&world->ip));
		CHECK_EQUAL(index + 1, world->ip.counts[DELIVERED]);
		CHECK_EQUAL(index + 1, world->ip.counts[DROP_IGNORED]); /* nobody asked */
	}
	CHECK_EQUAL(0, world->sent_count);
}

/* RFC 4443, 2.4 e, and 2.4 c on how much is quoted. */
static void no_error_answers_an_error_or_what_went_to_many(void **state)
{
	struct world *world = *state;
	static uint8_t large[1400];
	static const uint8_t error_in_problem[16] = { 58, 0, 0x9e, 4, [8] = 1 };
	struct made made;

	made = make_icmp6(&peer6, &me6, ICMP6_UNREACHABLE, 99, 0, none);
	world_receive_made(world, &made);
	made = make_ipv6(&peer6, &me6, 60, (struct bytes){ error_in_problem, 16 });
	CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
	made = make_ipv6(&peer6, &all_nodes, 99, none);
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	made = make_ipv6(&nobody6, &me6, 60, (struct bytes){ error_in_problem, 16 });
	world_receive_made(world, &made);
	CHECK_EQUAL(0, world->sent_count);

	made = make_ipv6(&peer6, &me6, 99, (struct bytes){ large, sizeof large });
	world_receive_made(world, &made);
	CHECK_EQUAL(ETHERNET_HEADER_SIZE + 1280, world->sent[0].size);
	CHECK_EQUAL(1232, sent_icmp6(world, 0).body.size);
}

static void errors_are_limited_a_destination(void **state)
{
	struct world *world = *state;
	struct made made = make_ipv6(&peer6, &me6, 99, none);

	for (int count = 0; count < 100; count++)
		world_receive_made(world, &made);
	assert_in_range(world->sent_count, ICMP_LIMIT_BURST - 2, 2 * ICMP_LIMIT_BURST);
	CHECK_EQUAL(100 - world->sent_count, world->ip.counts[DROP_RATE]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(an_echo_is_answered_with_its_own_data),
		WORLD6_TEST(an_echo_to_all_nodes_is_answered_from_an_address_of_the_askers_scope),
		WORLD6_TEST(every_truncation_and_every_flipped_bit_is_refused),
		WORLD6_TEST(an_echo_crosses_lo_and_back),
		WORLD6_TEST(no_error_answers_an_error_or_what_went_to_many),
		WORLD6_TEST(errors_are_limited_a_destination),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
