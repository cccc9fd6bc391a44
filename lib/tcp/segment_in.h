/* segment_in: RFC 9293, 3.10.7.3 and 3.10.7.4: a segment arrives for a connection. A step is a function, in the RFC's
 * order. */
#ifndef TCP_SEGMENT_IN_H
#define TCP_SEGMENT_IN_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* The connection may be gone afterwards. */
enum verdict segment_in(struct tcp_connection *connection, const struct ip_packet *packet,
			const struct tcp_header *header);

#endif
