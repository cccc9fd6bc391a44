/* send and recv, with and without copies; events; how many sockets there may be; what can be seen of them. */
#include "unit/socket_world.h"

static void bytes_arrive_as_they_were_sent(void **state)
{
	struct world world;
	char bytes[16];
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		assert_int_equal(berth_recv(world.server_host, world.server, bytes, 16, 0),
				 -EAGAIN);
		assert_int_equal(berth_send(world.client_host, world.client, "hello, world", 12, 0),
				 12);
		carry(&world);
		assert_int_equal(poll_of(world.server_host, world.server), POLLIN | POLLOUT);
		assert_int_equal(berth_recv(world.server_host, world.server, bytes, 5, MSG_PEEK),
				 5);
		assert_int_equal(berth_recv(world.server_host, world.server, bytes, 5, 0), 5);
		assert_memory_equal(bytes, "hello", 5);
		assert_int_equal(berth_recv(world.server_host, world.server, NULL, 2, MSG_TRUNC),
				 2);
		assert_int_equal(berth_recv(world.server_host, world.server, bytes, 16, 0), 5);
		assert_memory_equal(bytes, "world", 5);
	}
}

static void a_full_buffer_takes_no_more_until_there_is_room(void **state)
{
	static const char many[100000];
	static char read[100000];
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		ssize_t sent, total = 0;
		while ((sent = berth_send(world.client_host, world.client, many, sizeof many, 0)) >
		       0) {
			total += sent;
			carry(&world);
		}
		assert_int_equal(sent, -EAGAIN);
		assert_int_equal(poll_of(world.client_host, world.client), 0);
		assert_int_equal(berth_send(world.client_host, world.client, many, 0, 0), 0);
		ssize_t got, received = 0;
		while ((got = berth_recv(world.server_host, world.server, read, sizeof read, 0)) >
		       0) {
			received += got;
			carry(&world);
		}
		assert_int_equal(received, total);
		assert_int_equal(poll_of(world.client_host, world.client), POLLOUT);
	}
}

static void a_socket_without_a_connection_neither_sends_nor_receives(void **state)
{
	struct world world;
	char byte;
	struct iovec piece;
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int descriptor = new_socket(host);
	assert_int_equal(berth_send(host, descriptor, "x", 1, 0), -EPIPE);
	assert_int_equal(berth_send_reserve(host, descriptor, &piece), -EPIPE);
	assert_int_equal(berth_recv(host, descriptor, &byte, 1, 0), -ENOTCONN);
	assert_int_equal(berth_recv_peek(host, descriptor, &piece, 1), -ENOTCONN);
	assert_int_equal(berth_shutdown(host, descriptor, SHUT_WR), -ENOTCONN);
	assert_int_equal(berth_accept(host, descriptor, NULL, NULL), -EINVAL);
	assert_int_equal(berth_getpeername(host, descriptor, (struct sockaddr *)&name, &size),
			 -ENOTCONN);
	assert_int_equal(berth_send(host, descriptor, "x", 1, MSG_OOB), -EPIPE);
	assert_int_equal(berth_recv(host, descriptor, &byte, 1, MSG_OOB), -EINVAL);
	world_close(&world);
}

static void no_descriptor_is_ebadf_in_every_call(void **state)
{
	static const int descriptors[] = { -1, 0, 5, 1000000, INT32_MAX, INT32_MIN };
	struct world world;
	struct sockaddr_in name = name_of(INADDR_LOOPBACK, PORT);
	struct sockaddr *address = (struct sockaddr *)&name;
	socklen_t size = sizeof name;
	struct iovec piece;
	char byte;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	berth_close(host, new_socket(host));
	for (size_t index = 0; index < COUNT_OF(descriptors); index++) {
		int none = descriptors[index];
		assert_int_equal(berth_bind(host, none, address, size), -EBADF);
		assert_int_equal(berth_listen(host, none, 1), -EBADF);
		assert_int_equal(berth_accept(host, none, address, &size), -EBADF);
		assert_int_equal(berth_connect(host, none, address, size), -EBADF);
		assert_int_equal(berth_getsockname(host, none, address, &size), -EBADF);
		assert_int_equal(berth_getpeername(host, none, address, &size), -EBADF);
		assert_int_equal(berth_getsockopt(host, none, SOL_SOCKET, SO_ERROR, &byte, &size),
				 -EBADF);
		assert_int_equal(berth_setsockopt(host, none, SOL_SOCKET, SO_LINGER, &byte, 1),
				 -EBADF);
		assert_int_equal(berth_shutdown(host, none, SHUT_WR), -EBADF);
		assert_int_equal(berth_close(host, none), -EBADF);
		assert_int_equal(berth_send(host, none, &byte, 1, 0), -EBADF);
		assert_int_equal(berth_recv(host, none, &byte, 1, 0), -EBADF);
		assert_int_equal(berth_send_reserve(host, none, &piece), -EBADF);
		assert_int_equal(berth_send_commit(host, none, 1), -EBADF);
		assert_int_equal(berth_recv_peek(host, none, &piece, 1), -EBADF);
		assert_int_equal(berth_recv_consume(host, none, 0), -EBADF);
		assert_int_equal(berth_poll(host, none), -EBADF);
		assert_int_equal(berth_set_user(host, none, NULL), -EBADF);
	}
	world_close(&world);
}

static void what_is_reserved_is_sent_by_commit_and_given_back_by_none(void **state)
{
	struct world world;
	struct iovec room;
	char bytes[8];
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		assert_int_equal(berth_send_reserve(world.client_host, world.client, &room), 0);
		assert_true(room.iov_len >= 4096);
		assert_int_equal(berth_send_commit(world.client_host, world.client, 0), 0);
		berth_send_reserve(world.client_host, world.client, &room);
		memcpy(room.iov_base, "small", 5);
		assert_int_equal(berth_send_commit(world.client_host, world.client, 1 << 20),
				 -EINVAL);
		assert_int_equal(berth_send_commit(world.client_host, world.client, 5), 5);
		carry(&world);
		assert_int_equal(berth_recv(world.server_host, world.server, bytes, 8, 0), 5);
		assert_memory_equal(bytes, "small", 5);
		berth_send_reserve(world.client_host, world.client, &room);
		memset(room.iov_base, 'L', 60000);
		assert_int_equal(berth_send_commit(world.client_host, world.client, 60000), 60000);
		carry(&world);
		size_t total = 0;
		struct iovec pieces[4];
		int count;
		while ((count = berth_recv_peek(world.server_host, world.server, pieces, 4)) > 0) {
			size_t size = 0;
			for (int index = 0; index < count; index++) {
				assert_int_equal(*(char *)pieces[index].iov_base, 'L');
				size += pieces[index].iov_len;
			}
			total += size;
			assert_int_equal(berth_recv_consume(world.server_host, world.server, size),
					 size);
			carry(&world);
		}
		assert_int_equal(total, 60000);
		assert_int_equal(count, -EAGAIN);
		assert_int_equal(berth_recv_consume(world.server_host, world.server, 1), -EINVAL);
		berth_send_reserve(world.client_host, world.client, &room); /* closed with it */
	}
}

static int events_of(struct berth_host *host, struct berth_event *events)
{
	return berth_events(host, events, 8);
}

static void an_event_is_told_once_for_each_change(void **state)
{
	struct world world;
	struct berth_event events[8];
	int marks[2];
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		berth_set_user(world.server_host, world.server, &marks[1]);
		events_of(world.client_host, events);
		events_of(world.server_host, events);
		assert_int_equal(events_of(world.server_host, events), 0);
		berth_send(world.client_host, world.client, "a", 1, MSG_DONTWAIT);
		berth_send(world.client_host, world.client, "b", 1, MSG_NOSIGNAL);
		carry(&world);
		int count = events_of(world.server_host, events);
		bool found = false;
		for (int index = 0; index < count; index++)
			found |= events[index].descriptor == world.server &&
				 events[index].user == &marks[1];
		assert_true(found);
		assert_int_equal(events_of(world.server_host, events), 0);
		berth_send(world.client_host, world.client, "c", 1, 0);
		carry(&world);
		berth_close(world.server_host, world.server); /* and its event with it */
		count = events_of(world.server_host, events);
		for (int index = 0; index < count; index++)
			assert_int_not_equal(events[index].descriptor, world.server);
	}
}

static void a_lan_names_each_host_with_events_once(void **state)
{
	struct world world;
	struct berth_event events[8];
	(void)state;
	world_on_lan(&world);
	world_connect(&world);
	struct berth_host *first = berth_lan_ready(world.lan);
	struct berth_host *second = berth_lan_ready(world.lan);
	assert_true(first && second && first != second);
	assert_null(berth_lan_ready(world.lan));
	events_of(first, events);
	events_of(second, events);
	berth_send(world.client_host, world.client, "a", 1, 0);
	carry(&world);
	for (struct berth_host *host; (host = berth_lan_ready(world.lan));)
		assert_true(host == world.client_host || host == world.server_host);
	world_close(&world);
}

static void so_many_sockets_and_no_more(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 3);
	world_listen(&world);
	world.client = new_socket(world.client_host);
	connect_client(&world);
	carry(&world);
	int third = new_socket(world.client_host);
	assert_int_equal(berth_socket(world.client_host, AF_INET, SOCK_STREAM, 0), -EMFILE);
	assert_int_equal(berth_accept(world.server_host, world.listener, NULL, NULL), -EMFILE);
	assert_int_equal(poll_of(world.server_host, world.listener), POLLIN);
	berth_close(world.client_host, third);
	assert_int_equal(berth_accept(world.server_host, world.listener, NULL, NULL), third);
	world_close(&world);
}

static void what_there_is_no_kind_for_is_refused_by_name(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	assert_int_equal(berth_socket(host, AF_UNIX, SOCK_STREAM, 0), -EAFNOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET, SOCK_SEQPACKET, 0), -ESOCKTNOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET, 99, 0), -EINVAL);
	assert_true(berth_socket(host, AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
				 IPPROTO_TCP) >= 0);
	world_close(&world);
}

struct listing {
	int states[16];
	int with_descriptor;
	int count;
};

static void list(void *context, const struct berth_socket_info *info)
{
	struct listing *listing = context;
	listing->states[info->state]++;
	listing->with_descriptor += info->descriptor >= 0;
	listing->count++;
}

static void every_socket_is_listed_by_its_state_to_the_last_of_time_wait(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	world_connect(&world);
	struct listing listing = { 0 };
	berth_host_sockets(world.client_host, list, &listing);
	assert_int_equal(listing.count, 3);
	assert_int_equal(listing.states[TCP_LISTEN], 1);
	assert_int_equal(listing.states[TCP_ESTABLISHED], 2);
	berth_close(world.client_host, world.client);
	carry(&world);
	listing = (struct listing){ 0 };
	berth_host_sockets(world.client_host, list, &listing);
	assert_int_equal(listing.states[TCP_FIN_WAIT2], 1);
	assert_int_equal(listing.states[TCP_CLOSE_WAIT], 1);
	assert_int_equal(listing.with_descriptor, 2);
	berth_close(world.client_host, world.server);
	carry(&world);
	listing = (struct listing){ 0 };
	berth_host_sockets(world.client_host, list, &listing);
	assert_int_equal(listing.states[TCP_TIME_WAIT], 1);
	assert_int_equal(listing.count, 2);
	pass(&world, 61 * SECOND_NS);
	listing = (struct listing){ 0 };
	berth_host_sockets(world.client_host, list, &listing);
	assert_int_equal(listing.count, 1);
	assert_string_equal(berth_tcp_state_name(TCP_LISTEN), "LISTEN");
	world_close(&world);
}

static uint64_t counted(const struct berth_host *host, const char *name)
{
	struct berth_counter counters[64];
	int count = berth_host_counters(host, counters, 64);
	assert_true(count > 0 && count <= 64);
	for (int index = 0; index < count; index++) {
		if (strcmp(counters[index].name, name) == 0)
			return counters[index].count;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static void what_arrives_for_nobody_is_counted(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	world.client = new_socket(world.client_host);
	assert_int_equal(counted(world.server_host, "no socket"), 0);
	connect_client(&world);
	carry(&world);
	assert_int_equal(counted(world.server_host, "no socket"), 1);
	world_close(&world);
}

/* Whatever allocation fails, the call says so, or the protocol tries again, and nothing is lost. */
static void converse(struct world *world)
{
	struct berth_host *host = world->client_host;
	static char bytes[20000];
	struct iovec room;
	int listener = berth_socket(host, AF_INET, SOCK_STREAM, 0);
	int client = berth_socket(host, AF_INET, SOCK_STREAM, 0);

	bind_to(host, listener, INADDR_ANY, PORT);
	berth_listen(host, listener, 5);
	connect_to(host, client, INADDR_LOOPBACK, PORT);
	carry(world);
	int server = berth_accept(host, listener, NULL, NULL);
	berth_send(host, client, bytes, sizeof bytes, 0);
	if (berth_send_reserve(host, client, &room) == 0)
		berth_send_commit(host, client, room.iov_len < 5000 ? room.iov_len : 5000);
	carry(world);
	berth_recv(host, server, bytes, sizeof bytes, 0);
	berth_shutdown(host, client, SHUT_WR);
	pass(world, 2 * SECOND_NS);
	berth_listen(host, client, 1);
	berth_close(host, server);
	berth_close(host, client);
	carry(world);
}

static void no_call_breaks_where_memory_ends(void **state)
{
	(void)state;
	for (size_t granted = 0; granted < 60; granted++) {
		struct world world;
		world_alone(&world, 0);
		world.memory.refusals_after = granted;
		converse(&world);
		world.memory.refusals_after = UNLIMITED;
		converse(&world);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_arrive_as_they_were_sent),
		cmocka_unit_test(a_full_buffer_takes_no_more_until_there_is_room),
		cmocka_unit_test(a_socket_without_a_connection_neither_sends_nor_receives),
		cmocka_unit_test(no_descriptor_is_ebadf_in_every_call),
		cmocka_unit_test(what_is_reserved_is_sent_by_commit_and_given_back_by_none),
		cmocka_unit_test(an_event_is_told_once_for_each_change),
		cmocka_unit_test(a_lan_names_each_host_with_events_once),
		cmocka_unit_test(so_many_sockets_and_no_more),
		cmocka_unit_test(what_there_is_no_kind_for_is_refused_by_name),
		cmocka_unit_test(every_socket_is_listed_by_its_state_to_the_last_of_time_wait),
		cmocka_unit_test(what_arrives_for_nobody_is_counted),
		cmocka_unit_test(no_call_breaks_where_memory_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
