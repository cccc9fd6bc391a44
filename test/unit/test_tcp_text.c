/* Text and FIN: what order they come in, what overlaps, what lies behind the end (RFC 9293, 3.10.7.4, steps seven and
 * eight; hostile row 34). */
#include "unit/tcp_world.h"

static void text_with_the_syn_ack_comes_again(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1, .size = 10,
		   .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	user_reads(world, 10);
}

static void a_fin_before_its_turn_waits_for_the_gap(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 101, .acknowledgment = 1,
		   .size = 50);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 152);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
	user_reads(world, 150);
}

/* RFC 9293, MUST-58 and 59, SHLD-31, MAY-13: each early segment is answered, all that a gap held back together. */
static void what_waited_behind_a_gap_is_acknowledged_by_one_ack(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	for (uint32_t at = 101; at < 501; at += 100) {
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1,
			   .size = 100);
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	}
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 501);
	world_wait(world, SECOND);
	expect_silence(world);
	user_reads(world, 500);
}

/* Hostile row 34: text beyond a FIN is no part of the stream, whether it came before the FIN or after. */
static void text_beyond_a_fin_is_never_delivered(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 51, .acknowledgment = 1, .size = 50);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .size = 50);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
	user_reads(world, 50);
	world_again(world);

	for (int fin_first = 0; fin_first < 2; fin_first++) {
		tcp_in_established(world);
		for (int turn = 0; turn < 2; turn++) {
			if ((turn == 0) == (fin_first == 1))
				PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 51,
					   .acknowledgment = 1, .size = 50);
			else
				PEER_SENDS(world, .flags = TCP_ACK, .sequence = 101,
					   .acknowledgment = 1, .size = 50);
		}
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 50);
		world_forget_sent(world);
		assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
		CHECK_EQUAL(102, the_connection(world)->rcv_nxt - world->peer_isn);
		user_reads(world, 100);
		world_again(world);
	}
}

static void a_second_fin_in_another_place_does_not_move_the_first(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 101, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 201, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
	user_reads(world, 100);
}

/* A peer that goes on after its FIN does not keep our own bytes from flowing. */
static void text_after_both_knew_of_the_fin_is_ignored_and_its_ack_counts(void **state)
{
	struct world *world = *state;

	tcp_in_close_wait(world);
	user_writes(world, 65535);
	world_forget_sent(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 1 + 14600,
		   .size = 100);
	assert_true(world->sent_count > 0);
	CHECK_EQUAL(2, world->sent[0].header.acknowledgment - world->peer_isn);
	user_reads(world, 0);
}

/* Hostile row 34: who comes later cannot rewrite. */
static void of_two_segments_that_differ_the_first_is_kept(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 101, .acknowledgment = 1, .size = 100,
		   .flip = 0xff);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 50);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 50,
		   .flip = 0xff);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 51, .acknowledgment = 1, .size = 50);
	user_reads(world, 200);
}

/* SegmentSmack: single bytes in reverse. The runs are bounded, what is dropped comes again. */
static void single_bytes_in_reverse_all_arrive(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	for (uint32_t at = 1000; at > 0; at--)
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1, .size = 1);
	user_reads(world, 1000);
	world_forget_sent(world);
	for (uint32_t at = 3001; at > 1001; at -= 2)
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = at, .acknowledgment = 1, .size = 1);
	assert_true(the_connection(world)->early.count <= REASSEMBLY_RUNS_MOST);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1001, .acknowledgment = 1, .size = 1460);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2461, .acknowledgment = 1, .size = 1000);
	user_reads(world, 2460);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(text_with_the_syn_ack_comes_again),
		WORLD_TEST(a_fin_before_its_turn_waits_for_the_gap),
		WORLD_TEST(what_waited_behind_a_gap_is_acknowledged_by_one_ack),
		WORLD_TEST(text_beyond_a_fin_is_never_delivered),
		WORLD_TEST(a_second_fin_in_another_place_does_not_move_the_first),
		WORLD_TEST(text_after_both_knew_of_the_fin_is_ignored_and_its_ack_counts),
		WORLD_TEST(of_two_segments_that_differ_the_first_is_kept),
		WORLD_TEST(single_bytes_in_reverse_all_arrive),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
