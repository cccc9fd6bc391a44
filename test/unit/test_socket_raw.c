/* Raw and ping sockets, as a program sees them: on one host, and on two. */
#include "unit/socket_world.h"

enum { PROTOCOL_NOBODY_HAS = 253, ICMP_FILTER_OPTION = 1, NOBODY = 0x0a4d0063 };
enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO = 8, HEADER = 20 };

static uint16_t sum_of(const uint8_t *at, size_t size)
{
	uint32_t sum = 0;
	for (size_t index = 0; index < size; index++)
		sum += (uint32_t)at[index] << (index % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static int make(struct berth_host *host, int type, int protocol)
{
	int descriptor = berth_socket(host, AF_INET, type, protocol);
	assert_true(descriptor >= 0);
	return descriptor;
}

static ssize_t send_to(struct berth_host *host, int from, const void *data, size_t size,
		       uint32_t address)
{
	struct sockaddr_in to = name_of(address, 0);
	return berth_sendto(host, from, data, size, 0, (struct sockaddr *)&to, sizeof to);
}

static ssize_t take(struct berth_host *host, int descriptor, uint8_t *to, size_t size,
		    uint32_t *sender)
{
	struct sockaddr_in from = { 0 };
	ssize_t taken = berth_recvfrom(host, descriptor, to, size, 0, (struct sockaddr *)&from,
				       &(socklen_t){ sizeof from });
	*sender = ntohl(from.sin_addr.s_addr);
	return taken;
}

static void set(struct berth_host *host, int descriptor, int level, int name, int value)
{
	assert_int_equal(berth_setsockopt(host, descriptor, level, name, &value, sizeof value), 0);
}

static void what_linux_refuses_is_refused(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	assert_int_equal(berth_socket(host, AF_INET, SOCK_RAW, 0), -EPROTONOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET, SOCK_RAW, 256), -EPROTONOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET6, SOCK_RAW, 0), -EPROTONOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET6, SOCK_DGRAM, 1), -EPROTONOSUPPORT);
	assert_int_equal(berth_socket(host, AF_INET, SOCK_STREAM, 1), -EPROTONOSUPPORT);

	int tcp = make(host, SOCK_RAW, IPPROTO_TCP), udp = make(host, SOCK_DGRAM, 0);
	int filter = 0;
	assert_int_equal(berth_setsockopt(host, tcp, IPPROTO_RAW, ICMP_FILTER_OPTION, &filter, 4),
			 -EOPNOTSUPP);
	assert_int_equal(berth_setsockopt(host, udp, IPPROTO_IP, IP_HDRINCL, &filter, 4),
			 -ENOPROTOOPT);
	assert_int_equal(berth_listen(host, tcp, 1), -EOPNOTSUPP);
	assert_int_equal(berth_send(host, tcp, "", 0, 0), -EDESTADDRREQ);
	world_close(&world);
}

static void options_tell_what_the_socket_is(void **state)
{
	struct world world;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	int raw = make(host, SOCK_RAW, PROTOCOL_NOBODY_HAS), value;
	socklen_t size = sizeof value;
	assert_int_equal(berth_getsockopt(host, raw, SOL_SOCKET, SO_TYPE, &value, &size), 0);
	assert_int_equal(value, SOCK_RAW);
	assert_int_equal(berth_getsockopt(host, raw, SOL_SOCKET, SO_PROTOCOL, &value, &size), 0);
	assert_int_equal(value, PROTOCOL_NOBODY_HAS);
	assert_int_equal(berth_getsockopt(host, raw, IPPROTO_IP, IP_HDRINCL, &value, &size), 0);
	assert_int_equal(value, 0);
	int any = make(host, SOCK_RAW, IPPROTO_RAW);
	assert_int_equal(berth_getsockopt(host, any, IPPROTO_IP, IP_HDRINCL, &value, &size), 0);
	assert_int_equal(value, 1);

	struct sockaddr_in name;
	size = sizeof name;
	assert_int_equal(berth_getsockname(host, raw, (struct sockaddr *)&name, &size), 0);
	assert_int_equal(ntohs(name.sin_port), PROTOCOL_NOBODY_HAS);
	world_close(&world);
}

static void every_raw_socket_of_the_protocol_gets_the_packet_with_its_header(void **state)
{
	struct world world;
	world_on_lan(&world);
	(void)state;

	struct berth_host *server = world.server_host;
	int sender = make(world.client_host, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int first = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int second = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int other = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS + 1);
	set(world.client_host, sender, IPPROTO_IP, IP_TTL, 9);
	set(world.client_host, sender, IPPROTO_IP, IP_TOS, 0x48);
	assert_int_equal(send_to(world.client_host, sender, "hello", 5, world.server_address), 5);
	carry(&world);

	const int listeners[] = { first, second };
	for (int index = 0; index < 2; index++) {
		uint8_t packet[100];
		uint32_t from;
		assert_int_equal(take(server, listeners[index], packet, sizeof packet, &from),
				 HEADER + 5);
		assert_int_equal(from, FIRST_ADDRESS);
		const uint8_t begins[] = { 0x45, 0x48, 0, HEADER + 5 };
		const uint8_t ends[] = { 10, 77, 0, 1, 10, 77, 0, 2, 'h', 'e', 'l', 'l', 'o' };
		assert_memory_equal(packet, begins, sizeof begins);
		assert_int_equal(packet[8], 9);
		assert_int_equal(packet[9], PROTOCOL_NOBODY_HAS);
		assert_int_equal(sum_of(packet, HEADER), 0);
		assert_memory_equal(packet + 12, ends, sizeof ends);
		assert_int_equal(take(server, listeners[index], packet, sizeof packet, &from),
				 -EAGAIN);
	}
	assert_int_equal(berth_poll(server, other) & POLLIN, 0);
	world_close(&world);
}

/* Nobody's protocol is answered with protocol unreachable; one that a raw socket has is not. */
static void what_a_raw_socket_takes_is_not_answered_with_unreachable(void **state)
{
	(void)state;
	for (int taken = 0; taken < 2; taken++) {
		struct world world;
		uint8_t packet[100];
		uint32_t from;
		world_on_lan(&world);
		struct berth_host *client = world.client_host;
		int sender = make(client, SOCK_RAW, PROTOCOL_NOBODY_HAS);
		int hears = make(client, SOCK_RAW, IPPROTO_ICMP);
		if (taken)
			make(world.server_host, SOCK_RAW, PROTOCOL_NOBODY_HAS);
		send_to(client, sender, "12345678", 8, world.server_address);
		carry(&world);
		ssize_t size = take(client, hears, packet, sizeof packet, &from);
		assert_int_equal(size, taken ? -EAGAIN : HEADER + 8 + HEADER + 8);
		if (!taken) {
			assert_int_equal(packet[HEADER], UNREACHABLE);
			assert_int_equal(packet[HEADER + 1], 2);
		}
		world_close(&world);
	}
}

static void bind_and_connect_choose_what_is_heard(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host, *server = world.server_host;
	int sender = make(client, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int bound = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int elsewhere = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int peers = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	int strangers = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	assert_int_equal(bind_to(server, bound, world.server_address, 0), 0);
	assert_int_equal(bind_to(server, elsewhere, INADDR_LOOPBACK, 0), 0);
	assert_int_equal(bind_to(server, strangers, NOBODY, 0), -EADDRNOTAVAIL);
	struct sockaddr_in peer = name_of(FIRST_ADDRESS, 7), stranger = name_of(NOBODY, 7);
	assert_int_equal(berth_connect(server, peers, (struct sockaddr *)&peer, sizeof peer), 0);
	assert_int_equal(
		berth_connect(server, strangers, (struct sockaddr *)&stranger, sizeof stranger), 0);
	assert_int_equal(bind_to(server, peers, world.server_address, 0), -EINVAL);
	send_to(client, sender, "x", 1, world.server_address);
	carry(&world);
	assert_int_equal(take(server, bound, packet, sizeof packet, &from), HEADER + 1);
	assert_int_equal(take(server, elsewhere, packet, sizeof packet, &from), -EAGAIN);
	assert_int_equal(take(server, peers, packet, sizeof packet, &from), HEADER + 1);
	assert_int_equal(take(server, strangers, packet, sizeof packet, &from), -EAGAIN);

	assert_int_equal(berth_send(server, peers, "back", 4, 0), 4);
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	assert_int_equal(berth_connect(server, strangers, &none, sizeof none), 0);
	carry(&world);
	assert_int_equal(take(client, sender, packet, sizeof packet, &from), HEADER + 4);
	send_to(client, sender, "y", 1, world.server_address);
	carry(&world);
	assert_int_equal(take(server, strangers, packet, sizeof packet, &from), HEADER + 1);
	world_close(&world);
}

static void an_included_header_goes_as_it_is_but_for_what_linux_fills_in(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host, *server = world.server_host;
	int raw = make(client, SOCK_RAW, IPPROTO_RAW);
	int hears = make(server, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	uint8_t out[] = { 0x45, 0x10, 0xff, 0xff, 0, 0, 0,  0,  5, PROTOCOL_NOBODY_HAS,
			  1,    1,    0,    0,    0, 0, 10, 77, 0, 2,
			  'm',  'i',  'n',  'e' };
	for (int own_source = 0; own_source < 2; own_source++) {
		const uint8_t stranger[] = { 192, 0, 2, 1 };
		if (own_source)
			memcpy(out + 12, stranger, 4);
		assert_int_equal(send_to(client, raw, out, sizeof out, world.server_address),
				 sizeof out);
		carry(&world);
		assert_int_equal(take(server, hears, packet, sizeof packet, &from), sizeof out);
		assert_int_equal(from, own_source ? 0xc0000201 : FIRST_ADDRESS);
		assert_int_equal(packet[3], sizeof out);
		assert_int_equal(packet[8], 5);
		assert_int_equal(sum_of(packet, HEADER), 0);
		assert_memory_equal(packet + HEADER, "mine", 4);
	}

	for (size_t size = 0; size < HEADER; size++)
		assert_int_equal(send_to(client, raw, out, size, world.server_address), -EINVAL);
	out[0] = 0x47; /* longer than the packet */
	assert_int_equal(send_to(client, raw, out, sizeof out, world.server_address), -EINVAL);
	uint8_t large[1501] = { 0x45 };
	assert_int_equal(send_to(client, raw, large, sizeof large, world.server_address),
			 -EMSGSIZE);
	assert_int_equal(send_to(client, raw, out, sizeof out, 0x08080808), -ENETUNREACH);
	world_close(&world);
}

static const uint8_t echo[] = { ECHO, 0, 0x6f, 0x38, 0x12, 0x34, 0, 1, 'a', 'b', 'c', 'd', 0, 0 };

static void the_filter_says_which_types_of_icmp_are_not_heard(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	uint8_t request[sizeof echo];
	memcpy(request, echo, sizeof echo);
	request[2] = request[3] = 0;
	uint16_t sum = sum_of(request, sizeof request);
	request[2] = (uint8_t)(sum >> 8), request[3] = (uint8_t)sum;
	int raw = make(client, SOCK_RAW, IPPROTO_ICMP);
	const int filters[] = { 0, 1 << ECHO_REPLY, ~(1 << ECHO_REPLY) };
	for (int index = 0; index < 3; index++) {
		set(client, raw, IPPROTO_RAW, ICMP_FILTER_OPTION, filters[index]);
		send_to(client, raw, request, sizeof request, world.server_address);
		carry(&world);
		ssize_t size = take(client, raw, packet, sizeof packet, &from);
		assert_int_equal(size, index == 1 ? -EAGAIN : HEADER + (int)sizeof request);
	}
	assert_int_equal(packet[HEADER], ECHO_REPLY);
	assert_int_equal(sum_of(packet + HEADER, sizeof request), 0);
	world_close(&world);
}

static void a_ping_socket_hears_the_answers_to_its_own_echoes_alone(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	int mine = make(client, SOCK_DGRAM, IPPROTO_ICMP), other = make(client, SOCK_DGRAM, 1);
	assert_int_equal(bind_to(client, mine, INADDR_ANY, 77), 0);
	assert_int_equal(bind_to(client, other, INADDR_ANY, 77), -EADDRINUSE);
	assert_int_equal(bind_to(client, other, INADDR_ANY, 0), 0);
	assert_int_equal(send_to(client, mine, echo, sizeof echo, world.server_address),
			 sizeof echo);
	carry(&world);
	assert_int_equal(take(client, other, packet, sizeof packet, &from), -EAGAIN);
	assert_int_equal(take(client, mine, packet, sizeof packet, &from), sizeof echo);
	assert_int_equal(from, world.server_address);
	assert_int_equal(packet[0], ECHO_REPLY);
	assert_int_equal(packet[4] << 8 | packet[5], 77);
	assert_int_equal(sum_of(packet, sizeof echo), 0);
	assert_memory_equal(packet + 6, echo + 6, sizeof echo - 6);
	world_close(&world);
}

static void a_ping_socket_sends_echo_requests_only(void **state)
{
	struct world world;
	uint8_t other[sizeof echo];
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	int ping = make(client, SOCK_DGRAM, IPPROTO_ICMP);
	for (size_t size = 0; size < 8; size++)
		assert_int_equal(send_to(client, ping, echo, size, world.server_address), -EINVAL);
	for (int bit = 0; bit < 16; bit++) {
		memcpy(other, echo, sizeof echo);
		other[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(send_to(client, ping, other, sizeof other, world.server_address),
				 -EINVAL);
	}
	assert_int_equal(berth_send(client, ping, echo, sizeof echo, 0), -EDESTADDRREQ);
	world_close(&world);
}

/* In fragments: 65,535 bytes with the IP header are the most there is. */
static void echoes_of_every_size_come_back(void **state)
{
	static uint8_t request[65516], reply[65600];
	static const size_t sizes[] = { 8, 9, 60, 200, 1480, 1481, 3008, 65515 };
	struct world world;
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	int ping = make(client, SOCK_DGRAM, IPPROTO_ICMP), raw = make(client, SOCK_RAW, 1);
	request[0] = ECHO;
	for (size_t index = 8; index < sizeof request; index++)
		request[index] = (uint8_t)(index * 7);
	for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
		const size_t size = sizes[index];
		assert_int_equal(send_to(client, ping, request, size, world.server_address), size);
		carry(&world);
		assert_int_equal(take(client, ping, reply, sizeof reply, &from), size);
		assert_int_equal(sum_of(reply, size), 0);
		assert_memory_equal(reply + 8, request + 8, size - 8);
		assert_int_equal(take(client, raw, reply, sizeof reply, &from), HEADER + size);
		assert_int_equal(reply[2] << 8 | reply[3], HEADER + size);
		assert_int_equal(reply[6] << 8 | reply[7], 0);
		assert_int_equal(sum_of(reply, HEADER), 0);
		assert_int_equal(sum_of(reply + HEADER, size), 0);
	}
	assert_int_equal(send_to(client, ping, request, 65516, world.server_address), -EMSGSIZE);
	world_close(&world);
}

static void a_neighbour_that_nobody_is_becomes_host_unreachable(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	int ping = make(client, SOCK_DGRAM, IPPROTO_ICMP), raw = make(client, SOCK_RAW, 1);
	set(client, ping, IPPROTO_IP, IP_RECVERR, 1);
	send_to(client, ping, echo, sizeof echo, NOBODY);
	pass(&world, 5 * SECOND_NS);
	assert_int_equal(take(client, raw, packet, sizeof packet, &from),
			 HEADER + 8 + HEADER + (int)sizeof echo);
	assert_int_equal(from, FIRST_ADDRESS);
	assert_int_equal(packet[HEADER], UNREACHABLE);
	assert_int_equal(packet[HEADER + 1], 1);
	assert_int_equal(sum_of(packet, HEADER), 0);
	assert_int_equal(sum_of(packet + HEADER, 8 + HEADER + sizeof echo), 0);

	assert_int_equal(take(client, ping, packet, sizeof packet, &from), -EHOSTUNREACH);
	struct iovec piece = { packet, sizeof packet };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	assert_int_equal(berth_recvmsg(client, ping, &message, MSG_ERRQUEUE), sizeof echo);
	assert_int_equal(packet[0], ECHO);
	assert_int_equal(berth_recvmsg(client, ping, &message, MSG_ERRQUEUE), -EAGAIN);
	world_close(&world);
}

static void a_connected_raw_socket_is_told_of_unreachable_protocols(void **state)
{
	struct world world;
	world_on_lan(&world);
	(void)state;

	struct berth_host *client = world.client_host;
	int raw = make(client, SOCK_RAW, PROTOCOL_NOBODY_HAS);
	struct sockaddr_in peer = name_of(world.server_address, 0);
	assert_int_equal(berth_connect(client, raw, (struct sockaddr *)&peer, sizeof peer), 0);
	assert_int_equal(berth_send(client, raw, "12345678", 8, 0), 8);
	carry(&world);
	assert_int_equal(berth_poll(client, raw) & POLLERR, POLLERR);
	assert_int_equal(berth_send(client, raw, "12345678", 8, 0), -ENOPROTOOPT);
	world_close(&world);
}

/* What TCP and UDP take is heard too, its checksum filled in though it never left memory. */
static void a_raw_socket_hears_what_others_take(void **state)
{
	struct world world;
	uint8_t packet[100];
	uint32_t from;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	int raw = make(host, SOCK_RAW, IPPROTO_UDP), udp = make(host, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(host, udp, INADDR_LOOPBACK, PORT), 0);
	struct sockaddr_in to = name_of(INADDR_LOOPBACK, PORT);
	assert_int_equal(berth_sendto(host, udp, "ab", 2, 0, (struct sockaddr *)&to, sizeof to), 2);
	carry(&world);
	assert_int_equal(take(host, raw, packet, sizeof packet, &from), HEADER + 10);
	const uint8_t udp_header[] = { 0, PORT, 0, PORT, 0, 10 };
	assert_memory_equal(packet + HEADER, udp_header, sizeof udp_header);
	assert_true(packet[HEADER + 6] || packet[HEADER + 7]);
	assert_int_equal(take(host, udp, packet, sizeof packet, &from), 2);
	world_close(&world);
}

static void a_queue_that_is_full_takes_no_more(void **state)
{
	struct world world;
	uint8_t packet[1000] = { 0 };
	uint32_t from;
	world_alone(&world, 0);
	(void)state;

	struct berth_host *host = world.client_host;
	int raw = make(host, SOCK_RAW, PROTOCOL_NOBODY_HAS), heard = 0;
	set(host, raw, SOL_SOCKET, SO_RCVBUF, 4096);
	for (int count = 0; count < 100; count++) {
		send_to(host, raw, packet, sizeof packet, INADDR_LOOPBACK);
		carry(&world);
	}
	while (take(host, raw, packet, sizeof packet, &from) > 0)
		heard++;
	assert_in_range(heard, 2, 16);
	send_to(host, raw, packet, sizeof packet, INADDR_LOOPBACK);
	carry(&world);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_linux_refuses_is_refused),
		cmocka_unit_test(options_tell_what_the_socket_is),
		cmocka_unit_test(every_raw_socket_of_the_protocol_gets_the_packet_with_its_header),
		cmocka_unit_test(what_a_raw_socket_takes_is_not_answered_with_unreachable),
		cmocka_unit_test(bind_and_connect_choose_what_is_heard),
		cmocka_unit_test(an_included_header_goes_as_it_is_but_for_what_linux_fills_in),
		cmocka_unit_test(the_filter_says_which_types_of_icmp_are_not_heard),
		cmocka_unit_test(a_ping_socket_hears_the_answers_to_its_own_echoes_alone),
		cmocka_unit_test(a_ping_socket_sends_echo_requests_only),
		cmocka_unit_test(echoes_of_every_size_come_back),
		cmocka_unit_test(a_neighbour_that_nobody_is_becomes_host_unreachable),
		cmocka_unit_test(a_connected_raw_socket_is_told_of_unreachable_protocols),
		cmocka_unit_test(a_raw_socket_hears_what_others_take),
		cmocka_unit_test(a_queue_that_is_full_takes_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
