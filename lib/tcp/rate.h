/* rate: how fast what is sent arrives (draft-cheng-iccrg-delivery-rate-estimation): what was delivered between the sending of
 * a range and its acknowledgment, over the longer of the times that sending and acknowledging it took. */
#ifndef TCP_RATE_H
#define TCP_RATE_H

#include "base/bytes.h"

/* A connection's part: what was delivered until now. */
struct rate {
	uint64_t delivered;     /* bytes, acknowledged or SACKed, in all */
	uint64_t delivered_at;  /* when that was last added to */
	uint64_t first_sent_at; /* of what was delivered last: where the next interval begins */
	uint64_t
		limited_until; /* what is delivered up to here was sent for want of more; 0: it is not so now */
};

/* A range's part: the connection's when it was sent. */
struct rate_mark {
	uint64_t delivered;
	uint64_t delivered_at;
	uint64_t first_sent_at;
	bool limited;
};

/* What one ACK showed. */
struct rate_sample {
	uint64_t
		prior_delivered; /* when the newest that it acknowledges was sent: rounds are counted by it */
	uint64_t delivered;   /* bytes since then */
	uint64_t interval_ns; /* and how long that took; 0: no sample */
	bool limited;         /* the program had too little to send */
	bool repeated;        /* the newest of it had been sent again */
};

/* Of what one ACK delivers, the newest. */
struct rate_newest {
	struct rate_mark mark;
	uint64_t sent_at; /* 0: nothing yet */
	uint32_t order, end;
	bool repeated;
};

/* Something is about to be sent; idle: nothing was in flight. */
struct rate_mark rate_sent(struct rate *rate, bool idle, uint64_t now);

/* Of a range that has arrived. */
void rate_arrived(struct rate *rate, struct rate_newest *newest,
		  const struct rate_newest *candidate);

/* All of an ACK has been looked at: so many bytes arrived by it. */
struct rate_sample rate_take(struct rate *rate, const struct rate_newest *newest,
			     uint32_t delivered, uint64_t least_rtt_ns, uint64_t now);

/* There is nothing more to send, though so much might be beside what is in flight. */
void rate_limited(struct rate *rate, uint32_t in_flight);

#endif
