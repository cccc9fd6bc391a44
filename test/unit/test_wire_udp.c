#include "unit/check.h"

#include "wire/udp.h"

/* From port 40000 to 53, "hi!": 11 bytes. */
static const uint8_t datagram[] = {
	0x9c, 0x40, 0x00, 0x35, 0x00, 0x0b, 0x12, 0x34, 'h', 'i', '!',
};

static bool parse(const uint8_t *at, size_t size, struct udp_header *udp)
{
	uint8_t *copy = malloc(size + !size); /* what is read past it is read past what there is */
	memcpy(copy, at, size);
	bool parsed = udp_parse((struct bytes){ copy, size }, size, udp);
	free(copy);
	return parsed;
}

static void a_datagram_is_read(void **state)
{
	struct udp_header udp;
	(void)state;

	assert_true(parse(datagram, sizeof datagram, &udp));
	CHECK_EQUAL(40000, udp.source_port);
	CHECK_EQUAL(53, udp.destination_port);
	CHECK_EQUAL(sizeof datagram, udp.size);
	CHECK_EQUAL(0x1234, udp.checksum);
}

static void what_is_written_is_read_back(void **state)
{
	uint8_t written[UDP_HEADER_SIZE];
	(void)state;

	udp_write(written, &(struct udp_header){ 40000, 53, 11, 0x1234 });
	assert_memory_equal(written, datagram, sizeof written);
}

static void a_truncated_datagram_is_refused(void **state)
{
	struct udp_header udp;
	(void)state;

	for (size_t size = 0; size < sizeof datagram; size++)
		assert_false(parse(datagram, size, &udp));
}

static void a_header_alone_is_an_empty_datagram(void **state)
{
	const uint8_t empty[] = { 0, 1, 0, 2, 0, 8, 0, 0 };
	struct udp_header udp;
	(void)state;

	assert_true(parse(empty, sizeof empty, &udp));
	CHECK_EQUAL(UDP_HEADER_SIZE, udp.size);
}

static void a_length_below_the_header_is_refused(void **state)
{
	uint8_t bytes[sizeof datagram];
	struct udp_header udp;
	(void)state;

	memcpy(bytes, datagram, sizeof bytes);
	for (uint8_t size = 0; size < UDP_HEADER_SIZE; size++) {
		bytes[5] = size;
		assert_false(parse(bytes, sizeof bytes, &udp));
	}
}

static void padding_behind_the_datagram_is_not_part_of_it(void **state)
{
	uint8_t padded[sizeof datagram + 7] = { 0 };
	struct udp_header udp;
	(void)state;

	memcpy(padded, datagram, sizeof datagram);
	assert_true(parse(padded, sizeof padded, &udp));
	CHECK_EQUAL(sizeof datagram, udp.size);
}

/* A flipped bit of the length is seen where it says more than there is, or less than a header. */
static void every_flipped_bit_is_seen_or_read_as_it_stands(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < UDP_HEADER_SIZE * 8; bit++) {
		uint8_t bytes[sizeof datagram];
		struct udp_header udp;
		uint8_t written[UDP_HEADER_SIZE];

		memcpy(bytes, datagram, sizeof bytes);
		bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		uint16_t size = get16(bytes + 4);
		bool possible = size >= UDP_HEADER_SIZE && size <= sizeof bytes;
		CHECK_EQUAL(possible, parse(bytes, sizeof bytes, &udp));
		if (!possible)
			continue;
		udp_write(written, &udp);
		assert_memory_equal(written, bytes, sizeof written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_is_read),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_truncated_datagram_is_refused),
		cmocka_unit_test(a_header_alone_is_an_empty_datagram),
		cmocka_unit_test(a_length_below_the_header_is_refused),
		cmocka_unit_test(padding_behind_the_datagram_is_not_part_of_it),
		cmocka_unit_test(every_flipped_bit_is_seen_or_read_as_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
