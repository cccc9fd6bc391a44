/* loss: what the clock says where ACKs do not: the time-out (RFC 6298, 5) and the probing of a closed window (RFC 9293,
 * 3.8.6.1), and giving up at last. What ACKs say is recovery.c's. */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "tcp/tcp.h"

/* The timers' handlers. False: the connection has ended, do not touch it. */
bool loss_timed_out(struct tcp_connection *connection);
bool loss_probe_due(struct tcp_connection *connection);

#endif
