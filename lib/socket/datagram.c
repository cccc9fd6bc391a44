/* datagram: what the calls do on a datagram socket, which is a UDP socket with Linux's manners. */
#include "socket/datagram.h"
#include "socket/message.h"
#include "socket/option.h"

#include <errno.h>
#include <poll.h>

enum { SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_CONFIRM | MSG_MORE };
enum { RECEIVE_FLAGS = MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_TRUNC | MSG_ERRQUEUE };

static int datagram_open(struct socket *socket)
{
	struct sockets *home = socket->home;

	socket->datagram =
		udp_open(socket->protocol == IPPROTO_UDPLITE ? home->udp_lite : home->udp, socket);
	if (!socket->datagram)
		return -ENOBUFS;
	if (socket->domain == AF_INET6)
		udp_turn_v6(socket->datagram);
	return 0;
}

void datagram_close(struct socket *socket)
{
	udp_close(socket->datagram);
}

struct port_holder *datagram_holder(struct socket *socket)
{
	return &socket->datagram->holder;
}

struct filter *datagram_filter(struct socket *socket)
{
	return &socket->datagram->filter;
}

const struct endpoint *datagram_peer(const struct socket *socket)
{
	const struct udp_socket *datagram = socket->datagram;
	return datagram->connected && datagram->peer.port != 0 ? &datagram->peer : NULL;
}

int datagram_take_error(struct socket *socket)
{
	int error = socket->datagram->error;
	socket->datagram->error = 0;
	return -error;
}

int datagram_bind(struct socket *socket, const struct endpoint *local)
{
	return udp_bind(socket->datagram, local);
}

/* Linux lets a datagram socket of AF_INET6 name IPv4's addresses in their own form too. */
static int read_address(const struct socket *socket, const struct sockaddr *address, socklen_t size,
			struct endpoint *endpoint)
{
	bool plain_v4 = socket->domain == AF_INET6 && size >= sizeof address->sa_family &&
			address->sa_family == AF_INET;
	return plain_v4 ? address_read_v4(address, size, endpoint)
			: address_read(socket, address, size, endpoint);
}

int datagram_connect(struct socket *socket, const struct sockaddr *address, socklen_t size)
{
	struct endpoint peer;

	int result = read_address(socket, address, size, &peer);
	if (result < 0)
		return result;
	if (socket->datagram->holder.v6_only && address_is_v4(&peer.address))
		return address->sa_family == AF_INET ? -EAFNOSUPPORT : -ENETUNREACH;
	return udp_connect(socket->datagram, &peer);
}

int datagram_disconnect(struct socket *socket)
{
	udp_disconnect(socket->datagram);
	return 0;
}

/* Linux refuses where there is no peer, and does it all the same. */
int datagram_shutdown(struct socket *socket, int how)
{
	if (how != SHUT_WR)
		socket->datagram->receive_shut = true;
	if (how != SHUT_RD)
		socket->datagram->send_shut = true;
	socket_wake(socket->home, socket);
	return socket->datagram->connected ? 0 : -ENOTCONN;
}

/* Whom sendmsg names: in *peer, which is NULL where it names nobody. AF_UNSPEC is AF_INET to an AF_INET socket, and
 * nobody to one of AF_INET6 (Linux's udp_sendmsg and udpv6_sendmsg). */
static int read_name(const struct socket *socket, const struct msghdr *message,
		     struct endpoint *endpoint, const struct endpoint **peer)
{
	struct sockaddr_in v4;
	const struct sockaddr *name = message->msg_name;
	socklen_t size = message->msg_namelen;

	*peer = NULL;
	if (!name)
		return 0;
	if (socket->domain == AF_INET && size >= sizeof v4 && name->sa_family == AF_UNSPEC) {
		memcpy(&v4, name, sizeof v4);
		v4.sin_family = AF_INET;
		name = (const struct sockaddr *)&v4;
	}
	if (socket->domain == AF_INET6 && size >= sizeof *name && name->sa_family == AF_UNSPEC)
		return 0;
	int result = read_address(socket, name, size, endpoint);
	if (result == -EAFNOSUPPORT && socket->domain == AF_INET6)
		return -EINVAL;
	if (result == 0 && socket->datagram->holder.v6_only && address_is_v4(&endpoint->address))
		return -ENETUNREACH;
	*peer = endpoint;
	return result;
}

/* The interface that a group of the link or of the host is named with (RFC 4007, 6); 0: none. */
static int scope_of(const struct msghdr *message, const struct endpoint *peer)
{
	struct sockaddr_in6 v6;

	if (!address_is_multicast(&peer->address) || !address_needs_zone(&peer->address) ||
	    message->msg_namelen < sizeof v6)
		return 0;
	memcpy(&v6, message->msg_name, sizeof v6);
	return (int)v6.sin6_scope_id;
}

ssize_t datagram_send_by(struct socket *socket, const struct msghdr *message, int flags,
			 int (*send)(struct socket *socket, const struct udp_outgoing *outgoing))
{
	struct endpoint endpoint;
	struct address source;
	struct udp_outgoing outgoing = {
		.confirm = flags & MSG_CONFIRM,
		.more = flags & MSG_MORE,
		.pieces = message->msg_iov,
		.piece_count = message->msg_iovlen,
		.size = message_size(message),
	};

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	if (outgoing.size > UINT16_MAX)
		return -EMSGSIZE;
	int result = read_name(socket, message, &endpoint, &outgoing.peer);
	if (result == 0 && outgoing.peer)
		outgoing.interface = scope_of(message, outgoing.peer);
	if (result == 0 && message->msg_control)
		result = message_read_controls(socket->domain, message, &outgoing, &source);
	if (result == 0)
		result = send(socket, &outgoing);
	return result < 0 ? result : (ssize_t)outgoing.size;
}

static int send_by_udp(struct socket *socket, const struct udp_outgoing *outgoing)
{
	return udp_send(socket->datagram, outgoing);
}

static ssize_t datagram_send(struct socket *socket, const struct msghdr *message, int flags)
{
	return datagram_send_by(socket, message, flags, send_by_udp);
}

/* Is there a datagram? 1; 0: there will be none; or what recv(2) says. An error comes before what has arrived. A reader who
 * has shut reads on, and would not wait (Linux does this too). */
static int may_receive(struct socket *socket, int flags)
{
	const struct udp_socket *datagram = socket->datagram;

	if (datagram->error)
		return datagram_take_error(socket);
	if (udp_first(datagram))
		return 1;
	return datagram->receive_shut && !(flags & MSG_DONTWAIT) ? 0 : -EAGAIN;
}

/* To where the message's pieces have room behind their first skipped bytes. */
static uint32_t scatter(const struct udp_datagram *datagram, const struct msghdr *message,
			size_t skipped)
{
	uint32_t copied = 0;

	for (size_t index = 0; index < message->msg_iovlen && copied < datagram->size; index++) {
		const struct iovec *piece = &message->msg_iov[index];
		if (skipped >= piece->iov_len) {
			skipped -= piece->iov_len;
			continue;
		}
		uint8_t *at = (uint8_t *)piece->iov_base + skipped;
		copied += (uint32_t)udp_copy_out(datagram, copied, at, piece->iov_len - skipped);
		skipped = 0;
	}
	return copied;
}

static uint32_t scatter_failure(const struct udp_failure *failure, const struct msghdr *message)
{
	uint32_t copied = 0;

	for (size_t index = 0; index < message->msg_iovlen && copied < failure->size; index++) {
		const struct iovec *piece = &message->msg_iov[index];
		size_t left = failure->size - copied;
		size_t size = piece->iov_len < left ? piece->iov_len : left;
		if (size > 0)
			memcpy(piece->iov_base, failure->bytes + copied, size);
		copied += (uint32_t)size;
	}
	return copied;
}

/* MSG_ERRQUEUE: what was lost, whom it was for, and why (Linux's ip_recv_error). */
static ssize_t receive_failure(struct socket *socket, struct msghdr *message)
{
	const struct udp_failure *failure = udp_failure_first(socket->datagram);

	if (!failure)
		return -EAGAIN;
	uint32_t copied = scatter_failure(failure, message);
	message->msg_flags = MSG_ERRQUEUE | (copied < failure->size ? MSG_TRUNC : 0);
	if (message->msg_name)
		address_write(socket->domain, &failure->peer, message->msg_name,
			      &message->msg_namelen);
	message_write_failure(socket->domain, failure, message);
	udp_failure_drop_first(socket->datagram);
	return copied;
}

/* The first of a run of datagrams, each behind the other, as UDP_GRO has it; returns what they have together. */
static uint32_t scatter_run(const struct udp_socket *socket, uint32_t count,
			    const struct msghdr *message)
{
	uint32_t copied = 0;

	LIST_EACH (node, &socket->received) {
		if (count-- == 0)
			break;
		copied += scatter(CONTAINER_OF(node, struct udp_datagram, link), message, copied);
	}
	return copied;
}

static uint32_t run_of(const struct udp_socket *socket, const struct msghdr *message)
{
	return socket->settings.gro ? udp_run(socket, message_size(message)) : 1;
}

ssize_t datagram_receive(struct socket *socket, struct msghdr *message, int flags)
{
	if (flags & ~RECEIVE_FLAGS)
		return -EOPNOTSUPP;
	if (flags & MSG_ERRQUEUE)
		return receive_failure(socket, message);
	int result = may_receive(socket, flags);
	if (result <= 0)
		return result;

	const struct udp_datagram *datagram = udp_first(socket->datagram);
	uint32_t count = run_of(socket->datagram, message);
	uint32_t copied = scatter_run(socket->datagram, count, message);
	uint32_t size = count > 1 ? copied : datagram->size;
	message->msg_flags = copied < size ? MSG_TRUNC : 0;
	if (message->msg_name)
		address_write(socket->domain, &datagram->sender, message->msg_name,
			      &message->msg_namelen);
	message_write_controls(socket, datagram, count > 1 ? datagram->size : 0, message);
	while (!(flags & MSG_PEEK) && count-- > 0)
		udp_drop_first(socket->datagram);
	return flags & MSG_TRUNC ? size : copied;
}

/* As Linux's udp_poll. */
int datagram_poll(const struct socket *socket)
{
	const struct udp_socket *datagram = socket->datagram;
	int bits = POLLOUT | POLLWRNORM | POLLWRBAND; /* nothing waits in the socket to be sent */

	if (udp_first(datagram))
		bits |= POLLIN | POLLRDNORM;
	if (datagram->receive_shut)
		bits |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (datagram->receive_shut && datagram->send_shut)
		bits |= POLLHUP;
	if (datagram->error || udp_failure_first(datagram))
		bits |= POLLERR;
	return bits;
}

#define DATAGRAM_KIND(of_protocol, of_options)                                                     \
	{                                                                                          \
		.protocol = of_protocol, .more_options = of_options##_options,                     \
		.more_option_count = &of_options##_option_count, .type = SOCK_DGRAM,               \
		.options = datagram_options, .option_count = &datagram_option_count,               \
		.open = datagram_open, .close = datagram_close, .holder = datagram_holder,         \
		.filter = datagram_filter, .peer = datagram_peer,                                  \
		.take_error = datagram_take_error, .bind = datagram_bind,                          \
		.connect = datagram_connect, .disconnect = datagram_disconnect,                    \
		.shutdown = datagram_shutdown, .send = datagram_send, .receive = datagram_receive, \
		.poll = datagram_poll,                                                             \
	}

const struct socket_kind datagram_kind = DATAGRAM_KIND(IPPROTO_UDP, udp);
const struct socket_kind udp_lite_kind = DATAGRAM_KIND(IPPROTO_UDPLITE, udp_lite);
