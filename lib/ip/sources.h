/* sources: a list of addresses that takes no memory until there is one: whom a group is wanted from. Short enough to be
 * searched one by one. */
#ifndef IP_SOURCES_H
#define IP_SOURCES_H

#include "base/memory.h"
#include "wire/address.h"

/* Zero: an empty one. Once there was a source, at stays until sources_free. */
struct sources {
	struct address *at;
	uint32_t count, room;
};

/* Where it is; count: it is not among them. */
uint32_t sources_place(const struct sources *sources, const struct address *source);

static inline bool sources_have(const struct sources *sources, const struct address *source)
{
	return sources_place(sources, source) < sources->count;
}

/* False: no memory. */
bool sources_add(const struct berth_allocator *allocator, struct sources *sources,
		 const struct address *source);
/* The last takes its place. */
void sources_remove(struct sources *sources, uint32_t place);
void sources_free(const struct berth_allocator *allocator, struct sources *sources);

#endif
