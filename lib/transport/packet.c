/* Packet sockets, from open to close; and what they send. What they see is packet_input.c. */
#include "transport/packet.h"

#include <errno.h>
#include <linux/if_packet.h>

void packets_init(struct packets *packets, struct ip *ip, const struct udp_config *config)
{
	*packets = (struct packets){ .ip = ip, .config = *config };
	list_init(&packets->all);
}

void packets_close(struct packets *packets)
{
	while (!list_is_empty(&packets->all))
		packet_close(CONTAINER_OF(packets->all.next, struct packet_socket, link));
}

/* There is a tap while there is somebody to look. */
static void set_tap(struct packets *packets)
{
	packets->ip->interfaces.tap = list_is_empty(&packets->all)
					      ? (struct tap){ 0 }
					      : (struct tap){ packet_see, packets };
}

struct packet_socket *packet_open(struct packets *packets, bool cooked, uint16_t protocol,
				  void *owner)
{
	struct packet_socket *socket = memory_take(packets->ip->allocator, sizeof *socket);
	if (!socket)
		return NULL;
	socket->packets = packets;
	socket->owner = owner;
	socket->cooked = cooked;
	socket->protocol = protocol;
	socket->send_buffer = UDP_BUFFER_DEFAULT;
	socket->receive_buffer = UDP_BUFFER_DEFAULT;
	list_init(&socket->holder.link);
	list_init(&socket->memberships);
	list_init(&socket->received);
	list_append(&packets->all, &socket->link);
	set_tap(packets);
	return socket;
}

static void free_membership(struct packet_socket *socket, struct packet_membership *membership)
{
	list_remove(&membership->link);
	memory_give(socket->packets->ip->allocator, membership, sizeof *membership);
}

void packet_close(struct packet_socket *socket)
{
	while (!list_is_empty(&socket->memberships))
		free_membership(socket, CONTAINER_OF(socket->memberships.next,
						     struct packet_membership, link));
	while (packet_first(socket))
		packet_drop_first(socket);
	filter_close(&socket->filter, socket->packets->ip->allocator);
	list_remove(&socket->link);
	set_tap(socket->packets);
	memory_give(socket->packets->ip->allocator, socket, sizeof *socket);
}

int packet_bind(struct packet_socket *socket, int interface, uint16_t protocol)
{
	if (interface != 0 && !interface_find(socket->packets->ip, interface))
		return -ENODEV;
	socket->interface = interface;
	if (protocol != 0)
		socket->protocol = protocol;
	return 0;
}

static struct packet_membership *find_membership(struct packet_socket *socket,
						 const struct packet_membership *like)
{
	LIST_EACH (node, &socket->memberships) {
		struct packet_membership *own = CONTAINER_OF(node, struct packet_membership, link);
		if (own->interface == like->interface && own->type == like->type &&
		    own->size == like->size && memcmp(own->address, like->address, own->size) == 0)
			return own;
	}
	return NULL;
}

/* A group or a further address of the interface's own is named in full. */
static bool is_possible(const struct packet_membership *wanted)
{
	switch (wanted->type) {
	case PACKET_MR_PROMISC:
	case PACKET_MR_ALLMULTI:
		return wanted->size <= sizeof(struct mac);
	case PACKET_MR_MULTICAST:
		return wanted->size == sizeof(struct mac);
	default:
		return false;
	}
}

int packet_join(struct packet_socket *socket, const struct packet_membership *wanted)
{
	const struct berth_allocator *allocator = socket->packets->ip->allocator;

	if (!interface_find(socket->packets->ip, wanted->interface))
		return -ENODEV;
	if (!is_possible(wanted))
		return -EINVAL;
	struct packet_membership *own = find_membership(socket, wanted);
	if (!own) {
		own = memory_take_raw(allocator, sizeof *own);
		if (!own)
			return -ENOMEM;
		*own = *wanted;
		own->count = 0;
		list_append(&socket->memberships, &own->link);
	}
	own->count++;
	return 0;
}

int packet_leave(struct packet_socket *socket, const struct packet_membership *unwanted)
{
	struct packet_membership *own = find_membership(socket, unwanted);

	if (own && --own->count == 0)
		free_membership(socket, own);
	return 0;
}

static void gather(uint8_t *to, const struct packet_outgoing *outgoing)
{
	for (size_t index = 0; index < outgoing->piece_count; index++) {
		const struct iovec *piece = &outgoing->pieces[index];
		if (piece->iov_len > 0)
			memcpy(to, piece->iov_base, piece->iov_len);
		to += piece->iov_len;
	}
}

/* 0, or why it is refused. */
static int judge(const struct packet_socket *socket, const struct interface *interface,
		 const struct packet_outgoing *outgoing)
{
	uint32_t most = interface->mtu + (socket->cooked ? 0 : ETHERNET_HEADER_SIZE);

	if (outgoing->size > most || outgoing->size > UINT16_MAX - ETHERNET_HEADER_SIZE)
		return -EMSGSIZE;
	if (socket->cooked)
		return outgoing->to || !interface->ethernet ? 0 : -EINVAL;
	return outgoing->size < ETHERNET_HEADER_SIZE ? -EINVAL : 0;
}

/* Of lo's there is nothing but zeros. */
static void cook(struct frame *frame, const struct interface *interface,
		 const struct packet_outgoing *outgoing)
{
	struct ethernet_header ethernet = { .source = interface->mac, .type = outgoing->protocol };

	if (outgoing->to)
		ethernet.destination = *outgoing->to;
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
}

int packet_send(struct packet_socket *socket, const struct packet_outgoing *outgoing)
{
	struct packets *packets = socket->packets;
	struct interface *interface = interface_find(packets->ip, outgoing->interface);

	if (!interface)
		return -ENXIO;
	int result = judge(socket, interface, outgoing);
	if (result < 0)
		return result;
	struct frame *frame = frame_with_room(packets->ip->pool, (uint32_t)outgoing->size);
	if (!frame)
		return -ENOBUFS;
	gather(frame->head, outgoing);
	if (socket->cooked)
		cook(frame, interface, outgoing);
	packets->sender = socket;
	ip_output_frame(packets->ip, interface, frame);
	packets->sender = NULL;
	return 0;
}

const struct packet_frame *packet_first(const struct packet_socket *socket)
{
	if (list_is_empty(&socket->received))
		return NULL;
	return CONTAINER_OF(socket->received.next, struct packet_frame, link);
}

void packet_drop_first(struct packet_socket *socket)
{
	struct packet_frame *frame =
		CONTAINER_OF(list_take_first(&socket->received), struct packet_frame, link);

	socket->held -= PACKET_OVERHEAD + frame->size;
	memory_give(socket->packets->ip->allocator, frame, sizeof *frame + frame->size);
}
