/* send, and sending without a copy. */
#include "socket/socket.h"

#include <errno.h>

/* MSG_EOR and MSG_CONFIRM say nothing to a stream; Linux takes them as well. */
enum { FLAGS_TAKEN = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR | MSG_CONFIRM };

enum { SMALL_WRITE = 4096 }; /* below it a copy is cheaper than giving a large block away */

/* May bytes be queued now? 0, or what send(2) says. */
static int judge(struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;

	if (connection->error)
		return socket_take_error(socket);
	if (connection->state == STATE_SYN_SENT || connection->state == STATE_SYN_RECEIVED)
		return -EAGAIN;
	if (!state_may_send(connection->state))
		return -EPIPE;
	return 0;
}

ssize_t berth_send(struct berth_host *host, int descriptor, const void *data, size_t size,
		   int flags)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (flags & ~FLAGS_TAKEN)
		return -EOPNOTSUPP;

	int result = judge(socket);
	if (result < 0 || size == 0)
		return result;
	if (tcp_send_room(socket->connection) == 0)
		return -EAGAIN;
	size_t taken =
		tcp_send_copy(socket->connection, (struct bytes){ data, size }, flags & MSG_MORE);
	return taken > 0 ? (ssize_t)taken : -ENOBUFS;
}

int berth_send_reserve(struct berth_host *host, int descriptor, struct iovec *room)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;

	int result = judge(socket);
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
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket || !socket->reserved)
		return -EBADF;

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
