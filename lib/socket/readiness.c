/* poll, events: what a socket is ready for, as Linux's tcp_poll has it. */
#include "socket/socket.h"

#include <errno.h>
#include <poll.h>

static int listener_bits(const struct tcp_connection *connection)
{
	return list_is_empty(&connection->listener->complete) ? 0 : POLLIN | POLLRDNORM;
}

/* Linux calls a socket writable while a third of its buffer is free. */
static bool is_writable(const struct tcp_connection *connection)
{
	return tcp_send_room(connection) >= connection->settings.send_buffer / 3;
}

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
		if (connection->receive.size >= connection->settings.receive_low_water)
			bits |= POLLIN | POLLRDNORM;
		if (send_ended || is_writable(connection))
			bits |= POLLOUT | POLLWRNORM;
	}
	if (connection->error)
		bits |= POLLERR;
	return bits;
}

int berth_poll(struct berth_host *host, int descriptor)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	return socket->connection->state == STATE_LISTEN ? listener_bits(socket->connection)
							 : stream_bits(socket);
}

int berth_set_user(struct berth_host *host, int descriptor, void *user)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	socket->user = user;
	return 0;
}

int berth_events(struct berth_host *host, struct berth_event *events, int count)
{
	struct sockets *sockets = sockets_of(host);
	int filled = 0;

	while (filled < count) {
		struct list *first = list_take_first(&sockets->ready);
		if (!first)
			break;
		const struct socket *socket = CONTAINER_OF(first, struct socket, ready);
		events[filled++] = (struct berth_event){ socket->descriptor, socket->user };
	}
	return filled;
}
