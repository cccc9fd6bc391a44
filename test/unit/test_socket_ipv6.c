/* Sockets of IPv6 as programs see them: names, both families on one socket, what comes beside a datagram, raw and ping
 * sockets, and what is refused. The hosts have fd77::1 and fd77::2 beside their addresses of IPv4. */
#include "unit/socket_world.h"

#include "base/bytes.h"

#include <linux/errqueue.h>
#include <netinet/icmp6.h>

enum { RAW_CHECKSUM = 7 }; /* IPV6_CHECKSUM */

static struct sockaddr_in6 name6(const char *text, uint16_t port)
{
	struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	assert_int_equal(inet_pton(AF_INET6, text, &name.sin6_addr), 1);
	return name;
}

static void begin(struct world *world)
{
	world_on_lan(world);
	for (int number = 0; number < 2; number++) {
		struct in6_addr address = name6(number == 0 ? "fd77::1" : "fd77::2", 0).sin6_addr;
		assert_int_equal(berth_address6_add(world->hosts[number], 2, &address, 64), 0);
	}
	pass(world, 3 * SECOND_NS); /* whatever the addresses are to prove is proven */
}

static int bound(struct berth_host *host, int type, int protocol, const char *text, uint16_t port)
{
	struct sockaddr_in6 name = name6(text, port);
	int descriptor = berth_socket(host, AF_INET6, type, protocol);
	assert_true(descriptor >= 0);
	assert_int_equal(berth_bind(host, descriptor, (struct sockaddr *)&name, sizeof name), 0);
	return descriptor;
}

static int set(struct berth_host *host, int descriptor, int level, int name, int value)
{
	return berth_setsockopt(host, descriptor, level, name, &value, sizeof value);
}

static ssize_t send6(struct berth_host *host, int descriptor, const void *data, size_t size,
		     const char *text, uint16_t port)
{
	struct sockaddr_in6 name = name6(text, port);
	return berth_sendto(host, descriptor, data, size, 0, (struct sockaddr *)&name, sizeof name);
}

static void check_sender(struct berth_host *host, int descriptor, const char *text, uint16_t port,
			 ssize_t size)
{
	struct sockaddr_in6 from, expected = name6(text, port);
	socklen_t room = sizeof from;
	uint8_t bytes[2048];
	assert_int_equal(berth_recvfrom(host, descriptor, bytes, sizeof bytes, 0,
					(struct sockaddr *)&from, &room),
			 size);
	assert_int_equal(room, sizeof from);
	assert_memory_equal(&from.sin6_addr, &expected.sin6_addr, 16);
	assert_int_equal(from.sin6_port, expected.sin6_port);
}

/* The same question of IPv6, of IPv4 as an IPv6 socket names it, and of loopback. */
static void a_stream_reaches_a_listener_of_both_families(void **state)
{
	static const struct {
		const char *server, *client;
		int from_server_itself;
	} ways[] = {
		{ "fd77::2", "fd77::1", 0 },
		{ "::ffff:10.77.0.2", "::ffff:10.77.0.1", 0 },
		{ "::1", "::1", 1 },
		{ "::ffff:127.0.0.1", "::ffff:127.0.0.1", 1 },
	};
	struct world world;
	char text[8];
	(void)state;

	begin(&world);
	int listener = bound(world.server_host, SOCK_STREAM, 0, "::", PORT);
	assert_int_equal(berth_listen(world.server_host, listener, 5), 0);
	for (size_t way = 0; way < COUNT_OF(ways); way++) {
		struct berth_host *host =
			ways[way].from_server_itself ? world.server_host : world.client_host;
		struct sockaddr_in6 name = name6(ways[way].server, PORT), peer;
		struct sockaddr_in6 expected = name6(ways[way].client, 0);
		socklen_t size = sizeof peer;
		int client = berth_socket(host, AF_INET6, SOCK_STREAM, 0);
		assert_int_equal(berth_connect(host, client, (struct sockaddr *)&name, sizeof name),
				 -EINPROGRESS);
		carry(&world);
		int server =
			berth_accept(world.server_host, listener, (struct sockaddr *)&peer, &size);
		assert_true(server >= 0);
		assert_memory_equal(&peer.sin6_addr, &expected.sin6_addr, 16);
		assert_int_equal(berth_send(host, client, "berth", 5, 0), 5);
		carry(&world);
		assert_int_equal(berth_recv(world.server_host, server, text, sizeof text, 0), 5);
		size = sizeof peer;
		assert_int_equal(berth_getpeername(host, client, (struct sockaddr *)&peer, &size),
				 0);
		assert_memory_equal(&peer, &name, sizeof name);
		berth_close(host, client);
		berth_close(world.server_host, server);
		carry(&world);
	}
	world_close(&world);
}

/* RFC 9293, 3.7.1: 20 bytes of TCP and 40 of IPv6. */
static void a_segment_leaves_room_for_the_longer_header(void **state)
{
	struct world world;
	struct sockaddr_in6 name = name6("fd77::2", PORT);
	int mss = 0;
	socklen_t size = sizeof mss;
	(void)state;

	begin(&world);
	int listener = bound(world.server_host, SOCK_STREAM, 0, "::", PORT);
	assert_int_equal(berth_listen(world.server_host, listener, 5), 0);
	int client = berth_socket(world.client_host, AF_INET6, SOCK_STREAM, 0);
	berth_connect(world.client_host, client, (struct sockaddr *)&name, sizeof name);
	carry(&world);
	assert_int_equal(
		berth_getsockopt(world.client_host, client, IPPROTO_TCP, TCP_MAXSEG, &mss, &size),
		0);
	CHECK_EQUAL(1500 - 60 - 12, mss); /* and the timestamps */
	world_close(&world);
}

static void ports_of_both_families_meet_where_both_are_heard(void **state)
{
	struct world world;
	(void)state;

	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	struct sockaddr_in6 any = name6("::", 7);
	int both = bound(host, SOCK_STREAM, 0, "::", 7);
	int four = new_socket(host);
	assert_int_equal(bind_to(host, four, INADDR_ANY, 7), -EADDRINUSE);
	assert_int_equal(bind_to(host, four, INADDR_LOOPBACK, 7), -EADDRINUSE);
	berth_close(host, both);
	assert_int_equal(bind_to(host, four, INADDR_ANY, 7), 0);
	int six = berth_socket(host, AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(berth_bind(host, six, (struct sockaddr *)&any, sizeof any), -EADDRINUSE);
	assert_int_equal(set(host, six, IPPROTO_IPV6, IPV6_V6ONLY, 1), 0);
	assert_int_equal(berth_bind(host, six, (struct sockaddr *)&any, sizeof any), 0);
	world_close(&world);
}

static void a_datagram_comes_with_what_was_asked_for(void **state)
{
	struct world world;
	uint8_t control[256], bytes[8];
	struct iovec piece = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	const struct in6_addr own = name6("fd77::2", 0).sin6_addr;
	int found = 0;
	(void)state;

	begin(&world);
	int server = bound(world.server_host, SOCK_DGRAM, 0, "::", 7);
	int client = bound(world.client_host, SOCK_DGRAM, 0, "::", 8);
	assert_int_equal(set(world.server_host, server, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), 0);
	assert_int_equal(set(world.server_host, server, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), 0);
	assert_int_equal(set(world.server_host, server, IPPROTO_IPV6, IPV6_RECVTCLASS, 1), 0);
	assert_int_equal(set(world.client_host, client, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), 0);
	assert_int_equal(set(world.client_host, client, IPPROTO_IPV6, IPV6_TCLASS, 0xb9), 0);
	assert_int_equal(send6(world.client_host, client, "abc", 3, "fd77::2", 7), 3);
	carry(&world);
	assert_int_equal(berth_recvmsg(world.server_host, server, &message, 0), 3);
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at; at = CMSG_NXTHDR(&message, at)) {
		int number = 0;
		assert_int_equal(at->cmsg_level, IPPROTO_IPV6);
		if (at->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(at), sizeof info);
			assert_memory_equal(&info.ipi6_addr, &own, sizeof own);
			CHECK_EQUAL(2, info.ipi6_ifindex);
		} else {
			memcpy(&number, CMSG_DATA(at), sizeof number);
			CHECK_EQUAL(at->cmsg_type == IPV6_HOPLIMIT ? 9 : 0xb9, number);
		}
		found++;
	}
	CHECK_EQUAL(3, found);
	world_close(&world);
}

static void datagrams_of_both_families_come_to_one_socket(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	int server = bound(world.server_host, SOCK_DGRAM, 0, "::", 7);
	int client = bound(world.client_host, SOCK_DGRAM, 0, "::", 8);
	assert_int_equal(send6(world.client_host, client, "", 0, "fd77::2", 7), 0);
	assert_int_equal(send6(world.client_host, client, "4", 1, "::ffff:10.77.0.2", 7), 1);
	carry(&world);
	check_sender(world.server_host, server, "fd77::1", 8, 0);
	check_sender(world.server_host, server, "::ffff:10.77.0.1", 8, 1);
	world_close(&world);
}

/* fe80::2 is the server's on the link that is the client's interface 2; without that it says nothing (RFC 4007, 6). */
static void a_link_local_name_needs_its_scope(void **state)
{
	struct world world;
	struct sockaddr_in6 name = name6("fe80::2", 7), from;
	struct in6_addr one = name6("fe80::1", 0).sin6_addr;
	socklen_t size = sizeof from;
	char text[4];
	(void)state;

	begin(&world);
	assert_int_equal(berth_address6_add(world.client_host, 2, &one, 64), 0);
	assert_int_equal(berth_address6_add(world.server_host, 2, &name.sin6_addr, 64), 0);
	pass(&world, 3 * SECOND_NS);
	int server = bound(world.server_host, SOCK_DGRAM, 0, "::", 7);
	int client = berth_socket(world.client_host, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(berth_sendto(world.client_host, client, "x", 1, 0,
				      (struct sockaddr *)&name, sizeof name),
			 -EINVAL);
	name.sin6_scope_id = 2;
	assert_int_equal(berth_sendto(world.client_host, client, "x", 1, 0,
				      (struct sockaddr *)&name, sizeof name),
			 1);
	carry(&world);
	assert_int_equal(berth_recvfrom(world.server_host, server, text, sizeof text, 0,
					(struct sockaddr *)&from, &size),
			 1);
	assert_int_equal(from.sin6_scope_id, 2);
	assert_int_equal(from.sin6_addr.s6_addr[0], 0xfe);
	assert_int_equal(get16(from.sin6_addr.s6_addr + 2), 0); /* no zone shows in the address */
	world_close(&world);
}

static void a_closed_port_is_told_to_the_connected_and_kept_for_who_asks(void **state)
{
	struct world world;
	struct sockaddr_in6 name = name6("fd77::2", NOBODYS_PORT);
	uint8_t control[256], bytes[8];
	struct iovec piece = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	struct {
		struct sock_extended_err error;
		struct sockaddr_in6 offender;
	} what;
	(void)state;

	begin(&world);
	int client = berth_socket(world.client_host, AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(
		berth_connect(world.client_host, client, (struct sockaddr *)&name, sizeof name), 0);
	assert_int_equal(set(world.client_host, client, IPPROTO_IPV6, IPV6_RECVERR, 1), 0);
	assert_int_equal(berth_send(world.client_host, client, "x", 1, 0), 1);
	carry(&world);
	assert_int_equal(berth_recv(world.client_host, client, bytes, 1, 0), -ECONNREFUSED);
	assert_int_equal(berth_recvmsg(world.client_host, client, &message, MSG_ERRQUEUE), 1);
	struct cmsghdr *told = CMSG_FIRSTHDR(&message);
	assert_non_null(told);
	assert_int_equal(told->cmsg_level, IPPROTO_IPV6);
	assert_int_equal(told->cmsg_type, IPV6_RECVERR);
	memcpy(&what, CMSG_DATA(told), sizeof what);
	CHECK_EQUAL(SO_EE_ORIGIN_ICMP6, what.error.ee_origin);
	CHECK_EQUAL(ICMP6_DST_UNREACH, what.error.ee_type);
	CHECK_EQUAL(ICMP6_DST_UNREACH_NOPORT, what.error.ee_code);
	assert_memory_equal(&what.offender.sin6_addr, &name.sin6_addr, 16);
	world_close(&world);
}

static void a_ping_socket_is_answered(void **state)
{
	struct world world;
	uint8_t echo[12] = { ICMP6_ECHO_REQUEST, 0, 0, 0, 0xaa, 0xaa, 0, 1, 'e', 'c', 'h', 'o' };
	uint8_t reply[64];
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	int ping = berth_socket(host, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	assert_true(ping >= 0);
	assert_int_equal(send6(host, ping, echo, sizeof echo, "::ffff:10.77.0.2", 0), -EINVAL);
	assert_int_equal(send6(host, ping, echo, sizeof echo, "fd77::2", 0), sizeof echo);
	carry(&world);
	assert_int_equal(berth_recv(host, ping, reply, sizeof reply, 0), sizeof echo);
	CHECK_EQUAL(ICMP6_ECHO_REPLY, reply[0]);
	assert_memory_equal(reply + 6, echo + 6, 6);
	echo[0] = ICMP6_ECHO_REPLY;
	assert_int_equal(send6(host, ping, echo, sizeof echo, "fd77::2", 0), -EINVAL);
	world_close(&world);
}

/* RFC 3542, 3.1 and 3.2: no header comes along, the checksum is the socket's to make, and types are filtered. */
static void a_raw_socket_of_icmpv6_hears_the_types_it_lets_through(void **state)
{
	struct world world;
	uint8_t echo[8] = { ICMP6_ECHO_REQUEST, 0, 0, 0, 0, 1, 0, 1 }, reply[64];
	struct icmp6_filter filter;
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	int raw = berth_socket(host, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	assert_true(raw >= 0);
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	assert_int_equal(
		berth_setsockopt(host, raw, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter),
		0);
	assert_int_equal(set(host, raw, IPPROTO_IPV6, RAW_CHECKSUM, 2), -EINVAL);
	assert_int_equal(send6(host, raw, echo, sizeof echo, "fd77::2", 0), sizeof echo);
	carry(&world);
	assert_int_equal(berth_recv(host, raw, reply, sizeof reply, 0), sizeof echo);
	CHECK_EQUAL(ICMP6_ECHO_REPLY, reply[0]);
	assert_true(reply[2] || reply[3]);
	assert_int_equal(berth_recv(host, raw, reply, sizeof reply, 0), -EAGAIN);
	world_close(&world);
}

static void a_raw_checksum_goes_where_it_is_asked_for(void **state)
{
	enum { PROTOCOL = 253 };
	struct world world;
	uint8_t bytes[8] = { 1, 2, 3, 4, 0, 0, 7, 8 };
	(void)state;

	begin(&world);
	int raw = berth_socket(world.client_host, AF_INET6, SOCK_RAW, PROTOCOL);
	int other = berth_socket(world.server_host, AF_INET6, SOCK_RAW, PROTOCOL);
	assert_int_equal(set(world.client_host, raw, IPPROTO_IPV6, RAW_CHECKSUM, 3), -EINVAL);
	assert_int_equal(set(world.server_host, other, IPPROTO_IPV6, RAW_CHECKSUM, 4), 0);
	assert_int_equal(send6(world.client_host, raw, bytes, sizeof bytes, "fd77::2", 0), 8);
	carry(&world); /* it has no checksum: not for the other */
	assert_int_equal(berth_recv(world.server_host, other, bytes, sizeof bytes, 0), -EAGAIN);
	assert_int_equal(set(world.client_host, raw, IPPROTO_IPV6, RAW_CHECKSUM, 8), 0);
	assert_int_equal(send6(world.client_host, raw, bytes, sizeof bytes, "fd77::2", 0), -EINVAL);
	assert_int_equal(set(world.client_host, raw, IPPROTO_IPV6, RAW_CHECKSUM, 4), 0);
	assert_int_equal(send6(world.client_host, raw, bytes, sizeof bytes, "fd77::2", 0), 8);
	carry(&world);
	assert_int_equal(berth_recv(world.server_host, other, bytes, sizeof bytes, 0), 8);
	assert_true(bytes[4] || bytes[5]);
	world_close(&world);
}

static void options_of_ipv6_are_judged_as_linux_judges_them(void **state)
{
	struct world world;
	(void)state;

	world_alone(&world, 0);
	struct berth_host *host = world.client_host;
	int six = berth_socket(host, AF_INET6, SOCK_DGRAM, 0);
	int four = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(set(host, four, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), -ENOPROTOOPT);
	assert_int_equal(set(host, six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256), -EINVAL);
	assert_int_equal(set(host, six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -2), -EINVAL);
	assert_int_equal(set(host, six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1), 0);
	assert_int_equal(set(host, six, IPPROTO_IPV6, IPV6_TCLASS, 256), -EINVAL);
	assert_int_equal(set(host, six, IPPROTO_IPV6, 4711, 1), -ENOPROTOOPT);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_reaches_a_listener_of_both_families),
		cmocka_unit_test(a_segment_leaves_room_for_the_longer_header),
		cmocka_unit_test(ports_of_both_families_meet_where_both_are_heard),
		cmocka_unit_test(a_datagram_comes_with_what_was_asked_for),
		cmocka_unit_test(datagrams_of_both_families_come_to_one_socket),
		cmocka_unit_test(a_link_local_name_needs_its_scope),
		cmocka_unit_test(a_closed_port_is_told_to_the_connected_and_kept_for_who_asks),
		cmocka_unit_test(a_ping_socket_is_answered),
		cmocka_unit_test(a_raw_socket_of_icmpv6_hears_the_types_it_lets_through),
		cmocka_unit_test(a_raw_checksum_goes_where_it_is_asked_for),
		cmocka_unit_test(options_of_ipv6_are_judged_as_linux_judges_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
