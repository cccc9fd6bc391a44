#include "unit/check.h"

#include "base/frame.h"

struct fixture {
	struct counted_memory memory;
	struct pool *pool;
};

static int begin(void **state)
{
	static struct fixture fixture;
	counted_memory_init(&fixture.memory);
	fixture.pool = pool_new(&fixture.memory.allocator);
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	pool_free(fixture->pool);
	check_nothing_leaked(&fixture->memory);
	return 0;
}

static void a_block_has_the_room_that_was_asked_for(void **state)
{
	static const uint32_t sizes[] = {
		0, 1, 768, 769, 2112, 2113, 16384, 16385, BLOCK_LARGEST - 1, BLOCK_LARGEST
	};
	struct fixture *fixture = *state;
	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		struct block *block = block_new(fixture->pool, sizes[index]);
		assert_true(block->room >= sizes[index]);
		CHECK_EQUAL(1, block->references);
		CHECK_EQUAL(0, block->used);
		memset(block->bytes, 0xff, block->room); /* the sanitizer watches */
		block_release(block);
	}
}

static void a_block_goes_back_with_its_last_holder_and_is_used_again(void **state)
{
	struct fixture *fixture = *state;
	struct block *block = block_new(fixture->pool, 100);
	struct slice slice = slice_share((struct slice){ block, block->bytes, 100 });
	struct slice part = slice_share_part(slice, 10, 20);

	CHECK_EQUAL(3, block->references);
	assert_ptr_equal(block->bytes + 10, part.at);
	CHECK_EQUAL(20, part.size);
	block_release(block);
	block_release(slice.block);
	struct block *other = block_new(fixture->pool, 100);
	assert_ptr_not_equal(block, other); /* part still holds it */
	block_release(part.block);
	size_t before = fixture->memory.outstanding;
	assert_ptr_equal(block, block_new(fixture->pool, 100));
	CHECK_EQUAL(before, fixture->memory.outstanding);
	block_release(block);
	block_release(other);
}

static void a_burst_of_blocks_is_not_kept_for_ever(void **state)
{
	enum { BURST = 200 };
	struct fixture *fixture = *state;
	static struct block *blocks[BURST];
	for (int index = 0; index < BURST; index++)
		blocks[index] = block_new(fixture->pool, BLOCK_LARGEST);
	for (int index = 0; index < BURST; index++)
		block_release(blocks[index]);
	assert_true(fixture->memory.outstanding < BURST / 2 * (size_t)BLOCK_LARGEST);
}

static void a_block_may_outlive_its_pool(void **state)
{
	struct fixture *fixture = *state;
	struct block *first = block_new(fixture->pool, 10);
	struct block *second = block_new(fixture->pool, 5000);
	pool_free(fixture->pool);
	fixture->pool = NULL;
	memset(first->bytes, 1, 10);
	block_release(first);
	memset(second->bytes, 1, 5000);
	block_release(second);
	check_nothing_leaked(&fixture->memory);
}

static void no_memory_is_no_pool_no_block_and_no_frame(void **state)
{
	struct fixture *fixture = *state;
	const struct bytes bytes = { (const uint8_t *)"abc", 3 };
	fixture->memory.refusals_after = 0;
	assert_null(pool_new(&fixture->memory.allocator));
	assert_null(block_new(fixture->pool, 1));
	assert_null(frame_new(fixture->pool));
	fixture->memory.refusals_after = 1; /* the frame, but not its block */
	assert_null(frame_from_bytes(fixture->pool, bytes));
	fixture->memory.refusals_after = UNLIMITED;
}

static void headers_are_pushed_in_front_and_pulled_off(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = frame_new(fixture->pool);
	CHECK_EQUAL(0, frame_size(frame));
	memcpy(frame_push(frame, 60), "transport", 9);
	memcpy(frame_push(frame, 60), "internet", 8);
	memcpy(frame_push(frame, 14), "link", 4);
	CHECK_EQUAL(134, frame_size(frame));
	assert_memory_equal(frame->head, "link", 4);
	frame_pull(frame, 14);
	assert_memory_equal(frame->head, "internet", 8);
	frame_pull(frame, 60);
	assert_memory_equal(frame_head(frame).at, "transport", 9);
	CHECK_EQUAL(60, frame_head(frame).size);
	frame_free(frame);
}

static void a_frame_in_one_piece_has_room_for_all_headers_in_front(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 1500, 65400 };
	struct fixture *fixture = *state;
	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		struct frame *frame = frame_with_room(fixture->pool, sizes[index]);
		CHECK_EQUAL(sizes[index], frame->head_size);
		memset(frame->head, 7, sizes[index]);
		memset(frame_push(frame, FRAME_HEAD_ROOM), 9, FRAME_HEAD_ROOM);
		frame_free(frame);
	}
}

static void the_largest_frame_from_outside_is_taken(void **state)
{
	struct fixture *fixture = *state;
	static uint8_t bytes[BLOCK_LARGEST];
	bytes[0] = 1;
	bytes[BLOCK_LARGEST - 1] = 2;
	struct frame *frame =
		frame_from_bytes(fixture->pool, (struct bytes){ bytes, sizeof bytes });
	CHECK_EQUAL(BLOCK_LARGEST, frame_size(frame));
	assert_memory_equal(bytes, frame->head, sizeof bytes);
	frame_free(frame);
}

/* head "ab" in the frame or in a block of its own, then slices "cde", "fg", "h". */
static struct frame *abcdefgh(struct fixture *fixture, bool in_block)
{
	static const char *const parts[] = { "cde", "fg", "h" };
	struct frame *frame =
		in_block ? frame_with_room(fixture->pool, 2) : frame_new(fixture->pool);
	memcpy(in_block ? frame->head : frame_push(frame, 2), "ab", 2);
	for (size_t index = 0; index < COUNT_OF(parts); index++) {
		uint32_t size = (uint32_t)strlen(parts[index]);
		struct block *block = block_new(fixture->pool, size);
		memcpy(block->bytes, parts[index], size);
		frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, size };
		frame->payload_size += size;
	}
	return frame;
}

static void bytes_are_copied_out_from_anywhere(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = abcdefgh(fixture, false);
	for (uint32_t offset = 0; offset <= 8; offset++) {
		for (size_t size = 0; size <= 10; size++) {
			char out[10] = { 0 };
			size_t there = size < 8 - offset ? size : 8 - offset;
			CHECK_EQUAL(there, frame_copy_out(frame, offset, (uint8_t *)out, size));
			assert_memory_equal(&"abcdefgh"[offset], out, there);
		}
	}
	CHECK_EQUAL(0, frame_copy_out(frame, 100, (uint8_t[1]){ 0 }, 1));
	frame_free(frame);
}

static void a_frame_is_trimmed_to_any_size(void **state)
{
	struct fixture *fixture = *state;
	for (uint32_t size = 0; size <= 8; size++) {
		struct frame *frame = abcdefgh(fixture, size % 2 == 0);
		char out[8];
		frame_trim(frame, size);
		CHECK_EQUAL(size, frame_size(frame));
		CHECK_EQUAL(size, frame_copy_out(frame, 0, (uint8_t *)out, sizeof out));
		assert_memory_equal("abcdefgh", out, size);
		frame_free(frame);
	}
}

static void a_clone_has_headers_of_its_own_and_the_same_slices(void **state)
{
	struct fixture *fixture = *state;
	for (int in_block = 0; in_block < 2; in_block++) {
		struct frame *frame = abcdefgh(fixture, in_block);
		frame->segment_size = 3;
		frame->checksum_left_out = true;
		struct frame *clone = frame_clone(frame);
		char out[8];

		CHECK_EQUAL(8, frame_copy_out(clone, 0, (uint8_t *)out, sizeof out));
		assert_memory_equal("abcdefgh", out, 8);
		CHECK_EQUAL(3, clone->segment_size);
		assert_true(clone->checksum_left_out);
		assert_ptr_equal(frame->slices[0].at, clone->slices[0].at);
		clone->head[0] = 'x';
		CHECK_EQUAL('a', frame->head[0]);
		memset(frame_push(clone, 14), 0, 14);
		frame_free(frame);
		CHECK_EQUAL(8, frame_copy_out(clone, 14, (uint8_t *)out, sizeof out));
		assert_memory_equal("xbcdefgh", out, 8);
		frame_free(clone);
	}
}

static void shared_payload_outlives_the_frame(void **state)
{
	struct fixture *fixture = *state;
	for (uint32_t offset = 0; offset <= 2; offset++) {
		for (int in_block = 0; in_block < 2; in_block++) {
			struct frame *frame = abcdefgh(fixture, in_block);
			struct slice slices[FRAME_SLICES + 1];
			char all[8];
			size_t size = 0;
			int count = frame_share_payload(frame, offset, slices);

			CHECK_EQUAL(offset < 2 ? 4 : 3, count);
			frame_free(frame);
			for (int index = 0; index < count; index++) {
				memcpy(all + size, slices[index].at, slices[index].size);
				size += slices[index].size;
				block_release(slices[index].block);
			}
			CHECK_EQUAL(8 - offset, size);
			assert_memory_equal(&"abcdefgh"[offset], all, size);
		}
	}
}

static void payload_in_the_frame_is_not_shared_without_memory(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = abcdefgh(fixture, false);
	struct slice slices[FRAME_SLICES + 1];
	fixture->memory.refusals_after = 0;
	assert_int_equal(-1, frame_share_payload(frame, 0, slices));
	fixture->memory.refusals_after = UNLIMITED;
	frame_free(frame);
}

#define BLOCK_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BLOCK_TEST(a_block_has_the_room_that_was_asked_for),
		BLOCK_TEST(a_block_goes_back_with_its_last_holder_and_is_used_again),
		BLOCK_TEST(a_burst_of_blocks_is_not_kept_for_ever),
		BLOCK_TEST(a_block_may_outlive_its_pool),
		BLOCK_TEST(no_memory_is_no_pool_no_block_and_no_frame),
		BLOCK_TEST(headers_are_pushed_in_front_and_pulled_off),
		BLOCK_TEST(a_frame_in_one_piece_has_room_for_all_headers_in_front),
		BLOCK_TEST(the_largest_frame_from_outside_is_taken),
		BLOCK_TEST(bytes_are_copied_out_from_anywhere),
		BLOCK_TEST(a_frame_is_trimmed_to_any_size),
		BLOCK_TEST(a_clone_has_headers_of_its_own_and_the_same_slices),
		BLOCK_TEST(shared_payload_outlives_the_frame),
		BLOCK_TEST(payload_in_the_frame_is_not_shared_without_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
