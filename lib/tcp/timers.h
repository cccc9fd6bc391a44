/* timers: the only place that arms a connection's timers, by functions named for what happened. */
#ifndef TCP_TIMERS_H
#define TCP_TIMERS_H

#include "tcp/tcp.h"

/* Makes room for the connection's alarm. False: no memory. */
bool tcp_timers_init(struct tcp_connection *connection);
void tcp_timers_close(struct tcp_connection *connection);

/* Something that must be acknowledged went out for the first time (RFC 6298, 5.1; RFC 8985, 7.2). */
void tcp_timers_data_sent(struct tcp_connection *connection);
/* The peer acknowledges what was never sent: it had an old connection, which is gone now, and the SYN is worth another try
 * at once. Once only (Linux does this too). */
void tcp_timers_syn_misunderstood(struct tcp_connection *connection);
/* The first that is not acknowledged went again (Linux restarts the timer then, and we do). */
void tcp_timers_first_sent_again(struct tcp_connection *connection);
/* New data was acknowledged (RFC 6298, 5.2, 5.3). */
void tcp_timers_data_acknowledged(struct tcp_connection *connection);
/* A tail loss probe went; or none could go. */
void tcp_timers_tail_probed(struct tcp_connection *connection);
void tcp_timers_tail_not_probed(struct tcp_connection *connection);
/* Something was overtaken: so long from now it is lost (RFC 8985, 6.2); and that time has passed. */
void tcp_timers_reordering_seen(struct tcp_connection *connection, uint64_t wait_ns);
void tcp_timers_reordering_over(struct tcp_connection *connection);
/* What was SACKed seems to be gone at the other end: it is given a moment longer (Linux does this too). */
void tcp_timers_reneged(struct tcp_connection *connection);
/* There is data, nothing in flight, and the window (or silly-window avoidance) keeps it here. */
void tcp_timers_sender_blocked(struct tcp_connection *connection);
void tcp_timers_sender_unblocked(struct tcp_connection *connection);
/* Data waits until then for its turn by the pacing rate. */
void tcp_timers_paced(struct tcp_connection *connection, uint64_t turn);
/* Received bytes wait for an ACK; an ACK went out. */
void tcp_timers_ack_owed(struct tcp_connection *connection);
void tcp_timers_ack_sent(struct tcp_connection *connection);
/* Established, or SO_KEEPALIVE or its times were changed. */
void tcp_timers_keepalive_changed(struct tcp_connection *connection);
/* 2 MSL begin, or begin again. */
void tcp_timers_time_wait(struct tcp_connection *connection);
/* Nobody is left to hear more, and the peer's FIN has not come. */
void tcp_timers_orphan_waits_for_fin(struct tcp_connection *connection);
/* Nothing is to happen any more. */
void tcp_timers_stop(struct tcp_connection *connection);

#endif
