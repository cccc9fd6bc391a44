#include "unit/check.h"

#include "wire/tcp.h"

/* Ports 40000 to 80, sequence 0x01020304, acknowledging 0x05060708, PSH and ACK, no options. */
static const uint8_t plain[TCP_HEADER_SIZE] = {
	0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
	0x07, 0x08, 0x50, 0x18, 0x01, 0xf6, 0xab, 0xcd, 0x00, 0x09,
};

static bool parses(const uint8_t *at, size_t size)
{
	struct tcp_header tcp;
	return tcp_parse((struct bytes){ at, size }, &tcp);
}

static void check_options(const struct tcp_options *expected, const struct tcp_options *actual)
{
	CHECK_EQUAL(expected->has_mss, actual->has_mss);
	CHECK_EQUAL(expected->mss, actual->mss);
	CHECK_EQUAL(expected->has_window_shift, actual->has_window_shift);
	CHECK_EQUAL(expected->window_shift, actual->window_shift);
	CHECK_EQUAL(expected->has_sack_permitted, actual->has_sack_permitted);
	CHECK_EQUAL(expected->has_timestamps, actual->has_timestamps);
	CHECK_EQUAL(expected->timestamp, actual->timestamp);
	CHECK_EQUAL(expected->timestamp_echo, actual->timestamp_echo);
	CHECK_EQUAL(expected->sack_count, actual->sack_count);
	assert_memory_equal(expected->sack, actual->sack,
			    expected->sack_count * sizeof expected->sack[0]);
}

static void a_header_is_read_field_by_field(void **state)
{
	struct tcp_header tcp;
	(void)state;

	assert_true(tcp_parse((struct bytes){ plain, sizeof plain }, &tcp));
	CHECK_EQUAL(40000, tcp.source_port);
	CHECK_EQUAL(80, tcp.destination_port);
	CHECK_EQUAL(0x01020304, tcp.sequence);
	CHECK_EQUAL(0x05060708, tcp.acknowledgment);
	CHECK_EQUAL(20, tcp.header_size);
	CHECK_EQUAL(TCP_PSH | TCP_ACK, tcp.flags);
	CHECK_EQUAL(502, tcp.window);
	CHECK_EQUAL(0xabcd, tcp.checksum);
	CHECK_EQUAL(9, tcp.urgent);
	check_options(&(struct tcp_options){ 0 }, &tcp.options);
}

/* Of every flipped bit, only the data offset's make it unreadable here (there are no options), and only the four
 * reserved ones are not written again. */
static void every_flipped_bit_is_refused_or_written_as_it_was_read(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < sizeof plain * 8; bit++) {
		struct tcp_header tcp;
		uint8_t flipped[TCP_HEADER_SIZE], written[TCP_HEADER_SIZE];
		memcpy(flipped, plain, sizeof plain);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool taken = tcp_parse((struct bytes){ flipped, sizeof flipped }, &tcp);
		CHECK_EQUAL(bit / 8 != 12 || bit % 8 < 4, taken);
		if (!taken)
			continue;
		flipped[12] = 0x50;
		CHECK_EQUAL(sizeof written, tcp_header_size(&tcp));
		tcp_write(written, &tcp);
		assert_memory_equal(written, flipped, sizeof written);
	}
}

static void every_truncation_is_refused(void **state)
{
	uint8_t bytes[TCP_HEADER_MOST] = { 0 };
	(void)state;
	for (uint8_t words = 0; words < 16; words++) {
		memcpy(bytes, plain, sizeof plain);
		bytes[12] = (uint8_t)(words << 4);
		for (size_t size = 0; size <= sizeof bytes; size++)
			CHECK_EQUAL(words >= 5 && size >= words * 4u, parses(bytes, size));
	}
}

struct layout {
	const char *name;
	struct tcp_options options;
	uint8_t size;
	uint8_t bytes[TCP_OPTIONS_MOST];
};

#define MSS        .has_mss = true, .mss = 1460
#define SACK_OK    .has_sack_permitted = true
#define TIMESTAMPS .has_timestamps = true, .timestamp = 0x11223344, .timestamp_echo = 0x55667788
#define WSCALE     .has_window_shift = true, .window_shift = 7

#define MSS_BYTES 2, 4, 0x05, 0xb4
#define TS_BYTES  8, 10, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88
#define WS_BYTES  1, 3, 3, 7

static const struct layout layouts[] = {
	{ "none", { 0 }, 0, { 0 } },
	{ "SYN with timestamps",
	  { MSS, SACK_OK, TIMESTAMPS, WSCALE },
	  20,
	  { MSS_BYTES, 4, 2, TS_BYTES, WS_BYTES } },
	{ "SYN without timestamps",
	  { MSS, SACK_OK, WSCALE },
	  12,
	  { MSS_BYTES, 1, 1, 4, 2, WS_BYTES } },
	{ "SYN-ACK: MSS, SACK", { MSS, SACK_OK }, 8, { MSS_BYTES, 1, 1, 4, 2 } },
	{ "SYN-ACK: MSS, scale", { MSS, WSCALE }, 8, { MSS_BYTES, WS_BYTES } },
	{ "SYN-ACK: MSS, SACK, TS",
	  { MSS, SACK_OK, TIMESTAMPS },
	  16,
	  { MSS_BYTES, 4, 2, TS_BYTES } },
	{ "SYN-ACK: MSS, TS", { MSS, TIMESTAMPS }, 16, { MSS_BYTES, 1, 1, TS_BYTES } },
	{ "MSS", { MSS }, 4, { MSS_BYTES } },
	{ "data", { TIMESTAMPS }, 12, { 1, 1, TS_BYTES } },
	{ "one SACK block",
	  { .sack_count = 1, .sack = { { 0x01020304, 0x05060708 } } },
	  12,
	  { 1, 1, 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 } },
	{ "timestamps and three SACK blocks",
	  { TIMESTAMPS, .sack_count = 3, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 } } },
	  40,
	  { 1, 1, TS_BYTES, 1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 2, 0,
	    0, 0, 3,        0, 0, 0, 4,  0, 0, 0, 5, 0, 0, 0, 6 } },
	{ "four SACK blocks",
	  { .sack_count = 4, .sack = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } } },
	  36,
	  { 1, 1, 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0,
	    0, 4, 0, 0,  0, 5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8 } },
};

/* RFC 9293, MUST-68 and 69: NOPs in front, so that nothing is left to pad. */
static void options_lie_as_linux_lays_them_out(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(layouts); index++) {
		const struct layout *layout = &layouts[index];
		struct tcp_header tcp = { .flags = TCP_SYN, .options = layout->options };
		uint8_t written[TCP_HEADER_MOST];

		print_message("%s\n", layout->name);
		CHECK_EQUAL(TCP_HEADER_SIZE + layout->size, tcp_header_size(&tcp));
		tcp_write(written, &tcp);
		CHECK_EQUAL((TCP_HEADER_SIZE + layout->size) / 4 << 4, written[12]);
		assert_memory_equal(written + TCP_HEADER_SIZE, layout->bytes, layout->size);
	}
}

static void what_was_written_is_read_again(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(layouts); index++) {
		struct tcp_header tcp = { .options = layouts[index].options };
		struct tcp_header again;
		uint8_t written[TCP_HEADER_MOST];

		print_message("%s\n", layouts[index].name);
		tcp_write(written, &tcp);
		assert_true(tcp_parse((struct bytes){ written, tcp_header_size(&tcp) }, &again));
		check_options(&tcp.options, &again.options);
	}
}

/* Options as a peer may send them, and what is believed of them. */
static const struct layout tolerances[] = {
	{ "only padding", { 0 }, 8, { 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "forty NOPs", { 0 }, 40, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
				     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ "nothing is read behind the end", { 0 }, 8, { 0, 1, 1, 1, MSS_BYTES } },
	{ "length 0 ends", { 0 }, 8, { 99, 0, 1, 1, MSS_BYTES } },
	{ "length 1 ends", { 0 }, 8, { 99, 1, 1, 1, MSS_BYTES } },
	{ "length past the end ends", { MSS }, 8, { MSS_BYTES, 99, 5, 1, 1 } },
	{ "a kind without its length", { MSS }, 8, { MSS_BYTES, 1, 1, 1, 3 } },
	{ "an unknown kind is skipped", { MSS }, 8, { 255, 4, 2, 4, MSS_BYTES } },
	{ "an unknown kind of two bytes", { MSS }, 8, { 99, 2, 1, 1, MSS_BYTES } },
	{ "MSS of length 3", { WSCALE }, 8, { 2, 3, 5, 1, WS_BYTES } },
	{ "MSS of length 5", { 0 }, 8, { 2, 5, 5, 0xb4, 0, 1, 1, 1 } },
	{ "MSS 0", { 0 }, 4, { 2, 4, 0, 0 } },
	{ "MSS 1", { .has_mss = true, .mss = 1 }, 4, { 2, 4, 0, 1 } },
	{ "MSS 65535", { .has_mss = true, .mss = 65535 }, 4, { 2, 4, 0xff, 0xff } },
	{ "scale of length 2", { MSS }, 8, { 3, 2, 1, 1, MSS_BYTES } },
	{ "scale 15 is told as sent",
	  { .has_window_shift = true, .window_shift = 15 },
	  4,
	  { 3, 3, 15, 0 } },
	{ "scale 255 is told as sent",
	  { .has_window_shift = true, .window_shift = 255 },
	  4,
	  { 3, 3, 255, 0 } },
	{ "SACK-permitted of length 3", { MSS }, 8, { 4, 3, 0, 1, MSS_BYTES } },
	{ "timestamps of length 9", { 0 }, 12, { 8, 9, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1 } },
	{ "SACK without a block", { MSS }, 8, { 5, 2, 1, 1, MSS_BYTES } },
	{ "SACK of half a block", { MSS }, 12, { 5, 6, 0, 0, 0, 1, 1, 1, MSS_BYTES } },
	{ "SACK of a block and a byte", { 0 }, 12, { 5, 11, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0 } },
	{ "SACK reversed and equal are told as sent",
	  { .sack_count = 2, .sack = { { 9, 3 }, { 4, 4 } } },
	  20,
	  { 5, 18, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4, 1, 1 } },
	{ "the last of two MSS counts", { MSS }, 8, { 2, 4, 1, 1, MSS_BYTES } },
	{ "MD5 is skipped", { MSS }, 24, { 19, 18, 2, 4, 9, 9, 0, 0, 0, 0,        0,
					   0,  0,  0, 0, 0, 0, 0, 1, 1, MSS_BYTES } },
	{ "not aligned",
	  { WSCALE, TIMESTAMPS, MSS },
	  20,
	  { 3, 3, 7, TS_BYTES, MSS_BYTES, 0, 0, 0 } },
};

/* RFC 9293, MUST-4, 6, 7, 64 and 68. */
static void options_are_read_as_far_as_they_make_sense(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(tolerances); index++) {
		const struct layout *row = &tolerances[index];
		struct tcp_header tcp;
		uint8_t bytes[TCP_HEADER_MOST];

		print_message("%s\n", row->name);
		memcpy(bytes, plain, sizeof plain);
		memcpy(bytes + sizeof plain, row->bytes, row->size);
		bytes[12] = (uint8_t)((TCP_HEADER_SIZE + row->size) / 4 << 4);
		assert_true(tcp_parse((struct bytes){ bytes, TCP_HEADER_SIZE + row->size }, &tcp));
		check_options(&row->options, &tcp.options);
	}
}

/* With the header in memory that ends where the header does, a reader that strays is caught by the sanitizer. */
static void every_flipped_bit_in_the_options_ends_the_reading_inside(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(layouts); index++) {
		struct tcp_header tcp = { .options = layouts[index].options };
		size_t size = tcp_header_size(&tcp);
		uint8_t *bytes = malloc(size);
		assert_non_null(bytes);
		tcp_write(bytes, &tcp);
		for (size_t bit = TCP_HEADER_SIZE * 8; bit < size * 8; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_true(tcp_parse((struct bytes){ bytes, size }, &tcp));
			assert_in_range(tcp.options.sack_count, 0, TCP_SACK_BLOCKS);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(bytes);
	}
}

static void sequence_numbers_are_compared_round_the_wrap(void **state)
{
	(void)state;
	assert_true(sequence_before(UINT32_MAX, 0) && sequence_after(0, UINT32_MAX));
	assert_true(sequence_before(0xfffffff0, 0x10) && !sequence_before(0x10, 0xfffffff0));
	assert_false(sequence_before(7, 7) || sequence_after(7, 7));
	assert_true(sequence_before(0, INT32_MAX) && sequence_after(0, 0x80000001));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_is_read_field_by_field),
		cmocka_unit_test(every_flipped_bit_is_refused_or_written_as_it_was_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(options_lie_as_linux_lays_them_out),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(options_are_read_as_far_as_they_make_sense),
		cmocka_unit_test(every_flipped_bit_in_the_options_ends_the_reading_inside),
		cmocka_unit_test(sequence_numbers_are_compared_round_the_wrap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
