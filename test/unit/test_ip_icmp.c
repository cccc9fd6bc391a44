#include "unit/ip_world.h"

#include <errno.h>

enum { ICMP_AT = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE };

/* An ICMP message for us, its checksum right. */
static struct made make_icmp(uint32_t source, uint32_t destination, uint8_t type, uint8_t code,
			     uint32_t rest, struct bytes body)
{
	uint8_t message[1480];
	struct checksum checksum = { 0 };

	icmp_write(message, type, code, rest);
	if (body.size > 0)
		memcpy(message + ICMP_HEADER_SIZE, body.at, body.size);
	checksum_add(&checksum, (struct bytes){ message, ICMP_HEADER_SIZE + body.size });
	put16(message + 2, checksum_finish(&checksum));
	return make_ipv4(source, destination, PROTOCOL_ICMP,
			 (struct bytes){ message, ICMP_HEADER_SIZE + body.size });
}

/* After something in the ICMP message has changed. */
static void finish_icmp(struct made *made)
{
	struct checksum checksum = { 0 };
	put16(made->bytes + ICMP_AT + 2, 0);
	checksum_add(&checksum, (struct bytes){ made->bytes + ICMP_AT, made->size - ICMP_AT });
	put16(made->bytes + ICMP_AT + 2, checksum_finish(&checksum));
}

/* An IP header as of a packet we sent (total_size bytes), with 8 bytes of the spy's behind it. */
static struct bytes quote_of(uint32_t source, uint16_t total_size)
{
	static uint8_t quote[28];
	struct ipv4_header lost = {
		.total_size = total_size,
		.ttl = 1,
		.protocol = SPY,
		.source = source,
		.destination = STRANGER,
	};
	ipv4_write(quote, &lost);
	memcpy(quote + 20, "\1\2\3\4\5\6\7\10", 8);
	return (struct bytes){ quote, sizeof quote };
}

static enum verdict report(struct world *world, uint8_t type, uint8_t code, uint32_t rest,
			   struct bytes quote)
{
	struct made made = make_icmp(GATEWAY, ME, type, code, rest, quote);
	return world_receive_made(world, &made);
}

static void check_sent_message(const struct world *world, int index)
{
	const struct sent *sent = &world->sent[index];
	struct checksum checksum = { 0 };
	checksum_add(&checksum, (struct bytes){ sent->bytes + ICMP_AT, sent->size - ICMP_AT });
	CHECK_EQUAL(0, checksum_finish(&checksum));
	CHECK_EQUAL(PROTOCOL_ICMP, sent_ipv4(world, index).protocol);
}

static void an_echo_is_answered_with_its_own_data(void **state)
{
	struct world *world = *state;
	static const uint8_t data[] = "what was said is said again, odd";
	world_meet(world, PEER);

	for (size_t size = 0; size < sizeof data; size++) {
		struct made made =
			make_icmp(PEER, ME, ICMP_ECHO, 0, 0x12345678, (struct bytes){ data, size });
		world->sent_count = 0;
		made.bytes[ETHERNET_HEADER_SIZE + 1] = 0x20;
		finish_ipv4(&made);
		made.size = made.size < 60 ? 60 : made.size; /* the padding is not part of it */
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		CHECK_EQUAL(1, world->sent_count);
		check_sent_message(world, 0);
		struct ipv4_header ipv4 = sent_ipv4(world, 0);
		CHECK_EQUAL(ME, ipv4.source);
		CHECK_EQUAL(PEER, ipv4.destination);
		CHECK_EQUAL(28 + size, ipv4.total_size);
		CHECK_EQUAL(0x20, ipv4.tos);
		CHECK_EQUAL(ICMP_ECHO_REPLY, world->sent[0].bytes[ICMP_AT]);
		CHECK_EQUAL(0x12345678, get32(world->sent[0].bytes + ICMP_AT + 4));
		assert_memory_equal(world->sent[0].bytes + ICMP_AT + 8, data, size);
	}
}

static void a_large_echo_crosses_lo_and_back_without_a_copy(void **state)
{
	struct world *world = *state;
	struct frame *echo = frame_new(world->pool);
	struct block *block = block_new(world->pool, 65507);

	memset(block->bytes, 3, 65507);
	echo->slices[0] = (struct slice){ block, block->bytes, 65507 };
	echo->slice_count = 1;
	echo->payload_size = 65507;
	echo->checksum_left_out = true;
	icmp_write(frame_push(echo, 8), ICMP_ECHO, 0, 1);
	block_hold(block);
	CHECK_EQUAL(DELIVERED, ip_output(&world->ip,
					 &(struct ip_send){ .source = address_v4(0),
							    .destination = address_v4(ME),
							    .protocol = PROTOCOL_ICMP },
					 echo));
	ip_input(&world->ip, world->ip.interfaces.at[0],
		 CONTAINER_OF(list_take_first(&world->ip.loopback), struct frame, link));
	world->ip.loopback_count--;
	CHECK_EQUAL(1, world->ip.loopback_count); /* the reply */
	CHECK_EQUAL(2, block->references);
	ip_loopback_run(&world->ip);
	CHECK_EQUAL(1, world->ip.counts[DROP_IGNORED]);
	CHECK_EQUAL(1, block->references);
	block_release(block);
}

/* Row 20. */
static void an_echo_to_many_is_not_answered(void **state)
{
	struct world *world = *state;
	static const uint32_t groups[] = { EVERYBODY, SUBNET, 0xe0000001 };
	const struct bytes none = { NULL, 0 };

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		struct made made = make_icmp(PEER, groups[index], ICMP_ECHO, 0, 1, none);
		CHECK_EQUAL(DROP_IGNORED, world_receive_made(world, &made));
	}
	struct made by_broadcast = make_icmp(PEER, ME, ICMP_ECHO, 0, 1, none);
	memcpy(by_broadcast.bytes, all_macs.bytes, 6);
	CHECK_EQUAL(DROP_IGNORED, world_receive_made(world, &by_broadcast));
	CHECK_EQUAL(0, world->sent_count);
}

/* Row 19. */
static void a_message_shorter_than_a_header_is_malformed(void **state)
{
	struct world *world = *state;
	static const uint8_t bytes[8] = { ICMP_ECHO };

	for (size_t size = 0; size < 8; size++) {
		struct made made =
			make_ipv4(PEER, ME, PROTOCOL_ICMP, (struct bytes){ bytes, size });
		CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	}
	CHECK_EQUAL(0, world->sent_count);
}

static void every_flipped_bit_of_a_message_is_a_bad_checksum(void **state)
{
	struct world *world = *state;
	struct made whole = make_icmp(GATEWAY, ME, ICMP_UNREACHABLE, 3, 0, quote_of(ME, 28));

	for (uint32_t bit = ICMP_AT * 8; bit < whole.size * 8; bit++) {
		struct made flipped = whole;
		flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &flipped));
	}
	CHECK_EQUAL(0, world->errors);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &whole));
}

static void every_flipped_bit_with_a_right_checksum_is_survived(void **state)
{
	struct world *world = *state;
	struct made whole = make_icmp(GATEWAY, ME, ICMP_UNREACHABLE, 4, 1000, quote_of(ME, 1500));

	for (uint32_t bit = ICMP_AT * 8; bit < whole.size * 8; bit++) {
		struct made flipped = whole;
		flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		finish_icmp(&flipped);
		world_receive_made(world, &flipped);
	}
	int errors = world->errors;
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &whole));
	CHECK_EQUAL(errors + 1, world->errors);
}

static void a_checksum_left_out_is_not_looked_for(void **state)
{
	struct world *world = *state;
	struct made made = make_icmp(GATEWAY, ME, ICMP_UNREACHABLE, 3, 0, quote_of(ME, 28));
	put16(made.bytes + ICMP_AT + 2, 0);
	struct frame *frame =
		frame_from_bytes(world->pool, (struct bytes){ made.bytes, made.size });

	frame->checksum_left_out = true;
	CHECK_EQUAL(DELIVERED, ip_input(&world->ip, world->link, frame));
	CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &made));
}

static void an_error_reaches_the_protocol_it_is_about_as_linux_maps_it(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t type, code;
		int error;
		bool hard;
	} cases[] = {
		{ 3, 0, ENETUNREACH, false },   { 3, 1, EHOSTUNREACH, false },
		{ 3, 2, ENOPROTOOPT, true },    { 3, 3, ECONNREFUSED, true },
		{ 3, 4, EMSGSIZE, true },       { 3, 5, EOPNOTSUPP, false },
		{ 3, 6, ENETUNREACH, false },   { 3, 7, EHOSTDOWN, false },
		{ 3, 8, ENONET, false },        { 3, 9, ENETUNREACH, false },
		{ 3, 10, EHOSTUNREACH, false }, { 3, 11, ENETUNREACH, false },
		{ 3, 12, EHOSTUNREACH, false }, { 3, 13, EHOSTUNREACH, false },
		{ 3, 14, EHOSTUNREACH, false }, { 3, 15, EHOSTUNREACH, false },
		{ 11, 0, EHOSTUNREACH, false }, { 11, 1, EHOSTUNREACH, false },
		{ 12, 0, EPROTO, false },
	};

	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		CHECK_EQUAL(DELIVERED, report(world, cases[index].type, cases[index].code, 576,
					      quote_of(ME, 1500)));
		CHECK_EQUAL(index + 1, world->errors);
		CHECK_EQUAL(cases[index].error, world->error.error);
		CHECK_EQUAL(cases[index].hard, world->error.hard);
		CHECK_EQUAL(cases[index].error == EMSGSIZE ? 576 : 0, world->error.mtu);
		CHECK_EQUAL(cases[index].type, world->error.type);
		CHECK_EQUAL(cases[index].code, world->error.code);
		assert_false(world->error.local);
		CHECK_EQUAL(ME, address_to_v4(&world->error.source));
		CHECK_EQUAL(STRANGER, address_to_v4(&world->error.destination));
		CHECK_EQUAL(8, world->error.transport.size);
		assert_memory_equal(world->transport, "\1\2\3\4\5\6\7\10", 8);
	}
	CHECK_EQUAL(0, world->sent_count);
}

/* Row 19. */
static void a_quote_cut_short_is_malformed(void **state)
{
	struct world *world = *state;

	for (size_t size = 0; size < 28; size++) {
		struct bytes quote = { quote_of(ME, 1500).at, size };
		CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP_UNREACHABLE, 3, 0, quote));
	}
	CHECK_EQUAL(0, world->errors);
}

static void a_quote_with_a_wrong_header_is_malformed(void **state)
{
	struct world *world = *state;
	static const uint8_t firsts[] = { 0x05, 0x55, 0x65, 0xf5, 0x40, 0x44, 0x46, 0x4f };

	for (size_t index = 0; index < COUNT_OF(firsts); index++) {
		uint8_t quote[28];
		memcpy(quote, quote_of(ME, 1500).at, 28);
		quote[0] = firsts[index];
		CHECK_EQUAL(DROP_MALFORMED,
			    report(world, ICMP_UNREACHABLE, 3, 0, (struct bytes){ quote, 28 }));
	}
	CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP_UNREACHABLE, 3, 0, quote_of(ME, 19)));
	CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP_UNREACHABLE, 3, 0, quote_of(ME, 27)));
	CHECK_EQUAL(0, world->errors);
}

static void a_quote_with_options_is_read_behind_them(void **state)
{
	struct world *world = *state;
	uint8_t quote[60 + 8] = { 0 };

	memcpy(quote, quote_of(ME, 1500).at, 20);
	quote[0] = 0x4f;
	memset(quote + 20, 1, 40);
	quote[60] = 99;
	CHECK_EQUAL(DELIVERED,
		    report(world, ICMP_UNREACHABLE, 3, 0, (struct bytes){ quote, sizeof quote }));
	CHECK_EQUAL(99, world->transport[0]);
}

static void a_quote_that_is_not_ours_is_not_believed(void **state)
{
	struct world *world = *state;
	uint8_t quote[28];

	CHECK_EQUAL(DROP_NOT_OURS, report(world, ICMP_UNREACHABLE, 3, 0, quote_of(PEER, 28)));
	CHECK_EQUAL(DROP_NOT_OURS, report(world, ICMP_UNREACHABLE, 3, 0, quote_of(0, 28)));
	memcpy(quote, quote_of(ME, 28).at, 28);
	quote[9] = 77; /* a protocol we do not have */
	CHECK_EQUAL(DROP_NO_PROTOCOL,
		    report(world, ICMP_UNREACHABLE, 3, 0, (struct bytes){ quote, 28 }));
	quote[9] = PROTOCOL_ICMP; /* an error about an error */
	quote[20] = ICMP_UNREACHABLE;
	CHECK_EQUAL(DROP_NO_PROTOCOL,
		    report(world, ICMP_UNREACHABLE, 3, 0, (struct bytes){ quote, 28 }));
	quote[9] = SPY;
	put16(quote + 6, 1); /* a later fragment */
	CHECK_EQUAL(DROP_IGNORED,
		    report(world, ICMP_UNREACHABLE, 3, 0, (struct bytes){ quote, 28 }));
	CHECK_EQUAL(0, world->errors);
	CHECK_EQUAL(0, world->sent_count);
}

/* Row 21. */
static void a_smaller_mtu_has_a_floor_and_is_smaller(void **state)
{
	struct world *world = *state;
	static const struct {
		uint32_t rest;
		uint16_t total, mtu; /* 0: not believed */
	} cases[] = {
		{ 1400, 1500, 1400 }, { 0xabcd0000 + 1400, 1500, 1400 },
		{ 1, 1500, 552 },     { 68, 1500, 552 },
		{ 551, 1500, 552 },   { 575, 1500, 575 },
		{ 1279, 1500, 1279 }, { 1499, 1500, 1499 },
		{ 1500, 1500, 0 },    { 65535, 1500, 0 },
		{ 9000, 1500, 0 },    { 0, 1500, 1492 },
		{ 0, 1492, 1006 },    { 0, 1006, 552 },
		{ 0, 65535, 32000 },  { 0, 9000, 8166 },
		{ 0, 552, 0 },        { 68, 552, 0 },
		{ 68, 28, 0 },
	};

	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		world->error.mtu = 0;
		CHECK_EQUAL(cases[index].mtu ? DELIVERED : DROP_IGNORED,
			    report(world, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED,
				   cases[index].rest, quote_of(ME, cases[index].total)));
		CHECK_EQUAL(cases[index].mtu, world->error.mtu);
	}
}

/* Row 22. */
static void other_messages_are_counted_and_left_alone(void **state)
{
	struct world *world = *state;

	for (int type = 0; type < 256; type++) {
		if (type == ICMP_ECHO || type == ICMP_UNREACHABLE || type == ICMP_TIME_EXCEEDED ||
		    type == ICMP_PARAMETER_PROBLEM)
			continue;
		CHECK_EQUAL(DROP_IGNORED, report(world, (uint8_t)type, 0, 0, quote_of(ME, 28)));
	}
	CHECK_EQUAL(DROP_IGNORED, report(world, ICMP_UNREACHABLE, 16, 0, quote_of(ME, 28)));
	CHECK_EQUAL(0, world->errors);
	CHECK_EQUAL(0, world->sent_count);
}

static void an_unknown_protocol_is_unreachable_and_the_packet_is_quoted(void **state)
{
	struct world *world = *state;
	static const uint8_t options[4] = { 1, 1, 1, 0 };
	static const uint8_t payload[1000] = { 5, 6, 7 };
	world_meet(world, PEER);

	struct made made = make_ipv4_with(PEER, ME, 77, (struct bytes){ options, 4 },
					  (struct bytes){ payload, 1000 });
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	CHECK_EQUAL(1, world->sent_count);
	check_sent_message(world, 0);
	struct ipv4_header ipv4 = sent_ipv4(world, 0);
	CHECK_EQUAL(ME, ipv4.source);
	CHECK_EQUAL(PEER, ipv4.destination);
	CHECK_EQUAL(576, ipv4.total_size);
	const uint8_t *message = world->sent[0].bytes + ICMP_AT;
	CHECK_EQUAL(ICMP_UNREACHABLE, message[0]);
	CHECK_EQUAL(ICMP_PROTOCOL_UNREACHABLE, message[1]);
	CHECK_EQUAL(0, get32(message + 4));
	assert_memory_equal(message + 8, made.bytes + ETHERNET_HEADER_SIZE, 576 - 28);
}

static void a_short_packet_is_quoted_whole(void **state)
{
	struct world *world = *state;
	static const uint8_t payload[3] = { 5, 6, 7 };
	world_meet(world, PEER);

	struct made made = make_ipv4(PEER, ME, 77, (struct bytes){ payload, 3 });
	world_receive_made(world, &made);
	CHECK_EQUAL(20 + 8 + 23, sent_ipv4(world, 0).total_size);
	check_sent_message(world, 0);
}

static void nothing_to_many_is_answered_with_an_error(void **state)
{
	struct world *world = *state;
	static const uint8_t payload[8];
	const struct bytes bytes = { payload, 8 };
	static const uint32_t groups[] = { EVERYBODY, SUBNET, 0xe0000001 };

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		struct made made = make_ipv4(PEER, groups[index], 77, bytes);
		CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	}
	struct made by_broadcast = make_ipv4(PEER, ME, 77, bytes);
	memcpy(by_broadcast.bytes, all_macs.bytes, 6);
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &by_broadcast));
	CHECK_EQUAL(0, world->sent_count);
}

/* Row 11. */
static void packets_within_packets_are_an_unknown_protocol(void **state)
{
	struct world *world = *state;
	static const uint8_t tunnels[] = { 4, 41, 47, 94 };
	world_meet(world, PEER);

	for (size_t index = 0; index < COUNT_OF(tunnels); index++) {
		struct made inner = make_spy(PEER, ME);
		struct made made =
			make_ipv4(PEER, ME, tunnels[index],
				  (struct bytes){ inner.bytes + ETHERNET_HEADER_SIZE, 28 });
		CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &made));
	}
	CHECK_EQUAL(0, world->inputs);
}

static struct ip_packet icmp_packet(struct frame *frame, const uint8_t header[20])
{
	return (struct ip_packet){
		.frame = frame,
		.source = address_v4(PEER),
		.destination = address_v4(ME),
		.header = { header, 20 },
		.version = 4,
		.protocol = PROTOCOL_ICMP,
	};
}

static void an_error_is_never_answered_with_an_error(void **state)
{
	struct world *world = *state;
	static const uint8_t header[20] = { 0x45 };
	world_meet(world, PEER);

	for (int type = 0; type < 256; type++) {
		struct frame *frame = frame_with_room(world->pool, 8);
		frame->head[0] = (uint8_t)type;
		struct ip_packet packet = icmp_packet(frame, header);
		world->sent_count = 0;
		memset(world->ip.icmp_limit.spent_until, 0,
		       sizeof world->ip.icmp_limit.spent_until);
		icmp_unreachable(&world->ip, &packet, ICMP_PORT_UNREACHABLE);
		CHECK_EQUAL(!icmp_is_error((uint8_t)type), world->sent_count);
		frame_free(frame);
	}
}

/* Row 23. */
static void errors_are_limited_by_destination(void **state)
{
	struct world *world = *state;
	static const uint8_t payload[8];
	struct made made = make_ipv4(PEER, ME, 77, (struct bytes){ payload, 8 });
	struct made other = make_ipv4(PEER + 1, ME, 77, (struct bytes){ payload, 8 });
	world_meet(world, PEER);
	world_meet(world, PEER + 1);

	for (int count = 0; count < 100; count++)
		world_receive_made(world, &made);
	int first = world->sent_count;
	assert_true(first >= 4 && first <= 11); /* six, each costing half to one and a half */
	CHECK_EQUAL(100 - first, world->ip.counts[DROP_RATE]);
	world_receive_made(world, &other);
	CHECK_EQUAL(first + 1, world->sent_count);

	for (uint64_t now = 1; now <= 100; now++) {
		world_advance(world, now * 10 * SECOND / 100);
		for (int count = 0; count < 10; count++)
			world_receive_made(world, &made);
	}
	int in_ten_seconds = world->sent_count - first - 1;
	assert_true(in_ten_seconds >= 6 && in_ten_seconds <= 20);
}

static void the_limit_differs_from_one_burst_to_the_next(void **state)
{
	struct world *world = *state;
	struct address peer = address_v4(PEER);
	bool seen[32] = { false };
	int different = 0;

	for (uint64_t burst = 1; burst <= 50; burst++) {
		uint32_t count = 0;
		while (icmp_limit_allows(&world->ip.icmp_limit, &world->ip.random, &peer,
					 burst * 100 * SECOND))
			count++;
		assert_true(count < COUNT_OF(seen));
		different += !seen[count];
		seen[count] = true;
	}
	assert_true(different > 1);
}

static void without_memory_nothing_is_answered_and_nothing_leaks(void **state)
{
	struct world *world = *state;
	static const uint8_t payload[8];
	struct made unknown = make_ipv4(PEER, ME, 77, (struct bytes){ payload, 8 });
	struct made echo = make_icmp(PEER, ME, ICMP_ECHO, 0, 1, (struct bytes){ payload, 8 });

	for (size_t allowed = 0; allowed < 6; allowed++) {
		struct frame *frames[] = {
			frame_from_bytes(world->pool,
					 (struct bytes){ unknown.bytes, unknown.size }),
			frame_from_bytes(world->pool, (struct bytes){ echo.bytes, echo.size }),
		};
		world->memory.refusals_after = allowed;
		for (size_t index = 0; index < COUNT_OF(frames); index++)
			ip_input(&world->ip, world->link, frames[index]);
		world->memory.refusals_after = UNLIMITED;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_echo_is_answered_with_its_own_data),
		WORLD_TEST(a_large_echo_crosses_lo_and_back_without_a_copy),
		WORLD_TEST(an_echo_to_many_is_not_answered),
		WORLD_TEST(a_message_shorter_than_a_header_is_malformed),
		WORLD_TEST(every_flipped_bit_of_a_message_is_a_bad_checksum),
		WORLD_TEST(every_flipped_bit_with_a_right_checksum_is_survived),
		WORLD_TEST(a_checksum_left_out_is_not_looked_for),
		WORLD_TEST(an_error_reaches_the_protocol_it_is_about_as_linux_maps_it),
		WORLD_TEST(a_quote_cut_short_is_malformed),
		WORLD_TEST(a_quote_with_a_wrong_header_is_malformed),
		WORLD_TEST(a_quote_with_options_is_read_behind_them),
		WORLD_TEST(a_quote_that_is_not_ours_is_not_believed),
		WORLD_TEST(a_smaller_mtu_has_a_floor_and_is_smaller),
		WORLD_TEST(other_messages_are_counted_and_left_alone),
		WORLD_TEST(an_unknown_protocol_is_unreachable_and_the_packet_is_quoted),
		WORLD_TEST(a_short_packet_is_quoted_whole),
		WORLD_TEST(nothing_to_many_is_answered_with_an_error),
		WORLD_TEST(packets_within_packets_are_an_unknown_protocol),
		WORLD_TEST(an_error_is_never_answered_with_an_error),
		WORLD_TEST(errors_are_limited_by_destination),
		WORLD_TEST(the_limit_differs_from_one_burst_to_the_next),
		WORLD_TEST(without_memory_nothing_is_answered_and_nothing_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
