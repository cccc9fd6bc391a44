/* check: what the unit tests share: cmocka, and an allocator that counts, so that a leak fails the test that made it. */
#ifndef UNIT_CHECK_H
#define UNIT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <berth/host.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

#define CHECK_EQUAL(expected, actual) assert_int_equal((uintmax_t)(expected), (uintmax_t)(actual))

/* malloc, counted. After `refusals_after` more allocations (UNLIMITED: never) there is no memory. */
struct counted_memory {
	struct berth_allocator allocator;
	size_t outstanding; /* bytes */
	size_t refusals_after;
};

#define UNLIMITED SIZE_MAX

/* In front of each allocation, so that a release that lies about its size is caught. */
union counted_header {
	size_t size;
	max_align_t alignment;
};

static inline void *counted_allocate(void *context, size_t size)
{
	struct counted_memory *memory = context;
	if (memory->refusals_after == 0)
		return NULL;
	if (memory->refusals_after != UNLIMITED)
		memory->refusals_after--;

	union counted_header *header = malloc(sizeof *header + size);
	assert_non_null(header);
	header->size = size;
	memset(header + 1, 0xa5, size); /* so that nobody relies on zeros */
	memory->outstanding += size;
	return header + 1;
}

static inline void counted_release(void *context, void *at, size_t size)
{
	struct counted_memory *memory = context;
	union counted_header *header = (union counted_header *)at - 1;
	assert_int_equal(header->size, size);
	memory->outstanding -= size;
	free(header);
}

static inline void counted_memory_init(struct counted_memory *memory)
{
	*memory = (struct counted_memory){
		.allocator = { counted_allocate, counted_release, memory },
		.refusals_after = UNLIMITED,
	};
}

static inline void check_nothing_leaked(const struct counted_memory *memory)
{
	assert_int_equal(memory->outstanding, 0);
}

#endif
