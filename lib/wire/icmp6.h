/* icmp6: ICMP messages for IPv6 (RFC 4443). What types 130 to 132 and 143 say is wire/mld.h, 133 to 137 wire/ndp.h. */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include "base/bytes.h"

enum {
	ICMP6_HEADER_SIZE = 8,
	ICMP6_CHECKSUM_AT = 2,
	ICMP6_UNREACHABLE = 1,
	ICMP6_PACKET_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER_PROBLEM = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	/* codes of ICMP6_UNREACHABLE */
	ICMP6_NO_ROUTE = 0,
	ICMP6_PROHIBITED = 1,
	ICMP6_BEYOND_SCOPE = 2,
	ICMP6_ADDRESS_UNREACHABLE = 3,
	ICMP6_PORT_UNREACHABLE = 4,
	ICMP6_SOURCE_POLICY = 5,
	ICMP6_ROUTE_REJECTED = 6,
	/* codes of ICMP6_TIME_EXCEEDED */
	ICMP6_HOP_LIMIT = 0,
	ICMP6_REASSEMBLY_TIME = 1,
	/* codes of ICMP6_PARAMETER_PROBLEM; the last by RFC 7112 */
	ICMP6_ERRONEOUS_HEADER = 0,
	ICMP6_UNKNOWN_NEXT_HEADER = 1,
	ICMP6_UNKNOWN_OPTION = 2,
	ICMP6_CHAIN_INCOMPLETE = 3,
};

struct icmp6_message {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint32_t rest; /* the header's last four bytes: identifier and sequence, MTU, or pointer */
	struct bytes body; /* behind the header: data, or the packet quoted */
};

/* False: shorter than a header. The checksum covers the pseudo header too and is the caller's to judge. */
bool icmp6_parse(struct bytes message, struct icmp6_message *icmp6);

/* Writes the header, checksum zero. */
void icmp6_write(uint8_t at[ICMP6_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t rest);

/* Is it a report of an error (and so never answered with one, RFC 4443, 2.4 e)? The types that are known and those that
 * are not are told by the high bit (2.1). */
static inline bool icmp6_is_error(uint8_t type)
{
	return type < 128;
}

#endif
