/* rate: how fast what is sent arrives (draft-cheng-iccrg-delivery-rate-estimation): what was delivered between the sending of
 * a segment and its acknowledgment, over the longer of the times that sending and acknowledging it took. */
#ifndef TCP_RATE_H
#define TCP_RATE_H

#include "base/bytes.h"

/* A connection's part: what was delivered until now. */
struct rate {
	uint64_t delivered;    /* bytes, acknowledged or SACKed, in all */
	uint64_t delivered_at; /* when that was last added to */
	uint64_t
		first_sent_at; /* when what was delivered last had been sent: the next interval's beginning */
	uint64_t
		limited_until; /* delivered beyond this is no longer for want of data; 0: it was not */
};

/* A segment's part: the connection's when it was sent. */
struct rate_mark {
	uint64_t delivered;
	uint64_t delivered_at;
	uint64_t first_sent_at;
	bool limited;
};

/* What one ACK showed. */
struct rate_sample {
	uint64_t
		prior_delivered; /* when the newest of what it acknowledges was sent: rounds are counted by it */
	uint64_t delivered;   /* bytes since then */
	uint64_t interval_ns; /* and how long that took; 0: no sample */
	bool limited;         /* the program had too little to send */
	bool retransmitted;   /* the newest of it had been sent again */
};

#endif
