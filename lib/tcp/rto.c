#include "tcp/rto.h"

enum { BACKOFF_MOST = 16 }; /* by then it has long been RTO_MOST */

void rto_init(struct rto *rto)
{
	*rto = (struct rto){ .rto_ns = RTO_FIRST };
}

static uint64_t bounded(uint64_t ns)
{
	return ns < RTO_LEAST ? RTO_LEAST : ns > RTO_MOST ? RTO_MOST : ns;
}

void rto_sample(struct rto *rto, uint64_t rtt_ns)
{
	if (rto->srtt_ns == 0) { /* RFC 6298, 2.2 */
		rto->srtt_ns = rtt_ns ? rtt_ns : 1;
		rto->rttvar_ns = rtt_ns / 2;
	} else { /* 2.3 */
		uint64_t error =
			rto->srtt_ns > rtt_ns ? rto->srtt_ns - rtt_ns : rtt_ns - rto->srtt_ns;
		rto->rttvar_ns = rto->rttvar_ns - rto->rttvar_ns / 4 + error / 4;
		rto->srtt_ns = rto->srtt_ns - rto->srtt_ns / 8 + rtt_ns / 8;
	}
	/* Linux adds its floor to the mean rather than flooring the sum, so that a steady path keeps a margin. */
	uint64_t margin = 4 * rto->rttvar_ns;
	rto->rto_ns = bounded(rto->srtt_ns + (margin > RTO_LEAST ? margin : RTO_LEAST));
	rto->backoff = 0;
}

void rto_back_off(struct rto *rto)
{
	if (rto->backoff < BACKOFF_MOST)
		rto->backoff++;
}

void rto_keep_backoff(struct rto *rto)
{
	rto->rto_ns = rto_wait(rto);
	rto->backoff = 0;
}

void rto_forget_backoff(struct rto *rto)
{
	rto->backoff = 0;
}

uint64_t rto_wait(const struct rto *rto)
{
	return bounded(rto->rto_ns << rto->backoff);
}
