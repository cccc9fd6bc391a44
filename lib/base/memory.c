#include "base/memory.h"

#include <string.h>

void *memory_take_raw(const struct berth_allocator *allocator, size_t size)
{
	return allocator->allocate(allocator->context, size);
}

void *memory_take(const struct berth_allocator *allocator, size_t size)
{
	void *at = memory_take_raw(allocator, size);
	if (at)
		memset(at, 0, size);
	return at;
}

void memory_give(const struct berth_allocator *allocator, void *at, size_t size)
{
	if (at)
		allocator->release(allocator->context, at, size);
}
