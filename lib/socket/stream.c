/* stream: what the calls do on a stream socket, which is a TCP connection with Linux's manners. */
#include "socket/message.h"
#include "socket/option.h"
#include "tcp/urgent.h"

#include <errno.h>
#include <poll.h>

/* MSG_EOR and MSG_CONFIRM say nothing to a stream; Linux takes them as well. */
enum {
	SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR | MSG_CONFIRM | MSG_ZEROCOPY |
		     MSG_OOB,
	RECEIVE_FLAGS = MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC | MSG_ERRQUEUE | MSG_OOB,
};

static int stream_open(struct socket *socket)
{
	socket->connection = connection_new(socket->home->tcp, socket);
	if (!socket->connection)
		return -ENOBUFS;
	if (socket->domain == AF_INET6)
		connection_turn_v6(socket->connection);
	return 0;
}

static void stream_close(struct socket *socket)
{
	tcp_close(socket->connection);
}

static struct port_holder *stream_holder(struct socket *socket)
{
	return &socket->connection->holder;
}

static int stream_take_error(struct socket *socket)
{
	int error = socket->connection->error;
	socket->connection->error = 0;
	return -error;
}

static int stream_bind(struct socket *socket, const struct endpoint *local)
{
	return tcp_bind(socket->connection, local);
}

static const struct endpoint *stream_peer(const struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;
	bool has_none = connection->peer.port == 0 || connection->state == STATE_CLOSED ||
			connection->state == STATE_SYN_SENT || connection->state == STATE_TIME_WAIT;
	return has_none ? NULL : &connection->peer;
}

static bool in_handshake(const struct socket *socket)
{
	enum tcp_state state = socket->connection->state;
	return state == STATE_SYN_SENT || state == STATE_SYN_RECEIVED;
}

static int stream_disconnect(struct socket *socket)
{
	tcp_disconnect(socket->connection);
	socket->association = UNCONNECTED;
	socket->was_connected = false;
	return 0;
}

/* Linux's __inet_stream_connect, asked again while connecting: it ends once, with 0 or the error. */
static int finish(struct socket *socket)
{
	if (in_handshake(socket))
		return -EALREADY;
	if (socket->connection->state != STATE_CLOSED) {
		socket->association = CONNECTED;
		return 0;
	}
	int error = stream_take_error(socket);
	stream_disconnect(socket);
	return error ? error : -ECONNABORTED;
}

static int stream_connect(struct socket *socket, const struct sockaddr *address, socklen_t size)
{
	struct endpoint peer;

	if (socket->association == CONNECTED)
		return -EISCONN;
	if (socket->association == CONNECTING)
		return finish(socket);
	if (socket->connection->state != STATE_CLOSED)
		return -EISCONN;

	int result = address_read(socket, address, size, &peer);
	if (result == 0 && socket->connection->holder.v6_only && address_is_v4(&peer.address))
		result = -ENETUNREACH;
	if (result == 0)
		result = tcp_connect(socket->connection, &peer);
	if (result < 0)
		return result;
	socket->association = CONNECTING;
	socket->was_connected = true;
	return -EINPROGRESS;
}

static int stream_shutdown(struct socket *socket, int how)
{
	switch (socket->connection->state) {
	case STATE_CLOSED:
	case STATE_TIME_WAIT:       /* to Linux's socket the connection is over by then */
		if (how != SHUT_WR) /* Linux refuses, and shuts it for reading all the same */
			tcp_shutdown_receive(socket->connection);
		return -ENOTCONN;
	case STATE_LISTEN:
		return how == SHUT_WR ? 0 : stream_disconnect(socket);
	case STATE_SYN_SENT:
		return stream_disconnect(socket);
	default:
		break;
	}
	if (how != SHUT_WR)
		tcp_shutdown_receive(socket->connection);
	if (how != SHUT_RD)
		tcp_shutdown_send(socket->connection);
	return 0;
}

/* May bytes be queued now? 0, or what send(2) says. */
int stream_may_send(struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;

	if (connection->error)
		return stream_take_error(socket);
	if (connection->state == STATE_SYN_SENT || connection->state == STATE_SYN_RECEIVED)
		return -EAGAIN;
	if (!state_may_send(connection->state))
		return -EPIPE;
	return 0;
}

/* Without the option the flag says nothing (Linux does this too). */
static bool is_told_of(const struct socket *socket, int flags)
{
	return flags & MSG_ZEROCOPY && socket->connection->settings.zerocopy;
}

static void note_zerocopy(struct socket *socket)
{
	socket->zerocopy.count++;
	socket_wake(socket->home, socket);
}

static ssize_t stream_send(struct socket *socket, const struct msghdr *message, int flags)
{
	struct tcp_connection *connection = socket->connection;
	size_t sent = 0;

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	int result = stream_may_send(socket);
	size_t size = message_size(message);
	if (result < 0 || size == 0)
		return result;
	if (is_told_of(socket, flags) && !zerocopy_has_room(&socket->zerocopy))
		return -ENOBUFS;
	if (tcp_send_room(connection) == 0)
		return -EAGAIN;
	if (flags & MSG_OOB)
		tcp_urge(connection, size);
	for (size_t index = 0; sent < size && index < message->msg_iovlen; index++) {
		struct bytes piece = { message->msg_iov[index].iov_base,
				       message->msg_iov[index].iov_len };
		bool more = flags & MSG_MORE || sent + piece.size < size;
		size_t taken = piece.size ? tcp_send_copy(connection, piece, more) : 0;
		sent += taken;
		if (taken < piece.size)
			break;
	}
	if (sent == 0)
		return -ENOBUFS;
	if (is_told_of(socket, flags))
		note_zerocopy(socket);
	return (ssize_t)sent;
}

/* Is there something to read? 1; 0 at the end of the stream; or what recv(2) says. Data comes before an error. */
int stream_may_receive(struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;

	if (connection->receive.size > urgent_is_hole(connection))
		return 1;
	if (connection->fin_received && !connection->error)
		return 0;
	if (connection->error)
		return stream_take_error(socket);
	if (connection->state == STATE_LISTEN)
		return -ENOTCONN;
	if (connection->receive_shut)
		return 0;
	if (connection->state == STATE_CLOSED)
		return socket->was_connected ? 0 : -ENOTCONN;
	return -EAGAIN;
}

/* MSG_ERRQUEUE, which comes before anything else, in any state. */
static ssize_t receive_completion(struct socket *socket, struct msghdr *message)
{
	message->msg_namelen = 0;
	if (!zerocopy_is_due(&socket->zerocopy))
		return -EAGAIN;
	message->msg_flags = MSG_ERRQUEUE;
	message_write_completion(socket, message);
	zerocopy_told(&socket->zerocopy);
	return 0;
}

static ssize_t receive_urgent(struct socket *socket, struct msghdr *message, int flags)
{
	uint8_t octet;

	if (socket->connection->state == STATE_LISTEN)
		return -ENOTCONN;
	int result = tcp_take_urgent(socket->connection, flags & MSG_PEEK, &octet);
	if (result <= 0)
		return result;
	message->msg_flags |= MSG_OOB;
	for (size_t index = 0; index < message->msg_iovlen; index++) {
		if (message->msg_iov[index].iov_len == 0)
			continue;
		if (!(flags & MSG_TRUNC))
			*(uint8_t *)message->msg_iov[index].iov_base = octet;
		return 1;
	}
	message->msg_flags |= MSG_TRUNC;
	return 0;
}

/* A stream names no sender. Reading stops at the urgent mark, and passes over what was urgent there. */
static ssize_t stream_receive(struct socket *socket, struct msghdr *message, int flags)
{
	struct tcp_connection *connection = socket->connection;
	size_t size = message_size(message);

	if (flags & ~RECEIVE_FLAGS)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return receive_completion(socket, message);
	message->msg_namelen = 0;
	message->msg_controllen = 0;
	message->msg_flags = 0;
	if (flags & MSG_OOB)
		return receive_urgent(socket, message, flags);
	if (!(flags & MSG_PEEK) && urgent_is_hole(connection) && connection->receive.size > 0)
		tcp_received(connection, 1);
	int result = stream_may_receive(socket);
	if (result <= 0)
		return result;
	uint32_t hole = urgent_is_hole(connection);
	uint32_t most = connection->receive.size - hole;
	if (most > urgent_distance(connection))
		most = urgent_distance(connection);
	if (size > most)
		size = most;
	uint32_t copied = 0;
	for (size_t index = 0; !(flags & MSG_TRUNC) && copied < size; index++) {
		const struct iovec *piece = &message->msg_iov[index];
		size_t room = piece->iov_len < size - copied ? piece->iov_len : size - copied;
		copied += (uint32_t)queue_copy_out(&connection->receive, hole + copied,
						   piece->iov_base, room);
	}
	if (!(flags & MSG_PEEK))
		tcp_received(connection, (uint32_t)size);
	return (ssize_t)size;
}

static int listener_bits(const struct tcp_connection *connection)
{
	return list_is_empty(&connection->listener->complete) ? 0 : POLLIN | POLLRDNORM;
}

/* Linux calls a socket writable while a third of its buffer is free. */
static bool is_writable(const struct tcp_connection *connection)
{
	return tcp_send_room(connection) >= connection->settings.send_buffer / 3;
}

/* As Linux's tcp_poll. */
static int stream_bits(const struct socket *socket)
{
	const struct tcp_connection *connection = socket->connection;
	enum tcp_state state = connection->state;
	bool receive_ended = connection->fin_received || connection->receive_shut ||
			     (state == STATE_CLOSED && socket->was_connected);
	bool send_ended = !state_may_send(state) && socket->was_connected;
	int bits = 0;

	if ((receive_ended && send_ended) || state == STATE_CLOSED)
		bits |= POLLHUP;
	if (receive_ended)
		bits |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (state != STATE_SYN_SENT && state != STATE_SYN_RECEIVED) {
		if (connection->receive.size >=
		    connection->settings.receive_low_water + urgent_is_hole(connection))
			bits |= POLLIN | POLLRDNORM;
		if (send_ended || is_writable(connection))
			bits |= POLLOUT | POLLWRNORM;
	}
	if (connection->urgent.state == URGENT_HERE)
		bits |= POLLPRI;
	if (connection->error || zerocopy_is_due(&socket->zerocopy))
		bits |= POLLERR;
	return bits;
}

static int stream_poll(const struct socket *socket)
{
	return socket->connection->state == STATE_LISTEN ? listener_bits(socket->connection)
							 : stream_bits(socket);
}

const struct socket_kind stream_kind = {
	.type = SOCK_STREAM,
	.protocol = IPPROTO_TCP,
	.options = stream_options,
	.option_count = &stream_option_count,
	.open = stream_open,
	.close = stream_close,
	.holder = stream_holder,
	.peer = stream_peer,
	.take_error = stream_take_error,
	.bind = stream_bind,
	.connect = stream_connect,
	.disconnect = stream_disconnect,
	.shutdown = stream_shutdown,
	.send = stream_send,
	.receive = stream_receive,
	.poll = stream_poll,
};
