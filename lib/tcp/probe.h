/* probe: tail loss probes (RFC 8985, 7): where the last of a flight is lost no ACK comes that could tell, so after two
 * round trips something more is sent, new if there is any, and its ACK tells. */
#ifndef TCP_PROBE_H
#define TCP_PROBE_H

#include "tcp/news.h"

/* May one be armed now (7.2)? And how long to wait then. */
bool probe_is_possible(const struct tcp_connection *connection);
uint64_t probe_wait(const struct tcp_connection *connection);

/* The timer's handler. */
bool probe_due(struct tcp_connection *connection);

/* An ACK came while one was out (7.4): was the loss repaired by it? */
void probe_take(struct tcp_connection *connection, const struct news *news);

#endif
