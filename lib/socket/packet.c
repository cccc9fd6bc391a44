/* packet: what the calls do on a packet socket (transport/packet.h), and the options it has. */
#include "socket/message.h"
#include "socket/option.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if_arp.h>
#include <poll.h>

enum {
	SEND_FLAGS = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR | MSG_CONFIRM,
	RECEIVE_FLAGS = MSG_PEEK | MSG_DONTWAIT | MSG_TRUNC | MSG_ERRQUEUE,
	/* socket()'s protocol is an ethertype, in network order. */
	PROTOCOL_MASK = 0xffff,
	RECEIVE_BUFFER_LEAST = UDP_RECEIVE_BUFFER_LEAST,
	SEND_BUFFER_LEAST = UDP_SEND_BUFFER_LEAST,
};

static uint16_t from_network(uint16_t value)
{
	return get16((const uint8_t *)&value);
}

static uint16_t to_network(uint16_t value)
{
	return from_network(value);
}

static int open_packet(struct socket *socket)
{
	uint16_t protocol = from_network((uint16_t)(socket->protocol & PROTOCOL_MASK));

	/* What SO_PROTOCOL tells of every packet socket. */
	socket->protocol = 0;
	socket->packet = packet_open(socket->home->packets, socket->kind->type == SOCK_DGRAM,
				     protocol, socket);
	return socket->packet ? 0 : -ENOBUFS;
}

static void close_packet(struct socket *socket)
{
	packet_close(socket->packet);
}

static struct port_holder *holder_of(struct socket *socket)
{
	return &socket->packet->holder;
}

static struct filter *filter_of(struct socket *socket)
{
	return &socket->packet->filter;
}

static const struct endpoint *no_peer(const struct socket *socket)
{
	(void)socket;
	return NULL;
}

static int no_error(struct socket *socket)
{
	(void)socket;
	return 0;
}

/* 0, or -EINVAL. */
static int read_name(const void *address, socklen_t size, struct sockaddr_ll *name)
{
	if (size < sizeof *name)
		return -EINVAL;
	memcpy(name, address, sizeof *name);
	return 0;
}

static int bind_to_name(struct socket *socket, const struct sockaddr *address, socklen_t size)
{
	struct sockaddr_ll name;

	int result = read_name(address, size, &name);
	if (result < 0 || name.sll_family != AF_PACKET)
		return -EINVAL;
	return packet_bind(socket->packet, name.sll_ifindex, from_network(name.sll_protocol));
}

/* Of its own name Linux tells no more than there is; of a sender's all of the structure. */
static socklen_t size_of(const struct sockaddr_ll *name)
{
	return (socklen_t)(offsetof(struct sockaddr_ll, sll_addr) + name->sll_halen);
}

static void set_link_address(struct sockaddr_ll *name, const struct mac *mac)
{
	name->sll_halen = sizeof *mac;
	memcpy(name->sll_addr, mac, sizeof *mac);
}

static void tell_name(const struct socket *socket, struct sockaddr *address, socklen_t *size)
{
	const struct packet_socket *packet = socket->packet;
	const struct interface *interface = interface_find(packet->packets->ip, packet->interface);
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = to_network(packet->protocol),
		.sll_ifindex = packet->interface,
	};

	if (interface) {
		name.sll_hatype = interface->ethernet ? ARPHRD_ETHER : ARPHRD_LOOPBACK;
		set_link_address(&name, &interface->mac);
	}
	socklen_t full = size_of(&name);
	memcpy(address, &name, *size < full ? *size : full);
	*size = full;
}

static int refuse_connect(struct socket *socket, const struct sockaddr *address, socklen_t size)
{
	(void)socket, (void)address, (void)size;
	return -EOPNOTSUPP;
}

static int refuse_disconnect(struct socket *socket)
{
	(void)socket;
	return -EOPNOTSUPP;
}

static int refuse_shutdown(struct socket *socket, int how)
{
	(void)socket, (void)how;
	return -EOPNOTSUPP;
}

/* Where sendmsg says to send, or else where the socket is bound. */
static int find_way(const struct socket *socket, const struct msghdr *message,
		    struct packet_outgoing *outgoing, struct mac *to)
{
	struct sockaddr_ll name;

	outgoing->interface = socket->packet->interface;
	outgoing->protocol = socket->packet->protocol;
	if (!message->msg_name)
		return 0;
	int result = read_name(message->msg_name, message->msg_namelen, &name);
	if (result < 0)
		return result;
	outgoing->interface = name.sll_ifindex;
	outgoing->protocol = from_network(name.sll_protocol);
	memcpy(to, name.sll_addr, sizeof *to);
	outgoing->to = to;
	return 0;
}

static ssize_t send_frame(struct socket *socket, const struct msghdr *message, int flags)
{
	struct mac to;
	struct packet_outgoing outgoing = {
		.pieces = message->msg_iov,
		.piece_count = message->msg_iovlen,
		.size = message_size(message),
	};

	if (flags & ~SEND_FLAGS)
		return -EOPNOTSUPP;
	if (message->msg_controllen > 0)
		return -EINVAL;
	int result = find_way(socket, message, &outgoing, &to);
	if (result == 0)
		result = packet_send(socket->packet, &outgoing);
	return result < 0 ? result : (ssize_t)outgoing.size;
}

static uint32_t scatter(const struct packet_frame *frame, const struct msghdr *message)
{
	uint32_t copied = 0;

	for (size_t index = 0; index < message->msg_iovlen && copied < frame->size; index++) {
		const struct iovec *piece = &message->msg_iov[index];
		size_t left = frame->size - copied;
		size_t size = piece->iov_len < left ? piece->iov_len : left;
		if (size > 0)
			memcpy(piece->iov_base, frame->bytes + copied, size);
		copied += (uint32_t)size;
	}
	return copied;
}

static void tell_sender(const struct packet_frame *frame, struct msghdr *message)
{
	struct sockaddr_ll name = {
		.sll_family = AF_PACKET,
		.sll_protocol = to_network(frame->protocol),
		.sll_ifindex = frame->interface,
		.sll_hatype = frame->hardware,
		.sll_pkttype = frame->type,
	};
	socklen_t room = message->msg_namelen;

	set_link_address(&name, &frame->source);
	memcpy(message->msg_name, &name, room < sizeof name ? room : sizeof name);
	message->msg_namelen = sizeof name;
}

static ssize_t receive_frame(struct socket *socket, struct msghdr *message, int flags)
{
	const struct packet_frame *frame = packet_first(socket->packet);

	if (flags & ~RECEIVE_FLAGS)
		return -EINVAL;
	if (!frame || flags & MSG_ERRQUEUE)
		return -EAGAIN;
	uint32_t size = frame->size;
	uint32_t copied = scatter(frame, message);
	message->msg_flags = copied < size ? MSG_TRUNC : 0;
	if (message->msg_name)
		tell_sender(frame, message);
	message_write_frame_controls(socket, frame, message);
	if (!(flags & MSG_PEEK))
		packet_drop_first(socket->packet);
	return flags & MSG_TRUNC ? size : copied;
}

static int poll_frames(const struct socket *socket)
{
	int bits = POLLOUT | POLLWRNORM | POLLWRBAND;

	return packet_first(socket->packet) ? bits | POLLIN | POLLRDNORM : bits;
}

FLAG(broadcast, socket->packet->broadcast, (void)0) /* Linux keeps it, and asks nobody for it */
FLAG(auxiliary, socket->tells_auxiliary, (void)0)
FLAG(ignore_outgoing, socket->packet->ignores_outgoing, (void)0)
BUFFER(send_buffer, socket->packet->send_buffer, socket->home->send_most, SEND_BUFFER_LEAST)
BUFFER(receive_buffer, socket->packet->receive_buffer, socket->home->receive_most,
       RECEIVE_BUFFER_LEAST)

static int change_membership(struct socket *socket, const void *value,
			     int (*change)(struct packet_socket *socket,
					   const struct packet_membership *membership))
{
	struct packet_mreq asked;
	memcpy(&asked, value, sizeof asked);
	struct packet_membership membership = {
		.interface = asked.mr_ifindex,
		.type = asked.mr_type,
		.size = asked.mr_alen,
	};
	if (asked.mr_alen > sizeof membership.address)
		return -EINVAL;
	memcpy(membership.address, asked.mr_address, asked.mr_alen);
	return change(socket->packet, &membership);
}

static int set_join(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return change_membership(socket, value, packet_join);
}

static int set_leave(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	return change_membership(socket, value, packet_leave);
}

/* Told once. */
static int get_statistics(struct socket *socket, void *value, socklen_t *size)
{
	struct packet_socket *packet = socket->packet;
	const struct tpacket_stats statistics = {
		.tp_packets = packet->frame_count + packet->drop_count,
		.tp_drops = packet->drop_count,
	};
	(void)size;
	memcpy(value, &statistics, sizeof statistics);
	packet->frame_count = packet->drop_count = 0;
	return 0;
}

/* clang-format off */
#define BOTH(name) get_##name, set_##name
static const struct option packet_options[] = {
	{ SOL_SOCKET, SO_SNDBUF,              0, BOTH(send_buffer) },
	{ SOL_SOCKET, SO_RCVBUF,              0, BOTH(receive_buffer) },
	{ SOL_SOCKET, SO_BROADCAST,           0, BOTH(broadcast) },
	{ SOL_SOCKET, SO_TIMESTAMP,           0, BOTH(timestamp) },
	{ SOL_SOCKET, SO_TIMESTAMPNS,         0, BOTH(timestamp_ns) },
	{ SOL_SOCKET, SO_ATTACH_FILTER, sizeof(struct sock_fprog), get_nothing, set_attach_filter },
	{ SOL_SOCKET, SO_DETACH_FILTER, 0, get_nothing, set_detach_filter },
	{ SOL_SOCKET, SO_LOCK_FILTER,   0, get_lock_filter, set_lock_filter },
	{ SOL_PACKET, PACKET_ADD_MEMBERSHIP,  sizeof(struct packet_mreq), get_nothing, set_join },
	{ SOL_PACKET, PACKET_DROP_MEMBERSHIP, sizeof(struct packet_mreq), get_nothing, set_leave },
	{ SOL_PACKET, PACKET_STATISTICS,      sizeof(struct tpacket_stats), get_statistics, NULL },
	{ SOL_PACKET, PACKET_AUXDATA,         0, BOTH(auxiliary) },
	{ SOL_PACKET, PACKET_IGNORE_OUTGOING, 0, BOTH(ignore_outgoing) },
};
/* clang-format on */
static const size_t packet_option_count = sizeof packet_options / sizeof packet_options[0];

#define PACKET_KIND(its_type)                                                                      \
	{                                                                                          \
		.type = (its_type), .protocol = SOL_PACKET, .options = packet_options,             \
		.option_count = &packet_option_count, .open = open_packet, .close = close_packet,  \
		.holder = holder_of, .filter = filter_of, .peer = no_peer, .take_error = no_error, \
		.bind_to_name = bind_to_name, .tell_name = tell_name, .connect = refuse_connect,   \
		.disconnect = refuse_disconnect, .shutdown = refuse_shutdown, .send = send_frame,  \
		.receive = receive_frame, .poll = poll_frames,                                     \
	}

const struct socket_kind packet_kind = PACKET_KIND(SOCK_RAW);
const struct socket_kind cooked_packet_kind = PACKET_KIND(SOCK_DGRAM);
