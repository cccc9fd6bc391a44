#include "unit/check.h"

#include "wire/igmp.h"

/* To 239.1.2.3: at most 10 seconds, robustness 2, every 125 seconds, from 10.0.0.1 and 10.0.0.2. */
static const uint8_t query[] = {
	0x11, 100, 0, 0, 239, 1, 2, 3, 0x02, 125, 0, 2, 10, 0, 0, 1, 10, 0, 0, 2,
};

/* Two records: 239.1.2.3 is excluded from nobody; 232.0.0.1 includes 10.0.0.1, with 4 bytes of auxiliary data. */
static const uint8_t report[] = {
	0x22, 0, 0, 0, 0,   0, 0, 2, 2,  0, 0, 0, 239, 1,   2,   3,
	1,    1, 0, 1, 232, 0, 0, 1, 10, 0, 0, 1, 0xa, 0xb, 0xc, 0xd,
};

static bool parse(const uint8_t *at, size_t size, struct igmp_message *igmp)
{
	uint8_t *copy = malloc(size + !size); /* what is read past it is read past what there is */
	memcpy(copy, at, size);
	bool parsed = igmp_parse((struct bytes){ copy, size }, igmp);
	free(copy);
	return parsed;
}

static void a_query_of_each_version_is_told_from_the_others(void **state)
{
	const uint8_t v1[8] = { 0x11, 0 }, v2[8] = { 0x11, 20 };
	struct igmp_message igmp;
	(void)state;

	assert_true(parse(v1, sizeof v1, &igmp));
	CHECK_EQUAL(1, igmp.version);
	CHECK_EQUAL(100, igmp.response_ds);
	assert_true(parse(v2, sizeof v2, &igmp));
	CHECK_EQUAL(2, igmp.version);
	CHECK_EQUAL(20, igmp.response_ds);
	assert_true(igmp_parse((struct bytes){ query, sizeof query }, &igmp));
	CHECK_EQUAL(3, igmp.version);
	CHECK_EQUAL(100, igmp.response_ds);
	CHECK_EQUAL(2, igmp.robustness);
	CHECK_EQUAL(125, igmp.interval_s);
	CHECK_EQUAL(0xef010203, igmp.group);
	CHECK_EQUAL(2, igmp.count);
	CHECK_EQUAL(0x0a000002, get32(igmp.sources.at + 4));
}

/* RFC 9776, 4.1: to 239.1.2.3, at most a second, robustness 2, every 125 seconds. */
static void a_query_is_written_as_it_is_read(void **state)
{
	static const uint8_t expected[] = {
		0x11, 10, 0xfb, 0x73, 239, 1, 2, 3, 0x02, 125, 0, 0,
	};
	const struct igmp_message said = {
		.group = 0xef010203, .response_ds = 10, .robustness = 2, .interval_s = 125
	};
	uint8_t message[IGMP_QUERY_V3_SIZE];
	(void)state;

	igmp_write_query(message, &said);
	assert_memory_equal(expected, message, sizeof expected);
}

/* RFC 9776, 4.1.5: the S flag. */
static void a_query_says_whether_routers_are_to_heed_it(void **state)
{
	const uint8_t suppressed[12] = { 0x11, [8] = 0x0a };
	struct igmp_message igmp;
	(void)state;

	assert_true(parse(suppressed, sizeof suppressed, &igmp));
	assert_true(igmp.suppress);
	assert_true(parse(query, sizeof query, &igmp));
	assert_false(igmp.suppress);
}

static void large_delays_are_a_mantissa_and_an_exponent(void **state)
{
	(void)state;
	CHECK_EQUAL(127, igmp_code_value(127));
	CHECK_EQUAL(128, igmp_code_value(0x80));
	CHECK_EQUAL(31744, igmp_code_value(0xff));
}

static void a_report_is_read_record_by_record(void **state)
{
	struct igmp_message igmp;
	struct igmp_record record;
	(void)state;

	assert_true(igmp_parse((struct bytes){ report, sizeof report }, &igmp));
	CHECK_EQUAL(2, igmp.count);
	assert_true(igmp_take_record(&igmp.records, &record));
	CHECK_EQUAL(IGMP_IS_EXCLUDE, record.type);
	CHECK_EQUAL(0xef010203, record.group);
	CHECK_EQUAL(0, record.count);
	assert_true(igmp_take_record(&igmp.records, &record));
	CHECK_EQUAL(IGMP_IS_INCLUDE, record.type);
	CHECK_EQUAL(0x0a000001, get32(record.sources.at));
	CHECK_EQUAL(0, igmp.records.size);
}

/* Cut to 8 bytes, a query of version 3 is one of version 2. */
static void a_truncated_message_is_refused(void **state)
{
	struct igmp_message igmp;
	(void)state;

	for (size_t size = 0; size < sizeof query; size++)
		CHECK_EQUAL(size == IGMP_HEADER_SIZE, parse(query, size, &igmp));
	for (size_t size = 0; size < sizeof report; size++)
		assert_false(parse(report, size, &igmp));
}

/* Row 44. */
static void a_count_larger_than_the_message_is_refused(void **state)
{
	uint8_t bytes[sizeof query], more[sizeof report];
	struct igmp_message igmp;
	(void)state;

	memcpy(bytes, query, sizeof query);
	put16(bytes + 10, 3);
	assert_false(parse(bytes, sizeof bytes, &igmp));
	put16(bytes + 10, 0xffff);
	assert_false(parse(bytes, sizeof bytes, &igmp));
	memcpy(more, report, sizeof report);
	put16(more + 6, 3);
	assert_false(parse(more, sizeof more, &igmp));
	put16(more + 6, 2);
	put16(more + 10, 0xffff);
	assert_false(parse(more, sizeof more, &igmp));
}

static void a_flipped_bit_breaks_the_checksum(void **state)
{
	uint8_t bytes[IGMP_HEADER_SIZE];
	(void)state;

	igmp_write(bytes, IGMP_REPORT_V2, 0, 0xef010203);
	assert_true(igmp_checksum_holds((struct bytes){ bytes, sizeof bytes }));
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(igmp_checksum_holds((struct bytes){ bytes, sizeof bytes }));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void no_flipped_bit_makes_a_parser_read_past_the_end(void **state)
{
	uint8_t bytes[sizeof report];
	struct igmp_message igmp;
	(void)state;

	memcpy(bytes, report, sizeof report);
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		parse(bytes, sizeof bytes, &igmp);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void what_is_written_is_read_back(void **state)
{
	const uint32_t sources[] = { 0x0a000001, 0x0a000002 };
	uint8_t bytes[IGMP_HEADER_SIZE + IGMP_RECORD_SIZE + sizeof sources];
	struct igmp_message igmp;
	struct igmp_record record;
	(void)state;

	CHECK_EQUAL(16, igmp_write_record(bytes + IGMP_HEADER_SIZE, IGMP_BLOCK, 0xe8000001, sources,
					  2));
	igmp_write_report(bytes, sizeof bytes, 1);
	assert_true(igmp_checksum_holds((struct bytes){ bytes, sizeof bytes }));
	assert_true(igmp_parse((struct bytes){ bytes, sizeof bytes }, &igmp));
	assert_true(igmp_take_record(&igmp.records, &record));
	CHECK_EQUAL(IGMP_BLOCK, record.type);
	CHECK_EQUAL(0xe8000001, record.group);
	CHECK_EQUAL(sources[1], get32(record.sources.at + 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_of_each_version_is_told_from_the_others),
		cmocka_unit_test(a_query_is_written_as_it_is_read),
		cmocka_unit_test(a_query_says_whether_routers_are_to_heed_it),
		cmocka_unit_test(large_delays_are_a_mantissa_and_an_exponent),
		cmocka_unit_test(a_report_is_read_record_by_record),
		cmocka_unit_test(a_truncated_message_is_refused),
		cmocka_unit_test(a_count_larger_than_the_message_is_refused),
		cmocka_unit_test(a_flipped_bit_breaks_the_checksum),
		cmocka_unit_test(no_flipped_bit_makes_a_parser_read_past_the_end),
		cmocka_unit_test(what_is_written_is_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
