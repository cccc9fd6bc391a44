/* congestion_path: a controller by itself, CUBIC unless told otherwise, in virtual time: a path of 100 ms on which every ACK is
 * of one segment. */
#ifndef UNIT_CONGESTION_PATH_H
#define UNIT_CONGESTION_PATH_H

#include "unit/check.h"

#include "base/clock.h"
#include "tcp/congestion.h"

enum { MSS = 1000 };
#define ROUND (100 * MILLISECOND)

struct path {
	struct counted_memory memory;
	struct congestion congestion;
	uint64_t now;
	uint32_t at;  /* snd_una */
	uint64_t rtt; /* of what is acknowledged now */
};

static inline int path_begin(void **state)
{
	static struct path path;

	path = (struct path){ .congestion = { .control = &cubic },
			      .now = 1000 * SECOND,
			      .rtt = ROUND };
	counted_memory_init(&path.memory);
	congestion_init(&path.congestion, &path.memory.allocator, MSS, path.now);
	*state = &path;
	return 0;
}

static inline int path_end(void **state)
{
	struct path *path = *state;
	congestion_close(&path->congestion, &path->memory.allocator);
	check_nothing_leaked(&path->memory);
	return 0;
}

#define PATH_TEST(name) cmocka_unit_test_setup_teardown(name, path_begin, path_end)

static inline uint32_t segments(const struct path *path)
{
	return path->congestion.window / MSS;
}

static inline void acknowledge(struct path *path, uint32_t bytes, bool limited)
{
	uint32_t window = path->congestion.window;

	path->at += bytes;
	congestion_acked(&path->congestion, &(struct congestion_ack){
						    .now = path->now,
						    .acknowledged = bytes,
						    .delivered = bytes,
						    .in_flight_before = window,
						    .in_flight = window - bytes,
						    .snd_una = path->at,
						    .snd_nxt = path->at + window - bytes,
						    .rtt_ns = path->rtt,
						    .srtt_ns = path->rtt,
						    .least_rtt_ns = ROUND,
						    .window_limited = limited,
					    });
}

/* A window's worth of ACKs, spread over one round trip. */
static inline void round_trip(struct path *path)
{
	uint32_t count = segments(path);
	uint64_t began = path->now;

	for (uint32_t index = 1; index <= count; index++) {
		path->now = began + ROUND * index / count;
		acknowledge(path, MSS, true);
	}
}

static inline void lose(struct path *path)
{
	congestion_reduce(&path->congestion, PHASE_RECOVERY, path->congestion.window, path->now);
	congestion_reduced(&path->congestion, path->now);
}

/* In congestion avoidance with this window, and no loss remembered. */
static inline void avoiding(struct path *path, uint32_t window)
{
	path->congestion.window = path->congestion.threshold = window * MSS;
}

#endif
