/* sack: what our ACKs say of what came before its turn (RFC 2018), and of what came twice (RFC 2883). */
#ifndef TCP_SACK_H
#define TCP_SACK_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* What lies from left to right was here already: the next ACK says so. Of several only those are
 * told that touch the first (Linux does this too). */
void sack_note_duplicate(struct tcp_connection *connection, uint32_t left, uint32_t right);

/* Is there nothing to tell? */
static inline bool sack_is_silent(const struct tcp_connection *connection)
{
	return connection->early.count == 0 && connection->fin_seen == connection->fin_received &&
	       connection->duplicate_left == connection->duplicate_right;
}

/* How many bytes the option takes in the next segment. */
uint32_t sack_size(const struct tcp_connection *connection);

/* Adds the option to a segment that has the others: the duplicate first, then the runs that were added to last, as many
 * as there is room for. A duplicate is told once. */
void sack_tell(struct tcp_connection *connection, struct tcp_options *options);

#endif
