/* What time does to a connection: RFC 6298, RFC 1122's delayed ACK and keepalive, the probing of windows, and every way to
 * give up. */
#include "unit/tcp_world.h"

#include "tcp/rto.h"

/* RFC 6298, 2 (RFC 9293, MUST-18), with Linux's floor under the margin. */
static void the_rto_is_computed_as_rfc_6298_says(void **state)
{
	struct rto rto;
	(void)state;

	rto_init(&rto);
	CHECK_EQUAL(SECOND, rto_wait(&rto));
	rto_sample(&rto, 400 * MILLISECOND);
	CHECK_EQUAL(400 * MILLISECOND, rto.srtt_ns);
	CHECK_EQUAL(200 * MILLISECOND, rto.rttvar_ns);
	CHECK_EQUAL(1200 * MILLISECOND, rto_wait(&rto));
	rto_sample(&rto, 800 * MILLISECOND); /* RTTVAR 150 + 100, SRTT 350 + 100 */
	CHECK_EQUAL(450 * MILLISECOND, rto.srtt_ns);
	CHECK_EQUAL(250 * MILLISECOND, rto.rttvar_ns);
	CHECK_EQUAL(1450 * MILLISECOND, rto_wait(&rto));
}

static void the_rto_stays_between_its_bounds(void **state)
{
	struct rto rto;
	(void)state;

	rto_init(&rto);
	for (int round = 0; round < 100; round++)
		rto_sample(&rto, 10 * MILLISECOND);
	assert_in_range(rto_wait(&rto), 205 * MILLISECOND, 215 * MILLISECOND);
	for (int round = 0; round < 300; round++)
		rto_back_off(&rto);
	CHECK_EQUAL(RTO_MOST, rto_wait(&rto));
	rto_forget_backoff(&rto);
	assert_in_range(rto_wait(&rto), 205 * MILLISECOND, 215 * MILLISECOND);
	rto_sample(&rto, 1000 * SECOND);
	CHECK_EQUAL(RTO_MOST, rto_wait(&rto));
}

/* RFC 9293, MUST-19: the backoff. */
static void what_is_not_acknowledged_goes_again_and_each_time_later(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	for (int round = 0; round < 4; round++) {
		CHECK_EQUAL(RTO_SHORTEST << round, world_until_sent(world));
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	}
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100);
	/* RFC 6298, 5: it stays where it is until something is timed. */
	CHECK_EQUAL(RTO_SHORTEST << 4, rto_wait(&the_connection(world)->rto));
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 201);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 201, .acknowledgment = 1, .size = 100);
	CHECK_EQUAL(RTO_SHORTEST, world_until_sent(world));
}

/* RFC 6298, 3: Karn; RFC 9293, MUST-18. */
static void what_was_sent_twice_says_nothing_of_the_round_trip(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	uint64_t before = the_connection(world)->rto.srtt_ns;
	user_writes(world, 100);
	world_wait(world, 250 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101);
	CHECK_EQUAL(before, the_connection(world)->rto.srtt_ns);
	user_writes(world, 100);
	world_wait(world, 80 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 201);
	assert_in_range(the_connection(world)->rto.srtt_ns, 10 * MILLISECOND,
			10 * MILLISECOND + 10);
}

/* Exchanges of 100 bytes, each acknowledged after the round trip: how many segments went out in all. */
static int exchange(struct world *world, uint64_t round_trip, int count)
{
	int sent = 0;

	for (; count > 0; count--) {
		user_writes(world, 100);
		uint32_t echo = world->sent[world->expected].header.options.timestamp;
		world_wait(world, round_trip);
		sent += world->sent_count - world->expected;
		world->timestamp += 1000;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1,
			   .acknowledgment = 1 + world->written,
			   .options = { .has_timestamps = world->timestamps,
					.timestamp = world->timestamp,
					.timestamp_echo = echo });
		world_forget_sent(world);
	}
	return sent;
}

/* Seen as two segments sent for each needed, and a congestion window of one, to the end of the connection. */
static void a_path_slower_than_the_rto_comes_to_be_timed(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	CHECK_EQUAL(8, exchange(world, 50 * MILLISECOND, 8));
	assert_in_range(exchange(world, 600 * MILLISECOND, 3), 4, 6);
	CHECK_EQUAL(20, exchange(world, 600 * MILLISECOND, 20));
}

/* RFC 7323, 4: without a guess between. */
static void what_was_sent_twice_is_timed_by_its_timestamp(void **state)
{
	struct world *world = *state;

	world->timestamps = true;
	world->timestamp = 5000;
	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS });
	world_forget_sent(world);
	CHECK_EQUAL(8, exchange(world, 50 * MILLISECOND, 8));
	CHECK_EQUAL(2, exchange(world, 600 * MILLISECOND, 1));
	assert_in_range(the_connection(world)->rto.srtt_ns, 100 * MILLISECOND, 125 * MILLISECOND);
	CHECK_EQUAL(20, exchange(world, 600 * MILLISECOND, 20));
}

/* Echoes of what we will send, or sent longer ago than any RTO: the clock is not theirs to set. */
static void a_timestamp_that_is_none_of_ours_times_nothing(void **state)
{
	static const uint32_t offsets[] = { 1, 0x7fffffff, 0x80000000, (uint32_t)-121000 };
	struct world *world = *state;

	for (size_t row = 0; row < COUNT_OF(offsets); row++, world_again(world)) {
		world->timestamps = true;
		world->timestamp = 5000;
		tcp_in_syn_sent(world);
		PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
			   .options = { .has_mss = true, .mss = MSS });
		world_forget_sent(world);
		user_writes(world, 100);
		uint64_t before = the_connection(world)->rto.srtt_ns;
		world_wait(world, 300 * MILLISECOND);
		uint32_t ours = world->sent[world->sent_count - 1].header.options.timestamp;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101,
			   .options = { .has_timestamps = true,
					.timestamp = 5000,
					.timestamp_echo = ours + 300 + offsets[row] });
		CHECK_EQUAL(before, the_connection(world)->rto.srtt_ns);
	}
}

static void a_syn_ack_that_was_repeated_is_not_timed(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	world_wait(world, 500 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_SYN, .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
	CHECK_EQUAL(0, the_connection(world)->rto.srtt_ns);
}

/* RFC 6298, 5.3. */
static void an_ack_of_part_starts_the_timer_again(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 2 * MSS);
	world_forget_sent(world);
	world_wait(world, 150 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + MSS);
	uint64_t rto = rto_wait(&the_connection(world)->rto);
	CHECK_EQUAL(rto, world_until_sent(world));
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + MSS, .acknowledgment = 1, .size = MSS);
}

/* RFC 5681, 3.1; RFC 6298, 5.7. */
static void a_lost_syn_leaves_one_segment_and_three_seconds(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world_until_sent(world);
	SENDS(world, .flags = TCP_SYN);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 10 * MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
	CHECK_EQUAL(3 * SECOND, world_until_sent(world));
}

/* RFC 9293, MUST-20 and SHLD-11: R2. 200 ms doubled to 120 s, fifteen times. */
static void a_silent_peer_is_given_up_after_fifteen_retries(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	world_wait(world, 924 * SECOND);
	CHECK_EQUAL(16, world->sent_count - world->expected);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	world_wait(world, SECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

/* RFC 5482; RFC 9293, MUST-21. */
static void the_user_may_have_less_patience(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_USER_TIMEOUT, 10000);
	user_writes(world, 100);
	world_wait(world, 9999 * MILLISECOND);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	world_wait(world, MILLISECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

/* RFC 1122, 4.2.3.2 (RFC 9293, MUST-40, SHLD-18 and 19), with Linux's time; RFC 5681, 4.2: every second full segment. */
static void an_ack_waits_forty_milliseconds_or_for_a_second_segment(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_QUICKACK, 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	CHECK_EQUAL(40 * MILLISECOND, world_until_sent(world));
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + MSS);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + MSS, .acknowledgment = 1, .size = MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1,
	      .acknowledgment = 1 + 2 * MSS); /* one was late: none is waited for */
	set_option(world, IPPROTO_TCP, TCP_QUICKACK, 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + 2 * MSS, .acknowledgment = 1,
		   .size = MSS);
	expect_silence(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + 3 * MSS, .acknowledgment = 1,
		   .size = MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 4 * MSS);
	world_wait(world, SECOND);
	expect_silence(world);
}

static void a_reply_carries_the_ack(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_QUICKACK, 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11, .size = 10);
	world_wait(world, 100 * MILLISECOND);
	expect_silence(world);
}

/* As Linux's tcp_cleanup_rbuf: the peer's next small segment may wait for this ACK, under Nagle. */
static void a_reader_who_has_read_all_sends_the_ack_unless_replies_carry_it(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	the_connection(world)->quick_acks = 0; /* the beginning is over */
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	expect_silence(world);
	user_reads(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);

	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 1, .size = 10);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 21, .size = 10);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 21, .acknowledgment = 11, .size = 10);
	user_reads(world, 20);
	expect_silence(world);
	CHECK_EQUAL(40 * MILLISECOND,
		    world_until_sent(world)); /* no reply came: no longer interactive */
	SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 31);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 31, .acknowledgment = 11, .size = 10);
	user_reads(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 41);
}

/* Seen as two segments for each reply: the first ACK had gone at once, so no reply ever seemed to carry one. */
static void a_reply_ends_the_acks_that_do_not_wait(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);
	user_reads(world, 10);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11, .size = 10);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 11, .size = 10);
	user_reads(world, 10);
	expect_silence(world);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 21, .size = 10);
}

static void the_first_sixteen_acks_do_not_wait(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	for (uint32_t index = 0; index < 15; index++) { /* the sixteenth was the handshake's */
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + index, .acknowledgment = 1,
			   .size = 1);
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2 + index);
	}
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 16, .acknowledgment = 1, .size = 1);
	expect_silence(world);
}

/* RFC 9293, 3.8.4, MUST-25. */
static void keepalive_is_off_until_asked_for(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world_wait(world, 1000000 * SECOND);
	expect_silence(world);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

/* RFC 9293, MUST-26, 28 and 29, SHLD-12: one probe without an answer ends nothing. */
static void keepalive_probes_after_two_hours_and_gives_up_after_nine(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, SOL_SOCKET, SO_KEEPALIVE, 1);
	CHECK_EQUAL(7200 * SECOND, world_until_sent(world));
	SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
	for (int probe = 1; probe < 9; probe++) {
		CHECK_EQUAL(75 * SECOND, world_until_sent(world));
		SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
	}
	CHECK_EQUAL(75 * SECOND, world_until_sent(world));
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

/* RFC 9293, MUST-24 and 27. */
static void a_peer_that_answers_a_keepalive_probe_is_left_alone(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_KEEPIDLE, 10);
	set_option(world, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	set_option(world, SOL_SOCKET, SO_KEEPALIVE, 1);
	for (int round = 0; round < 3; round++) {
		CHECK_EQUAL(10 * SECOND, world_until_sent(world));
		SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
		CHECK_EQUAL(5 * SECOND, world_until_sent(world));
		SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	}
}

static void with_a_closed_window(struct world *world)
{
	tcp_in_established(world);
	world->window = 0;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 1000);
	expect_silence(world);
}

/* RFC 9293, MUST-35 to 37, SHLD-29 and 30; hostile row 38. */
static void a_closed_window_is_probed_for_ever_while_the_peer_answers(void **state)
{
	struct world *world = *state;
	uint64_t wait = RTO_SHORTEST;

	with_a_closed_window(world);
	for (int probe = 0; probe < 100; probe++) {
		CHECK_EQUAL(wait < RTO_MOST ? wait : RTO_MOST, world_until_sent(world));
		wait *= wait < RTO_MOST ? 2 : 1;
		SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	}
	/* Two lost answers in a row do not undo hours of patience. */
	for (int probe = 0; probe < 4; probe++) {
		world_until_sent(world);
		SENDS(world, .flags = TCP_ACK, .sequence = 0, .acknowledgment = 1);
	}
	world->window = 65535;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 1000);
	CHECK_EQUAL(RTO_SHORTEST, world_until_sent(world));
}

static void a_peer_that_answers_no_probe_is_given_up(void **state)
{
	struct world *world = *state;

	with_a_closed_window(world);
	world_wait(world, 1000 * SECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
	CHECK_EQUAL(15, world->sent_count - world->expected);
}

/* tcp(7), TCP_USER_TIMEOUT: "or buffered data may remain untransmitted (due to zero window size)". */
static void the_user_s_patience_with_a_closed_window_ends_too(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world_wait(world, 3600 * SECOND); /* what came before does not count */
	set_option(world, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
	world->window = 0;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 1000);
	uint64_t start = world->now;
	while (state_of(world) != STATE_CLOSED) {
		world_wait(world, 100 * MILLISECOND);
		if (world->expected < world->sent_count) {
			world_forget_sent(world);
			PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		}
		assert_true(world->now - start <= 15 * SECOND);
	}
	assert_true(world->now - start >= 5 * SECOND);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

static void an_orphan_does_not_probe_for_ever(void **state)
{
	struct world *world = *state;

	with_a_closed_window(world);
	user_closes(world);
	for (int probe = 0; probe < 60 && connections_left(world); probe++) {
		world_wait(world, 10 * SECOND);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		world_forget_sent(world);
	}
	assert_int_equal(connections_left(world), 0);
}

/* A window that closes over what is in flight: retransmissions probe it, and a peer that answers is not given up (RFC
 * 9293, MUST-34, SHLD-17). */
static void a_window_that_shrinks_to_nothing_is_waited_out(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	world->window = 0;
	world_forget_sent(world);
	for (int round = 0; round < 40; round++) {
		world_until_sent(world);
		world_forget_sent(world);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	}
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	world->window = 1000;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100);
}

/* RFC 9293, MUST-13. */
static void time_wait_lasts_sixty_seconds(void **state)
{
	struct world *world = *state;

	tcp_in_time_wait(world);
	user_closes(world);
	world_wait(world, 60 * SECOND - 1);
	assert_int_equal(connections_left(world), 1);
	world_wait(world, 1);
	assert_int_equal(connections_left(world), 0);
}

static void an_orphan_waits_sixty_seconds_for_the_peers_fin(void **state)
{
	struct world *world = *state;

	tcp_in_fin_wait_1(world);
	user_closes(world);
	world_wait(world, 100 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	world_wait(world, 60 * SECOND - 1);
	assert_int_equal(connections_left(world), 1);
	world_wait(world, 1);
	assert_int_equal(connections_left(world), 0);
	expect_silence(world);
}

static void an_owner_may_wait_for_the_peers_fin_for_ever(void **state)
{
	struct world *world = *state;

	tcp_in_fin_wait_2(world);
	world_wait(world, 100000 * SECOND);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
	user_closes(world);
	world_wait(world, 60 * SECOND);
	assert_int_equal(connections_left(world), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rto_is_computed_as_rfc_6298_says),
		cmocka_unit_test(the_rto_stays_between_its_bounds),
		WORLD_TEST(what_is_not_acknowledged_goes_again_and_each_time_later),
		WORLD_TEST(what_was_sent_twice_says_nothing_of_the_round_trip),
		WORLD_TEST(a_path_slower_than_the_rto_comes_to_be_timed),
		WORLD_TEST(what_was_sent_twice_is_timed_by_its_timestamp),
		WORLD_TEST(a_timestamp_that_is_none_of_ours_times_nothing),
		WORLD_TEST(a_syn_ack_that_was_repeated_is_not_timed),
		WORLD_TEST(an_ack_of_part_starts_the_timer_again),
		WORLD_TEST(a_lost_syn_leaves_one_segment_and_three_seconds),
		WORLD_TEST(a_silent_peer_is_given_up_after_fifteen_retries),
		WORLD_TEST(the_user_may_have_less_patience),
		WORLD_TEST(an_ack_waits_forty_milliseconds_or_for_a_second_segment),
		WORLD_TEST(a_reply_carries_the_ack),
		WORLD_TEST(a_reader_who_has_read_all_sends_the_ack_unless_replies_carry_it),
		WORLD_TEST(a_reply_ends_the_acks_that_do_not_wait),
		WORLD_TEST(the_first_sixteen_acks_do_not_wait),
		WORLD_TEST(keepalive_is_off_until_asked_for),
		WORLD_TEST(keepalive_probes_after_two_hours_and_gives_up_after_nine),
		WORLD_TEST(a_peer_that_answers_a_keepalive_probe_is_left_alone),
		WORLD_TEST(a_closed_window_is_probed_for_ever_while_the_peer_answers),
		WORLD_TEST(a_peer_that_answers_no_probe_is_given_up),
		WORLD_TEST(the_user_s_patience_with_a_closed_window_ends_too),
		WORLD_TEST(an_orphan_does_not_probe_for_ever),
		WORLD_TEST(a_window_that_shrinks_to_nothing_is_waited_out),
		WORLD_TEST(time_wait_lasts_sixty_seconds),
		WORLD_TEST(an_orphan_waits_sixty_seconds_for_the_peers_fin),
		WORLD_TEST(an_owner_may_wait_for_the_peers_fin_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
