/* Reassembly against a model: a byte and a flag for every place, where the first to come stays. */
#include "unit/check.h"

#include "base/random.h"
#include "tcp/reassembly.h"
#include "wire/tcp.h"

enum { SPACE = 4000, LONGEST = 300 };

struct model {
	bool here[SPACE];
	uint8_t bytes[SPACE];
};

struct fixture {
	struct counted_memory memory;
	struct pool *pool;
	struct reassembly reassembly;
	struct queue queue;
	struct tcp_sack_block known; /* of the last insertion */
};

static int begin(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof fixture);
	counted_memory_init(&fixture.memory);
	fixture.pool = pool_new(&fixture.memory.allocator);
	assert_non_null(fixture.pool);
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	reassembly_close(&fixture->reassembly, fixture->pool);
	queue_close(&fixture->queue, fixture->pool);
	pool_free(fixture->pool);
	check_nothing_leaked(&fixture->memory);
	return 0;
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static struct slice make_slice(struct fixture *fixture, const uint8_t *bytes, uint32_t size)
{
	size_t refusals_after = fixture->memory.refusals_after;
	fixture->memory.refusals_after =
		UNLIMITED; /* the arrival is here; what comes of it is tested */
	struct block *block = block_new(fixture->pool, size);
	fixture->memory.refusals_after = refusals_after;
	assert_non_null(block);
	memcpy(block->bytes, bytes, size);
	block->used = size;
	return (struct slice){ block, block->bytes, size };
}

static bool insert(struct fixture *fixture, uint32_t sequence, const char *text)
{
	struct slice slice = make_slice(fixture, (const uint8_t *)text, (uint32_t)strlen(text));
	return reassembly_insert(&fixture->reassembly, fixture->pool, sequence, &slice, 1,
				 &fixture->known);
}

static void check_taken(struct fixture *fixture, uint32_t sequence, const char *text)
{
	char bytes[64] = { 0 };
	uint32_t before = fixture->queue.size;

	CHECK_EQUAL(strlen(text), reassembly_take(&fixture->reassembly, fixture->pool, sequence,
						  &fixture->queue, &fixture->known));
	queue_copy_out(&fixture->queue, before, (uint8_t *)bytes, sizeof bytes - 1);
	assert_string_equal(bytes, text);
}

static void what_touches_is_one_run(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 10, "abc"));
	assert_true(insert(fixture, 16, "ghi"));
	CHECK_EQUAL(2, fixture->reassembly.count);
	assert_true(insert(fixture, 13, "def"));
	CHECK_EQUAL(1, fixture->reassembly.count);
	CHECK_EQUAL(9, fixture->reassembly.size);
	check_taken(fixture, 10, "abcdefghi");
	CHECK_EQUAL(0, fixture->reassembly.size);
}

static void the_first_to_come_stays(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 12, "cd"));
	assert_true(insert(fixture, 16, "gh"));
	assert_true(insert(fixture, 10, "ABCDEFGHIJ"));
	check_taken(fixture, 10, "ABcdEFghIJ");
}

static void a_repetition_changes_nothing(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 10, "abcdef"));
	assert_true(insert(fixture, 10, "ABCDEF"));
	assert_true(insert(fixture, 12, "XX"));
	CHECK_EQUAL(6, fixture->reassembly.size);
	check_taken(fixture, 10, "abcdef");
}

static void a_run_whose_beginning_is_known_gives_its_rest(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 10, "abcdef"));
	check_taken(fixture, 9, "");
	check_taken(fixture, 13, "def");
}

static void a_run_that_is_wholly_known_is_dropped(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 10, "abc"));
	assert_true(insert(fixture, 20, "xyz"));
	check_taken(fixture, 15, "");
	CHECK_EQUAL(1, fixture->reassembly.count);
	check_taken(fixture, 20, "xyz");
}

static void sequence_numbers_may_wrap(void **state)
{
	struct fixture *fixture = *state;

	assert_true(insert(fixture, 2, "efg"));
	assert_true(insert(fixture, UINT32_MAX - 1, "abcd"));
	CHECK_EQUAL(1, fixture->reassembly.count);
	check_taken(fixture, UINT32_MAX - 1, "abcdefg");
}

/* SegmentSmack: no more holes than are worth searching; what has a run to join still finds room. */
static void the_number_of_runs_is_bounded(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t index = 0; index < REASSEMBLY_RUNS_MOST; index++)
		assert_true(insert(fixture, 10 + 2 * index, "x"));
	assert_false(insert(fixture, 5000, "y"));
	CHECK_EQUAL(REASSEMBLY_RUNS_MOST, fixture->reassembly.count);
	assert_true(insert(fixture, 11, "y"));
	CHECK_EQUAL(REASSEMBLY_RUNS_MOST - 1, fixture->reassembly.count);
	check_taken(fixture, 10, "xyx");
}

/* One arrival of one to three slices, into both. */
static void arrive(struct fixture *fixture, struct random *random, struct model *model,
		   uint32_t base)
{
	uint32_t start = random_below(random, SPACE - LONGEST);
	uint32_t size = 1 + random_below(random, LONGEST - 1);
	int count = 1 + (int)random_below(random, 3);
	struct slice slices[3];
	uint8_t bytes[LONGEST];
	uint32_t cut = 0;
	int filled = 0;

	for (uint32_t index = 0; index < size; index++)
		bytes[index] = (uint8_t)random_next(random);
	while (cut < size) {
		uint32_t piece =
			filled == count - 1 ? size - cut : 1 + random_below(random, size - cut);
		slices[filled++] = make_slice(fixture, bytes + cut, piece);
		cut += piece;
	}
	bool all = reassembly_insert(&fixture->reassembly, fixture->pool, base + start, slices,
				     filled, &fixture->known);
	for (uint32_t index = 0; all && index < size; index++) {
		if (!model->here[start + index])
			model->bytes[start + index] = bytes[index];
		model->here[start + index] = true;
	}
}

/* Every run there is, taken in order, is what the model has in that place. */
static void compare(struct fixture *fixture, const struct model *model, uint32_t base)
{
	uint32_t at = 0;

	while (at < SPACE) {
		if (!model->here[at]) {
			at++;
			continue;
		}
		uint32_t before = fixture->queue.size;
		uint32_t taken = reassembly_take(&fixture->reassembly, fixture->pool, base + at,
						 &fixture->queue, &fixture->known);
		uint8_t bytes[SPACE];
		assert_true(taken > 0);
		queue_copy_out(&fixture->queue, before, bytes, taken);
		assert_memory_equal(bytes, model->bytes + at, taken);
		for (uint32_t index = 0; index < taken; index++)
			assert_true(model->here[at + index]);
		at += taken;
	}
	CHECK_EQUAL(0, fixture->reassembly.size);
	CHECK_EQUAL(0, fixture->reassembly.count);
}

static void random_arrivals_are_what_the_model_says(void **state)
{
	struct fixture *fixture = *state;

	for (uint8_t seed = 0; seed < 200; seed++) {
		struct random random;
		struct model model = { 0 };
		random_init(&random, (const uint8_t[16]){ seed }, 1);
		uint32_t base = seed % 2 ? UINT32_MAX - SPACE / 2 : 1000;
		uint32_t arrivals = 1 + random_below(&random, 60);

		for (uint32_t index = 0; index < arrivals; index++)
			arrive(fixture, &random, &model, base);
		compare(fixture, &model, base);
		queue_close(&fixture->queue, fixture->pool);
	}
}

/* With memory refused at every point in turn: nothing leaks, nothing wrong is handed out, and the count holds. */
static void refused_memory_loses_only_what_was_arriving(void **state)
{
	struct fixture *fixture = *state;

	for (size_t refused = 0; refused < 60; refused++) {
		static const char *const texts[] = { "AAAA", "BBBBBBBB", "CC", "DDDDDDDDDDDD" };
		fixture->memory.refusals_after = refused;
		for (uint32_t index = 0; index < 32; index++)
			insert(fixture, 10 + (index * 37) % 200, texts[index % 4]);
		fixture->memory.refusals_after = UNLIMITED;

		uint32_t size = 0, taken = 0;
		size = fixture->reassembly.size;
		for (uint32_t at = 0; at < 300; at++)
			taken += reassembly_take(&fixture->reassembly, fixture->pool, at,
						 &fixture->queue, &fixture->known);
		CHECK_EQUAL(size, taken);
		CHECK_EQUAL(0, fixture->reassembly.count);
		queue_close(&fixture->queue, fixture->pool);
	}
}

/* They join one run, byte by byte from its front, and none can be copied behind another. */
static void single_bytes_from_the_last_to_the_first_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	int kept = 0;

	for (uint32_t sequence = 10000; sequence > 1; sequence--)
		kept += insert(fixture, sequence, "x");
	assert_in_range(kept, 200, REASSEMBLY_SLICES_FREE + 10000 / REASSEMBLY_SLICE_LEAST);
	assert_in_range(fixture->memory.outstanding, 0, 4096 * (size_t)kept);
	assert_true(insert(fixture, 10001 - (uint32_t)kept, "x") == false);
	CHECK_EQUAL(kept,
		    reassembly_take(&fixture->reassembly, fixture->pool, 10001 - (uint32_t)kept,
				    &fixture->queue, &fixture->known));
	assert_true(insert(fixture, 20000, "room again"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(what_touches_is_one_run),
		FIXTURE_TEST(the_first_to_come_stays),
		FIXTURE_TEST(a_repetition_changes_nothing),
		FIXTURE_TEST(a_run_whose_beginning_is_known_gives_its_rest),
		FIXTURE_TEST(a_run_that_is_wholly_known_is_dropped),
		FIXTURE_TEST(sequence_numbers_may_wrap),
		FIXTURE_TEST(the_number_of_runs_is_bounded),
		FIXTURE_TEST(single_bytes_from_the_last_to_the_first_are_bounded),
		FIXTURE_TEST(random_arrivals_are_what_the_model_says),
		FIXTURE_TEST(refused_memory_loses_only_what_was_arriving),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
