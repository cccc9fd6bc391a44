/* Loss: RFC 5681's fast retransmit, RFC 6582's recovery, the time-out, and how the window grows. */
#include "unit/tcp_world.h"

static const struct congestion *window_of(const struct world *world)
{
	return &the_connection(world)->congestion;
}

static void peer_acknowledges(struct world *world, uint32_t acknowledgment)
{
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = acknowledgment);
}

/* Ten segments are in flight, and as many wait. */
static void with_ten_in_flight(struct world *world)
{
	tcp_in_established(world);
	user_writes(world, 20 * MSS);
	CHECK_EQUAL(10, world->sent_count - world->expected);
	world_forget_sent(world);
}

/* RFC 3042, 2: each of the first two duplicates lets one new segment go, beyond the window. */
static void the_first_duplicates_let_new_segments_go(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	for (uint32_t index = 0; index < 2; index++) {
		peer_acknowledges(world, 1);
		SENDS(world, .flags = TCP_ACK, .sequence = 1 + (10 + index) * MSS,
		      .acknowledgment = 1, .size = MSS);
		expect_silence(world);
		CHECK_EQUAL(10 * MSS, window_of(world)->window);
	}
	CHECK_EQUAL(PHASE_DISORDER, window_of(world)->phase);
}

static void three_duplicates(struct world *world)
{
	for (int index = 0; index < 3; index++)
		peer_acknowledges(world, 1);
	world->expected += 2; /* RFC 3042's */
}

static void the_third_duplicate_ack_sends_the_first_segment_again(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	three_duplicates(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	/* RFC 5681, equation 4; what RFC 3042 sent MUST NOT be counted (3.2, step 2). */
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
}

/* It is ACKs that are counted, not bytes. */
static void three_duplicates_are_enough_for_small_segments_too(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_NODELAY, 1);
	for (int index = 0; index < 5; index++)
		user_writes(world, 10);
	world_forget_sent(world);
	peer_acknowledges(world, 1);
	peer_acknowledges(world, 1);
	expect_silence(world);
	peer_acknowledges(world, 1);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
}

/* RFC 9937: half of what arrives lets something go, until the window is the threshold. Without SACK that is not over before
 * more is acknowledged than was in flight (RFC 6582, 4.1; Linux does this too). */
static void each_second_further_duplicate_lets_one_more_go(void **state)
{
	struct world *world = *state;
	uint32_t next = 12;

	with_ten_in_flight(world);
	three_duplicates(world);
	world_forget_sent(world);
	for (int index = 0; index < 8; index++)
		peer_acknowledges(world, 1);
	assert_in_range(world->sent_count, 3, 4);
	for (; world->expected < world->sent_count; next++)
		SENDS(world, .flags = TCP_ACK, .sequence = 1 + next * MSS, .acknowledgment = 1,
		      .size = MSS);
	peer_acknowledges(world, 1 + 12 * MSS);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	peer_acknowledges(world, 1 + 13 * MSS);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	assert_in_range(window_of(world)->window, 5 * MSS, 6 * MSS);
}

/* RFC 6582, 3.2, step 3, once PRR lets it go: with more than the threshold in flight that takes another duplicate (Linux
 * does this too). */
static void a_partial_ack_sends_the_next_hole_and_stays_in_recovery(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	three_duplicates(world);
	world_forget_sent(world);
	peer_acknowledges(world, 1 + 4 * MSS);
	expect_silence(world);
	CHECK_EQUAL(7 * MSS, window_of(world)->window);
	peer_acknowledges(world, 1 + 4 * MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 4 * MSS, .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
	world_forget_sent(world);
	peer_acknowledges(world, 1 + 8 * MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 8 * MSS, .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(PHASE_RECOVERY, window_of(world)->phase);
}

static void what_is_no_duplicate_is_not_counted(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	for (uint32_t index = 0; index < 5; index++) { /* with text */
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + index, .acknowledgment = 1,
			   .size = 1);
		CHECK_EQUAL(0, the_connection(world)->recovery.assumed);
	}
	for (uint16_t window = 65000; window < 65005; window++) { /* with another window */
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 6, .acknowledgment = 1,
			   .has_window = true, .window = window);
		CHECK_EQUAL(0, the_connection(world)->recovery.assumed);
	}
}

static void with_nothing_in_flight_there_are_no_duplicates(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	for (int index = 0; index < 10; index++)
		peer_acknowledges(world, 1);
	expect_silence(world);
	CHECK_EQUAL(10 * MSS, window_of(world)->window);
}

/* RFC 5681, 3.1, and 3.2's "go back": everything from the hole on, in slow start. */
static void a_time_out_begins_again_with_one_segment(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.frto = 0;
	with_ten_in_flight(world);
	CHECK_EQUAL(RTO_SHORTEST, world_until_sent(world));
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
	CHECK_EQUAL(MSS, window_of(world)->window);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
	peer_acknowledges(world, 1 + MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + MSS, .acknowledgment = 1, .size = MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 2 * MSS, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
	peer_acknowledges(world, 1 + 10 * MSS); /* only that was lost */
	for (uint32_t index = 10; index < 15; index++)
		SENDS(world, .flags = TCP_ACK, .sequence = 1 + index * MSS, .acknowledgment = 1,
		      .size = MSS);
}

/* RFC 5681, 3.1: "if a segment is lost again, ssthresh stays". */
static void a_second_time_out_does_not_halve_again(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	world_until_sent(world);
	world_forget_sent(world);
	world_until_sent(world);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
	CHECK_EQUAL(MSS, window_of(world)->window);
}

/* RFC 6582, 4.1: duplicates that the retransmissions of a time-out cause. */
static void duplicates_of_what_a_time_out_sent_again_start_no_recovery(void **state)
{
	struct world *world = *state;

	with_ten_in_flight(world);
	world_until_sent(world);
	world_forget_sent(world);
	for (int index = 0; index < 6; index++)
		peer_acknowledges(world, 1);
	expect_silence(world);
	CHECK_EQUAL(PHASE_LOSS, window_of(world)->phase);
}

/* RFC 5681, 3.1; RFC 9293, MUST-19. */
static void slow_start_doubles_and_congestion_avoidance_adds_one(void **state)
{
	struct world *world = *state;
	uint32_t at = 1;

	tcp_in_established(world);
	the_connection(world)->congestion.threshold = 20 * MSS;
	for (uint32_t round = 0; round < 4; round++) {
		uint32_t before = window_of(world)->window;
		user_writes(world, before);
		at += before;
		world_forget_sent(world);
		peer_acknowledges(world, at);
		uint32_t grown = window_of(world)->window - before;
		CHECK_EQUAL(round == 0 ? 10 * MSS : MSS, grown);
	}
}

/* Hostile row 39: an ACK cut in pieces, and an ACK of what was never sent, earn nothing. */
static void an_ack_cut_in_pieces_earns_no_more_than_a_whole_one(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10 * MSS);
	for (uint32_t at = 2; at <= 1 + MSS; at++)
		peer_acknowledges(world, at);
	CHECK_EQUAL(11 * MSS, window_of(world)->window);
	CHECK_EQUAL(DROP_BAD_ACK, PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1,
					     .acknowledgment = 1 + 100 * MSS));
	CHECK_EQUAL(11 * MSS, window_of(world)->window);
}

/* RFC 7661; Linux does this too. */
static void a_window_that_is_not_used_does_not_grow(void **state)
{
	struct world *world = *state;
	uint32_t at = 1;

	tcp_in_established(world);
	for (int round = 0; round < 20; round++) {
		user_writes(world, 2 * MSS);
		at += 2 * MSS;
		peer_acknowledges(world, at);
	}
	CHECK_EQUAL(10 * MSS, window_of(world)->window);
}

static void what_is_paced_leaves_at_its_rate(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	the_connection(world)->congestion.pacing_rate = 1000 * MSS;
	user_writes(world, 4 * MSS);
	for (uint32_t index = 0; index < 4; index++) {
		if (index > 0)
			CHECK_EQUAL(MILLISECOND, world_until_sent(world));
		SENDS(world, .flags = TCP_ACK, .sequence = 1 + index * MSS, .acknowledgment = 1,
		      .size = MSS);
		expect_silence(world);
	}
}

/* SO_MAX_PACING_RATE: a window that would give more is held back, whatever the controller. */
static void a_bound_on_the_rate_is_kept_by_any_controller(void **state)
{
	static const struct congestion_control *const controls[] = { &cubic, &newreno };

	for (size_t row = 0; row < COUNT_OF(controls); row++) {
		struct world *world = *state;
		world->host->tcp.tunables.congestion_control = controls[row];
		user_opens(world);
		set_option(world, SOL_SOCKET, SO_MAX_PACING_RATE, 100 * MSS);
		tcp_in_established(world);
		user_writes(world, 60 * MSS);
		uint32_t at = 1;
		uint64_t start = world->now;
		for (int index = 0; index < 50; index++) {
			if (world->expected == world->sent_count)
				world_until_sent(world);
			SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1,
			      .size = MSS);
			at += MSS;
			peer_acknowledges(world, at);
		}
		CHECK_EQUAL(49 * 10 * MILLISECOND, world->now - start);
		world_again(world);
	}
}

static void without_a_bound_nothing_is_paced(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, SOL_SOCKET, SO_MAX_PACING_RATE, 1000);
	CHECK_EQUAL(1000, the_connection(world)->congestion.pacing_rate);
	set_option(world, SOL_SOCKET, SO_MAX_PACING_RATE, -1);
	CHECK_EQUAL(0, the_connection(world)->congestion.pacing_rate);
	user_writes(world, 10 * MSS);
	CHECK_EQUAL(10, world->sent_count - world->expected);
}

/* Spoofed duplicates cannot push out more than the window of the peer. */
static void duplicates_without_end_do_not_pass_the_peers_window(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100 * MSS);
	for (int index = 0; index < 1000; index++)
		peer_acknowledges(world, 1);
	assert_true(the_connection(world)->snd_nxt - the_connection(world)->snd_una <= 65535);
}

static void two_gibibytes_without_a_loss_do_not_forbid_recovery(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 20 * MSS);
	the_connection(world)->recovery.high = the_connection(world)->snd_una - 0x7fffff00;
	peer_acknowledges(world, 1 + 100);
	peer_acknowledges(world, 1 + 4 * MSS);
	world_forget_sent(world);
	for (int index = 0; index < 3; index++)
		peer_acknowledges(world, 1 + 4 * MSS);
	world->expected = world->sent_count - 1;
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 4 * MSS, .acknowledgment = 1, .size = MSS);
}

static void a_lost_fin_goes_again(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	user_shuts(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 101, .acknowledgment = 1);
	peer_acknowledges(world, 101);
	world_until_sent(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 101, .acknowledgment = 1);
	peer_acknowledges(world, 102);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
}

static void text_and_fin_lost_together_go_again_together(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_CORK, 1);
	user_writes(world, 100);
	user_shuts(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	world_until_sent(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	peer_acknowledges(world, 102);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
}

/* With memory refused at the n-th allocation from here, for every n: the stream goes on when there is some again. */
static void no_refusal_of_memory_stops_a_stream(void **state)
{
	struct world *world = *state;

	for (size_t refused = 0; refused < 40; refused++) {
		tcp_in_established(world);
		uint32_t written = 0, at = 1;
		uint8_t bytes[5000];
		world->memory.refusals_after = refused;
		while (written < 100000) {
			for (uint32_t index = 0; index < sizeof bytes; index++)
				bytes[index] = pattern_at(1 + written + index);
			ssize_t taken =
				berth_send(world->host, world->descriptor, bytes, sizeof bytes, 0);
			if (taken > 0)
				written += (uint32_t)taken;
			assert_true(taken > 0 || taken == -ENOBUFS || taken == -EAGAIN);
			world_settle(world);
			for (; world->expected < world->sent_count; world->expected++) {
				const struct sent *sent = &world->sent[world->expected];
				assert_true(sent->right_bytes);
				if (sent->header.sequence - world->my_isn == at)
					at += sent->size;
			}
			world_forget_sent(world);
			world->memory.refusals_after = UNLIMITED;
			peer_acknowledges(world, at);
			if (at == 1 + written)
				continue;
			world_wait(world, SECOND);
		}
		world_again(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_first_duplicates_let_new_segments_go),
		WORLD_TEST(the_third_duplicate_ack_sends_the_first_segment_again),
		WORLD_TEST(three_duplicates_are_enough_for_small_segments_too),
		WORLD_TEST(each_second_further_duplicate_lets_one_more_go),
		WORLD_TEST(a_partial_ack_sends_the_next_hole_and_stays_in_recovery),
		WORLD_TEST(what_is_no_duplicate_is_not_counted),
		WORLD_TEST(with_nothing_in_flight_there_are_no_duplicates),
		WORLD_TEST(a_time_out_begins_again_with_one_segment),
		WORLD_TEST(a_second_time_out_does_not_halve_again),
		WORLD_TEST(duplicates_of_what_a_time_out_sent_again_start_no_recovery),
		WORLD_TEST(slow_start_doubles_and_congestion_avoidance_adds_one),
		WORLD_TEST(an_ack_cut_in_pieces_earns_no_more_than_a_whole_one),
		WORLD_TEST(a_window_that_is_not_used_does_not_grow),
		WORLD_TEST(what_is_paced_leaves_at_its_rate),
		WORLD_TEST(a_bound_on_the_rate_is_kept_by_any_controller),
		WORLD_TEST(without_a_bound_nothing_is_paced),
		WORLD_TEST(duplicates_without_end_do_not_pass_the_peers_window),
		WORLD_TEST(two_gibibytes_without_a_loss_do_not_forbid_recovery),
		WORLD_TEST(a_lost_fin_goes_again),
		WORLD_TEST(text_and_fin_lost_together_go_again_together),
		WORLD_TEST(no_refusal_of_memory_stops_a_stream),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
