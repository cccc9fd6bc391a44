#include "simulation/world.h"

#include <arpa/inet.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static int hash_piece(void *context, const void *data, size_t size)
{
	struct world *world = context;
	const uint8_t *bytes = data;

	for (size_t index = 0; index < size; index++)
		world->hash = (world->hash ^ bytes[index]) * FNV_PRIME;
	return world->file && fwrite(data, 1, size, world->file) != size;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void open_host(struct world *world, unsigned number)
{
	const struct scenario *scenario = world->scenario;
	char name[16];
	snprintf(name, sizeof name, "host%u", number);

	struct berth_host_config config = {
		.allocator = &world->memory.allocator,
		.name = name,
		.now = WORLD_START,
		.send_buffer = scenario->send_buffer[number],
		.receive_buffer = scenario->receive_buffer[number],
	};
	memcpy(config.seed, scenario->seed_bytes, sizeof config.seed);
	config.seed[15] = (uint8_t)(number + 1);
	world->hosts[number] = berth_host_new(&config);
	must(world->hosts[number]);
	/* What a cookie stands for is lost with the ACK that brings it: later segments are then reset, as Linux does. */
	world->hosts[number]->tcp.tunables.syn_cookies = COOKIES_NEVER;
	world->addresses[number].s_addr = htonl(0x0a4d0001 + number);
}

static struct mac mac_of(unsigned number)
{
	return (struct mac){ { 2, 0, 0, 0, 0, (uint8_t)(number + 1) } };
}

static void transmit(void *context, struct frame *frame)
{
	struct station *station = context;
	cable_send(&station->world->cable, station->end, frame);
}

static void receive(void *context, struct frame *frame)
{
	struct station *station = context;
	struct berth_host *host = station->world->hosts[station->end];
	ip_input(&host->ip, station->interface, frame);
}

static void see(void *context, const struct cable_sight *sight)
{
	struct world *world = context;
	struct capture_packet packet = {
		.now = sight->now,
		.interface = sight->from,
		.direction = CAPTURE_OUTBOUND,
		.frame = sight->frame,
		.verdict = sight->verdict,
	};
	capture_frame(&world->capture, &packet);
}

static void join_by_cable(struct world *world)
{
	const struct scenario *scenario = world->scenario;
	struct capture_config capture = {
		.allocator = &world->memory.allocator,
		.write = hash_piece,
		.context = world,
	};

	must(capture_init(&world->capture, &capture, WORLD_START));
	cable_init(&world->cable, &world->memory.allocator, &scenario->link, scenario->seed_bytes,
		   WORLD_START);
	world->cable.tap = see;
	world->cable.tap_context = world;
	for (unsigned end = 0; end < 2; end++) {
		struct berth_host *host = world->hosts[end];
		struct station *station = &world->stations[end];
		struct interface_config config = {
			.mac = mac_of(end),
			.mtu = scenario->mtu,
			.largest_segment = scenario->largest_segment,
			.checksums = scenario->checksums,
			.transmit = transmit,
			.context = station,
		};
		int index = interface_add(&host->ip, &config);
		must(index > 0 && capture_add_interface(&world->capture, host->name,
							config.mac.bytes) == (int)end);
		*station = (struct station){ world, end, interface_find(&host->ip, index) };
		world->cable.ends[end].receive = receive;
		world->cable.ends[end].context = station;
		must(berth_address_add(host, index, world->addresses[end], 24) == 0);
	}
}

static void join_by_switch(struct world *world)
{
	const struct scenario *scenario = world->scenario;
	struct berth_lan_config config = {
		.allocator = &world->memory.allocator,
		.now = WORLD_START,
		.mtu = scenario->mtu,
		.largest_segment =
			scenario->largest_segment ? scenario->largest_segment : scenario->mtu,
		.checksums = scenario->checksums,
	};
	struct berth_capture_config capture = { .write = hash_piece, .context = world };

	world->lan = berth_lan_new(&config);
	must(world->lan);
	world->lan_capture = berth_capture_start(world->lan, &capture);
	must(world->lan_capture);
	for (unsigned number = 0; number < scenario->host_count; number++) {
		struct mac mac = mac_of(number);
		int index = berth_lan_plug(world->lan, world->hosts[number], mac.bytes);
		must(index > 0 && berth_address_add(world->hosts[number], index,
						    world->addresses[number], 24) == 0);
	}
}

void world_open(struct world *world, const struct scenario *scenario, FILE *file)
{
	*world = (struct world){
		.scenario = scenario,
		.now = WORLD_START,
		.hash = FNV_BASIS,
		.file = file,
	};
	counted_init(&world->memory);
	for (unsigned number = 0; number < scenario->host_count; number++)
		open_host(world, number);
	if (scenario->lan)
		join_by_switch(world);
	else
		join_by_cable(world);
}

void world_close(struct world *world)
{
	if (world->lan) {
		berth_lan_free(world->lan);
	} else {
		cable_close(&world->cable);
		capture_close(&world->capture, world->now);
	}
	for (unsigned number = 0; number < world->scenario->host_count; number++)
		berth_host_free(world->hosts[number]);
}

uint64_t world_advance(struct world *world, uint64_t now)
{
	world->now = now;
	if (world->lan)
		return berth_lan_advance(world->lan, now);

	cable_advance(&world->cable, now);
	uint64_t next = NEVER;
	for (unsigned number = 0; number < 2; number++) {
		uint64_t deadline = berth_host_advance(world->hosts[number], now);
		if (deadline < next)
			next = deadline;
	}
	/* The hosts may just have sent. */
	uint64_t arrival = cable_deadline(&world->cable);
	return arrival < next ? arrival : next;
}
