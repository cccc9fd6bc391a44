/* rto: the retransmission timer's length (RFC 6298), with Linux's bounds: 200 ms to 120 s, 1 s before the first sample. */
#ifndef TCP_RTO_H
#define TCP_RTO_H

#include "base/clock.h"

#define RTO_FIRST SECOND
#define RTO_LEAST (200 * MILLISECOND)
#define RTO_MOST  (120 * SECOND)

struct rto {
	uint64_t srtt_ns; /* 0: no sample yet */
	uint64_t rttvar_ns;
	uint64_t rto_ns; /* without backoff */
	uint8_t backoff; /* doublings */
};

void rto_init(struct rto *rto);
/* A round trip of a segment that was sent once (Karn), or that a timestamp told of. It ends the backoff. */
void rto_sample(struct rto *rto, uint64_t rtt_ns);
void rto_back_off(struct rto *rto);
/* New data was acknowledged: what is lost next is doubled anew, but from where it stands, until there is a sample
 * (RFC 6298, 5; Linux does this too). Were it forgotten, a path that has become slower than the RTO would never be timed. */
void rto_keep_backoff(struct rto *rto);
/* The peer answered, of data that was never lost. */
void rto_forget_backoff(struct rto *rto);
/* How long to wait now. */
uint64_t rto_wait(const struct rto *rto);

#endif
