/* snooping_room: a switch that snoops, four stations, and a clock that the test moves. */
#ifndef UNIT_SNOOPING_ROOM_H
#define UNIT_SNOOPING_ROOM_H

#include "unit/check.h"

#include "lan/switch.h"
#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

enum { STATIONS = 4, FRAME_MOST = 128, HEARD_MOST = 64 };

#define START    (100 * SECOND)
#define SETTLING (11 * SECOND) /* the response interval, and a margin */

#define GROUP     UINT32_C(0xef010101)
#define OTHER     UINT32_C(0xef010102)
#define LINKS_OWN UINT32_C(0xe00000fb)
#define ALL_HOSTS UINT32_C(0xe0000001)

/* A station remembers the frames it received. */
struct station {
	struct lan_port port;
	struct room *room;
	unsigned data, igmp;
	uint8_t last[FRAME_MOST];
	uint32_t last_size;
	struct {
		uint64_t at;
		uint32_t size;
		uint8_t bytes[FRAME_MOST];
	} heard[HEARD_MOST]; /* the IGMP among them */
};

struct room {
	struct counted_memory memory;
	struct pool *pool;
	struct clock clock;
	struct lan_switch lan;
	struct station stations[STATIONS];
};

static inline struct mac mac_of(unsigned station)
{
	return (struct mac){ { 0x02, 0, 0, 0, 0, (uint8_t)station } };
}

static inline uint32_t address_of(unsigned station)
{
	return 0x0a000001 + station;
}

static inline void receive(void *context, struct frame *frame)
{
	struct station *station = context;
	uint8_t bytes[FRAME_MOST];
	size_t size = frame_copy_out(frame, 0, bytes, sizeof bytes);

	frame_free(frame);
	memcpy(station->last, bytes, size);
	station->last_size = (uint32_t)size;
	if (size < 24 || get16(bytes + 12) != ETHERTYPE_IPV4 || bytes[23] != PROTOCOL_IGMP) {
		station->data++;
		return;
	}
	assert_true(station->igmp < HEARD_MOST);
	memcpy(station->heard[station->igmp].bytes, bytes, size);
	station->heard[station->igmp].size = (uint32_t)size;
	station->heard[station->igmp++].at = station->room->clock.now;
}

static inline void plug(struct room *room, unsigned number)
{
	struct station *station = &room->stations[number];
	*station = (struct station){ .room = room, .port = { .receive = receive } };
	station->port.context = station;
	switch_plug(&room->lan, &station->port);
}

static inline struct room *open_room(bool with_querier)
{
	struct room *room = calloc(1, sizeof *room);
	assert_non_null(room);
	counted_memory_init(&room->memory);
	room->pool = pool_new(&room->memory.allocator);
	clock_init(&room->clock, &room->memory.allocator, START);
	assert_true(switch_init(&room->lan, &room->memory.allocator, START));
	assert_true(snooping_start(&room->lan, &room->clock, with_querier));
	for (unsigned number = 0; number < STATIONS; number++)
		plug(room, number);
	return room;
}

static inline int set_up(void **state)
{
	*state = open_room(true);
	return 0;
}

static inline int set_up_without_querier(void **state)
{
	*state = open_room(false);
	return 0;
}

static inline int tear_down(void **state)
{
	struct room *room = *state;
	switch_close(&room->lan);
	clock_close(&room->clock);
	pool_free(room->pool);
	check_nothing_leaked(&room->memory);
	free(room);
	return 0;
}

/* Frames and deadlines until then. */
static inline void pass(struct room *room, uint64_t ns)
{
	uint64_t until = room->clock.now + ns;
	for (;;) {
		while (switch_forward(&room->lan, room->clock.now))
			;
		uint64_t next = clock_deadline(&room->clock);
		if (next > until)
			break;
		clock_advance(&room->clock, next);
	}
	clock_advance(&room->clock, until);
	switch_forward(&room->lan, until);
}

static inline void forget_heard(struct room *room)
{
	for (unsigned number = 0; number < STATIONS; number++)
		room->stations[number].data = room->stations[number].igmp = 0;
}

struct made {
	uint8_t bytes[FRAME_MOST];
	uint32_t size;
};

static inline struct made packet(unsigned from, uint32_t source, uint32_t destination,
				 uint8_t protocol, struct bytes payload)
{
	struct made made = { .size = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE +
				     (uint32_t)payload.size };
	struct ethernet_header ethernet = { mac_of_group(destination), mac_of(from),
					    ETHERTYPE_IPV4 };
	struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + payload.size),
		.ttl = 1,
		.protocol = protocol,
		.source = source,
		.destination = destination,
	};
	ethernet_write(made.bytes, &ethernet);
	ipv4_write(made.bytes + ETHERNET_HEADER_SIZE, &ipv4);
	memcpy(made.bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE, payload.at, payload.size);
	return made;
}

static inline void send_bytes(struct room *room, unsigned from, const uint8_t *bytes, size_t size)
{
	switch_send(&room->stations[from].port,
		    frame_from_bytes(room->pool, (struct bytes){ bytes, size }));
	while (switch_forward(&room->lan, room->clock.now))
		;
}

static inline void send_made(struct room *room, unsigned from, const struct made *made)
{
	send_bytes(room, from, made->bytes, made->size);
}

static inline void send_igmp(struct room *room, unsigned from, uint32_t destination,
			     struct bytes message)
{
	struct made made = packet(from, address_of(from), destination, PROTOCOL_IGMP, message);
	send_made(room, from, &made);
}

static inline void send_old(struct room *room, unsigned from, uint8_t type, uint32_t group)
{
	uint8_t message[IGMP_HEADER_SIZE];
	igmp_write(message, type, 0, group);
	send_igmp(room, from, type == IGMP_LEAVE ? 0xe0000002 : group,
		  (struct bytes){ message, sizeof message });
}

static inline void send_record(struct room *room, unsigned from, enum igmp_record_type type,
			       uint32_t group, uint16_t count)
{
	const uint32_t sources[2] = { 0x0a000009, 0x0a00000a };
	uint8_t message[IGMP_HEADER_SIZE + IGMP_RECORD_SIZE + sizeof sources];
	size_t size = IGMP_HEADER_SIZE +
		      igmp_write_record(message + IGMP_HEADER_SIZE, type, group, sources, count);
	igmp_write_report(message, size, 1);
	send_igmp(room, from, 0xe0000016, (struct bytes){ message, size });
}

static inline void join(struct room *room, unsigned from, uint32_t group)
{
	send_record(room, from, IGMP_TO_EXCLUDE, group, 0);
}

static inline void leave(struct room *room, unsigned from, uint32_t group)
{
	send_record(room, from, IGMP_TO_INCLUDE, group, 0);
}

/* Joins, and lets what that begins settle. */
static inline void settle(struct room *room, unsigned member)
{
	join(room, member, GROUP);
	pass(room, SETTLING);
	join(room, member, GROUP);
	forget_heard(room);
}

static inline void send_query(struct room *room, unsigned from, const struct igmp_message *query)
{
	uint8_t message[IGMP_QUERY_V3_SIZE];
	igmp_write_query(message, query);
	send_igmp(room, from, query->group ? query->group : ALL_HOSTS,
		  (struct bytes){ message, sizeof message });
}

static const struct igmp_message general = { .response_ds = 100,
					     .robustness = 2,
					     .interval_s = 125 };

/* Which of the stations, a bit each, hear one datagram to the group. */
static inline unsigned who_hears(struct room *room, unsigned from, uint32_t group)
{
	static const uint8_t datagram[8] = { 0x13, 0x88, 0x13, 0x88, 0, 8 };
	struct made made = packet(from, address_of(from), group, PROTOCOL_UDP,
				  (struct bytes){ datagram, sizeof datagram });
	unsigned hearers = 0;

	for (unsigned number = 0; number < STATIONS; number++)
		room->stations[number].data = 0;
	send_made(room, from, &made);
	for (unsigned number = 0; number < STATIONS; number++)
		hearers |= room->stations[number].data << number;
	return hearers;
}

static inline unsigned who_heard_igmp(const struct room *room)
{
	unsigned hearers = 0;
	for (unsigned number = 0; number < STATIONS; number++)
		hearers |= (unsigned)(room->stations[number].igmp > 0) << number;
	return hearers;
}

static inline void note_row(void *context, const struct snooped_group *group,
			    const struct snooped_member *member)
{
	(void)group, (void)member;
	++*(unsigned *)context;
}

static inline unsigned members_of(const struct room *room)
{
	unsigned count = 0;
	snooping_list(&room->lan, note_row, &count);
	return count;
}

#endif
