/* block: payload, copied in once and counted by reference from then on. A pool recycles blocks of four sizes, up to a
 * bound a size; it is itself kept alive by the blocks that are out, since a block may outlive the host that made it. */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include "base/bytes.h"
#include "base/memory.h"

struct pool;

struct block {
	uint32_t references;
	uint32_t room; /* bytes behind it */
	uint32_t used; /* how many of them are spoken for; only the sole holder adds to it */
	uint32_t kind; /* which of the pool's shelves it goes back to */
	union {
		struct pool *home;
		struct block *next; /* while on the shelf */
	};
	uint8_t bytes[];
};

/* A part of a block. Holding a slice is holding one reference. */
struct slice {
	struct block *block;
	uint8_t *at;
	uint32_t size;
};

enum { BLOCK_LARGEST = 65536 };

/* NULL: no memory. pool_free gives up the pool; the memory goes when the last block is back. */
struct pool *pool_new(const struct berth_allocator *allocator);
void pool_free(struct pool *pool);
const struct berth_allocator *pool_allocator(const struct pool *pool);

/* A block of at least size bytes (at most BLOCK_LARGEST), unused, with one reference. NULL: no memory. */
struct block *block_new(struct pool *pool, size_t size);
void block_release_last(struct block *block);

static inline void block_hold(struct block *block)
{
	block->references++;
}

static inline void block_release(struct block *block)
{
	if (--block->references == 0)
		block_release_last(block);
}

/* One more holder of the same bytes. */
static inline struct slice slice_share(struct slice slice)
{
	block_hold(slice.block);
	return slice;
}

static inline struct slice slice_share_part(struct slice slice, uint32_t offset, uint32_t size)
{
	block_hold(slice.block);
	return (struct slice){ slice.block, slice.at + offset, size };
}

#endif
