#include "base/clock.h"

#include "base/assert.h"
#include "base/list.h"

void clock_init(struct clock *clock, const struct berth_allocator *allocator, uint64_t now)
{
	*clock = (struct clock){ .now = now };
	heap_init(&clock->heap, allocator);
}

void clock_close(struct clock *clock)
{
	assert(clock->admitted == 0);
	heap_close(&clock->heap);
}

bool clock_admit(struct clock *clock, struct alarm *alarm, void (*due)(struct alarm *alarm))
{
	if (!heap_reserve(&clock->heap, clock->admitted + 1))
		return false;
	clock->admitted++;
	*alarm = (struct alarm){ .node.deadline = NEVER, .due = due };
	return true;
}

void clock_dismiss(struct clock *clock, struct alarm *alarm)
{
	assert(alarm->due && clock->admitted > 0);
	clock_set(clock, alarm, NEVER);
	clock->admitted--;
	alarm->due = NULL;
}

void clock_advance(struct clock *clock, uint64_t now)
{
	assert(now >= clock->now);
	clock->now = now;
	while (heap_first(&clock->heap) && clock_deadline(clock) <= now) {
		struct alarm *alarm = CONTAINER_OF(heap_first(&clock->heap), struct alarm, node);
		clock_set(clock, alarm, NEVER);
		alarm->due(alarm);
	}
}
