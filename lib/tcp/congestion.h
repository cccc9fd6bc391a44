/* congestion: how much may be in flight. A controller is a row of functions; the loss detector tells it what happened. */
#ifndef TCP_CONGESTION_H
#define TCP_CONGESTION_H

#include "base/bytes.h"

struct congestion;

struct congestion_control {
	const char *name; /* as TCP_CONGESTION and Linux know it */
	/* New data was acknowledged outside recovery. */
	void (*acknowledged)(struct congestion *congestion, uint32_t bytes, uint64_t now);
	/* Loss was found: the new slow-start threshold, in bytes. */
	uint32_t (*threshold)(struct congestion *congestion, uint32_t in_flight);
};

struct congestion {
	const struct congestion_control *control;
	uint32_t mss;
	uint32_t window;    /* cwnd, bytes */
	uint32_t threshold; /* ssthresh, bytes */
	uint32_t counted;   /* bytes acknowledged towards the next step of congestion avoidance */
};

extern const struct congestion_control newreno;

/* RFC 6928: the initial window, in bytes. */
uint32_t congestion_initial_window(uint32_t mss);

void congestion_init(struct congestion *congestion, uint32_t mss);
void congestion_acknowledged(struct congestion *congestion, uint32_t bytes, uint64_t now);
/* RFC 5681, 3.1: a time-out: threshold from what is in flight, one segment from there. */
void congestion_timed_out(struct congestion *congestion, uint32_t in_flight);
/* RFC 5681, 3.2 step 2 and 3, with the three segments that left the network. */
void congestion_enter_recovery(struct congestion *congestion, uint32_t in_flight);
/* RFC 6582, 3.2 step 4's partial acknowledgment of so many bytes. */
void congestion_partial(struct congestion *congestion, uint32_t bytes);
/* RFC 6582: full acknowledgment. */
void congestion_leave_recovery(struct congestion *congestion, uint32_t in_flight);
/* RFC 5681, 4.1: nothing was sent for longer than an RTO. */
void congestion_idle(struct congestion *congestion);

#endif
