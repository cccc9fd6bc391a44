/* UDP-Lite's sockets (RFC 3828): the checksum covers what the sender says, and readers say how much that has to be. */
#include "unit/socket_world.h"

#include "base/bytes.h"

enum { SERVER_PORT = 5000, SEND_COVERAGE = 10, RECEIVE_COVERAGE = 11 };

static int set(struct berth_host *host, int descriptor, int name, int value)
{
	return berth_setsockopt(host, descriptor, IPPROTO_UDPLITE, name, &value, sizeof value);
}

static int get(struct berth_host *host, int descriptor, int name)
{
	int value = -1;
	socklen_t size = sizeof value;
	assert_int_equal(berth_getsockopt(host, descriptor, IPPROTO_UDPLITE, name, &value, &size),
			 0);
	return value;
}

static int new_lite(struct berth_host *host)
{
	int descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
	assert_true(descriptor >= 0);
	return descriptor;
}

/* The client's socket is connected to the server's. */
static void begin(struct world *world)
{
	world_on_lan(world);
	world->server = new_lite(world->server_host);
	world->client = new_lite(world->client_host);
	assert_int_equal(bind_to(world->server_host, world->server, INADDR_ANY, SERVER_PORT), 0);
	assert_int_equal(
		connect_to(world->client_host, world->client, world->server_address, SERVER_PORT),
		0);
}

static ssize_t receive(struct world *world)
{
	uint8_t bytes[64];
	return berth_recv(world->server_host, world->server, bytes, sizeof bytes, 0);
}

static void say(struct world *world, const char *text, size_t size)
{
	assert_int_equal(berth_send(world->client_host, world->client, text, size, 0), size);
	carry(world);
}

static void a_datagram_arrives_whatever_is_covered(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	for (int covered = 0; covered < 40; covered += 13) {
		assert_int_equal(set(world.client_host, world.client, SEND_COVERAGE, covered), 0);
		say(&world, "twenty bytes of text", 20);
		assert_int_equal(receive(&world), 20);
	}
	say(&world, "", 0);
	assert_int_equal(receive(&world), 0);
	world_close(&world);
}

static void coverage_is_told_as_linux_tells_it(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	struct berth_host *host = world.client_host;
	CHECK_EQUAL(0, get(host, world.client, SEND_COVERAGE));
	CHECK_EQUAL(0, get(host, world.client, RECEIVE_COVERAGE));
	assert_int_equal(set(host, world.client, SEND_COVERAGE, 3), 0);
	CHECK_EQUAL(8, get(host, world.client, SEND_COVERAGE));
	assert_int_equal(set(host, world.client, RECEIVE_COVERAGE, 70000), 0);
	CHECK_EQUAL(65535, get(host, world.client, RECEIVE_COVERAGE));
	int udp = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(set(host, udp, SEND_COVERAGE, 8), -ENOPROTOOPT);
	world_close(&world);
}

static void a_reader_says_how_much_has_to_be_covered(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(set(world.client_host, world.client, SEND_COVERAGE, 12), 0);
	assert_int_equal(set(world.server_host, world.server, RECEIVE_COVERAGE, 12), 0);
	say(&world, "twelve", 6);
	assert_int_equal(receive(&world), 6);
	assert_int_equal(set(world.server_host, world.server, RECEIVE_COVERAGE, 13), 0);
	say(&world, "twelve", 6);
	assert_int_equal(receive(&world), -EAGAIN);
	assert_int_equal(set(world.server_host, world.server, RECEIVE_COVERAGE, 0), 0);
	say(&world, "twelve", 6); /* 0: all of it */
	assert_int_equal(receive(&world), -EAGAIN);
	say(&world, "four", 4);
	assert_int_equal(receive(&world), 4);
	world_close(&world);
}

/* RFC 1071 over the pseudo header and the first covered bytes; the server is 10.77.0.2, the client 10.77.0.1. */
static void put_checksum(uint8_t *packet, uint16_t size, uint16_t covered)
{
	uint32_t sum = 0x0a4d + 0x0001 + 0x0a4d + 0x0002 + IPPROTO_UDPLITE + size;
	put16(packet + 6, 0);
	for (uint16_t at = 0; at < covered; at++)
		sum += at % 2 ? packet[at] : (uint32_t)packet[at] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(packet + 6, (uint16_t)~sum);
}

static void damage_is_seen_where_it_is_covered_and_nowhere_else(void **state)
{
	struct world world;
	uint8_t packet[14] = {
		0x10, 0,  SERVER_PORT >> 8, SERVER_PORT & 255, 0, 10, 0, 0, 'a', 'b', 'c', 'd',
		'e',  'f'
	};
	struct sockaddr_in to = name_of(FIRST_ADDRESS + 1, 0);
	(void)state;

	begin(&world);
	int raw = berth_socket(world.client_host, AF_INET, SOCK_RAW, IPPROTO_UDPLITE);
	put_checksum(packet, sizeof packet, 10);
	for (size_t bit = 0; bit < 8 * sizeof packet; bit++) {
		uint8_t flipped[sizeof packet];
		memcpy(flipped, packet, sizeof packet);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(berth_sendto(world.client_host, raw, flipped, sizeof flipped, 0,
					      (struct sockaddr *)&to, sizeof to),
				 sizeof flipped);
		carry(&world);
		assert_int_equal(receive(&world), bit / 8 < 10 ? -EAGAIN : 6);
	}
	world_close(&world);
}

/* RFC 3828, 3.1: coverage is 0, or at least the header, and no more than there is; and there is always a checksum. */
static void headers_that_cannot_be_are_dropped(void **state)
{
	static const uint16_t bad[] = { 1, 7, 15, 65535 };
	struct world world;
	uint8_t packet[14] = { 0x10, 0, SERVER_PORT >> 8, SERVER_PORT & 255, [8] = 1 };
	struct sockaddr_in to = name_of(FIRST_ADDRESS + 1, 0);
	(void)state;

	begin(&world);
	int raw = berth_socket(world.client_host, AF_INET, SOCK_RAW, IPPROTO_UDPLITE);
	for (size_t index = 0; index < COUNT_OF(bad); index++) {
		put16(packet + 4, bad[index]);
		put_checksum(packet, sizeof packet,
			     bad[index] < sizeof packet ? bad[index] : sizeof packet);
		berth_sendto(world.client_host, raw, packet, sizeof packet, 0,
			     (struct sockaddr *)&to, sizeof to);
		carry(&world);
		assert_int_equal(receive(&world), -EAGAIN);
	}
	put16(packet + 4, 0);
	put16(packet + 6, 0);
	for (size_t size = 0; size <= sizeof packet; size++) {
		berth_sendto(world.client_host, raw, packet, size, 0, (struct sockaddr *)&to,
			     sizeof to);
		carry(&world);
		assert_int_equal(receive(&world), -EAGAIN);
	}
	put_checksum(packet, sizeof packet, sizeof packet);
	berth_sendto(world.client_host, raw, packet, sizeof packet, 0, (struct sockaddr *)&to,
		     sizeof to);
	carry(&world);
	assert_int_equal(receive(&world), 6); /* 0 is all of it */
	world_close(&world);
}

static void ports_are_not_those_of_udp(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	int udp = berth_socket(world.server_host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(world.server_host, udp, INADDR_ANY, SERVER_PORT), 0);
	say(&world, "x", 1);
	uint8_t byte;
	assert_int_equal(berth_recv(world.server_host, udp, &byte, 1, 0), -EAGAIN);
	assert_int_equal(receive(&world), 1);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_datagram_arrives_whatever_is_covered),
		cmocka_unit_test(coverage_is_told_as_linux_tells_it),
		cmocka_unit_test(a_reader_says_how_much_has_to_be_covered),
		cmocka_unit_test(damage_is_seen_where_it_is_covered_and_nowhere_else),
		cmocka_unit_test(headers_that_cannot_be_are_dropped),
		cmocka_unit_test(ports_are_not_those_of_udp),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
