/* Datagram sockets of guests in the daemon: two hosts, whose supervisors are the other ends of socket pairs, and carriers of
 * our own. */
#include "daemon/daemon.h"
#include "daemon/session.h"

#include "unit/check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

struct guest {
	int supervisor;
	int carrier;
	uint64_t inode;
	struct sockaddr_in address;
};

struct world {
	struct daemon daemon;
	int supervisors[2];
	struct guest server, client;
	struct control_message reply;
};

static void settle(struct world *world)
{
	for (int i = 0; i < 20; i++)
		daemon_round(&world->daemon, 0);
}

static int ask(struct world *world, int supervisor, struct control_header header, const void *data,
	       size_t size, int descriptor)
{
	int beside;

	header.id = 7;
	header.size = (uint32_t)size;
	assert_int_equal(control_send(supervisor, &header, data, descriptor), 0);
	settle(world);
	assert_true(control_receive(supervisor, &world->reply, &beside) > 0);
	assert_int_equal(world->reply.header.kind, header.kind);
	return world->reply.header.a;
}

static int visit(struct world *world, const char *wish)
{
	const struct control_header hello = { .kind = CONTROL_HELLO, .a = CONTROL_VERSION };
	const struct control_header join = { .kind = CONTROL_JOIN };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	session_begin(&world->daemon, ends[1]);
	assert_int_equal(ask(world, ends[0], hello, NULL, 0, -1), 0);
	assert_int_equal(ask(world, ends[0], join, wish, strlen(wish), -1), 0);
	return ends[0];
}

static struct guest new_guest(struct world *world, int supervisor, const char *ip)
{
	struct guest made = { supervisor,
			      socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0),
			      0,
			      { .sin_family = AF_INET, .sin_port = htons(5000) } };
	struct control_header header = { .kind = CONTROL_SOCKET, .a = AF_INET, .b = SOCK_DGRAM };

	inet_pton(AF_INET, ip, &made.address.sin_addr);
	assert_int_equal(carrier_mark(made.carrier), 0);
	assert_int_equal(carrier_is(made.carrier, &made.inode), SOCK_DGRAM);
	header.inode = made.inode;
	assert_int_equal(control_send(supervisor, &header, NULL, made.carrier), 0);
	header = (struct control_header){ .kind = CONTROL_BIND, .inode = made.inode };
	assert_int_equal(ask(world, supervisor, header, &made.address, sizeof made.address, -1), 0);
	return made;
}

static struct world *new_world(void)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	assert_int_equal(daemon_open(&world->daemon, "test"), 0);
	world->supervisors[0] = visit(world, "{\"name\":\"server\"}");
	world->supervisors[1] = visit(world, "{\"name\":\"client\"}");
	world->server = new_guest(world, world->supervisors[0], "10.77.0.1");
	world->client = new_guest(world, world->supervisors[1], "10.77.0.2");
	return world;
}

static void close_world(struct world *world)
{
	close(world->server.carrier);
	close(world->client.carrier);
	close(world->supervisors[0]);
	close(world->supervisors[1]);
	settle(world);
	daemon_close(&world->daemon);
	free(world);
}

static struct control_header sendto_header(const struct guest *guest)
{
	return (struct control_header){ .kind = CONTROL_SENDTO,
					.inode = guest->inode,
					.a = sizeof(struct sockaddr_in) };
}

static int send_to(struct world *world, const struct guest *from, const struct guest *to,
		   const char *text)
{
	uint8_t data[CONTROL_ADDRESS_ROOM + 64] = { 0 };

	memcpy(data, &to->address, sizeof to->address);
	memcpy(data + CONTROL_ADDRESS_ROOM, text, strlen(text));
	return ask(world, from->supervisor, sendto_header(from), data,
		   CONTROL_ADDRESS_ROOM + strlen(text), -1);
}

static int connect_to(struct world *world, const struct guest *guest,
		      const struct sockaddr_in *address)
{
	const struct control_header header = { .kind = CONTROL_CONNECT, .inode = guest->inode };
	return ask(world, guest->supervisor, header, address, sizeof *address, -1);
}

static bool is_text(int carrier, const char *text)
{
	char got[64];
	ssize_t size = recv(carrier, got, sizeof got, 0);
	return size == (ssize_t)strlen(text) && memcmp(got, text, strlen(text)) == 0;
}

/* As a supervisor: with its origin. False: there is none. */
static bool receive_with_origin(int carrier, struct carrier_origin *origin)
{
	_Alignas(struct cmsghdr) char beside[CMSG_SPACE(sizeof(int))];
	char text[64];
	struct iovec piece = { text, sizeof text };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = beside,
				  .msg_controllen = sizeof beside };
	int file;

	assert_true(recvmsg(carrier, &message, 0) >= 0);
	if (!CMSG_FIRSTHDR(&message))
		return false;
	memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
	assert_int_equal(pread(file, origin, sizeof *origin, 0), sizeof *origin);
	close(file);
	return true;
}

static void a_datagram_brings_its_origin_along(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct carrier_origin origin;

	assert_int_equal(send_to(world, &world->client, &world->server, "hello"), 5);
	assert_int_equal(world->reply.header.size, 1); /* sure: more need no reply */
	assert_true(receive_with_origin(world->server.carrier, &origin));
	assert_int_equal(origin.address_size, sizeof(struct sockaddr_in));
	assert_memory_equal(origin.address, &world->client.address, sizeof(struct sockaddr_in));
	close_world(world);
}

static void from_the_peer_of_a_connected_socket_it_comes_without(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct carrier_origin origin;

	assert_int_equal(connect_to(world, &world->server, &world->client.address), 0);
	assert_int_equal(send_to(world, &world->client, &world->server, "hello"), 5);
	assert_false(receive_with_origin(world->server.carrier, &origin));
	close_world(world);
}

static void native_reads_and_writes_keep_bounds_and_order(void **state)
{
	(void)state;
	struct world *world = new_world();

	assert_int_equal(connect_to(world, &world->client, &world->server.address), 0);
	assert_int_equal(write(world->client.carrier, "one", 3), 3);
	assert_int_equal(send(world->client.carrier, "", 0, 0), 0);
	assert_int_equal(send_to(world, &world->client, &world->server, "three"), 5);
	assert_int_equal(write(world->client.carrier, "four", 4), 4);
	settle(world);
	assert_true(is_text(world->server.carrier, "one"));
	assert_true(is_text(world->server.carrier, ""));
	assert_true(is_text(world->server.carrier, "three"));
	assert_true(is_text(world->server.carrier, "four"));
	assert_int_equal(recv(world->server.carrier, &(char){ 0 }, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	close_world(world);
}

/* More than the carrier's queue holds stays in the stack, up to its SO_RCVBUF, and comes in order when there is room. */
static void a_slow_reader_gets_what_its_buffers_hold_in_order(void **state)
{
	(void)state;
	struct world *world = new_world();
	char text[8];
	int read_count = 0, sent = 0;

	assert_int_equal(connect_to(world, &world->client, &world->server.address), 0);
	for (; sent < 2000; sent++) {
		snprintf(text, sizeof text, "%04d", sent);
		if (send(world->client.carrier, text, 4, 0) < 0)
			settle(world);
	}
	settle(world);
	for (ssize_t size; (size = recv(world->server.carrier, text, 4, 0)) == 4; read_count++) {
		text[4] = 0;
		if (atoi(text) < read_count)
			fail_msg("%s came after %d others", text, read_count);
		settle(world);
	}
	assert_true(read_count > 277); /* what the carrier alone would hold */
	close_world(world);
}

static void an_error_wakes_the_guest_once(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct sockaddr_in nobody = world->server.address;
	struct pollfd events = { .fd = world->client.carrier, .events = POLLIN };
	struct control_header header = { .kind = CONTROL_GETSOCKOPT,
					 .inode = world->client.inode,
					 .a = SOL_SOCKET,
					 .b = SO_ERROR,
					 .c = sizeof(int) };
	int error;

	nobody.sin_port = htons(9);
	assert_int_equal(connect_to(world, &world->client, &nobody), 0);
	assert_int_equal(write(world->client.carrier, "x", 1), 1);
	settle(world);
	assert_int_equal(poll(&events, 1, 0), 1);
	assert_int_equal(events.revents, POLLERR);
	assert_int_equal(recv(world->client.carrier, &(char){ 0 }, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(ask(world, world->client.supervisor, header, NULL, 0, -1), 0);
	memcpy(&error, world->reply.data, sizeof error);
	assert_int_equal(error, ECONNREFUSED);

	assert_int_equal(recv(world->client.carrier, &(char){ 0 }, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(connect_to(world, &world->client, &world->server.address), 0);
	assert_int_equal(write(world->client.carrier, "after", 5), 5);
	settle(world);
	assert_true(is_text(world->server.carrier, "after"));
	close_world(world);
}

static void the_last_words_of_a_closed_socket_are_sent(void **state)
{
	(void)state;
	struct world *world = new_world();

	assert_int_equal(connect_to(world, &world->client, &world->server.address), 0);
	assert_int_equal(write(world->client.carrier, "last", 4), 4);
	close(world->client.carrier);
	settle(world);
	assert_true(is_text(world->server.carrier, "last"));
	assert_int_equal(world->daemon.carriers.count, 1);
	world->client.carrier = -1;
	close_world(world);
}

static void what_does_not_fit_its_sizes_is_refused(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct control_header header = sendto_header(&world->client);
	uint8_t data[CONTROL_ADDRESS_ROOM + 8] = { 0 };
	const int supervisor = world->client.supervisor;

	for (size_t size = 0; size < CONTROL_ADDRESS_ROOM; size++)
		assert_int_equal(ask(world, supervisor, header, data, size, -1), -EINVAL);
	header.a = CONTROL_ADDRESS_ROOM + 1;
	assert_int_equal(ask(world, supervisor, header, data, sizeof data, -1), -EINVAL);
	header.a = -1;
	assert_int_equal(ask(world, supervisor, header, data, sizeof data, -1), -EDESTADDRREQ);
	header.c = 9; /* control messages longer than all that is there */
	assert_int_equal(ask(world, supervisor, header, data, sizeof data, -1), -EINVAL);
	header.c = -1;
	assert_int_equal(ask(world, supervisor, header, data, sizeof data, -1), -EINVAL);
	close_world(world);
}

static const uint8_t query_for_server[] = { 0, 7,   1,   0,   0,   1,   0,   0, 0, 0, 0, 0,
					    6, 'S', 'e', 'r', 'v', 'e', 'r', 0, 0, 1, 0, 1 };
static const uint8_t answer_for_server[] = { 0, 7, 0x85, 0x80, 0,    1,   0,   1,   0,   0,
					     0, 0, 6,    'S',  'e',  'r', 'v', 'e', 'r', 0,
					     0, 1, 0,    1,    0xc0, 12,  0,   1,   0,   1,
					     0, 0, 0,    1,    0,    4,   10,  77,  0,   1 };
static const uint8_t query_for_nobody[] = { 0, 8, 1,   0,   0,   1,   0, 0, 0, 0, 0,
					    0, 4, 'n', 'o', 'n', 'e', 0, 0, 1, 0, 1 };

static size_t receive(struct world *world, uint8_t *answer, size_t room)
{
	settle(world);
	ssize_t size = recv(world->client.carrier, answer, room, 0);
	return size < 0 ? 0 : (size_t)size;
}

static void any_name_server_knows_the_hosts(void **state)
{
	(void)state;
	static const char *const servers[] = { "8.8.8.8", "127.0.0.53", "10.77.200.200",
					       "0.0.0.0" };
	struct world *world = new_world();

	for (size_t i = 0; i < COUNT_OF(servers); i++) {
		const struct control_header ask_peer = { .kind = CONTROL_GETPEERNAME,
							 .inode = world->client.inode };
		struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(53) };
		uint8_t answer[512];

		inet_pton(AF_INET, servers[i], &server.sin_addr);
		assert_int_equal(connect_to(world, &world->client, &server), 0);
		assert_int_equal(ask(world, world->client.supervisor, ask_peer, NULL, 0, -1), 0);
		assert_memory_equal(world->reply.data, &server, sizeof server);
		send(world->client.carrier, query_for_server, sizeof query_for_server, 0);
		assert_int_equal(receive(world, answer, sizeof answer), sizeof answer_for_server);
		assert_memory_equal(answer, answer_for_server, sizeof answer_for_server);
		send(world->client.carrier, query_for_nobody, sizeof query_for_nobody, 0);
		assert_int_equal(receive(world, answer, sizeof answer), sizeof query_for_nobody);
		assert_int_equal(answer[3], 0x83); /* RA, NXDOMAIN */
	}
	assert_int_equal(connect_to(world, &world->client, &world->server.address), 0);
	assert_int_equal(write(world->client.carrier, "a host again", 12), 12);
	settle(world);
	assert_true(is_text(world->server.carrier, "a host again"));
	close_world(world);
}

/* Every truncation and every flipped bit of a query: an answer or none, and never another's id. */
static void a_broken_query_does_no_harm(void **state)
{
	(void)state;
	struct world *world = new_world();
	struct sockaddr_in server = { .sin_family = AF_INET, .sin_port = htons(53) };
	uint8_t answer[512];

	inet_pton(AF_INET, "8.8.8.8", &server.sin_addr);
	assert_int_equal(connect_to(world, &world->client, &server), 0);
	for (size_t size = 0; size < sizeof query_for_server; size++) {
		send(world->client.carrier, query_for_server, size, 0);
		assert_int_equal(receive(world, answer, sizeof answer), 0);
	}
	for (size_t bit = 0; bit < 8 * sizeof query_for_server; bit++) {
		uint8_t query[sizeof query_for_server];
		memcpy(query, query_for_server, sizeof query);
		query[bit / 8] ^= (uint8_t)(1 << bit % 8);
		send(world->client.carrier, query, sizeof query, 0);
		if (receive(world, answer, sizeof answer) > 0)
			assert_memory_equal(answer, query, 2);
	}
	close_world(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_brings_its_origin_along),
		cmocka_unit_test(from_the_peer_of_a_connected_socket_it_comes_without),
		cmocka_unit_test(native_reads_and_writes_keep_bounds_and_order),
		cmocka_unit_test(a_slow_reader_gets_what_its_buffers_hold_in_order),
		cmocka_unit_test(an_error_wakes_the_guest_once),
		cmocka_unit_test(the_last_words_of_a_closed_socket_are_sent),
		cmocka_unit_test(what_does_not_fit_its_sizes_is_refused),
		cmocka_unit_test(any_name_server_knows_the_hosts),
		cmocka_unit_test(a_broken_query_does_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
