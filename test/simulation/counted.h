/* counted: malloc as a berth_allocator that knows how much is out, how much ever was, and that may be told to refuse. For
 * programs that are not cmocka's (unit/check.h has theirs). */
#ifndef SIMULATION_COUNTED_H
#define SIMULATION_COUNTED_H

#include <berth/host.h>

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define COUNTED_NO_BOUND SIZE_MAX

struct counted {
	struct berth_allocator allocator;
	size_t outstanding; /* bytes */
	size_t most;        /* that outstanding ever was */
	size_t bound;       /* what would pass it is refused */
	size_t until_refusal; /* so many more allocations are granted before one is refused; COUNTED_NO_BOUND: all */
};

/* In front of each allocation, so that a release that lies about its size is caught. */
union counted_size {
	size_t size;
	max_align_t alignment;
};

static inline void *counted_take(void *context, size_t size)
{
	struct counted *counted = context;

	if (counted->until_refusal == 0) {
		counted->until_refusal = COUNTED_NO_BOUND;
		return NULL;
	}
	if (counted->until_refusal != COUNTED_NO_BOUND)
		counted->until_refusal--;
	if (size > counted->bound - counted->outstanding)
		return NULL;
	union counted_size *header = malloc(sizeof *header + size);
	if (!header)
		return NULL;
	header->size = size;
	counted->outstanding += size;
	if (counted->outstanding > counted->most)
		counted->most = counted->outstanding;
	return header + 1;
}

static inline void counted_give(void *context, void *at, size_t size)
{
	struct counted *counted = context;
	union counted_size *header = (union counted_size *)at - 1;

	if (header->size != size || counted->outstanding < size)
		abort();
	counted->outstanding -= size;
	free(header);
}

/* The struct stays where it is: the allocator points to it. */
static inline void counted_init(struct counted *counted)
{
	*counted = (struct counted){
		.allocator = { counted_take, counted_give, counted },
		.bound = COUNTED_NO_BOUND,
		.until_refusal = COUNTED_NO_BOUND,
	};
}

#endif
