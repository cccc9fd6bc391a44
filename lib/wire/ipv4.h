/* ipv4: the header of an IPv4 packet (RFC 791). */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include "base/bytes.h"

enum {
	IPV4_HEADER_SIZE = 20,
	IPV4_HEADER_MOST = 60,
	IPV4_ROUTER_ALERT_SIZE = 4,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IGMP = 2,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_UDP_LITE = 136,
};

struct ipv4_header {
	uint8_t header_size; /* bytes, options included */
	uint8_t tos;
	uint16_t total_size; /* bytes, header included */
	uint16_t identification;
	bool dont_fragment, more_fragments, reserved_flag;
	uint16_t fragment_offset; /* bytes */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t checksum;
	uint32_t source; /* host order */
	uint32_t destination;
	struct bytes options;
};

/* packet: at least the whole header, at head of the packet; present: how many bytes of the packet arrived in all. False
 * where the header contradicts itself or what arrived; the checksum is ipv4_checksum_holds's business. */
bool ipv4_parse(struct bytes packet, size_t present, struct ipv4_header *ipv4);
bool ipv4_checksum_holds(struct bytes header);

/* Writes a header without options, its checksum included. header_size and options of *ipv4 are not looked at. */
void ipv4_write(uint8_t at[IPV4_HEADER_SIZE], const struct ipv4_header *ipv4);

/* Likewise with the router alert option alone (RFC 2113). */
void ipv4_write_router_alert(uint8_t at[IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE],
			     const struct ipv4_header *ipv4);

/* Writes a header with the options of *ipv4 behind it, a multiple of 4 bytes; of a later fragment with those alone that
 * each is to have (RFC 791, 3.1). Returns its size. */
uint32_t ipv4_write_options(uint8_t at[IPV4_HEADER_MOST], const struct ipv4_header *ipv4);

/* Do the options keep to RFC 791, 3.1 (lengths within the header, pointers within the option)? *wrong_at is the byte of them
 * that does not; *source_route tells whether a loose or strict source route is among those before. */
bool ipv4_options_hold(struct bytes options, bool *source_route, size_t *wrong_at);

#endif
