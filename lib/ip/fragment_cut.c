/* Cutting: what becomes of a packet that is larger than its link (fragment.h). */
#include "ip/fragment.h"

#include "wire/ipv6_chain.h"

enum { UNIT = 8 }; /* bytes: what offsets count */

/* The piece of a payload that begins there. NULL: no memory. */
static struct frame *take_piece(const struct frame *payload, uint32_t offset, uint32_t size)
{
	struct frame *piece = frame_with_room(payload->home, size);
	if (piece)
		frame_copy_out(payload, offset, piece->head, size);
	return piece;
}

enum verdict fragment_cut(const struct ipv4_header *ipv4, const struct frame *payload, uint32_t mtu,
			  enum verdict (*emit)(void *context, struct frame *piece), void *context)
{
	uint32_t size = frame_size(payload);
	uint32_t headers = IPV4_HEADER_SIZE + (uint32_t)ipv4->options.size;
	uint32_t most = (mtu - headers) / UNIT * UNIT;
	enum verdict verdict = DELIVERED;

	for (uint32_t offset = 0; offset < size; offset += most) {
		uint32_t piece_size = size - offset < most ? size - offset : most;
		struct frame *piece = take_piece(payload, offset, piece_size);
		if (!piece)
			return DROP_MEMORY;
		struct ipv4_header header = *ipv4;
		header.total_size = (uint16_t)(headers + piece_size);
		header.fragment_offset = (uint16_t)(ipv4->fragment_offset + offset);
		header.more_fragments = ipv4->more_fragments || offset + piece_size < size;
		ipv4_write_options(frame_push(piece, headers), &header);
		verdict = emit(context, piece);
		if (verdict != DELIVERED && verdict != QUEUED)
			return verdict;
	}
	return verdict;
}

static void write_headers(struct frame *piece, const struct fragment_header *header,
			  uint32_t offset, bool more)
{
	uint8_t next_header = header->bytes.at[header->name_at];

	ipv6_write_fragment(frame_push(piece, IPV6_FRAGMENT_HEADER_SIZE), next_header,
			    (uint16_t)offset, more, header->identification);
	uint8_t *front = frame_push(piece, (uint32_t)header->bytes.size);
	memcpy(front, header->bytes.at, header->bytes.size);
	front[header->name_at] = PROTOCOL_FRAGMENT;
	put16(front + IPV6_PAYLOAD_SIZE_AT, (uint16_t)(frame_size(piece) - IPV6_HEADER_SIZE));
}

enum verdict fragment_cut_v6(const struct fragment_header *header, const struct frame *payload,
			     uint32_t mtu, enum verdict (*emit)(void *context, struct frame *piece),
			     void *context)
{
	uint32_t size = frame_size(payload);
	uint32_t headers = (uint32_t)header->bytes.size + IPV6_FRAGMENT_HEADER_SIZE;
	uint32_t most = (mtu - headers) / UNIT * UNIT;
	enum verdict verdict = DELIVERED;

	for (uint32_t offset = 0; offset < size; offset += most) {
		uint32_t piece_size = size - offset < most ? size - offset : most;
		struct frame *piece = take_piece(payload, offset, piece_size);
		if (!piece)
			return DROP_MEMORY;
		write_headers(piece, header, offset, offset + piece_size < size);
		verdict = emit(context, piece);
		if (verdict != DELIVERED && verdict != QUEUED)
			return verdict;
	}
	return verdict;
}
