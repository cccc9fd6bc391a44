#include "wire/ipv6.h"

#include "base/assert.h"

enum { FLOW_LABEL_MASK = 0xfffff };

/* One that no packet may have: struct address would take it for IPv4's, or for one that says its zone. */
static bool is_possible(const struct address *address)
{
	return !address_is_v4(address) && address_zone(address) == 0;
}

bool ipv6_parse(struct bytes packet, size_t present, struct ipv6_header *ipv6)
{
	if (packet.size < IPV6_HEADER_SIZE || packet.at[0] >> 4 != 6)
		return false;

	uint32_t first = get32(packet.at);
	ipv6->traffic_class = (uint8_t)(first >> 20);
	ipv6->flow_label = first & FLOW_LABEL_MASK;
	ipv6->payload_size = get16(packet.at + IPV6_PAYLOAD_SIZE_AT);
	ipv6->next_header = packet.at[IPV6_NEXT_HEADER_AT];
	ipv6->hop_limit = packet.at[IPV6_HOP_LIMIT_AT];
	ipv6->source = address_v6(packet.at + IPV6_SOURCE_AT);
	ipv6->destination = address_v6(packet.at + IPV6_DESTINATION_AT);
	return (size_t)IPV6_HEADER_SIZE + ipv6->payload_size <= present &&
	       is_possible(&ipv6->source) && is_possible(&ipv6->destination);
}

void ipv6_write(uint8_t at[IPV6_HEADER_SIZE], const struct ipv6_header *ipv6)
{
	assert(ipv6->flow_label <= FLOW_LABEL_MASK);
	assert(!address_is_v4(&ipv6->source) && !address_is_v4(&ipv6->destination));

	put32(at, UINT32_C(6) << 28 | (uint32_t)ipv6->traffic_class << 20 | ipv6->flow_label);
	put16(at + IPV6_PAYLOAD_SIZE_AT, ipv6->payload_size);
	at[IPV6_NEXT_HEADER_AT] = ipv6->next_header;
	at[IPV6_HOP_LIMIT_AT] = ipv6->hop_limit;
	address_write_v6(at + IPV6_SOURCE_AT, &ipv6->source);
	address_write_v6(at + IPV6_DESTINATION_AT, &ipv6->destination);
}
