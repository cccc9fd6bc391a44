#include "world.h"
#include "sample.h"

#include <berth/berth.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

enum { PORT = 7, WRITE_SIZE = 65536, REQUEST_SIZE = 64 };

/* What time it is to the hosts is ours to say. A step is shorter than any timer of TCP's. */
#define STEP_NS UINT64_C(1000)

/* The clock steps so far after each connection that the 28,232 ports of the dynamic range outlast TIME-WAIT's minute. */
#define CONNECTION_NS UINT64_C(10000000)

struct world {
	struct berth_lan *lan;
	struct berth_host *client, *server;
	uint64_t now;
	int listener;
	bool ipv6;
};

/* A stream, opened. */
struct conversation {
	int client, server;
};

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context, (void)size;
	free(at);
}

static const struct berth_allocator allocator = { allocate, release, NULL };

/* 10.77.0.N, fd77::N. */
static struct sockaddr_in v4_of(uint8_t last)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(PORT),
				     .sin_addr.s_addr = htonl(0x0a4d0000u + last) };
}

static struct sockaddr_in6 v6_of(uint8_t last)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_port = htons(PORT),
				      .sin6_addr.s6_addr = { 0xfd, 0x77, [15] = last } };
}

static struct sockaddr_storage address_of(const struct world *world, uint8_t last)
{
	struct sockaddr_storage address = { 0 };
	if (world->ipv6)
		*(struct sockaddr_in6 *)&address = v6_of(last);
	else
		*(struct sockaddr_in *)&address = v4_of(last);
	return address;
}

static void world_step(struct world *world, uint64_t ns)
{
	world->now += ns;
	berth_lan_advance(world->lan, world->now);
}

static struct berth_host *plug(struct world *world, uint8_t last)
{
	struct berth_host *host = berth_host_new(&(struct berth_host_config){
		.allocator = &allocator, .seed = { last }, .now = world->now });
	uint8_t mac[6] = { 2, 0, 0, 0, 0, last };
	const struct sockaddr_in6 v6 = v6_of(last);

	if (!host)
		return NULL;
	int index = berth_lan_plug(world->lan, host, mac);
	if (index < 0 || berth_address_add(host, index, v4_of(last).sin_addr, 16) < 0 ||
	    berth_address6_add(host, index, &v6.sin6_addr, 64) < 0) {
		berth_host_free(host);
		return NULL;
	}
	return host;
}

static bool listen_on(struct world *world)
{
	struct sockaddr_storage local = address_of(world, 2);

	world->listener = berth_socket(world->server, local.ss_family, SOCK_STREAM, 0);
	return world->listener >= 0 &&
	       !berth_bind(world->server, world->listener, (struct sockaddr *)&local,
			   sizeof(local)) &&
	       !berth_listen(world->server, world->listener, 16);
}

static void world_close(struct world *world)
{
	berth_host_free(world->client);
	berth_host_free(world->server);
	berth_lan_free(world->lan);
}

static bool world_open(struct world *world, const struct world_link *link)
{
	*world = (struct world){ .now = 1, .ipv6 = link->ipv6 };
	world->lan =
		berth_lan_new(&(struct berth_lan_config){ .allocator = &allocator,
							  .now = world->now,
							  .largest_segment = link->largest_segment,
							  .checksums = link->checksums });
	if (!world->lan)
		return false;
	world->client = plug(world, 1);
	world->server = plug(world, 2);
	if (world->client && world->server && listen_on(world))
		return true;
	world_close(world);
	return false;
}

static bool converse(struct world *world, struct conversation *both)
{
	struct sockaddr_storage peer = address_of(world, 2);

	both->client = berth_socket(world->client, peer.ss_family, SOCK_STREAM, 0);
	if (both->client < 0 || berth_connect(world->client, both->client, (struct sockaddr *)&peer,
					      sizeof(peer)) != -EINPROGRESS)
		return false;
	world_step(world, STEP_NS);
	both->server = berth_accept(world->server, world->listener, NULL, NULL);
	return both->server >= 0;
}

/* Sends until the buffer is full, then receives until there is nothing. The bytes that arrived, or -1. */
static ssize_t pass_buffers(struct world *world, const struct conversation *both, uint8_t *data)
{
	ssize_t done, received = 0;

	while ((done = berth_send(world->client, both->client, data, WRITE_SIZE, 0)) > 0)
		;
	if (done != -EAGAIN)
		return -1;
	world_step(world, STEP_NS);
	while ((done = berth_recv(world->server, both->server, data, WRITE_SIZE, 0)) > 0)
		received += done;
	return done == -EAGAIN ? received : -1;
}

static double stream(struct world *world, uint64_t duration_ns)
{
	static uint8_t data[WRITE_SIZE];
	struct conversation both;
	uint64_t begin, now, bytes = 0;

	if (!converse(world, &both))
		return 0;
	begin = now = sample_clock();
	while (now < begin + duration_ns) {
		for (uint64_t most = bytes + (UINT64_C(8) << 20); bytes < most;) {
			ssize_t passed = pass_buffers(world, &both, data);
			if (passed < 0)
				return 0;
			bytes += (uint64_t)passed;
		}
		now = sample_clock();
	}
	return (double)bytes * 1e9 / (double)(now - begin);
}

static bool connect_and_close(struct world *world)
{
	struct conversation both;

	if (!converse(world, &both) || berth_close(world->client, both.client) ||
	    berth_close(world->server, both.server))
		return false;
	world_step(world, CONNECTION_NS);
	return true;
}

static double connections(struct world *world, uint64_t duration_ns)
{
	uint64_t begin = sample_clock(), now = begin, count = 0;

	for (; now < begin + duration_ns; now = sample_clock())
		for (int batch = 0; batch < 64; batch++, count++)
			if (!connect_and_close(world))
				return 0;
	return (double)count * 1e9 / (double)(now - begin);
}

static bool carry(struct world *world, struct berth_host *from, int sender, struct berth_host *to,
		  int receiver)
{
	uint8_t data[REQUEST_SIZE] = { 0 };

	if (berth_send(from, sender, data, sizeof(data), 0) != REQUEST_SIZE)
		return false;
	world_step(world, STEP_NS);
	return berth_recv(to, receiver, data, sizeof(data), 0) == REQUEST_SIZE;
}

static double exchanges(struct world *world, uint64_t duration_ns)
{
	struct conversation both;
	uint64_t begin, now, count = 0;

	if (!converse(world, &both))
		return 0;
	begin = now = sample_clock();
	for (; now < begin + duration_ns; now = sample_clock())
		for (int batch = 0; batch < 64; batch++, count++)
			if (!carry(world, world->client, both.client, world->server, both.server) ||
			    !carry(world, world->server, both.server, world->client, both.client))
				return 0;
	return (double)(now - begin) / (double)count;
}

/* In a world of its own, so that none inherits another's TIME-WAITs or warmth. */
static double measure(const struct world_link *link, uint64_t duration_ns,
		      double (*what)(struct world *, uint64_t))
{
	struct world world;

	if (!world_open(&world, link))
		return 0;
	double figure = what(&world, duration_ns);
	world_close(&world);
	return figure;
}

double world_stream(const struct world_link *link, uint64_t duration_ns)
{
	return measure(link, duration_ns, stream);
}

double world_connect_close(const struct world_link *link, uint64_t duration_ns)
{
	return measure(link, duration_ns, connections);
}

double world_request_response(const struct world_link *link, uint64_t duration_ns)
{
	return measure(link, duration_ns, exchanges);
}
