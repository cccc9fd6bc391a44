/* pump: moves a connection's bytes between our end of the carrier and the stack, both ways, without a copy in between:
 * read(2) fills the stack's send buffer, write(2) empties its receive queue.
 *
 * Ends. The guest's half-close crosses the carrier by itself, and shutdown() of our end is the peer's. The guest's close is
 * the end of its stream without a shutdown() asked before, or a hang-up; with data unread (our read says ECONNRESET) it
 * is a reset, as TCP has it (RFC 2525, 2.17).
 *
 * The peer's reset. AF_UNIX says ECONNRESET to the guest only when our end is closed with data unread in it. So the last
 * bytes of a guest that sends small messages are always left there: sent on, but only peeked at (SO_PEEK_OFF), and read
 * away, but for the last byte, when KEPT_MOST have gathered. A carrier that connected has a byte of ours there
 * from the beginning; an accepted one has it from the supervisor (CONTROL_ACCEPTED). After a large write nothing may be
 * left, and then the guest sees the stream's end instead: SO_ERROR tells the truth in any case. */
#ifndef DAEMON_PUMP_H
#define DAEMON_PUMP_H

#include "daemon/carrier.h"

/* Begins, the end and the stack's descriptor being connected. */
void pump_start(struct carrier *carrier);

/* The guest has accepted it: only now can there be anything to read, behind kept bytes that are not the guest's. */
void pump_accepted(struct carrier *carrier, uint32_t kept);

void pump_stir(struct carrier *carrier);

/* The guest calls shutdown(): its answer. */
int pump_shutdown(struct carrier *carrier, int how);

#endif
