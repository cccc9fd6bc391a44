#include "ip/ndp.h"

#include "base/assert.h"
#include "ip/advertise.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/icmp6.h"
#include "ip/ip.h"

static const struct address nobody;

void ndp_send(struct ip *ip, const struct ndp_sending *sending)
{
	uint8_t bytes[NDP_MOST + NDP_OPTIONS_MOST];
	size_t size = ndp_write(bytes, sending->message);

	assert(sending->options.size <= NDP_OPTIONS_MOST);
	if (sending->options.size > 0)
		memcpy(bytes + size, sending->options.at, sending->options.size);
	size += sending->options.size;

	icmp6_emit(ip, &(struct icmp6_emission){
			       .interface = sending->interface,
			       .source = sending->source ? *sending->source : nobody,
			       .destination = *sending->destination,
			       .mac = sending->mac,
			       .hop_limit = NDP_HOP_LIMIT,
			       .message = { bytes, size },
		       });
}

/* One that is surely ours, if there is one: of another nobody may be told the link address (RFC 4429, 3.3). */
static const struct interface_address *source_to(struct interface *interface,
						 const struct address *target)
{
	const struct address *near = interface_source(interface, target);
	if (!near)
		return NULL;
	const struct interface_address *source = interface_address_find(interface, near);
	for (uint32_t place = 0; place < interface->address_count; place++) {
		const struct interface_address *own = &interface->addresses[place];
		if (source->state == ADDRESS_OPTIMISTIC && own->state < ADDRESS_OPTIMISTIC &&
		    !address_is_v4(&own->address))
			source = own;
	}
	return source;
}

/* Without an address of our own nobody can be asked: who asks as nobody claims the address instead (RFC 4862, 5.4.2). */
void ndp_solicit(struct ip *ip, struct neighbour *neighbour)
{
	struct interface *interface = neighbour->interface;
	bool known = neighbour->state == NEIGHBOUR_PROBE;
	const struct interface_address *source = source_to(interface, &neighbour->address);
	struct address group = address_solicited_node(&neighbour->address);

	if (!source)
		return;
	ndp_send(ip, &(struct ndp_sending){
			     .interface = interface,
			     .source = &source->address,
			     .destination = known ? &neighbour->address : &group,
			     .mac = known ? &neighbour->mac : NULL,
			     .message =
				     &(struct ndp_message){
					     .type = ICMP6_NEIGHBOUR_SOLICITATION,
					     .target = neighbour->address,
					     .has_source_mac = source->state != ADDRESS_OPTIMISTIC,
					     .source_mac = interface->mac,
				     },
		     });
}

/* What may be another's overrides nothing (RFC 4429, 3.3). */
static struct ndp_message advertisement_of(const struct ip *ip, const struct interface *interface,
					   const struct interface_address *own)
{
	return (struct ndp_message){
		.type = ICMP6_NEIGHBOUR_ADVERTISEMENT,
		.router = ip->forwarding6 || interface->advertiser != NULL,
		.override = own->state != ADDRESS_OPTIMISTIC,
		.target = own->address,
		.has_target_mac = true,
		.target_mac = interface->mac,
	};
}

void ndp_announce(struct ip *ip, struct interface *interface, const struct interface_address *own)
{
	struct ndp_message message = advertisement_of(ip, interface, own);

	ndp_send(ip, &(struct ndp_sending){ .interface = interface,
					    .source = &own->address,
					    .destination = &all_nodes_of_link,
					    .message = &message });
}

/* A message in hand. */
struct heard {
	struct ip *ip;
	struct interface *interface;
	const struct ip_packet *packet;
	struct ndp_message message; /* its target and destination in the link's zone */
};

/* RFC 4861, 7.2.4. Who gave its link address, or is known, is answered there, which makes no use of what is known. */
static void answer(const struct heard *heard, const struct interface_address *own)
{
	const struct address *asker = &heard->packet->source;
	bool to_all = address_is_any(asker);
	const struct neighbour *known = neighbour_find(heard->ip, heard->interface, asker);
	struct ndp_message message = advertisement_of(heard->ip, heard->interface, own);

	message.solicited = !to_all;
	ndp_send(heard->ip,
		 &(struct ndp_sending){
			 .interface = heard->interface,
			 .source = &heard->message.target,
			 .destination = to_all ? &all_nodes_of_link : asker,
			 .mac = known && known->state != NEIGHBOUR_INCOMPLETE ? &known->mac : NULL,
			 .message = &message,
		 });
}

/* RFC 4861, 7.1.1 and 7.2.3. */
static enum verdict hear_solicitation(const struct heard *heard)
{
	const struct ip_packet *packet = heard->packet;
	const struct ndp_message *message = &heard->message;
	bool from_nobody = address_is_any(&packet->source);

	if (from_nobody &&
	    (message->has_source_mac || !address_is_solicited_node(&packet->destination)))
		return DROP_MALFORMED;
	struct interface_address *own = interface_address_find(heard->interface, &message->target);
	if (!own)
		return DROP_IGNORED;
	if (from_nobody && own->probe_due != NEVER &&
	    dad_claimed(heard->ip, heard->interface, own, message->nonce))
		return DROP_CONFLICT;
	if (!interface_address_is_usable(own) || (from_nobody && own->probe_due != NEVER))
		return DROP_IGNORED;
	if (message->has_source_mac)
		neighbour_learn(heard->ip, heard->interface, &packet->source, &message->source_mac);
	answer(heard, own);
	return DELIVERED;
}

/* RFC 4861, 7.1.2 and 7.2.5. */
static enum verdict hear_advertisement(const struct heard *heard)
{
	const struct ndp_message *message = &heard->message;
	struct neighbour *neighbour = neighbour_find(heard->ip, heard->interface, &message->target);

	if (message->solicited && address_is_multicast(&heard->packet->destination))
		return DROP_MALFORMED;
	struct interface_address *own = interface_address_find(heard->interface, &message->target);
	if (own && own->probe_due != NEVER)
		dad_claimed(heard->ip, heard->interface, own, message->nonce);
	if (own)
		return DROP_CONFLICT;
	if (!neighbour)
		return DROP_IGNORED;
	bool taken = neighbour_advertised(
		neighbour, &(struct neighbour_advertisement){
				   .mac = message->has_target_mac ? &message->target_mac : NULL,
				   .router = message->router,
				   .solicited = message->solicited,
				   .override = message->override,
			   });
	return taken ? DELIVERED : DROP_IGNORED;
}

/* The zone of the link, which no address on the wire names. */
static bool put_in_zone(struct address *address, const struct interface *interface)
{
	if (address_zone(address) != 0)
		return false;
	*address = address_in_zone(*address, interface->index);
	return true;
}

/* A link address is of one station. */
static bool macs_are_possible(const struct ndp_message *message)
{
	return !(message->has_source_mac && mac_is_group(&message->source_mac)) &&
	       !(message->has_target_mac && mac_is_group(&message->target_mac));
}

/* RFC 4861, 8.3. The target's link address is learned, where it is told; a router is not told its way (8.3, Linux's
 * accept_redirects). */
static enum verdict hear_redirect(const struct heard *heard)
{
	const struct ndp_message *message = &heard->message;
	const struct address *source = &heard->packet->source;

	if (!address_holds_zone(source))
		return DROP_MALFORMED;
	if (heard->ip->forwarding6 || heard->interface->advertiser ||
	    ip_is_own(heard->ip, &message->target) ||
	    !router_redirects(heard->ip, heard->interface, source, message))
		return DROP_IGNORED;
	if (message->has_target_mac)
		neighbour_learn(heard->ip, heard->interface, &message->target,
				&message->target_mac);
	return DELIVERED;
}

static enum verdict hear(struct heard *heard)
{
	switch (heard->message.type) {
	case ICMP6_ROUTER_SOLICITATION:
		return advertise_asked(heard->ip, heard->interface, heard->packet, &heard->message);
	case ICMP6_ROUTER_ADVERTISEMENT:
		return autoconf_heard(heard->ip, heard->interface, &heard->packet->source,
				      &heard->message);
	case ICMP6_NEIGHBOUR_SOLICITATION:
		return hear_solicitation(heard);
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		return hear_advertisement(heard);
	default:
		return hear_redirect(heard);
	}
}

enum verdict ndp_input(struct ip *ip, const struct ip_packet *packet)
{
	struct heard heard = { .ip = ip, .interface = packet->interface, .packet = packet };
	uint8_t copy[NDP_MESSAGE_MOST];
	struct bytes bytes = frame_head(packet->frame);

	if (!heard.interface->ethernet)
		return DROP_IGNORED;
	if (packet->ttl != NDP_HOP_LIMIT)
		return DROP_FROM_AFAR;
	if (frame_size(packet->frame) > sizeof copy)
		return DROP_MALFORMED;
	if (packet->frame->payload_size > 0)
		bytes = (struct bytes){ copy, frame_copy_out(packet->frame, 0, copy, sizeof copy) };
	if (!ndp_parse(bytes, &heard.message) || !macs_are_possible(&heard.message) ||
	    !put_in_zone(&heard.message.target, heard.interface) ||
	    !put_in_zone(&heard.message.destination, heard.interface))
		return DROP_MALFORMED;
	return hear(&heard);
}
