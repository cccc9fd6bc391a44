#include "transport/raw_input.h"

#include "transport/raw.h"
#include "wire/checksum.h"
#include "wire/cut.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* A packet of more than one fragment has the header of the first: what that said of fragments is over. */
static void make_whole_v4(struct frame *packet, uint32_t header_size)
{
	struct checksum checksum = { 0 };

	put16(packet->head + 2, (uint16_t)frame_size(packet));
	packet->head[6] &= 0x40; /* of flags and offset, Don't Fragment stays */
	packet->head[7] = 0;
	put16(packet->head + 10, 0);
	checksum_add(&checksum, (struct bytes){ packet->head, header_size });
	put16(packet->head + 10, checksum_finish(&checksum));
}

/* The packet as the wire would have shown it: in one piece, its checksums filled in. NULL: no memory. */
static struct frame *copy_packet(const struct raw *raw, const struct ip_packet *packet)
{
	struct frame *copy = frame_copy(raw->sockets.pool, packet->header, packet->frame);
	if (copy) {
		if (packet->version == 4)
			make_whole_v4(copy, (uint32_t)packet->header.size);
		else
			put16(copy->head + IPV6_PAYLOAD_SIZE_AT,
			      (uint16_t)(frame_size(copy) - IPV6_HEADER_SIZE));
		cut_finish_packet(copy);
	}
	return copy;
}

/* ICMP's filter knows the first 32 types. */
static bool is_filtered(const struct raw_socket *socket, const struct ip_packet *packet)
{
	uint8_t icmp = packet->version == 6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
	uint8_t type;

	if (socket->protocol != icmp)
		return false;
	if (frame_copy_out(packet->frame, 0, &type, 1) == 0)
		return true;
	return socket->filter[type / 32] >> type % 32 & 1;
}

/* Where the socket asks, what has no right checksum is none of its packets (RFC 3542, 3.1). */
static bool checksum_holds(const struct raw_socket *socket, const struct ip_packet *packet)
{
	struct checksum checksum = { 0 };

	if (packet->version == 4 || socket->checksum_at < 0 || packet->frame->checksum_left_out)
		return true;
	checksum_add_pseudo(&checksum, &packet->source, &packet->destination, packet->protocol,
			    frame_size(packet->frame));
	checksum_add_frame(&checksum, packet->frame);
	return checksum_finish(&checksum) == 0;
}

static bool hears(const struct raw_socket *socket, const struct ip_packet *packet)
{
	bool same_family = address_is_v4(&socket->common.holder.unbound) == (packet->version == 4);

	return same_family && socket->protocol == packet->protocol &&
	       udp_hears_address(&socket->common, &packet->destination, &packet->source) &&
	       udp_hears_interface(&socket->common, packet) &&
	       udp_hears_group(&socket->common, packet) && !is_filtered(socket, packet) &&
	       checksum_holds(socket, packet);
}

/* The copy is made when the first socket wants it. */
enum verdict raw_input(void *context, const struct ip_packet *packet)
{
	struct raw *raw = context;
	struct endpoint peer = { packet->source, 0 };
	enum verdict verdict = DROP_NO_SOCKET;
	struct frame *copy = NULL;

	LIST_EACH (node, &raw->sockets.all) {
		struct raw_socket *socket = CONTAINER_OF(node, struct raw_socket, common.link);
		if (!hears(socket, packet))
			continue;
		if (!copy)
			copy = copy_packet(raw, packet);
		if (!copy)
			return DROP_MEMORY;
		uint32_t behind = packet->version == 6 ? (uint32_t)packet->header.size : 0;
		enum verdict queued = udp_queue(&socket->common, packet, &peer, copy, behind);
		if (verdict != DELIVERED)
			verdict = queued;
	}
	frame_free(copy);
	return verdict;
}

/* Linux tells connected ones only, unless they ask for more by IP_RECVERR. */
void raw_error(void *context, const struct ip_error *error)
{
	struct raw *raw = context;

	LIST_EACH (node, &raw->sockets.all) {
		struct raw_socket *socket = CONTAINER_OF(node, struct raw_socket, common.link);
		struct udp_socket *common = &socket->common;
		if ((common->connected || udp_keeps(common, error)) &&
		    socket->protocol == error->protocol &&
		    udp_hears_address(common, &error->source, &error->destination))
			udp_take_error(common, error, 0);
	}
}
