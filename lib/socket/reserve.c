/* Sending and receiving on a stream without a copy. */
#include "socket/socket.h"

#include <errno.h>

enum { SMALL_WRITE = 4096 }; /* below it a copy is cheaper than giving a large block away */

int berth_send_reserve(struct berth_host *host, int descriptor, struct iovec *room)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket)
		return result;

	result = stream_may_send(socket);
	if (result < 0)
		return result;
	if (tcp_send_room(socket->connection) == 0)
		return -EAGAIN;
	if (!socket->reserved)
		socket->reserved = block_new(socket->home->pool, BLOCK_LARGEST);
	if (!socket->reserved)
		return -ENOBUFS;
	uint32_t place = tcp_send_room(socket->connection);
	room->iov_base = socket->reserved->bytes;
	room->iov_len = place < BLOCK_LARGEST ? place : BLOCK_LARGEST;
	return 0;
}

ssize_t berth_send_commit(struct berth_host *host, int descriptor, size_t size)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket || !socket->reserved)
		return -EBADF;
	if (size > socket->reserved->room)
		return -EINVAL;

	struct block *block = socket->reserved;
	struct slice slice = { block, block->bytes, (uint32_t)size };
	ssize_t taken = (ssize_t)size;

	socket->reserved = NULL;
	if (size < SMALL_WRITE) {
		if (size > 0)
			taken = (ssize_t)tcp_send_copy(socket->connection,
						       (struct bytes){ block->bytes, size }, false);
		block_release(block);
		return taken == (ssize_t)size ? taken : -ENOBUFS;
	}
	block->used = (uint32_t)size;
	if (!tcp_send_slice(socket->connection, slice)) {
		block_release(block);
		return -ENOBUFS;
	}
	return taken;
}

int berth_recv_peek(struct berth_host *host, int descriptor, struct iovec *pieces, int count)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket)
		return result;

	result = socket->connection->receive.size > 0 ? 1 : stream_may_receive(socket);
	if (result <= 0)
		return result;
	const struct queue *queue = &socket->connection->receive;
	int filled = 0;
	for (; filled < count && (uint32_t)filled < queue->count; filled++) {
		const struct slice *slice = queue_at(queue, (uint32_t)filled);
		pieces[filled] = (struct iovec){ slice->at, slice->size };
	}
	return filled;
}

ssize_t berth_recv_consume(struct berth_host *host, int descriptor, size_t size)
{
	int result;
	struct socket *socket = stream_find(sockets_of(host), descriptor, &result);
	if (!socket)
		return result;
	if (size > socket->connection->receive.size)
		return -EINVAL;
	tcp_received(socket->connection, (uint32_t)size);
	return (ssize_t)size;
}
