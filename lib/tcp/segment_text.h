/* segment_text: the last steps of RFC 9293, 3.10.7.4: the seventh, a segment's text, and the eighth, its FIN. */
#ifndef TCP_SEGMENT_TEXT_H
#define TCP_SEGMENT_TEXT_H

#include "tcp/tcp.h"
#include "wire/tcp.h"

/* The segment in hand. What a step has dealt with it cuts off: text is what of the payload is still to be judged. */
struct segment {
	const struct ip_packet *packet;
	const struct tcp_header *header;
	uint32_t sequence; /* of the first octet left */
	uint32_t skip;     /* payload octets cut off in front */
	uint32_t size;     /* payload octets left */
	bool fin;          /* still to be judged */
};

/* Takes what is new of an acceptable segment's text to the receive queue, or to what came early, and counts the FIN once
 * everything before it is here. DROP_CLOSED: nobody is left to read, and the connection may be gone. */
enum verdict segment_text(struct tcp_connection *connection, struct segment *segment);

#endif
