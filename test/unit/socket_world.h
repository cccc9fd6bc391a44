/* socket_world: programs' view of libberth: one host and its loopback, or two hosts on a LAN, under a clock that the test
 * moves. Only <berth/...> is used, as a program would. */
#ifndef UNIT_SOCKET_WORLD_H
#define UNIT_SOCKET_WORLD_H

#include "unit/check.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

#define SECOND_NS      UINT64_C(1000000000)
#define MILLISECOND_NS UINT64_C(1000000)

enum { PORT = 80, NOBODYS_PORT = 81 };
enum { FIRST_ADDRESS = 0x0a4d0001 }; /* 10.77.0.1 and the next */

struct world {
	struct counted_memory memory;
	struct berth_lan *lan; /* NULL: one host, by itself */
	struct berth_host *hosts[2];
	struct berth_host *client_host, *server_host;
	uint32_t server_address;
	uint64_t now;
	int listener, client, server;
};

static inline struct berth_host *world_host(struct world *world, uint32_t most_sockets)
{
	struct berth_host_config config = {
		.allocator = &world->memory.allocator,
		.name = "host",
		.now = world->now,
		.most_sockets = most_sockets,
	};
	struct berth_host *host = berth_host_new(&config);
	assert_non_null(host);
	return host;
}

/* One host, and 127.0.0.1. */
static inline void world_alone(struct world *world, uint32_t most_sockets)
{
	*world = (struct world){ .now = SECOND_NS, .server_address = INADDR_LOOPBACK };
	counted_memory_init(&world->memory);
	world->hosts[0] = world_host(world, most_sockets);
	world->client_host = world->server_host = world->hosts[0];
}

/* Two hosts, the client's and the server's. */
static inline void world_on_lan(struct world *world)
{
	*world = (struct world){ .now = SECOND_NS, .server_address = FIRST_ADDRESS + 1 };
	counted_memory_init(&world->memory);
	struct berth_lan_config config = { .allocator = &world->memory.allocator,
					   .now = world->now };
	world->lan = berth_lan_new(&config);
	assert_non_null(world->lan);
	for (uint8_t number = 0; number < 2; number++) {
		const uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)(number + 1) };
		world->hosts[number] = world_host(world, 0);
		int index = berth_lan_plug(world->lan, world->hosts[number], mac);
		struct in_addr address = { htonl(FIRST_ADDRESS + number) };
		assert_int_equal(index, 2);
		assert_int_equal(berth_address_add(world->hosts[number], index, address, 24), 0);
	}
	world->client_host = world->hosts[0];
	world->server_host = world->hosts[1];
}

static inline void world_close(struct world *world)
{
	berth_lan_free(world->lan);
	berth_host_free(world->hosts[0]);
	berth_host_free(world->hosts[1]);
	check_nothing_leaked(&world->memory);
}

/* Everything that is due this long from now happens. */
static inline void pass(struct world *world, uint64_t ns)
{
	uint64_t until = world->now + ns;
	for (;;) {
		uint64_t next = world->lan ? berth_lan_advance(world->lan, world->now)
					   : berth_host_advance(world->hosts[0], world->now);
		if (next > until)
			break;
		if (next > world->now)
			world->now = next;
	}
	world->now = until;
}

/* What was sent arrives, and is answered. */
static inline void carry(struct world *world)
{
	pass(world, MILLISECOND_NS);
}

static inline struct sockaddr_in name_of(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(port),
	};
}

static inline int new_socket(struct berth_host *host)
{
	int descriptor = berth_socket(host, AF_INET, SOCK_STREAM, 0);
	assert_true(descriptor >= 0);
	return descriptor;
}

static inline int bind_to(struct berth_host *host, int descriptor, uint32_t address, uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return berth_bind(host, descriptor, (struct sockaddr *)&name, sizeof name);
}

static inline int connect_to(struct berth_host *host, int descriptor, uint32_t address,
			     uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return berth_connect(host, descriptor, (struct sockaddr *)&name, sizeof name);
}

static inline int connect_client(struct world *world)
{
	return connect_to(world->client_host, world->client, world->server_address, PORT);
}

static inline void world_listen(struct world *world)
{
	world->listener = new_socket(world->server_host);
	assert_int_equal(bind_to(world->server_host, world->listener, INADDR_ANY, PORT), 0);
	assert_int_equal(berth_listen(world->server_host, world->listener, 5), 0);
}

/* A listener, and a connection accepted from it. */
static inline void world_connect(struct world *world)
{
	world_listen(world);
	world->client = new_socket(world->client_host);
	assert_int_equal(connect_client(world), -EINPROGRESS);
	carry(world);
	assert_int_equal(connect_client(world), 0);
	world->server = berth_accept(world->server_host, world->listener, NULL, NULL);
	assert_true(world->server >= 0);
}

/* The bits poll(2) knows by these names only. */
static inline int poll_of(struct berth_host *host, int descriptor)
{
	int bits = berth_poll(host, descriptor);
	return bits < 0 ? bits
			: bits & (POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP | POLLPRI);
}

static inline int error_of(struct berth_host *host, int descriptor)
{
	int error = -1;
	socklen_t size = sizeof error;
	assert_int_equal(berth_getsockopt(host, descriptor, SOL_SOCKET, SO_ERROR, &error, &size),
			 0);
	return error;
}

static inline void abort_socket(struct berth_host *host, int descriptor)
{
	struct linger at_once = { 1, 0 };
	assert_int_equal(
		berth_setsockopt(host, descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once),
		0);
	assert_int_equal(berth_close(host, descriptor), 0);
}

/* Each test in its own world, once over loopback and once over a LAN. */
#define IN_BOTH_WORLDS(world)                                                                      \
	for (int world##_turn = 0;                                                                 \
	     world##_turn < 2 &&                                                                   \
	     (world##_turn ? world_on_lan(&(world)) : world_alone(&(world), 0), true);             \
	     world_close(&(world)), world##_turn++)

#endif
