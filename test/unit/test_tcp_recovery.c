/* What follows from SACK and from its absence: RACK-TLP (RFC 8985), PRR (RFC 9937), F-RTO (RFC 5682), and what is undone
 * (RFC 4015, RFC 2883), with a round trip of 100 ms. Numbers are of segments: the first is 0. */
#include "unit/tcp_world.h"

#define RTT    (100 * MILLISECOND)
#define MARGIN (2 * MILLISECOND) /* of the timers for probes and reordering */

enum { TEN = 10 };

static const struct congestion *window_of(const struct world *world)
{
	return &the_connection(world)->congestion;
}

/* RFC 9293's numbers of the number-th segment. */
static uint32_t at(uint32_t number)
{
	return 1 + number * MSS;
}

static void in_established_with_sack(struct world *world)
{
	tcp_in_syn_sent(world);
	world_wait(world, RTT);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS, .has_sack_permitted = true });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	world->window = 65000;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
}

/* So many segments are queued, ten in flight, and a round trip has passed. */
static void with_ten_in_flight(struct world *world, uint32_t queued)
{
	in_established_with_sack(world);
	user_writes(world, queued * MSS);
	CHECK_EQUAL(TEN, world->sent_count - world->expected);
	world_forget_sent(world);
	world_wait(world, RTT);
	expect_silence(world);
}

static void check_sent(struct world *world, uint32_t count, const uint32_t *numbers)
{
	for (uint32_t index = 0; index < count; index++)
		SENDS(world, .flags = TCP_ACK, .sequence = at(numbers[index]), .acknowledgment = 1,
		      .size = MSS);
	expect_silence(world);
}

/* The segments of these numbers went, and no other. */
#define WENT(world, ...)                                                                           \
	check_sent(world, sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t),                  \
		   (const uint32_t[]){ __VA_ARGS__ })

struct sacked {
	uint32_t first, end;
};

static enum verdict peer_tells(struct world *world, uint32_t acknowledged, uint32_t count,
			       const struct sacked *blocks)
{
	struct segment segment = {
		.flags = TCP_ACK,
		.sequence = 1,
		.acknowledgment = at(acknowledged),
		.options.sack_count = (uint8_t)count,
	};

	for (uint32_t index = 0; index < count; index++)
		segment.options.sack[index] =
			(struct tcp_sack_block){ world->my_isn + at(blocks[index].first),
						 world->my_isn + at(blocks[index].end) };
	return peer_sends(world, &segment);
}

#define PEER_TELLS(world, acknowledged, ...)                                                       \
	peer_tells(world, acknowledged,                                                            \
		   sizeof((struct sacked[]){ __VA_ARGS__ }) / sizeof(struct sacked),               \
		   (const struct sacked[]){ __VA_ARGS__ })

static void peer_acknowledges(struct world *world, uint32_t acknowledged)
{
	peer_tells(world, acknowledged, 0, NULL);
}

/* RFC 8985, 6.2, step 4 and 5: three that have overtaken it are enough while no reordering was seen. */
static void what_three_have_overtaken_is_lost_at_once(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 20);
	PEER_TELLS(world, 0, { 1, 2 });
	WENT(world, 10); /* RFC 3042 */
	PEER_TELLS(world, 0, { 1, 3 });
	WENT(world, 11);
	CHECK_EQUAL(PHASE_DISORDER, window_of(world)->phase);
	PEER_TELLS(world, 0, { 1, 4 });
	WENT(world, 0);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
}

/* Step 5's timer: fewer say so when a quarter of the round trip has passed. */
static void what_one_has_overtaken_is_lost_after_a_quarter_of_a_round_trip(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	PEER_TELLS(world, 0, { 1, 2 });
	expect_silence(world);
	CHECK_EQUAL(RTT / 4 + MARGIN, world_until_sent(world));
	WENT(world, 0);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
}

/* RFC 2018, 5: what was SACKed is not sent again. */
static void only_what_is_missing_goes_again(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	PEER_TELLS(world, 0, { 8, 10 }, { 4, 7 }, { 1, 3 });
	WENT(world, 0, 3, 7);
	peer_acknowledges(world, 10);
	expect_silence(world);
	CHECK_EQUAL(0, the_connection(world)->board.count);
}

/* RFC 8985, 3.3: what was sent after the retransmission has arrived. */
static void a_retransmission_that_is_lost_goes_again(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 20);
	PEER_TELLS(world, 0, { 1, 10 });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	uint32_t new = (uint32_t)(world->sent_count - world->expected);
	assert_in_range(new, 1, 4);
	world_forget_sent(world);
	world_wait(world, RTT);
	PEER_TELLS(world, 0, { 1, 10 + new });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
}

/* RFC 8985, 7.2 and 7.3: after two round trips something new. */
static void a_silent_flight_is_probed_with_new_data(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 20);
	CHECK_EQUAL(RTT + MARGIN, world_until_sent(world)); /* one round trip has passed */
	WENT(world, 10);
	peer_acknowledges(world, 11); /* all of it was only late */
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	CHECK_EQUAL(false, the_connection(world)->recovery.probing);
}

/* Or else the last again; and if that was all that was lost, the window has still to come down (7.4.2). */
static void a_silent_flight_without_new_data_is_probed_with_its_last_segment(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	CHECK_EQUAL(RTT + MARGIN, world_until_sent(world));
	WENT(world, 9);
	world_wait(world, RTT);
	PEER_TELLS(world, 0,
		   { 9, 10 }); /* nothing but the probe arrived, and the others' time is over */
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
}

static void a_loss_that_the_probe_repaired_brings_the_window_down(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	peer_acknowledges(world, 9);
	world_until_sent(world);
	WENT(world, 9);
	peer_acknowledges(world, 10); /* it may have been the first sending's */
	uint32_t before = window_of(world)->window;
	assert_true(before >= 10 * MSS);
	user_writes(world, MSS);
	peer_acknowledges(world, 11);
	assert_true(window_of(world)->window < before);
}

static void a_probe_that_came_twice_was_not_needed(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.slow_start_after_idle = false;
	with_ten_in_flight(world, TEN);
	peer_acknowledges(world, 9);
	world_until_sent(world);
	WENT(world, 9);
	PEER_TELLS(world, 10, { 9, 10 });
	uint32_t before = window_of(world)->window;
	user_writes(world, MSS);
	peer_acknowledges(world, 11);
	CHECK_EQUAL(before, window_of(world)->window);
}

static void no_probe_goes_where_the_host_has_it_off(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.early_retrans = 0;
	with_ten_in_flight(world, 20);
	assert_true(world_until_sent(world) > RTT + MARGIN);
	WENT(world, 0);
	CHECK_EQUAL(PHASE_LOSS, window_of(world)->phase);
}

/* The probe goes, nothing answers, and the time-out comes. */
static void until_time_out(struct world *world)
{
	world_until_sent(world);
	world_forget_sent(world);
	world_until_sent(world);
	WENT(world, 0);
	CHECK_EQUAL(PHASE_LOSS, window_of(world)->phase);
	CHECK_EQUAL(MSS, window_of(world)->window);
}

/* RFC 5682, 3.1, steps 2b and 3b: new data goes first, and when what was sent once arrives, nothing was lost. */
static void a_time_out_that_was_too_early_is_undone(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 20);
	until_time_out(world);
	peer_acknowledges(world, 1);
	WENT(world, 11, 12); /* 10 was the probe */
	CHECK_EQUAL(PHASE_LOSS, window_of(world)->phase);
	peer_acknowledges(world, 3);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	assert_true(window_of(world)->window >= 10 * MSS);
	CHECK_EQUAL(0, the_connection(world)->board.lost);
}

/* Step 3a: a duplicate says that the loss was real. */
static void a_time_out_whose_loss_was_real_repairs_it(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 20);
	until_time_out(world);
	peer_acknowledges(world, 1);
	WENT(world, 11, 12);
	PEER_TELLS(world, 1, { 11, 12 });
	SENDS(world, .flags = TCP_ACK, .sequence = at(1), .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(PHASE_LOSS, window_of(world)->phase);
	assert_true(window_of(world)->window < 6 * MSS);
}

/* RFC 6298, 5.4 to 5.6, and RFC 6675, 5.1: all that is not SACKed goes again, from one segment on. */
static void after_a_time_out_what_was_not_sacked_goes_again(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.frto = 0;
	world->host->tcp.tunables.early_retrans = 0;
	with_ten_in_flight(world, TEN);
	world_until_sent(world);
	WENT(world, 0);
	peer_acknowledges(world, 1);
	WENT(world, 1, 2);
	PEER_TELLS(world, 3, { 4, 7 });
	WENT(world, 3, 7, 8, 9);
	peer_acknowledges(world, 10);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
}

/* RFC 2883; RFC 4015: everything that was sent again came twice. */
static void what_d_sack_shows_to_be_for_nothing_is_undone(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	PEER_TELLS(world, 0, { 1, 4 });
	WENT(world, 0);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
	peer_acknowledges(world, 4); /* the first sending's: late */
	PEER_TELLS(world, 4, { 0, 1 });
	assert_true(window_of(world)->window >= 10 * MSS);
	CHECK_EQUAL(true, the_connection(world)->rack.persist > 0);
}

/* RFC 3522: what comes back is older than the retransmission. */
static void what_timestamps_show_to_be_for_nothing_is_undone(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world_wait(world, RTT);
	world->timestamps = true;
	world->timestamp = 1;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS, .has_sack_permitted = true });
	user_writes(world, TEN * (MSS - 12));
	uint32_t stamp = world->sent[world->sent_count - 1].header.options.timestamp;
	world_wait(world, RTT);
	uint32_t size = MSS - 12;
	struct tcp_options options = {
		.has_timestamps = true,
		.timestamp = 1,
		.timestamp_echo = stamp,
		.sack_count = 1,
		.sack = { { world->my_isn + 1 + size, world->my_isn + 1 + 4 * size } },
	};
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .options = options);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	world_wait(world, RTT / 2);
	options.sack_count = 0;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 10 * size,
		   .options = options);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	assert_true(window_of(world)->window >= 10 * size);
}

/* RFC 9937, 5: sending goes on during recovery, half as fast as ACKs come, and ends at the threshold. */
static void the_window_comes_down_in_proportion(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 40);
	PEER_TELLS(world, 0, { 1, 2 });
	PEER_TELLS(world, 0, { 1, 3 });
	world_forget_sent(world);
	for (uint32_t end = 4; end <= 12; end++)
		PEER_TELLS(world, 0, { 1, end });
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	assert_in_range(world->sent_count, 4, 6); /* for nine ACKs */
	world_forget_sent(world);
	peer_acknowledges(world, 12);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	CHECK_EQUAL(5 * MSS, window_of(world)->window);
}

/* RFC 8985, 6.2, step 3: a hole that fills by itself is reordering, and is given time from then on. */
static void once_reordering_was_seen_three_are_not_enough(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, 40);
	PEER_TELLS(world, 0, { 1, 3 });
	peer_acknowledges(world, 3);
	CHECK_EQUAL(true, the_connection(world)->rack.reordering_seen);
	world_wait(world, RTT);
	world_forget_sent(world);
	peer_acknowledges(world, 5);
	world_forget_sent(world);
	PEER_TELLS(world, 5, { 6, 10 });
	CHECK_EQUAL(PHASE_DISORDER, window_of(world)->phase);
	for (; world->expected < world->sent_count; world->expected++)
		assert_true(world->sent[world->expected].header.sequence - world->my_isn != at(5));
	world_until_sent(world);
	SENDS(world, .flags = TCP_ACK, .sequence = at(5), .acknowledgment = 1, .size = MSS);
}

/* Hostile row 28. */
static void blocks_that_cannot_be_true_are_passed_over(void **state)
{
	static const struct sacked rows[] = {
		{ 4, 4 },   { 5, 4 },   { 9, 11 },     { 10, 12 },          { 1000000, 1000001 },
		{ 11, 20 }, { 3, 100 }, { 0, 400000 }, { 1000000, 900000 }, { 5, 0 },
	};
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		peer_tells(world, 0, 1, &rows[index]);
		CHECK_EQUAL(0, the_connection(world)->board.sacked);
		expect_silence(world);
	}
	assert_true(state_of(world) == STATE_ESTABLISHED);
}

/* Who was not permitted to send SACK says nothing by it. */
static void blocks_that_were_not_agreed_on_are_not_looked_at(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, TEN * MSS);
	world_forget_sent(world);
	PEER_TELLS(world, 0, { 1, 4 });
	CHECK_EQUAL(0, the_connection(world)->board.sacked);
}

/* RFC 2018, 8: "the data sender MUST NOT discard data before acknowledged", for the receiver may let it go again. */
static void what_was_sacked_and_let_go_again_is_sent_again(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	PEER_TELLS(world, 0, { 3, 10 });
	WENT(world, 0, 1, 2);
	peer_acknowledges(world, 3); /* and nothing of what lies behind */
	world_until_sent(world);
	SENDS(world, .flags = TCP_ACK, .sequence = at(3), .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(0, the_connection(world)->board.sacked);
	for (uint32_t number = 4; number <= 10; number++)
		peer_acknowledges(world, number);
	CHECK_EQUAL(0, the_connection(world)->board.count);
}

/* An ACK that was overtaken still SACKs. */
static void an_old_ack_with_blocks_is_looked_at(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	peer_acknowledges(world, 2);
	PEER_TELLS(world, 1, { 3, 5 });
	CHECK_EQUAL(2 * MSS, the_connection(world)->board.sacked);
}

/* Hostile row 29: it costs no more than what is in flight, and the next connection is none the worse. */
static void a_peer_that_sacks_every_second_byte_gains_nothing(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world, TEN);
	for (uint32_t byte = 2; byte < 10 * MSS; byte += 8) {
		struct segment segment = { .flags = TCP_ACK,
					   .sequence = 1,
					   .acknowledgment = 1,
					   .options.sack_count = 4 };
		for (uint32_t index = 0; index < 4; index++)
			segment.options.sack[index] =
				(struct tcp_sack_block){ world->my_isn + byte + 2 * index,
							 world->my_isn + byte + 2 * index + 1 };
		peer_sends(world, &segment);
	}
	CHECK_EQUAL(0, the_connection(world)->board.sacked);
	assert_in_range(the_connection(world)->board.count, 1, TEN);
}

static void the_path_may_narrow_while_much_is_in_flight(void **state)
{
	struct world *world = *state;
	struct tcp_connection *connection;

	with_ten_in_flight(world, TEN);
	connection = the_connection(world);
	connection_set_mss(connection, 1000);
	recovery_path_narrowed(connection);
	tcp_push(connection);
	world_settle(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 960);
	CHECK_EQUAL(10 * MSS, window_of(world)->window); /* RFC 1191: no congestion */
	peer_acknowledges(world, 10);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_three_have_overtaken_is_lost_at_once),
		WORLD_TEST(what_one_has_overtaken_is_lost_after_a_quarter_of_a_round_trip),
		WORLD_TEST(only_what_is_missing_goes_again),
		WORLD_TEST(a_retransmission_that_is_lost_goes_again),
		WORLD_TEST(a_silent_flight_is_probed_with_new_data),
		WORLD_TEST(a_silent_flight_without_new_data_is_probed_with_its_last_segment),
		WORLD_TEST(a_loss_that_the_probe_repaired_brings_the_window_down),
		WORLD_TEST(a_probe_that_came_twice_was_not_needed),
		WORLD_TEST(no_probe_goes_where_the_host_has_it_off),
		WORLD_TEST(a_time_out_that_was_too_early_is_undone),
		WORLD_TEST(a_time_out_whose_loss_was_real_repairs_it),
		WORLD_TEST(after_a_time_out_what_was_not_sacked_goes_again),
		WORLD_TEST(what_d_sack_shows_to_be_for_nothing_is_undone),
		WORLD_TEST(what_timestamps_show_to_be_for_nothing_is_undone),
		WORLD_TEST(the_window_comes_down_in_proportion),
		WORLD_TEST(once_reordering_was_seen_three_are_not_enough),
		WORLD_TEST(blocks_that_cannot_be_true_are_passed_over),
		WORLD_TEST(blocks_that_were_not_agreed_on_are_not_looked_at),
		WORLD_TEST(what_was_sacked_and_let_go_again_is_sent_again),
		WORLD_TEST(an_old_ack_with_blocks_is_looked_at),
		WORLD_TEST(a_peer_that_sacks_every_second_byte_gains_nothing),
		WORLD_TEST(the_path_may_narrow_while_much_is_in_flight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
