/* prr: Proportional Rate Reduction (RFC 9937): how the window comes down from what it was to the threshold while the losses
 * of one round trip are repaired: by as much as arrives, in proportion; and, should more be lost than that, up to the
 * threshold again no faster than slow start. Counted in whole segments, as Linux does, so that both send at the same ACK. */
#ifndef TCP_PRR_H
#define TCP_PRR_H

#include "base/bytes.h"

struct prr {
	uint32_t prior_window; /* when it began: RecoverFS, of which Linux makes the window */
	uint32_t delivered;    /* since then */
	uint32_t out;          /* sent since then, first or again */
};

/* What an ACK said. */
struct prr_ack {
	uint32_t delivered;
	uint32_t in_flight;
	bool safe; /* it moved snd_una on and showed no further loss: SafeACK */
};

/* The window after this ACK. */
uint32_t prr_window(struct prr *prr, const struct prr_ack *ack, uint32_t threshold, uint32_t mss);

#endif
