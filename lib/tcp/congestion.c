#include "tcp/congestion.h"

#define WINDOW_MOST (UINT32_C(1) << 30) /* RFC 7323's largest window: more can never be used */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

uint32_t congestion_initial_window(uint32_t mss)
{
	return least(10 * mss, most(2 * mss, 14600));
}

void congestion_init(struct congestion *congestion, uint32_t mss)
{
	*congestion = (struct congestion){
		.control = congestion->control ? congestion->control : &newreno,
		.mss = mss,
		.window = congestion_initial_window(mss),
		.threshold = WINDOW_MOST,
	};
}

void congestion_acknowledged(struct congestion *congestion, uint32_t bytes, uint64_t now)
{
	congestion->control->acknowledged(congestion, bytes, now);
	congestion->window = least(congestion->window, WINDOW_MOST);
}

void congestion_timed_out(struct congestion *congestion, uint32_t in_flight)
{
	congestion->threshold = congestion->control->threshold(congestion, in_flight);
	congestion->window = congestion->mss;
	congestion->counted = 0;
}

void congestion_enter_recovery(struct congestion *congestion, uint32_t in_flight)
{
	congestion->threshold = congestion->control->threshold(congestion, in_flight);
	congestion->window = congestion->threshold + 3 * congestion->mss;
	congestion->counted = 0;
}

void congestion_partial(struct congestion *congestion, uint32_t bytes)
{
	congestion->window -= least(bytes, congestion->window);
	if (bytes >= congestion->mss)
		congestion->window += congestion->mss;
	congestion->window = most(congestion->window, congestion->mss);
}

void congestion_leave_recovery(struct congestion *congestion, uint32_t in_flight)
{
	uint32_t quiet = most(in_flight, congestion->mss) + congestion->mss;
	congestion->window = least(congestion->threshold, quiet);
	congestion->counted = 0;
}

void congestion_idle(struct congestion *congestion)
{
	congestion->window = least(congestion->window, congestion_initial_window(congestion->mss));
}
