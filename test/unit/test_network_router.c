/* Three hosts on two LANs: a client, a router, a server. */
#include "unit/check.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>

enum { PORT = 80, SIZE = 1 << 20, NEAR = 2, FAR = 3 };

struct world {
	struct counted_memory memory;
	struct berth_lan *near, *far;
	struct berth_host *client, *router, *server;
	uint64_t now;
};

static struct berth_host *make_host(struct world *world, uint8_t number)
{
	const struct berth_host_config config = { .allocator = &world->memory.allocator,
						  .seed = { number },
						  .name = "host" };
	return berth_host_new(&config);
}

static void plug(struct berth_lan *lan, struct berth_host *host, uint8_t number, const char *v4,
		 const char *v6)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, number };
	int index = berth_lan_plug(lan, host, mac);
	struct in_addr address;
	struct in6_addr address6;

	inet_pton(AF_INET, v4, &address);
	inet_pton(AF_INET6, v6, &address6);
	assert_int_equal(0, berth_address_add(host, index, address, 24));
	assert_int_equal(0, berth_address6_add(host, index, &address6, 64));
}

static void route(struct berth_host *host, const char *gateway, const char *gateway6)
{
	const struct in_addr all = { 0 };
	const struct in6_addr all6 = { 0 };
	struct in_addr by;
	struct in6_addr by6;

	inet_pton(AF_INET, gateway, &by);
	inet_pton(AF_INET6, gateway6, &by6);
	assert_int_equal(0, berth_route_add(host, all, 0, by, NEAR));
	assert_int_equal(0, berth_route6_add(host, &all6, 0, &by6, NEAR));
}

/* far: how the LAN behind the router is. */
static void begin(struct world *world, const struct berth_lan_config *far)
{
	memset(world, 0, sizeof *world);
	counted_memory_init(&world->memory);
	struct berth_lan_config config = { .allocator = &world->memory.allocator };
	world->near = berth_lan_new(&config);
	config = *far;
	config.allocator = &world->memory.allocator;
	config.beside = world->near;
	world->far = berth_lan_new(&config);
	world->client = make_host(world, 1);
	world->router = make_host(world, 2);
	world->server = make_host(world, 3);
	plug(world->near, world->client, 1, "10.1.0.1", "fd01::1");
	plug(world->near, world->router, 2, "10.1.0.254", "fd01::fe");
	plug(world->far, world->router, 3, "10.2.0.254", "fd02::fe");
	plug(world->far, world->server, 4, "10.2.0.1", "fd02::1");
	route(world->client, "10.1.0.254", "fd01::fe");
	route(world->server, "10.2.0.254", "fd02::fe");
	berth_forwarding(world->router, 1);
}

static void end(struct world *world)
{
	berth_host_free(world->client);
	berth_host_free(world->router);
	berth_host_free(world->server);
	berth_lan_free(world->far);
	berth_lan_free(world->near);
	check_nothing_leaked(&world->memory);
}

static struct sockaddr_storage name_of(int family, const char *v4, const char *v6, uint16_t port,
				       socklen_t *size)
{
	struct sockaddr_storage name = { .ss_family = (sa_family_t)family };
	struct sockaddr_in *in = (struct sockaddr_in *)&name;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&name;

	*size = family == AF_INET ? sizeof *in : sizeof *in6;
	if (family == AF_INET) {
		in->sin_port = htons(port);
		inet_pton(AF_INET, v4, &in->sin_addr);
	} else {
		in6->sin6_port = htons(port);
		inet_pton(AF_INET6, v6, &in6->sin6_addr);
	}
	return name;
}

static void advance(struct world *world, uint64_t by)
{
	world->now += by;
	berth_lan_advance(world->near, world->now);
}

/* A megabyte from the client to the server. */
static void transfer(struct world *world, int family)
{
	static uint8_t bytes[65536];
	socklen_t size;
	struct sockaddr_storage name = name_of(family, "10.2.0.1", "fd02::1", PORT, &size);
	int listener = berth_socket(world->server, family, SOCK_STREAM, 0);
	int client = berth_socket(world->client, family, SOCK_STREAM, 0);
	size_t sent = 0, received = 0;

	assert_int_equal(0,
			 berth_bind(world->server, listener, (const struct sockaddr *)&name, size));
	assert_int_equal(0, berth_listen(world->server, listener, 1));
	assert_int_equal(-EINPROGRESS, berth_connect(world->client, client,
						     (const struct sockaddr *)&name, size));
	advance(world, 1000);
	int server = berth_accept(world->server, listener, NULL, NULL);
	assert_true(server >= 0);
	for (int round = 0; round < 10000 && received < SIZE; round++) {
		size_t piece = SIZE - sent < sizeof bytes ? SIZE - sent : sizeof bytes;
		ssize_t moved = berth_send(world->client, client, bytes, piece, 0);
		sent += moved > 0 ? (size_t)moved : 0;
		advance(world, 10000000);
		while ((moved = berth_recv(world->server, server, bytes, sizeof bytes, 0)) > 0)
			received += (size_t)moved;
	}
	assert_int_equal(SIZE, received);
	berth_close(world->client, client);
	berth_close(world->server, server);
	berth_close(world->server, listener);
	advance(world, 1000000);
}

static void connections_cross_a_router_in_both_families(void **state)
{
	(void)state;
	struct world world;

	begin(&world, &(struct berth_lan_config){ 0 });
	transfer(&world, AF_INET);
	transfer(&world, AF_INET6);
	end(&world);
}

/* RFC 1191 and RFC 8201, from end to end. */
static void a_narrower_link_behind_the_router_is_found_out(void **state)
{
	(void)state;
	struct world world;

	begin(&world, &(struct berth_lan_config){ .mtu = 1300, .checksums = 1 });
	transfer(&world, AF_INET);
	transfer(&world, AF_INET6);
	end(&world);
}

/* As traceroute does: hop after hop is heard of. */
static void the_router_shows_itself_to_who_counts_hops(void **state)
{
	(void)state;
	static const int families[] = { AF_INET, AF_INET6 };
	struct world world;
	const int on = 1;

	begin(&world, &(struct berth_lan_config){ 0 });
	for (int index = 0; index < 2; index++) {
		int family = families[index], level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
		int descriptor = berth_socket(world.client, family, SOCK_DGRAM, 0);
		socklen_t size;
		struct sockaddr_storage name = name_of(family, "10.2.0.1", "fd02::1", 33434, &size);
		static const int expected[] = { EHOSTUNREACH, ECONNREFUSED };

		assert_int_equal(0, berth_setsockopt(world.client, descriptor, level,
						     family == AF_INET ? IP_RECVERR : IPV6_RECVERR,
						     &on, sizeof on));
		assert_int_equal(0, berth_connect(world.client, descriptor,
						  (const struct sockaddr *)&name, size));
		for (int hops = 1; hops <= 2; hops++) {
			int error = 0;
			socklen_t error_size = sizeof error;
			assert_int_equal(
				0, berth_setsockopt(world.client, descriptor, level,
						    family == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS,
						    &hops, sizeof hops));
			assert_int_equal(1, berth_send(world.client, descriptor, "x", 1, 0));
			advance(&world, 1000);
			berth_getsockopt(world.client, descriptor, SOL_SOCKET, SO_ERROR, &error,
					 &error_size);
			assert_int_equal(expected[hops - 1], error);
		}
		berth_close(world.client, descriptor);
	}
	end(&world);
}

/* What was given can be taken away: Linux's errnos. */
static void addresses_and_routes_go_as_they_came(void **state)
{
	(void)state;
	struct world world;
	const struct in_addr all = { 0 };
	const struct in6_addr all6 = { 0 };
	struct in_addr address;
	struct in6_addr address6;
	socklen_t size;
	struct sockaddr_storage name = name_of(AF_INET6, NULL, "fd02::1", PORT, &size);

	begin(&world, &(struct berth_lan_config){ 0 });
	inet_pton(AF_INET, "10.1.0.1", &address);
	inet_pton(AF_INET6, "fd01::1", &address6);
	assert_int_equal(0, berth_route_remove(world.client, all, 0));
	assert_int_equal(-ESRCH, berth_route_remove(world.client, all, 0));
	assert_int_equal(-EINVAL, berth_route_remove(world.client, all, 33));
	assert_int_equal(0, berth_route6_remove(world.client, &all6, 0, 0));
	assert_int_equal(-ESRCH, berth_route6_remove(world.client, &all6, 0, 0));
	int descriptor = berth_socket(world.client, AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(-ENETUNREACH, berth_connect(world.client, descriptor,
						     (const struct sockaddr *)&name, size));
	assert_int_equal(-ENODEV, berth_address_remove(world.client, 9, address));
	assert_int_equal(0, berth_address_remove(world.client, NEAR, address));
	assert_int_equal(-EADDRNOTAVAIL, berth_address_remove(world.client, NEAR, address));
	assert_int_equal(0, berth_address6_remove(world.client, NEAR, &address6));
	assert_int_equal(-EADDRNOTAVAIL, berth_address6_remove(world.client, NEAR, &address6));
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_cross_a_router_in_both_families),
		cmocka_unit_test(a_narrower_link_behind_the_router_is_found_out),
		cmocka_unit_test(the_router_shows_itself_to_who_counts_hops),
		cmocka_unit_test(addresses_and_routes_go_as_they_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
