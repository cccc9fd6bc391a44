/* A listener: what it answers, and its two queues (RFC 9293, 3.10.7.2; hostile row 35; its row 37 is test_tcp_cookie.c's). */
#include "unit/tcp_world.h"

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

/* RFC 9293, MUST-11: and the listener listens on. */
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

/* <berth/host.h>: "Ends the host ... without another frame." */
static void a_host_ends_without_another_frame(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 8);
	another_connects(world, 999); /* waits to be accepted */
	world->peer_port = 1000;
	PEER_SENDS(world, .flags = TCP_SYN); /* half open */
	world_forget_sent(world);
	berth_host_free(world->host);
	CHECK_EQUAL(0, world->sent_count);
	world_make(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_syn_ack_is_retried_five_times_and_then_forgotten),
		WORLD_TEST(a_repeated_syn_is_answered_by_the_same_syn_ack),
		WORLD_TEST(a_listener_answers_an_ack_by_rst_and_rst_by_nothing),
		WORLD_TEST(a_reset_frees_the_half_open),
		WORLD_TEST(a_wrong_ack_of_the_syn_ack_is_reset),
		WORLD_TEST(text_and_fin_with_the_handshakes_ack_count),
		WORLD_TEST(a_full_accept_queue_lets_syns_fall),
		WORLD_TEST(an_ack_that_finds_the_queue_full_may_come_again),
		WORLD_TEST(a_host_ends_without_another_frame),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
