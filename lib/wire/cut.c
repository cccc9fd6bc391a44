#include "wire/cut.h"

#include "base/assert.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* The fields that differ between the pieces of a segment, from the start of their header. */
enum {
	IPV4_TOTAL_SIZE_AT = 2,
	IPV4_IDENTIFICATION_AT = 4,
	IPV4_CHECKSUM_AT = 10,
	TCP_SEQUENCE_AT = 4,
	TCP_FLAGS_AT = 13,
};

struct transport {
	uint8_t protocol;
	bool over_v4, over_v6;
	uint8_t header_size;
	uint8_t checksum_at;
	bool has_pseudo_header;
	bool zero_is_none; /* so that a sum of zero is written as its other form (RFC 768; RFC 8200, 8.1) */
};

static const struct transport transports[] = {
	{ PROTOCOL_TCP, true, true, TCP_HEADER_SIZE, 16, true, false },
	{ PROTOCOL_UDP, true, true, UDP_HEADER_SIZE, 6, true, true },
	{ PROTOCOL_ICMP, true, false, 8, 2, false, false },
	{ PROTOCOL_ICMP6, false, true, ICMP6_HEADER_SIZE, 2, true, false },
};

/* An unfragmented packet of either family. */
struct packet {
	bool v6;
	struct address source, destination;
	uint8_t protocol;
	uint32_t transport_at; /* from the start of the IP header */
	uint32_t size;         /* IP header included */
	uint16_t identification;
};

static const struct transport *find_transport(const struct packet *packet)
{
	for (size_t index = 0; index < sizeof transports / sizeof transports[0]; index++) {
		const struct transport *transport = &transports[index];
		bool fits = packet->v6 ? transport->over_v6 : transport->over_v4;
		if (fits && transport->protocol == packet->protocol)
			return transport;
	}
	return NULL;
}

/* A fragment's transport header, where it has one, speaks of bytes that lie elsewhere. */
static bool parse_v4(struct bytes head, size_t present, struct packet *packet)
{
	struct ipv4_header ipv4;

	if (!ipv4_parse(head, present, &ipv4) || ipv4.more_fragments || ipv4.fragment_offset > 0)
		return false;
	*packet = (struct packet){
		.source = address_v4(ipv4.source),
		.destination = address_v4(ipv4.destination),
		.protocol = ipv4.protocol,
		.transport_at = ipv4.header_size,
		.size = ipv4.total_size,
		.identification = ipv4.identification,
	};
	return true;
}

/* Likewise. With a routing header that has segments left the sum would be over the last of them (RFC 8200, 8.1): who
 * sends one does not leave it out. */
static bool parse_v6(struct bytes head, size_t present, struct packet *packet)
{
	struct ipv6_header ipv6;
	struct ipv6_chain chain;

	if (!ipv6_parse(head, present, &ipv6) || !ipv6_chain_skim(head, &chain) ||
	    ipv6_chain_in_parts(&chain))
		return false;
	*packet = (struct packet){
		.v6 = true,
		.source = ipv6.source,
		.destination = ipv6.destination,
		.protocol = chain.protocol,
		.transport_at = chain.upper_at,
		.size = (uint32_t)IPV6_HEADER_SIZE + ipv6.payload_size,
	};
	return true;
}

static bool parse(struct bytes head, size_t present, struct packet *packet)
{
	bool v6 = head.size > 0 && head.at[0] >> 4 == 6;
	return v6 ? parse_v6(head, present, packet) : parse_v4(head, present, packet);
}

static bool is_ip(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_IPV4 || ethertype == ETHERTYPE_IPV6;
}

/* The size bytes from offset on; what lies behind them is padding. */
static void add_range(struct checksum *checksum, const struct frame *frame, uint32_t offset,
		      uint32_t size)
{
	struct bytes head = bytes_after(frame_head(frame), offset);
	if (head.size > size)
		head.size = size;
	checksum_add(checksum, head);
	size -= (uint32_t)head.size;
	for (uint8_t index = 0; index < frame->slice_count && size > 0; index++) {
		const struct slice *slice = &frame->slices[index];
		uint32_t piece = slice->size < size ? slice->size : size;
		checksum_add(checksum, (struct bytes){ slice->at, piece });
		size -= piece;
	}
}

/* ip_at: where the packet begins; its headers are all in head. */
static void write_transport_checksum(struct frame *frame, uint32_t ip_at,
				     const struct packet *packet, const struct transport *transport)
{
	uint32_t at = ip_at + packet->transport_at;
	uint8_t *field = frame->head + at + transport->checksum_at;
	uint32_t size = packet->size - packet->transport_at;
	struct checksum checksum = { 0 };

	put16(field, 0);
	if (transport->has_pseudo_header)
		checksum_add_pseudo(&checksum, &packet->source, &packet->destination,
				    packet->protocol, size);
	add_range(&checksum, frame, at, size);

	uint16_t value = checksum_finish(&checksum);
	put16(field, value == 0 && transport->zero_is_none ? UINT16_MAX : value);
	frame->checksum_left_out = false;
}

/* Finishes the IP packet that begins at ip_at in head. */
static bool finish(struct frame *frame, uint32_t ip_at)
{
	struct packet packet;
	struct bytes head = bytes_after(frame_head(frame), ip_at);

	if (!parse(head, frame_size(frame) - ip_at, &packet))
		return false;
	const struct transport *transport = find_transport(&packet);
	if (!transport)
		return false;
	size_t headers = (size_t)packet.transport_at + transport->header_size;
	if (headers > head.size || headers > packet.size)
		return false;
	write_transport_checksum(frame, ip_at, &packet, transport);
	return true;
}

bool cut_finish_packet(struct frame *packet)
{
	return !packet->checksum_left_out || finish(packet, 0);
}

bool cut_finish_ethernet(struct frame *frame)
{
	struct ethernet_header ethernet;

	if (!frame->checksum_left_out)
		return true;
	if (!ethernet_parse(frame_head(frame), &ethernet) || !is_ip(ethernet.type))
		return false;
	return finish(frame, ETHERNET_HEADER_SIZE);
}

/* A large segment in its frame, and how far it is cut. */
struct segment {
	const struct frame *frame;
	struct packet packet;
	struct tcp_header tcp;
	uint32_t tcp_at;     /* from the start of head */
	uint32_t payload_at; /* likewise */
	uint32_t payload_size;
	uint32_t done; /* payload bytes in pieces */
	uint16_t pieces;
	struct slice payload[FRAME_SLICES + 1];
	int slice_count;
	const struct slice *slice; /* the next piece begins here ... */
	uint32_t offset;           /* ... so far into it */
};

/* False: not TCP over IP over Ethernet, or what fits one frame. */
static bool find_segment(struct segment *segment, const struct frame *frame)
{
	struct ethernet_header ethernet;
	struct packet *packet = &segment->packet;
	struct bytes head = frame_head(frame);

	if (!ethernet_parse(head, &ethernet) || !is_ip(ethernet.type))
		return false;
	head = bytes_after(head, ETHERNET_HEADER_SIZE);
	if (!parse(head, frame_size(frame) - ETHERNET_HEADER_SIZE, packet))
		return false;
	if (packet->protocol != PROTOCOL_TCP)
		return false;
	if (!tcp_parse(bytes_after(head, packet->transport_at), &segment->tcp))
		return false;

	uint32_t headers = packet->transport_at + segment->tcp.header_size;
	if (headers > packet->size)
		return false;
	segment->frame = frame;
	segment->tcp_at = ETHERNET_HEADER_SIZE + packet->transport_at;
	segment->payload_at = ETHERNET_HEADER_SIZE + headers;
	segment->payload_size = packet->size - headers;
	segment->done = 0;
	segment->pieces = 0;
	return segment->payload_size > frame->segment_size;
}

static void share_payload(struct segment *segment, struct frame *piece, uint32_t size)
{
	piece->payload_size = size;
	while (size > 0) {
		uint32_t left = segment->slice->size - segment->offset;
		uint32_t part = left < size ? left : size;
		assert(piece->slice_count < FRAME_SLICES);
		piece->slices[piece->slice_count++] =
			slice_share_part(*segment->slice, segment->offset, part);
		size -= part;
		segment->offset += part;
		if (segment->offset == segment->slice->size) {
			segment->slice++;
			segment->offset = 0;
		}
	}
}

/* A frame of the segment's headers, as they are, and the next size bytes of its payload. */
static struct frame *start_piece(struct segment *segment, uint32_t size)
{
	const struct frame *frame = segment->frame;

	/* One slice more than a frame holds, seen only where payload lies in head as well as in all slices; or more
	 * headers than it has room for, which IPv6 allows. */
	if (segment->slice_count > FRAME_SLICES || segment->payload_at > FRAME_HEAD_ROOM) {
		struct frame *piece = frame_with_room(frame->home, segment->payload_at + size);
		if (!piece)
			return NULL;
		memcpy(piece->head, frame->head, segment->payload_at);
		frame_copy_out(frame, segment->payload_at + segment->done,
			       piece->head + segment->payload_at, size);
		return piece;
	}

	struct frame *piece = frame_new(frame->home);
	if (!piece)
		return NULL;
	memcpy(frame_push(piece, segment->payload_at), frame->head, segment->payload_at);
	share_payload(segment, piece, size);
	return piece;
}

static uint8_t flags_of_piece(const struct segment *segment, uint32_t size)
{
	uint8_t flags = segment->tcp.flags;

	if (segment->done > 0)
		flags &= (uint8_t)~TCP_CWR;
	if (segment->done + size < segment->payload_size)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	return flags;
}

static void write_v4(uint8_t *ip, const struct packet *packet, uint16_t identification)
{
	struct checksum checksum = { 0 };

	put16(ip + IPV4_TOTAL_SIZE_AT, (uint16_t)packet->size);
	put16(ip + IPV4_IDENTIFICATION_AT, identification);
	put16(ip + IPV4_CHECKSUM_AT, 0);
	checksum_add(&checksum, (struct bytes){ ip, packet->transport_at });
	put16(ip + IPV4_CHECKSUM_AT, checksum_finish(&checksum));
}

/* Makes the segment's headers those of a piece of its own. */
static void write_headers(const struct segment *segment, struct frame *piece, uint32_t size)
{
	uint8_t *ip = piece->head + ETHERNET_HEADER_SIZE;
	uint8_t *tcp = piece->head + segment->tcp_at;
	struct packet packet = segment->packet;

	packet.size = segment->payload_at - ETHERNET_HEADER_SIZE + size;
	if (packet.v6)
		put16(ip + IPV6_PAYLOAD_SIZE_AT, (uint16_t)(packet.size - IPV6_HEADER_SIZE));
	else
		write_v4(ip, &packet, (uint16_t)(packet.identification + segment->pieces));

	put32(tcp + TCP_SEQUENCE_AT, segment->tcp.sequence + segment->done);
	tcp[TCP_FLAGS_AT] = flags_of_piece(segment, size);
	write_transport_checksum(piece, ETHERNET_HEADER_SIZE, &packet, &transports[0]);
}

static struct frame *next_piece(struct segment *segment)
{
	uint32_t left = segment->payload_size - segment->done;
	uint32_t size = left < segment->frame->segment_size ? left : segment->frame->segment_size;
	struct frame *piece = start_piece(segment, size);
	if (!piece)
		return NULL;

	write_headers(segment, piece, size);
	segment->done += size;
	segment->pieces++;
	return piece;
}

static struct frame *whole(const struct frame *frame)
{
	struct frame *copy = frame_clone(frame);
	if (!copy)
		return NULL;
	copy->segment_size = 0;
	cut_finish_ethernet(copy);
	return copy;
}

bool cut_each(const struct frame *frame, void (*emit)(void *context, struct frame *piece),
	      void *context)
{
	struct segment segment;

	if (frame->segment_size == 0 || !find_segment(&segment, frame)) {
		struct frame *copy = whole(frame);
		if (copy)
			emit(context, copy);
		return copy != NULL;
	}

	segment.slice_count = frame_share_payload(frame, segment.payload_at, segment.payload);
	if (segment.slice_count < 0)
		return false;
	segment.slice = segment.payload;
	segment.offset = 0;
	while (segment.done < segment.payload_size) {
		struct frame *piece = next_piece(&segment);
		if (!piece)
			break;
		emit(context, piece);
	}
	for (int index = 0; index < segment.slice_count; index++)
		block_release(segment.payload[index].block);
	return segment.done == segment.payload_size;
}
