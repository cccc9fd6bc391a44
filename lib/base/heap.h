/* heap: deadlines in order, the earliest at the root. A node is embedded in what waits and knows its own place, so it
 * can be moved or taken out in logarithmic time. Times are nanoseconds; NEVER is later than any. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define NEVER UINT64_MAX

struct heap_node {
	uint64_t deadline;
	uint32_t place; /* 0: in no heap; else its index in the heap, plus one */
};

struct heap {
	const struct berth_allocator *allocator;
	struct heap_node **nodes;
	uint32_t count;
	uint32_t room;
};

void heap_init(struct heap *heap, const struct berth_allocator *allocator);
void heap_close(struct heap *heap);

/* Makes room for that many nodes, so that heap_set cannot fail below it. False: no memory. */
bool heap_reserve(struct heap *heap, uint32_t count);

/* Puts the node at this deadline, in the heap if it was not; NEVER takes it out. There must be room. */
void heap_set(struct heap *heap, struct heap_node *node, uint64_t deadline);

/* NULL when nothing waits. */
struct heap_node *heap_first(const struct heap *heap);
uint64_t heap_deadline(const struct heap *heap);

#endif
