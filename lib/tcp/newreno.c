/* newreno: slow start and congestion avoidance by RFC 5681, 3.1, counting bytes (RFC 3465) so that an ACK cut in pieces
 * earns no more than one that is whole. */
#include "tcp/congestion.h"

static void acknowledged(struct congestion *congestion, const struct congestion_ack *ack)
{
	uint32_t bytes = ack->delivered;

	if (!ack->window_limited) /* what was not used has not been proven (RFC 7661; Linux does this too) */
		return;
	bytes = congestion_slow_start(congestion, bytes);
	congestion->counted += bytes;
	while (congestion->counted >= congestion->window) {
		congestion->counted -= congestion->window;
		congestion->window += congestion->mss;
	}
}

/* RFC 5681, equation 4. What limited transmit sent beyond the window MUST NOT count (3.2). */
static uint32_t threshold(struct congestion *congestion, uint32_t outstanding)
{
	uint32_t window = congestion->window;
	uint32_t half = (outstanding < window ? outstanding : window) / 2;
	return half > 2 * congestion->mss ? half : 2 * congestion->mss;
}

const struct congestion_control newreno = {
	.name = "reno",
	.acknowledged = acknowledged,
	.threshold = threshold,
};
