#include "tcp/prr.h"

#include "base/assert.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t above(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

/* RFC 9937, 5: while more is in flight than the threshold allows. */
static uint32_t proportional(const struct prr *prr, uint32_t threshold, uint32_t mss)
{
	uint64_t share = (uint64_t)threshold * prr->delivered;
	uint64_t bytes = (share + prr->prior_window - 1) / prr->prior_window;
	uint64_t whole = (bytes + mss - 1) / mss * mss;

	return whole > prr->out ? (uint32_t)(whole - prr->out) : 0;
}

/* And while less is: PRR-CRB, or with a safe ACK PRR-SSRB. */
static uint32_t reduction_bound(const struct prr *prr, const struct prr_ack *ack,
				uint32_t threshold, uint32_t mss)
{
	uint32_t count = most(above(prr->delivered, prr->out), ack->delivered);

	if (ack->safe)
		count += mss;
	return least(count, threshold - ack->in_flight);
}

uint32_t prr_window(struct prr *prr, const struct prr_ack *ack, uint32_t threshold, uint32_t mss)
{
	assert(prr->prior_window > 0);

	prr->delivered += ack->delivered;
	uint32_t count = ack->in_flight > threshold ? proportional(prr, threshold, mss)
						    : reduction_bound(prr, ack, threshold, mss);
	if (prr->out == 0) /* the first retransmission goes whatever the window */
		count = most(count, mss);
	return ack->in_flight + count;
}
