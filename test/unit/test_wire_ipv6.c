#include "unit/check.h"

#include "wire/ipv6.h"

/* 2001:db8::1 to fe80::2, TCP, 20 bytes of payload. */
static const uint8_t plain[IPV6_HEADER_SIZE] = {
	0x6b, 0x8a, 0xbc, 0xde, 0,    20,   6, 64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
	0,    0,    0,    1,    0xfe, 0x80, 0, 0,  0,    0,    0,    0,    0, 0, 0, 0, 0, 0, 0, 2,
};

enum { PLAIN_TOTAL = IPV6_HEADER_SIZE + 20 };

static bool parses(const uint8_t *at, size_t size, size_t present)
{
	struct ipv6_header ipv6;
	uint8_t *copy = malloc(size + !size);
	memcpy(copy, at, size);
	bool parsed = ipv6_parse((struct bytes){ copy, size }, present, &ipv6);
	free(copy);
	return parsed;
}

static void a_header_is_read_field_by_field_and_written_the_same(void **state)
{
	struct ipv6_header ipv6;
	uint8_t written[IPV6_HEADER_SIZE];
	(void)state;

	assert_true(ipv6_parse((struct bytes){ plain, sizeof plain }, PLAIN_TOTAL, &ipv6));
	CHECK_EQUAL(0xb8, ipv6.traffic_class);
	CHECK_EQUAL(0xabcde, ipv6.flow_label);
	CHECK_EQUAL(20, ipv6.payload_size);
	CHECK_EQUAL(6, ipv6.next_header);
	CHECK_EQUAL(64, ipv6.hop_limit);
	assert_memory_equal(plain + 8, ipv6.source.bytes, 16);
	assert_memory_equal(plain + 24, ipv6.destination.bytes, 16);
	ipv6_write(written, &ipv6);
	assert_memory_equal(plain, written, sizeof plain);
}

/* Rows 1 and 5. */
static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t size = 0; size < IPV6_HEADER_SIZE; size++)
		assert_false(parses(plain, size, size));
	for (size_t present = IPV6_HEADER_SIZE; present < PLAIN_TOTAL; present++)
		assert_false(parses(plain, sizeof plain, present));
	assert_true(parses(plain, sizeof plain, PLAIN_TOTAL));
	assert_true(parses(plain, sizeof plain, PLAIN_TOTAL + 6)); /* padding */
}

static void no_version_but_six_is_taken(void **state)
{
	uint8_t bytes[IPV6_HEADER_SIZE];
	(void)state;
	memcpy(bytes, plain, sizeof bytes);
	for (uint8_t version = 0; version < 16; version++) {
		bytes[0] = (uint8_t)(version << 4 | (plain[0] & 0x0f));
		CHECK_EQUAL(version == 6, parses(bytes, sizeof bytes, PLAIN_TOTAL));
	}
}

static void each_flipped_bit_is_seen_or_makes_the_header_refused(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof plain; bit++) {
		struct ipv6_header ipv6;
		uint8_t flipped[IPV6_HEADER_SIZE], written[IPV6_HEADER_SIZE];
		memcpy(flipped, plain, sizeof flipped);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (!ipv6_parse((struct bytes){ flipped, sizeof flipped }, PLAIN_TOTAL, &ipv6))
			continue;
		ipv6_write(written, &ipv6);
		assert_memory_equal(flipped, written, sizeof flipped);
	}
}

static void a_payload_length_of_zero_is_no_payload(void **state)
{
	uint8_t bytes[IPV6_HEADER_SIZE];
	struct ipv6_header ipv6;
	(void)state;
	memcpy(bytes, plain, sizeof bytes);
	put16(bytes + IPV6_PAYLOAD_SIZE_AT, 0);
	bytes[IPV6_NEXT_HEADER_AT] = PROTOCOL_HOP_BY_HOP;
	assert_true(ipv6_parse((struct bytes){ bytes, sizeof bytes }, 70000, &ipv6));
	CHECK_EQUAL(0, ipv6.payload_size);
}

/* Row 7: ::ffff:10.77.0.1 would else be taken for 10.77.0.1. */
static void a_mapped_address_is_refused_at_either_end(void **state)
{
	const struct address mapped = address_v4(0x0a4d0001);
	static const uint8_t places[] = { IPV6_SOURCE_AT, IPV6_DESTINATION_AT };
	(void)state;
	for (size_t index = 0; index < COUNT_OF(places); index++) {
		uint8_t bytes[IPV6_HEADER_SIZE];
		memcpy(bytes, plain, sizeof bytes);
		memcpy(bytes + places[index], mapped.bytes, 16);
		assert_false(parses(bytes, sizeof bytes, PLAIN_TOTAL));
	}
}

/* The zone is ours to say, and no sender's. */
static void a_link_local_address_that_brings_a_zone_is_refused(void **state)
{
	uint8_t bytes[IPV6_HEADER_SIZE];
	(void)state;
	memcpy(bytes, plain, sizeof bytes);
	bytes[IPV6_DESTINATION_AT + 3] = 1;
	assert_false(parses(bytes, sizeof bytes, PLAIN_TOTAL));
	memcpy(bytes + IPV6_DESTINATION_AT, plain + IPV6_SOURCE_AT, 16);
	memcpy(bytes + IPV6_SOURCE_AT, plain + IPV6_DESTINATION_AT, 16);
	assert_true(parses(bytes, sizeof bytes, PLAIN_TOTAL));
	bytes[IPV6_SOURCE_AT + 2] = 1;
	assert_false(parses(bytes, sizeof bytes, PLAIN_TOTAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_field_by_field_and_written_the_same),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(no_version_but_six_is_taken),
		cmocka_unit_test(each_flipped_bit_is_seen_or_makes_the_header_refused),
		cmocka_unit_test(a_payload_length_of_zero_is_no_payload),
		cmocka_unit_test(a_link_local_address_that_brings_a_zone_is_refused),
		cmocka_unit_test(a_mapped_address_is_refused_at_either_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
