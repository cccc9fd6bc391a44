/* clock: the host's time, and what waits for it. Time moves only in clock_advance. An alarm is embedded in what waits;
 * admitting it makes room for it, so that setting one can never fail. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/heap.h"

#define MICROSECOND UINT64_C(1000)
#define MILLISECOND UINT64_C(1000000)
#define SECOND      UINT64_C(1000000000)

struct clock {
	uint64_t now;
	struct heap heap;
	uint32_t admitted;
};

struct alarm {
	struct heap_node node;
	void (*due)(struct alarm *alarm);
};

void clock_init(struct clock *clock, const struct berth_allocator *allocator, uint64_t now);
/* Every alarm has been dismissed before. */
void clock_close(struct clock *clock);

/* False: no memory. The alarm is not set yet. */
bool clock_admit(struct clock *clock, struct alarm *alarm, void (*due)(struct alarm *alarm));
void clock_dismiss(struct clock *clock, struct alarm *alarm);

/* Sets or moves it; NEVER unsets it. */
static inline void clock_set(struct clock *clock, struct alarm *alarm, uint64_t deadline)
{
	heap_set(&clock->heap, &alarm->node, deadline);
}

/* Moves now forward and fires what is due, the earliest first. An alarm is unset before it fires, and may set, dismiss
 * or free itself or others then. */
void clock_advance(struct clock *clock, uint64_t now);

static inline uint64_t clock_deadline(const struct clock *clock)
{
	return heap_deadline(&clock->heap);
}

#endif
