/* getsockopt and setsockopt: every row of the table, by value and by size. test/conformance/ask_linux asks Linux the same. */
#include "unit/socket_world.h"

/* An int that can be set: what it is at first, and what becomes of what is asked. */
struct row {
	int level, name;
	int at_first;
	int asked, then;
	int refused; /* a value that is -EINVAL; 0: there is none */
};

static const struct row rows[] = {
	{ SOL_SOCKET, SO_REUSEADDR, 0, 7, 1, 0 },
	{ SOL_SOCKET, SO_REUSEPORT, 0, 7, 1, 0 },
	{ SOL_SOCKET, SO_KEEPALIVE, 0, 7, 1, 0 },
	{ SOL_SOCKET, SO_ZEROCOPY, 0, 1, 1, 2 },
	{ SOL_SOCKET, SO_ZEROCOPY, 0, 1, 1, -1 },
	{ SOL_SOCKET, SO_SNDBUF, 512 << 10, 10000, 20000, 0 },
	{ SOL_SOCKET, SO_SNDBUF, 512 << 10, 1, 4608, 0 },
	{ SOL_SOCKET, SO_SNDBUF, 512 << 10, 1000000, 425984, 0 },
	{ SOL_SOCKET, SO_RCVBUF, 512 << 10, 10000, 20000, 0 },
	{ SOL_SOCKET, SO_RCVBUF, 512 << 10, 1, 2304, 0 },
	{ SOL_SOCKET, SO_RCVLOWAT, 1, 100, 100, 0 },
	{ SOL_SOCKET, SO_RCVLOWAT, 1, 0, 1, 0 },
	{ SOL_SOCKET, SO_RCVLOWAT, 1, -1, 256 << 10, 0 },
	{ IPPROTO_TCP, TCP_NODELAY, 0, 7, 1, 0 },
	{ IPPROTO_TCP, TCP_CORK, 0, 7, 1, 0 },
	{ IPPROTO_TCP, TCP_MAXSEG, 536, 1000, 1000, 87 },
	{ IPPROTO_TCP, TCP_MAXSEG, 536, 32767, 32767, 32768 },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 7200, 1, 1, 0x8000 },
	{ IPPROTO_TCP, TCP_KEEPINTVL, 75, 32767, 32767, -1 },
	{ IPPROTO_TCP, TCP_KEEPCNT, 9, 127, 127, 128 },
	{ IPPROTO_TCP, TCP_SYNCNT, 6, 127, 127, 128 },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, 0, INT32_MAX, INT32_MAX, -1 },
	{ IPPROTO_TCP, TCP_QUICKACK, 1, 0, 0, 0 },
	{ IPPROTO_IP, IP_TOS, 0, 0xff, 0xfc, 0 },
	{ IPPROTO_IP, IP_TTL, 64, 1, 1, 256 },
	{ IPPROTO_IP, IP_TTL, 64, -1, 64, -2 },
};

static int set(struct world *world, int descriptor, const struct row *row, int value)
{
	return berth_setsockopt(world->client_host, descriptor, row->level, row->name, &value,
				sizeof value);
}

static int get(struct world *world, int descriptor, int level, int name)
{
	int value = -12345;
	socklen_t size = sizeof value;
	assert_int_equal(
		berth_getsockopt(world->client_host, descriptor, level, name, &value, &size), 0);
	assert_int_equal(size, sizeof value);
	return value;
}

static void every_number_is_what_it_was_set_to(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		int descriptor = new_socket(world.client_host);
		assert_int_equal(get(&world, descriptor, row->level, row->name), row->at_first);
		assert_int_equal(set(&world, descriptor, row, row->asked), 0);
		assert_int_equal(get(&world, descriptor, row->level, row->name), row->then);
		if (row->refused) {
			assert_int_equal(set(&world, descriptor, row, row->refused), -EINVAL);
			assert_int_equal(get(&world, descriptor, row->level, row->name), row->then);
		}
		berth_close(world.client_host, descriptor);
	}
	world_close(&world);
}

static void a_value_shorter_than_its_option_is_refused(void **state)
{
	struct world world;
	const int value = 1;
	(void)state;
	world_alone(&world, 0);
	int descriptor = new_socket(world.client_host);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		for (socklen_t size = 0; size < 4; size++) {
			bool taken = row->level == IPPROTO_IP && size > 0; /* from one byte */
			assert_int_equal(berth_setsockopt(world.client_host, descriptor, row->level,
							  row->name, &value, size),
					 taken ? 0 : -EINVAL);
		}
		assert_int_equal(berth_setsockopt(world.client_host, descriptor, row->level,
						  row->name, &value, (socklen_t)-1),
				 -EINVAL);
	}
	world_close(&world);
}

static void as_much_is_shown_as_there_is_room_for(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	int descriptor = new_socket(world.client_host);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		for (socklen_t room = 0; room <= 8; room++) {
			uint8_t bytes[9];
			memset(bytes, 0xee, sizeof bytes);
			socklen_t size = room;
			assert_int_equal(berth_getsockopt(world.client_host, descriptor, row->level,
							  row->name, bytes, &size),
					 0);
			bool in_one = row->level == IPPROTO_IP && room > 0 && room < 4;
			assert_int_equal(size, in_one ? 1 : room < 4 ? room : 4);
			assert_int_equal(bytes[size], 0xee);
		}
		socklen_t size = (socklen_t)-1;
		assert_int_equal(berth_getsockopt(world.client_host, descriptor, row->level,
						  row->name, NULL, &size),
				 -EINVAL);
	}
	world_close(&world);
}

static void what_is_only_to_be_read_says_what_the_socket_is(void **state)
{
	static const int names[] = { SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR };
	static const int values[] = { SOCK_STREAM, AF_INET, IPPROTO_TCP, 0, 0 };
	const int one = 1;
	struct world world;
	(void)state;
	world_alone(&world, 0);
	int descriptor = new_socket(world.client_host);
	for (size_t index = 0; index < COUNT_OF(names); index++) {
		assert_int_equal(get(&world, descriptor, SOL_SOCKET, names[index]), values[index]);
		assert_int_equal(berth_setsockopt(world.client_host, descriptor, SOL_SOCKET,
						  names[index], &one, sizeof one),
				 -ENOPROTOOPT);
	}
	assert_int_equal(berth_listen(world.client_host, descriptor, 1), 0);
	assert_int_equal(get(&world, descriptor, SOL_SOCKET, SO_ACCEPTCONN), 1);
	world_close(&world);
}

static void what_is_not_in_the_table_is_no_option(void **state)
{
	struct world world;
	int value = 0;
	socklen_t size = sizeof value;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int descriptor = new_socket(host);
	static const int levels[] = { SOL_SOCKET, IPPROTO_TCP, IPPROTO_IP };
	for (size_t index = 0; index < COUNT_OF(levels); index++) {
		assert_int_equal(
			berth_getsockopt(host, descriptor, levels[index], 9999, &value, &size),
			-ENOPROTOOPT);
		assert_int_equal(
			berth_setsockopt(host, descriptor, levels[index], 9999, &value, size),
			-ENOPROTOOPT);
	}
	assert_int_equal(berth_getsockopt(host, descriptor, 9999, 1, &value, &size), -EOPNOTSUPP);
	assert_int_equal(berth_setsockopt(host, descriptor, 9999, 1, &value, size), -ENOPROTOOPT);
	world_close(&world);
}

static void linger_timeouts_and_controllers_come_in_their_own_shapes(void **state)
{
	struct world world;
	struct linger linger = { 1, 5 }, lingers = { 0 };
	struct timeval second = { 1, 500000 }, told = { 0 }, wrong = { 0, 1000000 };
	char name[16] = "";
	socklen_t size = sizeof lingers;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int descriptor = new_socket(host);
	assert_int_equal(berth_setsockopt(host, descriptor, SOL_SOCKET, SO_LINGER, &linger, size),
			 0);
	berth_getsockopt(host, descriptor, SOL_SOCKET, SO_LINGER, &lingers, &size);
	assert_memory_equal(&lingers, &linger, sizeof linger);
	assert_int_equal(berth_setsockopt(host, descriptor, SOL_SOCKET, SO_LINGER, &linger, 7),
			 -EINVAL);

	size = sizeof told;
	assert_int_equal(berth_setsockopt(host, descriptor, SOL_SOCKET, SO_RCVTIMEO, &wrong, size),
			 -EDOM);
	assert_int_equal(berth_setsockopt(host, descriptor, SOL_SOCKET, SO_RCVTIMEO, &second, size),
			 0);
	berth_getsockopt(host, descriptor, SOL_SOCKET, SO_RCVTIMEO, &told, &size);
	assert_memory_equal(&told, &second, sizeof told);

	size = sizeof name;
	assert_int_equal(berth_setsockopt(host, descriptor, IPPROTO_TCP, TCP_CONGESTION, "reno", 4),
			 0);
	assert_int_equal(
		berth_setsockopt(host, descriptor, IPPROTO_TCP, TCP_CONGESTION, "other", 5),
		-ENOENT);
	berth_getsockopt(host, descriptor, IPPROTO_TCP, TCP_CONGESTION, name, &size);
	assert_string_equal(name, "reno");
	assert_int_equal(
		berth_setsockopt(host, descriptor, IPPROTO_TCP, TCP_CONGESTION, "cubic\0and", 9),
		0);
	size = 3;
	memset(name, 'x', sizeof name);
	berth_getsockopt(host, descriptor, IPPROTO_TCP, TCP_CONGESTION, name, &size);
	CHECK_EQUAL(3, size);
	assert_memory_equal(name, "cubx", 4);
	world_close(&world);
}

static void an_accepted_socket_inherits_its_listeners_options(void **state)
{
	static const struct row inherited[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1, 0 },
		{ SOL_SOCKET, SO_ZEROCOPY, 0, 1, 1, 0 },
		{ SOL_SOCKET, SO_RCVBUF, 0, 20000, 40000, 0 },
		{ IPPROTO_TCP, TCP_NODELAY, 0, 1, 1, 0 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 0, 100, 100, 0 },
		{ IPPROTO_IP, IP_TOS, 0, 0x10, 0x10, 0 },
	};
	struct world world;
	(void)state;
	world_alone(&world, 0);
	world_listen(&world);
	for (size_t index = 0; index < COUNT_OF(inherited); index++)
		assert_int_equal(
			set(&world, world.listener, &inherited[index], inherited[index].asked), 0);
	world.client = new_socket(world.client_host);
	connect_client(&world);
	carry(&world);
	int server = berth_accept(world.server_host, world.listener, NULL, NULL);
	for (size_t index = 0; index < COUNT_OF(inherited); index++)
		assert_int_equal(get(&world, server, inherited[index].level, inherited[index].name),
				 inherited[index].then);
	world_close(&world);
}

static void low_water_holds_readability_back_until_the_end(void **state)
{
	struct world world;
	const int four = 4;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		berth_setsockopt(world.server_host, world.server, SOL_SOCKET, SO_RCVLOWAT, &four,
				 sizeof four);
		berth_send(world.client_host, world.client, "abc", 3, 0);
		carry(&world);
		assert_int_equal(poll_of(world.server_host, world.server), POLLOUT);
		berth_shutdown(world.client_host, world.client, SHUT_WR);
		carry(&world);
		assert_int_equal(poll_of(world.server_host, world.server),
				 POLLIN | POLLOUT | POLLRDHUP);
	}
}

static void set_int(struct world *world, int level, int name, int value)
{
	assert_int_equal(berth_setsockopt(world->client_host, world->client, level, name, &value,
					  sizeof value),
			 0);
}

static void keepalive_waits_while_data_is_in_flight(void **state)
{
	struct world world;
	(void)state;
	world_on_lan(&world);
	world_connect(&world);
	set_int(&world, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set_int(&world, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(&world, IPPROTO_TCP, TCP_KEEPCNT, 2);
	set_int(&world, SOL_SOCKET, SO_KEEPALIVE, 1);
	berth_lan_unplug(world.lan, world.server_host);
	berth_send(world.client_host, world.client, "a", 1, 0);
	pass(&world, 20 * SECOND_NS);
	assert_int_equal(poll_of(world.client_host, world.client), POLLOUT);
	world_close(&world);
}

static void keepalive_ends_a_connection_whose_peer_is_silent(void **state)
{
	struct world world;
	(void)state;
	world_on_lan(&world);
	world_connect(&world);
	set_int(&world, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(&world, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set_int(&world, IPPROTO_TCP, TCP_KEEPCNT, 2);
	pass(&world, 5 * SECOND_NS);
	berth_lan_unplug(world.lan, world.server_host);
	set_int(&world, IPPROTO_TCP, TCP_KEEPIDLE, 3); /* they have passed */
	pass(&world, 5 * SECOND_NS);
	assert_int_equal(error_of(world.client_host, world.client), ETIMEDOUT);
	world_close(&world);
}

static void tcp_info_tells_state_and_round_trip(void **state)
{
	struct world world;
	struct tcp_info info;
	socklen_t size = sizeof info;
	(void)state;
	world_on_lan(&world);
	world_connect(&world);
	assert_int_equal(berth_getsockopt(world.client_host, world.client, IPPROTO_TCP, TCP_INFO,
					  &info, &size),
			 0);
	assert_int_equal(size, sizeof info);
	assert_int_equal(info.tcpi_state, TCP_ESTABLISHED);
	assert_int_equal(info.tcpi_snd_mss, 1448);
	assert_int_equal(info.tcpi_pmtu, 1500);
	assert_int_equal(info.tcpi_options, TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_what_it_was_set_to),
		cmocka_unit_test(a_value_shorter_than_its_option_is_refused),
		cmocka_unit_test(as_much_is_shown_as_there_is_room_for),
		cmocka_unit_test(what_is_only_to_be_read_says_what_the_socket_is),
		cmocka_unit_test(what_is_not_in_the_table_is_no_option),
		cmocka_unit_test(linger_timeouts_and_controllers_come_in_their_own_shapes),
		cmocka_unit_test(an_accepted_socket_inherits_its_listeners_options),
		cmocka_unit_test(low_water_holds_readability_back_until_the_end),
		cmocka_unit_test(keepalive_waits_while_data_is_in_flight),
		cmocka_unit_test(keepalive_ends_a_connection_whose_peer_is_silent),
		cmocka_unit_test(tcp_info_tells_state_and_round_trip),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
