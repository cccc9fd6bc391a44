/* Where segments without text stand after a time-out has sent the host back to its first unacknowledged byte: behind all
 * that it ever sent, or else a peer that has received it refuses them as old, and two that do so to each other stop. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_ack_after_a_time_out_stands_behind_all_that_was_sent),
		WORLD_TEST(a_challenge_after_a_time_out_stands_there_too),
		WORLD_TEST(so_does_a_reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
