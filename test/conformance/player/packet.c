#include "conformance/player/packet.h"

#include "wire/checksum.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

enum {
	IPV6_SIZE = 40,
	UDP_SIZE = 8,
	ICMP_SIZE = 8,
	PROTOCOL_ICMPV6 = 58,
	TTL = 255, /* what the script's end sends with, where it does not say */
};

static uint8_t protocol_number(const struct packet *packet)
{
	if (packet->protocol == PACKET_TCP)
		return PROTOCOL_TCP;
	if (packet->protocol == PACKET_UDP)
		return PROTOCOL_UDP;
	return packet->is_ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
}

/* Over what checksum the protocol wants: with a pseudo header, but for ICMP over IPv4. */
static uint16_t sum_of(const struct packet *packet, struct bytes whole)
{
	struct checksum sum = { 0 };
	uint8_t protocol = protocol_number(packet);

	if (protocol != PROTOCOL_ICMP)
		checksum_add_pseudo(&sum, &packet->source, &packet->destination, protocol,
				    (uint32_t)whole.size);
	checksum_add(&sum, whole);
	return checksum_finish(&sum);
}

static size_t write_header(const struct packet *packet, uint8_t *at, size_t size)
{
	if (!packet->is_ipv6) {
		struct ipv4_header ipv4 = {
			.tos = packet->tos,
			.total_size = (uint16_t)(IPV4_HEADER_SIZE + size),
			.ttl = packet->ttl ? packet->ttl : TTL,
			.protocol = protocol_number(packet),
			.source = get32(packet->source.bytes + 12),
			.destination = get32(packet->destination.bytes + 12),
		};
		ipv4_write(at, &ipv4);
		return IPV4_HEADER_SIZE;
	}
	put32(at, UINT32_C(6) << 28 | (uint32_t)packet->tos << 20);
	put16(at + 4, (uint16_t)size);
	at[6] = protocol_number(packet);
	at[7] = packet->ttl ? packet->ttl : TTL;
	memcpy(at + 8, packet->source.bytes, 16);
	memcpy(at + 24, packet->destination.bytes, 16);
	return IPV6_SIZE;
}

static size_t transport_size(const struct packet *packet)
{
	if (packet->protocol == PACKET_TCP)
		return TCP_HEADER_SIZE + (size_t)packet->options_size;
	return packet->protocol == PACKET_UDP ? UDP_SIZE : ICMP_SIZE;
}

/* Where the checksum stands in the header. */
static size_t checksum_offset(const struct packet *packet)
{
	if (packet->protocol == PACKET_TCP)
		return 16;
	return packet->protocol == PACKET_UDP ? 6 : 2;
}

static void write_transport(const struct packet *packet, uint8_t *at, size_t size)
{
	memset(at, 0, transport_size(packet));
	if (packet->protocol == PACKET_ICMP) {
		at[0] = packet->icmp_type;
		at[1] = packet->icmp_code;
		put32(at + 4, packet->icmp_rest);
		return;
	}
	put16(at + 0, packet->source_port);
	put16(at + 2, packet->destination_port);
	if (packet->protocol == PACKET_UDP) {
		put16(at + 4, (uint16_t)size);
		return;
	}
	put32(at + 4, packet->sequence);
	put32(at + 8, packet->acknowledgment);
	at[12] = (uint8_t)(transport_size(packet) / 4 << 4 | (packet->flags & FLAG_AE ? 1 : 0));
	at[13] = (uint8_t)packet->flags;
	put16(at + 14, packet->window);
	put16(at + 18, packet->urgent);
	memcpy(at + TCP_HEADER_SIZE, packet->options, packet->options_size);
}

size_t packet_write(const struct packet *packet, uint8_t *at)
{
	size_t header = transport_size(packet), size = header + packet->size;
	if (size + (packet->is_ipv6 ? 0 : IPV4_HEADER_SIZE) > UINT16_MAX)
		return 0;

	size_t ip_size = write_header(packet, at, size);
	write_transport(packet, at + ip_size, size);
	if (packet->payload)
		memcpy(at + ip_size + header, packet->payload, packet->size);
	else
		memset(at + ip_size + header, 0, packet->size);
	uint16_t sum = sum_of(packet, (struct bytes){ at + ip_size, size });
	bool is_zero = packet->protocol == PACKET_UDP && sum == 0; /* RFC 768: sent as ones */
	put16(at + ip_size + checksum_offset(packet), is_zero ? UINT16_MAX : sum);
	return ip_size + size;
}

/* Fills in the part of IP; *rest is what it carries. */
static bool read_ip(struct bytes bytes, struct packet *packet, uint8_t *protocol,
		    struct bytes *rest, const char **wrong)
{
	struct ipv4_header ipv4;

	if (bytes.size >= IPV6_SIZE && bytes.at[0] >> 4 == 6) {
		packet->is_ipv6 = true;
		packet->tos = (uint8_t)(get32(bytes.at) >> 20);
		packet->ttl = bytes.at[7];
		*protocol = bytes.at[6];
		memcpy(packet->source.bytes, bytes.at + 8, 16);
		memcpy(packet->destination.bytes, bytes.at + 24, 16);
		*rest = (struct bytes){ bytes.at + IPV6_SIZE, get16(bytes.at + 4) };
		return rest->size <= bytes.size - IPV6_SIZE;
	}
	if (!ipv4_parse(bytes, bytes.size, &ipv4))
		return false;
	if (!ipv4_checksum_holds((struct bytes){ bytes.at, ipv4.header_size })) {
		*wrong = "a wrong checksum of IP";
		return false;
	}
	packet->tos = ipv4.tos;
	packet->ttl = ipv4.ttl;
	packet->source = address_v4(ipv4.source);
	packet->destination = address_v4(ipv4.destination);
	*protocol = ipv4.protocol;
	*rest = (struct bytes){ bytes.at + ipv4.header_size,
				(size_t)ipv4.total_size - ipv4.header_size };
	return true;
}

static bool read_tcp(struct bytes segment, struct packet *packet)
{
	struct tcp_header tcp;

	if (!tcp_parse(segment, &tcp))
		return false;
	packet->source_port = tcp.source_port;
	packet->destination_port = tcp.destination_port;
	packet->sequence = tcp.sequence;
	packet->acknowledgment = tcp.acknowledgment;
	packet->flags = (uint16_t)(tcp.flags | (segment.at[12] & 1 ? FLAG_AE : 0));
	packet->window = tcp.window;
	packet->urgent = tcp.urgent;
	packet->options_size = (uint8_t)(tcp.header_size - TCP_HEADER_SIZE);
	memcpy(packet->options, segment.at + TCP_HEADER_SIZE, packet->options_size);
	return true;
}

static bool read_transport(uint8_t protocol, struct bytes rest, struct packet *packet)
{
	if (protocol == PROTOCOL_TCP) {
		packet->protocol = PACKET_TCP;
		return read_tcp(rest, packet);
	}
	if (protocol == PROTOCOL_UDP && rest.size >= UDP_SIZE) {
		packet->protocol = PACKET_UDP;
		packet->source_port = get16(rest.at);
		packet->destination_port = get16(rest.at + 2);
		return true;
	}
	uint8_t icmp = packet->is_ipv6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP;
	if (protocol == icmp && rest.size >= ICMP_SIZE) {
		packet->protocol = PACKET_ICMP;
		packet->icmp_type = rest.at[0];
		packet->icmp_code = rest.at[1];
		packet->icmp_rest = get32(rest.at + 4);
		packet->source_port = packet->destination_port = get16(rest.at + 4);
		return true;
	}
	return false;
}

bool packet_read(const uint8_t *bytes, size_t size, struct packet *packet, const char **wrong)
{
	uint8_t protocol;
	struct bytes rest;

	*packet = (struct packet){ 0 };
	*wrong = NULL;
	if (!read_ip((struct bytes){ bytes, size }, packet, &protocol, &rest, wrong) ||
	    !read_transport(protocol, rest, packet))
		return false;
	size_t header = transport_size(packet);
	packet->payload = rest.at + header;
	packet->size = (uint32_t)(rest.size - header);
	if (sum_of(packet, rest) != 0) {
		*wrong = "a wrong checksum";
		return false;
	}
	return true;
}

uint8_t *options_find(uint8_t *options, size_t size, uint8_t kind)
{
	for (size_t at = 0; at < size && options[at] != 0;) {
		if (options[at] == 1) {
			at++;
			continue;
		}
		if (at + 2 > size || options[at + 1] < 2 || at + options[at + 1] > size)
			return NULL;
		if (options[at] == kind)
			return options + at;
		at += options[at + 1];
	}
	return NULL;
}
