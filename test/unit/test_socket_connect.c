/* connect, accept, listen, shutdown, close: what they answer, and what poll shows in every state. */
#include "unit/socket_world.h"

static void connecting_says_in_progress_then_already_then_0_then_connected(void **state)
{
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_listen(&world);
		world.client = new_socket(world.client_host);
		assert_int_equal(connect_client(&world), -EINPROGRESS);
		assert_int_equal(connect_client(&world), -EALREADY);
		assert_int_equal(poll_of(world.client_host, world.client), 0);
		carry(&world);
		assert_int_equal(poll_of(world.client_host, world.client), POLLOUT);
		assert_int_equal(connect_client(&world), 0);
		assert_int_equal(connect_client(&world), -EISCONN);
	}
}

static void a_refused_connection_says_so_once_and_may_be_tried_again(void **state)
{
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world.client = new_socket(world.client_host);
		assert_int_equal(connect_client(&world), -EINPROGRESS);
		carry(&world);
		assert_int_equal(poll_of(world.client_host, world.client),
				 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
		assert_int_equal(connect_client(&world), -ECONNREFUSED);
		assert_int_equal(poll_of(world.client_host, world.client), POLLOUT | POLLHUP);
		world_listen(&world);
		assert_int_equal(connect_client(&world), -EINPROGRESS);
		carry(&world);
		assert_int_equal(connect_client(&world), 0);
	}
}

static uint32_t own_address(struct berth_host *host, int descriptor)
{
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	assert_int_equal(berth_getsockname(host, descriptor, (struct sockaddr *)&name, &size), 0);
	return ntohl(name.sin_addr.s_addr);
}

/* Linux's inet_reset_saddr: the address that connect chose goes with the attempt, and the next goes another way. */
static void what_is_bound_to_no_address_is_so_again_after_a_refusal(void **state)
{
	struct world world;
	(void)state;
	world_on_lan(&world);
	struct berth_host *host = world.client_host;
	world_listen(&world);
	world.client = new_socket(host);
	assert_int_equal(bind_to(host, world.client, INADDR_ANY, 5000), 0);
	assert_int_equal(connect_to(host, world.client, INADDR_LOOPBACK, NOBODYS_PORT),
			 -EINPROGRESS);
	carry(&world);
	assert_int_equal(connect_to(host, world.client, INADDR_LOOPBACK, NOBODYS_PORT),
			 -ECONNREFUSED);
	assert_int_equal(own_address(host, world.client), INADDR_ANY);
	assert_int_equal(connect_client(&world), -EINPROGRESS);
	carry(&world);
	assert_int_equal(connect_client(&world), 0);
	assert_int_equal(own_address(host, world.client), FIRST_ADDRESS);
	world_close(&world);
}

static void so_error_tells_a_refusal_once_and_connect_then_says_aborted(void **state)
{
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world.client = new_socket(world.client_host);
		connect_client(&world);
		carry(&world);
		assert_int_equal(error_of(world.client_host, world.client), ECONNREFUSED);
		assert_int_equal(error_of(world.client_host, world.client), 0);
		assert_int_equal(connect_client(&world), -ECONNABORTED);
	}
}

static void an_address_nobody_has_is_unreachable_when_arp_gives_up(void **state)
{
	struct world world;
	(void)state;
	world_on_lan(&world);
	world.client = new_socket(world.client_host);
	assert_int_equal(connect_to(world.client_host, world.client, FIRST_ADDRESS + 9, PORT),
			 -EINPROGRESS);
	pass(&world, 10 * SECOND_NS);
	assert_int_equal(error_of(world.client_host, world.client), EHOSTUNREACH);
	world_close(&world);
}

static void what_cannot_be_reached_or_named_is_refused_at_once(void **state)
{
	struct world world;
	struct sockaddr_in name = name_of(INADDR_LOOPBACK, PORT);
	const struct sockaddr *address = (struct sockaddr *)&name;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int descriptor = new_socket(host);
	assert_int_equal(berth_connect(host, descriptor, address, 1), -EINVAL);
	assert_int_equal(berth_connect(host, descriptor, address, 15), -EINVAL);
	name.sin_family = AF_UNIX;
	assert_int_equal(berth_connect(host, descriptor, address, sizeof name), -EAFNOSUPPORT);
	assert_int_equal(connect_to(host, descriptor, 0x0a000001, PORT), -ENETUNREACH);
	assert_int_equal(connect_to(host, descriptor, INADDR_BROADCAST, PORT), -ENETUNREACH);
	assert_int_equal(connect_to(host, descriptor, 0xe0000001, PORT), -ENETUNREACH);
	assert_int_equal(poll_of(host, descriptor), POLLOUT | POLLHUP);
	world_close(&world);
}

static void af_unspec_dissolves_a_connection_and_its_peer_is_reset(void **state)
{
	struct world world;
	struct sockaddr unspecific = { .sa_family = AF_UNSPEC };
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		assert_int_equal(berth_connect(world.client_host, world.client, &unspecific,
					       sizeof unspecific),
				 0);
		carry(&world);
		assert_int_equal(error_of(world.server_host, world.server), ECONNRESET);
		assert_int_equal(error_of(world.client_host, world.client), ECONNRESET);
		assert_int_equal(berth_getpeername(world.client_host, world.client,
						   (struct sockaddr *)&name, &size),
				 -ENOTCONN);
		assert_int_equal(connect_client(&world), -EINPROGRESS);
		carry(&world);
		assert_int_equal(connect_client(&world), 0);
	}
}

static void bind_says_what_linux_says(void **state)
{
	struct world world;
	struct sockaddr_in name = name_of(INADDR_LOOPBACK, PORT);
	struct sockaddr *address = (struct sockaddr *)&name;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int first = new_socket(host), second = new_socket(host);
	assert_int_equal(berth_bind(host, first, address, 15), -EINVAL);
	name.sin_family = AF_INET6;
	assert_int_equal(berth_bind(host, first, address, sizeof name), -EAFNOSUPPORT);
	assert_int_equal(bind_to(host, first, 0x0a000001, PORT), -EADDRNOTAVAIL);
	assert_int_equal(bind_to(host, first, INADDR_LOOPBACK, PORT), 0);
	assert_int_equal(bind_to(host, first, INADDR_LOOPBACK, PORT + 1), -EINVAL);
	assert_int_equal(bind_to(host, second, INADDR_ANY, PORT), -EADDRINUSE);
	assert_int_equal(bind_to(host, second, 0x7f000002, PORT), 0);
	world_close(&world);
}

static void a_listener_shows_what_waits_and_gives_it_out_once(void **state)
{
	struct world world;
	struct sockaddr_in peer, name;
	socklen_t size = sizeof peer;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_listen(&world);
		struct berth_host *host = world.server_host;
		assert_int_equal(poll_of(host, world.listener), 0);
		assert_int_equal(berth_accept(host, world.listener, NULL, NULL), -EAGAIN);
		world.client = new_socket(world.client_host);
		connect_client(&world);
		carry(&world);
		assert_int_equal(poll_of(host, world.listener), POLLIN);
		size = sizeof peer;
		world.server = berth_accept(host, world.listener, (struct sockaddr *)&peer, &size);
		assert_true(world.server >= 0);
		size = sizeof name;
		berth_getsockname(world.client_host, world.client, (struct sockaddr *)&name, &size);
		assert_int_equal(peer.sin_port, name.sin_port);
		assert_int_equal(peer.sin_addr.s_addr, name.sin_addr.s_addr);
		assert_int_equal(poll_of(host, world.listener), 0);
		assert_int_equal(berth_accept(host, world.server, NULL, NULL), -EINVAL);
		assert_int_equal(berth_listen(host, world.server, 1), -EINVAL);
	}
}

static void two_listeners_on_a_port_are_one_too_many(void **state)
{
	struct world world;
	const int on = 1;
	(void)state;
	world_alone(&world, 0);
	int sockets[2];
	for (int index = 0; index < 2; index++) {
		sockets[index] = new_socket(world.server_host);
		berth_setsockopt(world.server_host, sockets[index], SOL_SOCKET, SO_REUSEADDR, &on,
				 sizeof on);
		assert_int_equal(bind_to(world.server_host, sockets[index], INADDR_ANY, PORT), 0);
	}
	assert_int_equal(berth_listen(world.server_host, sockets[0], 1), 0);
	assert_int_equal(berth_listen(world.server_host, sockets[1], 1), -EADDRINUSE);
	world_close(&world);
}

/* A client that is let in although the server's queue is full would wait in vain: its SYN goes unheard instead. */
static void so_many_wait_as_the_backlog_says_and_one_more(void **state)
{
	struct world world;
	int clients[4];
	(void)state;
	world_alone(&world, 0);
	world_listen(&world);
	assert_int_equal(berth_listen(world.server_host, world.listener, 1), 0);
	for (int index = 0; index < 4; index++) {
		clients[index] = new_socket(world.client_host);
		connect_to(world.client_host, clients[index], INADDR_LOOPBACK, PORT);
		carry(&world);
		assert_int_equal(poll_of(world.client_host, clients[index]),
				 index < 2 ? POLLOUT : 0);
	}
	assert_true(berth_accept(world.server_host, world.listener, NULL, NULL) >= 0);
	pass(&world, 4 * SECOND_NS);
	assert_int_equal(poll_of(world.client_host, clients[2]) |
				 poll_of(world.client_host, clients[3]),
			 POLLOUT);
	world_close(&world);
}

static void a_half_close_is_seen_by_both_ends(void **state)
{
	struct world world;
	char byte;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		assert_int_equal(berth_shutdown(world.client_host, world.client, 3), -EINVAL);
		assert_int_equal(berth_shutdown(world.client_host, world.client, SHUT_WR), 0);
		carry(&world);
		assert_int_equal(poll_of(world.client_host, world.client), POLLOUT);
		assert_int_equal(berth_send(world.client_host, world.client, "x", 1, 0), -EPIPE);
		assert_int_equal(poll_of(world.server_host, world.server),
				 POLLIN | POLLOUT | POLLRDHUP);
		assert_int_equal(berth_recv(world.server_host, world.server, &byte, 1, 0), 0);
		assert_int_equal(berth_send(world.server_host, world.server, "y", 1, 0), 1);
		carry(&world);
		assert_int_equal(berth_recv(world.client_host, world.client, &byte, 1, 0), 1);
		assert_int_equal(berth_shutdown(world.server_host, world.server, SHUT_WR), 0);
		carry(&world);
		assert_int_equal(poll_of(world.client_host, world.client),
				 POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
		assert_int_equal(poll_of(world.server_host, world.server),
				 POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
	}
}

static void a_reset_is_told_once_and_then_the_stream_is_over(void **state)
{
	struct world world;
	char byte;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		abort_socket(world.client_host, world.client);
		carry(&world);
		assert_int_equal(poll_of(world.server_host, world.server),
				 POLLIN | POLLOUT | POLLERR | POLLHUP | POLLRDHUP);
		assert_int_equal(berth_recv(world.server_host, world.server, &byte, 1, 0),
				 -ECONNRESET);
		assert_int_equal(berth_recv(world.server_host, world.server, &byte, 1, 0), 0);
		assert_int_equal(berth_send(world.server_host, world.server, "x", 1, 0), -EPIPE);
		assert_int_equal(poll_of(world.server_host, world.server),
				 POLLIN | POLLOUT | POLLHUP | POLLRDHUP);
		assert_int_equal(berth_shutdown(world.server_host, world.server, SHUT_RDWR),
				 -ENOTCONN);
	}
}

static void closing_with_data_unread_resets_the_peer(void **state)
{
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		berth_send(world.server_host, world.server, "unread", 6, 0);
		carry(&world);
		assert_int_equal(berth_close(world.client_host, world.client), 0);
		carry(&world);
		assert_int_equal(error_of(world.server_host, world.server), ECONNRESET);
	}
}

static void connecting_to_oneself_opens_both_ways(void **state)
{
	struct world world;
	char byte = 0;
	(void)state;
	world_alone(&world, 0);
	int descriptor = new_socket(world.client_host);
	bind_to(world.client_host, descriptor, INADDR_LOOPBACK, PORT);
	assert_int_equal(connect_to(world.client_host, descriptor, INADDR_LOOPBACK, PORT),
			 -EINPROGRESS);
	carry(&world);
	assert_int_equal(connect_to(world.client_host, descriptor, INADDR_LOOPBACK, PORT), 0);
	assert_int_equal(berth_send(world.client_host, descriptor, "e", 1, 0), 1);
	carry(&world);
	assert_int_equal(berth_recv(world.client_host, descriptor, &byte, 1, 0), 1);
	assert_int_equal(byte, 'e');
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connecting_says_in_progress_then_already_then_0_then_connected),
		cmocka_unit_test(a_refused_connection_says_so_once_and_may_be_tried_again),
		cmocka_unit_test(what_is_bound_to_no_address_is_so_again_after_a_refusal),
		cmocka_unit_test(so_error_tells_a_refusal_once_and_connect_then_says_aborted),
		cmocka_unit_test(an_address_nobody_has_is_unreachable_when_arp_gives_up),
		cmocka_unit_test(what_cannot_be_reached_or_named_is_refused_at_once),
		cmocka_unit_test(af_unspec_dissolves_a_connection_and_its_peer_is_reset),
		cmocka_unit_test(bind_says_what_linux_says),
		cmocka_unit_test(a_listener_shows_what_waits_and_gives_it_out_once),
		cmocka_unit_test(two_listeners_on_a_port_are_one_too_many),
		cmocka_unit_test(so_many_wait_as_the_backlog_says_and_one_more),
		cmocka_unit_test(a_half_close_is_seen_by_both_ends),
		cmocka_unit_test(a_reset_is_told_once_and_then_the_stream_is_over),
		cmocka_unit_test(closing_with_data_unread_resets_the_peer),
		cmocka_unit_test(connecting_to_oneself_opens_both_ways),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
