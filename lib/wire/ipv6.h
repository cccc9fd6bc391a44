/* ipv6: the header of an IPv6 packet (RFC 8200, 3). What may lie between it and what it carries is wire/ipv6_chain.h.
 * Jumbograms (RFC 2675) are left out: no link here carries one, so a payload length of zero means none. */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include "base/bytes.h"
#include "wire/address.h"

enum {
	IPV6_HEADER_SIZE = 40,
	IPV6_MTU_LEAST = 1280,
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_ICMP6 = 58,
	PROTOCOL_NONE = 59,
	PROTOCOL_DESTINATION_OPTIONS = 60,
	/* where fields lie, for who changes or names one */
	IPV6_PAYLOAD_SIZE_AT = 4,
	IPV6_NEXT_HEADER_AT = 6,
	IPV6_HOP_LIMIT_AT = 7,
	IPV6_SOURCE_AT = 8,
	IPV6_DESTINATION_AT = 24,
};

struct ipv6_header {
	uint8_t traffic_class;
	uint32_t flow_label;   /* 20 bits */
	uint16_t payload_size; /* bytes behind this header */
	uint8_t next_header;
	uint8_t hop_limit;
	struct address source, destination;
};

/* packet: at least the whole header, at head of the packet; present: how many bytes of the packet arrived in all. False
 * where the header contradicts itself or what arrived, and where an address cannot be what struct address would take it
 * for: a mapped one, which on the wire means nothing (RFC 4291, 2.5.5.2), and a link-local one whose bits in front of the
 * interface's are not zero (2.5.6). */
bool ipv6_parse(struct bytes packet, size_t present, struct ipv6_header *ipv6);

void ipv6_write(uint8_t at[IPV6_HEADER_SIZE], const struct ipv6_header *ipv6);

#endif
