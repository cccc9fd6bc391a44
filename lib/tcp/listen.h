/* listen: a listener, its SYN queue (half-open children) and its accept queue (established ones), by RFC 9293, 3.10.7.2
 * and Linux's rules for a backlog. */
#ifndef TCP_LISTEN_H
#define TCP_LISTEN_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* A segment for a listener that belongs to none of its children. */
enum verdict listen_input(struct tcp_connection *listener, const struct ip_packet *packet,
			  const struct tcp_header *header, uint32_t length);

/* A SYN for a tuple whose old connection, in TIME-WAIT, may go for it: where it can be answered, the old one ends, and the
 * new one's numbers lie ahead of all of the old one's (RFC 9293, 3.6.1, MAY-2). */
enum verdict listen_reopen(struct tcp_connection *listener, struct tcp_connection *old,
			   const struct ip_packet *packet, const struct tcp_header *header);

/* Is there no room for one more established child? Linux: so many wait, and one more. */
bool listen_is_full(const struct tcp_connection *listener);

/* A child's handshake is done; there is room. */
void listen_complete(struct tcp_connection *child);

/* The connection is going: out of the queue it is in, or, a listener, its children reset and its queues gone. */
void listen_forget(struct tcp_connection *connection);

#endif
