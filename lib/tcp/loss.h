/* loss: what was lost, and sending it again: the time-out (RFC 6298, 5), duplicate ACKs and fast recovery (RFC 5681, 3.2;
 * RFC 6582), and the probing of a closed window (RFC 9293, 3.8.6.1). */
#ifndef TCP_LOSS_H
#define TCP_LOSS_H

#include "tcp/tcp.h"

/* The timers' handlers. False: the connection has ended, do not touch it. */
bool loss_timed_out(struct tcp_connection *connection);
bool loss_probe_due(struct tcp_connection *connection);

/* An ACK that acknowledged nothing new though something is in flight, and otherwise is a duplicate (RFC 5681, 2). */
void loss_duplicate_ack(struct tcp_connection *connection);

/* bytes of new data were acknowledged; snd_una has moved, snd_nxt has not been passed. */
void loss_acknowledged(struct tcp_connection *connection, uint32_t bytes);

#endif
