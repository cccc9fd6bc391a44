#include "unit/check.h"

#include "base/clock.h"
#include "lan/cable.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

enum { SIZE = 60, KEPT = 4096 };

#define START UINT64_C(1000)

/* What arrived at an end: the last byte of each frame, and when. */
struct log {
	struct cable *cable;
	unsigned count;
	uint8_t marks[KEPT];
	uint64_t times[KEPT];
	uint32_t sizes[KEPT];
};

struct room {
	struct counted_memory memory;
	struct pool *pool;
	struct cable cable;
	struct log logs[2];
	unsigned sights[VERDICT_COUNT];
};

static const uint8_t seed[16] = { 1, 2, 3 };

static void receive(void *context, struct frame *frame)
{
	struct log *log = context;
	assert_true(log->count < KEPT);
	log->times[log->count] = log->cable->now;
	log->sizes[log->count] = frame_size(frame);
	frame_copy_out(frame, frame_size(frame) - 1, &log->marks[log->count], 1);
	log->count++;
	frame_free(frame);
}

static void tap(void *context, const struct cable_sight *sight)
{
	struct room *room = context;
	assert_true(sight->from < 2 && sight->frame);
	room->sights[sight->verdict]++;
}

static void plug(struct room *room, const struct impairment_config *config)
{
	cable_init(&room->cable, &room->memory.allocator, config, seed, START);
	room->cable.tap = tap;
	room->cable.tap_context = room;
	for (unsigned end = 0; end < 2; end++) {
		room->logs[end] = (struct log){ .cable = &room->cable };
		room->cable.ends[end].receive = receive;
		room->cable.ends[end].context = &room->logs[end];
	}
}

static struct frame *frame_marked(struct room *room, uint8_t mark)
{
	static const struct ethernet_header ethernet = { { { 2, 0, 0, 0, 0, 2 } },
							 { { 2, 0, 0, 0, 0, 1 } },
							 0x88b5 };
	uint8_t bytes[SIZE] = { [SIZE - 1] = mark };
	ethernet_write(bytes, &ethernet);
	return frame_from_bytes(room->pool, (struct bytes){ bytes, sizeof bytes });
}

static void send_marked(struct room *room, unsigned end, unsigned count)
{
	for (unsigned number = 0; number < count; number++)
		cable_send(&room->cable, end, frame_marked(room, (uint8_t)number));
}

static void advance_to_the_end(struct room *room)
{
	while (cable_deadline(&room->cable) != NEVER)
		assert_true(cable_advance(&room->cable, cable_deadline(&room->cable)));
}

static int set_up(void **state)
{
	struct room *room = calloc(1, sizeof *room);
	assert_non_null(room);
	counted_memory_init(&room->memory);
	room->pool = pool_new(&room->memory.allocator);
	*state = room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	cable_close(&room->cable);
	pool_free(room->pool);
	check_nothing_leaked(&room->memory);
	free(room);
	return 0;
}

static void a_frame_arrives_after_the_delay_and_not_before(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .delay_ns = 500 });
	CHECK_EQUAL(NEVER, cable_deadline(&room->cable));
	send_marked(room, 0, 1);
	CHECK_EQUAL(START + 500, cable_deadline(&room->cable));
	assert_false(cable_advance(&room->cable, START + 499));
	assert_true(cable_advance(&room->cable, START + 500));
	CHECK_EQUAL(1, room->logs[1].count);
	CHECK_EQUAL(START + 500, room->logs[1].times[0]);
	CHECK_EQUAL(0, room->logs[0].count);
	CHECK_EQUAL(1, room->sights[FORWARDED]);
	CHECK_EQUAL(1, room->cable.ends[0].sent);
	CHECK_EQUAL(1, room->cable.ends[1].received);
}

static void both_directions_are_one_cable_each(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ 0 });
	send_marked(room, 0, 2);
	send_marked(room, 1, 3);
	assert_true(cable_advance(&room->cable, START));
	CHECK_EQUAL(3, room->logs[0].count);
	CHECK_EQUAL(2, room->logs[1].count);
}

static void frames_of_one_delay_stay_in_order(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .delay_ns = 500 });
	send_marked(room, 0, 200);
	advance_to_the_end(room);
	CHECK_EQUAL(200, room->logs[1].count);
	for (unsigned index = 0; index < 200; index++)
		CHECK_EQUAL(index, room->logs[1].marks[index]);
}

static void a_certain_loss_loses_all_and_shows_each(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .loss = IMPAIRMENT_CERTAIN,
						.duplication = IMPAIRMENT_CERTAIN });
	send_marked(room, 0, 20);
	advance_to_the_end(room);
	CHECK_EQUAL(0, room->logs[1].count);
	CHECK_EQUAL(20, room->sights[DROP_LOST]);
	CHECK_EQUAL(20, room->cable.counts[DROP_LOST]);
}

static void a_certain_duplication_delivers_each_twice(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .duplication = IMPAIRMENT_CERTAIN });
	send_marked(room, 0, 2);
	advance_to_the_end(room);
	CHECK_EQUAL(4, room->logs[1].count);
	CHECK_EQUAL(4, room->sights[FORWARDED]);
	CHECK_EQUAL(2, room->logs[1].marks[0] + room->logs[1].marks[1] + room->logs[1].marks[2] +
			       room->logs[1].marks[3]);
}

static void a_probability_is_met_roughly(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .loss = 100000 });
	send_marked(room, 0, 2000);
	advance_to_the_end(room);
	/* 200 expected; five standard deviations are 67. */
	assert_in_range(room->sights[DROP_LOST], 133, 267);
	CHECK_EQUAL(2000, room->sights[DROP_LOST] + room->logs[1].count);
}

static void reordering_delivers_all_in_another_order_of_time(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){
			   .reordering = 300000, .delay_ns = 500, .reordering_ns = 100 });
	bool overtaken = false;
	send_marked(room, 0, 100);
	advance_to_the_end(room);
	CHECK_EQUAL(100, room->logs[1].count);
	for (unsigned index = 1; index < 100; index++) {
		assert_true(room->logs[1].times[index] >= room->logs[1].times[index - 1]);
		assert_in_range(room->logs[1].times[index], START + 500, START + 600);
		overtaken =
			overtaken || room->logs[1].marks[index] < room->logs[1].marks[index - 1];
	}
	assert_true(overtaken);
}

static void the_same_seed_gives_the_same_cable(void **state)
{
	const struct impairment_config config = { 50000, 50000, 200000, 50000, 500, 4000 };
	struct room *room = *state;
	struct log *first = calloc(1, sizeof *first);
	assert_non_null(first);

	plug(room, &config);
	send_marked(room, 0, 500);
	advance_to_the_end(room);
	*first = room->logs[1];
	cable_close(&room->cable);

	plug(room, &config);
	send_marked(room, 1, 77); /* the other direction draws numbers of its own */
	send_marked(room, 0, 500);
	advance_to_the_end(room);
	CHECK_EQUAL(first->count, room->logs[1].count);
	assert_memory_equal(first->marks, room->logs[1].marks, sizeof first->marks);
	assert_memory_equal(first->times, room->logs[1].times, sizeof first->times);
	free(first);
}

static void the_queue_has_a_bound_a_direction(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .delay_ns = 1 });
	send_marked(room, 0, CABLE_QUEUE_MOST + 3);
	CHECK_EQUAL(3, room->sights[DROP_QUEUE_FULL]);
	send_marked(room, 1, 1);
	CHECK_EQUAL(3, room->sights[DROP_QUEUE_FULL]);
	advance_to_the_end(room);
	CHECK_EQUAL(CABLE_QUEUE_MOST, room->logs[1].count);
	CHECK_EQUAL(0, room->cable.ends[0].under_way);
}

static void closing_frees_what_is_under_way(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .delay_ns = 1 });
	send_marked(room, 0, 10);
}

/* For the copy and its bytes, and for the flight. */
static void without_memory_a_frame_is_dropped_and_counted(void **state)
{
	struct room *room = *state;
	for (size_t refusals_after = 0; refusals_after < 3; refusals_after++) {
		pool_free(room->pool);
		room->pool = pool_new(&room->memory.allocator);
		plug(room, &(struct impairment_config){ 0 });
		struct frame *frame = frame_marked(room, 1);
		room->memory.refusals_after = refusals_after;
		cable_send(&room->cable, 0, frame);
		room->memory.refusals_after = UNLIMITED;
		CHECK_EQUAL(1, room->cable.counts[DROP_MEMORY]);
		CHECK_EQUAL(NEVER, cable_deadline(&room->cable));
	}
}

static void bounce(void *context, struct frame *frame)
{
	cable_send(((struct log *)context)->cable, 1, frame);
}

static void what_a_delivery_causes_waits_for_the_next_call(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ 0 });
	room->cable.ends[1].receive = bounce;
	send_marked(room, 0, 1);
	assert_true(cable_advance(&room->cable, START));
	CHECK_EQUAL(0, room->logs[0].count);
	CHECK_EQUAL(START, cable_deadline(&room->cable));
	assert_true(cable_advance(&room->cable, START));
	CHECK_EQUAL(1, room->logs[0].count);
}

/* TCP with a payload of that size in a block of its own, and no checksum. */
static struct frame *segment(struct room *room, uint32_t size, uint16_t segment_size)
{
	struct tcp_header tcp = { .source_port = 80, .destination_port = 4000, .flags = TCP_ACK };
	struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(IPV4_HEADER_SIZE + TCP_HEADER_SIZE + size),
		.ttl = 64,
		.protocol = PROTOCOL_TCP,
		.source = 0x0a4d0001,
		.destination = 0x0a4d0002,
	};
	struct ethernet_header ethernet = { { { 2, 0, 0, 0, 0, 2 } },
					    { { 2, 0, 0, 0, 0, 1 } },
					    ETHERTYPE_IPV4 };
	struct frame *frame = frame_new(room->pool);
	struct block *block = block_new(room->pool, size);

	memset(block->bytes, 0x55, size);
	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, size };
	frame->payload_size = size;
	frame->segment_size = segment_size;
	frame->checksum_left_out = true;
	tcp_write(frame_push(frame, TCP_HEADER_SIZE), &tcp);
	ipv4_write(frame_push(frame, IPV4_HEADER_SIZE), &ipv4);
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
	return frame;
}

static void a_large_segment_is_judged_frame_by_frame(void **state)
{
	struct room *room = *state;
	plug(room, &(struct impairment_config){ .loss = 500000 });
	cable_send(&room->cable, 0, segment(room, 60000, 1000));
	advance_to_the_end(room);
	CHECK_EQUAL(60, room->cable.ends[0].sent);
	CHECK_EQUAL(60, room->sights[DROP_LOST] + room->logs[1].count);
	assert_in_range(room->logs[1].count, 10, 50);
	for (unsigned index = 0; index < room->logs[1].count; index++)
		CHECK_EQUAL(1054, room->logs[1].sizes[index]);
}

/* One frame that arrived, and the block that a sender keeps to send again. */
struct arrival {
	uint8_t bytes[256];
	size_t size;
};

static void keep(void *context, struct frame *frame)
{
	struct arrival *arrival = context;
	arrival->size = frame_copy_out(frame, 0, arrival->bytes, sizeof arrival->bytes);
	assert_false(frame->checksum_left_out);
	frame_free(frame);
}

static unsigned bits_that_differ(const uint8_t *a, const uint8_t *b, size_t size)
{
	unsigned count = 0;
	for (size_t bit = 0; bit < size * 8; bit++)
		count += (a[bit / 8] ^ b[bit / 8]) >> bit % 8 & 1;
	return count;
}

static void corruption_turns_one_bit_and_not_the_senders_copy(void **state)
{
	struct room *room = *state;
	struct arrival right, wrong;

	plug(room, &(struct impairment_config){ 0 });
	room->cable.ends[1].receive = keep;
	room->cable.ends[1].context = &right;
	cable_send(&room->cable, 0, segment(room, 100, 0));
	advance_to_the_end(room);
	CHECK_EQUAL(154, right.size);

	plug(room, &(struct impairment_config){ .corruption = IMPAIRMENT_CERTAIN });
	room->cable.ends[1].receive = keep;
	room->cable.ends[1].context = &wrong;
	for (unsigned round = 0; round < 100; round++) {
		struct frame *frame = segment(room, 100, 0);
		struct slice kept = slice_share(frame->slices[0]);
		cable_send(&room->cable, 0, frame);
		advance_to_the_end(room);
		CHECK_EQUAL(1, bits_that_differ(right.bytes, wrong.bytes, right.size));
		assert_memory_equal(right.bytes, wrong.bytes, ETHERNET_HEADER_SIZE);
		assert_memory_equal(right.bytes + 54, kept.block->bytes, 100);
		block_release(kept.block);
	}
	room->cable.ends[1].context = NULL;
}

static void arp_has_no_checksum_and_is_spared(void **state)
{
	static const uint8_t bytes[42] = { [12] = 0x08, [13] = 0x06 };
	struct room *room = *state;
	struct arrival arrival;

	plug(room, &(struct impairment_config){ .corruption = IMPAIRMENT_CERTAIN });
	room->cable.ends[1].receive = keep;
	room->cable.ends[1].context = &arrival;
	cable_send(&room->cable, 0,
		   frame_from_bytes(room->pool, (struct bytes){ bytes, sizeof bytes }));
	advance_to_the_end(room);
	CHECK_EQUAL(sizeof bytes, arrival.size);
	assert_memory_equal(bytes, arrival.bytes, sizeof bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_frame_arrives_after_the_delay_and_not_before),
		TEST(both_directions_are_one_cable_each),
		TEST(frames_of_one_delay_stay_in_order),
		TEST(a_certain_loss_loses_all_and_shows_each),
		TEST(a_certain_duplication_delivers_each_twice),
		TEST(a_probability_is_met_roughly),
		TEST(reordering_delivers_all_in_another_order_of_time),
		TEST(the_same_seed_gives_the_same_cable),
		TEST(the_queue_has_a_bound_a_direction),
		TEST(closing_frees_what_is_under_way),
		TEST(without_memory_a_frame_is_dropped_and_counted),
		TEST(what_a_delivery_causes_waits_for_the_next_call),
		TEST(a_large_segment_is_judged_frame_by_frame),
		TEST(corruption_turns_one_bit_and_not_the_senders_copy),
		TEST(arp_has_no_checksum_and_is_spared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
