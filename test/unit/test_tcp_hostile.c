/* What strangers send (hostile rows 25, 26, 28, 29, 38, 41): headers cut and bent, options of every shape, windows that
 * starve. Each ends with the stream intact. */
#include "unit/tcp_world.h"

enum { TCP_AT = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE };

/* Bytes of a frame, checksums made good after the test has bent them. */
static void receive_bent(struct world *world, uint8_t *frame, size_t size)
{
	struct checksum sum = { 0 };
	struct address source = address_v4(PEER), target = address_v4(ME);
	size_t segment = size - TCP_AT;

	ipv4_write(frame + ETHERNET_HEADER_SIZE,
		   &(struct ipv4_header){ .total_size = (uint16_t)(IPV4_HEADER_SIZE + segment),
					  .ttl = 64,
					  .protocol = PROTOCOL_TCP,
					  .source = PEER,
					  .destination = ME });
	if (segment >= 18) {
		put16(frame + TCP_AT + 16, 0);
		checksum_add_pseudo(&sum, &source, &target, PROTOCOL_TCP, (uint32_t)segment);
		checksum_add(&sum, (struct bytes){ frame + TCP_AT, segment });
		put16(frame + TCP_AT + 16, checksum_finish(&sum));
	}
	world_receive(world, frame, size);
	world_settle(world);
}

/* The next hundred bytes of the stream still arrive, and nothing else has. */
static void check_intact(struct world *world)
{
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	user_reads(world, 100);
}

static void every_truncation_of_a_segment_is_dropped(void **state)
{
	struct world *world = *state;
	uint8_t frame[300];

	tcp_in_established(world);
	for (size_t size = TCP_AT; size < TCP_AT + 20; size++) {
		make_segment(world, frame,
			     &(struct segment){ .flags = TCP_ACK,
						.sequence = 1,
						.acknowledgment = 1,
						.size = 100,
						.flip = 1 });
		uint64_t before = world->host->ip.counts[DROP_MALFORMED];
		receive_bent(world, frame, size);
		CHECK_EQUAL(before + 1, world->host->ip.counts[DROP_MALFORMED]);
	}
	check_intact(world);
}

static void every_data_offset_is_judged(void **state)
{
	struct world *world = *state;
	uint8_t frame[300];

	for (uint8_t offset = 0; offset < 16; offset++) {
		tcp_in_established(world);
		size_t size = make_segment(
			world, frame,
			&(struct segment){
				.flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 12 });
		frame[TCP_AT + 12] = (uint8_t)(offset << 4);
		receive_bent(world, frame, size);
		uint32_t got = the_connection(world)->receive.size;
		CHECK_EQUAL(offset < 5 || offset > 8 ? 0 : 12 - 4 * (offset - 5), got);
		world_again(world);
	}
}

/* The checksum finds every single bit (RFC 9293, MUST-3). */
static void every_flipped_bit_of_a_segment_is_noticed(void **state)
{
	struct world *world = *state;
	uint8_t frame[300];

	tcp_in_established(world);
	size_t size = make_segment(
		world, frame,
		&(struct segment){
			.flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10 });
	for (size_t bit = TCP_AT * 8; bit < size * 8; bit++) {
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		world_receive(world, frame, size);
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	expect_silence(world);
	user_reads(world, 0);
	check_intact(world);
}

/* Zero is a checksum like any other to TCP, and a wrong one here. */
static void a_zero_checksum_and_one_of_another_address_are_refused(void **state)
{
	struct world *world = *state;
	uint8_t frame[300];

	tcp_in_established(world);
	size_t size = make_segment(
		world, frame,
		&(struct segment){
			.flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10 });
	uint16_t right = get16(frame + TCP_AT + 16);
	put16(frame + TCP_AT + 16, 0);
	world_receive(world, frame, size);
	put16(frame + TCP_AT + 16, (uint16_t)(right - 1));
	world_receive(world, frame, size);
	CHECK_EQUAL(2, world->host->ip.counts[DROP_CHECKSUM]);
	check_intact(world);
}

/* Options as bytes in a SYN, and what the listener's child makes of them (RFC 9293, MUST-4, 6, 7 and 15). */
static void options_of_every_shape_are_read_or_skipped(void **state)
{
	static const struct {
		uint8_t size;
		uint8_t bytes[40];
		uint16_t mss;
		uint8_t shift;
		bool timestamps;
	} rows[] = {
		{ 4, { 2, 4, 0x02, 0x00 }, 512, 0, false },
		{ 4, { 2, 3, 0x02, 0x00 }, 536, 0, false },
		{ 8, { 2, 5, 0x02, 0x00, 0, 0, 0, 0 }, 536, 0, false },
		{ 4, { 2, 4, 0, 0 }, 536, 0, false },
		{ 4, { 2, 4, 0, 1 }, TCP_MSS_LEAST, 0, false },
		{ 4, { 2, 4, 0, 48 }, 48, 0, false },
		{ 4, { 2, 4, 0xff, 0xff }, 65535, 0, false },
		{ 4, { 2, 0, 0, 0 }, 536, 0, false },
		{ 4, { 2, 1, 0, 0 }, 536, 0, false },
		{ 4, { 2, 40, 0, 0 }, 536, 0, false },
		{ 4, { 1, 1, 1, 2 }, 536, 0, false },
		{ 8, { 254, 4, 9, 9, 2, 4, 0x02, 0x00 }, 512, 0, false },
		{ 8, { 255, 0, 9, 9, 2, 4, 0x02, 0x00 }, 536, 0, false },
		{ 8, { 0, 0, 0, 0, 2, 4, 0x02, 0x00 }, 536, 0, false },
		{ 8, { 3, 3, 14, 1, 2, 4, 0x02, 0x00 }, 512, 14, false },
		{ 4, { 3, 3, 15, 0 }, 536, 14, false },
		{ 4, { 3, 3, 255, 0 }, 536, 14, false },
		{ 4, { 3, 2, 1, 1 }, 536, 0, false },
		{ 8, { 2, 4, 0x02, 0x00, 2, 4, 0x03, 0x00 }, 768, 0, false },
		{ 12, { 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1 }, 536, 0, true },
		{ 12, { 8, 9, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1 }, 536, 0, false },
		{ 12, { 5, 10, 9, 9, 9, 9, 1, 1, 1, 1, 0, 0 }, 536, 0, false },
		{ 12, { 5, 9, 9, 9, 9, 9, 1, 1, 1, 1, 0, 0 }, 536, 0, false },
		{ 20, { 19, 18, [18] = 1, [19] = 1 }, 536, 0, false },
		{ 40,
		  { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 2, 0 },
		  512,
		  0,
		  false },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		uint8_t frame[200];
		tcp_in_listen(world, 8);
		size_t size = make_segment(world, frame, &(struct segment){ .flags = TCP_SYN });
		memcpy(frame + TCP_AT + 20, rows[index].bytes, rows[index].size);
		frame[TCP_AT + 12] = (uint8_t)((20 + rows[index].size) / 4 << 4);
		receive_bent(world, frame, size + rows[index].size);
		world->my_isn = world->sent[0].header.sequence;
		SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
		world->timestamps = rows[index].timestamps;
		world->timestamp = 1;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		user_accepts(world);
		CHECK_EQUAL(rows[index].mss, the_connection(world)->peer_mss);
		CHECK_EQUAL(rows[index].shift, the_connection(world)->snd_shift);
		CHECK_EQUAL(rows[index].timestamps, the_connection(world)->timestamps);
		check_intact(world);
		world_again(world);
	}
}

/* Only a SYN's options negotiate; the others are read over (RFC 9293, MUST-5). */
static void options_out_of_place_change_nothing(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .options = { .has_mss = true,
				.mss = 100,
				.has_window_shift = true,
				.window_shift = 9,
				.has_sack_permitted = true,
				.has_timestamps = true,
				.timestamp = 5 });
	CHECK_EQUAL(MSS, the_connection(world)->mss);
	CHECK_EQUAL(0, the_connection(world)->snd_shift);
	CHECK_EQUAL(false, the_connection(world)->timestamps);
	check_intact(world);
}

/* SACK was not offered in this slice: blocks of any shape are skipped. */
static void sack_blocks_that_were_not_agreed_on_are_skipped(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 3 * MSS);
	world_forget_sent(world);
	for (uint32_t left = 0; left < 20; left++)
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
			   .has_window = true, .window = (uint16_t)(60000 + left),
			   .options = { .sack_count = 3,
					.sack = { { left * 700, 5 }, { 9, 9 }, { 3, 1u << 31 } } });
	expect_silence(world);
	CHECK_EQUAL(3 * MSS, the_connection(world)->send.size);
}

/* Sockstress: a peer that opens one byte at a time costs a bounded buffer, and still gets what it takes. */
static void windows_of_one_byte_move_bytes_and_end_nothing(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world->window = 1;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 50);
	for (uint32_t at = 1; at <= 50; at++) {
		if (world->expected == world->sent_count)
			world_until_sent(world);
		SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1, .size = 1);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = at + 1);
	}
	CHECK_EQUAL(0, the_connection(world)->send.size);
}

/* A peer that never reads and never answers gives nothing but the buffers of its connection to hold. */
static void a_peer_that_never_reads_holds_no_more_than_the_buffers(void **state)
{
	struct world *world = *state;
	uint8_t bytes[4096] = { 0 };

	tcp_in_established(world);
	world->window = 0;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	size_t before = world->memory.outstanding;
	while (berth_send(world->host, world->descriptor, bytes, sizeof bytes, 0) > 0)
		;
	uint32_t room = the_connection(world)->settings.send_buffer;
	assert_true(the_connection(world)->send.size <= room);
	assert_true(world->memory.outstanding - before <= room + room / 4);
}

/* An older segment's window is not a newer one's (RFC 9293, 3.10.7.4: SND.WL1, SND.WL2). */
static void an_overtaken_window_update_does_not_close_the_window(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101,
		   .has_window = true, .window = 5000);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 101,
		   .has_window = true, .window = 6000);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101,
		   .has_window = true, .window = 7);
	CHECK_EQUAL(6000, the_connection(world)->snd_wnd);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 100,
		   .has_window = true, .window = 7);
	CHECK_EQUAL(6000, the_connection(world)->snd_wnd);
}

/* RFC 9293, MUST-57: to many by the link; by IP in test_tcp_address.c. */
static void what_was_sent_to_many_is_not_answered(void **state)
{
	struct world *world = *state;
	uint8_t frame[200];

	tcp_in_listen(world, 8);
	size_t size = make_segment(world, frame, &(struct segment){ .flags = TCP_SYN });
	memset(frame, 0xff, 6); /* a broadcast on the link */
	world_receive(world, frame, size);
	expect_silence(world);
	assert_int_equal(connections_left(world), 1);
}

/* Memory refused at every point of receiving: what was not taken is not acknowledged, and comes again. */
static void no_refusal_of_memory_loses_what_was_acknowledged(void **state)
{
	struct world *world = *state;
	static uint8_t frame[FRAME_MOST];

	for (size_t refused = 0; refused < 60; refused++) {
		tcp_in_established(world);
		world->memory.refusals_after = refused;
		for (uint32_t index = 0; index < 20; index++) { /* every other first */
			uint32_t piece = (index * 2 + index / 10) % 20;
			size_t size = make_segment(world, frame,
						   &(struct segment){ .flags = TCP_ACK,
								      .sequence = 1 + piece * 1400,
								      .acknowledgment = 1,
								      .size = 1400 });
			int taken = berth_interface_input(world->host, world->link, frame, size);
			assert_true(taken == 0 || taken == -ENOMEM);
		}
		world->memory.refusals_after = UNLIMITED;
		for (int round = 0; round < 2; round++) {
			for (uint32_t piece = 0; piece < 20; piece++)
				PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + piece * 1400,
					   .acknowledgment = 1, .size = 1400);
		}
		user_reads(world, 20 * 1400);
		world_again(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_truncation_of_a_segment_is_dropped),
		WORLD_TEST(every_data_offset_is_judged),
		WORLD_TEST(every_flipped_bit_of_a_segment_is_noticed),
		WORLD_TEST(a_zero_checksum_and_one_of_another_address_are_refused),
		WORLD_TEST(options_of_every_shape_are_read_or_skipped),
		WORLD_TEST(options_out_of_place_change_nothing),
		WORLD_TEST(sack_blocks_that_were_not_agreed_on_are_skipped),
		WORLD_TEST(windows_of_one_byte_move_bytes_and_end_nothing),
		WORLD_TEST(a_peer_that_never_reads_holds_no_more_than_the_buffers),
		WORLD_TEST(an_overtaken_window_update_does_not_close_the_window),
		WORLD_TEST(what_was_sent_to_many_is_not_answered),
		WORLD_TEST(no_refusal_of_memory_loses_what_was_acknowledged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
