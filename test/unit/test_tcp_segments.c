/* Which segments count: RFC 9293, 3.10.7.4's steps, RFC 5961's challenges, and the edges of every window (hostile rows 27,
 * 30, 31, 35, 36). */
#include "unit/tcp_world.h"

static uint32_t window_of(const struct world *world)
{
	return the_connection(world)->rcv_edge - the_connection(world)->rcv_nxt;
}

/* An established connection that owes nothing and acknowledges late. */
static void in_quiet_established(struct world *world)
{
	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_QUICKACK, 0);
}

static void with_closed_window(struct world *world)
{
	user_opens(world);
	set_option(world, SOL_SOCKET, SO_RCVBUF, 1460);
	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 1460);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1461, .acknowledgment = 1, .size = 1460);
	assert_int_equal(window_of(world), 0);
	world_forget_sent(world);
}

/* RFC 9293, 3.4, table 6. from_edge: the offset is from the window's right edge. */
static void a_segment_is_judged_at_every_edge_of_the_window(void **state)
{
	static const struct {
		int32_t offset;
		bool from_edge;
		uint32_t size;
		enum verdict verdict;
		bool answered;
		uint32_t delivered;
	} rows[] = {
		{ 0, false, 0, DELIVERED, false, 0 },
		{ 0, false, 1, DELIVERED, false, 1 },
		{ -1, false, 0, DROP_DUPLICATE, true, 0 }, /* a keepalive probe */
		{ -1, false, 1, DROP_DUPLICATE, true, 0 },
		{ -1, false, 2, DELIVERED, false, 1 },
		{ -100, false, 100, DROP_DUPLICATE, true, 0 },
		{ -100, false, 101, DELIVERED, false, 1 },
		{ 1, false, 0, DELIVERED, false, 0 },
		{ 1, false, 1, DELIVERED, true, 0 },
		{ -1, true, 1, DELIVERED, true, 0 },
		{ -1, true, 2, DELIVERED, true, 0 },
		{ -1, true, 0, DELIVERED, false, 0 },
		{ 0, true, 0, DELIVERED, false, 0 },
		{ 0, true, 1, DROP_OUT_OF_WINDOW, true, 0 },
		{ 1, true, 0, DROP_OUT_OF_WINDOW, true, 0 },
		{ 1, true, 1, DROP_OUT_OF_WINDOW, true, 0 },
		{ INT32_MIN, false, 0, DROP_DUPLICATE, true, 0 },
		{ INT32_MIN, false, 100, DROP_DUPLICATE, true, 0 },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		in_quiet_established(world);
		uint32_t from = 1 + (rows[index].from_edge ? window_of(world) : 0);
		CHECK_EQUAL(rows[index].verdict,
			    PEER_SENDS(world, .flags = TCP_ACK,
				       .sequence = from + (uint32_t)rows[index].offset,
				       .acknowledgment = 1, .size = rows[index].size));
		CHECK_EQUAL(rows[index].answered, world->sent_count - world->expected);
		if (rows[index].answered)
			SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		user_reads(world, rows[index].delivered);
		world_again(world);
	}
}

static void text_behind_the_right_edge_is_cut_off(void **state)
{
	struct world *world = *state;

	user_opens(world);
	set_option(world, SOL_SOCKET, SO_RCVBUF, 1460);
	tcp_in_established(world);
	CHECK_EQUAL(2920, window_of(world));
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 4000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2921);
	user_reads(world, 2920);
}

static void at_a_closed_window_text_is_refused_and_answered(void **state)
{
	struct world *world = *state;

	with_closed_window(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2921, .acknowledgment = 1, .size = 1);
	CHECK_EQUAL(0, SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2921)
			       ->header.window);
	user_reads(world, 2920);
}

/* RFC 9293, MUST-66. */
static void at_a_closed_window_ack_and_rst_still_count(void **state)
{
	struct world *world = *state;

	with_closed_window(world);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2921, .size = 10);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2921, .acknowledgment = 11, .size = 5);
	CHECK_EQUAL(0, the_connection(world)->send.size);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 2921);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ECONNRESET);
}

static void at_a_closed_window_a_bare_fin_still_counts(void **state)
{
	struct world *world = *state;

	with_closed_window(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 2921, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2922);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
}

/* Hostile row 30. */
static void both_sequence_spaces_may_wrap(void **state)
{
	struct world *world = *state;

	world->peer_isn = UINT32_MAX - 1000;
	world_await_isn(world, UINT32_MAX - 2000);
	tcp_in_established(world);
	for (uint32_t round = 0; round < 8; round++) {
		uint32_t at = 1 + round * 700;
		user_writes(world, 700);
		SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = at, .size = 700);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = at + 700,
			   .size = 700);
		user_reads(world, 700);
		world_wait(world, 50 * MILLISECOND);
		SENDS(world, .flags = TCP_ACK, .sequence = at + 700, .acknowledgment = at + 700);
		CHECK_EQUAL(DROP_DUPLICATE,
			    PEER_SENDS(world, .flags = TCP_ACK, .sequence = at,
				       .acknowledgment = at, .size = 700, .flip = 0xff));
		SENDS(world, .flags = TCP_ACK, .sequence = at + 700, .acknowledgment = at + 700);
	}
}

static void a_stream_of_four_gibibytes_does_not_meet_its_own_syn(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 101);
	the_connection(world)->iss = the_connection(world)->snd_una; /* as 2^32 octets later */
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100);
	world_until_sent(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100);
}

/* RFC 5961, 3.2; hostile row 31; RFC 9293, MUST-12: the user is told. */
static void only_a_reset_at_the_exact_place_resets(void **state)
{
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			if (row->state == STATE_SYN_SENT || row->state == STATE_SYN_RECEIVED)
				continue;
			row->enter(world);
			uint32_t window = window_of(world);
			CHECK_EQUAL(DROP_OUT_OF_WINDOW, PEER_SENDS(world, .flags = TCP_RST,
								   .sequence = row->sequence - 1));
			CHECK_EQUAL(DROP_OUT_OF_WINDOW,
				    PEER_SENDS(world, .flags = TCP_RST,
					       .sequence = row->sequence + window + 1));
			expect_silence(world);
			CHECK_EQUAL(DROP_CHALLENGED, PEER_SENDS(world, .flags = TCP_RST,
								.sequence = row->sequence + 1));
			SENDS(world, .flags = TCP_ACK, .sequence = row->acknowledgment,
			      .acknowledgment = row->sequence);
			world_wait(world, 500 * MILLISECOND);
			world_forget_sent(world);
			CHECK_EQUAL(DROP_CHALLENGED,
				    PEER_SENDS(world, .flags = TCP_RST,
					       .sequence = row->sequence + window - 1));
			SENDS(world, .flags = TCP_ACK, .sequence = row->acknowledgment,
			      .acknowledgment = row->sequence);
			assert_int_equal(state_of(world), row->state);
			PEER_SENDS(world, .flags = TCP_RST, .sequence = row->sequence);
			assert_int_equal(state_of(world), STATE_CLOSED);
			CHECK_EQUAL(row->state == STATE_TIME_WAIT    ? 0
				    : row->state == STATE_CLOSE_WAIT ? EPIPE
								     : ECONNRESET,
				    take_error(world));
			expect_silence(world);
			world_again(world);
		}
}

static void a_reset_in_syn_sent_must_acknowledge_the_syn(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	CHECK_EQUAL(DROP_OUT_OF_WINDOW, PEER_SENDS(world, .flags = TCP_RST));
	CHECK_EQUAL(DROP_BAD_ACK, PEER_SENDS(world, .flags = TCP_RST | TCP_ACK));
	CHECK_EQUAL(DROP_BAD_ACK,
		    PEER_SENDS(world, .flags = TCP_RST | TCP_ACK, .acknowledgment = 2));
	expect_silence(world);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	PEER_SENDS(world, .flags = TCP_RST | TCP_ACK, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ECONNREFUSED);
}

/* RFC 9293, SHLD-2: text may say why. */
static void a_reset_may_carry_text(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1, .size = 20);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ECONNRESET);
	user_reads(world, 0);
	expect_silence(world);
}

/* RFC 9293, MUST-11: SYN-RECEIVED knows where it came from. One that was called goes back to listening
 * (a_reset_frees_the_half_open); one that called is refused. */
static void a_reset_between_crossed_syns_is_a_refusal(void **state)
{
	struct world *world = *state;

	tcp_in_crossed_syn(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ECONNREFUSED);
	expect_silence(world);
}

/* RFC 5961, 4.2, and 7 for the limit: one an interval, counted by the connection and not by the host (CVE-2016-5696). */
static void a_syn_in_any_place_is_challenged_and_not_too_often(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	for (uint32_t sequence = 0; sequence < 50; sequence++)
		PEER_SENDS(world, .flags = TCP_SYN, .sequence = 1 + sequence * 1000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	while (world->expected <
	       world->sent_count) /* beyond the window each is answered by step one */
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	world_wait(world, 499 * MILLISECOND);
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 1);
	expect_silence(world);
	world_wait(world, MILLISECOND);
	CHECK_EQUAL(DROP_CHALLENGED, PEER_SENDS(world, .flags = TCP_SYN, .sequence = 1));
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

/* RFC 5961, 5.2: blind injection; RFC 9293, MAY-12. */
static void an_ack_of_what_was_not_sent_or_is_too_old_is_challenged(void **state)
{
	static const struct {
		int32_t acknowledgment;
		bool good;
	} rows[] = { { 1, true },      { 0, true },       { 2, false },        { 100000, false },
		     { -65534, true }, { -65535, false }, { INT32_MIN, false } };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		in_quiet_established(world);
		enum verdict verdict =
			PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .size = 10,
				   .acknowledgment = (uint32_t)rows[index].acknowledgment);
		CHECK_EQUAL(rows[index].good ? DELIVERED : DROP_BAD_ACK, verdict);
		if (!rows[index].good)
			SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		expect_silence(world);
		user_reads(world, rows[index].good ? 10 : 0);
		world_again(world);
	}
}

static void a_segment_without_ack_is_dropped_in_silence(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	CHECK_EQUAL(DROP_NO_ACK, PEER_SENDS(world, .flags = 0, .sequence = 1, .size = 10));
	CHECK_EQUAL(DROP_NO_ACK, PEER_SENDS(world, .flags = TCP_FIN, .sequence = 1));
	expect_silence(world);
	user_reads(world, 0);
}

/* SYN-SENT takes no text, FIN or urgent data (hostile row 35); and refuses an ACK of what it never sent. */
static void syn_sent_listens_to_syn_and_rst_alone(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	CHECK_EQUAL(DROP_IGNORED, PEER_SENDS(world, .flags = 0, .size = 10));
	CHECK_EQUAL(DROP_IGNORED, PEER_SENDS(world, .flags = TCP_FIN, .size = 10));
	CHECK_EQUAL(DROP_IGNORED, PEER_SENDS(world, .flags = TCP_ACK, .acknowledgment = 1));
	expect_silence(world);
	CHECK_EQUAL(DROP_BAD_ACK,
		    PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 2));
	SENDS(world, .flags = TCP_RST, .sequence = 2);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
}

/* Hostile row 36. */
static void time_wait_answers_an_old_fin_and_begins_again(void **state)
{
	struct world *world = *state;

	tcp_in_time_wait(world);
	world_wait(world, 40 * SECOND);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	world_wait(world, 60 * SECOND - 1);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	world_wait(world, 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
}

/* RFC 9293, MAY-2. */
static void a_new_syn_reopens_time_wait_only_where_its_number_is_higher(void **state)
{
	struct world *world = *state;

	tcp_in_accepted(world);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	world_forget_sent(world);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 2);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	world_wait(world, SECOND);
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = (uint32_t)-100000);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 3);
	CHECK_EQUAL(TCP_SYN | TCP_ACK, world->sent[world->expected].header.flags);
	CHECK_EQUAL(4, world->sent[world->expected].header.acknowledgment - world->peer_isn);
	assert_int_equal(state_of(world), STATE_CLOSED);
}

/* RFC 9293, MAY-2: its first number lies ahead of the old connection's last, however little time has passed. */
static void the_numbers_of_a_reopened_tuple_lie_ahead_of_the_old(void **state)
{
	struct world *world = *state;

	tcp_in_accepted(world);
	world->window = 65535;
	user_writes(world, 1000);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1001);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1002);
	world_forget_sent(world);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 3);
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .sequence = 1002 + 65537, .acknowledgment = 4);
}

/* What cannot be answered does not end what it cannot replace. */
static void time_wait_outlives_a_syn_that_finds_the_listener_full(void **state)
{
	struct world *world = *state;

	tcp_in_accepted(world);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	world_forget_sent(world);
	assert_int_equal(berth_listen(world->host, world->listener, 0), 0);
	world->peer_port++; /* another one waits to be accepted */
	peer_connects(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	world->peer_port--;
	CHECK_EQUAL(DROP_BACKLOG, PEER_SENDS(world, .flags = TCP_SYN, .sequence = 3));
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	expect_silence(world);
}

/* Hostile row 27: whatever the flags, the place and the state: no crash, no byte that is not the stream's, and the next
 * connection succeeds. */
static void no_combination_of_flags_breaks_any_state(void **state)
{
	static const int32_t places[] = { 0, -1, 1, 70000, INT32_MIN };
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			for (uint32_t flags = 0; flags < 256; flags++) {
				row->enter(world);
				if (world->descriptor >= 0) /* URG takes nothing out */
					set_option(world, SOL_SOCKET, SO_OOBINLINE, 1);
				for (size_t place = 0; place < COUNT_OF(places); place++) {
					int32_t offset = places[place];
					PEER_SENDS(world, .flags = (uint8_t)flags,
						   .sequence = row->sequence + (uint32_t)offset,
						   .acknowledgment = row->acknowledgment +
								     (uint32_t)(offset & 1),
						   .size = flags & TCP_PSH ? 100 : 0,
						   .flip = offset > 1 || offset < -1 ? 0xff : 0);
				}
				if (world->descriptor >= 0) {
					uint8_t bytes[512];
					ssize_t got = berth_recv(world->host, world->descriptor,
								 bytes, sizeof bytes, 0);
					for (ssize_t index = 0; index < got; index++)
						assert_int_equal(bytes[index],
								 pattern_at(1 + (uint32_t)index));
					user_closes(world);
				}
				if (world->listener >= 0)
					berth_close(world->host, world->listener);
				world_forget_sent(world);
				world->peer_isn += 1000000;
				world_wait(world, 1300 * SECOND); /* the longest of orphans */
				world_forget_sent(world);
				tcp_in_established(world);
				world_again(world);
			}
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_segment_is_judged_at_every_edge_of_the_window),
		WORLD_TEST(text_behind_the_right_edge_is_cut_off),
		WORLD_TEST(at_a_closed_window_text_is_refused_and_answered),
		WORLD_TEST(at_a_closed_window_ack_and_rst_still_count),
		WORLD_TEST(at_a_closed_window_a_bare_fin_still_counts),
		WORLD_TEST(both_sequence_spaces_may_wrap),
		WORLD_TEST(a_stream_of_four_gibibytes_does_not_meet_its_own_syn),
		WORLD_TEST(only_a_reset_at_the_exact_place_resets),
		WORLD_TEST(a_reset_in_syn_sent_must_acknowledge_the_syn),
		WORLD_TEST(a_reset_may_carry_text),
		WORLD_TEST(a_reset_between_crossed_syns_is_a_refusal),
		WORLD_TEST(a_syn_in_any_place_is_challenged_and_not_too_often),
		WORLD_TEST(an_ack_of_what_was_not_sent_or_is_too_old_is_challenged),
		WORLD_TEST(a_segment_without_ack_is_dropped_in_silence),
		WORLD_TEST(syn_sent_listens_to_syn_and_rst_alone),
		WORLD_TEST(time_wait_answers_an_old_fin_and_begins_again),
		WORLD_TEST(a_new_syn_reopens_time_wait_only_where_its_number_is_higher),
		WORLD_TEST(the_numbers_of_a_reopened_tuple_lie_ahead_of_the_old),
		WORLD_TEST(time_wait_outlives_a_syn_that_finds_the_listener_full),
		WORLD_TEST(no_combination_of_flags_breaks_any_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
