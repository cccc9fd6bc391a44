#include "unit/ip_world.h"

static uint8_t *ip_of(struct made *made)
{
	return made->bytes + ETHERNET_HEADER_SIZE;
}

/* Nothing reached the protocol, and nobody was answered. */
static void check_silence(const struct world *world)
{
	CHECK_EQUAL(0, world->inputs);
	CHECK_EQUAL(0, world->sent_count);
}

static void a_packet_for_us_reaches_its_protocol(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, ME);
	ip_of(&made)[1] = 0x2e;
	ip_of(&made)[8] = 17;
	finish_ipv4(&made);

	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_EQUAL(1, world->inputs);
	CHECK_EQUAL(PEER, address_to_v4(&world->packet.source));
	CHECK_EQUAL(ME, address_to_v4(&world->packet.destination));
	CHECK_EQUAL(4, world->packet.version);
	CHECK_EQUAL(SPY, world->packet.protocol);
	CHECK_EQUAL(17, world->packet.ttl);
	CHECK_EQUAL(0x2e, world->packet.tos);
	CHECK_EQUAL(20, world->packet.header.size);
	assert_ptr_equal(world->link, world->packet.interface);
	assert_false(world->packet.to_group);
	assert_false(world->checksum_left_out);
	CHECK_EQUAL(8, world->payload_size);
	assert_memory_equal(world->payload, "\1\2\3\4\5\6\7\10", 8);
}

static void padding_is_gone_before_the_protocol_sees_the_packet(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, ME);
	made.size = 60;

	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_EQUAL(8, world->payload_size);
}

static void a_packet_without_payload_is_one(void **state)
{
	struct world *world = *state;
	struct made made = make_ipv4(PEER, ME, SPY, (struct bytes){ NULL, 0 });

	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->payload_size);
}

static void a_frame_for_another_station_is_not_ours(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, ME);
	memcpy(made.bytes, other_mac.bytes, 6);

	CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &made));
	check_silence(world);
}

static void a_frame_from_a_group_or_from_ourselves_is_refused(void **state)
{
	struct world *world = *state;
	const struct mac bad[] = { all_macs, { { 1, 0, 0x5e, 0, 0, 1 } }, my_mac };

	for (size_t index = 0; index < COUNT_OF(bad); index++) {
		struct made made = make_spy(PEER, ME);
		memcpy(made.bytes + 6, bad[index].bytes, 6);
		CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	}
	check_silence(world);
}

static void an_unknown_ethertype_is_counted(void **state)
{
	struct world *world = *state;
	static const uint16_t types[] = { 0, 46, 0x8847, 0x8100, 0xffff };

	for (size_t index = 0; index < COUNT_OF(types); index++) {
		struct made made = make_spy(PEER, ME);
		put16(made.bytes + 12, types[index]);
		CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	}
	check_silence(world);
}

/* Row 1. */
static void every_truncation_is_malformed(void **state)
{
	struct world *world = *state;
	static const uint8_t nops[40] = { 1, 1, 1, 1 };
	struct made plain = make_spy(PEER, ME);
	struct made long_header = make_ipv4_with(PEER, ME, SPY, (struct bytes){ nops, 40 },
						 (struct bytes){ nops, 8 });

	for (uint32_t size = 0; size < plain.size; size++)
		CHECK_EQUAL(DROP_MALFORMED, world_receive(world, plain.bytes, size));
	for (uint32_t size = 0; size < long_header.size; size++)
		CHECK_EQUAL(DROP_MALFORMED, world_receive(world, long_header.bytes, size));
	check_silence(world);
}

static void every_flipped_bit_of_the_header_is_refused(void **state)
{
	struct world *world = *state;
	struct made whole = make_spy(PEER, ME);

	for (uint32_t bit = 0; bit < IPV4_HEADER_SIZE * 8; bit++) {
		struct made flipped = whole;
		ip_of(&flipped)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		enum verdict verdict = world_receive_made(world, &flipped);
		assert_true(verdict == DROP_CHECKSUM || verdict == DROP_MALFORMED);
	}
	check_silence(world);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &whole));
}

static void every_flipped_bit_with_a_right_checksum_is_survived(void **state)
{
	struct world *world = *state;
	static const uint8_t options[40] = { 7, 19, 4, [19] = 68, 12, 5, 0 };
	struct made whole = make_ipv4_with(PEER, ME, SPY, (struct bytes){ options, 40 },
					   (struct bytes){ options, 8 });

	for (uint32_t bit = 0; bit < (IPV4_HEADER_SIZE + 40) * 8; bit++) {
		struct made flipped = whole;
		ip_of(&flipped)[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if ((ip_of(&flipped)[0] & 0x0f) >= 5)
			finish_ipv4(&flipped);
		world_receive_made(world, &flipped);
	}
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &whole));
}

/* Row 2. */
static void another_version_is_malformed(void **state)
{
	struct world *world = *state;

	for (int version = 0; version < 16; version++) {
		struct made made = make_spy(PEER, ME);
		ip_of(&made)[0] = (uint8_t)(version << 4 | 5);
		finish_ipv4(&made);
		CHECK_EQUAL(version == 4 ? DELIVERED : DROP_MALFORMED,
			    world_receive_made(world, &made));
	}
	CHECK_EQUAL(1, world->inputs);
}

/* Row 3. */
static void a_header_length_that_cannot_be_is_malformed(void **state)
{
	struct world *world = *state;

	for (uint8_t words = 0; words < 16; words++) {
		struct made made = make_spy(PEER, ME);
		ip_of(&made)[0] = (uint8_t)(4 << 4 | words);
		if (words == 5)
			continue;
		enum verdict verdict = world_receive_made(world, &made);
		assert_true(verdict == DROP_MALFORMED ||
			    (verdict == DROP_CHECKSUM && words >= 5 && words <= 7));
	}
	check_silence(world);
}

/* Row 4. */
static void a_total_length_that_cannot_be_is_malformed(void **state)
{
	struct world *world = *state;
	static const uint16_t totals[] = { 0, 1, 19, 29, 1500, 65535 };

	for (size_t index = 0; index < COUNT_OF(totals); index++) {
		struct made made = make_spy(PEER, ME);
		put16(ip_of(&made) + 2, totals[index]);
		finish_ipv4(&made);
		CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	}
	check_silence(world);
}

/* Row 6. */
static void both_forms_of_a_zero_checksum_are_judged_by_the_sum(void **state)
{
	struct world *world = *state;

	for (uint32_t tos = 0; tos < 256; tos++) {
		for (uint32_t identification = 0; identification < 65536; identification += 257) {
			struct made made = make_spy(PEER, ME);
			ip_of(&made)[1] = (uint8_t)tos;
			put16(ip_of(&made) + 4, (uint16_t)identification);
			finish_ipv4(&made);
			if (get16(ip_of(&made) + 10) != 0)
				continue;
			CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
			put16(ip_of(&made) + 10, 0xffff); /* minus zero: the same sum */
			CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
			put16(ip_of(&made) + 10, 1);
			CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &made));
			return;
		}
	}
	fail();
}

/* Row 7. */
static void loopback_addresses_are_refused_from_a_link(void **state)
{
	struct world *world = *state;
	static const uint32_t loopback[] = { LOCALHOST, 0x7f000000, 0x7fffffff, 0x7f123456 };

	for (size_t index = 0; index < COUNT_OF(loopback); index++) {
		struct made from = make_spy(loopback[index], ME);
		struct made to = make_spy(PEER, loopback[index]);
		CHECK_EQUAL(DROP_LOOPBACK_ADDRESS, world_receive_made(world, &from));
		CHECK_EQUAL(DROP_LOOPBACK_ADDRESS, world_receive_made(world, &to));
	}
	check_silence(world);
}

/* Row 7, LAND among them. */
static void a_source_no_sender_can_have_is_refused(void **state)
{
	struct world *world = *state;
	static const uint32_t sources[] = { 0,      0x00000001, 0xe0000001, 0xefffffff,
					    SUBNET, EVERYBODY,  ME };

	for (size_t index = 0; index < COUNT_OF(sources); index++) {
		struct made made = make_spy(sources[index], ME);
		CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	}
	check_silence(world);
}

static void a_destination_that_is_not_ours_is_not_answered(void **state)
{
	struct world *world = *state;
	static const uint32_t others[] = { PEER, 0, STRANGER, 0xe0000002, 0xefffffff, 0x0a4effff };

	for (size_t index = 0; index < COUNT_OF(others); index++) {
		struct made made = make_spy(GATEWAY, others[index]);
		CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &made));
	}
	check_silence(world);
}

static void groups_are_marked_as_such(void **state)
{
	struct world *world = *state;
	static const uint32_t groups[] = { EVERYBODY, SUBNET, 0xe0000001 };

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		struct made made = make_spy(PEER, groups[index]);
		memcpy(made.bytes, all_macs.bytes, 6);
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		assert_true(world->packet.to_group);
	}
	struct made ours_by_broadcast = make_spy(PEER, ME);
	memcpy(ours_by_broadcast.bytes, all_macs.bytes, 6);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &ours_by_broadcast));
	assert_true(world->packet.to_group);
}

/* Row 8. */
static void any_ttl_and_the_reserved_flag_are_taken(void **state)
{
	struct world *world = *state;

	for (uint8_t ttl = 0; ttl < 3; ttl++) {
		struct made made = make_spy(PEER, ME);
		ip_of(&made)[8] = ttl;  /* RFC 1122, 3.2.1.7: not ours to expire */
		ip_of(&made)[6] = 0xc0; /* reserved, and don't fragment */
		finish_ipv4(&made);
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	}
}

/* Row 9; RFC 1122, 3.2.2.5: the sender is told which byte it is. */
static void options_that_do_not_hold_are_refused_and_told(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t bytes[4], wrong_at;
	} bad[] = {
		{ { 7, 0, 4, 0 }, 0 },   { { 7, 1, 4, 0 }, 0 },   { { 7, 5, 4, 0 }, 0 },
		{ { 7, 255, 4, 0 }, 0 }, { { 7, 3, 3, 0 }, 2 },   { { 7, 3, 0, 0 }, 2 },
		{ { 68, 4, 4, 0 }, 2 },  { { 68, 2, 0, 0 }, 1 },  { { 1, 1, 1, 7 }, 3 },
		{ { 1, 1, 7, 3 }, 2 },   { { 200, 1, 0, 0 }, 0 }, { { 200, 0, 0, 0 }, 0 },
	};
	static const uint8_t payload[8];
	world_meet(world, PEER);

	for (size_t index = 0; index < COUNT_OF(bad); index++) {
		struct made made =
			make_ipv4_with(PEER, ME, 200, (struct bytes){ bad[index].bytes, 4 },
				       (struct bytes){ payload, 8 });
		memset(&world->ip.icmp_limit.spent_until, 0,
		       sizeof world->ip.icmp_limit.spent_until);
		world->sent_count = 0;
		CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
		const uint8_t *icmp =
			world->sent[0].bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
		CHECK_EQUAL(1, world->sent_count);
		CHECK_EQUAL(ICMP_PARAMETER_PROBLEM, icmp[0]);
		CHECK_EQUAL(0, icmp[1]);
		CHECK_EQUAL(20 + bad[index].wrong_at, icmp[4]);
		CHECK_EQUAL(2 * 20 + 8 + 4 + 8, sent_ipv4(world, 0).total_size);
	}
	CHECK_EQUAL(0, world->inputs);
}

/* As Linux, unless it is told otherwise. */
static void source_routes_are_refused_in_silence(void **state)
{
	struct world *world = *state;
	static const uint8_t routes[][4] = { { 131, 3, 4, 0 }, { 137, 3, 4, 0 } };

	for (size_t index = 0; index < COUNT_OF(routes); index++) {
		struct made made = make_ipv4_with(PEER, ME, SPY, (struct bytes){ routes[index], 4 },
						  (struct bytes){ NULL, 0 });
		CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
	}
	check_silence(world);
}

/* RFC 9293, MUST-50. */
static void options_that_hold_change_nothing(void **state)
{
	struct world *world = *state;
	static const uint8_t good[][4] = {
		{ 1, 1, 1, 1 }, { 0, 7, 0, 0 },   { 1, 0, 255, 255 },
		{ 7, 3, 4, 0 }, { 148, 4, 0, 0 },
	};
	static const uint8_t payload[8] = { 9 }, forty[40] = { 1, 1, 200, 38 };

	for (size_t index = 0; index < COUNT_OF(good); index++) {
		struct made made = make_ipv4_with(PEER, ME, SPY, (struct bytes){ good[index], 4 },
						  (struct bytes){ payload, 8 });
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		CHECK_EQUAL(24, world->packet.header.size);
		CHECK_EQUAL(8, world->payload_size);
		CHECK_EQUAL(9, world->payload[0]);
	}
	struct made most = make_ipv4_with(PEER, ME, SPY, (struct bytes){ forty, 40 },
					  (struct bytes){ payload, 8 });
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &most));
	CHECK_EQUAL(60, world->packet.header.size);
}

static void a_large_segment_with_payload_in_slices_arrives_in_one_piece(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, ME);
	struct frame *frame = frame_new(world->pool);
	struct block *block = block_new(world->pool, 60000);

	memset(block->bytes, 7, 60000);
	frame->slices[0] = (struct slice){ block, block->bytes, 60000 };
	frame->slice_count = 1;
	frame->payload_size = 60000;
	frame->segment_size = 1460;
	frame->checksum_left_out = true;
	put16(ip_of(&made) + 2, (uint16_t)(28 + 60000));
	finish_ipv4(&made);
	memcpy(frame_push(frame, made.size), made.bytes, made.size);

	CHECK_EQUAL(DELIVERED, ip_input(&world->ip, world->link, frame));
	CHECK_EQUAL(60008, world->payload_size);
	assert_true(world->checksum_left_out);
}

static void a_header_that_lies_in_slices_is_malformed(void **state)
{
	struct world *world = *state;
	struct made made = make_spy(PEER, ME);
	struct frame *frame = frame_new(world->pool);
	struct block *block = block_new(world->pool, made.size);

	memcpy(block->bytes, made.bytes, made.size);
	frame->slices[0] = (struct slice){ block, block->bytes + 20, made.size - 20 };
	frame->slice_count = 1;
	frame->payload_size = made.size - 20;
	memcpy(frame_push(frame, 20), made.bytes, 20);
	CHECK_EQUAL(DROP_MALFORMED, ip_input(&world->ip, world->link, frame));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_packet_for_us_reaches_its_protocol),
		WORLD_TEST(padding_is_gone_before_the_protocol_sees_the_packet),
		WORLD_TEST(a_packet_without_payload_is_one),
		WORLD_TEST(a_frame_for_another_station_is_not_ours),
		WORLD_TEST(a_frame_from_a_group_or_from_ourselves_is_refused),
		WORLD_TEST(an_unknown_ethertype_is_counted),
		WORLD_TEST(every_truncation_is_malformed),
		WORLD_TEST(every_flipped_bit_of_the_header_is_refused),
		WORLD_TEST(every_flipped_bit_with_a_right_checksum_is_survived),
		WORLD_TEST(another_version_is_malformed),
		WORLD_TEST(a_header_length_that_cannot_be_is_malformed),
		WORLD_TEST(a_total_length_that_cannot_be_is_malformed),
		WORLD_TEST(both_forms_of_a_zero_checksum_are_judged_by_the_sum),
		WORLD_TEST(loopback_addresses_are_refused_from_a_link),
		WORLD_TEST(a_source_no_sender_can_have_is_refused),
		WORLD_TEST(a_destination_that_is_not_ours_is_not_answered),
		WORLD_TEST(groups_are_marked_as_such),
		WORLD_TEST(any_ttl_and_the_reserved_flag_are_taken),
		WORLD_TEST(options_that_do_not_hold_are_refused_and_told),
		WORLD_TEST(source_routes_are_refused_in_silence),
		WORLD_TEST(options_that_hold_change_nothing),
		WORLD_TEST(a_large_segment_with_payload_in_slices_arrives_in_one_piece),
		WORLD_TEST(a_header_that_lies_in_slices_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
