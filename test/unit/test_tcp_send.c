/* What is sent when: windows, Nagle, silly windows on both ends, PSH and FIN, sizes (RFC 9293, 3.7.4, 3.8.6; RFC 6928). */
#include "unit/tcp_world.h"

/* As tcp_in_established, with window scales: the peer's is 0, so that its numbers stay plain. */
static void in_established_with_scale(struct world *world)
{
	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS, .has_window_shift = true });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
}

/* The segments the host has just sent hold so many bytes from here, each full but the last. */
static void expect_stream(struct world *world, uint32_t sequence, uint32_t size)
{
	while (size > 0) {
		uint32_t piece = size < MSS ? size : MSS;
		SENDS(world, .flags = TCP_ACK, .sequence = sequence, .acknowledgment = 1,
		      .size = piece);
		sequence += piece;
		size -= piece;
	}
	expect_silence(world);
}

/* RFC 9293, SHLD-7. */
static void a_small_segment_waits_until_the_small_one_before_it_is_acknowledged(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	expect_stream(world, 1, 10);
	user_writes(world, 10);
	user_writes(world, 20);
	expect_silence(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);
	expect_stream(world, 11, 30);
}

/* Minshall's Nagle, as Linux has it: the tail of a stream does not wait for a delayed ACK of full segments. */
static void a_small_segment_does_not_wait_for_full_ones(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, MSS);
	expect_stream(world, 1, MSS);
	user_writes(world, 10);
	expect_stream(world, 1 + MSS, 10);
	user_writes(world, 10); /* but for the small one it does */
	expect_silence(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11 + MSS);
	expect_stream(world, 11 + MSS, 10);
}

static void a_full_segment_does_not_wait(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	expect_stream(world, 1, 10);
	user_writes(world, MSS + 5);
	SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
}

/* RFC 9293, MUST-17. */
static void nodelay_sends_at_once_and_pushes_what_waits(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	user_writes(world, 10);
	expect_stream(world, 1, 10);
	set_option(world, IPPROTO_TCP, TCP_NODELAY, 1);
	expect_stream(world, 11, 10);
	user_writes(world, 1);
	expect_stream(world, 21, 1);
}

static void cork_holds_what_is_not_full_until_it_is_drawn(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_CORK, 1);
	user_writes(world, MSS + 100);
	expect_stream(world, 1, MSS);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = MSS + 1);
	expect_silence(world);
	set_option(world, IPPROTO_TCP, TCP_CORK, 0);
	expect_stream(world, MSS + 1, 100);
}

/* tcp(7): there is a ceiling of 200 milliseconds. */
static void cork_holds_no_longer_than_two_hundred_milliseconds(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, IPPROTO_TCP, TCP_CORK, 1);
	user_writes(world, 100);
	CHECK_EQUAL(RTO_SHORTEST, world_until_sent(world));
	expect_stream(world, 1, 100);
}

static void more_to_come_holds_a_small_tail(void **state)
{
	struct world *world = *state;
	uint8_t bytes[3] = { pattern_at(1), pattern_at(2), pattern_at(3) };

	tcp_in_established(world);
	assert_int_equal(berth_send(world->host, world->descriptor, bytes, 2, MSG_MORE), 2);
	expect_silence(world);
	assert_int_equal(berth_send(world->host, world->descriptor, bytes + 2, 1, 0), 1);
	expect_stream(world, 1, 3);
}

/* RFC 9293, MUST-60, MUST-61: PSH on the last of what there is. */
static void psh_marks_the_end_of_what_there_is(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 3 * MSS);
	for (uint32_t index = 0; index < 3; index++) {
		const struct sent *sent =
			SENDS(world, .flags = TCP_ACK, .sequence = 1 + index * MSS,
			      .acknowledgment = 1, .size = MSS);
		CHECK_EQUAL(index == 2, !!(sent->header.flags & TCP_PSH));
	}
}

static void a_fin_goes_with_the_last_text(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	expect_stream(world, 1, 10);
	user_writes(world, 20);
	user_shuts(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 11, .acknowledgment = 1, .size = 20);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 31);
	assert_int_equal(state_of(world),
			 STATE_FIN_WAIT_1); /* the text is acknowledged, the FIN not */
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 32);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
}

static void a_fin_waits_for_room_in_the_window(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world->window = 10;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 10);
	user_shuts(world);
	expect_stream(world, 1, 10);
	world->window = 0;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);
	expect_silence(world);
	world_until_sent(world); /* it is probed for, and the answer lets it go */
	SENDS(world, .flags = TCP_ACK, .sequence = 10, .acknowledgment = 1);
	world->window = 1;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 11, .acknowledgment = 1);
}

static void no_more_is_in_flight_than_the_peers_window(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world->window = 4000;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 20000);
	expect_stream(world, 1, 2 * MSS); /* 1,080 more would be silly */
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + MSS);
	expect_stream(world, 1 + 2 * MSS, MSS);
}

/* RFC 9293, MUST-1: the field has no sign. */
static void a_window_above_32767_is_used_whole(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	the_connection(world)->congestion.window = 1 << 20;
	user_writes(world, 100000);
	expect_stream(world, 1, 44 * MSS); /* 65,535 octets less what would be silly */
}

/* RFC 9293, MUST-34, SHLD-15 and 16, MAY-7: nothing new goes, and what was lost goes again, whole. */
static void a_window_that_shrinks_lets_nothing_new_go(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 5 * MSS);
	expect_stream(world, 1, 5 * MSS);
	world->window = 100;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + MSS);
	user_writes(world, 5 * MSS);
	expect_silence(world);
	world_until_sent(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + MSS, .acknowledgment = 1, .size = MSS);
	expect_silence(world);
	world->window = 65535;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 5 * MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 5 * MSS, .acknowledgment = 1, .size = MSS);
}

/* RFC 9293, MUST-38 (3.8.6.2.1): half of the largest window is worth a segment; less waits for the override timer. */
static void a_silly_window_is_used_only_after_the_override_time(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world->window = 1000;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	world->window = 499;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 2000);
	expect_silence(world);
	CHECK_EQUAL(RTO_SHORTEST, world_until_sent(world));
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 499);
	world->window = 500;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 500);
	SENDS(world, .flags = TCP_ACK, .sequence = 500, .acknowledgment = 1, .size = 500);
}

/* RFC 9293, MUST-39. */
static void the_window_opens_by_a_segment_or_not_at_all(void **state)
{
	struct world *world = *state;
	uint8_t bytes[65536];

	tcp_in_established(world);
	uint32_t window = the_connection(world)->rcv_edge - the_connection(world)->rcv_nxt;
	uint32_t at = 1;
	for (; at <= window; at += MSS)
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1,
			   .size = MSS);
	world_forget_sent(world);
	CHECK_EQUAL(window + 1, the_connection(world)->rcv_edge - world->peer_isn);
	CHECK_EQUAL(window + 1, the_connection(world)->rcv_nxt - world->peer_isn);
	assert_int_equal(berth_recv(world->host, world->descriptor, bytes, MSS - 100, 0),
			 MSS - 100);
	expect_silence(world);
	assert_int_equal(berth_recv(world->host, world->descriptor, bytes, 99, 0), 99);
	CHECK_EQUAL(MSS, SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = window + 1)
				 ->header.window);
}

/* RFC 9293, SHLD-14; and the buffer is a bound, whatever the size of the pieces. */
static void the_window_never_shrinks_and_never_creeps_past_the_buffer(void **state)
{
	static const uint32_t sizes[] = { 1, 127, 536, MSS };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		user_opens(world);
		set_option(world, SOL_SOCKET, SO_RCVBUF, 5001);
		in_established_with_scale(world);
		uint32_t at = 1, edge = the_connection(world)->rcv_edge;
		for (int round = 0; round < 12000; round++) {
			PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1,
				   .size = sizes[index]);
			world_wait(world, MILLISECOND);
			assert_false(sequence_before(the_connection(world)->rcv_edge, edge));
			edge = the_connection(world)->rcv_edge;
			at = the_connection(world)->rcv_nxt - world->peer_isn;
			world_forget_sent(world);
		}
		assert_true(the_connection(world)->receive.size <= 10002);
		assert_true(the_connection(world)->receive.size > 10002 - 128);
		user_reads(world, the_connection(world)->receive.size);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1,
			   .size = 100);
		user_reads(world, 100);
		world_again(world);
	}
}

static void the_initial_window_is_rfc_6928s(void **state)
{
	(void)state;
	CHECK_EQUAL(360, congestion_initial_window(36));
	CHECK_EQUAL(5360, congestion_initial_window(536));
	CHECK_EQUAL(14600, congestion_initial_window(1460));
	CHECK_EQUAL(14600, congestion_initial_window(7300));
	CHECK_EQUAL(17920, congestion_initial_window(8960));
}

static void ten_segments_go_before_the_first_ack(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 20 * MSS);
	expect_stream(world, 1, 10 * MSS);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 2 * MSS);
	expect_stream(world, 1 + 10 * MSS, 4 * MSS); /* slow start: two for each that left */
}

/* RFC 5681, 4.1; RFC 2861: half of it for each RTO but the first. */
static void idleness_halves_the_window_for_each_rto_down_to_the_initial_one(void **state)
{
	static const struct {
		uint32_t halves, window;
	} rows[] = { { 1, 50 }, { 2, 25 }, { 3, 12 }, { 4, 10 }, { 50, 10 } };

	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct world *world = *state;
		tcp_in_established(world);
		struct congestion *congestion = &the_connection(world)->congestion;
		user_writes(world, 10 * MSS);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 10 * MSS);
		CHECK_EQUAL(20 * MSS, congestion->window);
		congestion->window = congestion->threshold = 100 * MSS;
		uint64_t rto = rto_wait(&the_connection(world)->rto);
		world_wait(world, rto * (rows[row].halves + 1));
		user_writes(world, 1);
		CHECK_EQUAL(rows[row].window * MSS, congestion->window);
		CHECK_EQUAL(100 * MSS, congestion->threshold);
		world_again(world);
	}
}

static void idleness_is_nothing_where_the_host_says_so(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world->host->tcp.tunables.slow_start_after_idle = false;
	the_connection(world)->congestion.window = 40 * MSS;
	world_wait(world, 3600 * SECOND);
	user_writes(world, 1);
	CHECK_EQUAL(40 * MSS, the_connection(world)->congestion.window);
}

/* RFC 2861, 3.2; the threshold is three quarters of what was proven. */
static void a_window_not_filled_for_an_rto_goes_half_the_way_to_what_is_used(void **state)
{
	struct world *world = *state;
	uint32_t at = 1;

	tcp_in_established(world);
	struct congestion *congestion = &the_connection(world)->congestion;
	congestion->window = 100 * MSS;
	congestion->threshold = 50 * MSS;
	for (int index = 0; index < 8; index++) { /* 400 ms, RTOs of 200 */
		user_writes(world, 20 * MSS);
		at += 20 * MSS;
		world_wait(world, 50 * MILLISECOND);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = at);
	}
	CHECK_EQUAL(60 * MSS, congestion->window);
	CHECK_EQUAL(75 * MSS, congestion->threshold);
}

/* Where the link takes large segments, they are whole multiples of the MSS but for the last. */
static void large_segments_are_multiples_of_the_mss(void **state)
{
	struct world *world = *state;

	berth_host_free(world->host);
	world->largest_segment = 65000;
	world_make(world);
	tcp_in_established(world);
	the_connection(world)->congestion.window = 1 << 20;
	user_writes(world, 200000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 44 * MSS);
	expect_silence(world); /* the peer's window has room for 1,295 more: silly */
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + 10 * MSS);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 44 * MSS, .acknowledgment = 1,
	      .size = 10 * MSS);
}

/* RFC 9293, MUST-14 and 16. */
static void the_mss_is_the_least_of_what_path_peer_and_user_allow(void **state)
{
	static const struct {
		uint16_t peer, user;
		uint32_t size;
	} rows[] = { { 1460, 0, 1460 },  { 9000, 0, 1460 }, { 1000, 0, 1000 },
		     { 1460, 500, 500 }, { 400, 500, 400 }, { 1, 0, TCP_MSS_LEAST } };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		user_opens(world);
		if (rows[index].user)
			set_option(world, IPPROTO_TCP, TCP_MAXSEG, rows[index].user);
		tcp_in_syn_sent(world);
		PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
			   .options = { .has_mss = true, .mss = rows[index].peer });
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		user_writes(world, 5000);
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
		      .size = rows[index].size);
		world_again(world);
	}
}

/* RFC 9293, MUST-15: who announces none means 536. */
static void a_peer_that_announces_no_mss_means_536(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_writes(world, 5000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 536);
}

/* While the sender goes back, its ACKs must still stand in the peer's window. */
static void an_ack_carries_the_highest_number_sent_after_a_time_out_too(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 5 * MSS);
	expect_stream(world, 1, 5 * MSS);
	world_until_sent(world);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 5 * MSS, .acknowledgment = 1);
}

/* RFC 9293, MUST-34. */
static void an_ack_stays_inside_a_window_that_shrank(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 5 * MSS);
	expect_stream(world, 1, 5 * MSS);
	world->window = 100;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1);
}

/* Silly-window avoidance judges by the largest window seen: that of this connection, not of the socket's last one. */
static void a_socket_used_again_knows_nothing_of_the_last_peers_window(void **state)
{
	struct world *world = *state;
	struct sockaddr unspecific = { .sa_family = AF_UNSPEC };

	tcp_in_established(world);
	assert_int_equal(
		berth_connect(world->host, world->descriptor, &unspecific, sizeof unspecific), 0);
	take_error(world);
	world_forget_sent(world);
	world->window = 1000;
	tcp_in_established(world);
	user_writes(world, 3000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_small_segment_waits_until_the_small_one_before_it_is_acknowledged),
		WORLD_TEST(a_small_segment_does_not_wait_for_full_ones),
		WORLD_TEST(a_full_segment_does_not_wait),
		WORLD_TEST(nodelay_sends_at_once_and_pushes_what_waits),
		WORLD_TEST(cork_holds_what_is_not_full_until_it_is_drawn),
		WORLD_TEST(cork_holds_no_longer_than_two_hundred_milliseconds),
		WORLD_TEST(more_to_come_holds_a_small_tail),
		WORLD_TEST(psh_marks_the_end_of_what_there_is),
		WORLD_TEST(a_fin_goes_with_the_last_text),
		WORLD_TEST(a_fin_waits_for_room_in_the_window),
		WORLD_TEST(no_more_is_in_flight_than_the_peers_window),
		WORLD_TEST(a_window_above_32767_is_used_whole),
		WORLD_TEST(a_window_that_shrinks_lets_nothing_new_go),
		WORLD_TEST(a_silly_window_is_used_only_after_the_override_time),
		WORLD_TEST(the_window_opens_by_a_segment_or_not_at_all),
		WORLD_TEST(the_window_never_shrinks_and_never_creeps_past_the_buffer),
		cmocka_unit_test(the_initial_window_is_rfc_6928s),
		WORLD_TEST(ten_segments_go_before_the_first_ack),
		WORLD_TEST(idleness_halves_the_window_for_each_rto_down_to_the_initial_one),
		WORLD_TEST(idleness_is_nothing_where_the_host_says_so),
		WORLD_TEST(a_window_not_filled_for_an_rto_goes_half_the_way_to_what_is_used),
		WORLD_TEST(large_segments_are_multiples_of_the_mss),
		WORLD_TEST(the_mss_is_the_least_of_what_path_peer_and_user_allow),
		WORLD_TEST(a_peer_that_announces_no_mss_means_536),
		WORLD_TEST(an_ack_carries_the_highest_number_sent_after_a_time_out_too),
		WORLD_TEST(an_ack_stays_inside_a_window_that_shrank),
		WORLD_TEST(a_socket_used_again_knows_nothing_of_the_last_peers_window),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
