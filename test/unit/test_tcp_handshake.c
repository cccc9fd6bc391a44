/* The beginning of a connection: options byte for byte as Linux lays them out, retries and their times, refusals
 * (hostile row 35). */
#include "unit/tcp_world.h"

static uint32_t sent_timestamp(const struct sent *sent)
{
	return sent->header.options.timestamp;
}

/* mss, sackOK, TS, nop, wscale. RFC 9293, MUST-14 and 67, SHLD-5, MAY-3: the MSS is what the link's
 * 1,500 octets leave. */
static void a_syn_has_its_options_in_linuxs_order(void **state)
{
	struct world *world = *state;
	uint8_t expected[20] = {
		2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7,
	};

	user_opens(world);
	user_connects(world);
	const struct sent *sent = SENDS(world, .flags = TCP_SYN);
	put32(expected + 8, sent_timestamp(sent));
	CHECK_EQUAL(40, sent->raw_size);
	assert_memory_equal(sent->raw + 20, expected, sizeof expected);
	CHECK_EQUAL(64240, sent->header.window); /* 44 segments, never scaled: RFC 7323, 2.2 */
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
		{ { .has_sack_permitted = true }, 8, { 2, 4, 0x05, 0xb4, 1, 1, 4, 2 } },
		{ { .has_sack_permitted = true, .has_timestamps = true, .timestamp = 5 },
		  16,
		  { 2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 5 } },
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

/* RFC 9293, MUST-5; RFC 7323, 3.2. */
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

/* RFC 9293, MUST-65. */
static void only_a_syn_announces_an_mss(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	world_wait(world, SECOND);
	CHECK_EQUAL(true, world->sent[0].header.options.has_mss);
	assert_true(world->sent_count > 3);
	for (int index = 1; index < world->sent_count; index++)
		CHECK_EQUAL(false, world->sent[index].header.options.has_mss);
}

/* RFC 9293, MUST-22, with Linux's tcp_syn_retries 6. */
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

/* RFC 9293, MUST-23: three minutes at least. Not by default, where Linux gives 127 seconds. */
static void a_user_may_have_a_syn_tried_for_more_than_three_minutes(void **state)
{
	struct world *world = *state;

	user_opens(world);
	set_option(world, IPPROTO_TCP, TCP_SYNCNT, 7);
	tcp_in_syn_sent(world);
	world_wait(world, 180 * SECOND);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	world_wait(world, 120 * SECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ETIMEDOUT);
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
		WORLD_TEST(only_a_syn_announces_an_mss),
		WORLD_TEST(a_syn_is_retried_at_1_3_7_15_31_63_seconds_and_given_up_at_127),
		WORLD_TEST(the_count_of_syns_is_the_users),
		WORLD_TEST(a_user_may_have_a_syn_tried_for_more_than_three_minutes),
		WORLD_TEST(a_refusal_ends_the_attempt_and_the_socket_may_try_again),
		WORLD_TEST(a_port_nobody_has_is_refused),
		WORLD_TEST(no_refusal_of_memory_breaks_a_handshake),
		WORLD_TEST(no_refusal_of_memory_breaks_a_connect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
