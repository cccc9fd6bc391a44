#include "unit/check.h"

#include "wire/icmp6.h"

static void a_message_is_read_and_its_header_written(void **state)
{
	const uint8_t echo[] = { 128, 0, 0x12, 0x34, 0xab, 0xcd, 0x00, 0x07, 'h', 'i' };
	struct icmp6_message icmp6;
	uint8_t written[ICMP6_HEADER_SIZE];
	(void)state;

	assert_true(icmp6_parse((struct bytes){ echo, sizeof echo }, &icmp6));
	CHECK_EQUAL(ICMP6_ECHO, icmp6.type);
	CHECK_EQUAL(0, icmp6.code);
	CHECK_EQUAL(0x1234, icmp6.checksum);
	CHECK_EQUAL(0xabcd0007, icmp6.rest);
	CHECK_EQUAL(2, icmp6.body.size);
	assert_memory_equal(icmp6.body.at, "hi", 2);

	icmp6_write(written, ICMP6_PARAMETER_PROBLEM, ICMP6_UNKNOWN_OPTION, 42);
	assert_memory_equal(written, ((const uint8_t[]){ 4, 2, 0, 0, 0, 0, 0, 42 }), 8);
}

static void a_message_shorter_than_its_header_is_refused(void **state)
{
	const uint8_t echo[ICMP6_HEADER_SIZE] = { 128 };
	struct icmp6_message icmp6;
	(void)state;
	for (size_t size = 0; size < ICMP6_HEADER_SIZE; size++)
		assert_false(icmp6_parse((struct bytes){ echo, size }, &icmp6));
	assert_true(icmp6_parse((struct bytes){ echo, sizeof echo }, &icmp6));
	CHECK_EQUAL(0, icmp6.body.size);
}

static void the_high_bit_tells_errors_from_all_else(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++)
		CHECK_EQUAL(!(type & 0x80), icmp6_is_error((uint8_t)type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_and_its_header_written),
		cmocka_unit_test(a_message_shorter_than_its_header_is_refused),
		cmocka_unit_test(the_high_bit_tells_errors_from_all_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
