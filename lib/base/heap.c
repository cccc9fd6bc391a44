#include "base/heap.h"

#include "base/assert.h"

#include <string.h>

void heap_init(struct heap *heap, const struct berth_allocator *allocator)
{
	*heap = (struct heap){ .allocator = allocator };
}

void heap_close(struct heap *heap)
{
	memory_give(heap->allocator, heap->nodes, heap->room * sizeof *heap->nodes);
	*heap = (struct heap){ 0 };
}

bool heap_reserve(struct heap *heap, uint32_t count)
{
	if (count <= heap->room)
		return true;

	uint32_t room = heap->room ? heap->room : 16;
	while (room < count)
		room *= 2;
	struct heap_node **nodes = memory_take_raw(heap->allocator, room * sizeof *nodes);
	if (!nodes)
		return false;
	if (heap->count)
		memcpy(nodes, heap->nodes, heap->count * sizeof *nodes);
	memory_give(heap->allocator, heap->nodes, heap->room * sizeof *nodes);
	heap->nodes = nodes;
	heap->room = room;
	return true;
}

static void put(struct heap *heap, uint32_t index, struct heap_node *node)
{
	heap->nodes[index] = node;
	node->place = index + 1;
}

static void rise(struct heap *heap, uint32_t index, struct heap_node *node)
{
	while (index > 0 && node->deadline < heap->nodes[(index - 1) / 2]->deadline) {
		put(heap, index, heap->nodes[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(heap, index, node);
}

static void sink(struct heap *heap, uint32_t index, struct heap_node *node)
{
	for (;;) {
		uint32_t child = 2 * index + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count &&
		    heap->nodes[child + 1]->deadline < heap->nodes[child]->deadline)
			child++;
		if (heap->nodes[child]->deadline >= node->deadline)
			break;
		put(heap, index, heap->nodes[child]);
		index = child;
	}
	put(heap, index, node);
}

static void settle(struct heap *heap, uint32_t index, struct heap_node *node)
{
	if (index > 0 && node->deadline < heap->nodes[(index - 1) / 2]->deadline)
		rise(heap, index, node);
	else
		sink(heap, index, node);
}

static void take_out(struct heap *heap, struct heap_node *node)
{
	uint32_t index = node->place - 1;
	struct heap_node *last = heap->nodes[--heap->count];

	node->place = 0;
	if (last != node)
		settle(heap, index, last);
}

void heap_set(struct heap *heap, struct heap_node *node, uint64_t deadline)
{
	if (deadline == NEVER) {
		if (node->place)
			take_out(heap, node);
		node->deadline = NEVER;
		return;
	}
	if (!node->place) {
		assert(heap->count < heap->room);
		node->deadline = deadline;
		rise(heap, heap->count++, node);
		return;
	}
	if (deadline == node->deadline)
		return;
	node->deadline = deadline;
	settle(heap, node->place - 1, node);
}

struct heap_node *heap_first(const struct heap *heap)
{
	return heap->count ? heap->nodes[0] : NULL;
}

uint64_t heap_deadline(const struct heap *heap)
{
	return heap->count ? heap->nodes[0]->deadline : NEVER;
}
