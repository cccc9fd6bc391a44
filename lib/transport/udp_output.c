/* What UDP sends. */
#include "transport/outgoing.h"
#include "transport/udp_lite.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>

/* Puts UDP's header in front of a payload; takes the frame. */
static int emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		const struct outgoing_way *way, struct frame *frame)
{
	if (socket->udp->lite) {
		udp_lite_write(socket, &way->source, &way->peer, frame);
		return outgoing_emit(socket, outgoing, way, PROTOCOL_UDP_LITE, frame);
	}
	struct udp_header header = { .source_port = socket->holder.local.port,
				     .destination_port = way->peer.port,
				     .size = (uint16_t)(UDP_HEADER_SIZE + frame_size(frame)) };

	udp_write(frame_push(frame, UDP_HEADER_SIZE), &header);
	frame->checksum_left_out = true;
	return outgoing_emit(socket, outgoing, way, PROTOCOL_UDP, frame);
}

static uint32_t segment_of(const struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	return outgoing->segment ? outgoing->segment : socket->settings.segment;
}

int udp_judge_size(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		   const struct outgoing_way *way, size_t size)
{
	uint32_t segment = segment_of(socket, outgoing);

	if (outgoing_is_too_big(socket, way, UDP_HEADER_SIZE + size))
		return -EMSGSIZE;
	if (segment == 0 || size <= segment)
		return 0;
	if (!outgoing_fits_way(way, UDP_HEADER_SIZE + segment))
		return -EMSGSIZE;
	return size > (size_t)segment * UDP_SEGMENTS_MOST ? -EINVAL : 0;
}

static struct frame *frame_of_piece(struct pool *pool, struct block *block, uint32_t offset,
				    uint32_t size)
{
	struct frame *frame = frame_new(pool);
	if (!frame)
		return NULL;
	frame->slices[0] = (struct slice){ block, block->bytes + offset, size };
	frame->slice_count = 1;
	frame->payload_size = size;
	block_hold(block);
	return frame;
}

/* Where one cannot be sent, those behind it are not either. */
int udp_emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
	     const struct outgoing_way *way, struct block *block, uint32_t size)
{
	uint32_t segment = segment_of(socket, outgoing);
	uint32_t step = segment > 0 && segment < size ? segment : size;
	uint32_t offset = 0;
	int result;

	do {
		uint32_t piece = size - offset < step ? size - offset : step;
		struct frame *frame = frame_of_piece(socket->udp->pool, block, offset, piece);
		result = frame ? emit(socket, outgoing, way, frame) : -ENOBUFS;
		offset += piece;
	} while (result == 0 && offset < size);
	return result;
}

static int emit_segments(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
			 const struct outgoing_way *way)
{
	uint32_t size = (uint32_t)outgoing->size;
	struct block *block = block_new(socket->udp->pool, size);
	if (!block)
		return -ENOBUFS;

	outgoing_gather(block->bytes, outgoing);
	block->used = size;
	int result = udp_emit(socket, outgoing, way, block, size);
	block_release(block);
	return result;
}

static int emit_at_once(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
			const struct outgoing_way *way)
{
	uint32_t segment = segment_of(socket, outgoing);
	if (segment > 0 && outgoing->size > segment)
		return emit_segments(socket, outgoing, way);
	struct frame *frame = outgoing_frame(socket->udp->pool, outgoing);
	return frame ? emit(socket, outgoing, way, frame) : -ENOBUFS;
}

/* In Linux's order: what waits for more takes it, whoever it is for; the port, the size, the way, then what is wrong with
 * the socket. */
int udp_send(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	struct udp *udp = socket->udp;
	struct outgoing_way way;

	if (socket->cork)
		return udp_cork_add(socket, outgoing);
	if (socket->holder.local.port == 0 &&
	    ports_bind(&udp->ports, &socket->holder, &socket->holder.local) < 0)
		return -EAGAIN;
	if (outgoing->size > UINT16_MAX)
		return -EMSGSIZE;
	if (outgoing->peer && outgoing->peer->port == 0)
		return -EINVAL;
	int result = outgoing_find_way(socket, outgoing, &way);
	if (result < 0)
		return result;
	if (outgoing->confirm)
		ip_confirm(udp->ip, &way.peer.address);
	result = udp_judge_size(socket, outgoing, &way, outgoing->size);
	if (result == 0)
		result = outgoing_refusal(socket);
	if (result < 0)
		return result;
	if (outgoing->more || socket->settings.cork)
		return udp_cork_begin(socket, outgoing, &way);
	return emit_at_once(socket, outgoing, &way);
}
