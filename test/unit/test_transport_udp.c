#include "unit/ip_world.h"

#include "ip/icmp_error.h"
#include "transport/udp.h"
#include "wire/udp.h"

#include <errno.h>

enum { PORT = 53, PEER_PORT = 4000, OTHER_PORT = 9 };

struct udp_world {
	struct udp udp;
	int wakes;
	void *woken;
};

static struct udp_world above;

static void wake(void *context, void *owner)
{
	struct udp_world *world = context;
	world->wakes++;
	world->woken = owner;
}

static int begin(void **state)
{
	static const uint8_t seed[16] = { 4, 5, 6 };
	struct world *world;

	world_begin(state);
	world = *state;
	above = (struct udp_world){ 0 };
	assert_true(udp_init(&above.udp, &world->ip, seed,
			     &(struct udp_config){ .wake = wake, .context = &above }));
	world_meet(world, PEER);
	return 0;
}

static int end(void **state)
{
	udp_close_all(&above.udp);
	return world_end(state);
}

#define UDP_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static struct udp_socket *open_on(uint32_t address, uint16_t port)
{
	struct udp_socket *socket = udp_open(&above.udp, &above);
	assert_non_null(socket);
	CHECK_EQUAL(0, udp_bind(socket, &(struct endpoint){ address_v4(address), port }));
	return socket;
}

static void connect_to_peer(struct udp_socket *socket, uint16_t port)
{
	CHECK_EQUAL(0, udp_connect(socket, &(struct endpoint){ address_v4(PEER), port }));
}

/* "hi!" with its checksum, to us. */
static struct made make_udp(uint32_t source, uint16_t source_port, uint32_t destination,
			    uint16_t port)
{
	uint8_t bytes[11] = { [8] = 'h', 'i', '!' };
	struct address from = address_v4(source), to = address_v4(destination);
	struct checksum checksum = { 0 };

	udp_write(bytes, &(struct udp_header){ source_port, port, sizeof bytes, 0 });
	checksum_add_pseudo(&checksum, &from, &to, PROTOCOL_UDP, sizeof bytes);
	checksum_add(&checksum, (struct bytes){ bytes, sizeof bytes });
	put16(bytes + 6, checksum_finish(&checksum));
	return make_ipv4(source, destination, PROTOCOL_UDP, (struct bytes){ bytes, sizeof bytes });
}

static uint8_t *udp_of(struct made *made)
{
	return made->bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
}

static enum verdict receive_from(struct world *world, uint32_t source, uint16_t port)
{
	struct made made = make_udp(source, port, ME, PORT);
	return world_receive_made(world, &made);
}

static void check_received(struct udp_socket *socket)
{
	uint8_t text[4];
	const struct udp_datagram *datagram = udp_first(socket);
	assert_non_null(datagram);
	CHECK_EQUAL(3, udp_copy_out(datagram, 0, text, sizeof text));
	assert_memory_equal(text, "hi!", 3);
	udp_drop_first(socket);
	CHECK_EQUAL(0, socket->held);
}

static int send_of(struct udp_socket *socket, const struct endpoint *peer, size_t size)
{
	static uint8_t data[65536];
	struct iovec piece = { data, size };
	return udp_send(socket,
			&(struct udp_outgoing){
				.peer = peer, .pieces = &piece, .piece_count = 1, .size = size });
}

static void a_datagram_reaches_the_socket_and_wakes_its_owner(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);

	CHECK_EQUAL(DELIVERED, receive_from(world, PEER, PEER_PORT));
	CHECK_EQUAL(1, above.wakes);
	assert_ptr_equal(&above, above.woken);
	const struct udp_datagram *datagram = udp_first(socket);
	CHECK_EQUAL(PEER, address_to_v4(&datagram->sender.address));
	CHECK_EQUAL(PEER_PORT, datagram->sender.port);
	CHECK_EQUAL(64, datagram->ttl);
	check_received(socket);
}

/* Row 42. */
static void a_missing_checksum_is_taken(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);
	struct made made = make_udp(PEER, PEER_PORT, ME, PORT);

	put16(udp_of(&made) + 6, 0);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	check_received(socket);
}

/* Row 42: the header and the data, a bit at a time. */
static void every_flipped_bit_is_seen(void **state)
{
	struct world *world = *state;
	open_on(0, PORT);

	for (size_t bit = 0; bit < 11 * 8; bit++) {
		struct made made = make_udp(PEER, PEER_PORT, ME, PORT);
		udp_of(&made)[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		enum verdict verdict = world_receive_made(world, &made);
		assert_true(verdict == DROP_CHECKSUM || verdict == DROP_MALFORMED);
	}
	CHECK_EQUAL(0, above.wakes);
	CHECK_EQUAL(0, world->sent_count);
}

static void every_truncation_is_refused(void **state)
{
	struct world *world = *state;
	open_on(0, PORT);

	for (uint16_t size = 0; size < 11; size++) {
		struct made made = make_udp(PEER, PEER_PORT, ME, PORT);
		put16(made.bytes + ETHERNET_HEADER_SIZE + 2, (uint16_t)(IPV4_HEADER_SIZE + size));
		finish_ipv4(&made);
		CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
		made.size = (uint32_t)(ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + size);
		CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	}
}

/* Row 42: the length says less than IP's. */
static void what_lies_behind_the_datagram_is_cut_off(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);
	struct made made = make_udp(PEER, PEER_PORT, ME, PORT);

	memcpy(udp_of(&made) + 11, "more", 4);
	put16(made.bytes + ETHERNET_HEADER_SIZE + 2, IPV4_HEADER_SIZE + 15);
	made.size += 4;
	finish_ipv4(&made);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
	check_received(socket);
}

static void what_nobody_takes_is_answered_as_often_as_is_allowed(void **state)
{
	struct world *world = *state;

	for (int count = 0; count < 100; count++)
		CHECK_EQUAL(DROP_NO_SOCKET, receive_from(world, PEER, PEER_PORT));
	assert_in_range(world->sent_count, 1, ICMP_LIMIT_BURST * 2);
	const uint8_t *icmp = world->sent[0].bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	CHECK_EQUAL(ICMP_UNREACHABLE, icmp[0]);
	CHECK_EQUAL(ICMP_PORT_UNREACHABLE, icmp[1]);
	CHECK_EQUAL(PEER_PORT, get16(icmp + ICMP_HEADER_SIZE + IPV4_HEADER_SIZE));
}

/* Row 42. */
static void what_is_sent_to_many_and_taken_by_none_is_not_answered(void **state)
{
	static const uint32_t groups[] = { SUBNET, EVERYBODY, 0xe0000001 };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(groups); index++) {
		struct made made = make_udp(PEER, PEER_PORT, groups[index], PORT);
		memcpy(made.bytes, all_macs.bytes, 6);
		CHECK_EQUAL(DROP_NO_SOCKET, world_receive_made(world, &made));
	}
	struct made made = make_udp(PEER, PEER_PORT, ME, PORT);
	memcpy(made.bytes, all_macs.bytes, 6); /* to us, by everybody's link address */
	CHECK_EQUAL(DROP_NO_SOCKET, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->sent_count);
}

static void port_zero_is_nobodys(void **state)
{
	struct world *world = *state;
	struct made made = make_udp(PEER, PEER_PORT, ME, 0);
	open_on(0, PORT);
	assert_non_null(udp_open(&above.udp, &above)); /* its port is 0 */

	CHECK_EQUAL(DROP_NO_SOCKET, world_receive_made(world, &made));
	CHECK_EQUAL(DELIVERED, receive_from(world, PEER, 0));
}

static void the_narrowest_match_takes_it(void **state)
{
	struct world *world = *state;
	struct udp_socket *any = udp_open(&above.udp, NULL), *here = udp_open(&above.udp, NULL),
			  *connected = udp_open(&above.udp, NULL);
	struct udp_socket *sockets[] = { connected, here, any };

	for (int index = 0; index < 3; index++) {
		sockets[index]->holder.reuse_address = true;
		CHECK_EQUAL(0,
			    udp_bind(sockets[index],
				     &(struct endpoint){ address_v4(index == 2 ? 0 : ME), PORT }));
	}
	connect_to_peer(connected, PEER_PORT);
	for (int index = 0; index < 3; index++) {
		CHECK_EQUAL(DELIVERED, receive_from(world, PEER, PEER_PORT));
		check_received(sockets[index]);
		udp_close(sockets[index]);
	}
	CHECK_EQUAL(DROP_NO_SOCKET, receive_from(world, PEER, PEER_PORT));
}

/* Row 43. */
static void a_connected_socket_takes_nothing_from_others(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);
	connect_to_peer(socket, PEER_PORT);

	CHECK_EQUAL(DROP_NO_SOCKET, receive_from(world, PEER, OTHER_PORT));
	CHECK_EQUAL(DROP_NO_SOCKET, receive_from(world, GATEWAY, PEER_PORT));
	CHECK_EQUAL(DELIVERED, receive_from(world, PEER, PEER_PORT));
}

static enum verdict receive_error(struct world *world, uint8_t type, uint8_t code, uint32_t rest,
				  uint16_t local_port, uint16_t peer_port)
{
	uint8_t bytes[ICMP_HEADER_SIZE + IPV4_HEADER_SIZE + UDP_HEADER_SIZE];
	struct checksum checksum = { 0 };

	icmp_write(bytes, type, code, rest);
	ipv4_write(bytes + ICMP_HEADER_SIZE, &(struct ipv4_header){ .total_size = 1500,
								    .ttl = 60,
								    .protocol = PROTOCOL_UDP,
								    .source = ME,
								    .destination = PEER });
	udp_write(bytes + ICMP_HEADER_SIZE + IPV4_HEADER_SIZE,
		  &(struct udp_header){ local_port, peer_port, 1480, 0 });
	checksum_add(&checksum, (struct bytes){ bytes, sizeof bytes });
	put16(bytes + 2, checksum_finish(&checksum));
	struct made made =
		make_ipv4(GATEWAY, ME, PROTOCOL_ICMP, (struct bytes){ bytes, sizeof bytes });
	return world_receive_made(world, &made);
}

/* Row 43. */
static void an_error_reaches_the_connected_socket_it_is_about(void **state)
{
	static const struct {
		uint8_t type, code;
		int error;
	} rows[] = {
		{ 3, 0, 0 },
		{ 3, 1, 0 },
		{ 3, 2, ENOPROTOOPT },
		{ 3, 3, ECONNREFUSED },
		{ 3, 5, 0 },
		{ 3, 6, ENETUNREACH },
		{ 3, 7, EHOSTDOWN },
		{ 3, 8, ENONET },
		{ 3, 9, ENETUNREACH },
		{ 3, 10, EHOSTUNREACH },
		{ 3, 11, 0 },
		{ 3, 12, 0 },
		{ 3, 13, EHOSTUNREACH },
		{ 3, 14, EHOSTUNREACH },
		{ 3, 15, EHOSTUNREACH },
		{ 11, 0, 0 },
		{ 11, 1, 0 },
		{ 12, 0, EPROTO },
	};
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);
	connect_to_peer(socket, PEER_PORT);

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		socket->error = 0;
		receive_error(world, rows[index].type, rows[index].code, 0, PORT, PEER_PORT);
		CHECK_EQUAL(rows[index].error, socket->error);
	}
	socket->error = 0;
	receive_error(world, 3, 3, 0, PORT, OTHER_PORT);
	receive_error(world, 3, 3, 0, OTHER_PORT, PEER_PORT);
	CHECK_EQUAL(0, socket->error);
	udp_disconnect(socket);
	receive_error(world, 3, 3, 0, PORT, PEER_PORT);
	CHECK_EQUAL(0, socket->error);
}

/* Row 21. */
static void a_narrower_path_is_told_and_remembered(void **state)
{
	static const uint16_t mtus[] = { 0, 1, 68, 551, 1400, 65535 };
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);

	for (size_t index = 0; index < COUNT_OF(mtus); index++) {
		connect_to_peer(socket, PEER_PORT);
		receive_error(world, 3, 4, mtus[index], PORT, PEER_PORT);
		assert_in_range(socket->path_mtu, ICMP_MTU_LEAST, 1500);
		socket->error = 0;
		pmtus_close(&world->ip.pmtus);
	}
	connect_to_peer(socket, PEER_PORT);
	receive_error(world, 3, 4, 1400, PORT, PEER_PORT);
	CHECK_EQUAL(-EMSGSIZE, send_of(socket, NULL, 100));
	CHECK_EQUAL(0, send_of(socket, NULL, 1372));
	assert_true(sent_ipv4(world, 0).dont_fragment);
	CHECK_EQUAL(0, send_of(socket, NULL, 1373)); /* WANT: it may be cut */
	assert_false(sent_ipv4(world, 1).dont_fragment);
	socket->settings.discovery = IP_PMTUDISC_DO;
	CHECK_EQUAL(-EMSGSIZE, send_of(socket, NULL, 1373));
	socket->settings.discovery = IP_PMTUDISC_DONT;
	receive_error(world, 3, 4, 1300, PORT, PEER_PORT);
	CHECK_EQUAL(0, socket->error);
}

static void what_is_sent_bears_a_checksum_on_a_link_that_wants_one(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);
	static const size_t sizes[] = { 0, 1, 53, 54, 55, 1472 };
	struct address me = address_v4(ME), peer = address_v4(PEER);

	for (int index = 0; index < (int)COUNT_OF(sizes); index++) {
		CHECK_EQUAL(0,
			    send_of(socket, &(struct endpoint){ peer, PEER_PORT }, sizes[index]));
		struct checksum checksum = { 0 };
		uint32_t size = (uint32_t)sizes[index] + UDP_HEADER_SIZE;
		const uint8_t *udp = world->sent[index].bytes + ETHERNET_HEADER_SIZE + 20;
		CHECK_EQUAL(size, get16(udp + 4));
		CHECK_EQUAL(ETHERNET_HEADER_SIZE + 20 + size, world->sent[index].size);
		assert_int_not_equal(get16(udp + 6), 0);
		checksum_add_pseudo(&checksum, &me, &peer, PROTOCOL_UDP, size);
		checksum_add(&checksum, (struct bytes){ udp, size });
		CHECK_EQUAL(0, checksum_finish(&checksum));
	}
}

static void a_full_queue_drops_and_counts(void **state)
{
	struct world *world = *state;
	struct udp_socket *socket = open_on(0, PORT);

	socket->settings.receive_buffer = 2 * UDP_OVERHEAD;
	for (int count = 0; count < 3; count++)
		CHECK_EQUAL(DELIVERED, receive_from(world, PEER, PEER_PORT));
	CHECK_EQUAL(DROP_BUFFER_FULL, receive_from(world, PEER, PEER_PORT));
	CHECK_EQUAL(0, world->sent_count);
	udp_drop_first(socket);
	CHECK_EQUAL(DELIVERED, receive_from(world, PEER, PEER_PORT));
}

static void ports_are_chosen_and_run_out(void **state)
{
	(void)state;
	for (int count = 0; count < PORT_LAST - PORT_FIRST + 1; count++) {
		struct udp_socket *socket = open_on(0, 0);
		assert_in_range(socket->holder.local.port, PORT_FIRST, PORT_LAST);
	}
	struct udp_socket *late = udp_open(&above.udp, &above);
	CHECK_EQUAL(-EADDRINUSE, udp_bind(late, &(struct endpoint){ address_v4(0), 0 }));
	CHECK_EQUAL(-EAGAIN, send_of(late, &(struct endpoint){ address_v4(PEER), 1 }, 1));
	CHECK_EQUAL(-EAGAIN, udp_connect(late, &(struct endpoint){ address_v4(PEER), 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UDP_TEST(a_datagram_reaches_the_socket_and_wakes_its_owner),
		UDP_TEST(a_missing_checksum_is_taken),
		UDP_TEST(every_flipped_bit_is_seen),
		UDP_TEST(every_truncation_is_refused),
		UDP_TEST(what_lies_behind_the_datagram_is_cut_off),
		UDP_TEST(what_nobody_takes_is_answered_as_often_as_is_allowed),
		UDP_TEST(what_is_sent_to_many_and_taken_by_none_is_not_answered),
		UDP_TEST(port_zero_is_nobodys),
		UDP_TEST(the_narrowest_match_takes_it),
		UDP_TEST(a_connected_socket_takes_nothing_from_others),
		UDP_TEST(an_error_reaches_the_connected_socket_it_is_about),
		UDP_TEST(a_narrower_path_is_told_and_remembered),
		UDP_TEST(what_is_sent_bears_a_checksum_on_a_link_that_wants_one),
		UDP_TEST(a_full_queue_drops_and_counts),
		UDP_TEST(ports_are_chosen_and_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
