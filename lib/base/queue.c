#include "base/queue.h"

#include "base/assert.h"

/* Below this size copying is cheaper than holding a block, and keeps a queue's memory near its bytes. */
enum { SMALL = 1024, FIRST_ROOM = 4 };

static void forget_ring(struct queue *queue, struct pool *pool)
{
	memory_give(pool_allocator(pool), queue->slices, queue->room * sizeof *queue->slices);
	*queue = (struct queue){ 0 };
}

void queue_close(struct queue *queue, struct pool *pool)
{
	for (uint32_t index = 0; index < queue->count; index++)
		block_release(queue_at(queue, index)->block);
	forget_ring(queue, pool);
}

static bool reserve(struct queue *queue, struct pool *pool, uint32_t count)
{
	if (count <= queue->room)
		return true;

	uint32_t room = queue->room ? queue->room : FIRST_ROOM;
	while (room < count)
		room *= 2;
	struct slice *slices = memory_take_raw(pool_allocator(pool), room * sizeof *slices);
	if (!slices)
		return false;
	for (uint32_t index = 0; index < queue->count; index++)
		slices[index] = *queue_at(queue, index);
	memory_give(pool_allocator(pool), queue->slices, queue->room * sizeof *queue->slices);
	queue->slices = slices;
	queue->room = room;
	queue->first = 0;
	return true;
}

/* How much can be copied behind the last slice: its block must be ours alone and unused past the slice. */
static uint32_t room_behind(const struct queue *queue)
{
	if (queue->count == 0)
		return 0;
	const struct slice *last = queue_at(queue, queue->count - 1);
	const struct block *block = last->block;
	bool at_end = last->at + last->size == block->bytes + block->used;
	return block->kind != 0 && block->references == 1 && at_end ? block->room - block->used : 0;
}

static void copy_behind(struct queue *queue, struct bytes bytes)
{
	struct slice *last = queue_at(queue, queue->count - 1);
	memcpy(last->at + last->size, bytes.at, bytes.size);
	last->size += (uint32_t)bytes.size;
	last->block->used += (uint32_t)bytes.size;
	queue->size += (uint32_t)bytes.size;
}

static bool append(struct queue *queue, struct pool *pool, struct slice slice)
{
	if (!reserve(queue, pool, queue->count + 1))
		return false;
	queue->count++;
	*queue_at(queue, queue->count - 1) = slice;
	queue->size += slice.size;
	return true;
}

bool queue_append(struct queue *queue, struct pool *pool, struct slice slice)
{
	struct bytes bytes = { slice.at, slice.size };

	if (slice.size == 0 || (slice.size < SMALL && room_behind(queue) >= slice.size)) {
		if (slice.size > 0)
			copy_behind(queue, bytes);
		block_release(slice.block);
		return true;
	}
	/* Held as it is, a byte would keep a block: a peer that sends them singly, some 800 bytes for each. */
	if (slice.size < SMALL && slice.size < slice.block->room / 4) {
		size_t copied = queue_append_copy(queue, pool, bytes);
		if (copied < slice.size) {
			queue_drop_back(queue, pool, (uint32_t)copied);
			return false;
		}
		block_release(slice.block);
		return true;
	}
	return append(queue, pool, slice);
}

/* A piece below SMALL gets a block with room for its likely followers. */
static size_t block_size_for(size_t size)
{
	if (size < SMALL)
		return 2 * SMALL;
	return size < BLOCK_LARGEST ? size : BLOCK_LARGEST;
}

size_t queue_append_copy(struct queue *queue, struct pool *pool, struct bytes bytes)
{
	size_t asked = bytes.size;

	while (bytes.size > 0) {
		size_t piece = room_behind(queue);
		if (piece > bytes.size)
			piece = bytes.size;
		if (piece > 0) {
			copy_behind(queue, (struct bytes){ bytes.at, piece });
			bytes = bytes_after(bytes, piece);
			continue;
		}
		struct block *block = block_new(pool, block_size_for(bytes.size));
		if (!block)
			break;
		piece = bytes.size < block->room ? bytes.size : block->room;
		memcpy(block->bytes, bytes.at, piece);
		block->used = (uint32_t)piece;
		if (!append(queue, pool, (struct slice){ block, block->bytes, (uint32_t)piece })) {
			block_release(block);
			break;
		}
		bytes = bytes_after(bytes, piece);
	}
	return asked - bytes.size;
}

bool queue_append_queue(struct queue *queue, struct pool *pool, struct queue *other)
{
	if (!reserve(queue, pool, queue->count + other->count))
		return false;
	for (uint32_t index = 0; index < other->count; index++) {
		queue->count++;
		*queue_at(queue, queue->count - 1) = *queue_at(other, index);
	}
	queue->size += other->size;
	forget_ring(other, pool);
	return true;
}

void queue_drop_front(struct queue *queue, struct pool *pool, uint32_t size)
{
	assert(size <= queue->size);
	queue->size -= size;
	while (size > 0) {
		struct slice *slice = queue_at(queue, 0);
		if (slice->size > size) {
			slice->at += size;
			slice->size -= size;
			return;
		}
		size -= slice->size;
		block_release(slice->block);
		queue->first = (queue->first + 1) & (queue->room - 1);
		queue->count--;
	}
	if (queue->count == 0 && queue->room > FIRST_ROOM)
		forget_ring(queue, pool);
}

void queue_drop_back(struct queue *queue, struct pool *pool, uint32_t size)
{
	assert(size <= queue->size);
	queue->size -= size;
	while (size > 0) {
		struct slice *slice = queue_at(queue, queue->count - 1);
		if (slice->size > size) {
			slice->size -= size;
			return;
		}
		size -= slice->size;
		block_release(slice->block);
		queue->count--;
	}
	if (queue->count == 0)
		forget_ring(queue, pool);
}

/* The slice that holds the byte at offset; *offset becomes the offset inside it. */
static uint32_t find(const struct queue *queue, uint32_t *offset)
{
	uint32_t index = 0;
	while (index < queue->count && *offset >= queue_at(queue, index)->size)
		*offset -= queue_at(queue, index++)->size;
	return index;
}

uint32_t queue_share(const struct queue *queue, uint32_t offset, uint32_t size,
		     struct slice *slices, uint32_t most, uint32_t *covered)
{
	uint32_t count = 0;
	uint32_t shared = 0;

	for (uint32_t index = find(queue, &offset);
	     index < queue->count && count < most && shared < size; index++) {
		const struct slice *slice = queue_at(queue, index);
		uint32_t piece = slice->size - offset;
		if (piece > size - shared)
			piece = size - shared;
		slices[count++] = slice_share_part(*slice, offset, piece);
		shared += piece;
		offset = 0;
	}
	*covered = shared;
	return count;
}

size_t queue_copy_out(const struct queue *queue, uint32_t offset, uint8_t *to, size_t size)
{
	size_t copied = 0;

	for (uint32_t index = find(queue, &offset); index < queue->count && copied < size;
	     index++) {
		const struct slice *slice = queue_at(queue, index);
		size_t piece = slice->size - offset;
		if (piece > size - copied)
			piece = size - copied;
		memcpy(to + copied, slice->at + offset, piece);
		copied += piece;
		offset = 0;
	}
	return copied;
}
