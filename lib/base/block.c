#include "base/block.h"

#include "base/assert.h"

/* A shelf a size; the bound keeps what a burst took from being kept for ever. */
static const struct {
	uint32_t room;
	uint32_t kept;
} shelves[] = {
	{ 768, 1024 },
	{ 2048 + 64, 1024 },
	{ 16384, 64 },
	{ BLOCK_LARGEST, 64 },
};

enum { SHELF_COUNT = sizeof shelves / sizeof shelves[0] };

struct pool {
	const struct berth_allocator *allocator;
	struct berth_allocator own_allocator;
	uint64_t out; /* blocks in somebody's hands */
	bool given_up;
	struct {
		struct block *first;
		uint32_t count;
	} shelf[SHELF_COUNT];
};

struct pool *pool_new(const struct berth_allocator *allocator)
{
	struct pool *pool = memory_take(allocator, sizeof *pool);
	if (!pool)
		return NULL;
	pool->own_allocator = *allocator;
	pool->allocator = &pool->own_allocator;
	return pool;
}

const struct berth_allocator *pool_allocator(const struct pool *pool)
{
	return pool->allocator;
}

static void give_back(struct pool *pool, struct block *block)
{
	memory_give(pool->allocator, block, sizeof *block + shelves[block->kind].room);
}

static void pool_end(struct pool *pool)
{
	struct berth_allocator allocator = pool->own_allocator;
	memory_give(&allocator, pool, sizeof *pool);
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (uint32_t kind = 0; kind < SHELF_COUNT; kind++) {
		for (struct block *block = pool->shelf[kind].first; block;) {
			struct block *next = block->next;
			give_back(pool, block);
			block = next;
		}
		pool->shelf[kind].first = NULL;
		pool->shelf[kind].count = 0;
	}
	pool->given_up = true;
	if (pool->out == 0)
		pool_end(pool);
}

struct block *block_new(struct pool *pool, size_t size)
{
	assert(size <= BLOCK_LARGEST);

	uint32_t kind = 0;
	while (shelves[kind].room < size)
		kind++;

	struct block *block = pool->shelf[kind].first;
	if (block) {
		pool->shelf[kind].first = block->next;
		pool->shelf[kind].count--;
	} else {
		block = memory_take_raw(pool->allocator, sizeof *block + shelves[kind].room);
		if (!block)
			return NULL;
	}
	block->references = 1;
	block->room = shelves[kind].room;
	block->used = 0;
	block->kind = kind;
	block->home = pool;
	pool->out++;
	return block;
}

void block_release_last(struct block *block)
{
	struct pool *pool = block->home;
	uint32_t kind = block->kind;

	assert(block->references == 0 && pool->out > 0);
	pool->out--;
	if (pool->given_up) {
		give_back(pool, block);
		if (pool->out == 0)
			pool_end(pool);
		return;
	}
	if (pool->shelf[kind].count >= shelves[kind].kept) {
		give_back(pool, block);
		return;
	}
	block->next = pool->shelf[kind].first;
	pool->shelf[kind].first = block;
	pool->shelf[kind].count++;
}
