/* ecn: explicit congestion notification (RFC 3168): routers mark a packet (CE) where they would else drop it, its receiver
 * says so in every ACK (ECE) until the sender says that it has heard (CWR), which then sends less. Only new data is marked
 * as capable of it (6.1.4, 6.1.5). Without accurate feedback (RFC 9768). */
#ifndef TCP_ECN_H
#define TCP_ECN_H

#include "base/bytes.h"

struct tcp_connection;
struct tcp_header;

/* The two bits of IP's (section 5). */
enum {
	ECN_NOT_CAPABLE = 0,
	ECN_CAPABLE = 2, /* ECT(0) */
	ECN_MARKED = 3,  /* CE */
	ECN_MASK = 3,
};

/* A connection's part. */
struct ecn {
	bool agreed;
	bool asked;  /* our SYN did */
	bool seen;   /* their data is marked as capable */
	bool echoes; /* CE came, and no CWR since */
};

/* Our SYN, or our answer to theirs: the flags to ask or to agree with (6.1.1). */
uint8_t ecn_offer(struct tcp_connection *connection);
/* Their SYN, or their answer, that came in a packet of this TOS. */
void ecn_agree(struct tcp_connection *connection, const struct tcp_header *header, uint8_t tos);

/* Text came, in a packet of this TOS. */
void ecn_take(struct tcp_connection *connection, const struct tcp_header *header, uint8_t tos);
/* Does this ACK say that something was marked? */
bool ecn_is_echoed(const struct tcp_connection *connection, const struct tcp_header *header);

/* What IP is to say of new data. */
uint8_t ecn_mark(const struct tcp_connection *connection);
/* The flags of any segment but SYN and RST; and those of one with new data, beside them. */
uint8_t ecn_flags(const struct tcp_connection *connection);
uint8_t ecn_data_flags(struct tcp_connection *connection);

#endif
