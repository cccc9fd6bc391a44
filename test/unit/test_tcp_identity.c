/* What nobody outside is to foretell: initial sequence numbers (RFC 6528), timestamps' beginnings, ports (RFC 6056);
 * hostile row 40. */
#include "unit/tcp_world.h"

static uint32_t isn_at(struct world *world, uint16_t port)
{
	struct endpoint local = { address_v4(ME), port };
	struct endpoint peer = { address_v4(PEER), SERVER_PORT };
	return tcp_isn(&world->host->tcp, &local, &peer);
}

/* RFC 6528 (RFC 9293, MUST-9, SHLD-1); hostile row 40. A guess from the last three by the usual arithmetic finds none of
 * 10,000. */
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

/* RFC 9293, MUST-8. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(initial_sequence_numbers_are_not_foretold),
		WORLD_TEST(initial_sequence_numbers_of_one_tuple_follow_the_clock),
		WORLD_TEST(timestamps_of_two_tuples_begin_apart),
		WORLD_TEST(ports_of_connections_are_not_foretold_and_none_is_taken_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
