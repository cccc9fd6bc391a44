/* A datagram that is sent in pieces (udp(7), UDP_CORK and MSG_MORE): where it goes is settled by the first of them, and what
 * is added later may say what it likes of that. An addition for which there is no room takes the whole with it. */
#include "transport/outgoing.h"

#include <errno.h>

struct udp_cork {
	struct outgoing_way way;
	struct udp_outgoing how; /* the first piece's, less its bytes and its addresses */
	struct block *block;
	uint32_t size;
};

void udp_cork_drop(struct udp_socket *socket)
{
	struct udp_cork *cork = socket->cork;
	if (!cork)
		return;
	socket->cork = NULL;
	block_release(cork->block);
	memory_give(socket->udp->allocator, cork, sizeof *cork);
}

static int take(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	struct udp_cork *cork = socket->cork;

	outgoing_gather(cork->block->bytes + cork->size, outgoing);
	cork->size += (uint32_t)outgoing->size;
	return outgoing->more || socket->settings.cork ? 0 : udp_uncork(socket);
}

int udp_cork_begin(struct udp_socket *socket, const struct udp_outgoing *outgoing,
		   const struct outgoing_way *way)
{
	struct udp *udp = socket->udp;
	struct block *block = block_new(udp->pool, UINT16_MAX);
	struct udp_cork *cork = block ? memory_take(udp->allocator, sizeof *cork) : NULL;

	if (!cork) {
		if (block)
			block_release(block);
		return -ENOBUFS;
	}
	*cork = (struct udp_cork){ .way = *way, .how = *outgoing, .block = block };
	cork->how.peer = NULL;
	cork->how.source = NULL;
	cork->how.pieces = NULL;
	cork->how.piece_count = cork->how.size = 0;
	socket->cork = cork;
	return take(socket, outgoing);
}

int udp_cork_add(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	const struct udp_cork *cork = socket->cork;
	size_t size = cork->size + outgoing->size;

	int result = size > UINT16_MAX ? -EMSGSIZE
				       : udp_judge_size(socket, &cork->how, &cork->way, size);
	if (result == 0)
		return take(socket, outgoing);
	udp_cork_drop(socket);
	return result;
}

int udp_uncork(struct udp_socket *socket)
{
	struct udp_cork *cork = socket->cork;
	if (!cork)
		return 0;

	cork->block->used = cork->size;
	int result = udp_emit(socket, &cork->how, &cork->way, cork->block, cork->size);
	udp_cork_drop(socket);
	return result;
}
