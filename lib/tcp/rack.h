/* rack: what was sent before something that has arrived, and by more than reordering explains, is lost (RFC 8985, 6). Only
 * times are compared, so a retransmission that is lost is found as well as a first sending.
 *
 * How long reordering may take is a quarter of the least round trip, while it has been seen; none at all where it never was
 * and three segments have overtaken. D-SACK tells where that was too short: then it grows by a quarter (6.2, step 4). */
#ifndef TCP_RACK_H
#define TCP_RACK_H

#include "base/clock.h"
#include "tcp/scoreboard.h"

struct rack {
	uint32_t order; /* of what was sent last of all that has arrived; and its end */
	uint32_t end;
	bool any;              /* something has */
	uint64_t rtt_ns;       /* of what arrived last */
	uint64_t least_rtt_ns; /* of the last minutes; 0: none yet */
	uint64_t least_rtt_at;
	uint64_t adapted_at; /* bytes delivered when the window last grew */
	uint16_t
		degree; /* of reordering, in segments: so many that are overtaken are no sign of loss */
	uint8_t steps;   /* the window, in quarters of the least round trip */
	uint8_t persist; /* recoveries until it is one quarter again */
	bool reordering_seen;
	bool duplicate_seen; /* by D-SACK, and the window has not grown for it yet */
	bool advanced;       /* something has arrived since losses were last looked for */
};

void rack_init(struct rack *rack, uint16_t degree);

/* A round trip was measured. */
void rack_sample(struct rack *rack, uint64_t rtt_ns, uint64_t now, uint64_t window_ns);

/* This has arrived (6.2, steps 1 and 2). */
void rack_arrived(struct rack *rack, const struct sending *sending, uint64_t now);

/* What was never sent again has arrived behind what was sent after it: by so many bytes (step 3). */
void rack_overtaken(struct rack *rack, uint32_t bytes, uint32_t mss, uint16_t most);

/* An ACK has been looked at: the window follows what D-SACK said in it. prior: what had been delivered when the newest that
 * it acknowledges was sent; delivered: now. */
void rack_adapt(struct rack *rack, uint64_t prior, uint64_t delivered);
/* A recovery has ended that no D-SACK called spurious; or one did. */
void rack_recovered(struct rack *rack);
void rack_was_wrong(struct rack *rack);

/* How long reordering may take. impatient: losses are being repaired, or three segments have been overtaken. */
uint64_t rack_window(const struct rack *rack, uint64_t srtt_ns, bool impatient);

/* Has its time passed? 0, or how long it still has. */
uint64_t rack_time_left(const struct rack *rack, const struct sending *sending, uint64_t window_ns,
			uint64_t now);

/* Marks what is lost (step 5). Returns how many bytes; *wait: until when to look again, 0: there is no need. */
uint32_t rack_find_lost(struct rack *rack, struct scoreboard *board, uint64_t window_ns,
			uint64_t now, uint64_t *wait);

#endif
