#include "unit/socket_world.h"

#include <linux/errqueue.h>

enum { LARGEST = 65507, SERVER_PORT = 5000 };

static int new_datagram(struct berth_host *host)
{
	int descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_true(descriptor >= 0);
	return descriptor;
}

static int bound(struct berth_host *host, uint32_t address, uint16_t port)
{
	int descriptor = new_datagram(host);
	assert_int_equal(bind_to(host, descriptor, address, port), 0);
	return descriptor;
}

static ssize_t send_to(struct berth_host *host, int descriptor, const void *data, size_t size,
		       uint32_t address, uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return berth_sendto(host, descriptor, data, size, 0, (struct sockaddr *)&name, sizeof name);
}

static int set(struct berth_host *host, int descriptor, int level, int name, int value)
{
	return berth_setsockopt(host, descriptor, level, name, &value, sizeof value);
}

static int get(struct berth_host *host, int descriptor, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;
	int result = berth_getsockopt(host, descriptor, level, name, &value, &size);
	return result < 0 ? result : value;
}

static uint16_t port_of(struct berth_host *host, int descriptor)
{
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	assert_int_equal(berth_getsockname(host, descriptor, (struct sockaddr *)&name, &size), 0);
	return ntohs(name.sin_port);
}

static uint32_t address_of(struct berth_host *host, int descriptor)
{
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	assert_int_equal(berth_getsockname(host, descriptor, (struct sockaddr *)&name, &size), 0);
	return ntohl(name.sin_addr.s_addr);
}

/* Two hosts; the server's socket is bound to any address, the client's to nothing. */
static void begin(struct world *world)
{
	world_on_lan(world);
	world->server = bound(world->server_host, INADDR_ANY, SERVER_PORT);
	world->client = new_datagram(world->client_host);
}

static ssize_t send_server(struct world *world, const void *data, size_t size)
{
	return send_to(world->client_host, world->client, data, size, world->server_address,
		       SERVER_PORT);
}

static void a_datagram_goes_there_and_one_comes_back(void **state)
{
	struct world world;
	char text[16];
	struct sockaddr_in from;
	socklen_t size = sizeof from;
	(void)state;

	begin(&world);
	assert_int_equal(send_server(&world, "ask", 3), 3);
	carry(&world);
	assert_int_equal(berth_recvfrom(world.server_host, world.server, text, sizeof text, 0,
					(struct sockaddr *)&from, &size),
			 3);
	assert_memory_equal(text, "ask", 3);
	assert_int_equal(size, sizeof from);
	assert_int_equal(ntohl(from.sin_addr.s_addr), FIRST_ADDRESS);
	assert_int_equal(ntohs(from.sin_port), port_of(world.client_host, world.client));
	assert_int_equal(berth_sendto(world.server_host, world.server, "answer", 6, 0,
				      (struct sockaddr *)&from, size),
			 6);
	carry(&world);
	assert_int_equal(berth_recv(world.client_host, world.client, text, sizeof text, 0), 6);
	assert_int_equal(berth_recv(world.client_host, world.client, text, sizeof text, 0),
			 -EAGAIN);
	world_close(&world);
}

static void every_size_arrives_as_it_was_sent(void **state)
{
	static const size_t sizes[] = { 0,    1,    54,   55,   432,   433,   1471,
					1472, 1473, 4096, 9000, 32768, 65506, LARGEST };
	static uint8_t sent[LARGEST], received[LARGEST + 1];
	struct world world;
	(void)state;

	begin(&world);
	for (size_t at = 0; at < sizeof sent; at++)
		sent[at] = (uint8_t)(at * 11 + at / 256);
	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		assert_int_equal(send_server(&world, sent, sizes[index]), sizes[index]);
		carry(&world);
		assert_int_equal(
			berth_recv(world.server_host, world.server, received, sizeof received, 0),
			sizes[index]);
		assert_memory_equal(received, sent, sizes[index]);
	}
	world_close(&world);
}

static void one_byte_more_than_the_largest_is_too_long(void **state)
{
	static uint8_t data[LARGEST + 1];
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(send_server(&world, data, sizeof data), -EMSGSIZE);
	assert_int_equal(
		set(world.client_host, world.client, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO),
		0);
	assert_int_equal(send_server(&world, data, 1472), 1472);
	assert_int_equal(send_server(&world, data, 1473), -EMSGSIZE);
	world_close(&world);
}

static void an_empty_datagram_is_one_to_read(void **state)
{
	struct world world;
	char text[4];
	(void)state;

	begin(&world);
	assert_int_equal(send_server(&world, NULL, 0), 0);
	carry(&world);
	assert_true(berth_poll(world.server_host, world.server) & POLLIN);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0), 0);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0),
			 -EAGAIN);
	world_close(&world);
}

static void what_does_not_fit_is_cut_off_and_told(void **state)
{
	struct world world;
	char text[4];
	struct iovec pieces[] = { { text, 1 }, { text + 1, 2 } };
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = 2 };
	(void)state;

	begin(&world);
	assert_int_equal(send_server(&world, "abcdef", 6), 6);
	assert_int_equal(send_server(&world, "xy", 2), 2);
	carry(&world);
	assert_int_equal(
		berth_recvmsg(world.server_host, world.server, &message, MSG_PEEK | MSG_TRUNC), 6);
	assert_int_equal(message.msg_flags, MSG_TRUNC);
	assert_int_equal(berth_recvmsg(world.server_host, world.server, &message, 0), 3);
	assert_int_equal(message.msg_flags, MSG_TRUNC);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(berth_recvmsg(world.server_host, world.server, &message, 0), 2);
	assert_int_equal(message.msg_flags, 0);
	assert_memory_equal(text, "xy", 2);
	world_close(&world);
}

static void a_connected_socket_hears_its_peer_alone(void **state)
{
	struct world world;
	char text[8];
	(void)state;

	begin(&world);
	int other = new_datagram(world.client_host);
	assert_int_equal(bind_to(world.client_host, world.client, INADDR_ANY, 4000), 0);
	assert_int_equal(connect_to(world.server_host, world.server, FIRST_ADDRESS, 4000), 0);
	assert_int_equal(address_of(world.server_host, world.server), FIRST_ADDRESS + 1);
	assert_int_equal(send_server(&world, "peer", 4), 4);
	assert_int_equal(
		send_to(world.client_host, other, "other", 5, world.server_address, SERVER_PORT),
		5);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0), 4);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0),
			 -EAGAIN);
	assert_int_equal(berth_send(world.server_host, world.server, "back", 4, 0), 4);
	carry(&world);
	assert_int_equal(berth_recv(world.client_host, world.client, text, sizeof text, 0), 4);

	struct sockaddr none = { .sa_family = AF_UNSPEC };
	assert_int_equal(berth_connect(world.server_host, world.server, &none, sizeof none), 0);
	assert_int_equal(address_of(world.server_host, world.server), INADDR_ANY);
	assert_int_equal(port_of(world.server_host, world.server), SERVER_PORT);
	assert_int_equal(
		send_to(world.client_host, other, "other", 5, world.server_address, SERVER_PORT),
		5);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0), 5);
	assert_int_equal(berth_send(world.server_host, world.server, "x", 1, 0), -EDESTADDRREQ);
	world_close(&world);
}

/* The port that connect chose goes with the association, as Linux has it. */
static void disconnecting_gives_a_chosen_port_back(void **state)
{
	struct world world;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in peer;
	socklen_t size = sizeof peer;
	(void)state;

	begin(&world);
	assert_int_equal(connect_to(world.client_host, world.client, world.server_address, 9), 0);
	assert_true(port_of(world.client_host, world.client) >= 32768);
	assert_int_equal(
		berth_getpeername(world.client_host, world.client, (struct sockaddr *)&peer, &size),
		0);
	assert_int_equal(ntohs(peer.sin_port), 9);
	assert_int_equal(berth_connect(world.client_host, world.client, &none, sizeof none), 0);
	assert_int_equal(port_of(world.client_host, world.client), 0);
	assert_int_equal(
		berth_getpeername(world.client_host, world.client, (struct sockaddr *)&peer, &size),
		-ENOTCONN);
	assert_int_equal(bind_to(world.client_host, world.client, INADDR_ANY, 4000), 0);
	world_close(&world);
}

static void a_refused_datagram_is_told_to_a_connected_socket_once(void **state)
{
	struct world world;
	char text[4];
	(void)state;

	begin(&world);
	assert_int_equal(connect_to(world.client_host, world.client, world.server_address, 9), 0);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(berth_send(world.client_host, world.client, "x", 1, 0), 1);
		carry(&world);
		assert_true(berth_poll(world.client_host, world.client) & POLLERR);
		if (round == 0)
			assert_int_equal(berth_recv(world.client_host, world.client, text, 4, 0),
					 -ECONNREFUSED);
		else if (round == 1)
			assert_int_equal(berth_send(world.client_host, world.client, "x", 1, 0),
					 -ECONNREFUSED);
		else
			assert_int_equal(get(world.client_host, world.client, SOL_SOCKET, SO_ERROR),
					 ECONNREFUSED);
		assert_false(berth_poll(world.client_host, world.client) & POLLERR);
		assert_int_equal(berth_recv(world.client_host, world.client, text, 4, 0), -EAGAIN);
	}
	world_close(&world);
}

static void a_refused_datagram_is_not_told_to_one_that_is_not_connected(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(send_to(world.client_host, world.client, "x", 1, world.server_address, 9),
			 1);
	carry(&world);
	assert_int_equal(get(world.client_host, world.client, SOL_SOCKET, SO_ERROR), 0);
	world_close(&world);
}

/* The next error of the client's; its payload's size, or a negative errno. */
static ssize_t next_failure(struct world *world, char *text, struct sock_extended_err *error,
			    struct sockaddr_in *to)
{
	_Alignas(struct cmsghdr) char control[128];
	struct iovec piece = { text, 4 };
	struct msghdr message = { .msg_name = to,
				  .msg_namelen = sizeof *to,
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	ssize_t size = berth_recvmsg(world->client_host, world->client, &message, MSG_ERRQUEUE);

	if (size >= 0) {
		assert_int_equal(message.msg_flags, MSG_ERRQUEUE);
		assert_int_equal(CMSG_FIRSTHDR(&message)->cmsg_type, IP_RECVERR);
		memcpy(error, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof *error);
	}
	return size;
}

static void errors_are_kept_with_what_was_lost_where_asked_for(void **state)
{
	enum { SENT = 4 }; /* as many as ICMP's limit lets through at once, whatever it draws */
	struct world world;
	struct sock_extended_err error;
	struct sockaddr_in to;
	char text[4];
	(void)state;

	begin(&world);
	assert_int_equal(set(world.client_host, world.client, IPPROTO_IP, IP_RECVERR, 1), 0);
	assert_int_equal(next_failure(&world, text, &error, &to), -EAGAIN);
	for (uint16_t port = 9; port < 9 + SENT; port++) {
		assert_int_equal(send_to(world.client_host, world.client, &port, 2,
					 world.server_address, port),
				 2);
		carry(&world);
		assert_int_equal(get(world.client_host, world.client, SOL_SOCKET, SO_ERROR),
				 ECONNREFUSED);
	}
	assert_true(berth_poll(world.client_host, world.client) & POLLERR);
	for (uint16_t port = 9; port < 9 + SENT; port++) {
		assert_int_equal(next_failure(&world, text, &error, &to), 2);
		assert_memory_equal(text, &port, 2);
		assert_int_equal(ntohs(to.sin_port), port);
		assert_int_equal(error.ee_errno, ECONNREFUSED);
		assert_int_equal(error.ee_type, 3);
		assert_int_equal(error.ee_code, 3);
	}
	assert_int_equal(next_failure(&world, text, &error, &to), -EAGAIN);
	assert_false(berth_poll(world.client_host, world.client) & POLLERR);
	world_close(&world);
}

static void broadcast_asks_for_leave_and_reaches_all(void **state)
{
	static const uint32_t everybody[] = { INADDR_BROADCAST, FIRST_ADDRESS | 0xff };
	struct world world;
	char text[8];
	(void)state;

	begin(&world);
	/* Without a default route everybody is nowhere, but from an address. */
	set(world.client_host, world.client, SOL_SOCKET, SO_BROADCAST, 1);
	assert_int_equal(send_to(world.client_host, world.client, "all", 3, INADDR_BROADCAST, 9),
			 -ENETUNREACH);
	berth_close(world.client_host, world.client);
	world.client = bound(world.client_host, FIRST_ADDRESS, 4000);
	int second = new_datagram(world.server_host);
	int own = bound(world.client_host, INADDR_ANY, SERVER_PORT);
	int elsewhere = new_datagram(world.server_host);
	set(world.server_host, second, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(bind_to(world.server_host, second, FIRST_ADDRESS | 0xff, SERVER_PORT),
			 -EADDRINUSE);
	set(world.server_host, world.server, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(bind_to(world.server_host, second, FIRST_ADDRESS | 0xff, SERVER_PORT), 0);
	set(world.server_host, elsewhere, SOL_SOCKET, SO_REUSEADDR, 1);
	assert_int_equal(bind_to(world.server_host, elsewhere, FIRST_ADDRESS + 1, SERVER_PORT), 0);
	for (size_t index = 0; index < COUNT_OF(everybody); index++) {
		set(world.client_host, world.client, SOL_SOCKET, SO_BROADCAST, 0);
		assert_int_equal(send_to(world.client_host, world.client, "all", 3,
					 everybody[index], SERVER_PORT),
				 -EACCES);
		assert_int_equal(connect_to(world.client_host, world.client, everybody[index], 9),
				 -EACCES);
		set(world.client_host, world.client, SOL_SOCKET, SO_BROADCAST, 1);
		assert_int_equal(send_to(world.client_host, world.client, "all", 3,
					 everybody[index], SERVER_PORT),
				 3);
		carry(&world);
		assert_int_equal(berth_recv(world.server_host, world.server, text, 8, 0), 3);
		assert_int_equal(berth_recv(world.server_host, second, text, 8, 0),
				 index == 0 ? -EAGAIN : 3);
		assert_int_equal(berth_recv(world.server_host, elsewhere, text, 8, 0), -EAGAIN);
		assert_int_equal(berth_recv(world.client_host, own, text, 8, 0), 3);
		assert_int_equal(berth_recv(world.server_host, world.server, text, 8, 0), -EAGAIN);
	}
	world_close(&world);
}

struct control_room {
	_Alignas(struct cmsghdr) char bytes[256];
};

static void control_messages_tell_of_a_datagram(void **state)
{
	struct world world;
	struct control_room room;
	char text[4];
	struct iovec piece = { text, sizeof text };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = room.bytes,
				  .msg_controllen = sizeof room };
	struct in_pktinfo info;
	struct timespec time;
	int ttl;
	(void)state;

	begin(&world);
	set(world.server_host, world.server, IPPROTO_IP, IP_PKTINFO, 1);
	set(world.server_host, world.server, IPPROTO_IP, IP_RECVTTL, 1);
	set(world.server_host, world.server, IPPROTO_IP, IP_RECVTOS, 1);
	set(world.server_host, world.server, SOL_SOCKET, SO_TIMESTAMP, 1);
	set(world.server_host, world.server, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	assert_int_equal(get(world.server_host, world.server, SOL_SOCKET, SO_TIMESTAMP), 0);
	set(world.client_host, world.client, IPPROTO_IP, IP_TTL, 7);
	set(world.client_host, world.client, IPPROTO_IP, IP_TOS, 0xb9);
	send_server(&world, "x", 1);
	carry(&world);
	assert_int_equal(berth_recvmsg(world.server_host, world.server, &message, 0), 1);

	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	assert_int_equal(control->cmsg_level, SOL_SOCKET);
	assert_int_equal(control->cmsg_type, SO_TIMESTAMPNS);
	memcpy(&time, CMSG_DATA(control), sizeof time);
	assert_true(time.tv_sec == 1);
	control = CMSG_NXTHDR(&message, control);
	assert_int_equal(control->cmsg_type, IP_PKTINFO);
	memcpy(&info, CMSG_DATA(control), sizeof info);
	assert_int_equal(info.ipi_ifindex, 2);
	assert_int_equal(ntohl(info.ipi_addr.s_addr), FIRST_ADDRESS + 1);
	assert_int_equal(ntohl(info.ipi_spec_dst.s_addr), FIRST_ADDRESS + 1);
	control = CMSG_NXTHDR(&message, control);
	assert_int_equal(control->cmsg_type, IP_TTL);
	memcpy(&ttl, CMSG_DATA(control), sizeof ttl);
	assert_int_equal(ttl, 7);
	control = CMSG_NXTHDR(&message, control);
	assert_int_equal(control->cmsg_type, IP_TOS);
	assert_int_equal(control->cmsg_len, CMSG_LEN(1));
	assert_int_equal(*CMSG_DATA(control), 0xb9);
	assert_null(CMSG_NXTHDR(&message, control));
	world_close(&world);
}

static void control_messages_without_room_are_cut_and_told(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	set(world.server_host, world.server, IPPROTO_IP, IP_PKTINFO, 1);
	set(world.server_host, world.server, IPPROTO_IP, IP_RECVTTL, 1);
	for (size_t size = 0; size < 2 * CMSG_SPACE(12); size++) {
		char text[4], *room = malloc(size + !size);
		struct iovec piece = { text, sizeof text };
		struct msghdr message = { .msg_iov = &piece,
					  .msg_iovlen = 1,
					  .msg_control = room,
					  .msg_controllen = size };
		send_server(&world, "x", 1);
		carry(&world);
		assert_int_equal(berth_recvmsg(world.server_host, world.server, &message, 0), 1);
		bool whole = size >= CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_LEN(sizeof(int));
		assert_int_equal(message.msg_flags, whole ? 0 : MSG_CTRUNC);
		assert_true(message.msg_controllen <= size);
		free(room);
	}
	world_close(&world);
}

static ssize_t send_with(struct world *world, int level, int type, const void *data, size_t size)
{
	struct control_room room = { 0 };
	struct sockaddr_in name = name_of(world->server_address, SERVER_PORT);
	struct iovec piece = { "x", 1 };
	struct msghdr message = { .msg_name = &name,
				  .msg_namelen = sizeof name,
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = room.bytes,
				  .msg_controllen = CMSG_SPACE(size) };
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	control->cmsg_len = CMSG_LEN(size);
	control->cmsg_level = level;
	control->cmsg_type = type;
	memcpy(CMSG_DATA(control), data, size);
	return berth_sendmsg(world->client_host, world->client, &message, 0);
}

static void control_messages_say_how_to_send(void **state)
{
	struct world world;
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(FIRST_ADDRESS + 8) };
	struct sockaddr_in name;
	socklen_t size = sizeof name;
	char text[4];
	(void)state;

	begin(&world);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_PKTINFO, &from, sizeof from), -EINVAL);
	berth_address_add(world.client_host, 2, (struct in_addr){ htonl(FIRST_ADDRESS + 8) }, 24);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_PKTINFO, &from, sizeof from), 1);
	carry(&world);
	assert_int_equal(berth_recvfrom(world.server_host, world.server, text, sizeof text, 0,
					(struct sockaddr *)&name, &size),
			 1);
	assert_int_equal(ntohl(name.sin_addr.s_addr), FIRST_ADDRESS + 8);
	from.ipi_ifindex = 3;
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_PKTINFO, &from, sizeof from),
			 -ENETUNREACH);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_PKTINFO, &from, 8), -EINVAL);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_TTL, &(int){ 1 }, sizeof(int)), 1);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_TTL, &(int){ 0 }, sizeof(int)), -EINVAL);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_TOS, &(int){ 8 }, sizeof(int)), 1);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_TOS, &(char){ 8 }, 1), 1);
	assert_int_equal(send_with(&world, IPPROTO_IP, IP_RETOPTS, &(char){ 8 }, 1), -EINVAL);
	assert_int_equal(send_with(&world, SOL_SOCKET, SCM_RIGHTS, &(int){ 1 }, 4), -EINVAL);
	assert_int_equal(send_with(&world, IPPROTO_TCP, 1, &(int){ 1 }, 4), 1);
	world_close(&world);
}

static void a_full_receive_buffer_drops_and_a_read_makes_room(void **state)
{
	struct world world;
	char text[4];
	int received = 0;
	(void)state;

	begin(&world);
	set(world.server_host, world.server, SOL_SOCKET, SO_RCVBUF, 4000);
	assert_int_equal(get(world.server_host, world.server, SOL_SOCKET, SO_RCVBUF), 8000);
	for (int count = 0; count < 100; count++)
		send_server(&world, "x", 1);
	carry(&world);
	while (berth_recv(world.server_host, world.server, text, sizeof text, 0) == 1)
		received++;
	assert_int_equal(received, 8000 / 768 + 1);
	send_server(&world, "x", 1);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, world.server, text, sizeof text, 0), 1);
	world_close(&world);
}

/* Linux: the last that bound hears what is sent to one; with SO_REUSEPORT it is spread, and stays with its sender. */
static void sockets_that_share_a_port_take_turns_as_in_linux(void **state)
{
	struct world world;
	char text[8];
	int sharing[4], heard[4] = { 0 };
	(void)state;

	world_on_lan(&world);
	world.client = new_datagram(world.client_host);
	int plain = bound(world.server_host, INADDR_ANY, 53);
	assert_int_equal(
		bind_to(world.server_host, new_datagram(world.server_host), INADDR_ANY, 53),
		-EADDRINUSE);
	berth_close(world.server_host, plain);
	for (int index = 0; index < 2; index++) {
		sharing[index] = new_datagram(world.server_host);
		set(world.server_host, sharing[index], SOL_SOCKET, SO_REUSEADDR, 1);
		assert_int_equal(bind_to(world.server_host, sharing[index], INADDR_ANY, 53), 0);
	}
	send_to(world.client_host, world.client, "x", 1, world.server_address, 53);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, sharing[0], text, 8, 0), -EAGAIN);
	assert_int_equal(berth_recv(world.server_host, sharing[1], text, 8, 0), 1);

	for (int index = 0; index < 4; index++) {
		sharing[index] = new_datagram(world.server_host);
		set(world.server_host, sharing[index], SOL_SOCKET, SO_REUSEPORT, 1);
		assert_int_equal(bind_to(world.server_host, sharing[index], INADDR_ANY, 54), 0);
	}
	for (uint16_t port = 1; port <= 64; port++) {
		int from = bound(world.client_host, INADDR_ANY, port);
		for (int count = 0; count < 2; count++)
			send_to(world.client_host, from, "x", 1, world.server_address, 54);
		carry(&world);
		for (int index = 0; index < 4; index++) {
			ssize_t first = berth_recv(world.server_host, sharing[index], text, 8, 0);
			assert_int_equal(first,
					 berth_recv(world.server_host, sharing[index], text, 8, 0));
			heard[index] += first == 1;
		}
	}
	for (int index = 0; index < 4; index++)
		assert_in_range(heard[index], 4, 32);
	world_close(&world);
}

static void shutting_shows_in_poll_and_ends_sending(void **state)
{
	struct world world;
	char text[4];
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	int idle = POLLOUT | POLLWRNORM | POLLWRBAND, ended = POLLIN | POLLRDNORM | POLLRDHUP;
	assert_int_equal(berth_poll(host, world.client), idle);
	assert_int_equal(berth_shutdown(host, world.client, SHUT_RD), -ENOTCONN);
	assert_int_equal(berth_poll(host, world.client), idle | ended);
	assert_int_equal(berth_recv(host, world.client, text, 4, 0), 0);
	assert_int_equal(berth_recv(host, world.client, text, 4, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(connect_to(host, world.client, world.server_address, SERVER_PORT), 0);
	assert_int_equal(berth_shutdown(host, world.client, SHUT_WR), 0);
	assert_int_equal(berth_poll(host, world.client), idle | ended | POLLHUP);
	assert_int_equal(berth_send(host, world.client, "x", 1, 0), -EPIPE);
	world_close(&world);
}

static void what_is_a_streams_alone_is_refused(void **state)
{
	struct world world;
	struct iovec room;
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	assert_int_equal(berth_listen(host, world.client, 1), -EOPNOTSUPP);
	assert_int_equal(berth_accept(host, world.client, NULL, NULL), -EOPNOTSUPP);
	assert_int_equal(berth_send_reserve(host, world.client, &room), -EOPNOTSUPP);
	assert_int_equal(berth_recv_peek(host, world.client, &room, 1), -EOPNOTSUPP);
	assert_int_equal(set(host, world.client, IPPROTO_TCP, TCP_NODELAY, 1), -ENOPROTOOPT);
	assert_int_equal(berth_send(host, world.client, "x", 1, MSG_OOB), -EOPNOTSUPP);
	world_close(&world);
}

static void options_of_datagrams_hold_what_is_set(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_ACCEPTCONN), 0);
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_RCVBUF), 212992);
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_SNDBUF), 212992);
	assert_int_equal(get(host, world.client, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	assert_int_equal(get(host, world.client, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(get(host, world.client, IPPROTO_IP, IP_MTU), -ENOTCONN);
	assert_int_equal(connect_to(host, world.client, world.server_address, 9), 0);
	assert_int_equal(get(host, world.client, IPPROTO_IP, IP_MTU), 1500);
	assert_int_equal(set(host, world.client, IPPROTO_IP, IP_MTU, 1), -ENOPROTOOPT);
	assert_int_equal(set(host, world.client, IPPROTO_IP, IP_MTU_DISCOVER, 9), -EINVAL);
	assert_int_equal(set(host, world.client, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	assert_int_equal(set(host, world.client, SOL_SOCKET, SO_RCVBUF, 1), 0);
	assert_int_equal(get(host, world.client, SOL_SOCKET, SO_RCVBUF), 2304);
	world_close(&world);
}

static struct sockaddr_in6 mapped(uint32_t address, uint16_t port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	uint32_t v4 = htonl(address);
	name.sin6_addr.s6_addr[10] = name.sin6_addr.s6_addr[11] = 0xff;
	memcpy(&name.sin6_addr.s6_addr[12], &v4, sizeof v4);
	return name;
}

/* Linux's limit of ICMP errors leaves loopback out. */
static void a_host_tells_itself_of_every_refusal(void **state)
{
	struct world world;
	char byte;
	(void)state;

	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int client = new_datagram(host);
	assert_int_equal(connect_to(host, client, INADDR_LOOPBACK, NOBODYS_PORT), 0);
	for (int count = 0; count < 50; count++) {
		assert_int_equal(berth_send(host, client, "x", 1, 0), 1);
		berth_host_advance(host, world.now);
		assert_int_equal(berth_recv(host, client, &byte, 1, 0), -ECONNREFUSED);
	}
	world_close(&world);
}

static void a_socket_of_ipv6_speaks_with_mapped_addresses(void **state)
{
	struct world world;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(7) }, from;
	struct sockaddr_in6 server = mapped(FIRST_ADDRESS + 1, SERVER_PORT);
	struct sockaddr_in plain = name_of(FIRST_ADDRESS + 1, SERVER_PORT);
	socklen_t size = sizeof from;
	char text[4];
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	int both = berth_socket(host, AF_INET6, SOCK_DGRAM, 0);
	int only = berth_socket(host, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(set(host, only, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(berth_bind(host, both, (struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(berth_bind(host, only, (struct sockaddr *)&any, sizeof any), -EADDRINUSE);
	assert_int_equal(
		berth_sendto(host, both, "6", 1, 0, (struct sockaddr *)&server, sizeof server), 1);
	assert_int_equal(
		berth_sendto(host, both, "4", 1, 0, (struct sockaddr *)&plain, sizeof plain), 1);
	assert_int_equal(
		berth_sendto(host, only, "x", 1, 0, (struct sockaddr *)&server, sizeof server),
		-ENETUNREACH);
	assert_int_equal(berth_connect(host, only, (struct sockaddr *)&server, sizeof server),
			 -ENETUNREACH);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, world.server, text, 4, 0), 1);
	assert_int_equal(berth_recv(world.server_host, world.server, text, 4, 0), 1);
	send_to(world.server_host, world.server, "back", 4, FIRST_ADDRESS, 7);
	carry(&world);
	assert_int_equal(berth_recvfrom(host, both, text, 4, 0, (struct sockaddr *)&from, &size),
			 4);
	assert_memory_equal(&from, &server, sizeof from);
	world_close(&world);
}

static void names_are_judged_as_linux_judges_them(void **state)
{
	struct world world;
	struct sockaddr_in name;
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	name = name_of(world.server_address, SERVER_PORT);
	assert_int_equal(berth_sendto(host, world.client, "x", 1, 0, (struct sockaddr *)&name, 8),
			 -EINVAL);
	name.sin_family = AF_UNIX;
	assert_int_equal(
		berth_sendto(host, world.client, "x", 1, 0, (struct sockaddr *)&name, sizeof name),
		-EAFNOSUPPORT);
	name.sin_family = AF_UNSPEC;
	assert_int_equal(
		berth_sendto(host, world.client, "x", 1, 0, (struct sockaddr *)&name, sizeof name),
		1);
	assert_int_equal(send_to(host, world.client, "x", 1, world.server_address, 0), -EINVAL);
	assert_int_equal(send_to(host, world.client, "x", 1, 0x08080808, 53), -ENETUNREACH);
	assert_int_equal(bind_to(host, world.client, INADDR_ANY, 1), -EINVAL);
	int other = new_datagram(host);
	assert_int_equal(bind_to(host, other, 0x08080808, 1), -EADDRNOTAVAIL);
	assert_int_equal(bind_to(host, other, INADDR_LOOPBACK, 1), 0);
	assert_int_equal(send_to(host, other, "x", 1, world.server_address, 1), -EINVAL);
	world_close(&world);
}

/* 0.0.0.0 is this host itself. */
static void a_host_speaks_to_itself(void **state)
{
	static const uint32_t addresses[] = { INADDR_LOOPBACK, INADDR_LOOPBACK + 5, INADDR_ANY };
	struct world world;
	char text[4];
	(void)state;

	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int server = bound(host, INADDR_ANY, SERVER_PORT), client = new_datagram(host);
	for (size_t index = 0; index < COUNT_OF(addresses); index++) {
		assert_int_equal(send_to(host, client, "x", 1, addresses[index], SERVER_PORT), 1);
		carry(&world);
		assert_int_equal(berth_recv(host, server, text, 4, 0), 1);
		assert_int_equal(connect_to(host, client, addresses[index], SERVER_PORT), 0);
		assert_int_equal(berth_send(host, client, "y", 1, 0), 1);
		carry(&world);
		assert_int_equal(berth_recv(host, server, text, 4, 0), 1);
	}
	world_close(&world);
}

static void find_datagram(void *context, const struct berth_socket_info *info)
{
	struct berth_socket_info *found = context;
	if (info->type == SOCK_DGRAM && info->descriptor == found->descriptor)
		*found = *info;
}

static void datagram_sockets_are_listed(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	struct berth_socket_info info = { .descriptor = world.server };
	send_server(&world, "x", 1);
	carry(&world);
	berth_host_sockets(world.server_host, find_datagram, &info);
	assert_int_equal(info.state, TCP_CLOSE);
	assert_int_equal(info.receive_queue, 768);
	assert_int_equal(((struct sockaddr_in *)&info.local)->sin_port, htons(SERVER_PORT));
	connect_to(world.server_host, world.server, FIRST_ADDRESS, 9);
	berth_host_sockets(world.server_host, find_datagram, &info);
	assert_int_equal(info.state, TCP_ESTABLISHED);
	world_close(&world);
}

static void what_arrives_is_an_event(void **state)
{
	struct world world;
	struct berth_event event;
	(void)state;

	begin(&world);
	send_server(&world, "x", 1);
	carry(&world);
	assert_int_equal(berth_events(world.server_host, &event, 1), 1);
	assert_int_equal(event.descriptor, world.server);
	assert_int_equal(berth_events(world.server_host, &event, 1), 0);
	world_close(&world);
}

static void no_call_breaks_where_memory_ends(void **state)
{
	static uint8_t data[5000];
	(void)state;

	for (size_t refusals = 0; refusals < 40; refusals++) {
		struct world world;
		begin(&world);
		world.memory.refusals_after = refusals;
		int descriptor = berth_socket(world.client_host, AF_INET, SOCK_DGRAM, 0);
		if (descriptor >= 0) {
			connect_to(world.client_host, descriptor, world.server_address,
				   SERVER_PORT);
			berth_send(world.client_host, descriptor, data, sizeof data, 0);
			carry(&world);
			berth_recv(world.server_host, world.server, data, sizeof data, 0);
			berth_close(world.client_host, descriptor);
		}
		world.memory.refusals_after = UNLIMITED;
		send_server(&world, data, sizeof data);
		pass(&world, 4 * SECOND_NS);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_goes_there_and_one_comes_back),
		cmocka_unit_test(every_size_arrives_as_it_was_sent),
		cmocka_unit_test(one_byte_more_than_the_largest_is_too_long),
		cmocka_unit_test(an_empty_datagram_is_one_to_read),
		cmocka_unit_test(what_does_not_fit_is_cut_off_and_told),
		cmocka_unit_test(a_connected_socket_hears_its_peer_alone),
		cmocka_unit_test(disconnecting_gives_a_chosen_port_back),
		cmocka_unit_test(a_refused_datagram_is_told_to_a_connected_socket_once),
		cmocka_unit_test(a_refused_datagram_is_not_told_to_one_that_is_not_connected),
		cmocka_unit_test(errors_are_kept_with_what_was_lost_where_asked_for),
		cmocka_unit_test(broadcast_asks_for_leave_and_reaches_all),
		cmocka_unit_test(control_messages_tell_of_a_datagram),
		cmocka_unit_test(control_messages_without_room_are_cut_and_told),
		cmocka_unit_test(control_messages_say_how_to_send),
		cmocka_unit_test(a_full_receive_buffer_drops_and_a_read_makes_room),
		cmocka_unit_test(sockets_that_share_a_port_take_turns_as_in_linux),
		cmocka_unit_test(shutting_shows_in_poll_and_ends_sending),
		cmocka_unit_test(what_is_a_streams_alone_is_refused),
		cmocka_unit_test(options_of_datagrams_hold_what_is_set),
		cmocka_unit_test(a_host_tells_itself_of_every_refusal),
		cmocka_unit_test(a_socket_of_ipv6_speaks_with_mapped_addresses),
		cmocka_unit_test(names_are_judged_as_linux_judges_them),
		cmocka_unit_test(a_host_speaks_to_itself),
		cmocka_unit_test(datagram_sockets_are_listed),
		cmocka_unit_test(what_arrives_is_an_event),
		cmocka_unit_test(no_call_breaks_where_memory_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
