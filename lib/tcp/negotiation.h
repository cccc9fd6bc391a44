/* negotiation: which options two ends agree on (RFC 7323, RFC 2018, RFC 9293, 3.7.1), and which a segment then carries. */
#ifndef TCP_NEGOTIATION_H
#define TCP_NEGOTIATION_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* Their SYN or SYN-ACK: takes over what both ends have. */
void negotiation_agree(struct tcp_connection *connection, const struct tcp_header *header);

/* The options of our SYN, or of the SYN-ACK: all, or what the peer's SYN offered. */
void negotiation_offer(const struct tcp_connection *connection, struct tcp_header *header);

/* The options of any other segment. */
void negotiation_options(const struct tcp_connection *connection, struct tcp_header *header);

/* Our timestamp clock: milliseconds from a secret beginning of the connection's own. */
uint32_t negotiation_timestamp(const struct tcp_connection *connection);

#endif
