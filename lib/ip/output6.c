#include "ip/output6.h"

#include "wire/ipv6_chain.h"

/* RFC 6437, 3: the same for all of a flow, and nothing that can be guessed from another's. */
static uint32_t choose_flow(const struct ip *ip, const struct ip_send *send,
			    const struct address *source, const struct frame *frame)
{
	enum { PORTS_AT = 33, MESSAGE_SIZE = PORTS_AT + 4, MASK = 0xfffff };
	uint8_t message[MESSAGE_SIZE] = { 0 };

	if (send->flow)
		return send->flow & MASK;
	memcpy(message, source->bytes, 16);
	memcpy(message + 16, send->destination.bytes, 16);
	message[PORTS_AT - 1] = send->protocol;
	if (send->protocol == PROTOCOL_TCP || send->protocol == PROTOCOL_UDP)
		memcpy(message + PORTS_AT, frame->head, MESSAGE_SIZE - PORTS_AT);
	uint32_t flow = siphash(&ip->flow_key, (struct bytes){ message, sizeof message }) & MASK;
	return flow ? flow : 1; /* 0 is no label */
}

/* RFC 7739, 5.3: it counts up from a place of each path's own, so that it repeats as late as can be and nobody learns from
 * his own what others are sent. Paths share counters by another hash. */
static uint32_t choose_identification(struct ip *ip, const uint8_t addresses[32])
{
	uint64_t hash = siphash(&ip->flow_key, (struct bytes){ addresses, 32 });
	uint32_t *counter = &ip->flow_identifications[(hash >> 32) % IP_IDENTIFICATIONS];
	return (uint32_t)hash + (*counter)++;
}

uint32_t ipv6_headers_size(const struct ip_send *send)
{
	return IPV6_HEADER_SIZE + (uint32_t)send->headers.size;
}

/* The frame's head, behind extension headers that its own room may not do for. Takes the frame. */
static struct frame *put_extensions(const struct ip_send *send, struct frame *frame)
{
	uint32_t size = (uint32_t)send->headers.size;
	struct frame *larger = frame_with_room(frame->home, size + frame->head_size);

	if (larger) {
		memcpy(larger->head, send->headers.at, size);
		memcpy(larger->head + size, frame->head, frame->head_size);
		memcpy(larger->slices, frame->slices, frame->slice_count * sizeof *frame->slices);
		larger->slice_count = frame->slice_count;
		larger->payload_size = frame->payload_size;
		larger->segment_size = frame->segment_size;
		larger->checksum_left_out = frame->checksum_left_out;
		frame->slice_count = 0; /* they are the other's */
	}
	frame_free(frame);
	return larger;
}

struct frame *ipv6_put_headers(const struct ip *ip, const struct ip_send *send,
			       const struct address *source, struct frame *frame)
{
	struct ipv6_header ipv6 = {
		.traffic_class = send->tos,
		.flow_label = choose_flow(ip, send, source, frame),
		.payload_size = (uint16_t)(send->headers.size + frame_size(frame)),
		.next_header = send->headers.size > 0 ? send->first_header : send->protocol,
		.hop_limit = send->ttl ? send->ttl : ip->ttl6,
		.source = *source,
		.destination = send->destination,
	};
	if (send->headers.size > 0)
		frame = put_extensions(send, frame);
	if (frame)
		ipv6_write(frame_push(frame, IPV6_HEADER_SIZE), &ipv6);
	return frame;
}

/* RFC 8200, 4.5: each fragment has the headers that are looked at on the way: hop-by-hop options, and all up to a routing
 * header. */
static struct fragment_header find_cut(const struct ip_send *send, const uint8_t *packet)
{
	struct fragment_header front = { { packet, IPV6_HEADER_SIZE }, IPV6_NEXT_HEADER_AT, 0 };
	size_t at = IPV6_HEADER_SIZE, end = ipv6_headers_size(send);

	for (uint8_t header = packet[IPV6_NEXT_HEADER_AT]; at < end;) {
		size_t size = (packet[at + 1] + (size_t)1) * 8;
		if (header == PROTOCOL_HOP_BY_HOP || header == PROTOCOL_ROUTING)
			front = (struct fragment_header){ { packet, at + size }, (uint32_t)at, 0 };
		header = packet[at];
		at += size;
	}
	return front;
}

enum verdict ipv6_cut(struct ip *ip, const struct ip_send *send, struct frame *packet, uint32_t mtu,
		      enum verdict (*emit)(void *context, struct frame *piece), void *context)
{
	struct fragment_header front = find_cut(send, packet->head);

	if (front.bytes.size + IPV6_FRAGMENT_HEADER_SIZE + 8 > mtu)
		return DROP_TOO_BIG;
	front.identification = choose_identification(ip, packet->head + IPV6_SOURCE_AT);
	frame_pull(packet, (uint32_t)front.bytes.size);
	return fragment_cut_v6(&front, packet, mtu, emit, context);
}
