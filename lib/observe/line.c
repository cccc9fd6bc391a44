#include "observe/line.h"

#include "observe/line_part.h"
#include "wire/arp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"

/* The headers, and as much of what an ICMP error quotes or a router advertises as is worth a line. */
enum { LOOKED_AT = 512 };

/* offset: of a fragment, in bytes; else 0. */
static bool add_other_protocol(struct text *text, const struct line_ends *ends, uint8_t protocol,
			       uint16_t offset, struct part rest)
{
	line_add_ends(text, ends);
	line_add_protocol(text, protocol);
	if (offset > 0)
		line_add_named_number(text, ", fragment at ", offset);
	line_add_length(text, rest.size);
	return true;
}

static struct part part_trimmed(struct part part, uint32_t size)
{
	if (part.bytes.size > size)
		part.bytes.size = size; /* the rest is Ethernet's padding */
	part.size = size;
	return part;
}

static bool add_ipv4(struct text *text, struct part packet)
{
	struct ipv4_header ipv4;

	if (!ipv4_parse(packet.bytes, packet.size, &ipv4))
		return false;
	const struct line_ends ends = { address_v4(ipv4.source), address_v4(ipv4.destination) };
	struct part rest = part_after(part_trimmed(packet, ipv4.total_size), ipv4.header_size);
	if (ipv4.fragment_offset > 0)
		return add_other_protocol(text, &ends, ipv4.protocol, ipv4.fragment_offset, rest);
	switch (ipv4.protocol) {
	case PROTOCOL_TCP:
		return line_add_tcp(text, &ends, rest);
	case PROTOCOL_UDP:
		return line_add_udp(text, &ends, rest);
	case PROTOCOL_ICMP:
		return line_add_icmp(text, &ends, rest);
	default:
		return add_other_protocol(text, &ends, ipv4.protocol, 0, rest);
	}
}

static bool add_ipv6(struct text *text, struct part packet)
{
	struct ipv6_header ipv6;
	struct ipv6_chain chain;

	if (!ipv6_parse(packet.bytes, packet.size, &ipv6))
		return false;
	packet = part_trimmed(packet, (uint32_t)IPV6_HEADER_SIZE + ipv6.payload_size);
	if (!ipv6_chain_skim(packet.bytes, &chain))
		return false;
	const struct line_ends ends = { ipv6.source, ipv6.destination };
	struct part rest = part_after(packet, chain.upper_at);
	if (chain.fragment_offset > 0)
		return add_other_protocol(text, &ends, chain.protocol, chain.fragment_offset, rest);
	switch (chain.protocol) {
	case PROTOCOL_TCP:
		return line_add_tcp(text, &ends, rest);
	case PROTOCOL_UDP:
		return line_add_udp(text, &ends, rest);
	case PROTOCOL_ICMP6:
		return line_add_icmp6(text, &ends, rest);
	default:
		return add_other_protocol(text, &ends, chain.protocol, 0, rest);
	}
}

static bool add_arp(struct text *text, struct part packet)
{
	struct arp_packet arp;

	if (!arp_parse(packet.bytes, &arp))
		return false;
	if (arp.operation == ARP_REQUEST) {
		text_add(text, "ARP, Request who-has ");
		text_add_v4(text, arp.target);
		text_add(text, " tell ");
		text_add_v4(text, arp.sender);
	} else if (arp.operation == ARP_REPLY) {
		text_add(text, "ARP, Reply ");
		text_add_v4(text, arp.sender);
		text_add(text, " is-at ");
		text_add_mac(text, &arp.sender_mac);
	} else {
		line_add_named_number(text, "ARP, operation ", arp.operation);
	}
	line_add_length(text, ARP_SIZE);
	return true;
}

/* What there is to say of a frame whose content is unknown, or contradicts itself. */
static void add_ethernet(struct text *text, const struct ethernet_header *ethernet,
			 const char *remark, uint32_t size)
{
	text_add_mac(text, &ethernet->source);
	text_add(text, " > ");
	text_add_mac(text, &ethernet->destination);
	text_add(text, ", ethertype 0x");
	text_add_hex(text, ethernet->type, 4);
	text_add(text, remark);
	line_add_length(text, size);
}

size_t line_write(char *at, size_t room, const struct frame *frame)
{
	struct text text;
	uint8_t start[LOOKED_AT];
	struct bytes seen = { start, frame_copy_out(frame, 0, start, sizeof start) };
	struct ethernet_header ethernet;

	text_init(&text, at, room);
	if (!ethernet_parse(seen, &ethernet)) {
		text_add(&text, "no Ethernet header");
		line_add_length(&text, (uint32_t)seen.size);
		return text.size;
	}

	struct part packet =
		part_after((struct part){ seen, frame_size(frame) }, ETHERNET_HEADER_SIZE);
	bool known = true, said = false;
	switch (ethernet.type) {
	case ETHERTYPE_IPV4:
		said = add_ipv4(&text, packet);
		break;
	case ETHERTYPE_IPV6:
		said = add_ipv6(&text, packet);
		break;
	case ETHERTYPE_ARP:
		said = add_arp(&text, packet);
		break;
	default:
		known = false;
		break;
	}
	if (!said)
		add_ethernet(&text, &ethernet, known ? ", malformed" : "", frame_size(frame));
	return text.size;
}
