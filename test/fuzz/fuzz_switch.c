/* fuzz_switch: a switch that snoops, and a script of what its stations do: frames of any bytes, stations plugged and
 * unplugged, time. Whatever comes, every frame is given back, and all memory.
 *
 * A script: an operation and its bytes, again and again. 0 to 3: that station sends, SIZE bytes, which follow; 4 to 7: it is
 * unplugged, or plugged in; others: so many seconds pass. */
#include "base/assert.h"
#include "lan/switch.h"
#include "simulation/counted.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

enum { STATIONS = 4 };

struct room {
	struct counted memory;
	struct pool *pool;
	struct clock clock;
	struct lan_switch lan;
	struct lan_port ports[STATIONS];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void receive(void *context, struct frame *frame)
{
	(void)context;
	frame_free(frame);
}

static void plug_or_unplug(struct room *room, unsigned number)
{
	struct lan_port *port = &room->ports[number];

	if (port->on) {
		switch_unplug(port);
		return;
	}
	*port = (struct lan_port){ .receive = receive };
	switch_plug(&room->lan, port);
}

static uint16_t sum_of(const uint8_t *at, size_t size)
{
	struct checksum checksum = { 0 };
	checksum_add(&checksum, (struct bytes){ at, size });
	return checksum_finish(&checksum);
}

/* Random bytes would hardly ever come past IPv4's and IGMP's checksums. */
static void put_checksums(uint8_t *frame, size_t size)
{
	uint8_t *ip = frame + ETHERNET_HEADER_SIZE;
	uint8_t *message = ip + IPV4_HEADER_SIZE;

	if (size < ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + IGMP_HEADER_SIZE || ip[0] != 0x45)
		return;
	put16(ip + 10, 0);
	put16(ip + 10, sum_of(ip, IPV4_HEADER_SIZE));
	put16(message + 2, 0);
	put16(message + 2, sum_of(message, (size_t)(frame + size - message)));
}

static void send_frame(struct room *room, unsigned number, struct bytes *script)
{
	size_t size = script->at[0] < script->size - 1 ? script->at[0] : script->size - 1;

	if (room->ports[number].on) {
		struct frame *frame =
			frame_from_bytes(room->pool, (struct bytes){ script->at + 1, size });
		assert(frame);
		put_checksums(frame->head, size);
		switch_send(&room->ports[number], frame);
	}
	*script = bytes_after(*script, 1 + size);
}

static void pass(struct room *room, uint64_t ns)
{
	clock_advance(&room->clock, room->clock.now + ns);
	while (switch_forward(&room->lan, room->clock.now))
		;
}

static void play(struct room *room, struct bytes script)
{
	while (script.size >= 2) {
		uint8_t operation = script.at[0];
		script = bytes_after(script, 1);
		if (operation < STATIONS)
			send_frame(room, operation, &script);
		else if (operation < 2 * STATIONS)
			plug_or_unplug(room, operation - STATIONS);
		else
			pass(room, operation * SECOND);
		pass(room, 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct room room;

	counted_init(&room.memory);
	room.pool = pool_new(&room.memory.allocator);
	clock_init(&room.clock, &room.memory.allocator, SECOND);
	assert(switch_init(&room.lan, &room.memory.allocator, SECOND));
	assert(snooping_start(&room.lan, &room.clock, true));
	for (unsigned number = 0; number < STATIONS; number++) {
		room.ports[number].on = NULL;
		plug_or_unplug(&room, number);
	}
	play(&room, (struct bytes){ data, size });
	switch_close(&room.lan);
	clock_close(&room.clock);
	pool_free(room.pool);
	assert(room.memory.outstanding == 0);
	return 0;
}
