/* urgent: urgent data (RFC 9293, 3.8.5; RFC 6093), as Linux has it: the pointer is of the octet behind the last urgent one,
 * only that last octet is urgent, and a receiver takes it out of line (MSG_OOB) unless SO_OOBINLINE leaves it where it is.
 *
 * The octet stays in the receive queue, at its place; what reads there passes it over. So the stream is whole whatever the
 * pointer says: a pointer is believed of what is still to come, and moves forward only. */
#ifndef TCP_URGENT_H
#define TCP_URGENT_H

#include "tcp/segment_text.h"

/* What is queued to be sent, and so many octets more, is urgent. */
void urgent_mark(struct tcp_connection *connection, uint32_t more);

/* Is there urgent data that the peer has not acknowledged? */
bool urgent_is_unsent(const struct tcp_connection *connection);

/* The peer has all before this. */
void urgent_acknowledged(struct tcp_connection *connection, uint32_t acknowledgment);

/* Says so in a segment that goes out. */
void urgent_tell(const struct tcp_connection *connection, struct tcp_header *header);

/* What an acceptable segment says, before its text is taken (RFC 9293, 3.10.7.4, sixth). */
void urgent_take(struct tcp_connection *connection, const struct segment *segment);

/* The user has read on. */
void urgent_passed(struct tcp_connection *connection);

/* Does the next octet to be read stand at the mark? And is it one to be passed over? */
bool urgent_at_mark(const struct tcp_connection *connection);
bool urgent_is_hole(const struct tcp_connection *connection);

/* How many octets may be read before the mark; UINT32_MAX: none is ahead. */
uint32_t urgent_distance(const struct tcp_connection *connection);

#endif
