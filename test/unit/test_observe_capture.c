#include "unit/check.h"

#include "observe/capture.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

/* The file, and whom to refuse. */
struct output {
	uint8_t bytes[1 << 18];
	size_t size;
	unsigned blocks;
	unsigned refused; /* from this block on ... */
	unsigned until;   /* ... and before this one */
};

struct room {
	struct counted_memory memory;
	struct pool *pool;
	struct output output;
	struct capture capture;
};

static const uint8_t mac[6] = { 2, 0x42, 10, 77, 0, 1 };

/* Bytes in the rows of their fields. */
/* clang-format off */
#define ARP_REQUEST                                                                                \
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0x42, 10, 77, 0, 1, 8, 6,                           \
	0, 1, 8, 0, 6, 4, 0, 1, 2, 0x42, 10, 77, 0, 1, 10, 77, 0, 1,                               \
	0, 0, 0, 0, 0, 0, 10, 77, 0, 2

static const uint8_t arp_request[42] = { ARP_REQUEST };

static const uint8_t file_of_one_dropped_packet[] = {
	/* Section Header Block: byte order, version 1.0, size unknown */
	0x0a, 0x0d, 0x0d, 0x0a, 44, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	4, 0, 5, 0, 'b', 'e', 'r', 't', 'h', 0, 0, 0, /* shb_userappl */
	0, 0, 0, 0, 44, 0, 0, 0,
	/* Interface Description Block: Ethernet, snapshot 65,535 */
	1, 0, 0, 0, 52, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0, 0,
	2, 0, 2, 0, 'h', '1', 0, 0,               /* if_name */
	6, 0, 6, 0, 2, 0x42, 10, 77, 0, 1, 0, 0,  /* if_MACaddr */
	9, 0, 1, 0, 9, 0, 0, 0,                   /* if_tsresol */
	0, 0, 0, 0, 52, 0, 0, 0,
	/* Enhanced Packet Block: interface 0, time 2^32 + 7, 42 bytes of 42 */
	6, 0, 0, 0, 120, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 42, 0, 0, 0, 42, 0, 0, 0,
	ARP_REQUEST, 0, 0,
	1, 0, 26, 0, /* opt_comment */
	'd', 'r', 'o', 'p', 'p', 'e', 'd', ':', ' ', 'l', 'o', 's', 't', ' ',
	'o', 'n', ' ', 't', 'h', 'e', ' ', 'c', 'a', 'b', 'l', 'e', 0, 0,
	2, 0, 4, 0, 2, 0, 0, 0, /* epb_flags: outbound */
	0, 0, 0, 0, 120, 0, 0, 0,
	/* Interface Statistics Block: interface 0, time 2^32 + 9 */
	5, 0, 0, 0, 76, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0,
	2, 0, 8, 0, 1, 0, 0, 0, 5, 0, 0, 0, /* isb_starttime */
	3, 0, 8, 0, 1, 0, 0, 0, 9, 0, 0, 0, /* isb_endtime */
	4, 0, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, /* isb_ifrecv */
	5, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* isb_ifdrop */
	0, 0, 0, 0, 76, 0, 0, 0,
};
/* clang-format on */

static int write_block(void *context, const void *data, size_t size)
{
	struct output *output = context;
	unsigned number = output->blocks++;
	if (number >= output->refused && number < output->until)
		return -1;
	assert_true(output->size + size <= sizeof output->bytes);
	memcpy(output->bytes + output->size, data, size);
	output->size += size;
	return 0;
}

static uint32_t little32(const uint8_t *at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* The index-th block of the file; fails where the file does not hang together. */
static struct bytes block_at(const struct room *room, unsigned index)
{
	const uint8_t *at = room->output.bytes;
	const uint8_t *end = at + room->output.size;
	for (;;) {
		assert_true(end - at >= 12);
		uint32_t size = little32(at + 4);
		assert_true(size % 4 == 0 && size <= (size_t)(end - at));
		CHECK_EQUAL(size, little32(at + size - 4));
		if (index-- == 0)
			return (struct bytes){ at, size };
		at += size;
	}
}

static bool holds(struct bytes block, const char *words)
{
	size_t size = strlen(words);
	for (size_t at = 0; at + size <= block.size; at++) {
		if (memcmp(block.at + at, words, size) == 0)
			return true;
	}
	return false;
}

static struct capture_config config_of(struct room *room)
{
	return (struct capture_config){
		.allocator = &room->memory.allocator,
		.write = write_block,
		.context = &room->output,
		.epoch = UINT64_C(0x100000000),
		.snapshot = 65535,
	};
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof *room);
	assert_non_null(room);
	counted_memory_init(&room->memory);
	room->pool = pool_new(&room->memory.allocator);
	struct capture_config config = config_of(room);
	assert_true(capture_init(&room->capture, &config, 5));
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	if (room->capture.block)
		capture_close(&room->capture, 9);
	pool_free(room->pool);
	check_nothing_leaked(&room->memory);
	free(room);
	return 0;
}

static void show(struct room *room, uint32_t interface, const struct frame *frame,
		 enum verdict verdict)
{
	capture_frame(&room->capture, &(struct capture_packet){
					      .now = 7,
					      .interface = interface,
					      .direction = CAPTURE_OUTBOUND,
					      .frame = frame,
					      .verdict = verdict,
				      });
}

static void show_arp(struct room *room, uint32_t interface, enum verdict verdict)
{
	struct frame *frame =
		frame_from_bytes(room->pool, (struct bytes){ arp_request, sizeof arp_request });
	show(room, interface, frame, verdict);
	frame_free(frame);
}

static void one_dropped_packet_is_written_byte_for_byte(void **state)
{
	struct room *room = *state;
	CHECK_EQUAL(0, capture_add_interface(&room->capture, "h1", mac));
	show_arp(room, 0, DROP_LOST);
	capture_close(&room->capture, 9);
	CHECK_EQUAL(sizeof file_of_one_dropped_packet, room->output.size);
	assert_memory_equal(file_of_one_dropped_packet, room->output.bytes,
			    sizeof file_of_one_dropped_packet);
}

static void only_a_dropped_frame_has_a_comment(void **state)
{
	struct room *room = *state;
	capture_add_interface(&room->capture, "h1", mac);
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		bool goes_on = verdict == DELIVERED || verdict == FORWARDED || verdict == QUEUED;
		show_arp(room, 0, (enum verdict)verdict);
		struct bytes block = block_at(room, 2 + (unsigned)verdict);
		CHECK_EQUAL(!goes_on, holds(block, "dropped: "));
		CHECK_EQUAL(!goes_on, holds(block, verdict_words((enum verdict)verdict)));
	}
}

static void a_station_that_comes_later_gets_the_next_interface(void **state)
{
	struct room *room = *state;
	CHECK_EQUAL(0, capture_add_interface(&room->capture, "h1", mac));
	show_arp(room, 0, FORWARDED);
	for (int number = 1; number < 20; number++)
		CHECK_EQUAL(number, capture_add_interface(&room->capture, "later", mac));
	show_arp(room, 19, FORWARDED);
	CHECK_EQUAL(1, block_at(room, 1).at[0]);
	CHECK_EQUAL(6, block_at(room, 2).at[0]);
	CHECK_EQUAL(1, block_at(room, 21).at[0]);
	CHECK_EQUAL(6, block_at(room, 22).at[0]);
	CHECK_EQUAL(19, little32(block_at(room, 22).at + 8));
}

static void a_frame_longer_than_the_snapshot_is_cut_and_its_size_kept(void **state)
{
	struct room *room = *state;
	struct capture_config config = config_of(room);
	capture_close(&room->capture, 5);
	room->output.size = 0;
	config.snapshot = 21;
	assert_true(capture_init(&room->capture, &config, 5));
	capture_add_interface(&room->capture, "h1", mac);
	show_arp(room, 0, FORWARDED);
	struct bytes block = block_at(room, 2);
	CHECK_EQUAL(21, little32(block.at + 20));
	CHECK_EQUAL(42, little32(block.at + 24));
	assert_memory_equal(arp_request, block.at + 28, 21);
	CHECK_EQUAL(0, block.at[28 + 21]);
	CHECK_EQUAL(2, block.at[28 + 24]);
}

static void refused_packets_are_counted_on_the_next_one(void **state)
{
	/* epb_dropcount of 2 */
	static const uint8_t drop_count[] = { 4, 0, 8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	struct room *room = *state;
	capture_add_interface(&room->capture, "h1", mac);
	capture_add_interface(&room->capture, "h2", mac);
	room->output.refused = 3;
	room->output.until = 5;
	show_arp(room, 0, FORWARDED);
	show_arp(room, 0, FORWARDED);
	show_arp(room, 1, FORWARDED);
	show_arp(room, 0, FORWARDED);
	show_arp(room, 0, FORWARDED);

	CHECK_EQUAL(88, block_at(room, 3).size); /* the other interface missed none */
	struct bytes block = block_at(room, 4);
	CHECK_EQUAL(100, block.size);
	assert_memory_equal(drop_count, block.at + 80, 12);
	CHECK_EQUAL(88, block_at(room, 5).size);

	capture_close(&room->capture, 9);
	block = block_at(room, 6);
	CHECK_EQUAL(5, block.at[0]);
	CHECK_EQUAL(4, block.at[48]);
	CHECK_EQUAL(2, block.at[60]);
}

static void a_refused_interface_is_offered_again_with_its_next_packet(void **state)
{
	struct room *room = *state;
	room->output.refused = 1;
	room->output.until = 3;
	CHECK_EQUAL(0, capture_add_interface(&room->capture, "late", mac));
	show_arp(room, 0, FORWARDED);
	CHECK_EQUAL(1, capture_add_interface(&room->capture, "early", mac));
	show_arp(room, 0, FORWARDED);
	show_arp(room, 1, FORWARDED);

	assert_true(holds(block_at(room, 1), "early"));
	assert_true(holds(block_at(room, 2), "late"));
	CHECK_EQUAL(1, little32(block_at(room, 3).at + 8));
	CHECK_EQUAL(0, little32(block_at(room, 4).at + 8));
}

static void a_capture_whose_beginning_is_refused_or_has_no_memory_is_none(void **state)
{
	struct room *room = *state;
	struct capture_config config = config_of(room);
	struct capture refused;
	room->output.refused = room->output.blocks;
	room->output.until = room->output.blocks + 1;
	assert_false(capture_init(&refused, &config, 5));
	room->memory.refusals_after = 0;
	assert_false(capture_init(&refused, &config, 5));
	CHECK_EQUAL(-1, capture_add_interface(&room->capture, "h1", mac));
	room->memory.refusals_after = UNLIMITED;
	CHECK_EQUAL(0, capture_add_interface(&room->capture, "h1", mac));
}

static void a_frame_there_is_no_memory_to_copy_is_counted_as_missing(void **state)
{
	struct room *room = *state;
	capture_add_interface(&room->capture, "h1", mac);
	struct frame *frame =
		frame_from_bytes(room->pool, (struct bytes){ arp_request, sizeof arp_request });
	room->memory.refusals_after = 0;
	show(room, 0, frame, FORWARDED);
	room->memory.refusals_after = UNLIMITED;
	show(room, 0, frame, FORWARDED);
	CHECK_EQUAL(100, block_at(room, 2).size);
	frame_free(frame);
}

/* TCP with 4,000 bytes of payload and no checksum, to be cut at 1,460. */
static struct frame *large_segment(struct room *room)
{
	struct tcp_header tcp = { .source_port = 80, .destination_port = 4000, .flags = TCP_ACK };
	struct ipv4_header ipv4 = {
		.total_size = 4040,
		.ttl = 64,
		.protocol = PROTOCOL_TCP,
		.source = 0x0a4d0001,
		.destination = 0x0a4d0002,
	};
	struct ethernet_header ethernet = { { { 2, 0, 0, 0, 0, 2 } },
					    { { 2, 0, 0, 0, 0, 1 } },
					    ETHERTYPE_IPV4 };
	struct frame *frame = frame_new(room->pool);
	struct block *block = block_new(room->pool, 4000);

	memset(block->bytes, 0x55, 4000);
	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, 4000 };
	frame->payload_size = 4000;
	frame->segment_size = 1460;
	frame->checksum_left_out = true;
	tcp_write(frame_push(frame, TCP_HEADER_SIZE), &tcp);
	ipv4_write(frame_push(frame, IPV4_HEADER_SIZE), &ipv4);
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
	return frame;
}

static void a_large_segment_is_written_as_the_frames_of_the_wire(void **state)
{
	static const uint32_t sizes[] = { 1514, 1514, 1134 };
	struct room *room = *state;
	struct frame *frame = large_segment(room);
	capture_add_interface(&room->capture, "h1", mac);
	show(room, 0, frame, DROP_QUEUE_FULL);
	for (unsigned index = 0; index < COUNT_OF(sizes); index++) {
		struct bytes block = block_at(room, 2 + index);
		CHECK_EQUAL(sizes[index], little32(block.at + 20));
		CHECK_EQUAL(sizes[index], little32(block.at + 24));
		CHECK_EQUAL(1460 * index, get32(block.at + 28 + 38)); /* sequence numbers */
		assert_true(get16(block.at + 28 + 50) != 0);          /* checksum */
		assert_true(holds(block, "dropped: queue of the link full"));
	}
	CHECK_EQUAL(5, room->output.blocks);
	assert_true(frame->checksum_left_out);
	frame_free(frame);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_dropped_packet_is_written_byte_for_byte),
		TEST(only_a_dropped_frame_has_a_comment),
		TEST(a_station_that_comes_later_gets_the_next_interface),
		TEST(a_frame_longer_than_the_snapshot_is_cut_and_its_size_kept),
		TEST(refused_packets_are_counted_on_the_next_one),
		TEST(a_refused_interface_is_offered_again_with_its_next_packet),
		TEST(a_capture_whose_beginning_is_refused_or_has_no_memory_is_none),
		TEST(a_frame_there_is_no_memory_to_copy_is_counted_as_missing),
		TEST(a_large_segment_is_written_as_the_frames_of_the_wire),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
