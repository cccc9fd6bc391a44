/* The beginning of a connection: options byte for byte as Linux lays them out, retries and their times, refusals, and a
 * listener's two queues (hostile rows 35, 37, 40). */
#include "unit/tcp_world.h"

static uint32_t sent_timestamp(const struct sent *sent)
{
	return sent->header.options.timestamp;
}

/* mss, nop, nop, TS, nop, wscale: Linux's without SACK. */
static void a_syn_has_its_options_in_linuxs_order(void **state)
{
	struct world *world = *state;
	uint8_t expected[20] = {
		2, 4, 0x05, 0xb4, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};

	user_opens(world);
	user_connects(world);
	const struct sent *sent = SENDS(world, .flags = TCP_SYN);
	put32(expected + 8, sent_timestamp(sent));
	CHECK_EQUAL(40, sent->raw_size);
	assert_memory_equal(sent->raw + 20, expected, sizeof expected);
	CHECK_EQUAL(65535, sent->header.window); /* never scaled: RFC 7323, 2.2 */
}

/* What the peer did not offer is left out (RFC 7323, 1.3, 3.2). */
static void a_syn_ack_has_what_the_syn_offered(void **state)
{
	static const struct {
		struct tcp_options offered;
		uint8_t size;
		uint8_t bytes[24]; /* with the timestamp of ours left 0 */
	} rows[] = {
		{ { .has_mss = true, .mss = 1000 }, 4, { 2, 4, 0x05, 0xb4 } },
		{ { .has_mss = true, .mss = 1000, .has_window_shift = true, .window_shift = 2 },
		  8,
		  { 2, 4, 0x05, 0xb4, 1, 3, 3, 7 } },
		{ { .has_timestamps = true, .timestamp = 0x01020304 },
		  16,
		  { 2, 4, 0x05, 0xb4, 1, 1, 8, 10, 0, 0, 0, 0, 1, 2, 3, 4 } },
		{ { .has_timestamps = true, .timestamp = 5, .has_window_shift = true },
		  20,
		  { 2, 4, 0x05, 0xb4, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 5, 1, 3, 3, 7 } },
		{ { .has_sack_permitted = true }, 4, { 2, 4, 0x05, 0xb4 } },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		tcp_in_listen(world, 8);
		PEER_SENDS(world, .flags = TCP_SYN, .options = rows[index].offered);
		struct sent *sent = &world->sent[world->expected];
		CHECK_EQUAL(TCP_SYN | TCP_ACK, sent->header.flags);
		CHECK_EQUAL(20 + rows[index].size, sent->raw_size);
		if (sent->header.options.has_timestamps)
			memset(sent->raw + 28, 0, 4);
		assert_memory_equal(sent->raw + 20, rows[index].bytes, rows[index].size);
		world_again(world);
	}
}

static void text_carries_timestamps_behind_two_nops(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = {
			   .has_mss = true, .mss = MSS, .has_timestamps = true, .timestamp = 77 });
	const struct sent *sent =
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	CHECK_EQUAL(32, sent->raw_size);
	assert_memory_equal(sent->raw + 20, ((uint8_t[]){ 1, 1, 8, 10 }), 4);
	CHECK_EQUAL(77, sent->header.options.timestamp_echo);
	user_writes(world, 5000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
	      .size = MSS - 12); /* RFC 6691 */
}

/* RFC 7323, 2.3; hostile row 28. */
static void a_window_scale_above_fourteen_means_fourteen(void **state)
{
	static const uint8_t shifts[] = { 0, 1, 13, 14, 15, 255 };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(shifts); index++) {
		tcp_in_syn_sent(world);
		PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
			   .options = { .has_window_shift = true, .window_shift = shifts[index] });
		CHECK_EQUAL(65535,
			    the_connection(world)->snd_wnd); /* the SYN's own is not scaled */
		world->window = 3;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		CHECK_EQUAL(3u << (shifts[index] < 14 ? shifts[index] : 14),
			    the_connection(world)->snd_wnd);
		world_again(world);
	}
}

static void without_the_peers_window_scale_neither_is_used(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	CHECK_EQUAL(65535, world->sent[world->expected - 1].header.window);
	CHECK_EQUAL(0, the_connection(world)->snd_shift);
}

static void the_mss_announced_is_the_links(void **state)
{
	struct world *world = *state;

	user_opens(world);
	set_option(world, IPPROTO_TCP, TCP_MAXSEG, 700);
	user_connects(world);
	CHECK_EQUAL(700, SENDS(world, .flags = TCP_SYN)->header.options.mss);
}

/* RFC 9293, MUST-23; Linux's tcp_syn_retries 6. */
static void a_syn_is_retried_at_1_3_7_15_31_63_seconds_and_given_up_at_127(void **state)
{
	struct world *world = *state;
	uint64_t start = world->now;

	tcp_in_syn_sent(world);
	for (uint64_t at = 1; at <= 63; at = 2 * at + 1) {
		world_until_sent(world);
		SENDS(world, .flags = TCP_SYN);
		CHECK_EQUAL(start + at * SECOND, world->now);
	}
	world_advance_to(world, start + 127 * SECOND - 1);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	world_wait(world, 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
	expect_silence(world);
}

static void the_count_of_syns_is_the_users(void **state)
{
	struct world *world = *state;

	user_opens(world);
	set_option(world, IPPROTO_TCP, TCP_SYNCNT, 1);
	tcp_in_syn_sent(world);
	world_wait(world, 3 * SECOND);
	SENDS(world, .flags = TCP_SYN);
	expect_silence(world);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

/* Linux's tcp_synack_retries 5. */
static void a_syn_ack_is_retried_five_times_and_then_forgotten(void **state)
{
	struct world *world = *state;
	uint64_t start = world->now;

	tcp_in_syn_received(world);
	for (uint64_t at = 1; at <= 31; at = 2 * at + 1) {
		world_until_sent(world);
		SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
		CHECK_EQUAL(start + at * SECOND, world->now);
	}
	world_advance_to(world, start + 63 * SECOND);
	expect_silence(world);
	assert_int_equal(connections_left(world), 1);
}

static void a_repeated_syn_is_answered_by_the_same_syn_ack(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_SYN, .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	assert_int_equal(connections_left(world), 2);
}

static void a_refusal_ends_the_attempt_and_the_socket_may_try_again(void **state)
{
	struct world *world = *state;
	struct sockaddr_in peer = address_of(PEER, SERVER_PORT);

	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_RST | TCP_ACK, .acknowledgment = 1);
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&peer,
				       sizeof peer),
			 -ECONNREFUSED);
	tcp_in_established(world);
}

/* RFC 9293, 3.10.7.1: nobody listens. */
static void a_port_nobody_has_is_refused(void **state)
{
	struct world *world = *state;

	world->my_port = 81;
	world->peer_port = CLIENT_PORT;
	world->my_isn = 500;
	PEER_SENDS(world, .flags = TCP_SYN, .size = 3);
	world->my_isn = 0;
	SENDS(world, .flags = TCP_RST | TCP_ACK, .acknowledgment = 4);
	world->my_isn = 500;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 9, .acknowledgment = 7);
	SENDS(world, .flags = TCP_RST, .sequence = 7);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 9);
	PEER_SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 9, .acknowledgment = 7);
	expect_silence(world);
}

/* RFC 9293, 3.10.7.2; hostile row 35. */
static void a_listener_answers_an_ack_by_rst_and_rst_by_nothing(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 8);
	PEER_SENDS(world, .flags = TCP_ACK, .acknowledgment = 70);
	SENDS(world, .flags = TCP_RST, .sequence = 70);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 70);
	SENDS(world, .flags = TCP_RST, .sequence = 70);
	PEER_SENDS(world, .flags = TCP_RST);
	PEER_SENDS(world, .flags = TCP_RST | TCP_SYN);
	PEER_SENDS(world, .flags = TCP_FIN);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_SYN);
	PEER_SENDS(world, .flags = 0, .size = 10);
	expect_silence(world);
	assert_int_equal(connections_left(world), 1);
}

static void a_reset_frees_the_half_open(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1);
	assert_int_equal(connections_left(world), 1);
	expect_silence(world);
	assert_int_equal(berth_accept(world->host, world->listener, NULL, NULL), -EAGAIN);
}

static void a_wrong_ack_of_the_syn_ack_is_reset(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	SENDS(world, .flags = TCP_RST, .sequence = 2);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 0);
	SENDS(world, .flags = TCP_RST, .sequence = 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
}

static void text_and_fin_with_the_handshakes_ack_count(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .size = 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 102);
	user_accepts(world);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
	user_reads(world, 100);
}

/* One SYN and the ACK of it, from a port of the peer's own. */
static void another_connects(struct world *world, uint16_t port)
{
	world->peer_port = port;
	PEER_SENDS(world, .flags = TCP_SYN);
	if (world->expected == world->sent_count)
		return;
	world->my_isn = world->sent[world->expected].header.sequence;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	world_forget_sent(world);
}

/* Linux: so many wait, and one more; then SYNs are dropped, and accepting makes room. */
static void a_full_accept_queue_lets_syns_fall(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 2);
	for (uint16_t port = 1000; port < 1010; port++)
		another_connects(world, port);
	assert_int_equal(connections_left(world), 1 + 3);
	CHECK_EQUAL(7, world->host->ip.counts[DROP_BACKLOG]);
	for (int index = 0; index < 3; index++)
		user_accepts(world);
	assert_int_equal(berth_accept(world->host, world->listener, NULL, NULL), -EAGAIN);
	another_connects(world, 1005);
	user_accepts(world);
}

static void an_ack_that_finds_the_queue_full_may_come_again(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 0);
	peer_connects(world);
	uint32_t waiting_isn = world->my_isn;
	another_connects(world, 1001);
	world->peer_port = CLIENT_PORT;
	world->my_isn = waiting_isn;
	CHECK_EQUAL(DROP_BACKLOG,
		    PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1));
	user_accepts(world);
	world_until_sent(world);
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
}

/* Hostile row 37: a flood is bounded, the oldest makes room, and what is established lives on. */
static void a_flood_of_syns_is_bounded_and_the_next_client_still_connects(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 8);
	another_connects(world, 999);
	user_accepts(world);
	for (uint16_t port = 1000; port < 1000 + 3 * TCP_SYN_QUEUE_MOST; port++) {
		world->peer_port = port;
		PEER_SENDS(world, .flags = TCP_SYN);
		world_forget_sent(world);
	}
	CHECK_EQUAL(2 + TCP_SYN_QUEUE_MOST, connections_left(world));
	another_connects(world, 40001);
	user_accepts(world);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

static uint32_t isn_at(struct world *world, uint16_t port)
{
	struct endpoint local = { address_v4(ME), port };
	struct endpoint peer = { address_v4(PEER), SERVER_PORT };
	return tcp_isn(&world->host->tcp, &local, &peer);
}

/* RFC 6528; hostile row 40. A guess from the last three by the usual arithmetic finds none of 10,000. */
static void initial_sequence_numbers_are_not_foretold(void **state)
{
	struct world *world = *state;
	uint32_t bits[32] = { 0 };
	uint32_t last[3] = { 0 };

	for (uint32_t port = 10000; port < 20000; port++) {
		uint32_t isn = isn_at(world, (uint16_t)port);
		assert_int_not_equal(isn, last[0]);
		assert_int_not_equal(isn - last[0], last[0] - last[1]);
		assert_int_not_equal(isn - 2 * last[0] + last[1], last[0] - 2 * last[1] + last[2]);
		for (int bit = 0; bit < 32; bit++)
			bits[bit] += isn >> bit & 1;
		last[2] = last[1];
		last[1] = last[0];
		last[0] = isn;
	}
	for (int bit = 0; bit < 32; bit++)
		assert_in_range(bits[bit], 4700, 5300);
}

static void initial_sequence_numbers_of_one_tuple_follow_the_clock(void **state)
{
	struct world *world = *state;

	for (int round = 0; round < 10000; round++) {
		uint32_t before = isn_at(world, 5);
		world_wait(world, MILLISECOND);
		CHECK_EQUAL(250, isn_at(world, 5) - before);
	}
}

static void timestamps_of_two_tuples_begin_apart(void **state)
{
	struct world *world = *state;
	struct endpoint peer = { address_v4(PEER), SERVER_PORT };
	struct endpoint one = { address_v4(ME), 1 }, other = { address_v4(ME), 2 };

	assert_int_not_equal(tcp_timestamp_offset(&world->host->tcp, &one, &peer),
			     tcp_timestamp_offset(&world->host->tcp, &other, &peer));
}

/* RFC 6056, algorithm 4: within the range, each once, and in no order that the last one tells. */
static void ports_of_connections_are_not_foretold_and_none_is_taken_twice(void **state)
{
	static bool taken[65536];
	struct world *world = *state;
	int in_order = 0;
	uint16_t last = 0;

	memset(taken, 0, sizeof taken);
	for (int index = 0; index < 1000; index++) {
		struct sockaddr_in peer = address_of(PEER, (uint16_t)(1 + index % 500));
		int descriptor = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
		assert_int_equal(berth_connect(world->host, descriptor, (struct sockaddr *)&peer,
					       sizeof peer),
				 -EINPROGRESS);
		uint16_t port = connection_of(world, descriptor)->holder.local.port;
		assert_in_range(port, PORT_FIRST, PORT_LAST);
		in_order += port == last + 1;
		last = port;
		taken[port] = true;
	}
	int distinct = 0;
	for (int port = 0; port < 65536; port++)
		distinct += taken[port];
	assert_true(distinct > 950);
	assert_true(in_order < 10);
}

/* Whatever allocation fails on the way, the attempt fails cleanly or goes on by a retry. */
static void no_refusal_of_memory_breaks_a_handshake(void **state)
{
	struct world *world = *state;

	for (size_t refused = 0; refused < 30; refused++) {
		tcp_in_listen(world, 8);
		world->memory.refusals_after = refused;
		static uint8_t frame[FRAME_MOST];
		size_t size = make_segment(world, frame, &(struct segment){ .flags = TCP_SYN });
		int taken = berth_interface_input(world->host, world->link, frame, size);
		assert_true(taken == 0 || taken == -ENOMEM);
		world->memory.refusals_after = UNLIMITED;
		world_settle(world);
		world_wait(world, 2 * SECOND);
		PEER_SENDS(world, .flags = TCP_SYN);
		world_settle(world);
		assert_true(world->sent_count > 0);
		world->my_isn = world->sent[world->sent_count - 1].header.sequence;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		user_accepts(world);
		world_again(world);
	}
}

static void no_refusal_of_memory_breaks_a_connect(void **state)
{
	struct world *world = *state;
	struct sockaddr_in peer = address_of(PEER, SERVER_PORT);

	for (size_t refused = 0; refused < 30; refused++) {
		world->memory.refusals_after = refused;
		int descriptor = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
		assert_true(descriptor >= 0 || descriptor == -ENOBUFS);
		if (descriptor >= 0) {
			int result = berth_connect(world->host, descriptor,
						   (struct sockaddr *)&peer, sizeof peer);
			assert_true(result == -EINPROGRESS || result == -ENOBUFS);
			world->memory.refusals_after = UNLIMITED;
			world_wait(world, 4 * SECOND);
			assert_true(world->sent_count > 0 || result == -ENOBUFS);
		}
		world_again(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_syn_has_its_options_in_linuxs_order),
		WORLD_TEST(a_syn_ack_has_what_the_syn_offered),
		WORLD_TEST(text_carries_timestamps_behind_two_nops),
		WORLD_TEST(a_window_scale_above_fourteen_means_fourteen),
		WORLD_TEST(without_the_peers_window_scale_neither_is_used),
		WORLD_TEST(the_mss_announced_is_the_links),
		WORLD_TEST(a_syn_is_retried_at_1_3_7_15_31_63_seconds_and_given_up_at_127),
		WORLD_TEST(the_count_of_syns_is_the_users),
		WORLD_TEST(a_syn_ack_is_retried_five_times_and_then_forgotten),
		WORLD_TEST(a_repeated_syn_is_answered_by_the_same_syn_ack),
		WORLD_TEST(a_refusal_ends_the_attempt_and_the_socket_may_try_again),
		WORLD_TEST(a_port_nobody_has_is_refused),
		WORLD_TEST(a_listener_answers_an_ack_by_rst_and_rst_by_nothing),
		WORLD_TEST(a_reset_frees_the_half_open),
		WORLD_TEST(a_wrong_ack_of_the_syn_ack_is_reset),
		WORLD_TEST(text_and_fin_with_the_handshakes_ack_count),
		WORLD_TEST(a_full_accept_queue_lets_syns_fall),
		WORLD_TEST(an_ack_that_finds_the_queue_full_may_come_again),
		WORLD_TEST(a_flood_of_syns_is_bounded_and_the_next_client_still_connects),
		WORLD_TEST(initial_sequence_numbers_are_not_foretold),
		WORLD_TEST(initial_sequence_numbers_of_one_tuple_follow_the_clock),
		WORLD_TEST(timestamps_of_two_tuples_begin_apart),
		WORLD_TEST(ports_of_connections_are_not_foretold_and_none_is_taken_twice),
		WORLD_TEST(no_refusal_of_memory_breaks_a_handshake),
		WORLD_TEST(no_refusal_of_memory_breaks_a_connect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
