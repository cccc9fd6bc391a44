#include "ip/arp.h"

#include "ip/claim.h"
#include "ip/ip.h"
#include "wire/arp.h"

static const struct mac everybody = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
static const struct mac nobody = { { 0 } };

/* Without memory nothing is sent: ARP asks again, or is asked again. */
static void send_arp(struct ip *ip, struct interface *interface, const struct mac *destination,
		     const struct arp_packet *arp)
{
	struct frame *frame = frame_new(ip->pool);
	if (!frame)
		return;
	struct address sender = address_v4(arp->sender);
	if (address_is_link_local(&sender))
		destination = &everybody;
	arp_write(frame_push(frame, ARP_SIZE), arp);
	interface_transmit(interface, destination, ETHERTYPE_ARP, frame);
}

void arp_request(struct ip *ip, struct neighbour *neighbour)
{
	struct interface *interface = neighbour->interface;
	const struct address *source = interface_source(interface, &neighbour->address);
	uint32_t target = address_to_v4(&neighbour->address);
	bool known = neighbour->state == NEIGHBOUR_PROBE;
	struct arp_packet arp = {
		.operation = ARP_REQUEST,
		.sender_mac = interface->mac,
		.sender = source ? address_to_v4(source) : 0,
		.target = target,
	};
	send_arp(ip, interface, known ? &neighbour->mac : &everybody, &arp);
}

void arp_probe(struct ip *ip, struct interface *interface, uint32_t address)
{
	struct arp_packet arp = {
		.operation = ARP_REQUEST,
		.sender_mac = interface->mac,
		.target = address,
	};
	send_arp(ip, interface, &everybody, &arp);
}

void arp_announce(struct ip *ip, struct interface *interface, uint32_t address)
{
	struct arp_packet arp = {
		.operation = ARP_REQUEST,
		.sender_mac = interface->mac,
		.sender = address,
		.target = address,
	};
	send_arp(ip, interface, &everybody, &arp);
}

static void reply(struct ip *ip, struct interface *interface, const struct arp_packet *request)
{
	struct arp_packet arp = {
		.operation = ARP_REPLY,
		.sender_mac = interface->mac,
		.sender = request->target,
		.target_mac = request->sender_mac,
		.target = request->sender,
	};
	send_arp(ip, interface, &request->sender_mac, &arp);
}

/* Could it have been sent by a station of its own? The sender's address may be 0: a probe (RFC 5227, 2.1.1). */
static bool sender_is_possible(const struct interface *interface, const struct arp_packet *arp)
{
	if (mac_is_group(&arp->sender_mac) || mac_equal(&arp->sender_mac, &nobody) ||
	    mac_equal(&arp->sender_mac, &interface->mac))
		return false;
	struct address sender = address_v4(arp->sender);
	return !v4_is_multicast(arp->sender) && !v4_is_loopback(arp->sender) &&
	       !interface_is_broadcast(interface, &sender);
}

static void defend(struct ip *ip, struct interface *interface, struct interface_address *own)
{
	uint32_t v4 = address_to_v4(&own->address);

	if (ip->clock->now < own->quiet_until) {
		claim_yield(ip, interface, v4);
		return;
	}
	own->quiet_until = ip->clock->now + ARP_DEFEND_NS;
	arp_announce(ip, interface, v4);
}

static enum verdict take_request_for_us(struct ip *ip, struct interface *interface,
					const struct arp_packet *arp)
{
	struct address sender = address_v4(arp->sender);

	if (arp->sender != 0 && interface_on_link(interface, &sender))
		neighbour_learn(ip, interface, &sender, &arp->sender_mac);
	reply(ip, interface, arp);
	return DELIVERED;
}

/* A reply, or a request for somebody else, an announcement among them: news only of those we know. */
static enum verdict take_news(struct ip *ip, struct interface *interface,
			      const struct arp_packet *arp)
{
	struct address sender = address_v4(arp->sender);
	struct address target = address_v4(arp->target);
	struct neighbour *neighbour = neighbour_find(ip, interface, &sender);
	bool to_us = arp->operation == ARP_REPLY && mac_equal(&arp->target_mac, &interface->mac) &&
		     interface_address_find(interface, &target);

	if (!neighbour)
		return DROP_IGNORED;
	if (!to_us || !neighbour_answered(neighbour, &arp->sender_mac))
		neighbour_heard(neighbour, &arp->sender_mac);
	return DELIVERED;
}

enum verdict arp_input(struct ip *ip, struct interface *interface, const struct frame *packet)
{
	struct arp_packet arp;

	if (!arp_parse(frame_head(packet), &arp))
		return DROP_MALFORMED;
	if (arp.operation != ARP_REQUEST && arp.operation != ARP_REPLY)
		return DROP_IGNORED;
	if (!sender_is_possible(interface, &arp))
		return DROP_BAD_SOURCE;

	struct address sender = address_v4(arp.sender), target = address_v4(arp.target);
	struct interface_address *own = interface_address_find(interface, &sender);
	if (claim_is_disputed(ip, interface, &arp))
		return DROP_CONFLICT;
	if (own) {
		defend(ip, interface, own);
		return DROP_CONFLICT;
	}
	if (arp.operation == ARP_REQUEST && interface_address_find(interface, &target))
		return take_request_for_us(ip, interface, &arp);
	return take_news(ip, interface, &arp);
}
