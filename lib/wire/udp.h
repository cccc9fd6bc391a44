/* udp: the header of a user datagram (RFC 768). */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "base/bytes.h"

enum {
	UDP_HEADER_SIZE = 8,
	UDP_PAYLOAD_MOST = 65535 - 20 - UDP_HEADER_SIZE, /* in an IPv4 packet */
};

struct udp_header {
	uint16_t source_port;
	uint16_t destination_port;
	uint16_t size;     /* bytes, header included */
	uint16_t checksum; /* 0: the sender made none */
};

/* packet: at least the whole header, at head of what IP carried; present: how many bytes that were in all. What lies behind
 * size is IP's padding. False where the header contradicts itself or what arrived. */
bool udp_parse(struct bytes packet, size_t present, struct udp_header *udp);

void udp_write(uint8_t at[UDP_HEADER_SIZE], const struct udp_header *udp);

#endif
