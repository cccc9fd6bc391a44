#include "unit/check.h"

#include "wire/icmp.h"
#include "wire/ipv4.h"

/* 10.77.0.1 to 10.77.0.2, TCP, 40 bytes in all, DF. */
static const uint8_t plain[IPV4_HEADER_SIZE] = {
	0x45, 0x00, 0x00, 0x28, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06,
	0x14, 0x00, 10,   77,   0,    1,    10,   77,   0,    2,
};

enum { PLAIN_TOTAL = 40 };

static bool parses(const uint8_t *at, size_t size, size_t present)
{
	struct ipv4_header ipv4;
	return ipv4_parse((struct bytes){ at, size }, present, &ipv4);
}

static void a_header_is_read_field_by_field(void **state)
{
	struct ipv4_header ipv4;
	(void)state;

	assert_true(ipv4_parse((struct bytes){ plain, sizeof plain }, PLAIN_TOTAL, &ipv4));
	CHECK_EQUAL(20, ipv4.header_size);
	CHECK_EQUAL(0, ipv4.tos);
	CHECK_EQUAL(40, ipv4.total_size);
	CHECK_EQUAL(0x1234, ipv4.identification);
	assert_true(ipv4.dont_fragment && !ipv4.more_fragments && !ipv4.reserved_flag);
	CHECK_EQUAL(0, ipv4.fragment_offset);
	CHECK_EQUAL(64, ipv4.ttl);
	CHECK_EQUAL(PROTOCOL_TCP, ipv4.protocol);
	CHECK_EQUAL(0x1400, ipv4.checksum);
	CHECK_EQUAL(0x0a4d0001, ipv4.source);
	CHECK_EQUAL(0x0a4d0002, ipv4.destination);
	CHECK_EQUAL(0, ipv4.options.size);
}

static void a_header_is_written_as_it_was_read(void **state)
{
	struct ipv4_header ipv4;
	uint8_t written[IPV4_HEADER_SIZE];
	(void)state;

	assert_true(ipv4_parse((struct bytes){ plain, sizeof plain }, PLAIN_TOTAL, &ipv4));
	ipv4_write(written, &ipv4);
	assert_memory_equal(written, plain, sizeof plain);
	assert_true(ipv4_checksum_holds((struct bytes){ written, sizeof written }));
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t size = 0; size < IPV4_HEADER_SIZE; size++)
		assert_false(parses(plain, size, size));
	for (size_t present = IPV4_HEADER_SIZE; present < PLAIN_TOTAL; present++)
		assert_false(parses(plain, sizeof plain, present));
	assert_true(parses(plain, sizeof plain, PLAIN_TOTAL));
}

static void padding_behind_the_packet_is_allowed_and_not_counted(void **state)
{
	struct ipv4_header ipv4;
	(void)state;
	assert_true(ipv4_parse((struct bytes){ plain, sizeof plain }, 46, &ipv4));
	CHECK_EQUAL(PLAIN_TOTAL, ipv4.total_size);
}

static void no_version_but_four_is_taken(void **state)
{
	uint8_t bytes[IPV4_HEADER_SIZE];
	(void)state;
	for (uint8_t version = 0; version < 16; version++) {
		memcpy(bytes, plain, sizeof bytes);
		bytes[0] = (uint8_t)(version << 4 | 5);
		CHECK_EQUAL(version == 4, parses(bytes, sizeof bytes, PLAIN_TOTAL));
	}
}

static void a_header_length_is_at_least_five_and_within_the_bytes(void **state)
{
	uint8_t bytes[IPV4_HEADER_MOST] = { 0 };
	(void)state;
	memcpy(bytes, plain, sizeof plain);
	bytes[3] = 60;
	for (uint8_t words = 0; words < 16; words++) {
		bytes[0] = (uint8_t)(0x40 | words);
		CHECK_EQUAL(words >= 5, parses(bytes, sizeof bytes, 60));
		CHECK_EQUAL(words >= 5 && words <= 8, parses(bytes, 32, 60));
	}
}

static void a_total_length_below_the_header_is_refused(void **state)
{
	uint8_t bytes[IPV4_HEADER_MOST] = { 0 };
	(void)state;
	memcpy(bytes, plain, sizeof plain);
	for (uint8_t total = 0; total < 60; total++) {
		bytes[0] = 0x45;
		bytes[3] = total;
		CHECK_EQUAL(total >= 20, parses(bytes, sizeof bytes, 60));
		bytes[0] = 0x4a;
		CHECK_EQUAL(total >= 40, parses(bytes, sizeof bytes, 60));
	}
}

static void flags_and_offset_are_told_apart(void **state)
{
	static const struct {
		uint16_t field;
		bool reserved, dont_fragment, more_fragments;
		uint16_t offset;
	} rows[] = {
		{ 0x8000, true, false, false, 0 },   { 0x4000, false, true, false, 0 },
		{ 0x2000, false, false, true, 0 },   { 0x6000, false, true, true, 0 },
		{ 0x0001, false, false, false, 8 },  { 0x1fff, false, false, false, 65528 },
		{ 0xffff, true, true, true, 65528 },
	};
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct ipv4_header ipv4;
		uint8_t bytes[IPV4_HEADER_SIZE], written[IPV4_HEADER_SIZE];
		memcpy(bytes, plain, sizeof bytes);
		put16(bytes + 6, rows[index].field);
		assert_true(ipv4_parse((struct bytes){ bytes, sizeof bytes }, PLAIN_TOTAL, &ipv4));
		CHECK_EQUAL(rows[index].reserved, ipv4.reserved_flag);
		CHECK_EQUAL(rows[index].dont_fragment, ipv4.dont_fragment);
		CHECK_EQUAL(rows[index].more_fragments, ipv4.more_fragments);
		CHECK_EQUAL(rows[index].offset, ipv4.fragment_offset);
		ipv4_write(written, &ipv4);
		CHECK_EQUAL(rows[index].field, get16(written + 6));
	}
}

static void any_flipped_bit_breaks_the_checksum(void **state)
{
	(void)state;
	assert_true(ipv4_checksum_holds((struct bytes){ plain, sizeof plain }));
	for (size_t bit = 0; bit < sizeof plain * 8; bit++) {
		uint8_t flipped[IPV4_HEADER_SIZE];
		memcpy(flipped, plain, sizeof flipped);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(ipv4_checksum_holds((struct bytes){ flipped, sizeof flipped }));
	}
}

/* In one's complement a sum of zero has two forms; RFC 1624 has senders write 0x0000, and both are right. */
static void a_checksum_of_ffff_is_as_good_as_zero(void **state)
{
	uint8_t bytes[IPV4_HEADER_SIZE];
	(void)state;
	memcpy(bytes, plain, sizeof bytes);
	put16(bytes + 4,
	      0x1234 + 0x1400); /* takes into the identification what the checksum held */
	put16(bytes + 10, 0);
	assert_true(ipv4_checksum_holds((struct bytes){ bytes, sizeof bytes }));
	put16(bytes + 10, 0xffff);
	assert_true(ipv4_checksum_holds((struct bytes){ bytes, sizeof bytes }));
}

struct options_row {
	uint8_t size;
	uint8_t bytes[12];
	bool hold;
	bool source_route;
};

static const struct options_row option_rows[] = {
	{ 0, { 0 }, true, false },
	{ 4, { 1, 1, 1, 0 }, true, false },
	{ 4, { 0, 131, 0, 0 }, true, false }, /* nothing is read behind the end */
	{ 1, { 7 }, false, false },           /* no length */
	{ 4, { 99, 0, 0, 0 }, false, false },
	{ 4, { 99, 1, 0, 0 }, false, false },
	{ 4, { 99, 2, 0, 0 }, true, false },
	{ 4, { 99, 4, 0, 0 }, true, false },
	{ 4, { 99, 5, 0, 0 }, false, false }, /* past the end */
	{ 4, { 1, 99, 4, 0 }, false, false },
	{ 8, { 7, 7, 4, 0, 0, 0, 0, 0 }, true, false },
	{ 8, { 7, 7, 3, 0, 0, 0, 0, 0 }, false, false }, /* points into itself */
	{ 8, { 7, 7, 5, 0, 0, 0, 0, 0 }, false, false }, /* no room for an address */
	{ 8, { 7, 7, 7, 0, 0, 0, 0, 0 }, false, false },
	{ 8, { 7, 7, 8, 0, 0, 0, 0, 0 }, true, false }, /* full */
	{ 4, { 7, 2, 0, 0 }, false, false },            /* no pointer */
	{ 4, { 7, 3, 4, 0 }, true, false },
	{ 8, { 131, 7, 4, 0, 0, 0, 0, 0 }, true, true },
	{ 8, { 131, 7, 3, 0, 0, 0, 0, 0 }, false, false },
	{ 8, { 137, 7, 8, 0, 0, 0, 0, 0 }, true, true },
	{ 12, { 148, 4, 0, 0, 137, 7, 4, 0, 0, 0, 0, 0 }, true, true },
	{ 8, { 68, 8, 5, 0, 0, 0, 0, 0 }, true, false },
	{ 8, { 68, 8, 4, 0, 0, 0, 0, 0 }, false, false },
	{ 8, { 68, 8, 6, 0, 0, 0, 0, 0 }, false, false },
	{ 8, { 68, 8, 9, 0, 0, 0, 0, 0 }, true, false },
	{ 8, { 68, 8, 5, 1, 0, 0, 0, 0 }, false, false }, /* address and time need eight */
	{ 12, { 68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, true, false },
	{ 4, { 68, 3, 5, 0 }, false, false }, /* no flags */
};

static void options_hold_where_lengths_and_pointers_stay_inside(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(option_rows); index++) {
		const struct options_row *row = &option_rows[index];
		bool source_route;
		size_t wrong_at;
		bool hold = ipv4_options_hold((struct bytes){ row->bytes, row->size },
					      &source_route, &wrong_at);
		if (hold != row->hold || (hold && source_route != row->source_route))
			fail_msg("row %zu: hold %d, source route %d", index, hold, source_route);
	}
}

static void forty_bytes_of_options_are_given_as_they_came(void **state)
{
	struct ipv4_header ipv4;
	uint8_t bytes[IPV4_HEADER_MOST];
	bool source_route;
	size_t wrong_at;
	(void)state;
	memset(bytes, 1, sizeof bytes);
	memcpy(bytes, plain, sizeof plain);
	bytes[0] = 0x4f;
	bytes[3] = 60;
	assert_true(ipv4_parse((struct bytes){ bytes, sizeof bytes }, 60, &ipv4));
	CHECK_EQUAL(60, ipv4.header_size);
	CHECK_EQUAL(40, ipv4.options.size);
	assert_ptr_equal(bytes + 20, ipv4.options.at);
	assert_true(ipv4_options_hold(ipv4.options, &source_route, &wrong_at));
}

static void an_icmp_message_is_read_and_its_header_written(void **state)
{
	const uint8_t echo[] = { 8, 0, 0x12, 0x34, 0xab, 0xcd, 0x00, 0x07, 'h', 'i' };
	struct icmp_message icmp;
	uint8_t written[ICMP_HEADER_SIZE];
	(void)state;

	assert_true(icmp_parse((struct bytes){ echo, sizeof echo }, &icmp));
	CHECK_EQUAL(ICMP_ECHO, icmp.type);
	CHECK_EQUAL(0, icmp.code);
	CHECK_EQUAL(0x1234, icmp.checksum);
	CHECK_EQUAL(0xabcd0007, icmp.rest);
	CHECK_EQUAL(2, icmp.body.size);
	assert_memory_equal(icmp.body.at, "hi", 2);

	icmp_write(written, ICMP_ECHO, 0, icmp.rest);
	assert_memory_equal(written, ((const uint8_t[]){ 8, 0, 0, 0, 0xab, 0xcd, 0, 7 }), 8);
}

static void an_icmp_message_shorter_than_its_header_is_refused(void **state)
{
	const uint8_t echo[ICMP_HEADER_SIZE] = { 8 };
	struct icmp_message icmp;
	(void)state;
	for (size_t size = 0; size < ICMP_HEADER_SIZE; size++)
		assert_false(icmp_parse((struct bytes){ echo, size }, &icmp));
	assert_true(icmp_parse((struct bytes){ echo, sizeof echo }, &icmp));
	CHECK_EQUAL(0, icmp.body.size);
}

static void what_is_no_known_question_or_answer_counts_as_an_icmp_error(void **state)
{
	static const uint8_t queries[] = { 0, 8, 9, 10, 13, 14, 15, 16, 17, 18 };
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		bool query = memchr(queries, (int)type, sizeof queries) != NULL;
		CHECK_EQUAL(!query, icmp_is_error((uint8_t)type));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_field_by_field),
		cmocka_unit_test(a_header_is_written_as_it_was_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(padding_behind_the_packet_is_allowed_and_not_counted),
		cmocka_unit_test(no_version_but_four_is_taken),
		cmocka_unit_test(a_header_length_is_at_least_five_and_within_the_bytes),
		cmocka_unit_test(a_total_length_below_the_header_is_refused),
		cmocka_unit_test(flags_and_offset_are_told_apart),
		cmocka_unit_test(any_flipped_bit_breaks_the_checksum),
		cmocka_unit_test(a_checksum_of_ffff_is_as_good_as_zero),
		cmocka_unit_test(options_hold_where_lengths_and_pointers_stay_inside),
		cmocka_unit_test(forty_bytes_of_options_are_given_as_they_came),
		cmocka_unit_test(an_icmp_message_is_read_and_its_header_written),
		cmocka_unit_test(an_icmp_message_shorter_than_its_header_is_refused),
		cmocka_unit_test(what_is_no_known_question_or_answer_counts_as_an_icmp_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
