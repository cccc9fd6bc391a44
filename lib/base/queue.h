/* queue: bytes in order, held as slices: what a socket is to send, what it has received, what came too early. Bytes are
 * counted from the front; small pieces are copied together so that a queue of single bytes is not a queue of blocks. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/block.h"

struct queue {
	struct slice *slices; /* a ring */
	uint32_t room;        /* of the ring: 0 or a power of two */
	uint32_t first;
	uint32_t count;
	uint32_t size; /* bytes in all */
};

/* An empty queue is all zeros and holds no memory. */
void queue_close(struct queue *queue, struct pool *pool);

/* Adds a slice, taking over its reference; small ones are copied behind the last where there is room. False: no memory,
 * and the reference stays the caller's. */
bool queue_append(struct queue *queue, struct pool *pool, struct slice slice);

/* Adds a copy; returns how much of it found memory. */
size_t queue_append_copy(struct queue *queue, struct pool *pool, struct bytes bytes);

/* Moves everything of another queue, which is left empty, to the end. False: no memory, nothing moved. */
bool queue_append_queue(struct queue *queue, struct pool *pool, struct queue *other);

/* Drops bytes from the front, or from the end. */
void queue_drop_front(struct queue *queue, struct pool *pool, uint32_t size);
void queue_drop_back(struct queue *queue, struct pool *pool, uint32_t size);

/* New references to the bytes from offset on, at most size of them and at most most slices. Returns how many slices;
 * *covered how many bytes. */
uint32_t queue_share(const struct queue *queue, uint32_t offset, uint32_t size,
		     struct slice *slices, uint32_t most, uint32_t *covered);

/* Copies from offset on; returns how much. */
size_t queue_copy_out(const struct queue *queue, uint32_t offset, uint8_t *to, size_t size);

/* The index-th slice from the front, no reference taken. */
static inline struct slice *queue_at(const struct queue *queue, uint32_t index)
{
	return &queue->slices[(queue->first + index) & (queue->room - 1)];
}

#endif
