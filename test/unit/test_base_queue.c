#include "unit/check.h"

#include "base/queue.h"
#include "base/random.h"

enum { MODEL_MOST = 1 << 18 };

/* A queue, and beside it what it should hold. */
struct fixture {
	struct counted_memory memory;
	struct pool *pool;
	struct queue queue;
	uint8_t model[MODEL_MOST];
	uint32_t size;
	uint8_t next; /* the next byte to come */
};

static int begin(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){ 0 };
	counted_memory_init(&fixture.memory);
	fixture.pool = pool_new(&fixture.memory.allocator);
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	queue_close(&fixture->queue, fixture->pool);
	pool_free(fixture->pool);
	check_nothing_leaked(&fixture->memory);
	return 0;
}

static void fill(struct fixture *fixture, uint8_t *at, uint32_t size)
{
	for (uint32_t index = 0; index < size; index++)
		at[index] = fixture->next++;
}

/* Writes the next bytes to the end of the model and returns where. */
static uint8_t *model_append(struct fixture *fixture, uint32_t size)
{
	uint8_t *at = fixture->model + fixture->size;
	assert_true(fixture->size + size <= MODEL_MOST);
	fill(fixture, at, size);
	fixture->size += size;
	return at;
}

static struct slice new_slice(struct fixture *fixture, uint32_t room, struct bytes bytes)
{
	struct block *block = block_new(fixture->pool, room);
	memcpy(block->bytes, bytes.at, bytes.size);
	block->used = (uint32_t)bytes.size;
	return (struct slice){ block, block->bytes, (uint32_t)bytes.size };
}

static void check_queue(const struct fixture *fixture)
{
	static uint8_t out[MODEL_MOST + 1];
	CHECK_EQUAL(fixture->size, fixture->queue.size);
	CHECK_EQUAL(fixture->size, queue_copy_out(&fixture->queue, 0, out, sizeof out));
	assert_memory_equal(fixture->model, out, fixture->size);
}

static void append_slice(struct fixture *fixture, uint32_t room, uint32_t size)
{
	struct bytes bytes = { model_append(fixture, size), size };
	assert_true(queue_append(&fixture->queue, fixture->pool, new_slice(fixture, room, bytes)));
}

static void append_copy(struct fixture *fixture, uint32_t size)
{
	struct bytes bytes = { model_append(fixture, size), size };
	CHECK_EQUAL(size, queue_append_copy(&fixture->queue, fixture->pool, bytes));
}

static void drop_front(struct fixture *fixture, uint32_t size)
{
	queue_drop_front(&fixture->queue, fixture->pool, size);
	fixture->size -= size;
	memmove(fixture->model, fixture->model + size, fixture->size);
}

static void drop_back(struct fixture *fixture, uint32_t size)
{
	queue_drop_back(&fixture->queue, fixture->pool, size);
	fixture->size -= size;
}

static void an_empty_queue_holds_no_memory(void **state)
{
	struct fixture *fixture = *state;
	size_t before = fixture->memory.outstanding;
	uint32_t covered;
	check_queue(fixture);
	CHECK_EQUAL(0, queue_share(&fixture->queue, 0, 10, NULL, 0, &covered));
	CHECK_EQUAL(0, covered);
	queue_drop_front(&fixture->queue, fixture->pool, 0);
	queue_drop_back(&fixture->queue, fixture->pool, 0);
	CHECK_EQUAL(before, fixture->memory.outstanding);
}

static void single_bytes_do_not_become_single_blocks(void **state)
{
	struct fixture *fixture = *state;
	for (int index = 0; index < 5000; index++)
		append_copy(fixture, 1);
	assert_in_range(fixture->queue.count, 1, 5);
	check_queue(fixture);
	drop_front(fixture, 5000);
	for (int index = 0; index < 5000; index++)
		append_slice(fixture, 65536, 1);
	assert_in_range(fixture->queue.count, 1, 5);
	check_queue(fixture);
}

/* Seen from a peer that sent single bytes: each kept the block of the frame it came in, 831 bytes for one. */
static void small_slices_of_any_block_take_little_more_than_their_bytes(void **state)
{
	static const uint32_t rooms[] = { 200, 2000, 16384, 65536 };
	struct fixture *fixture = *state;

	for (size_t row = 0; row < COUNT_OF(rooms); row++) {
		append_slice(fixture, rooms[row], 1); /* its block is on the shelf from here on */
		size_t before = fixture->memory.outstanding;
		for (int index = 0; index < 20000; index++)
			append_slice(fixture, rooms[row], 1);
		assert_in_range(fixture->memory.outstanding - before, 0, 2 * 20000);
		check_queue(fixture);
		drop_front(fixture, 20001);
	}
}

static void a_large_slice_is_held_and_not_copied(void **state)
{
	struct fixture *fixture = *state;
	struct bytes bytes = { model_append(fixture, 20000), 20000 };
	struct slice slice = new_slice(fixture, 20000, bytes);
	assert_true(queue_append(&fixture->queue, fixture->pool, slice));
	assert_ptr_equal(slice.at, queue_at(&fixture->queue, 0)->at);
	check_queue(fixture);
}

/* Somebody else holds the last block too, and may be sending from it: nothing may be written behind. */
static void bytes_are_not_copied_into_a_block_that_is_shared(void **state)
{
	struct fixture *fixture = *state;
	struct slice shared;
	uint32_t covered;
	append_copy(fixture, 100);
	CHECK_EQUAL(1, queue_share(&fixture->queue, 0, 100, &shared, 1, &covered));
	uint32_t used = shared.block->used;
	append_copy(fixture, 100);
	CHECK_EQUAL(used, shared.block->used);
	check_queue(fixture);
	block_release(shared.block);
}

/* What was dropped from the end may be in flight; its place is not written again. */
static void bytes_dropped_from_the_end_are_not_overwritten(void **state)
{
	struct fixture *fixture = *state;
	append_copy(fixture, 100);
	drop_back(fixture, 40);
	append_copy(fixture, 40);
	check_queue(fixture);
}

static void any_part_is_shared_with_references_of_its_own(void **state)
{
	enum { STEP = 977 };
	struct fixture *fixture = *state;
	for (uint32_t index = 0; index < 5; index++)
		append_slice(fixture, 2000, 2000);
	for (uint32_t offset = 0; offset <= fixture->size; offset += STEP) {
		for (uint32_t size = 0; size <= fixture->size + STEP; size += STEP) {
			struct slice slices[3];
			uint32_t covered, seen = 0;
			uint32_t count =
				queue_share(&fixture->queue, offset, size, slices, 3, &covered);
			assert_true(count <= 3 && covered <= size);
			for (uint32_t index = 0; index < count; index++) {
				assert_memory_equal(fixture->model + offset + seen,
						    slices[index].at, slices[index].size);
				seen += slices[index].size;
				CHECK_EQUAL(2, slices[index].block->references);
				block_release(slices[index].block);
			}
			CHECK_EQUAL(covered, seen);
			uint32_t wanted =
				size < fixture->size - offset ? size : fixture->size - offset;
			assert_true(covered == wanted || count == 3);
		}
	}
}

static void another_queue_is_appended_whole_and_left_empty(void **state)
{
	struct fixture *fixture = *state;
	struct queue first = { 0 };
	for (int index = 0; index < 3; index++) {
		append_slice(fixture, 3000, 3000);
		append_copy(fixture, 10);
	}
	assert_true(queue_append_queue(&first, fixture->pool, &fixture->queue));
	CHECK_EQUAL(0, fixture->queue.size);
	CHECK_EQUAL(0, fixture->queue.count);
	assert_true(queue_append_queue(&fixture->queue, fixture->pool, &first));
	check_queue(fixture);
	queue_close(&first, fixture->pool);
}

/* Five thousand steps of every kind; the queue and the model agree after each. */
static void a_queue_is_what_a_plain_array_would_be(void **state)
{
	static const uint8_t seed[16] = { 9 };
	static const uint32_t sizes[] = { 0, 1, 7, 100, 1023, 1024, 1500, 5000 };
	struct fixture *fixture = *state;
	struct random random;
	random_init(&random, seed, 0);
	for (int step = 0; step < 5000; step++) {
		uint32_t size = sizes[random_below(&random, COUNT_OF(sizes))];
		uint32_t most = size < fixture->size ? size : fixture->size;
		switch (random_below(&random, fixture->size > 50000 ? 6 : 4)) {
		case 0:
			append_copy(fixture, size);
			break;
		case 1:
			append_slice(fixture, size, size);
			break;
		case 2:
			append_slice(fixture, 65536, size);
			break;
		case 3:
			drop_back(fixture, most);
			break;
		default:
			drop_front(fixture, most);
			break;
		}
		check_queue(fixture);
	}
}

/* Whatever cannot be had, the queue holds all of what it took and nothing of what it refused. */
static void without_memory_a_queue_takes_a_slice_whole_or_not_at_all(void **state)
{
	static const uint32_t rooms[] = { 500, 65536 };
	struct fixture *fixture = *state;
	for (size_t row = 0; row < COUNT_OF(rooms); row++) {
		for (size_t allowed = 0; allowed < 3; allowed++) {
			uint8_t bytes[500] = { 1 };
			struct slice slice = new_slice(fixture, rooms[row],
						       (struct bytes){ bytes, sizeof bytes });
			append_copy(fixture, 1700); /* leaves less than 500 behind */
			fixture->memory.refusals_after = allowed;
			bool taken = queue_append(&fixture->queue, fixture->pool, slice);
			fixture->memory.refusals_after = UNLIMITED;
			if (taken) {
				memcpy(fixture->model + fixture->size, bytes, sizeof bytes);
				fixture->size += (uint32_t)sizeof bytes;
			} else {
				block_release(slice.block);
			}
			check_queue(fixture);
		}
	}
}

static void without_memory_a_copy_says_how_much_it_took(void **state)
{
	struct fixture *fixture = *state;
	static uint8_t bytes[200000];
	for (size_t allowed = 0; allowed < 6; allowed++) {
		struct queue queue = { 0 };
		struct pool *pool = pool_new(&fixture->memory.allocator);
		fixture->memory.refusals_after = allowed;
		size_t taken =
			queue_append_copy(&queue, pool, (struct bytes){ bytes, sizeof bytes });
		fixture->memory.refusals_after = UNLIMITED;
		CHECK_EQUAL(taken, queue.size);
		CHECK_EQUAL(allowed >= 5, taken == sizeof bytes);
		queue_close(&queue, pool);
		pool_free(pool);
	}
}

#define QUEUE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUEUE_TEST(an_empty_queue_holds_no_memory),
		QUEUE_TEST(single_bytes_do_not_become_single_blocks),
		QUEUE_TEST(small_slices_of_any_block_take_little_more_than_their_bytes),
		QUEUE_TEST(a_large_slice_is_held_and_not_copied),
		QUEUE_TEST(bytes_are_not_copied_into_a_block_that_is_shared),
		QUEUE_TEST(bytes_dropped_from_the_end_are_not_overwritten),
		QUEUE_TEST(any_part_is_shared_with_references_of_its_own),
		QUEUE_TEST(another_queue_is_appended_whole_and_left_empty),
		QUEUE_TEST(a_queue_is_what_a_plain_array_would_be),
		QUEUE_TEST(without_memory_a_queue_takes_a_slice_whole_or_not_at_all),
		QUEUE_TEST(without_memory_a_copy_says_how_much_it_took),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
