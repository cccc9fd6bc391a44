/* Endings that are not the diagram's quiet ones: unread data, SO_LINGER, data for nobody, a listener's children. */
#include "unit/tcp_world.h"

/* RFC 2525, 2.17; RFC 9293, MAY-1 and SHLD-3. */
static void a_close_with_unread_data_resets(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	world_forget_sent(world);
	user_closes(world);
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1, .acknowledgment = 11);
	assert_int_equal(connections_left(world), 0);
}

static void a_close_after_all_was_read_is_a_fin(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	user_reads(world, 10);
	world_forget_sent(world);
	user_closes(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 11);
}

static void linger(struct world *world, int on, int seconds)
{
	struct linger value = { on, seconds };
	assert_int_equal(berth_setsockopt(world->host, world->descriptor, SOL_SOCKET, SO_LINGER,
					  &value, sizeof value),
			 0);
}

static void a_close_that_lingers_for_no_time_resets_in_every_state(void **state)
{
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			row->enter(world);
			if (world->descriptor >= 0) {
				linger(world, 1, 0);
				user_closes(world);
				if (row->state == STATE_SYN_SENT || row->state == STATE_TIME_WAIT)
					expect_silence(world);
				else
					SENDS(world, .flags = TCP_RST | TCP_ACK,
					      .sequence = row->acknowledgment,
					      .acknowledgment = row->sequence);
				assert_int_equal(connections_left(world),
						 row->state == STATE_TIME_WAIT);
			}
			world_again(world);
		}
}

static void a_close_that_lingers_for_a_time_is_a_fin(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	linger(world, 1, 10);
	user_closes(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
}

/* Both FINs are through: the peer has nothing to be told, and TIME-WAIT guards the numbers (RFC 9293, 3.4.2). */
static void a_close_in_time_wait_keeps_it_though_data_is_unread(void **state)
{
	struct world *world = *state;

	tcp_in_fin_wait_2(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2,
		   .size = 10);
	world_forget_sent(world);
	user_closes(world);
	expect_silence(world);
	assert_int_equal(connections_left(world), 1);
	world_wait(world, 60 * SECOND);
	assert_int_equal(connections_left(world), 0);
}

/* RFC 1122, 4.2.2.13. */
static void data_for_nobody_resets(void **state)
{
	struct world *world = *state;

	for (int half_closed = 0; half_closed < 2; half_closed++) {
		tcp_in_fin_wait_1(world);
		user_closes(world);
		if (half_closed)
			PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2, .size = 10);
		SENDS(world, .flags = TCP_RST, .sequence = 2);
		assert_int_equal(connections_left(world), 0);
		world_again(world);
	}
}

static void what_was_written_before_a_close_is_still_sent(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 20 * MSS);
	user_closes(world);
	uint32_t at = 1;
	while (at < 1 + 20 * MSS) {
		for (; world->expected < world->sent_count; world->expected++)
			at += world->sent[world->expected].size;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = at);
	}
	assert_true(world->sent[world->sent_count - 1].header.flags & TCP_FIN);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = at + 1);
	world_wait(world, 60 * SECOND);
	assert_int_equal(connections_left(world), 0);
}

static void closing_a_listener_resets_its_children(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	uint32_t first_isn = world->my_isn;
	world->peer_port++;
	peer_connects(world);
	assert_int_equal(berth_close(world->host, world->listener), 0);
	world->peer_port--; /* the other is half-open: it goes without a word */
	world->my_isn = first_isn;
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	expect_silence(world);
	assert_int_equal(connections_left(world), 0);
	PEER_SENDS(world, .flags = TCP_SYN);
	CHECK_EQUAL(TCP_RST | TCP_ACK, world->sent[world->sent_count - 1].header.flags);
}

/* Linux does this too: accept gives it, and the first call on it the error. */
static void a_child_reset_before_it_is_accepted_is_accepted_with_its_error(void **state)
{
	struct world *world = *state;
	char byte;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 3);
	world_forget_sent(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 4);
	user_accepts(world);
	user_reads(world, 3);
	assert_int_equal(berth_recv(world->host, world->descriptor, &byte, 1, 0), -ECONNRESET);
	assert_int_equal(berth_recv(world->host, world->descriptor, &byte, 1, 0), 0);
	assert_int_equal(berth_send(world->host, world->descriptor, "x", 1, 0), -EPIPE);
	user_closes(world);
	expect_silence(world);
}

static void a_listener_closed_over_a_child_that_was_reset_forgets_it(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1);
	assert_int_equal(berth_close(world->host, world->listener), 0);
	expect_silence(world);
	assert_int_equal(connections_left(world), 0);
}

static void a_child_that_was_closed_by_its_peer_is_accepted_with_its_data(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .size = 10);
	world_wait(world, 3600 * SECOND);
	user_accepts(world);
	user_reads(world, 10);
	world_forget_sent(world);
	user_closes(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 12);
}

static void after_a_reset_what_came_before_is_still_read(void **state)
{
	struct world *world = *state;
	char byte;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 11);
	user_reads(world, 10);
	assert_int_equal(berth_recv(world->host, world->descriptor, &byte, 1, 0), -ECONNRESET);
	user_closes(world);
	assert_int_equal(connections_left(world), 0);
}

static void a_disconnect_resets_and_leaves_a_socket_that_connects_again(void **state)
{
	struct world *world = *state;
	struct sockaddr_in nobody = { .sin_family = AF_UNSPEC };

	tcp_in_established(world);
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&nobody,
				       sizeof nobody),
			 0);
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	tcp_in_established(world);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
}

/* Sockstress: peers that never read, of users that close. What they leave is bounded; then it is reset. */
static void what_users_leave_behind_is_bounded(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	struct tcp *tcp = &world->host->tcp;
	tcp->orphan_bytes = TCP_ORPHAN_BYTES_MOST - 1000; /* as if others had left it */
	user_writes(world, 1001);
	world_forget_sent(world);
	user_closes(world);
	SENDS(world, .flags = TCP_RST | TCP_ACK, .sequence = 1002, .acknowledgment = 1);
	CHECK_EQUAL(0, connections_left(world));
	CHECK_EQUAL(TCP_ORPHAN_BYTES_MOST - 1000, tcp->orphan_bytes);
	tcp->orphan_bytes = 0;
}

static void what_a_user_left_is_settled_when_it_is_acknowledged_or_given_up(void **state)
{
	struct world *world = *state;
	struct tcp *tcp = &world->host->tcp;

	tcp_in_established(world);
	user_writes(world, 1000);
	user_closes(world);
	CHECK_EQUAL(1000, tcp->orphan_bytes);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 501);
	CHECK_EQUAL(1000, tcp->orphan_bytes);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1002);
	CHECK_EQUAL(0, tcp->orphan_bytes);
	CHECK_EQUAL(1, connections_left(world)); /* in FIN-WAIT-2 */

	world_again(world);
	tcp = &world->host->tcp;
	tcp_in_established(world);
	user_writes(world, 1000);
	user_closes(world);
	CHECK_EQUAL(1000, tcp->orphan_bytes);
	world_wait(world, 200 * SECOND);
	CHECK_EQUAL(0, connections_left(world));
	CHECK_EQUAL(0, tcp->orphan_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_close_with_unread_data_resets),
		WORLD_TEST(a_close_after_all_was_read_is_a_fin),
		WORLD_TEST(a_close_that_lingers_for_no_time_resets_in_every_state),
		WORLD_TEST(a_close_that_lingers_for_a_time_is_a_fin),
		WORLD_TEST(a_close_in_time_wait_keeps_it_though_data_is_unread),
		WORLD_TEST(data_for_nobody_resets),
		WORLD_TEST(what_was_written_before_a_close_is_still_sent),
		WORLD_TEST(closing_a_listener_resets_its_children),
		WORLD_TEST(a_child_reset_before_it_is_accepted_is_accepted_with_its_error),
		WORLD_TEST(a_listener_closed_over_a_child_that_was_reset_forgets_it),
		WORLD_TEST(a_child_that_was_closed_by_its_peer_is_accepted_with_its_data),
		WORLD_TEST(after_a_reset_what_came_before_is_still_read),
		WORLD_TEST(a_disconnect_resets_and_leaves_a_socket_that_connects_again),
		WORLD_TEST(what_users_leave_behind_is_bounded),
		WORLD_TEST(what_a_user_left_is_settled_when_it_is_acknowledged_or_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
