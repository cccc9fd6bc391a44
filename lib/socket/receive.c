/* recv, and receiving without a copy. */
#include "socket/socket.h"

#include <errno.h>

/* Is there something to read? 1; 0 at the end of the stream; or what recv(2) says. Data comes before an error. */
static int judge(struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;

	if (connection->receive.size > 0)
		return 1;
	if (connection->fin_received && !connection->error)
		return 0;
	if (connection->error)
		return socket_take_error(socket);
	if (connection->state == STATE_LISTEN)
		return -ENOTCONN;
	if (connection->receive_shut)
		return 0;
	if (connection->state == STATE_CLOSED)
		return socket->was_connected ? 0 : -ENOTCONN;
	return -EAGAIN;
}

ssize_t berth_recv(struct berth_host *host, int descriptor, void *data, size_t size, int flags)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC))
		return -EOPNOTSUPP;

	int result = judge(socket);
	if (result <= 0)
		return result;
	struct tcp_connection *connection = socket->connection;
	if (size > connection->receive.size)
		size = connection->receive.size;
	if (!(flags & MSG_TRUNC))
		queue_copy_out(&connection->receive, 0, data, size);
	if (!(flags & MSG_PEEK))
		tcp_received(connection, (uint32_t)size);
	return (ssize_t)size;
}

int berth_recv_peek(struct berth_host *host, int descriptor, struct iovec *pieces, int count)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;

	int result = judge(socket);
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
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	if (size > socket->connection->receive.size)
		return -EINVAL;
	tcp_received(socket->connection, (uint32_t)size);
	return (ssize_t)size;
}
