#include "unit/check.h"

#include "lan/switch.h"
#include "wire/ethernet.h"

enum { STATIONS = 3, SIZE = 60 };

#define START UINT64_C(1000)

struct room;

/* A station remembers what it received: the last byte of each frame, which the tests number them with. */
struct station {
	struct lan_port port;
	struct room *room;
	unsigned count;
	uint8_t marks[8];
	void (*then)(struct station *station); /* NULL: nothing more */
};

struct room {
	struct counted_memory memory;
	struct pool *pool;
	struct lan_switch lan;
	struct station stations[STATIONS];
	unsigned sights;
	struct switch_sight last;
	uint8_t last_mark;
};

static const struct mac broadcast = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };

static struct mac mac_of(unsigned station)
{
	return (struct mac){ { 0x02, 0, 0, 0, 0, (uint8_t)station } };
}

static void receive(void *context, struct frame *frame)
{
	struct station *station = context;
	assert_true(station->count < sizeof station->marks);
	frame_copy_out(frame, SIZE - 1, &station->marks[station->count++], 1);
	frame_free(frame);
	if (station->then)
		station->then(station);
}

static void tap(void *context, const struct switch_sight *sight)
{
	struct room *room = context;
	room->sights++;
	room->last = *sight;
	room->last_mark = 0;
	frame_copy_out(sight->frame, SIZE - 1, &room->last_mark, 1);
}

static struct frame *frame_between(struct room *room, struct mac source, struct mac destination,
				   uint8_t mark)
{
	uint8_t bytes[SIZE] = { [SIZE - 1] = mark };
	ethernet_write(bytes, &(struct ethernet_header){ destination, source, 0x88b5 });
	return frame_from_bytes(room->pool, (struct bytes){ bytes, sizeof bytes });
}

static void send_to(struct room *room, unsigned from, struct mac destination, uint8_t mark)
{
	switch_send(&room->stations[from].port,
		    frame_between(room, mac_of(from), destination, mark));
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof *room);
	assert_non_null(room);
	counted_memory_init(&room->memory);
	room->pool = pool_new(&room->memory.allocator);
	assert_true(switch_init(&room->lan, &room->memory.allocator, START));
	room->lan.tap = tap;
	room->lan.tap_context = room;
	for (unsigned index = 0; index < STATIONS; index++) {
		struct station *station = &room->stations[index];
		station->room = room;
		station->port.receive = receive;
		station->port.context = station;
		list_init(&station->port.link);
		switch_plug(&room->lan, &station->port);
	}
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	switch_close(&room->lan);
	pool_free(room->pool);
	check_nothing_leaked(&room->memory);
	free(room);
	return 0;
}

/* Every station says one frame, so that all are known, and all counts start anew. */
static void introduce_all(struct room *room)
{
	for (unsigned index = 0; index < STATIONS; index++)
		send_to(room, index, broadcast, 0);
	assert_true(switch_forward(&room->lan, room->lan.now));
	for (unsigned index = 0; index < STATIONS; index++)
		room->stations[index].count = 0;
	room->sights = 0;
}

static void check_received(const struct room *room, unsigned first, unsigned second, unsigned third)
{
	CHECK_EQUAL(first, room->stations[0].count);
	CHECK_EQUAL(second, room->stations[1].count);
	CHECK_EQUAL(third, room->stations[2].count);
}

static void a_frame_to_an_unknown_station_goes_to_all_but_its_sender(void **state)
{
	struct room *room = *state;
	send_to(room, 0, mac_of(2), 7);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 1, 1);
	CHECK_EQUAL(7, room->stations[1].marks[0]);
	CHECK_EQUAL(7, room->stations[2].marks[0]);
}

static void a_station_that_has_spoken_is_known(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(2), 7);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 0, 1);
	CHECK_EQUAL(2, room->stations[0].port.sent);
	CHECK_EQUAL(3, room->stations[2].port.received);
}

static void broadcast_and_groups_go_to_all_but_the_sender(void **state)
{
	static const struct mac groups[] = {
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 } },
		{ { 0x33, 0x33, 0x00, 0x00, 0x00, 0x01 } },
	};
	struct room *room = *state;
	introduce_all(room);
	for (unsigned index = 0; index < COUNT_OF(groups); index++) {
		send_to(room, 1, groups[index], 1);
		assert_true(switch_forward(&room->lan, START));
		check_received(room, index + 1, 0, index + 1);
	}
}

static void a_flooded_frame_is_another_frame_at_each_station(void **state)
{
	struct room *room = *state;
	struct block *block = block_new(room->pool, 16);
	struct frame *frame = frame_between(room, mac_of(0), broadcast, 9);

	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, 16 };
	frame->payload_size = 16;
	frame->segment_size = 8;
	block_hold(block);
	switch_send(&room->stations[0].port, frame);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 1, 1);
	CHECK_EQUAL(1, block->references);
	block_release(block);
}

static void a_frame_between_known_stations_takes_no_memory(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(1), 7);
	room->memory.refusals_after = 0;
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 1, 0);
	CHECK_EQUAL(0, room->lan.counts[DROP_MEMORY]);
}

static void without_memory_to_clone_a_flood_is_counted_as_missed(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, broadcast, 7);
	/* What the pool has on its shelves is enough for a clone: take it out first. */
	struct block *shelf[64];
	unsigned count = 0;
	room->memory.refusals_after = 0;
	while ((shelf[count] = block_new(room->pool, sizeof(struct frame))))
		count++;
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 0, 0);
	CHECK_EQUAL(2, room->lan.counts[DROP_MEMORY]);
	CHECK_EQUAL(1, room->sights);

	while (count > 0)
		block_release(shelf[--count]);
}

static void a_frame_to_where_it_came_from_stays_there(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(0), 7);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 0, 0);
	CHECK_EQUAL(DROP_IGNORED, room->last.verdict);
}

static void frames_arrive_in_the_order_they_were_sent(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(2), 1);
	send_to(room, 1, mac_of(2), 2);
	send_to(room, 0, mac_of(2), 3);
	send_to(room, 1, broadcast, 4);
	assert_true(switch_forward(&room->lan, START));
	assert_memory_equal(room->stations[2].marks, ((uint8_t[]){ 1, 2, 3, 4 }), 4);
	assert_false(switch_forward(&room->lan, START));
}

static void every_frame_is_shown_to_the_tap_once(void **state)
{
	struct room *room = *state;
	const struct lan_port *ports[] = { &room->stations[0].port, &room->stations[1].port };

	send_to(room, 0, broadcast, 7);
	CHECK_EQUAL(0, room->sights);
	switch_forward(&room->lan, START + 5);
	CHECK_EQUAL(1, room->sights);
	CHECK_EQUAL(START + 5, room->last.now);
	CHECK_EQUAL(7, room->last_mark);
	assert_ptr_equal(ports[0], room->last.from);
	assert_null(room->last.to);

	send_to(room, 1, mac_of(0), 8);
	switch_forward(&room->lan, START + 6);
	CHECK_EQUAL(2, room->sights);
	CHECK_EQUAL(FORWARDED, room->last.verdict);
	assert_ptr_equal(ports[1], room->last.from);
	assert_ptr_equal(ports[0], room->last.to);
	CHECK_EQUAL(2, room->lan.counts[FORWARDED]);
}

static void a_source_that_no_station_has_is_dropped_and_never_learned(void **state)
{
	static const struct mac sources[] = {
		{ { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x01 } },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ { 0x03, 0, 0, 0, 0, 9 } },
		{ { 0, 0, 0, 0, 0, 0 } },
	};
	struct room *room = *state;
	for (unsigned index = 0; index < COUNT_OF(sources); index++) {
		struct frame *frame = frame_between(room, sources[index], mac_of(1), 1);
		switch_send(&room->stations[0].port, frame);
		switch_forward(&room->lan, START);
		CHECK_EQUAL(index + 1, room->lan.counts[DROP_BAD_SOURCE]);
	}
	CHECK_EQUAL(0, room->lan.addresses.count);
	CHECK_EQUAL(COUNT_OF(sources), room->sights);
	check_received(room, 0, 0, 0);
}

static void a_frame_without_a_whole_ethernet_header_is_malformed(void **state)
{
	static const uint8_t bytes[ETHERNET_HEADER_SIZE] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0, 8, 0
	};
	struct room *room = *state;
	for (size_t size = 0; size < sizeof bytes; size++) {
		switch_send(&room->stations[0].port,
			    frame_from_bytes(room->pool, (struct bytes){ bytes, size }));
		switch_forward(&room->lan, START);
		CHECK_EQUAL(size + 1, room->lan.counts[DROP_MALFORMED]);
	}
	check_received(room, 0, 0, 0);
}

static void a_silent_station_is_forgotten_after_its_age(void **state)
{
	struct room *room = *state;
	introduce_all(room);

	send_to(room, 0, mac_of(2), 1);
	switch_forward(&room->lan, START + SWITCH_AGE_NS - 1);
	check_received(room, 0, 0, 1);

	/* 0 has just spoken; 1 and 2 have not. */
	send_to(room, 1, mac_of(2), 2);
	switch_forward(&room->lan, START + SWITCH_AGE_NS);
	check_received(room, 1, 0, 2);
	send_to(room, 1, mac_of(0), 3);
	switch_forward(&room->lan, START + SWITCH_AGE_NS);
	check_received(room, 2, 0, 2);
	CHECK_EQUAL(2, room->lan.addresses.count);
}

static void a_station_that_moved_is_found_where_it_spoke_last(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	/* 0's address, from 2's port and back again */
	switch_send(&room->stations[2].port, frame_between(room, mac_of(0), mac_of(2), 0));
	send_to(room, 1, mac_of(0), 1);
	switch_forward(&room->lan, START);
	CHECK_EQUAL(1, room->stations[2].marks[0]);
	send_to(room, 0, mac_of(2), 2);
	send_to(room, 1, mac_of(0), 3);
	switch_forward(&room->lan, START);
	CHECK_EQUAL(3, room->stations[0].marks[0]);
	CHECK_EQUAL(3, room->lan.addresses.count);
}

static void a_full_table_floods_what_it_cannot_learn(void **state)
{
	struct room *room = *state;
	for (uint32_t number = 0; number < SWITCH_ADDRESSES_MOST; number++) {
		struct mac source = { { 0x02, 0x55 } };
		put32(source.bytes + 2, number);
		switch_send(&room->stations[0].port,
			    frame_between(room, source, (struct mac){ { 2, 0x55 } }, 0));
		switch_forward(&room->lan, START);
		room->stations[1].count = room->stations[2].count = 0;
	}
	CHECK_EQUAL(SWITCH_ADDRESSES_MOST, room->lan.addresses.count);

	send_to(room, 1, broadcast, 0);
	send_to(room, 2, mac_of(1), 7);
	switch_forward(&room->lan, START);
	check_received(room, 2, 1, 1);
	CHECK_EQUAL(SWITCH_ADDRESSES_MOST, room->lan.addresses.count);

	/* Age makes room. */
	send_to(room, 1, broadcast, 0);
	switch_forward(&room->lan, START + SWITCH_AGE_NS);
	CHECK_EQUAL(1, room->lan.addresses.count);
}

/* Addresses this far apart share the lowest 16 bits of their hashes, a hundred of them (found by search). */
enum { COLLIDING = 100, COLLIDING_APART = 7037 };

static void addresses_that_collide_make_no_long_chain(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	for (uint32_t number = 0; number < COLLIDING; number++) {
		struct mac source = { { 0x02 } };
		put32(source.bytes + 2, 0x00100000 + number * COLLIDING_APART);
		switch_send(&room->stations[0].port, frame_between(room, source, mac_of(0), 0));
		switch_forward(&room->lan, START);
	}
	assert_true(room->lan.addresses.count < STATIONS + COLLIDING);
	assert_true(room->lan.addresses.count >= SWITCH_CHAIN_MOST);
	for (uint32_t hash = 0; hash < room->lan.addresses.chain_count; hash++) {
		unsigned length = 0;
		for (struct table_node *node = table_chain(&room->lan.addresses, hash); node;
		     node = node->next)
			length++;
		assert_true(length <= SWITCH_CHAIN_MOST);
	}
	check_received(room, 0, 0, 0);
}

static void the_queue_has_a_bound(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	for (unsigned number = 0; number < SWITCH_QUEUE_MOST; number++)
		switch_send(&room->stations[0].port, frame_new(room->pool));
	CHECK_EQUAL(0, room->sights);
	send_to(room, 1, mac_of(2), 7);
	CHECK_EQUAL(1, room->sights);
	CHECK_EQUAL(DROP_QUEUE_FULL, room->last.verdict);
	CHECK_EQUAL(7, room->last_mark);
	assert_ptr_equal(&room->stations[1].port, room->last.from);

	switch_forward(&room->lan, START);
	send_to(room, 1, mac_of(2), 8);
	switch_forward(&room->lan, START);
	check_received(room, 0, 0, 1);
}

static void what_an_unplugged_station_sent_is_dropped(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(1), 1);
	send_to(room, 2, mac_of(1), 2);
	send_to(room, 0, broadcast, 3);
	switch_unplug(&room->stations[0].port);
	CHECK_EQUAL(2, room->lan.counts[DROP_UNPLUGGED]);
	CHECK_EQUAL(2, room->sights);
	switch_forward(&room->lan, START);
	check_received(room, 0, 1, 0);
	CHECK_EQUAL(2, room->stations[1].marks[0]);
	switch_unplug(&room->stations[0].port);
}

static void what_was_sent_to_an_unplugged_station_finds_it_unknown(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(1), 1);
	switch_unplug(&room->stations[1].port);
	switch_forward(&room->lan, START);
	check_received(room, 0, 0, 1);

	/* Plugged in again it is another port. */
	switch_plug(&room->lan, &room->stations[1].port);
	CHECK_EQUAL(STATIONS, room->stations[1].port.number);
	send_to(room, 1, mac_of(0), 2);
	switch_forward(&room->lan, START);
	check_received(room, 1, 0, 1);
}

static void answer(struct station *station)
{
	send_to(station->room, (unsigned)(station - station->room->stations), mac_of(0), 9);
}

static void what_a_station_sends_while_delivered_to_waits_for_the_next_round(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	room->stations[1].then = answer;
	send_to(room, 0, mac_of(1), 1);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 1, 0);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 1, 1, 0);
	assert_false(switch_forward(&room->lan, START));
}

static void unplug_the_others(struct station *station)
{
	switch_unplug(&station->room->stations[0].port);
	switch_unplug(&station->room->stations[2].port);
}

static void a_station_may_unplug_others_while_delivered_to(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	room->stations[1].then = unplug_the_others;
	send_to(room, 0, broadcast, 1);
	send_to(room, 2, mac_of(1), 2);
	send_to(room, 1, mac_of(0), 3);
	assert_true(switch_forward(&room->lan, START));
	check_received(room, 0, 1, 0);
	CHECK_EQUAL(1, room->lan.counts[DROP_UNPLUGGED]);
}

static void closing_unplugs_all_and_frees_what_is_in_flight(void **state)
{
	struct room *room = *state;
	introduce_all(room);
	send_to(room, 0, mac_of(1), 1);
	switch_close(&room->lan);
	CHECK_EQUAL(1, room->lan.counts[DROP_UNPLUGGED]);
	for (unsigned index = 0; index < STATIONS; index++)
		assert_null(room->stations[index].port.on);
	assert_true(switch_init(&room->lan, &room->memory.allocator, START));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_frame_to_an_unknown_station_goes_to_all_but_its_sender),
		TEST(a_station_that_has_spoken_is_known),
		TEST(broadcast_and_groups_go_to_all_but_the_sender),
		TEST(a_flooded_frame_is_another_frame_at_each_station),
		TEST(a_frame_between_known_stations_takes_no_memory),
		TEST(without_memory_to_clone_a_flood_is_counted_as_missed),
		TEST(a_frame_to_where_it_came_from_stays_there),
		TEST(frames_arrive_in_the_order_they_were_sent),
		TEST(every_frame_is_shown_to_the_tap_once),
		TEST(a_source_that_no_station_has_is_dropped_and_never_learned),
		TEST(a_frame_without_a_whole_ethernet_header_is_malformed),
		TEST(a_silent_station_is_forgotten_after_its_age),
		TEST(a_station_that_moved_is_found_where_it_spoke_last),
		TEST(a_full_table_floods_what_it_cannot_learn),
		TEST(addresses_that_collide_make_no_long_chain),
		TEST(the_queue_has_a_bound),
		TEST(what_an_unplugged_station_sent_is_dropped),
		TEST(what_was_sent_to_an_unplugged_station_finds_it_unknown),
		TEST(what_a_station_sends_while_delivered_to_waits_for_the_next_round),
		TEST(a_station_may_unplug_others_while_delivered_to),
		TEST(closing_unplugs_all_and_frees_what_is_in_flight),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
