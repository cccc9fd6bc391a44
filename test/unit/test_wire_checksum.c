#include "unit/check.h"

#include "wire/checksum.h"

/* RFC 1071, section 3: these bytes sum to 0xddf2. */
static const uint8_t rfc1071[8] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

static void fill(uint8_t *at, size_t size)
{
	for (size_t index = 0; index < size; index++)
		at[index] = (uint8_t)(index * 167 + index / 7 + 13);
}

/* The definition, word by word. */
static uint16_t by_definition(const uint8_t *at, size_t size)
{
	uint32_t sum = 0;
	for (size_t index = 0; index < size; index++) {
		sum += index % 2 ? at[index] : (uint32_t)at[index] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static uint16_t checksum_of(const uint8_t *at, size_t size)
{
	struct checksum checksum = { 0 };
	checksum_add(&checksum, (struct bytes){ at, size });
	return checksum_finish(&checksum);
}

static void the_example_of_rfc_1071_sums_to_ddf2(void **state)
{
	(void)state;
	CHECK_EQUAL((uint16_t)~0xddf2, checksum_of(rfc1071, sizeof rfc1071));
}

static void nothing_sums_to_zero(void **state)
{
	(void)state;
	CHECK_EQUAL(0xffff, checksum_of(NULL, 0));
	CHECK_EQUAL(0xffff, checksum_of((const uint8_t[3]){ 0 }, 3));
}

static void carries_are_brought_round_however_many(void **state)
{
	static uint8_t ones[65535];
	(void)state;
	memset(ones, 0xff, sizeof ones);
	for (size_t size = 1; size < sizeof ones; size += 509)
		CHECK_EQUAL(by_definition(ones, size), checksum_of(ones, size));
}

static void every_size_and_alignment_agrees_with_the_definition(void **state)
{
	uint8_t bytes[300 + 8];
	(void)state;
	fill(bytes, sizeof bytes);
	for (size_t start = 0; start < 8; start++) {
		for (size_t size = 0; size <= 300; size++)
			CHECK_EQUAL(by_definition(bytes + start, size),
				    checksum_of(bytes + start, size));
	}
}

static void pieces_sum_to_the_whole_wherever_they_are_cut(void **state)
{
	uint8_t bytes[75];
	(void)state;
	fill(bytes, sizeof bytes);
	for (size_t first = 0; first <= sizeof bytes; first++) {
		for (size_t second = first; second <= sizeof bytes; second++) {
			struct checksum checksum = { 0 };
			checksum_add(&checksum, (struct bytes){ bytes, first });
			checksum_add(&checksum, (struct bytes){ bytes + first, second - first });
			checksum_add(&checksum,
				     (struct bytes){ bytes + second, sizeof bytes - second });
			CHECK_EQUAL(by_definition(bytes, sizeof bytes), checksum_finish(&checksum));
		}
	}
}

static void a_frame_sums_over_its_head_and_its_slices(void **state)
{
	struct counted_memory memory;
	uint8_t bytes[11];
	(void)state;
	counted_memory_init(&memory);
	fill(bytes, sizeof bytes);

	struct pool *pool = pool_new(&memory.allocator);
	struct frame *frame = frame_new(pool);
	memcpy(frame_push(frame, 3), bytes, 3);
	for (uint8_t index = 0; index < 2; index++) {
		struct block *block = block_new(pool, 4);
		memcpy(block->bytes, bytes + 3 + 4 * index, 4);
		frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, 4 };
		frame->payload_size += 4;
	}

	struct checksum checksum = { 0 };
	checksum_add_frame(&checksum, frame);
	CHECK_EQUAL(by_definition(bytes, sizeof bytes), checksum_finish(&checksum));
	frame_free(frame);
	pool_free(pool);
	check_nothing_leaked(&memory);
}

static void the_pseudo_header_of_ipv4_is_twelve_bytes(void **state)
{
	const uint8_t pseudo[] = { 10, 77, 0, 1, 10, 77, 0, 2, 0, 17, 0x12, 0x34 };
	struct address source = address_v4(0x0a4d0001);
	struct address destination = address_v4(0x0a4d0002);
	struct checksum checksum = { 0 };
	(void)state;

	checksum_add_pseudo(&checksum, &source, &destination, 17, 0x1234);
	CHECK_EQUAL(by_definition(pseudo, sizeof pseudo), checksum_finish(&checksum));
}

static void the_pseudo_header_of_ipv6_is_forty_bytes(void **state)
{
	uint8_t pseudo[40] = {
		0x20, 0x01, 0x0d, 0xb8, [15] = 1, [16] = 0xfe, [17] = 0x80, [31] = 2
	};
	struct address source, destination;
	struct checksum checksum = { 0 };
	(void)state;

	memcpy(source.bytes, pseudo, 16);
	memcpy(destination.bytes, pseudo + 16, 16);
	pseudo[32 + 1] = 0x01; /* 0x00010203 bytes: more than 16 bits */
	pseudo[32 + 2] = 0x02;
	pseudo[32 + 3] = 0x03;
	pseudo[39] = 6;
	checksum_add_pseudo(&checksum, &source, &destination, 6, 0x10203);
	CHECK_EQUAL(by_definition(pseudo, sizeof pseudo), checksum_finish(&checksum));
}

static void the_example_of_rfc_1624_updates_to_zero(void **state)
{
	(void)state;
	/* Section 4: HC 0xdd2f, m 0x5555, m' 0x3285 is 0x0000, not 0xffff. */
	CHECK_EQUAL(0x0000, checksum_update(0xdd2f, 0x5555, 0x3285));
}

static void an_update_is_what_summing_again_gives(void **state)
{
	uint8_t bytes[20];
	(void)state;
	fill(bytes, sizeof bytes);
	for (uint32_t word = 0; word < 0x10000; word += 7) {
		uint16_t before = checksum_of(bytes, sizeof bytes);
		uint16_t old = get16(bytes + 6);
		put16(bytes + 6, (uint16_t)word);
		CHECK_EQUAL(checksum_of(bytes, sizeof bytes),
			    checksum_update(before, old, (uint16_t)word));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc_1071_sums_to_ddf2),
		cmocka_unit_test(nothing_sums_to_zero),
		cmocka_unit_test(carries_are_brought_round_however_many),
		cmocka_unit_test(every_size_and_alignment_agrees_with_the_definition),
		cmocka_unit_test(pieces_sum_to_the_whole_wherever_they_are_cut),
		cmocka_unit_test(a_frame_sums_over_its_head_and_its_slices),
		cmocka_unit_test(the_pseudo_header_of_ipv4_is_twelve_bytes),
		cmocka_unit_test(the_pseudo_header_of_ipv6_is_forty_bytes),
		cmocka_unit_test(the_example_of_rfc_1624_updates_to_zero),
		cmocka_unit_test(an_update_is_what_summing_again_gives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
