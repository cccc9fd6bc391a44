#include "ip/icmp6.h"

#include "ip/icmp.h"
#include "ip/icmp6_error.h"
#include "ip/mld.h"
#include "ip/ndp.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"

enum { HEADERS_MOST = 512 }; /* of a packet, looked at for what it carries */

/* Sends a message whose checksum field is zero; ip_output fills it in where somebody looks at it. What came to a group is
 * answered from the address that the route chooses (RFC 4443, 2.2). */
static void send_message(struct ip *ip, const struct ip_packet *about, uint8_t tos,
			 struct frame *message)
{
	bool to_us = ip_is_own(ip, &about->destination);

	message->checksum_left_out = true;
	ip_output(ip,
		  &(struct ip_send){ .source = to_us ? about->destination
						     : (struct address){ { { 0 } } },
				     .destination = about->source,
				     .protocol = PROTOCOL_ICMP6,
				     .tos = tos },
		  message);
}

/* RFC 4443, 4.2: one to a group is answered too, as Linux does; but not what the link alone sent to many. */
static enum verdict answer_echo(struct ip *ip, const struct ip_packet *packet,
				const struct icmp6_message *echo)
{
	bool of_group = address_is_multicast(&packet->destination);
	if (ip->echo6_ignore_all || (of_group && ip->echo6_ignore_multicast) ||
	    (packet->to_group && !of_group))
		return DROP_IGNORED;
	struct frame *reply = frame_new(ip->pool);
	if (!reply)
		return DROP_MEMORY;
	if (!icmp_share_data(packet->frame, reply)) {
		frame_free(reply);
		return DROP_MEMORY;
	}
	icmp6_write(frame_push(reply, ICMP6_HEADER_SIZE), ICMP6_ECHO_REPLY, 0, echo->rest);
	send_message(ip, packet, packet->tos, reply);
	return DELIVERED;
}

static bool checksum_holds(const struct ip_packet *packet)
{
	const struct frame *frame = packet->frame;
	struct checksum checksum = { 0 };

	if (frame->checksum_left_out)
		return true;
	checksum_add_pseudo(&checksum, &packet->source, &packet->destination, PROTOCOL_ICMP6,
			    frame_size(frame));
	checksum_add_frame(&checksum, frame);
	return checksum_finish(&checksum) == 0;
}

enum verdict icmp6_input(void *context, const struct ip_packet *packet)
{
	struct ip *ip = context;
	struct icmp6_message icmp6;

	if (packet->version != 6)
		return DROP_NO_PROTOCOL;
	if (!icmp6_parse(frame_head(packet->frame), &icmp6))
		return DROP_MALFORMED;
	if (!checksum_holds(packet))
		return DROP_CHECKSUM;
	if (ndp_is_type(icmp6.type))
		return ndp_input(ip, packet);
	if (mld_is_type(icmp6.type))
		return mld_input(ip, packet);
	if (address_is_any(&packet->source))
		return DROP_BAD_SOURCE;
	switch (icmp6.type) {
	case ICMP6_ECHO:
		return answer_echo(ip, packet, &icmp6);
	case ICMP6_ECHO_REPLY:
		return ip->echo.input ? ip->echo.input(ip->echo.context, packet) : DROP_IGNORED;
	default:
		break;
	}
	bool of_us = icmp6_is_error(icmp6.type) && !packet->to_group;
	return of_us ? icmp6_error_input(ip, packet, &icmp6) : DROP_IGNORED;
}

/* The type of the ICMPv6 message in a packet; -1: it carries another protocol, or its headers end before they tell. */
static int message_type(const struct ip_packet *packet)
{
	uint8_t start[HEADERS_MOST];
	size_t header = packet->header.size < sizeof start ? packet->header.size : sizeof start;
	struct ipv6_chain chain;

	memcpy(start, packet->header.at, header);
	size_t size =
		header + frame_copy_out(packet->frame, 0, start + header, sizeof start - header);
	if (!ipv6_chain_skim((struct bytes){ start, size }, &chain))
		return -1;
	return chain.protocol == PROTOCOL_ICMP6 && chain.upper_at < size ? start[chain.upper_at]
									 : -1;
}

/* RFC 4443, 2.4 e: no error about an error, nor about what went to many, but for the two by which a group's sender learns
 * what its packets may be. */
static bool may_be_answered(const struct ip_packet *packet, uint8_t type, uint8_t code)
{
	int about = message_type(packet);
	bool of_group = type == ICMP6_PACKET_TOO_BIG ||
			(type == ICMP6_PARAMETER_PROBLEM && code == ICMP6_UNKNOWN_OPTION);

	if (packet->to_group && !of_group)
		return false;
	if (address_is_any(&packet->source) || address_is_multicast(&packet->source))
		return false;
	return about < 0 || !icmp6_is_error((uint8_t)about);
}

void icmp6_answer_error(struct ip *ip, const struct ip_packet *packet, uint8_t type, uint8_t code,
			uint32_t rest)
{
	if (!may_be_answered(packet, type, code))
		return;
	if (!icmp_may_tell(ip, &packet->source))
		return;

	uint8_t *quote;
	uint32_t header = (uint32_t)packet->header.size;
	uint32_t room = IPV6_MTU_LEAST - IPV6_HEADER_SIZE - ICMP6_HEADER_SIZE;
	uint32_t size = header + frame_size(packet->frame);
	struct frame *error =
		frame_with_room(ip->pool, ICMP6_HEADER_SIZE + (size < room ? size : room));
	if (!error)
		return;
	size = error->head_size - ICMP6_HEADER_SIZE;
	header = header < size ? header : size;
	icmp6_write(error->head, type, code, rest);
	quote = error->head + ICMP6_HEADER_SIZE;
	memcpy(quote, packet->header.at, header);
	frame_copy_out(packet->frame, 0, quote + header, size - header);
	send_message(ip, packet, 0, error);
}

/* An unknown protocol is a next header that is not known (RFC 8200, 4): what names it is pointed at. */
void icmp6_unreachable(struct ip *ip, const struct ip_packet *packet, uint8_t code)
{
	struct ipv6_chain chain;

	if (code == ICMP_PORT_UNREACHABLE) {
		icmp6_answer_error(ip, packet, ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE, 0);
		return;
	}
	ipv6_chain_walk(packet->header, &chain);
	icmp6_answer_error(ip, packet, ICMP6_PARAMETER_PROBLEM, ICMP6_UNKNOWN_NEXT_HEADER,
			   chain.name_at);
}

static struct frame *frame_of(struct ip *ip, const struct icmp6_emission *emission)
{
	uint32_t size = (uint32_t)emission->message.size;
	struct frame *frame = frame_with_room(ip->pool, size);
	if (!frame)
		return NULL;

	struct checksum checksum = { 0 };
	memcpy(frame->head, emission->message.at, size);
	put16(frame->head + ICMP6_CHECKSUM_AT, 0);
	checksum_add_pseudo(&checksum, &emission->source, &emission->destination, PROTOCOL_ICMP6,
			    size);
	checksum_add(&checksum, (struct bytes){ frame->head, size });
	put16(frame->head + ICMP6_CHECKSUM_AT, checksum_finish(&checksum));
	if (emission->router_alert)
		ipv6_write_router_alert(frame_push(frame, IPV6_ROUTER_ALERT_SIZE), PROTOCOL_ICMP6);
	return frame;
}

void icmp6_emit(struct ip *ip, const struct icmp6_emission *emission)
{
	struct frame *frame = frame_of(ip, emission);
	if (!frame) {
		ip->counts[DROP_MEMORY]++;
		return;
	}
	struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)frame_size(frame),
		.next_header = emission->router_alert ? PROTOCOL_HOP_BY_HOP : PROTOCOL_ICMP6,
		.hop_limit = emission->hop_limit,
		.source = emission->source,
		.destination = emission->destination,
	};
	ipv6_write(frame_push(frame, IPV6_HEADER_SIZE), &ipv6);
	if (!emission->mac && !address_is_multicast(&emission->destination)) {
		neighbour_output(ip, emission->interface, &emission->destination, frame);
		return;
	}
	struct mac mac =
		emission->mac ? *emission->mac : mac_of_group_v6(emission->destination.bytes);
	interface_transmit(emission->interface, &mac, ETHERTYPE_IPV6, frame);
}
