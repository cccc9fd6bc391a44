#include "unit/check.h"

#include "wire/mld.h"

#define GROUP        0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2
#define SOURCE(last) 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last

static const struct address group = { .bytes = { GROUP } };

/* To ff0e::102: at most 10 seconds, robustness 2, every 125 seconds, from two sources. */
static const uint8_t query[] = {
	130, 0, 0, 0, 0x27, 0x10, 0, 0, GROUP, 0x02, 125, 0, 2, SOURCE(1), SOURCE(2),
};

/* Two records: nobody is excluded; one source is included, with 4 bytes of auxiliary data. */
static const uint8_t report[] = {
	143,   0, 0, 0, 0, 0,     0,         2,   2,   0,   0,   0,
	GROUP, 1, 1, 0, 1, GROUP, SOURCE(1), 0xa, 0xb, 0xc, 0xd,
};

static bool parse(const uint8_t *at, size_t size, struct mld_message *mld)
{
	uint8_t *copy = malloc(size + !size); /* what is read past it is read past what there is */
	memcpy(copy, at, size);
	bool parsed = mld_parse((struct bytes){ copy, size }, mld);
	free(copy);
	return parsed;
}

static void a_query_of_each_version_is_told_from_the_other(void **state)
{
	const uint8_t v1[MLD_SIZE] = { 130, 0, 0, 0, 0x80, 0x00 };
	struct mld_message mld;
	(void)state;

	assert_true(parse(v1, sizeof v1, &mld));
	CHECK_EQUAL(1, mld.version);
	CHECK_EQUAL(32768, mld.response_ms);
	assert_true(address_is_unspecified(&mld.group));
	assert_true(mld_parse((struct bytes){ query, sizeof query }, &mld));
	CHECK_EQUAL(2, mld.version);
	CHECK_EQUAL(10000, mld.response_ms);
	CHECK_EQUAL(2, mld.robustness);
	CHECK_EQUAL(125, mld.interval_s);
	assert_true(address_equal(&group, &mld.group));
	CHECK_EQUAL(2, mld.count);
	CHECK_EQUAL(2, mld.sources.at[31]);
}

static void large_delays_are_a_mantissa_and_an_exponent(void **state)
{
	(void)state;
	CHECK_EQUAL(32767, mld_code_value(32767));
	CHECK_EQUAL(32768, mld_code_value(0x8000));
	CHECK_EQUAL(8387584, mld_code_value(0xffff));
}

static void a_report_is_read_record_by_record(void **state)
{
	struct mld_message mld;
	struct mld_record record;
	(void)state;

	assert_true(mld_parse((struct bytes){ report, sizeof report }, &mld));
	CHECK_EQUAL(2, mld.count);
	assert_true(mld_take_record(&mld.records, &record));
	CHECK_EQUAL(MLD_IS_EXCLUDE, record.type);
	assert_true(address_equal(&group, &record.group));
	CHECK_EQUAL(0, record.count);
	assert_true(mld_take_record(&mld.records, &record));
	CHECK_EQUAL(MLD_IS_INCLUDE, record.type);
	CHECK_EQUAL(1, record.sources.at[15]);
	CHECK_EQUAL(0, mld.records.size);
}

/* Cut to 24 bytes, a query of version 2 is one of version 1. */
static void a_truncated_message_is_refused(void **state)
{
	struct mld_message mld;
	(void)state;

	for (size_t size = 0; size < sizeof query; size++)
		CHECK_EQUAL(size == MLD_SIZE, parse(query, size, &mld));
	for (size_t size = 0; size < sizeof report; size++)
		assert_false(parse(report, size, &mld));
}

/* Row 44. */
static void a_count_larger_than_the_message_is_refused(void **state)
{
	uint8_t bytes[sizeof query], more[sizeof report];
	struct mld_message mld;
	(void)state;

	memcpy(bytes, query, sizeof query);
	put16(bytes + 26, 3);
	assert_false(parse(bytes, sizeof bytes, &mld));
	put16(bytes + 26, 0xffff);
	assert_false(parse(bytes, sizeof bytes, &mld));
	memcpy(more, report, sizeof report);
	put16(more + 6, 3);
	assert_false(parse(more, sizeof more, &mld));
	put16(more + 6, 2);
	put16(more + 10, 0xffff);
	assert_false(parse(more, sizeof more, &mld));
}

static void what_should_be_a_group_and_is_none_is_refused(void **state)
{
	static const uint8_t types[] = { 130, 131, 132 };
	const struct address one = { .bytes = { SOURCE(1) } };
	const struct address none = { .bytes = { 0 } }, mapped = address_v4(0xe0000001);
	struct mld_message mld;
	(void)state;
	for (size_t index = 0; index < COUNT_OF(types); index++) {
		uint8_t bytes[MLD_SIZE];
		mld_write(bytes, types[index], 0, &group);
		assert_true(parse(bytes, sizeof bytes, &mld));
		mld_write(bytes, types[index], 0, &one);
		assert_false(parse(bytes, sizeof bytes, &mld));
		mld_write(bytes, types[index], 0, &mapped);
		assert_false(parse(bytes, sizeof bytes, &mld));
		mld_write(bytes, types[index], 0, &none);
		CHECK_EQUAL(types[index] == ICMP6_MLD_QUERY, parse(bytes, sizeof bytes, &mld));
	}
}

static void no_flipped_bit_makes_a_parser_read_past_the_end(void **state)
{
	uint8_t bytes[sizeof report], asked[sizeof query];
	struct mld_message mld;
	(void)state;

	memcpy(bytes, report, sizeof report);
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		parse(bytes, sizeof bytes, &mld);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	memcpy(asked, query, sizeof query);
	for (size_t bit = 0; bit < 8 * sizeof asked; bit++) {
		asked[bit / 8] ^= (uint8_t)(1 << bit % 8);
		parse(asked, sizeof asked, &mld);
		asked[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void what_is_written_is_read_back(void **state)
{
	const struct address sources[] = { { .bytes = { SOURCE(1) } }, { .bytes = { SOURCE(2) } } };
	uint8_t bytes[MLD_REPORT_V2_HEADER_SIZE + MLD_RECORD_SIZE + 32];
	struct mld_message mld;
	struct mld_record record;
	(void)state;

	mld_write_report(bytes, 1);
	CHECK_EQUAL(52, mld_write_record(bytes + 8, MLD_BLOCK, &group, sources, 2));
	assert_true(mld_parse((struct bytes){ bytes, sizeof bytes }, &mld));
	assert_true(mld_take_record(&mld.records, &record));
	CHECK_EQUAL(MLD_BLOCK, record.type);
	assert_true(address_equal(&group, &record.group));
	CHECK_EQUAL(2, record.count);
	assert_memory_equal(sources[1].bytes, record.sources.at + 16, 16);
}

/* RFC 9777, 5.1: to ff05::42, at most a second, robustness 2, every 125 seconds. */
static void a_query_of_version_2_is_written_as_it_is_read(void **state)
{
	static const uint8_t expected[MLD_QUERY_V2_SIZE] = {
		130, [4] = 0x03, 0xe8, [8] = 0xff, 0x05, [23] = 0x42, 2, 125,
	};
	const struct mld_message said = {
		.group = { .bytes = { 0xff, 0x05, [15] = 0x42 } },
		.response_ms = 1000,
		.robustness = 2,
		.interval_s = 125,
	};
	uint8_t message[MLD_QUERY_V2_SIZE];
	struct mld_message mld;
	(void)state;

	mld_write_query(message, &said);
	assert_memory_equal(expected, message, sizeof expected);
	assert_true(mld_parse((struct bytes){ message, sizeof message }, &mld));
	assert_false(mld.suppress);
	message[24] |= 8; /* the S flag */
	assert_true(mld_parse((struct bytes){ message, sizeof message }, &mld));
	assert_true(mld.suppress);
	CHECK_EQUAL(2, mld.robustness);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_of_version_2_is_written_as_it_is_read),
		cmocka_unit_test(a_query_of_each_version_is_told_from_the_other),
		cmocka_unit_test(large_delays_are_a_mantissa_and_an_exponent),
		cmocka_unit_test(a_report_is_read_record_by_record),
		cmocka_unit_test(a_truncated_message_is_refused),
		cmocka_unit_test(a_count_larger_than_the_message_is_refused),
		cmocka_unit_test(what_should_be_a_group_and_is_none_is_refused),
		cmocka_unit_test(no_flipped_bit_makes_a_parser_read_past_the_end),
		cmocka_unit_test(what_is_written_is_read_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
