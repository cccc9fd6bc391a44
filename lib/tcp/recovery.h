/* recovery: what follows from what an ACK told: whether something is lost, and which phase of congestion that means
 * (RFC 6675; RFC 8985; RFC 6582 where there is no SACK), as Linux's tcp_fastretrans_alert has it. What is lost is only
 * marked: segment_out sends it, as the window allows. */
#ifndef TCP_RECOVERY_H
#define TCP_RECOVERY_H

#include "base/bytes.h"

struct tcp_connection;
struct news;

/* A connection's part. */
struct recovery {
	uint32_t
		high; /* snd_nxt when the phase began: once it is acknowledged, the phase is over */
	uint32_t duplicate_acks; /* without SACK: since snd_una last moved */
	uint32_t assumed;    /* without SACK: bytes that duplicate ACKs say have left the network */
	uint32_t duplicates; /* segments that D-SACK says came twice, in all */

	/* undo.c: whether the last reduction was for nothing. */
	uint32_t undo_from; /* snd_una when it began */
	uint32_t
		undo_left; /* bytes that were sent again for it, less what D-SACK says came twice */
	uint32_t stamp;    /* our timestamp when the first of it went */
	bool stamped;
	bool may_undo;
	bool sent_again; /* since then */

	/* probe.c */
	uint32_t probe_end; /* snd_nxt when a tail loss probe went */
	bool probing;
	bool probe_repeats; /* it was no new data */

	bool testing; /* F-RTO: whether the time-out was spurious is not known yet (RFC 5682) */
};

/* An ACK that told something, or may mean something by telling nothing. */
void recovery_take(struct tcp_connection *connection, struct news *news);

/* The time is over that reordering might have taken. */
bool recovery_reordering_over(struct tcp_connection *connection);

/* A retransmission time-out: what was in flight is lost (RFC 6298, 5.4; RFC 6675, 5.1). */
void recovery_timed_out(struct tcp_connection *connection);

/* The path takes less than was sent at once: what does not fit goes again, and nobody's window is to blame (RFC 1191). */
void recovery_path_narrowed(struct tcp_connection *connection);

#endif
