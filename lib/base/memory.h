/* memory: the allocator handed over at creation, and nothing else, gives libberth memory. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <berth/host.h>
#include <stddef.h>

/* Zeroed; NULL when there is none. */
void *memory_take(const struct berth_allocator *allocator, size_t size);

/* Not zeroed. */
void *memory_take_raw(const struct berth_allocator *allocator, size_t size);

void memory_give(const struct berth_allocator *allocator, void *at, size_t size);

#endif
