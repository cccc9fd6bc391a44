/* input6: from an IPv6 packet to the protocol it is for (RFC 8200; ip.h). Each step refuses what it can judge, and the
 * next need not look again. */
#include "ip/forward.h"
#include "ip/icmp6.h"
#include "ip/input.h"
#include "ip/mld.h"
#include "wire/ipv6_chain.h"

enum {
	CUT_HEADERS_MOST = 1024
}; /* extension headers of a packet that came in fragments, behind the cut */

/* RFC 4291, 2.7: a group of scope 0 is no group, and one of scope 1 never leaves its host. */
static bool is_group_of_wire(const struct address *destination)
{
	return address_group_scope(destination) > SCOPE_INTERFACE;
}

/* What we only ask for yet (dad.h) may be another's, who says so. */
static bool is_ourselves(const struct ip *ip, const struct address *source)
{
	const struct interface_address *own = ip_find_own(ip, source);
	return own && own->probe_due == NEVER && interface_address_is_usable(own);
}

/* What no packet from a link can have: lo's address, a source that is many or ourselves (LAND). */
static enum verdict judge_addresses(const struct ip *ip, const struct interface *interface,
				    const struct ipv6_header *ipv6)
{
	if (!interface->ethernet)
		return DELIVERED;
	if (address_is_loopback(&ipv6->source) || address_is_loopback(&ipv6->destination))
		return DROP_LOOPBACK_ADDRESS;
	if (address_is_multicast(&ipv6->source) || is_ourselves(ip, &ipv6->source))
		return DROP_BAD_SOURCE;
	if (address_is_multicast(&ipv6->destination) && !is_group_of_wire(&ipv6->destination))
		return DROP_NOT_OURS;
	return DELIVERED;
}

/* As judged, with the zones of its addresses put in. */
static enum verdict judge(const struct ip *ip, const struct interface *interface, int zone,
			  const struct frame *frame, struct ipv6_header *ipv6)
{
	if (!ipv6_parse(frame_head(frame), frame_size(frame), ipv6))
		return DROP_MALFORMED;
	ipv6->source = address_in_zone(ipv6->source, zone);
	ipv6->destination = address_in_zone(ipv6->destination, zone);
	return judge_addresses(ip, interface, ipv6);
}

/* False: for somebody else. Any address of the host will do, on whatever interface (the weak model, as Linux has it), but
 * one that means something on its link alone. */
static bool find_destination(const struct ip *ip, struct ip_packet *packet)
{
	if (ip_is_own(ip, &packet->destination))
		return true;
	if (!address_is_multicast(&packet->destination))
		return false;
	packet->to_group = true;
	return group_is_joined(ip, packet->interface, &packet->destination);
}

/* RFC 8200, 4: the headers in front of what it carries. start: the packet from its first byte on, as far as it lies
 * together. */
static enum verdict walk_chain(struct ip *ip, const struct ip_packet *packet, struct bytes start,
			       struct ipv6_chain *chain)
{
	enum ipv6_chain_end end = ipv6_chain_walk(start, chain);

	if (end == IPV6_CHAIN_PROBLEM)
		icmp6_answer_error(ip, packet, ICMP6_PARAMETER_PROBLEM, chain->problem_code,
				   chain->problem_at);
	return end == IPV6_CHAIN_HOLDS ? DELIVERED : DROP_OPTIONS;
}

/* The type of an ICMPv6 message; 0, which is none: it is something else. */
static uint8_t icmp6_type_of(const struct ip_packet *packet)
{
	uint8_t type = 0;

	if (packet->protocol == PROTOCOL_ICMP6)
		frame_copy_out(packet->frame, 0, &type, 1);
	return type;
}

/* RFC 6980, 5: who is whose neighbour is never said in fragments, not even in one alone. */
static bool is_of_neighbours(const struct ip_packet *packet)
{
	uint8_t type = icmp6_type_of(packet);
	return (type >= 133 && type <= 137) || type == 148 || type == 149;
}

/* A group's filter lets its sources through; MLD is of the group, not in it. */
static bool is_admitted(const struct ip *ip, const struct ip_packet *packet)
{
	return !address_is_multicast(&packet->destination) ||
	       group_admits(ip, packet->interface, &packet->destination, &packet->source) ||
	       mld_is_type(icmp6_type_of(packet));
}

/* All its headers have been judged: they are taken off the frame, which begins behind those known before. */
static enum verdict deliver(struct ip *ip, struct ip_packet *packet, const struct ipv6_chain *chain,
			    bool was_cut)
{
	frame_pull(packet->frame, chain->upper_at - (uint32_t)packet->header.size);
	packet->header.size = chain->upper_at;
	packet->protocol = chain->protocol;
	if ((was_cut || chain->has_fragment) && is_of_neighbours(packet))
		return DROP_FRAGMENT;
	return is_admitted(ip, packet) ? ip_deliver(ip, packet) : DROP_NOT_OURS;
}

/* A packet that has become whole. The headers that were cut are judged only now (RFC 8200, 4.5). */
static enum verdict deliver_whole(struct ip *ip, const struct ip_packet *reassembled)
{
	uint8_t start[FRAGMENT_HEADER_MOST + CUT_HEADERS_MOST];
	struct ip_packet packet = *reassembled;
	struct ipv6_chain chain;
	size_t size = packet.header.size;

	memcpy(start, packet.header.at, size);
	packet.header.at = start;
	size += frame_copy_out(packet.frame, 0, start + size, CUT_HEADERS_MOST);
	enum verdict verdict = walk_chain(ip, &packet, (struct bytes){ start, size }, &chain);
	if (verdict != DELIVERED)
		return verdict;
	return ipv6_chain_in_parts(&chain) ? DROP_FRAGMENT : deliver(ip, &packet, &chain, true);
}

static enum verdict take_fragment(struct ip *ip, struct ip_packet *packet,
				  const struct ipv6_chain *chain)
{
	const struct fragment fragment = {
		.identification = chain->identification,
		.offset = chain->fragment_offset,
		.more = chain->more_fragments,
		.name_at = chain->fragment_name_at,
	};
	frame_pull(packet->frame, chain->upper_at - IPV6_HEADER_SIZE);
	packet->header.size = chain->upper_at;
	packet->protocol = chain->protocol;
	return fragment_input(ip, packet, &fragment, deliver_whole);
}

/* Only neighbour discovery and MLD speak before they have an address. */
static bool may_be_of_nobody(const struct ipv6_chain *chain)
{
	return chain->protocol == PROTOCOL_ICMP6 && !ipv6_chain_in_parts(chain);
}

enum verdict ipv6_input(struct ip *ip, struct interface *interface, struct frame *frame,
			bool link_group, struct interface *went_out_by)
{
	struct interface *of = went_out_by ? went_out_by : interface;
	struct ipv6_header ipv6;
	struct ipv6_chain chain;
	enum verdict verdict = judge(ip, interface, of->index, frame, &ipv6);
	if (verdict != DELIVERED)
		return verdict;

	struct ip_packet packet = {
		.interface = of,
		.frame = frame,
		.source = ipv6.source,
		.destination = ipv6.destination,
		.header = { frame->head, IPV6_HEADER_SIZE },
		.version = 6,
		.ttl = ipv6.hop_limit,
		.tos = ipv6.traffic_class,
		.to_group = link_group,
	};
	bool ours = find_destination(ip, &packet);
	if (!ours && !ip_passes_on(ip->forwarding6, interface, link_group))
		return DROP_NOT_OURS;
	frame_trim(frame, IPV6_HEADER_SIZE + (uint32_t)ipv6.payload_size);
	if (!ours)
		return ip_forward(ip, &packet);
	struct bytes start = frame_head(frame);
	frame_pull(frame, IPV6_HEADER_SIZE);
	verdict = walk_chain(ip, &packet, start, &chain);
	if (verdict != DELIVERED)
		return verdict;
	if (address_is_any(&packet.source) && !may_be_of_nobody(&chain))
		return DROP_BAD_SOURCE;
	return ipv6_chain_in_parts(&chain) ? take_fragment(ip, &packet, &chain)
					   : deliver(ip, &packet, &chain, false);
}
