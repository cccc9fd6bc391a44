#include "ip/icmp.h"

#include "ip/icmp6.h"
#include "ip/icmp_error.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

enum {
	/* Of an error, IP header and all: RFC 1812, 4.3.2.3, as Linux does. */
	ERROR_MOST = 576,
	/* What is looked at of a quote: the longest IP header, and the longest TCP header behind it. */
	QUOTE_MOST = IPV4_HEADER_MOST + 60,
	FRAGMENT_AT = 6, /* of an IP header */
	OFFSET_MASK = 0x1fff,
};

/* Sends a message whose checksum field is zero; ip_output fills it in where somebody looks at it. Of what was for somebody else
 * it is the route's choice who says so. */
static enum verdict send_message(struct ip *ip, const struct ip_packet *about, uint8_t tos,
				 struct frame *message)
{
	message->checksum_left_out = true;
	return ip_output(ip,
			 &(struct ip_send){ .source = ip_is_own(ip, &about->destination)
							      ? about->destination
							      : address_v4(0),
					    .destination = about->source,
					    .protocol = PROTOCOL_ICMP,
					    .tos = tos },
			 message);
}

bool icmp_share_data(const struct frame *from, struct frame *to)
{
	struct slice slices[FRAME_SLICES + 1];
	int count = frame_share_payload(from, ICMP_HEADER_SIZE, slices);

	if (count < 0)
		return false;
	if (count > FRAME_SLICES) {
		while (count > 0)
			block_release(slices[--count].block);
		return false;
	}
	memcpy(to->slices, slices, (size_t)count * sizeof *slices);
	to->slice_count = (uint8_t)count;
	to->payload_size = frame_size(from) - ICMP_HEADER_SIZE;
	return true;
}

static enum verdict answer_echo(struct ip *ip, const struct ip_packet *packet,
				const struct icmp_message *echo)
{
	/* RFC 1122, 3.2.2.6: lest one packet make many (smurf). */
	if (ip->echo_ignore_all || (packet->to_group && ip->echo_ignore_broadcasts))
		return DROP_IGNORED;
	struct frame *reply = frame_new(ip->pool);
	if (!reply)
		return DROP_MEMORY;
	if (!icmp_share_data(packet->frame, reply)) {
		frame_free(reply);
		return DROP_MEMORY;
	}
	icmp_write(frame_push(reply, ICMP_HEADER_SIZE), ICMP_ECHO_REPLY, echo->code, echo->rest);
	send_message(ip, packet, packet->tos, reply);
	return DELIVERED;
}

static bool checksum_holds(const struct frame *frame)
{
	if (frame->checksum_left_out)
		return true;
	struct checksum checksum = { 0 };
	checksum_add_frame(&checksum, frame);
	return checksum_finish(&checksum) == 0;
}

enum verdict icmp_input(void *context, const struct ip_packet *packet)
{
	struct ip *ip = context;
	uint8_t quote[QUOTE_MOST];
	struct icmp_message icmp;

	if (!icmp_parse(frame_head(packet->frame), &icmp))
		return DROP_MALFORMED;
	if (!checksum_holds(packet->frame))
		return DROP_CHECKSUM;
	if (icmp.type == ICMP_ECHO)
		return answer_echo(ip, packet, &icmp);
	if (icmp.type == ICMP_ECHO_REPLY && ip->echo.input)
		return ip->echo.input(ip->echo.context, packet);
	if (packet->to_group)
		return DROP_IGNORED;

	size_t size = frame_copy_out(packet->frame, ICMP_HEADER_SIZE, quote, sizeof quote);
	icmp.body = (struct bytes){ quote, size };
	return icmp_error_input(ip, &packet->source, &icmp);
}

/* RFC 1122, 3.2.2: no error about an error, nor about what went to many, nor about a fragment other than the first. */
static bool may_be_answered(const struct ip_packet *packet)
{
	uint8_t type;

	if (packet->to_group || get16(packet->header.at + FRAGMENT_AT) & OFFSET_MASK)
		return false;
	if (packet->protocol != PROTOCOL_ICMP)
		return true;
	return frame_copy_out(packet->frame, 0, &type, 1) == 1 && !icmp_is_error(type);
}

bool icmp_may_tell(struct ip *ip, const struct address *destination)
{
	if (ip_is_own(ip, destination) ||
	    icmp_limit_allows(&ip->icmp_limit, &ip->random, destination, ip->clock->now))
		return true;
	ip->counts[DROP_RATE]++;
	return false;
}

void icmp_answer_error(struct ip *ip, const struct ip_packet *packet, uint8_t type, uint8_t code,
		       uint32_t rest)
{
	if (!may_be_answered(packet))
		return;
	if (!icmp_may_tell(ip, &packet->source))
		return;

	uint32_t header = (uint32_t)packet->header.size;
	uint32_t room = ERROR_MOST - IPV4_HEADER_SIZE - ICMP_HEADER_SIZE - header;
	uint32_t quoted = frame_size(packet->frame) < room ? frame_size(packet->frame) : room;
	struct frame *error = frame_with_room(ip->pool, ICMP_HEADER_SIZE + header + quoted);
	if (!error)
		return;
	icmp_write(error->head, type, code, rest);
	memcpy(error->head + ICMP_HEADER_SIZE, packet->header.at, header);
	frame_copy_out(packet->frame, 0, error->head + ICMP_HEADER_SIZE + header, quoted);
	send_message(ip, packet, ICMP_ERROR_TOS, error);
}

void icmp_unreachable(struct ip *ip, const struct ip_packet *packet, uint8_t code)
{
	if (packet->version == 6)
		icmp6_unreachable(ip, packet, code);
	else
		icmp_answer_error(ip, packet, ICMP_UNREACHABLE, code, 0);
}

void icmp_reassembly_time_exceeded(struct ip *ip, const struct ip_packet *packet)
{
	if (packet->version == 6)
		icmp6_answer_error(ip, packet, ICMP6_TIME_EXCEEDED, ICMP6_REASSEMBLY_TIME, 0);
	else
		icmp_answer_error(ip, packet, ICMP_TIME_EXCEEDED, ICMP_REASSEMBLY_TIME, 0);
}
