/* cookie: SYN cookies (RFC 4987, 3.6), as Linux has them: where the SYN queue is full, the SYN-ACK's sequence number holds
 * what the half-open connection would have been kept for, and the ACK that brings it back opens the connection.
 *
 *     number = hash(tuple) + their number + (minute << 24) + (hash'(tuple, minute) + index of the MSS) mod 2^24
 *
 * The hashes are SipHash with two secrets of the host's; a number is good in its minute and the next. Window scale, SACK
 * and ECN find room in the low six bits of our timestamp; a peer without timestamps does without them. What is lost with the state:
 * a SYN-ACK is not sent again, and the MSS becomes the largest of a table's that is not above it, or else the first. */
#ifndef TCP_COOKIE_H
#define TCP_COOKIE_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* How long after a listener's last cookie an ACK may still be of one. */
#define COOKIE_LIFE (2 * 60 * SECOND)

/* Takes out of a SYN what a cookie cannot hold, so that the SYN-ACK does not agree to it. */
void cookie_reduce_syn(const struct tcp *tcp, struct tcp_header *syn);

/* The first number of the SYN-ACK for such a SYN. */
uint32_t cookie_make(const struct tcp *tcp, const struct endpoint *local,
		     const struct endpoint *peer, const struct tcp_header *syn);

/* By how many milliseconds the SYN-ACK's timestamp must stand back to say what else was agreed on. */
uint32_t cookie_timestamp_lag(const struct tcp_connection *child);

/* The SYN, as far as the ACK of a cookie still tells it; false: it acknowledges none of ours, or what this host does not
 * do (any more). */
bool cookie_recover_syn(const struct tcp *tcp, const struct endpoint *local,
			const struct endpoint *peer, const struct tcp_header *ack,
			struct tcp_header *syn);

#endif
