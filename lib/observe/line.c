#include "observe/line.h"

#include "observe/text.h"
#include "wire/arp.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	/* The headers, and the packet that an ICMP error quotes as far as its ports. */
	LOOKED_AT = ETHERNET_HEADER_SIZE + IPV4_HEADER_MOST + TCP_HEADER_MOST + IPV4_HEADER_MOST,
	PORTS_SIZE = 4,
};

/* bytes: what is looked at; size: what the packet has in all. */
struct part {
	struct bytes bytes;
	uint32_t size;
};

static struct part part_after(struct part part, size_t size)
{
	return (struct part){ bytes_after(part.bytes, size), part.size - (uint32_t)size };
}

static void add_length(struct text *text, uint32_t size)
{
	text_add(text, ", length ");
	text_add_number(text, size);
}

static void add_v4_port(struct text *text, uint32_t v4, uint16_t port)
{
	text_add_v4(text, v4);
	text_add(text, ".");
	text_add_number(text, port);
}

static void add_v4_pair(struct text *text, const struct ipv4_header *ipv4)
{
	text_add(text, "IP ");
	text_add_v4(text, ipv4->source);
	text_add(text, " > ");
	text_add_v4(text, ipv4->destination);
	text_add(text, ": ");
}

static void add_port_pair(struct text *text, const struct ipv4_header *ipv4, const uint8_t *ports)
{
	text_add(text, "IP ");
	add_v4_port(text, ipv4->source, get16(ports));
	text_add(text, " > ");
	add_v4_port(text, ipv4->destination, get16(ports + 2));
	text_add(text, ": ");
}

/* tcpdump's letters, in its order. */
static void add_tcp_flags(struct text *text, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *letter;
	} letters[] = {
		{ TCP_FIN, "F" }, { TCP_SYN, "S" }, { TCP_RST, "R" }, { TCP_PSH, "P" },
		{ TCP_ACK, "." }, { TCP_URG, "U" }, { TCP_ECE, "E" }, { TCP_CWR, "W" },
	};

	text_add(text, "Flags [");
	if (flags == 0)
		text_add(text, "none");
	for (size_t index = 0; index < sizeof letters / sizeof letters[0]; index++) {
		if (flags & letters[index].flag)
			text_add(text, letters[index].letter);
	}
	text_add(text, "]");
}

/* A comma in front of all but the first of a list. */
static void add_item(struct text *text, bool *first, const char *words)
{
	text_add(text, *first ? ", options [" : ",");
	text_add(text, words);
	*first = false;
}

static void add_tcp_options(struct text *text, const struct tcp_options *options)
{
	bool first = true;

	if (options->has_mss) {
		add_item(text, &first, "mss ");
		text_add_number(text, options->mss);
	}
	if (options->has_sack_permitted)
		add_item(text, &first, "sackOK");
	if (options->has_timestamps) {
		add_item(text, &first, "TS val ");
		text_add_number(text, options->timestamp);
		text_add(text, " ecr ");
		text_add_number(text, options->timestamp_echo);
	}
	if (options->has_window_shift) {
		add_item(text, &first, "wscale ");
		text_add_number(text, options->window_shift);
	}
	if (options->sack_count > 0) {
		add_item(text, &first, "sack ");
		text_add_number(text, options->sack_count);
	}
	for (uint8_t index = 0; index < options->sack_count; index++) {
		text_add(text, index == 0 ? " {" : "{");
		text_add_number(text, options->sack[index].left);
		text_add(text, ":");
		text_add_number(text, options->sack[index].right);
		text_add(text, "}");
	}
	if (!first)
		text_add(text, "]");
}

static void add_named_number(struct text *text, const char *name, uint32_t number)
{
	text_add(text, name);
	text_add_number(text, number);
}

static bool add_tcp(struct text *text, const struct ipv4_header *ipv4, struct part segment)
{
	struct tcp_header tcp;

	if (!tcp_parse(segment.bytes, &tcp))
		return false;
	uint32_t length = segment.size - tcp.header_size;
	add_port_pair(text, ipv4, segment.bytes.at);
	add_tcp_flags(text, tcp.flags);
	if (length > 0 || tcp.flags & (TCP_SYN | TCP_FIN | TCP_RST))
		add_named_number(text, ", seq ", tcp.sequence);
	if (length > 0)
		add_named_number(text, ":", tcp.sequence + length);
	if (tcp.flags & TCP_ACK)
		add_named_number(text, ", ack ", tcp.acknowledgment);
	add_named_number(text, ", win ", tcp.window);
	if (tcp.flags & TCP_URG)
		add_named_number(text, ", urg ", tcp.urgent);
	add_tcp_options(text, &tcp.options);
	add_length(text, length);
	return true;
}

static bool add_udp(struct text *text, const struct ipv4_header *ipv4, struct part datagram)
{
	if (datagram.bytes.size < UDP_HEADER_SIZE)
		return false;
	add_port_pair(text, ipv4, datagram.bytes.at);
	text_add(text, "UDP");
	add_length(text, datagram.size - UDP_HEADER_SIZE);
	return true;
}

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_ICMP:
		return "icmp";
	case PROTOCOL_TCP:
		return "tcp";
	case PROTOCOL_UDP:
		return "udp";
	default:
		return NULL;
	}
}

static void add_protocol(struct text *text, uint8_t protocol)
{
	const char *name = protocol_name(protocol);
	if (name)
		text_add(text, name);
	else
		add_named_number(text, "ip-proto-", protocol);
}

/* What an error is about: the start of a packet, which may be cut anywhere behind its ports (RFC 792). */
static void add_quoted(struct text *text, struct bytes quoted)
{
	if (quoted.size < IPV4_HEADER_SIZE + PORTS_SIZE)
		return;
	size_t header_size = (size_t)(quoted.at[0] & 0xf) * 4;
	if (header_size < IPV4_HEADER_SIZE || header_size + PORTS_SIZE > quoted.size)
		return;
	uint8_t protocol = quoted.at[9];
	text_add(text, " (");
	add_protocol(text, protocol);
	text_add(text, " to ");
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		add_v4_port(text, get32(quoted.at + 16), get16(quoted.at + header_size + 2));
	else
		text_add_v4(text, get32(quoted.at + 16));
	text_add(text, ")");
}

static void add_icmp_echo(struct text *text, const char *name, const struct icmp_message *icmp)
{
	text_add(text, name);
	add_named_number(text, ", id ", icmp->rest >> 16);
	add_named_number(text, ", seq ", icmp->rest & 0xffff);
}

static void add_unreachable(struct text *text, const struct icmp_message *icmp)
{
	static const char *const words[] = {
		[ICMP_NET_UNREACHABLE] = "net unreachable",
		[ICMP_HOST_UNREACHABLE] = "host unreachable",
		[ICMP_PROTOCOL_UNREACHABLE] = "protocol unreachable",
		[ICMP_PORT_UNREACHABLE] = "port unreachable",
		[ICMP_FRAGMENTATION_NEEDED] = "unreachable - need to frag",
		[ICMP_SOURCE_ROUTE_FAILED] = "source route failed",
	};

	if (icmp->code < sizeof words / sizeof words[0])
		text_add(text, words[icmp->code]);
	else
		add_named_number(text, "unreachable, code ", icmp->code);
	if (icmp->code == ICMP_FRAGMENTATION_NEEDED)
		add_named_number(text, ", mtu ", icmp->rest & 0xffff);
	add_quoted(text, icmp->body);
}

static bool add_icmp(struct text *text, const struct ipv4_header *ipv4, struct part message)
{
	struct icmp_message icmp;

	if (!icmp_parse(message.bytes, &icmp))
		return false;
	add_v4_pair(text, ipv4);
	text_add(text, "ICMP ");
	switch (icmp.type) {
	case ICMP_ECHO:
		add_icmp_echo(text, "echo request", &icmp);
		break;
	case ICMP_ECHO_REPLY:
		add_icmp_echo(text, "echo reply", &icmp);
		break;
	case ICMP_UNREACHABLE:
		add_unreachable(text, &icmp);
		break;
	case ICMP_TIME_EXCEEDED:
		text_add(text, icmp.code == 0 ? "time exceeded in-transit"
					      : "ip reassembly time exceeded");
		add_quoted(text, icmp.body);
		break;
	default:
		add_named_number(text, "type ", icmp.type);
		add_named_number(text, ", code ", icmp.code);
		break;
	}
	add_length(text, message.size);
	return true;
}

static bool add_other_protocol(struct text *text, const struct ipv4_header *ipv4, struct part rest)
{
	add_v4_pair(text, ipv4);
	add_protocol(text, ipv4->protocol);
	if (ipv4->fragment_offset > 0)
		add_named_number(text, ", fragment at ", ipv4->fragment_offset);
	add_length(text, rest.size);
	return true;
}

static bool add_ipv4(struct text *text, struct part packet)
{
	struct ipv4_header ipv4;

	if (!ipv4_parse(packet.bytes, packet.size, &ipv4))
		return false;
	if (packet.bytes.size > ipv4.total_size)
		packet.bytes.size = ipv4.total_size; /* the rest is Ethernet's padding */
	packet.size = ipv4.total_size;
	struct part rest = part_after(packet, ipv4.header_size);
	if (ipv4.fragment_offset > 0)
		return add_other_protocol(text, &ipv4, rest);
	switch (ipv4.protocol) {
	case PROTOCOL_TCP:
		return add_tcp(text, &ipv4, rest);
	case PROTOCOL_UDP:
		return add_udp(text, &ipv4, rest);
	case PROTOCOL_ICMP:
		return add_icmp(text, &ipv4, rest);
	default:
		return add_other_protocol(text, &ipv4, rest);
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
		add_named_number(text, "ARP, operation ", arp.operation);
	}
	add_length(text, ARP_SIZE);
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
	add_length(text, size);
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
		add_length(&text, (uint32_t)seen.size);
		return text.size;
	}

	struct part packet =
		part_after((struct part){ seen, frame_size(frame) }, ETHERNET_HEADER_SIZE);
	bool known = ethernet.type == ETHERTYPE_IPV4 || ethernet.type == ETHERTYPE_ARP;
	bool said = (ethernet.type == ETHERTYPE_IPV4 && add_ipv4(&text, packet)) ||
		    (ethernet.type == ETHERTYPE_ARP && add_arp(&text, packet));
	if (!said)
		add_ethernet(&text, &ethernet, known ? ", malformed" : "", frame_size(frame));
	return text.size;
}
