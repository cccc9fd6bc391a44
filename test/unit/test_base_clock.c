#include "unit/check.h"

#include "base/clock.h"
#include "base/list.h"
#include "base/random.h"
#include "base/table.h"

static int begin(void **state)
{
	static struct counted_memory memory;
	counted_memory_init(&memory);
	*state = &memory;
	return 0;
}

static int end(void **state)
{
	check_nothing_leaked(*state);
	return 0;
}

static void an_empty_heap_has_no_deadline(void **state)
{
	struct counted_memory *memory = *state;
	struct heap heap;
	heap_init(&heap, &memory->allocator);
	assert_null(heap_first(&heap));
	CHECK_EQUAL(NEVER, heap_deadline(&heap));
	heap_close(&heap);
}

static void check_heap(const struct heap *heap)
{
	for (uint32_t index = 0; index < heap->count; index++) {
		CHECK_EQUAL(index + 1, heap->nodes[index]->place);
		if (index > 0)
			assert_true(heap->nodes[(index - 1) / 2]->deadline <=
				    heap->nodes[index]->deadline);
	}
}

/* Nodes put in, moved and taken out at random: after each step the heap knows the earliest, and each node its place. */
static void a_heap_keeps_its_order_through_any_moves(void **state)
{
	enum { NODES = 100 };
	struct counted_memory *memory = *state;
	static const uint8_t seed[16] = { 3 };
	struct heap_node nodes[NODES] = { 0 };
	struct random random;
	struct heap heap;

	random_init(&random, seed, 0);
	heap_init(&heap, &memory->allocator);
	assert_true(heap_reserve(&heap, NODES));
	for (int index = 0; index < NODES; index++)
		nodes[index].deadline = NEVER;
	for (int step = 0; step < 5000; step++) {
		struct heap_node *node = &nodes[random_below(&random, NODES)];
		bool take_out = random_below(&random, 4) == 0;
		heap_set(&heap, node, take_out ? NEVER : random_below(&random, 200));
		CHECK_EQUAL(take_out, node->place == 0);

		uint64_t earliest = NEVER;
		for (int index = 0; index < NODES; index++) {
			if (nodes[index].deadline < earliest)
				earliest = nodes[index].deadline;
		}
		CHECK_EQUAL(earliest, heap_deadline(&heap));
		check_heap(&heap);
	}
	heap_close(&heap);
}

static void a_heap_without_memory_stays_as_it_was(void **state)
{
	struct counted_memory *memory = *state;
	struct heap_node node = { NEVER, 0 };
	struct heap heap;
	heap_init(&heap, &memory->allocator);
	assert_true(heap_reserve(&heap, 1));
	heap_set(&heap, &node, 5);
	memory->refusals_after = 0;
	assert_false(heap_reserve(&heap, 1000));
	memory->refusals_after = UNLIMITED;
	assert_ptr_equal(&node, heap_first(&heap));
	assert_true(heap_reserve(&heap, 1000));
	assert_ptr_equal(&node, heap_first(&heap));
	heap_close(&heap);
}

struct bell {
	struct alarm alarm;
	struct clock *clock;
	struct bell *also; /* set for now, or dismissed, when this one rings */
	uint64_t again;    /* after how long it rings again; 0: never */
	uint64_t rang_at[8];
	int rings;
};

static void ring(struct alarm *alarm)
{
	struct bell *bell = CONTAINER_OF(alarm, struct bell, alarm);
	assert_true(bell->rings < 8);
	bell->rang_at[bell->rings++] = bell->clock->now;
	if (bell->again)
		clock_set(bell->clock, alarm, bell->clock->now + bell->again);
	if (bell->also)
		clock_set(bell->clock, &bell->also->alarm, bell->clock->now);
}

static void ring_and_dismiss_other(struct alarm *alarm)
{
	struct bell *bell = CONTAINER_OF(alarm, struct bell, alarm);
	bell->rings++;
	clock_dismiss(bell->clock, &bell->also->alarm);
}

static void alarms_fire_once_and_the_earliest_first(void **state)
{
	struct counted_memory *memory = *state;
	struct clock clock;
	clock_init(&clock, &memory->allocator, 100);
	struct bell early = { .clock = &clock }, late = { .clock = &clock, .again = 7 };
	assert_true(clock_admit(&clock, &early.alarm, ring));
	assert_true(clock_admit(&clock, &late.alarm, ring));
	CHECK_EQUAL(NEVER, clock_deadline(&clock));

	clock_set(&clock, &late.alarm, 120);
	clock_set(&clock, &early.alarm, 110);
	CHECK_EQUAL(110, clock_deadline(&clock));
	clock_advance(&clock, 109);
	CHECK_EQUAL(0, early.rings + late.rings);
	clock_advance(&clock, 110);
	CHECK_EQUAL(1, early.rings);
	CHECK_EQUAL(0, late.rings);
	clock_advance(&clock, 130);
	CHECK_EQUAL(1, early.rings);
	CHECK_EQUAL(1, late.rings);
	CHECK_EQUAL(130, late.rang_at[0]); /* there is no time but now */
	CHECK_EQUAL(137, clock_deadline(&clock));

	clock_dismiss(&clock, &early.alarm);
	clock_dismiss(&clock, &late.alarm);
	CHECK_EQUAL(NEVER, clock_deadline(&clock));
	clock_close(&clock);
}

static void an_alarm_set_for_now_by_another_fires_in_the_same_advance(void **state)
{
	struct counted_memory *memory = *state;
	struct clock clock;
	clock_init(&clock, &memory->allocator, 0);
	struct bell second = { .clock = &clock }, first = { .clock = &clock, .also = &second };
	assert_true(clock_admit(&clock, &first.alarm, ring));
	assert_true(clock_admit(&clock, &second.alarm, ring));
	clock_set(&clock, &first.alarm, 5);
	clock_advance(&clock, 5);
	CHECK_EQUAL(1, second.rings);
	clock_dismiss(&clock, &first.alarm);
	clock_dismiss(&clock, &second.alarm);
	clock_close(&clock);
}

static void an_alarm_may_dismiss_another_that_is_due(void **state)
{
	struct counted_memory *memory = *state;
	struct clock clock;
	clock_init(&clock, &memory->allocator, 0);
	struct bell victim = { .clock = &clock }, first = { .clock = &clock, .also = &victim };
	assert_true(clock_admit(&clock, &first.alarm, ring_and_dismiss_other));
	assert_true(clock_admit(&clock, &victim.alarm, ring));
	clock_set(&clock, &first.alarm, 5);
	clock_set(&clock, &victim.alarm, 6);
	clock_advance(&clock, 10);
	CHECK_EQUAL(1, first.rings);
	CHECK_EQUAL(0, victim.rings);
	clock_dismiss(&clock, &first.alarm);
	clock_close(&clock);
}

static void an_alarm_is_refused_where_there_is_no_memory(void **state)
{
	struct counted_memory *memory = *state;
	struct clock clock;
	struct bell bell = { .clock = &clock };
	clock_init(&clock, &memory->allocator, 0);
	memory->refusals_after = 0;
	assert_false(clock_admit(&clock, &bell.alarm, ring));
	memory->refusals_after = UNLIMITED;
	clock_close(&clock);
}

struct entry {
	struct table_node node;
	int visits;
};

static struct entry *find(const struct table *table, uint32_t hash, const struct entry *wanted)
{
	for (struct table_node *node = table_chain(table, hash); node; node = node->next) {
		struct entry *entry = CONTAINER_OF(node, struct entry, node);
		if (node->hash == hash && entry == wanted)
			return entry;
	}
	return NULL;
}

/* Hashes that collide wholly, in the low bits only, and not at all. */
static uint32_t hash_of(uint32_t index, uint32_t kind)
{
	return kind == 0 ? 5 : kind == 1 ? index << 20 : index * 2654435761u;
}

static void a_table_finds_what_is_in_it_and_nothing_else(void **state)
{
	enum { ENTRIES = 300 };
	struct counted_memory *memory = *state;
	static struct entry entries[ENTRIES];
	for (uint32_t kind = 0; kind < 3; kind++) {
		struct table table;
		memset(entries, 0, sizeof entries);
		assert_true(table_init(&table, &memory->allocator));
		for (uint32_t index = 0; index < ENTRIES; index++)
			table_insert(&table, &entries[index].node, hash_of(index, kind));
		for (uint32_t index = 0; index < ENTRIES; index += 3)
			table_remove(&table, &entries[index].node);
		for (uint32_t index = 0; index < ENTRIES; index++)
			CHECK_EQUAL(index % 3 != 0,
				    find(&table, hash_of(index, kind), &entries[index]) != NULL);
		CHECK_EQUAL(ENTRIES - ENTRIES / 3, table.count);
		table_close(&table);
	}
}

static void walking_a_table_visits_each_node_once(void **state)
{
	enum { ENTRIES = 100 };
	struct counted_memory *memory = *state;
	for (uint32_t kind = 0; kind < 3; kind++) {
		struct entry entries[ENTRIES] = { 0 };
		struct table table;
		assert_true(table_init(&table, &memory->allocator));
		assert_null(table_next(&table, NULL));
		for (uint32_t index = 0; index < ENTRIES; index++)
			table_insert(&table, &entries[index].node, hash_of(index, kind));
		for (struct table_node *node = table_next(&table, NULL); node;
		     node = table_next(&table, node))
			CONTAINER_OF(node, struct entry, node)->visits++;
		for (uint32_t index = 0; index < ENTRIES; index++)
			CHECK_EQUAL(1, entries[index].visits);
		table_close(&table);
	}
}

static void a_table_that_cannot_grow_goes_on_with_longer_chains(void **state)
{
	enum { ENTRIES = 100 };
	struct counted_memory *memory = *state;
	struct entry entries[ENTRIES] = { 0 };
	struct table table;
	assert_true(table_init(&table, &memory->allocator));
	memory->refusals_after = 0;
	for (uint32_t index = 0; index < ENTRIES; index++)
		table_insert(&table, &entries[index].node, index);
	memory->refusals_after = UNLIMITED;
	for (uint32_t index = 0; index < ENTRIES; index++)
		assert_ptr_equal(&entries[index], find(&table, index, &entries[index]));
	table_close(&table);
}

static void a_table_without_memory_is_not_begun(void **state)
{
	struct counted_memory *memory = *state;
	struct table table;
	memory->refusals_after = 0;
	assert_false(table_init(&table, &memory->allocator));
}

#define BASE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BASE_TEST(an_empty_heap_has_no_deadline),
		BASE_TEST(a_heap_keeps_its_order_through_any_moves),
		BASE_TEST(a_heap_without_memory_stays_as_it_was),
		BASE_TEST(alarms_fire_once_and_the_earliest_first),
		BASE_TEST(an_alarm_set_for_now_by_another_fires_in_the_same_advance),
		BASE_TEST(an_alarm_may_dismiss_another_that_is_due),
		BASE_TEST(an_alarm_is_refused_where_there_is_no_memory),
		BASE_TEST(a_table_finds_what_is_in_it_and_nothing_else),
		BASE_TEST(walking_a_table_visits_each_node_once),
		BASE_TEST(a_table_that_cannot_grow_goes_on_with_longer_chains),
		BASE_TEST(a_table_without_memory_is_not_begun),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
