/* input: from a frame to the protocol it is for (ip.h). Each step refuses what it can judge, and the next need not look
 * again. What is IPv6's own is input6.c. */
#include "ip/input.h"

#include "ip/arp.h"
#include "ip/forward.h"
#include "ip/icmp.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* IGMP may come from who has no address: a member that has none yet (RFC 9776, 4.2.14), a switch that asks (RFC 4541,
 * 2.1.1). Linux takes it too. */
static bool is_from_nobody_yet(const struct ipv4_header *ipv4)
{
	return ipv4->source == 0 && ipv4->protocol == PROTOCOL_IGMP &&
	       v4_is_multicast(ipv4->destination);
}

/* What no packet from a link can have: lo's addresses (RFC 1122, 3.2.1.3 g), and a source that is nobody, many, or
 * ourselves (LAND). */
static enum verdict judge_addresses(const struct ip *ip, const struct interface *interface,
				    const struct ipv4_header *ipv4)
{
	struct address source = address_v4(ipv4->source);

	if (!interface->ethernet || is_from_nobody_yet(ipv4))
		return DELIVERED;
	if (v4_is_loopback(ipv4->source) || v4_is_loopback(ipv4->destination))
		return DROP_LOOPBACK_ADDRESS;
	if (ipv4->source >> 24 == 0 || v4_is_multicast(ipv4->source) ||
	    ip_is_broadcast(ip, &source) || ip_is_own(ip, &source))
		return DROP_BAD_SOURCE;
	return DELIVERED;
}

static enum verdict judge(const struct ip *ip, const struct interface *interface,
			  const struct frame *frame, struct ipv4_header *ipv4)
{
	struct bytes head = frame_head(frame);

	if (!ipv4_parse(head, frame_size(frame), ipv4))
		return DROP_MALFORMED;
	if (!ipv4_checksum_holds((struct bytes){ head.at, ipv4->header_size }))
		return DROP_CHECKSUM;
	return judge_addresses(ip, interface, ipv4);
}

/* Options ask for nothing that is done here, but what they say has to hold: an error quotes them. Of those that do not the
 * sender is told (RFC 1122, 3.2.2.5); of source routes, which are refused as Linux does by default, nobody is. */
static enum verdict judge_options(struct ip *ip, const struct ip_packet *packet,
				  const struct ipv4_header *ipv4)
{
	bool source_route;
	size_t wrong_at;

	if (ipv4->options.size == 0)
		return DELIVERED;
	if (ipv4_options_hold(ipv4->options, &source_route, &wrong_at))
		return source_route ? DROP_OPTIONS : DELIVERED;
	frame_pull(packet->frame, ipv4->header_size);
	icmp_answer_error(ip, packet, ICMP_PARAMETER_PROBLEM, 0,
			  (uint32_t)(IPV4_HEADER_SIZE + wrong_at) << 24);
	return DROP_OPTIONS;
}

/* A group's filter lets its sources through; IGMP is of the group, not in it. */
static bool is_for_group(const struct ip *ip, const struct ip_packet *packet)
{
	if (packet->protocol == PROTOCOL_IGMP)
		return group_is_joined(ip, packet->interface, &packet->destination);
	return group_admits(ip, packet->interface, &packet->destination, &packet->source);
}

/* On lo, what we broadcast ourselves, on whatever link. */
static bool is_broadcast(const struct ip *ip, const struct interface *interface,
			 const struct address *destination)
{
	return interface->ethernet ? interface_is_broadcast(interface, destination)
				   : ip_is_broadcast(ip, destination);
}

/* False: for somebody else. Any address of the host will do, on whatever interface (the weak model of RFC 1122, 3.3.4.2,
 * as Linux has it). */
static bool find_destination(const struct ip *ip, const struct interface *interface,
			     struct ip_packet *packet)
{
	if (ip_is_own(ip, &packet->destination))
		return true;
	bool multicast = address_is_multicast(&packet->destination);
	bool broadcast = is_broadcast(ip, interface, &packet->destination);
	packet->to_group |= multicast || broadcast;
	return multicast ? is_for_group(ip, packet) : broadcast;
}

/* RFC 8200, 4.7: behind "no next header" there is nothing to take, and nothing to complain of. */
static enum verdict refuse_protocol(struct ip *ip, const struct ip_packet *packet)
{
	if (packet->version == 6 && packet->protocol == PROTOCOL_NONE)
		return DROP_IGNORED;
	icmp_unreachable(ip, packet, ICMP_PROTOCOL_UNREACHABLE);
	return DROP_NO_PROTOCOL;
}

enum verdict ip_deliver(struct ip *ip, const struct ip_packet *packet)
{
	const struct ip_protocol *protocol = &ip->protocols[packet->protocol];
	const struct ip_protocol *raw = &ip->raw;
	bool taken = raw->input && raw->input(raw->context, packet) == DELIVERED;

	if (protocol->input)
		return protocol->input(protocol->context, packet);
	return taken ? DELIVERED : refuse_protocol(ip, packet);
}

/* went_out_by: of what we sent to a group ourselves; else NULL. */
static enum verdict ipv4_input(struct ip *ip, struct interface *interface, struct frame *frame,
			       bool link_group, struct interface *went_out_by)
{
	struct ipv4_header ipv4;
	enum verdict verdict = judge(ip, interface, frame, &ipv4);
	if (verdict != DELIVERED)
		return verdict;

	struct ip_packet packet = {
		.interface = went_out_by ? went_out_by : interface,
		.frame = frame,
		.source = address_v4(ipv4.source),
		.destination = address_v4(ipv4.destination),
		.header = { frame->head, ipv4.header_size },
		.version = 4,
		.protocol = ipv4.protocol,
		.ttl = ipv4.ttl,
		.tos = ipv4.tos,
		.to_group = link_group,
	};
	bool ours = find_destination(ip, interface, &packet);
	if (!ours && !ip_passes_on(ip->forwarding4, interface, link_group))
		return DROP_NOT_OURS;
	frame_trim(frame, ipv4.total_size);
	verdict = judge_options(ip, &packet, &ipv4);
	if (verdict != DELIVERED)
		return verdict;
	if (!ours)
		return ip_forward(ip, &packet);
	frame_pull(frame, ipv4.header_size);
	if (ipv4.more_fragments || ipv4.fragment_offset > 0)
		return fragment_input(ip, &packet,
				      &(struct fragment){ .identification = ipv4.identification,
							  .offset = ipv4.fragment_offset,
							  .more = ipv4.more_fragments },
				      ip_deliver);
	return ip_deliver(ip, &packet);
}

static enum verdict ethernet_input(struct ip *ip, struct interface *interface, struct frame *frame)
{
	struct ethernet_header ethernet;

	if (!ethernet_parse(frame_head(frame), &ethernet))
		return DROP_MALFORMED;
	if (mac_is_group(&ethernet.source) || mac_equal(&ethernet.source, &interface->mac))
		return DROP_BAD_SOURCE;
	bool link_group = mac_is_group(&ethernet.destination);
	if (!link_group && !mac_equal(&ethernet.destination, &interface->mac))
		return DROP_NOT_OURS;

	frame_pull(frame, ETHERNET_HEADER_SIZE);
	interface_count(&interface->received, frame);
	switch (ethernet.type) {
	case ETHERTYPE_IPV4:
		return ipv4_input(ip, interface, frame, link_group, NULL);
	case ETHERTYPE_IPV6:
		return ipv6_input(ip, interface, frame, link_group, NULL);
	case ETHERTYPE_ARP:
		return arp_input(ip, interface, frame);
	default:
		return DROP_NO_PROTOCOL;
	}
}

/* On lo, where no Ethernet header tells, the packet's first bits do. */
static enum verdict lo_input(struct ip *ip, struct frame *frame)
{
	struct interface *lo = ip->interfaces.at[0], *went_out_by = frame->from;
	bool v6 = frame->head_size > 0 && frame->head[0] >> 4 == 6;

	interface_count(&lo->sent, frame);
	interface_count(&lo->received, frame);
	return v6 ? ipv6_input(ip, lo, frame, false, went_out_by)
		  : ipv4_input(ip, lo, frame, false, went_out_by);
}

static enum verdict count(struct ip *ip, enum verdict verdict, struct frame *frame)
{
	ip->counts[verdict]++;
	frame_free(frame);
	return verdict;
}

enum verdict ip_input(struct ip *ip, struct interface *interface, struct frame *frame)
{
	interface_show(interface, frame, false);
	enum verdict verdict =
		interface->ethernet ? ethernet_input(ip, interface, frame) : lo_input(ip, frame);
	return count(ip, verdict, frame);
}

enum verdict ip_loopback_input(struct ip *ip, struct frame *frame)
{
	return count(ip, lo_input(ip, frame), frame);
}
