/* segment_out: what goes out: data when window, congestion and silliness allow (RFC 9293, 3.8.6.2.1), and the segments
 * without any. */
#ifndef TCP_SEGMENT_OUT_H
#define TCP_SEGMENT_OUT_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* Sends all that may be sent now, what is lost first, and the ACK that is owed if nothing carried it. */
void segment_out_run(struct tcp_connection *connection);

/* Sends at least something of what waits, if the window takes any at all; true when it did. */
bool segment_out_forced(struct tcp_connection *connection);

/* Is there new data that the peer's window takes? */
bool segment_out_has_new(const struct tcp_connection *connection);

/* Sends one segment of new data, whatever the congestion window; false: there is none that may go. */
bool segment_out_one(struct tcp_connection *connection);

/* Sends again the last segment that is not SACKed; false: it could not. */
bool segment_out_last_again(struct tcp_connection *connection);

/* Sends again the first segment that is not acknowledged: SYN, data or FIN. */
void segment_out_retransmit(struct tcp_connection *connection);

/* The SYN, or once theirs has come the SYN-ACK, for the first time or again. */
void segment_out_syn(struct tcp_connection *connection);

/* The SYN-ACK went from a record that is no more: what it said holds for this one. */
void segment_out_syn_was_sent(struct tcp_connection *connection);

void segment_out_ack(struct tcp_connection *connection);
/* As many as RFC 5961, 7 lets go out. */
void segment_out_challenge(struct tcp_connection *connection);
/* A segment the peer must answer: one octet before what it has acknowledged, without data (as Linux probes). */
void segment_out_probe(struct tcp_connection *connection);
/* RST for a connection that we abort. */
void segment_out_reset(struct tcp_connection *connection);

/* RST for a segment that belongs to no connection (RFC 9293, 3.10.7.1). */
void segment_out_refuse(struct tcp *tcp, const struct ip_packet *packet,
			const struct tcp_header *header, uint32_t length);

#endif
