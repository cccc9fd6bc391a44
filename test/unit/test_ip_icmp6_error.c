#include "unit/ip6_world.h"

#include "ip/icmp6_error.h"

#include <errno.h>

enum { QUOTED = IPV6_HEADER_SIZE + 8 };

/* A packet as we sent it (payload_size said), with 8 bytes of the spy's behind it. */
static struct bytes quote_of(const struct address *source, uint16_t payload_size)
{
	static uint8_t quote[QUOTED];
	struct ipv6_header lost = {
		.payload_size = payload_size,
		.next_header = SPY,
		.hop_limit = 1,
		.source = *source,
		.destination = stranger6,
	};
	ipv6_write(quote, &lost);
	memcpy(quote + IPV6_HEADER_SIZE, "\1\2\3\4\5\6\7\10", 8);
	return (struct bytes){ quote, sizeof quote };
}

static enum verdict report(struct world *world, uint8_t type, uint8_t code, uint32_t rest,
			   struct bytes quote)
{
	struct made made = make_icmp6(&gateway6, &me6, type, code, rest, quote);
	return world_receive_made(world, &made);
}

/* Linux's icmpv6_err_convert. */
static void an_error_is_told_as_linux_names_it(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t type, code;
		int error;
		bool hard;
	} cases[] = {
		{ 1, 0, ENETUNREACH, false },  { 1, 1, EACCES, true },
		{ 1, 2, EHOSTUNREACH, false }, { 1, 3, EHOSTUNREACH, false },
		{ 1, 4, ECONNREFUSED, true },  { 1, 5, EACCES, true },
		{ 1, 6, EACCES, true },        { 1, 7, EPROTO, true },
		{ 3, 0, EHOSTUNREACH, false }, { 3, 1, EHOSTUNREACH, false },
		{ 4, 0, EPROTO, true },        { 4, 1, EPROTO, true },
		{ 4, 2, EPROTO, true },        { 100, 0, EPROTO, false },
	};
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		CHECK_EQUAL(DELIVERED, report(world, cases[index].type, cases[index].code, 0,
					      quote_of(&me6, 1000)));
		CHECK_EQUAL(index + 1, world->errors);
		CHECK_EQUAL(cases[index].error, world->error.error);
		CHECK_EQUAL(cases[index].hard, world->error.hard);
		CHECK_EQUAL(cases[index].type, world->error.type);
		CHECK_EQUAL(cases[index].code, world->error.code);
		CHECK_EQUAL(SPY, world->error.protocol);
		CHECK_EQUAL(0, world->error.mtu);
		assert_false(world->error.local);
		CHECK_ADDRESS(me6, world->error.source);
		CHECK_ADDRESS(stranger6, world->error.destination);
		CHECK_ADDRESS(gateway6, world->error.offender);
		assert_memory_equal("\1\2\3\4\5\6\7\10", world->transport, 8);
	}
	CHECK_EQUAL(0, world->sent_count); /* no error about an error */
}

/* Row 21; RFC 8201, 4: not below the least MTU, and smaller than what was lost. */
static void a_packet_too_big_is_believed_within_reason(void **state)
{
	struct world *world = *state;
	static const struct {
		uint32_t said;
		uint16_t mtu; /* 0: not believed */
	} cases[] = {
		{ 0, 0 },       { 1, 0 },       { 68, 0 },   { 1279, 0 },       { 1280, 1280 },
		{ 1400, 1400 }, { 1499, 1499 }, { 1500, 0 }, { UINT32_MAX, 0 }, { 65536 + 1300, 0 },
	};
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		world->errors = 0;
		CHECK_EQUAL(cases[index].mtu ? DELIVERED : DROP_IGNORED,
			    report(world, ICMP6_PACKET_TOO_BIG, 0, cases[index].said,
				   quote_of(&me6, 1460)));
		CHECK_EQUAL(cases[index].mtu != 0, world->errors);
		if (cases[index].mtu) {
			CHECK_EQUAL(EMSGSIZE, world->error.error);
			CHECK_EQUAL(cases[index].mtu, world->error.mtu);
		}
	}
}

/* Row 19. */
static void every_truncation_of_a_quote_is_malformed(void **state)
{
	struct world *world = *state;

	for (size_t size = 0; size < QUOTED; size++) {
		struct bytes quote = { quote_of(&me6, 1000).at, size };
		CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP6_UNREACHABLE, 0, 0, quote));
	}
	CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP6_UNREACHABLE, 0, 0, quote_of(&me6, 7)));
	CHECK_EQUAL(0, world->errors);
}

static void no_flipped_bit_of_a_quote_is_taken_for_another_packet_of_ours(void **state)
{
	struct world *world = *state;
	struct bytes good = quote_of(&me6, 1000);

	for (size_t bit = 0; bit < 8 * IPV6_HEADER_SIZE; bit++) {
		uint8_t quote[QUOTED];
		memcpy(quote, good.at, sizeof quote);
		quote[bit / 8] ^= (uint8_t)(1 << bit % 8);
		report(world, ICMP6_UNREACHABLE, 0, 0, (struct bytes){ quote, sizeof quote });
	}
	for (int index = 0; index < world->errors; index++)
		CHECK_ADDRESS(me6, world->error.source);
}

static void what_quotes_a_packet_that_was_not_ours_is_dropped(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_NOT_OURS, report(world, ICMP6_UNREACHABLE, 0, 0, quote_of(&peer6, 1000)));
	CHECK_EQUAL(DROP_NOT_OURS,
		    report(world, ICMP6_UNREACHABLE, 0, 0, quote_of(&nobody6, 1000)));
	struct made made =
		make_icmp6(&gateway6, &all_nodes, ICMP6_UNREACHABLE, 0, 0, quote_of(&me6, 1000));
	CHECK_EQUAL(DROP_IGNORED, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->errors);
}

static void extension_headers_of_a_quote_are_looked_behind(void **state)
{
	struct world *world = *state;
	uint8_t quote[QUOTED + 16];
	static const uint8_t options[8] = { 44, 0, 1, 4 };

	memcpy(quote, quote_of(&me6, 1000).at, IPV6_HEADER_SIZE);
	quote[IPV6_NEXT_HEADER_AT] = 60;
	memcpy(quote + 40, options, 8);
	ipv6_write_fragment(quote + 48, SPY, 0, true, 7);
	memset(quote + 56, 9, 8);
	CHECK_EQUAL(DELIVERED, report(world, ICMP6_TIME_EXCEEDED, 0, 0,
				      (struct bytes){ quote, sizeof quote }));
	CHECK_EQUAL(SPY, world->error.protocol);
	CHECK_EQUAL(9, world->transport[0]);
	ipv6_write_fragment(quote + 48, SPY, 8, true, 7); /* row 19: no header is there */
	CHECK_EQUAL(DROP_IGNORED, report(world, ICMP6_TIME_EXCEEDED, 0, 0,
					 (struct bytes){ quote, sizeof quote }));
	CHECK_EQUAL(1, world->errors);
}

/* RFC 4884, 4.5. */
static void what_extends_an_error_is_not_taken_for_the_quote(void **state)
{
	struct world *world = *state;
	static uint8_t extended[128 + 8];

	memcpy(extended, quote_of(&me6, 1000).at, QUOTED);
	CHECK_EQUAL(DELIVERED, report(world, ICMP6_UNREACHABLE, 4, 16u << 24,
				      (struct bytes){ extended, sizeof extended }));
	CHECK_EQUAL(64, world->error.transport.size);
	CHECK_EQUAL(DROP_MALFORMED, report(world, ICMP6_UNREACHABLE, 4, 5u << 24,
					   (struct bytes){ extended, sizeof extended }));
}

/* A link-local address in a quote is of the link the report came by. */
static void an_error_about_a_link_local_packet_has_its_links_zone(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED,
		    report(world, ICMP6_UNREACHABLE, 4, 0, quote_of(&my_link_local, 1000)));
	CHECK_EQUAL(2, address_zone(&world->error.source));
}

static void a_neighbour_that_does_not_answer_is_told_to_the_protocol(void **state)
{
	struct world *world = *state;
	static const uint8_t packet[QUOTED] = { 0x60, [5] = 8,  [6] = SPY,   [7] = 64, [8] = 0xfe,
						0x80, [23] = 1, [24] = 0xfe, 0x80,     [39] = 9 };
	struct frame *frame = frame_from_bytes(world->pool, (struct bytes){ packet, QUOTED });

	icmp6_error_no_neighbour(&world->ip, world->link, frame);
	frame_free(frame);
	CHECK_EQUAL(1, world->errors);
	CHECK_EQUAL(EHOSTUNREACH, world->error.error);
	assert_true(world->error.local);
	CHECK_EQUAL(2, address_zone(&world->error.source));
	CHECK_EQUAL(2, address_zone(&world->error.destination));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(an_error_is_told_as_linux_names_it),
		WORLD6_TEST(a_packet_too_big_is_believed_within_reason),
		WORLD6_TEST(every_truncation_of_a_quote_is_malformed),
		WORLD6_TEST(no_flipped_bit_of_a_quote_is_taken_for_another_packet_of_ours),
		WORLD6_TEST(what_quotes_a_packet_that_was_not_ours_is_dropped),
		WORLD6_TEST(extension_headers_of_a_quote_are_looked_behind),
		WORLD6_TEST(what_extends_an_error_is_not_taken_for_the_quote),
		WORLD6_TEST(an_error_about_a_link_local_packet_has_its_links_zone),
		WORLD6_TEST(a_neighbour_that_does_not_answer_is_told_to_the_protocol),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
