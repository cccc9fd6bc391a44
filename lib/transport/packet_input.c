/* What packet sockets see: each frame, asked of each socket. */
#include "transport/packet.h"
#include "wire/cut.h"

#include <linux/if_packet.h>
#include <net/if_arp.h>

enum {
	ETHERTYPE_LEAST = 0x600, /* less is a length (IEEE 802.3, 3.2.6): what follows is 802.2's */
	PROTOCOL_802_2 = 4,      /* ETH_P_802_2 */
};

/* A frame as somebody may see it. */
struct sight {
	struct packets *packets;
	const struct interface *interface;
	bool outgoing;
	struct ethernet_header ethernet;
	uint16_t protocol;
	uint8_t type;
};

static bool is_promiscuous(const struct packet_socket *socket, const struct interface *interface)
{
	LIST_EACH (node, &socket->memberships) {
		const struct packet_membership *own =
			CONTAINER_OF(node, struct packet_membership, link);
		if (own->type == PACKET_MR_PROMISC && own->interface == interface->index)
			return true;
	}
	return false;
}

/* One socket makes its interface so for all. */
static bool brings_everything(const struct packets *packets, const struct interface *interface)
{
	LIST_EACH (node, &packets->all) {
		if (is_promiscuous(CONTAINER_OF(node, struct packet_socket, link), interface))
			return true;
	}
	return false;
}

static uint8_t type_of(const struct sight *sight)
{
	const struct mac *to = &sight->ethernet.destination;

	if (sight->outgoing)
		return PACKET_OUTGOING;
	if (!sight->interface->ethernet)
		return PACKET_HOST;
	if (mac_is_group(to))
		return mac_is_broadcast(to) ? PACKET_BROADCAST : PACKET_MULTICAST;
	return mac_equal(to, &sight->interface->mac) ? PACKET_HOST : PACKET_OTHERHOST;
}

static bool hears(const struct packet_socket *socket, const struct sight *sight)
{
	if (socket->interface != 0 && socket->interface != sight->interface->index)
		return false;
	if (sight->outgoing && (socket == sight->packets->sender || socket->ignores_outgoing))
		return false;
	return socket->protocol == PACKET_PROTOCOL_ALL ||
	       (socket->protocol == sight->protocol && !sight->outgoing);
}

static uint16_t hardware_of(const struct sight *sight)
{
	return sight->interface->ethernet ? ARPHRD_ETHER : ARPHRD_LOOPBACK;
}

/* How much of the frame the socket's filter keeps, from where the socket's bytes begin. */
static uint32_t filtered(const struct packet_socket *socket, const struct sight *sight,
			 const struct frame *frame)
{
	const struct bpf_packet packet = {
		.frame = frame,
		.start = socket->cooked ? ETHERNET_HEADER_SIZE : 0,
		.network_at = ETHERNET_HEADER_SIZE,
		.protocol = sight->protocol,
		.type = sight->type,
		.interface = (uint32_t)sight->interface->index,
		.hardware = hardware_of(sight),
		.random = &sight->packets->ip->random,
	};
	return filter_keeps(&socket->filter, &packet);
}

static struct packet_frame *copy_frame(const struct packet_socket *socket,
				       const struct sight *sight, const struct frame *frame,
				       uint32_t kept)
{
	uint32_t skipped = socket->cooked ? ETHERNET_HEADER_SIZE : 0;
	uint32_t length = frame_size(frame) - skipped, size = length < kept ? length : kept;
	struct packet_frame *copy =
		memory_take_raw(sight->packets->ip->allocator, sizeof *copy + size);
	if (!copy)
		return NULL;
	*copy = (struct packet_frame){
		.interface = sight->interface->index,
		.protocol = sight->protocol,
		.hardware = hardware_of(sight),
		.type = sight->type,
		.source = sight->ethernet.source,
		.network_at = ETHERNET_HEADER_SIZE - skipped,
		.arrived = sight->packets->ip->clock->now,
		.length = length,
		.size = size,
	};
	frame_copy_out(frame, skipped, copy->bytes, size);
	return copy;
}

/* As Linux: the last one that is let in may go over the bound. */
static void queue(struct packet_socket *socket, const struct sight *sight,
		  const struct frame *frame)
{
	struct packet_frame *copy = NULL;

	uint32_t kept = filtered(socket, sight, frame);
	if (kept == 0)
		return;
	if (socket->held < socket->receive_buffer)
		copy = copy_frame(socket, sight, frame, kept);
	if (!copy) {
		socket->drop_count++;
		return;
	}
	list_append(&socket->received, &copy->link);
	socket->held += PACKET_OVERHEAD + copy->size;
	socket->frame_count++;
	socket->packets->config.wake(socket->packets->config.context, socket->owner);
}

static void show(const struct sight *sight, const struct frame *frame)
{
	LIST_EACH (node, &sight->packets->all) {
		struct packet_socket *socket = CONTAINER_OF(node, struct packet_socket, link);
		if (hears(socket, sight))
			queue(socket, sight, frame);
	}
}

static void show_piece(void *context, struct frame *piece)
{
	show(context, piece);
	frame_free(piece);
}

static bool is_heard(const struct sight *sight)
{
	LIST_EACH (node, &sight->packets->all) {
		if (hears(CONTAINER_OF(node, struct packet_socket, link), sight))
			return true;
	}
	return false;
}

void packet_see(void *context, const struct interface *interface, const struct frame *frame,
		bool outgoing)
{
	struct sight sight = { .packets = context, .interface = interface, .outgoing = outgoing };

	if (!ethernet_parse(frame_head(frame), &sight.ethernet))
		return;
	sight.protocol =
		sight.ethernet.type < ETHERTYPE_LEAST ? PROTOCOL_802_2 : sight.ethernet.type;
	sight.type = type_of(&sight);
	if (sight.type == PACKET_OTHERHOST && !brings_everything(sight.packets, interface))
		return;
	if (!is_heard(&sight))
		return;
	if (frame->segment_size == 0 && !frame->checksum_left_out)
		show(&sight, frame);
	else
		cut_each(frame, show_piece, &sight);
}
