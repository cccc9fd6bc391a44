/* The diagram of RFC 9293 (figure 5), as a table and as a life lived segment by segment. */
#include "unit/tcp_world.h"

/* Rows: state; columns: event; - where it cannot happen. Written out apart from the code's own table. */
static const char diagram[STATE_COUNT][EVENT_COUNT + 1] = {
	/*                    OPEN LISTEN SYN SYN_ACKED CLOSE FIN FIN_ACKED ABORT OVER */
	[STATE_CLOSED] = "SL--0--0-",      [STATE_LISTEN] = "SLR-0--0-",
	[STATE_SYN_SENT] = "--RE0--0-",    [STATE_SYN_RECEIVED] = "---E1--0-",
	[STATE_ESTABLISHED] = "----1W-0-", [STATE_FIN_WAIT_1] = "---11C20-",
	[STATE_FIN_WAIT_2] = "----2T-0-",  [STATE_CLOSE_WAIT] = "----A--0-",
	[STATE_CLOSING] = "----C-T0-",     [STATE_LAST_ACK] = "----A-00-",
	[STATE_TIME_WAIT] = "----T--00",
};

static enum tcp_state state_of_letter(char letter)
{
	static const char letters[STATE_COUNT] = {
		[STATE_CLOSED] = '0',       [STATE_LISTEN] = 'L',      [STATE_SYN_SENT] = 'S',
		[STATE_SYN_RECEIVED] = 'R', [STATE_ESTABLISHED] = 'E', [STATE_FIN_WAIT_1] = '1',
		[STATE_FIN_WAIT_2] = '2',   [STATE_CLOSE_WAIT] = 'W',  [STATE_CLOSING] = 'C',
		[STATE_LAST_ACK] = 'A',     [STATE_TIME_WAIT] = 'T',
	};
	for (int state = 1; state < STATE_COUNT; state++) {
		if (letters[state] == letter)
			return (enum tcp_state)state;
	}
	return STATE_ILLEGAL;
}

static void the_whole_diagram_is_the_rfcs(void **state)
{
	(void)state;
	for (int from = 1; from < STATE_COUNT; from++) {
		for (int event = 0; event < EVENT_COUNT; event++)
			CHECK_EQUAL(state_of_letter(diagram[from][event]),
				    state_next((enum tcp_state)from, (enum tcp_event)event));
	}
}

static void every_state_has_the_name_ss_gives_it(void **state)
{
	(void)state;
	assert_string_equal(state_name(STATE_ESTABLISHED), "ESTAB");
	assert_string_equal(state_name(STATE_SYN_RECEIVED), "SYN-RECV");
	assert_string_equal(state_name(STATE_TIME_WAIT), "TIME-WAIT");
	assert_string_equal(state_name(STATE_CLOSED), "UNCONN");
	assert_string_equal(state_name(STATE_ILLEGAL), "UNKNOWN");
	assert_string_equal(state_name(STATE_COUNT), "UNKNOWN");
}

static void every_constructor_reaches_its_state(void **state)
{
	struct world *world = *state;
	for
		EACH_STATE(row)
		{
			row->enter(world);
			world_again(world);
		}
}

/* RFC 9293, MUST-10 and figure 7. */
static void two_that_open_at_once_are_established(void **state)
{
	struct world *world = *state;

	tcp_in_crossed_syn(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
}

/* Figure 7's line 6: the peer's SYN-ACK repeats its SYN, and so stands left of the window. */
static void a_crossed_syn_ack_is_acknowledged(void **state)
{
	struct world *world = *state;

	tcp_in_crossed_syn(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

static void a_socket_may_connect_to_itself(void **state)
{
	struct world *world = *state;
	struct sockaddr_in self = address_of(ME, CLIENT_PORT);
	char byte = 0;

	user_opens(world);
	assert_int_equal(
		berth_bind(world->host, world->descriptor, (struct sockaddr *)&self, sizeof self),
		0);
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&self,
				       sizeof self),
			 -EINPROGRESS);
	world_wait(world, MILLISECOND);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	assert_int_equal(berth_send(world->host, world->descriptor, "x", 1, 0), 1);
	world_wait(world, MILLISECOND);
	assert_int_equal(berth_recv(world->host, world->descriptor, &byte, 1, 0), 1);
	assert_int_equal(byte, 'x');
}

static void two_that_close_at_once_wait_out_both_fins(void **state)
{
	struct world *world = *state;

	tcp_in_closing(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	world_wait(world, 60 * SECOND - 1);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	world_wait(world, 1);
	assert_int_equal(state_of(world), STATE_CLOSED);
	expect_silence(world);
}

static void a_fin_with_the_ack_of_ours_leads_straight_to_time_wait(void **state)
{
	struct world *world = *state;

	tcp_in_fin_wait_1(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
}

static void one_that_has_shut_its_sending_half_still_receives(void **state)
{
	struct world *world = *state;

	tcp_in_fin_wait_2(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2, .size = 1000);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 1001);
	user_reads(world, 1000);
	assert_int_equal(berth_send(world->host, world->descriptor, "x", 1, 0), -EPIPE);
}

static void one_whose_peer_has_shut_still_sends(void **state)
{
	struct world *world = *state;
	char byte;

	tcp_in_close_wait(world);
	assert_int_equal(berth_recv(world->host, world->descriptor, &byte, 1, 0), 0);
	user_writes(world, 1000);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2, .size = 1000);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 1001);
	user_closes(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1001, .acknowledgment = 2);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 1002);
	assert_int_equal(connections_left(world), 0);
}

/* A close in SYN-RECEIVED: the FIN waits for the SYN's acknowledgment (RFC 9293, 3.10.4). */
static void a_close_between_crossed_syns_ends_in_fin_wait(void **state)
{
	struct world *world = *state;

	tcp_in_crossed_syn(world);
	user_shuts(world);
	expect_silence(world);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
}

static void a_close_between_crossed_syns_sends_the_syn_ack_again(void **state)
{
	struct world *world = *state;

	tcp_in_crossed_syn(world);
	user_shuts(world);
	world_until_sent(world);
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
}

/* What close(2) sends in each state, and whether the connection is remembered. */
static void close_does_in_every_state_what_the_rfc_says(void **state)
{
	static const struct {
		enum tcp_state state;
		uint8_t sends; /* 0: nothing */
		bool remembered;
	} rows[] = {
		{ STATE_SYN_SENT, 0, false },
		{ STATE_ESTABLISHED, TCP_FIN | TCP_ACK, true },
		{ STATE_FIN_WAIT_1, 0, true },
		{ STATE_FIN_WAIT_2, 0, true },
		{ STATE_CLOSE_WAIT, TCP_FIN | TCP_ACK, true },
		{ STATE_CLOSING, 0, true },
		{ STATE_LAST_ACK, 0, true },
		{ STATE_TIME_WAIT, 0, true },
	};
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			for (size_t index = 0; index < COUNT_OF(rows); index++) {
				if (rows[index].state != row->state)
					continue;
				row->enter(world);
				user_closes(world);
				CHECK_EQUAL(rows[index].remembered, connections_left(world));
				if (rows[index].sends)
					SENDS(world, .flags = rows[index].sends, .sequence = 1,
					      .acknowledgment = row->sequence);
				expect_silence(world);
				world_again(world);
			}
		}
}

/* However it was left, an orphan is gone in bounded time (hostile row 38). */
static void an_orphan_whose_peer_is_silent_is_forgotten_from_every_state(void **state)
{
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			row->enter(world);
			if (world->descriptor >= 0)
				user_closes(world);
			world_wait(world, 600 * SECOND);
			assert_int_equal(connections_left(world), world->listener >= 0);
			world_again(world);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_whole_diagram_is_the_rfcs),
		cmocka_unit_test(every_state_has_the_name_ss_gives_it),
		WORLD_TEST(every_constructor_reaches_its_state),
		WORLD_TEST(two_that_open_at_once_are_established),
		WORLD_TEST(a_crossed_syn_ack_is_acknowledged),
		WORLD_TEST(a_socket_may_connect_to_itself),
		WORLD_TEST(two_that_close_at_once_wait_out_both_fins),
		WORLD_TEST(a_fin_with_the_ack_of_ours_leads_straight_to_time_wait),
		WORLD_TEST(one_that_has_shut_its_sending_half_still_receives),
		WORLD_TEST(one_whose_peer_has_shut_still_sends),
		WORLD_TEST(a_close_between_crossed_syns_ends_in_fin_wait),
		WORLD_TEST(a_close_between_crossed_syns_sends_the_syn_ack_again),
		WORLD_TEST(close_does_in_every_state_what_the_rfc_says),
		WORLD_TEST(an_orphan_whose_peer_is_silent_is_forgotten_from_every_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
