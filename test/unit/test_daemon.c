/* The daemon in this process, without a door: supervisors are the other ends of socket pairs, guests are carriers of our
 * own. */
#include "daemon/daemon.h"
#include "daemon/host.h"
#include "daemon/session.h"

#include "unit/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

struct world {
	struct daemon daemon;
	int server, client; /* supervisors' ends */
	struct control_message reply;
};

/* Rounds until nothing more is ready: no time passes but what they take. */
static void settle(struct world *world)
{
	for (int i = 0; i < 20; i++)
		daemon_round(&world->daemon, 0);
}

static int visit(struct world *world)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	session_begin(&world->daemon, ends[1]);
	return ends[0];
}

static void tell(int supervisor, struct control_header header, const void *data, size_t size,
		 int descriptor)
{
	header.size = (uint32_t)size;
	assert_int_equal(control_send(supervisor, &header, data, descriptor), 0);
}

/* The reply's a; world->reply has the rest. */
static int ask(struct world *world, int supervisor, struct control_header header, const void *data,
	       size_t size, int descriptor)
{
	int beside;

	tell(supervisor, header, data, size, descriptor);
	settle(world);
	assert_true(control_receive(supervisor, &world->reply, &beside) > 0);
	assert_int_equal(world->reply.header.kind, header.kind);
	assert_int_equal(world->reply.header.id, header.id);
	return world->reply.header.a;
}

static int greet(struct world *world)
{
	int supervisor = visit(world);
	const struct control_header hello = { .kind = CONTROL_HELLO, .a = CONTROL_VERSION };

	assert_int_equal(ask(world, supervisor, hello, NULL, 0, -1), 0);
	return supervisor;
}

static int join(struct world *world, int supervisor, const char *wish)
{
	const struct control_header header = { .kind = CONTROL_JOIN, .id = 1 };
	return ask(world, supervisor, header, wish, strlen(wish), -1);
}

static void open_world(struct world *world)
{
	assert_int_equal(daemon_open(&world->daemon, "test"), 0);
	world->server = greet(world);
	world->client = greet(world);
	assert_int_equal(join(world, world->server, "{\"name\":\"server\"}"), 0);
	assert_int_equal(join(world, world->client, "{\"name\":\"client\"}"), 0);
}

static void close_world(struct world *world)
{
	close(world->server);
	close(world->client);
	settle(world);
	daemon_close(&world->daemon);
	free(world);
}

static struct world *new_world(void)
{
	struct world *world = calloc(1, sizeof *world);
	assert_non_null(world);
	open_world(world);
	return world;
}

struct guest_socket {
	int descriptor;
	uint64_t inode;
};

static struct guest_socket new_socket(int supervisor)
{
	struct guest_socket made = { .descriptor =
					     socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0) };

	assert_int_equal(carrier_mark(made.descriptor), 0);
	assert_true(carrier_is(made.descriptor, &made.inode));
	tell(supervisor,
	     (struct control_header){
		     .kind = CONTROL_SOCKET, .inode = made.inode, .a = AF_INET, .b = SOCK_STREAM },
	     NULL, 0, made.descriptor);
	return made;
}

static struct sockaddr_in server_at(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	inet_pton(AF_INET, "10.77.0.1", &address.sin_addr);
	return address;
}

static struct guest_socket new_listener(struct world *world, uint16_t port, int backlog)
{
	struct guest_socket made = new_socket(world->server);
	struct sockaddr_in address = server_at(port);
	struct control_header header = { .kind = CONTROL_BIND, .id = 2, .inode = made.inode };

	assert_int_equal(ask(world, world->server, header, &address, sizeof address, -1), 0);
	header.kind = CONTROL_LISTEN;
	header.a = backlog;
	assert_int_equal(ask(world, world->server, header, NULL, 0, made.descriptor), 0);
	return made;
}

static int connect_guest(struct world *world, struct guest_socket guest, uint16_t port, int waits)
{
	const struct control_header header = {
		.kind = CONTROL_CONNECT, .id = 3, .inode = guest.inode, .a = !waits
	};
	struct sockaddr_in address = server_at(port);
	return ask(world, world->client, header, &address, sizeof address, guest.descriptor);
}

/* As the supervisor: with a byte in front that is no part of the stream. */
static struct guest_socket accept_guest(struct world *world, struct guest_socket listener)
{
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	struct carrier_name name;
	struct guest_socket made = { .descriptor =
					     accept4(listener.descriptor, (struct sockaddr *)&from,
						     &size, SOCK_NONBLOCK) };

	assert_true(made.descriptor >= 0);
	assert_true(carrier_name_read(&from, size, &name));
	assert_int_equal(((struct sockaddr_in *)&name.local)->sin_port, server_at(80).sin_port);
	assert_int_equal(carrier_mark(made.descriptor), 0);
	assert_true(carrier_is(made.descriptor, &made.inode));
	assert_int_equal(send(made.descriptor, "", 1, 0), 1);
	tell(world->server,
	     (struct control_header){ .kind = CONTROL_ACCEPTED,
				      .inode = listener.inode,
				      .a = 1,
				      .b = (int32_t)(uint32_t)name.connection,
				      .c = (int32_t)(uint32_t)(name.connection >> 32) },
	     &made.inode, sizeof made.inode, -1);
	settle(world);
	return made;
}

struct connection {
	struct guest_socket listener, client, server;
};

static struct connection connect_two(struct world *world)
{
	struct connection made = { .listener = new_listener(world, 80, 5) };

	made.client = new_socket(world->client);
	assert_int_equal(connect_guest(world, made.client, 80, true), 0);
	settle(world);
	made.server = accept_guest(world, made.listener);
	return made;
}

static void close_two(const struct connection *connection)
{
	close(connection->listener.descriptor);
	close(connection->client.descriptor);
	close(connection->server.descriptor);
}

static int state_of(int descriptor)
{
	struct pollfd state = { .fd = descriptor, .events = POLLIN | POLLOUT | POLLRDHUP };
	assert_true(poll(&state, 1, 0) >= 0);
	return state.revents;
}

static unsigned count_of_carriers(const struct world *world)
{
	return (unsigned)world->daemon.carriers.count;
}

static void bytes_cross_both_ways(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct connection connection = connect_two(world);
	char got[16];

	assert_int_equal(send(connection.client.descriptor, "ping", 4, 0), 4);
	settle(world);
	assert_int_equal(recv(connection.server.descriptor, got, sizeof got, 0), 4);
	assert_memory_equal(got, "ping", 4);
	assert_int_equal(send(connection.server.descriptor, "pong!", 5, 0), 5);
	settle(world);
	assert_int_equal(recv(connection.client.descriptor, got, sizeof got, 0), 5);
	assert_memory_equal(got, "pong!", 5);
	close_two(&connection);
	close_world(world);
}

/* Where carriers are linked to their ends, a stranger knocks, or an end that found no descriptor was left. */
static void what_waits_at_the_link_point_is_not_taken_for_a_guest(void **state)
{
	(void)state;
	struct world *world = new_world();
	const struct link_point *point = &world->daemon.link_point;
	struct connection connection = { .listener = new_listener(world, 80, 5),
					 .client = new_socket(world->client) };
	int strangers[3];
	char got[16];

	settle(world);
	for (int i = 0; i < 3; i++) {
		strangers[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		assert_int_equal(connect(strangers[i], (const struct sockaddr *)&point->name,
					 point->name_size),
				 0);
	}
	assert_int_equal(connect_guest(world, connection.client, 80, true), 0);
	connection.server = accept_guest(world, connection.listener);
	for (int i = 0; i < 3; i++) {
		errno = 0;
		assert_true(recv(strangers[i], got, 1, 0) <= 0);
		assert_int_not_equal(errno, EAGAIN);
		close(strangers[i]);
	}
	assert_int_equal(send(connection.client.descriptor, "mine", 4, 0), 4);
	settle(world);
	assert_int_equal(recv(connection.server.descriptor, got, sizeof got, 0), 4);
	close_two(&connection);
	close_world(world);
}

/* Each takes 768 bytes of the guest's send buffer until it is read away, however little is in it. */
static void a_burst_of_small_writes_leaves_the_guest_writable(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct connection connection = connect_two(world);

	for (int round = 0; round < 5; round++) {
		while (send(connection.client.descriptor, "x", 1, MSG_DONTWAIT) == 1)
			continue;
		assert_int_equal(errno, EAGAIN);
		settle(world);
		assert_true(state_of(connection.client.descriptor) & POLLOUT);
	}
	close_two(&connection);
	close_world(world);
}

static void many_bytes_cross_in_order(void **state)
{
	(void)state;
	enum { PIECE = 5000, PIECES = 2000 };
	struct world *world = new_world();
	struct connection connection = connect_two(world);
	size_t sent = 0, received = 0;
	uint8_t piece[PIECE], got[PIECE];

	while (received < (size_t)PIECE * PIECES) {
		for (size_t i = 0; i < PIECE; i++)
			piece[i] = (uint8_t)((sent + i) * 7 >> 3);
		size_t left = (size_t)PIECE * PIECES - sent;
		ssize_t size = send(connection.client.descriptor, piece,
				    left < PIECE ? left : PIECE, MSG_DONTWAIT);
		sent += size > 0 ? (size_t)size : 0;
		daemon_round(&world->daemon, 0);
		size = recv(connection.server.descriptor, got, sizeof got, MSG_DONTWAIT);
		for (ssize_t i = 0; i < size; i++)
			assert_int_equal(got[i], (uint8_t)((received + (size_t)i) * 7 >> 3));
		received += size > 0 ? (size_t)size : 0;
	}
	close_two(&connection);
	close_world(world);
}

static void every_carrier_is_forgotten_at_its_last_close(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct connection connection = connect_two(world);

	assert_int_equal(count_of_carriers(world), 3);
	int copy = dup(connection.client.descriptor);
	close_two(&connection);
	settle(world);
	assert_int_equal(count_of_carriers(world), 1); /* the copy's */
	close(copy);
	settle(world);
	assert_int_equal(count_of_carriers(world), 0);
	close_world(world);
}

static void a_socket_that_did_nothing_is_forgotten_at_its_last_close(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct guest_socket fresh = new_socket(world->client);

	settle(world);
	assert_int_equal(count_of_carriers(world), 1);
	close(fresh.descriptor);
	settle(world);
	assert_int_equal(count_of_carriers(world), 0);
	close_world(world);
}

static void a_reset_is_seen_by_a_guest_that_never_wrote(void **state)
{
	(void)state;
	for (int client_resets = 0; client_resets < 2; client_resets++) {
		struct world *world = new_world();
		struct connection connection = connect_two(world);
		struct guest_socket ends[2] = { connection.server, connection.client };
		int supervisors[2] = { world->server, world->client };
		const struct linger at_once = { .l_onoff = 1 };
		const struct control_header header = { .kind = CONTROL_SETSOCKOPT,
						       .inode = ends[client_resets].inode,
						       .a = SOL_SOCKET,
						       .b = SO_LINGER };
		char byte;

		assert_int_equal(ask(world, supervisors[client_resets], header, &at_once,
				     sizeof at_once, -1),
				 0);
		close(ends[client_resets].descriptor);
		settle(world);
		assert_int_equal(recv(ends[!client_resets].descriptor, &byte, 1, 0), -1);
		assert_int_equal(errno, ECONNRESET);
		close(ends[!client_resets].descriptor);
		close(connection.listener.descriptor);
		close_world(world);
	}
}

static void a_half_close_crosses_behind_the_bytes(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct connection connection = connect_two(world);
	const struct control_header header = { .kind = CONTROL_SHUTDOWN,
					       .inode = connection.client.inode,
					       .a = SHUT_WR };
	char got[8];

	assert_int_equal(send(connection.client.descriptor, "end", 3, 0), 3);
	assert_int_equal(ask(world, world->client, header, NULL, 0, -1), 0);
	shutdown(connection.client.descriptor, SHUT_WR);
	settle(world);
	assert_int_equal(recv(connection.server.descriptor, got, sizeof got, 0), 3);
	assert_int_equal(recv(connection.server.descriptor, got, sizeof got, 0), 0);
	assert_int_equal(send(connection.server.descriptor, "back", 4, 0), 4);
	settle(world);
	assert_int_equal(recv(connection.client.descriptor, got, sizeof got, 0), 4);
	close_two(&connection);
	close_world(world);
}

static void connecting_to_nobody_is_refused_and_leaves_the_carrier_as_it_was(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct guest_socket guest = new_socket(world->client);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(connect_guest(world, guest, 81, true), -ECONNREFUSED);
		assert_int_equal(state_of(guest.descriptor), POLLOUT | POLLHUP);
	}
	struct guest_socket listener = new_listener(world, 81, 1);
	assert_int_equal(connect_guest(world, guest, 81, true), 0);
	assert_int_equal(state_of(guest.descriptor), POLLOUT);
	close(guest.descriptor);
	close(listener.descriptor);
	close_world(world);
}

static void
a_refused_guest_that_did_not_wait_sees_an_error_and_may_try_on_a_new_carrier(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct guest_socket guest = new_socket(world->client);
	struct control_header header = { .kind = CONTROL_RETIRE, .inode = guest.inode };

	assert_int_equal(connect_guest(world, guest, 80, false), -EINPROGRESS);
	settle(world);
	assert_int_equal(state_of(guest.descriptor) & (POLLERR | POLLHUP), POLLERR | POLLHUP);

	struct guest_socket next = { .descriptor = socket(AF_UNIX, SOCK_STREAM, 0) };
	carrier_mark(next.descriptor);
	assert_true(carrier_is(next.descriptor, &next.inode));
	assert_int_equal(ask(world, world->client, header, NULL, 0, next.descriptor),
			 -ECONNREFUSED); /* first what has not been told */
	assert_int_equal(ask(world, world->client, header, NULL, 0, next.descriptor), 0);
	close(guest.descriptor);
	struct guest_socket listener = new_listener(world, 80, 1);
	assert_int_equal(connect_guest(world, next, 80, true), 0);
	close(next.descriptor);
	close(listener.descriptor);
	close_world(world);
}

/* To an address nobody has: the handshake does not end while the test runs. */
static int connect_to_nowhere(struct world *world, struct guest_socket guest, uint32_t id)
{
	struct sockaddr_in nowhere = server_at(80);
	struct control_header header = { .kind = CONTROL_CONNECT, .id = id, .inode = guest.inode };
	struct control_message reply;
	int beside;

	inet_pton(AF_INET, "10.77.9.9", &nowhere.sin_addr);
	tell(world->client, header, NULL, 0, -1); /* without an address: refused, not believed */
	settle(world);
	assert_true(control_receive(world->client, &reply, &beside) > 0);
	assert_true(reply.header.a < 0);
	tell(world->client, header, &nowhere, sizeof nowhere, guest.descriptor);
	settle(world);
	return (int)control_receive(world->client, &reply, &beside);
}

static void an_interrupted_guest_s_carrier_becomes_one_that_does_not_wait(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct guest_socket guest = new_socket(world->client);

	assert_int_equal(connect_to_nowhere(world, guest, 9), -EAGAIN); /* it waits */
	assert_int_equal(state_of(guest.descriptor), POLLOUT | POLLHUP);
	tell(world->client,
	     (struct control_header){ .kind = CONTROL_CONNECT_LEFT, .id = 9, .b = 1 }, NULL, 0, -1);
	settle(world);
	assert_int_equal(state_of(guest.descriptor), 0); /* connecting: nothing is ready */
	close(guest.descriptor);
	settle(world);
	assert_int_equal(count_of_carriers(world), 0);
	close_world(world);
}

static void a_supervisor_that_dies_leaves_its_waits(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct guest_socket guest = new_socket(world->client);

	assert_int_equal(connect_to_nowhere(world, guest, 9), -EAGAIN);
	close(world->client);
	settle(world);
	close(guest.descriptor);
	settle(world);
	assert_int_equal(count_of_carriers(world), 0);
	world->client = greet(world);
	close_world(world);
}

static void as_many_wait_as_the_backlog_says_and_one_more(void **state)
{
	(void)state;
	enum { BACKLOG = 3, GUESTS = 8 };
	struct world *world = new_world();
	struct guest_socket listener = new_listener(world, 80, BACKLOG), guests[GUESTS];
	int established = 0;

	for (int i = 0; i < GUESTS; i++) {
		guests[i] = new_socket(world->client);
		assert_int_equal(connect_guest(world, guests[i], 80, false), -EINPROGRESS);
	}
	settle(world);
	for (int i = 0; i < GUESTS; i++)
		established += (state_of(guests[i].descriptor) & POLLOUT) != 0;
	assert_int_equal(established, BACKLOG + 1);
	for (int i = 0; i < GUESTS; i++)
		close(guests[i].descriptor);
	close(listener.descriptor);
	close_world(world);
}

static void names_and_addresses_are_taken_once(void **state)
{
	(void)state;
	struct world *world = new_world();
	int third = greet(world);

	assert_int_equal(join(world, third, "{\"name\":\"server\"}"), -EEXIST);
	assert_true(world->reply.header.size > 0); /* with a sentence */
	assert_int_equal(join(world, third, "{\"ip\":\"10.77.0.2\"}"), -EADDRINUSE);
	assert_int_equal(join(world, third, "{\"ip\":\"10.77.0.0\"}"), -EADDRNOTAVAIL);
	assert_int_equal(join(world, third, "{\"ip\":\"10.77.255.255\"}"), -EADDRNOTAVAIL);
	assert_int_equal(join(world, third, "{\"ip\":\"10.76.0.1\"}"), -EADDRNOTAVAIL);
	assert_int_equal(join(world, third, "{\"ip\":\"ten\"}"), -EINVAL);
	assert_int_equal(join(world, third, "{\"name\":\"a b\"}"), -EINVAL);
	assert_int_equal(join(world, third, "{\"name\":\"nobody\",\"exec\":true}"), -ENOENT);
	assert_int_equal(join(world, third, "[]"), -EINVAL);
	assert_int_equal(join(world, third, "{"), -EINVAL);
	assert_int_equal(join(world, third, "{\"ip\":\"10.77.0.255\"}"), 0);
	assert_int_equal(join(world, third, "{}"), -EISCONN);
	close(third);
	close_world(world);
}

static void a_host_ends_with_its_last_session(void **state)
{
	(void)state;
	struct world *world = new_world();
	int second = greet(world);

	assert_int_equal(join(world, second, "{\"name\":\"server\",\"exec\":true}"), 0);
	close(world->server);
	settle(world);
	assert_non_null(host_find(&world->daemon, "server"));
	close(second);
	settle(world);
	assert_null(host_find(&world->daemon, "server"));
	world->server = greet(world);
	assert_int_equal(join(world, world->server, "{\"name\":\"server\"}"), 0);
	close_world(world);
}

static void who_has_not_said_hello_or_joined_gets_no_further(void **state)
{
	(void)state;
	struct world *world = new_world();
	int stranger = visit(world);

	assert_int_equal(
		ask(world, stranger, (struct control_header){ .kind = CONTROL_HOSTS }, NULL, 0, -1),
		-EPROTO);
	assert_int_equal(ask(world, stranger,
			     (struct control_header){ .kind = CONTROL_HELLO, .a = 99 }, NULL, 0,
			     -1),
			 -EPROTO);
	assert_int_equal(join(world, stranger, "{}"), -EPROTO);
	assert_int_equal(ask(world, stranger, (struct control_header){ .kind = 999 }, NULL, 0, -1),
			 -EOPNOTSUPP);
	close(stranger);
	int visitor = greet(world);
	assert_int_equal(
		ask(world, visitor, (struct control_header){ .kind = CONTROL_BIND }, NULL, 0, -1),
		-EPROTO);
	close(visitor);
	close_world(world);
}

static void down_ends_when_the_last_session_has_gone(void **state)
{
	(void)state;
	struct world *world = new_world();
	int asker = greet(world), beside;
	const struct control_header header = { .kind = CONTROL_DOWN, .id = 77 };

	tell(asker, header, NULL, 0, -1);
	settle(world);
	assert_true(control_receive(world->server, &world->reply, &beside) > 0);
	assert_int_equal(world->reply.header.kind, CONTROL_DOWN);
	assert_int_equal(control_receive(asker, &world->reply, &beside), -EAGAIN);
	close(world->server);
	close(world->client);
	settle(world);
	assert_true(control_receive(asker, &world->reply, &beside) > 0);
	assert_int_equal(world->reply.header.id, 77);
	assert_true(world->daemon.ended);
	close(asker);
	daemon_close(&world->daemon);
	free(world);
}

/* Not a terminated text: as long as the header says. */
static void check_says(const struct world *world, const char *text)
{
	assert_int_equal(world->reply.header.size, strlen(text));
	assert_memory_equal(world->reply.data, text, strlen(text));
}

static void tunables_are_told_and_set_by_their_names(void **state)
{
	static const struct {
		const char *question;
		int result;
		const char *says;
	} rows[] = {
		{ "{\"host\":\"server\",\"words\":[\"net.ipv4.tcp_sack\"]}", 0,
		  "[{\"key\":\"net.ipv4.tcp_sack\",\"value\":\"1\"}]" },
		{ "{\"host\":\"server\",\"words\":[\"net/ipv4/tcp_sack=0\",\"net.ipv4.tcp_frto\"]}",
		  0,
		  "[{\"key\":\"net.ipv4.tcp_sack\",\"value\":\"0\"},"
		  "{\"key\":\"net.ipv4.tcp_frto\",\"value\":\"2\"}]" },
		{ "{\"host\":\"client\",\"words\":[\"net.ipv4.tcp_sack\"]}", 0,
		  "[{\"key\":\"net.ipv4.tcp_sack\",\"value\":\"1\"}]" },
		{ "{\"host\":\"server\",\"words\":[\"net.ipv4.tcp_sac=0\"]}", -ENOENT,
		  "a host has no sysctl \"net.ipv4.tcp_sac\": the nearest is net.ipv4.tcp_sack, "
		  "and "
		  "\"berth sysctl HOST\" lists all" },
		{ "{\"host\":\"server\",\"words\":[\"net.ipv4.tcp_sack=2\"]}", -EINVAL,
		  "net.ipv4.tcp_sack cannot be \"2\": it takes a number from 0 to 1" },
		{ "{\"host\":\"server\",\"words\":[\"net.ipv4.tcp_rmem=2 1\"]}", -EINVAL,
		  "net.ipv4.tcp_rmem cannot be \"2 1\": it takes up to 3 numbers that do not fall, "
		  "each from 1 to 1073741824" },
		{ "{\"host\":\"nobody\"}", -ENOENT,
		  "no host named \"nobody\" runs on LAN test: \"berth ps\" lists those that do" },
		{ "{\"words\":[]}", -ENOENT,
		  "no host named \"\" runs on LAN test: \"berth ps\" lists those that do" },
		{ "[", -ENOENT,
		  "no host named \"\" runs on LAN test: \"berth ps\" lists those that do" },
		{ "{\"host\":\"server\",\"words\":[1]}", -ENOENT, NULL },
	};
	(void)state;
	struct world *world = new_world();
	int asker = greet(world);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct control_header header = { .kind = CONTROL_SYSCTL, .id = 4 };
		assert_int_equal(
			ask(world, asker, header, rows[i].question, strlen(rows[i].question), -1),
			rows[i].result);
		if (rows[i].says)
			check_says(world, rows[i].says);
	}
	close(asker);
	close_world(world);
}

static void a_host_that_cannot_begin_with_a_tunable_is_not_made(void **state)
{
	(void)state;
	struct world *world = new_world();
	int supervisor = greet(world);

	assert_int_equal(join(world, supervisor,
			      "{\"name\":\"third\",\"sysctl\":[\"net.ipv4.tcp_sack=9\"]}"),
			 -EINVAL);
	assert_int_equal(
		join(world, supervisor, "{\"name\":\"third\",\"sysctl\":[\"net.ipv4.tcp_sack\"]}"),
		-EINVAL);
	assert_null(host_find(&world->daemon, "third"));
	assert_int_equal(join(world, supervisor,
			      "{\"name\":\"third\",\"sysctl\":[\"net.ipv4.tcp_sack=0\"]}"),
			 0);
	char value[BERTH_SYSCTL_VALUE_SIZE];
	berth_sysctl_get(host_find(&world->daemon, "third")->stack, "net.ipv4.tcp_sack", value);
	assert_string_equal(value, "0");
	close(supervisor);
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_cross_both_ways),
		cmocka_unit_test(what_waits_at_the_link_point_is_not_taken_for_a_guest),
		cmocka_unit_test(a_burst_of_small_writes_leaves_the_guest_writable),
		cmocka_unit_test(many_bytes_cross_in_order),
		cmocka_unit_test(every_carrier_is_forgotten_at_its_last_close),
		cmocka_unit_test(a_socket_that_did_nothing_is_forgotten_at_its_last_close),
		cmocka_unit_test(a_reset_is_seen_by_a_guest_that_never_wrote),
		cmocka_unit_test(a_half_close_crosses_behind_the_bytes),
		cmocka_unit_test(connecting_to_nobody_is_refused_and_leaves_the_carrier_as_it_was),
		cmocka_unit_test(
			a_refused_guest_that_did_not_wait_sees_an_error_and_may_try_on_a_new_carrier),
		cmocka_unit_test(an_interrupted_guest_s_carrier_becomes_one_that_does_not_wait),
		cmocka_unit_test(a_supervisor_that_dies_leaves_its_waits),
		cmocka_unit_test(as_many_wait_as_the_backlog_says_and_one_more),
		cmocka_unit_test(names_and_addresses_are_taken_once),
		cmocka_unit_test(tunables_are_told_and_set_by_their_names),
		cmocka_unit_test(a_host_that_cannot_begin_with_a_tunable_is_not_made),
		cmocka_unit_test(a_host_ends_with_its_last_session),
		cmocka_unit_test(who_has_not_said_hello_or_joined_gets_no_further),
		cmocka_unit_test(down_ends_when_the_last_session_has_gone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
