/* hystart: HyStart++ (RFC 9406). Slow start doubles until something is lost, which then is half a window; a queue that
 * builds up shows before that, in round trips that get longer. Then the window grows at a quarter of the pace for some
 * rounds (conservative slow start), and if the round trips stay long, slow start is over; if they do not, it goes on.
 *
 * Only the first slow start of a connection is so, as the RFC says. There is no bound on the growth by one ACK: a large
 * segment is acknowledged whole. */
#ifndef TCP_HYSTART_H
#define TCP_HYSTART_H

#include "tcp/congestion.h"

struct hystart {
	uint64_t least_before; /* of the round before; UINT64_MAX: none */
	uint64_t least;        /* of this one */
	uint64_t baseline;     /* what it must fall below again: of the round that seemed long */
	uint32_t round_end;
	uint8_t samples;     /* in this round */
	uint8_t slow_rounds; /* that have ended; the one in which it began counts */
	bool in_round;       /* round_end is valid */
	bool slow;           /* conservative slow start */
	bool over;
};

void hystart_begin(struct hystart *hystart);
/* Something was lost or marked: slow start has an end. */
void hystart_end(struct hystart *hystart);

/* An ACK in slow start; true: the window is to be the threshold from now on. */
bool hystart_is_over(struct hystart *hystart, const struct congestion_ack *ack);

/* How much the window may grow for so many bytes that have arrived. */
uint32_t hystart_growth(const struct hystart *hystart, uint32_t bytes);

#endif
