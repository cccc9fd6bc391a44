#include "transport/ping.h"

#include "transport/outgoing.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <errno.h>

enum { IDENTIFIER_AT = 4 }; /* in an echo, as in what an error quotes of one */

/* The type of a request to there. */
static uint8_t echo_to(const struct address *peer)
{
	return address_is_v4(peer) ? ICMP_ECHO : ICMP6_ECHO;
}

static struct udp_socket *find_in(const struct list *holders, const struct address *own,
				  const struct address *peer)
{
	LIST_EACH (node, holders) {
		struct port_holder *holder = CONTAINER_OF(node, struct port_holder, link);
		struct udp_socket *socket = CONTAINER_OF(holder, struct udp_socket, holder);
		if (udp_hears_address(socket, own, peer))
			return socket;
	}
	return NULL;
}

/* Connected sockets first. */
static struct udp_socket *find(const struct udp *ping, uint16_t identifier,
			       const struct address *own, const struct address *peer)
{
	const struct port *port = ports_find(&ping->ports, identifier);
	if (!port)
		return NULL;
	struct udp_socket *socket = find_in(&port->used, own, peer);
	return socket ? socket : find_in(&port->bound, own, peer);
}

/* The checksum was found right, or left out: then whoever reads it gets a message that has it. */
static struct frame *copy_message(const struct udp *ping, const struct ip_packet *packet)
{
	struct frame *copy = frame_copy(ping->pool, (struct bytes){ 0 }, packet->frame);
	if (copy && copy->checksum_left_out) {
		struct checksum checksum = { 0 };
		if (packet->version == 6)
			checksum_add_pseudo(&checksum, &packet->source, &packet->destination,
					    PROTOCOL_ICMP6, frame_size(copy));
		checksum_add_frame(&checksum, copy);
		put16(copy->head + 2, checksum_finish(&checksum));
	}
	return copy;
}

static enum verdict ping_input(void *context, const struct ip_packet *packet)
{
	const struct udp *ping = context;
	uint16_t identifier = get16(frame_head(packet->frame).at + IDENTIFIER_AT);
	struct udp_socket *socket = find(ping, identifier, &packet->destination, &packet->source);

	if (!socket)
		return DROP_NO_SOCKET;
	struct frame *copy = copy_message(ping, packet);
	if (!copy)
		return DROP_MEMORY;
	enum verdict verdict =
		udp_queue(socket, packet, &(struct endpoint){ packet->source, 0 }, copy, 0);
	frame_free(copy);
	return verdict;
}

static void ping_error(void *context, const struct ip_error *error)
{
	if (error->transport.at[0] != echo_to(&error->destination))
		return;
	uint16_t identifier = get16(error->transport.at + IDENTIFIER_AT);
	struct udp_socket *socket = find(context, identifier, &error->source, &error->destination);
	if (socket && (socket->connected || udp_keeps(socket, error)))
		udp_take_error(socket, error, 0);
}

bool ping_init(struct udp *ping, struct ip *ip, const uint8_t seed[16],
	       const struct udp_config *config)
{
	if (!udp_begin(ping, ip, seed, config))
		return false;
	ip->echo = (struct ip_protocol){ ping_input, ping_error, ping };
	return true;
}

/* Where a header belongs, whose checksum is yet to be filled in. */
static void take_header_into_head(struct frame *frame)
{
	struct slice *slice = &frame->slices[0];

	memcpy(frame_push(frame, ICMP_HEADER_SIZE), slice->at, ICMP_HEADER_SIZE);
	slice->at += ICMP_HEADER_SIZE;
	slice->size -= ICMP_HEADER_SIZE;
	frame->payload_size -= ICMP_HEADER_SIZE;
}

/* The identifier is ours to give; the checksum is filled in on the way, where somebody looks at it. */
static int emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		const struct outgoing_way *way)
{
	struct frame *frame = outgoing_frame(socket->udp->pool, outgoing);
	if (!frame)
		return -ENOBUFS;
	if (frame->head_size == 0)
		take_header_into_head(frame);
	if (frame->head[0] != echo_to(&way->peer.address) || frame->head[1] != 0) {
		frame_free(frame);
		return -EINVAL;
	}
	put16(frame->head + 2, 0);
	put16(frame->head + IDENTIFIER_AT, socket->holder.local.port);
	frame->checksum_left_out = true;
	bool v4 = address_is_v4(&way->peer.address);
	return outgoing_emit(socket, outgoing, way, v4 ? PROTOCOL_ICMP : PROTOCOL_ICMP6, frame);
}

int ping_send(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	struct outgoing_way way;

	if (outgoing->size < ICMP_HEADER_SIZE)
		return -EINVAL;
	if (socket->holder.local.port == 0 &&
	    ports_bind(&socket->udp->ports, &socket->holder, &socket->holder.local) < 0)
		return -EAGAIN;
	int result = outgoing_find_way(socket, outgoing, &way);
	if (result < 0)
		return result;
	if (address_is_v4(&way.peer.address) != address_is_v4(&socket->holder.unbound))
		return -EINVAL; /* a mapped address: Linux's ping_v6_sendmsg */
	if (outgoing_is_too_big(socket, &way, outgoing->size))
		return -EMSGSIZE;
	result = outgoing_refusal(socket);
	return result < 0 ? result : emit(socket, outgoing, &way);
}
