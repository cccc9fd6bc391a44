/* news: what one ACK tells of what was sent: what has arrived, by SACK or for good, when that had been sent, and what came
 * twice. It marks the scoreboard, and hands RACK and the rate estimator what concerns them; what follows from it is
 * recovery.c's. */
#ifndef TCP_NEWS_H
#define TCP_NEWS_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

struct news {
	struct tcp_connection *connection;
	uint32_t una;            /* before it */
	uint32_t in_flight;      /* before it */
	uint32_t highest_sacked; /* before it; una: nothing was */

	uint32_t echo;         /* the timestamp of ours that came back; 0: none did */
	uint32_t acknowledged; /* by how much snd_una moved */
	uint32_t sacked;       /* newly */
	uint32_t delivered;    /* newly SACKed, or acknowledged without that before */
	uint32_t lost;         /* newly found lost: recovery.c's */
	bool duplicate_ack;    /* RFC 5681, 2 */
	bool came_twice;       /* by D-SACK */
	bool probe_came_twice; /* and that was the tail loss probe */
	bool original; /* what was never sent again, but in flight when the phase began, arrived */
	bool again;    /* what was sent again was acknowledged */
	bool reneged;  /* what they had SACKed is still not acknowledged, though all before it is */
	bool retransmission_lost; /* recovery.c's */
	bool marked;              /* by ECN's echo */
	bool waits; /* recovery.c's: something may be reordered, and a timer says when it is lost */

	uint32_t lowest; /* of what was never sent again and arrived behind what is SACKed */
	bool reordered;

	/* When what was never sent again had been sent; 0: there was none. */
	uint64_t first_acknowledged_at, last_acknowledged_at;
	uint64_t first_sacked_at, last_sacked_at;
	struct rate_newest newest;
	bool by_sack; /* while SACK is looked at */
};

void news_begin(struct news *news, struct tcp_connection *connection,
		const struct tcp_header *header);
void news_take_sack(struct news *news, const struct tcp_header *header);
/* acknowledgment is ahead of snd_una, which has not moved yet. */
void news_take_acknowledgment(struct news *news, uint32_t acknowledgment);

/* The round trips it shows: one that counts the peer's delay, for the RTO; and one of what was sent last. 0: none. */
uint64_t news_rtt(const struct news *news);
uint64_t news_latest_rtt(const struct news *news);

#endif
