#include "ip/forward.h"

#include "ip/hop.h"
#include "ip/icmp.h"
#include "ip/icmp6.h"
#include "ip/output.h"
#include "wire/checksum.h"
#include "wire/cut.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp.h"

enum {
	TTL_AT = 8, /* of IPv4, and the fields behind it */
	CHECKSUM_AT = 10,
	TCP_OFFSET_AT = 12,
};

/* What is told the sender, in each family's words. */
enum trouble {
	LIFE_IS_OVER,
	NO_WAY,
	TOO_LARGE,
	NOBODY_ANSWERS,
	BEYOND_SCOPE, /* IPv6's alone */
};

struct words {
	uint8_t type, code;
};

static const struct words in_ipv4[] = {
	[LIFE_IS_OVER] = { ICMP_TIME_EXCEEDED, 0 },
	[NO_WAY] = { ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE },
	[TOO_LARGE] = { ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED },
	[NOBODY_ANSWERS] = { ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE },
};

static const struct words in_ipv6[] = {
	[LIFE_IS_OVER] = { ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT },
	[NO_WAY] = { ICMP6_UNREACHABLE, ICMP6_NO_ROUTE },
	[TOO_LARGE] = { ICMP6_PACKET_TOO_BIG, 0 },
	[NOBODY_ANSWERS] = { ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE },
	[BEYOND_SCOPE] = { ICMP6_UNREACHABLE, ICMP6_BEYOND_SCOPE },
};

/* The frame begins with the header, which is taken off. mtu: of what is too large; else 0. */
static void tell_sender(struct ip *ip, const struct ip_packet *packet, enum trouble trouble,
			uint32_t mtu)
{
	frame_pull(packet->frame, (uint32_t)packet->header.size);
	if (packet->version == 4)
		icmp_answer_error(ip, packet, in_ipv4[trouble].type, in_ipv4[trouble].code, mtu);
	else
		icmp6_answer_error(ip, packet, in_ipv6[trouble].type, in_ipv6[trouble].code, mtu);
}

/* Of a packet that has been judged before. */
static struct ip_packet packet_of(struct frame *frame)
{
	struct ip_packet packet = { .frame = frame, .version = frame->head[0] >> 4 };
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;
	uint32_t size = frame_size(frame);

	if (ipv4_parse(frame_head(frame), size, &ipv4)) {
		packet.source = address_v4(ipv4.source);
		packet.destination = address_v4(ipv4.destination);
		packet.protocol = ipv4.protocol;
		packet.header = (struct bytes){ frame->head, ipv4.header_size };
	} else if (ipv6_parse(frame_head(frame), size, &ipv6)) {
		packet.source = ipv6.source;
		packet.destination = ipv6.destination;
		packet.header = (struct bytes){ frame->head, IPV6_HEADER_SIZE };
	}
	return packet;
}

bool forward_no_neighbour(struct ip *ip, struct frame *frame)
{
	const struct ip_packet packet = packet_of(frame);

	bool forwarding = packet.version == 4 ? ip->forwarding4 : ip->forwarding6;
	if (!forwarding || address_is_link_local(&packet.source) || ip_is_own(ip, &packet.source))
		return false;
	tell_sender(ip, &packet, NOBODY_ANSWERS, 0);
	return true;
}

/* RFC 1812, 5.3.7 and 5.3.5: what begins or ends with 0, is of class E, of one link alone (RFC 3927, 2.7), or for many. */
static bool is_local_v4(uint32_t v4)
{
	return v4 >> 24 == 0 || v4 >> 28 >= 0xe || v4 >> 16 == 0xa9fe;
}

/* DELIVERED: it may cross a router. What comes so far from a link has no source that is our own, or lo's, or many. */
static enum verdict judge(struct ip *ip, const struct ip_packet *packet)
{
	const struct address *source = &packet->source, *destination = &packet->destination;

	if (packet->version == 4) {
		if (is_local_v4(address_to_v4(source)))
			return DROP_BAD_SOURCE;
		return is_local_v4(address_to_v4(destination)) || ip_is_broadcast(ip, destination)
			       ? DROP_NOT_OURS
			       : DELIVERED;
	}
	if (address_is_any(source))
		return DROP_BAD_SOURCE;
	if (address_is_any(destination) || address_is_multicast(destination) ||
	    address_is_link_local(destination))
		return DROP_NOT_OURS;
	if (address_is_link_local(source)) {
		tell_sender(ip, packet, BEYOND_SCOPE, 0);
		return DROP_BAD_SOURCE;
	}
	return DELIVERED;
}

/* RFC 1812, 5.3.1; RFC 1624. */
static void live_one_hop_shorter(struct frame *packet, uint8_t version)
{
	if (version == 6) {
		packet->head[IPV6_HOP_LIMIT_AT]--;
		return;
	}
	uint8_t *field = packet->head + CHECKSUM_AT;
	uint16_t before = get16(packet->head + TTL_AT);
	packet->head[TTL_AT]--;
	put16(field, checksum_update(get16(field), before, get16(packet->head + TTL_AT)));
}

/* A packet on its way on. */
struct passage {
	struct ip *ip;
	const struct ip_packet *packet; /* as it came */
	struct hop hop;
	struct ipv4_header ipv4; /* of IPv4, as it goes on */
	enum verdict verdict;
};

static bool may_be_cut(const struct passage *passage)
{
	return passage->packet->version == 4 && !passage->ipv4.dont_fragment;
}

static void note(struct passage *passage, enum verdict verdict)
{
	passage->verdict = verdict == DELIVERED || verdict == QUEUED ? FORWARDED : verdict;
}

static enum verdict dispatch_piece(void *context, struct frame *piece)
{
	const struct passage *passage = context;
	return ip_dispatch(passage->ip, &passage->hop, piece);
}

/* Takes the packet: one frame's, whole or cut. */
static void send_on(struct passage *passage, struct frame *packet)
{
	const struct interface *out = passage->hop.interface;
	struct ipv4_header ipv4;

	if (frame_size(packet) <= out->mtu) {
		note(passage, ip_dispatch(passage->ip, &passage->hop, packet));
		return;
	}
	cut_finish_packet(packet);
	bool parses = ipv4_parse(frame_head(packet), frame_size(packet), &ipv4);
	if (parses) {
		frame_pull(packet, ipv4.header_size);
		note(passage, fragment_cut(&ipv4, packet, out->mtu, dispatch_piece, passage));
	}
	frame_free(packet);
}

static void send_on_segment(void *context, struct frame *piece)
{
	frame_pull(piece, ETHERNET_HEADER_SIZE);
	send_on(context, piece);
}

/* Takes the packet, of a large segment that the next link does not take in one piece. wire/cut.h cuts Ethernet's frames. */
static void send_on_in_segments(struct passage *passage, struct frame *packet)
{
	bool v4 = passage->packet->version == 4;
	struct ethernet_header ethernet = { .type = v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6 };

	passage->verdict = DROP_MEMORY;
	ethernet_write(frame_push(packet, ETHERNET_HEADER_SIZE), &ethernet);
	cut_each(packet, send_on_segment, passage);
	frame_free(packet);
}

/* How large the largest packet on the wire is: of a large segment, one of its pieces. */
static uint32_t piece_size(const struct ip_packet *packet)
{
	const struct frame *frame = packet->frame;
	uint32_t tcp_at = (uint32_t)packet->header.size;
	struct ipv6_chain chain;
	uint8_t offset;

	if (frame->segment_size == 0)
		return frame_size(frame);
	if (packet->version == 6 && ipv6_chain_skim(frame_head(frame), &chain))
		tcp_at = chain.upper_at;
	if (frame_copy_out(frame, tcp_at + TCP_OFFSET_AT, &offset, 1) == 0)
		return frame_size(frame);
	uint32_t size = tcp_at + (offset >> 4) * 4u + frame->segment_size;
	return size < frame_size(frame) ? size : frame_size(frame);
}

/* Takes the packet. */
static void pass_on(struct passage *passage, struct frame *packet)
{
	const struct interface *out = passage->hop.interface;
	bool fits = piece_size(passage->packet) <= out->mtu;

	if (packet->segment_size == 0)
		send_on(passage, packet);
	else if (fits && out->largest_segment > 0)
		note(passage, ip_dispatch(passage->ip, &passage->hop, packet));
	else
		send_on_in_segments(passage, packet);
}

enum verdict ip_forward(struct ip *ip, const struct ip_packet *packet)
{
	struct passage passage = { .ip = ip, .packet = packet };
	enum verdict verdict = judge(ip, packet);

	if (verdict != DELIVERED)
		return verdict;
	if (packet->ttl <= 1) {
		tell_sender(ip, packet, LIFE_IS_OVER, 0);
		return DROP_TTL;
	}
	if (!hop_by_route(ip, 0, &packet->destination, &passage.hop)) {
		tell_sender(ip, packet, NO_WAY, 0);
		return DROP_NO_ROUTE;
	}
	if (packet->version == 4)
		ipv4_parse(packet->header, SIZE_MAX, &passage.ipv4);
	uint32_t mtu = passage.hop.interface->mtu;
	if (piece_size(packet) > mtu && !may_be_cut(&passage)) {
		tell_sender(ip, packet, TOO_LARGE, mtu);
		return DROP_TOO_BIG;
	}
	struct frame *going = frame_clone(packet->frame);
	if (!going)
		return DROP_MEMORY;
	live_one_hop_shorter(going, packet->version);
	pass_on(&passage, going);
	return passage.verdict;
}
