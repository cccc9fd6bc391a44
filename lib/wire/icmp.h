/* icmp: ICMP messages for IPv4 (RFC 792), with RFC 1191's next-hop MTU. */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "base/bytes.h"

enum {
	ICMP_HEADER_SIZE = 8,
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
	/* codes of ICMP_UNREACHABLE */
	ICMP_NET_UNREACHABLE = 0,
	ICMP_HOST_UNREACHABLE = 1,
	ICMP_PROTOCOL_UNREACHABLE = 2,
	ICMP_PORT_UNREACHABLE = 3,
	ICMP_FRAGMENTATION_NEEDED = 4,
	ICMP_SOURCE_ROUTE_FAILED = 5,
	/* a code of ICMP_TIME_EXCEEDED */
	ICMP_REASSEMBLY_TIME = 1,
};

struct icmp_message {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint32_t
		rest; /* the header's last four bytes: identifier and sequence, or 16 unused bits and the MTU */
	struct bytes body; /* behind the header: data, or the packet quoted */
};

/* False: shorter than a header. The checksum covers the whole message and is the caller's to judge. */
bool icmp_parse(struct bytes message, struct icmp_message *icmp);

/* Writes the header, checksum zero. */
void icmp_write(uint8_t at[ICMP_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t rest);

/* Is it a report of an error (and so never answered with one, RFC 1122, 3.2.2)? Unknown types are taken for one. */
bool icmp_is_error(uint8_t type);

#endif
