#include "ip/sources.h"

#include "base/assert.h"

enum { ROOM_LEAST = 4 };

uint32_t sources_place(const struct sources *sources, const struct address *source)
{
	uint32_t place = 0;
	while (place < sources->count && !address_equal(&sources->at[place], source))
		place++;
	return place;
}

static bool grow(const struct berth_allocator *allocator, struct sources *sources)
{
	uint32_t room = sources->room ? 2 * sources->room : ROOM_LEAST;
	struct address *at = memory_take_raw(allocator, room * sizeof *at);
	if (!at)
		return false;
	uint32_t count = sources->count;
	if (count > 0)
		memcpy(at, sources->at, count * sizeof *at);
	sources_free(allocator, sources);
	*sources = (struct sources){ at, count, room };
	return true;
}

bool sources_add(const struct berth_allocator *allocator, struct sources *sources,
		 const struct address *source)
{
	if (sources->count == sources->room && !grow(allocator, sources))
		return false;
	sources->at[sources->count++] = *source;
	return true;
}

void sources_remove(struct sources *sources, uint32_t place)
{
	assert(place < sources->count);
	sources->at[place] = sources->at[--sources->count];
}

void sources_free(const struct berth_allocator *allocator, struct sources *sources)
{
	if (sources->at)
		memory_give(allocator, sources->at, sources->room * sizeof *sources->at);
	*sources = (struct sources){ 0 };
}
