/* Where segments without text stand: behind all that the host ever sent, even after a time-out has sent it back to its
 * first unacknowledged byte, or else a peer that has received more refuses them as old, and two that do so to each other
 * stop; but within a window that was shrunk. */
#include "unit/tcp_world.h"

static void five_in_flight_and_a_time_out(struct world *world)
{
	tcp_in_established(world);
	user_writes(world, 5 * MSS);
	world_forget_sent(world);
	world_wait(world, 1200 * MILLISECOND);
	assert_true(the_connection(world)->retries > 0);
	world_forget_sent(world);
}

static void an_ack_after_a_time_out_stands_behind_all_that_was_sent(void **state)
{
	struct world *world = *state;

	five_in_flight_and_a_time_out(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 5 * MSS, .acknowledgment = 11);
	expect_silence(world);
}

static void a_challenge_after_a_time_out_stands_there_too(void **state)
{
	struct world *world = *state;

	five_in_flight_and_a_time_out(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 2);
	SENDS(world, .flags = TCP_ACK, .sequence = 1 + 5 * MSS, .acknowledgment = 1);
	expect_silence(world);
}

static void so_does_a_reset(void **state)
{
	struct world *world = *state;

	five_in_flight_and_a_time_out(world);
	struct linger at_once = { 1, 0 };
	berth_setsockopt(world->host, world->descriptor, SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof at_once);
	berth_close(world->host, world->descriptor);
	world_settle(world);
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1 + 5 * MSS, .acknowledgment = 1);
	expect_silence(world);
}

/* The peer counts its window in 128 bytes; it has acknowledged so much of the thousand, and shows three units. */
static void the_peer_shows_384_bytes_behind(struct world *world, uint32_t acknowledged)
{
	tcp_in_syn_sent(world);
	PEER_SENDS(
		world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		.options = {
			.has_mss = true, .mss = MSS, .has_window_shift = true, .window_shift = 7 });
	user_writes(world, 1000);
	world_forget_sent(world);
	world->window = 3;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1 + acknowledged,
		   .size = 10);
}

static void a_window_less_than_a_unit_smaller_is_as_large_as_it_was(void **state)
{
	struct world *world = *state;

	the_peer_shows_384_bytes_behind(world, 500);
	SENDS(world, .flags = TCP_ACK, .sequence = 1001, .acknowledgment = 11);
}

static void an_ack_stands_within_a_window_that_was_shrunk(void **state)
{
	struct world *world = *state;

	the_peer_shows_384_bytes_behind(world, 400);
	SENDS(world, .flags = TCP_ACK, .sequence = 785, .acknowledgment = 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_ack_after_a_time_out_stands_behind_all_that_was_sent),
		WORLD_TEST(a_challenge_after_a_time_out_stands_there_too),
		WORLD_TEST(so_does_a_reset),
		WORLD_TEST(a_window_less_than_a_unit_smaller_is_as_large_as_it_was),
		WORLD_TEST(an_ack_stands_within_a_window_that_was_shrunk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
