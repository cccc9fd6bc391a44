/* What arrives for UDP: datagrams, and bad news. */
#include "transport/udp.h"
#include "transport/udp_lite.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>
#include <net/if_arp.h>

/* A datagram on its way to whoever takes it. */
struct arrival {
	struct udp *udp;
	const struct ip_packet *packet;
	struct endpoint local;
	struct endpoint peer;
	uint32_t covered; /* bytes, by the checksum */
};

/* IPv4 lets the sender leave it out (RFC 768); IPv6 does not (RFC 8200, 8.1). */
static bool checksum_holds(const struct ip_packet *packet, const struct udp_header *udp)
{
	if (packet->frame->checksum_left_out)
		return true;
	if (udp->checksum == 0)
		return packet->version == 4;

	struct checksum sum = { 0 };
	checksum_add_pseudo(&sum, &packet->source, &packet->destination, PROTOCOL_UDP, udp->size);
	checksum_add_frame(&sum, packet->frame);
	return checksum_finish(&sum) == 0;
}

/* Takes the payload over; false: no memory. */
static bool take_payload(struct udp_datagram *datagram, const struct frame *frame, uint32_t offset)
{
	datagram->size = frame_size(frame) - offset;
	datagram->held = UDP_OVERHEAD;
	datagram->slice_count = 0;
	if (datagram->size <= sizeof datagram->bytes) {
		frame_copy_out(frame, offset, datagram->bytes, datagram->size);
		return true;
	}
	int count = frame_share_payload(frame, offset, datagram->slices);
	if (count < 0)
		return false;
	datagram->slice_count = (uint8_t)count;
	for (int index = 0; index < count; index++)
		datagram->held += datagram->slices[index].block->room;
	return true;
}

static struct address own_address(const struct ip *ip, const struct ip_packet *packet)
{
	if (!packet->to_group)
		return packet->destination;
	if (ip_is_own(ip, &packet->source)) /* we sent it */
		return packet->source;
	const struct address *own = interface_source(packet->interface, &packet->source);
	return own ? *own : packet->destination;
}

static struct udp_datagram *make_datagram(const struct udp *udp, const struct ip_packet *packet,
					  const struct frame *content, uint32_t offset)
{
	struct block *self = block_new(udp->pool, sizeof(struct udp_datagram));
	if (!self)
		return NULL;

	struct udp_datagram *datagram = (struct udp_datagram *)(void *)self->bytes;
	if (!take_payload(datagram, content, offset)) {
		block_release(self);
		return NULL;
	}
	list_init(&datagram->link);
	datagram->self = self;
	datagram->destination = packet->destination;
	datagram->own = own_address(udp->ip, packet);
	datagram->interface = packet->interface->index;
	datagram->arrived = udp->clock->now;
	datagram->ttl = packet->ttl;
	datagram->tos = packet->tos;
	return datagram;
}

/* How much of the content the socket's filter keeps. It begins with the transport's header, as Linux has it, or, of a raw
 * socket, with IP's. */
static uint32_t filtered(const struct udp_socket *socket, const struct ip_packet *packet,
			 const struct frame *content)
{
	bool raw = frame_size(content) > frame_size(packet->frame);
	struct bytes before = raw ? (struct bytes){ 0 } : packet->header;
	const struct bpf_packet seen = {
		.before = before,
		.frame = content,
		.start = (uint32_t)before.size,
		.link_at = BPF_NOWHERE,
		.protocol = packet->version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
		.interface = (uint32_t)packet->interface->index,
		.hardware = packet->interface->ethernet ? ARPHRD_ETHER : ARPHRD_LOOPBACK,
		.random = &socket->udp->random,
	};
	return filter_keeps(&socket->filter, &seen);
}

enum verdict udp_queue(struct udp_socket *socket, const struct ip_packet *packet,
		       const struct endpoint *peer, const struct frame *content, uint32_t offset)
{
	uint32_t kept = filtered(socket, packet, content);
	if (kept == 0)
		return DROP_FILTERED;
	if (socket->held > socket->settings.receive_buffer)
		return DROP_BUFFER_FULL;
	struct udp_datagram *datagram = make_datagram(socket->udp, packet, content, offset);
	if (!datagram)
		return DROP_MEMORY;
	kept -= kept < offset ? kept : offset; /* a header is never cut */
	if (datagram->size > kept)
		datagram->size = kept;
	datagram->sender = *peer;
	list_append(&socket->received, &datagram->link);
	socket->held += datagram->held;
	socket->udp->config.wake(socket->udp->config.context, socket->owner);
	return DELIVERED;
}

static enum verdict queue(struct udp_socket *socket, const struct arrival *arrival)
{
	if (arrival->udp->lite &&
	    !udp_lite_takes(socket, frame_size(arrival->packet->frame), arrival->covered))
		return DROP_CHECKSUM;
	return udp_queue(socket, arrival->packet, &arrival->peer, arrival->packet->frame,
			 UDP_HEADER_SIZE);
}

bool udp_hears_address(const struct udp_socket *socket, const struct address *own,
		       const struct address *peer)
{
	if (socket->connected && !address_equal(&socket->peer.address, peer))
		return false;
	return port_holder_hears(&socket->holder, own);
}

static struct udp_socket *find_connected(const struct udp *udp, const struct endpoint *local,
					 const struct endpoint *peer, uint32_t hash)
{
	for (struct table_node *node = table_chain(&udp->connected, hash); node;
	     node = node->next) {
		struct udp_socket *socket = CONTAINER_OF(node, struct udp_socket, by_tuple);
		if (node->hash == hash && socket->holder.local.port == local->port &&
		    socket->peer.port == peer->port &&
		    address_equal(&socket->holder.local.address, &local->address) &&
		    address_equal(&socket->peer.address, &peer->address))
			return socket;
	}
	return NULL;
}

bool udp_hears_interface(const struct udp_socket *socket, const struct ip_packet *packet)
{
	int interface = socket->holder.interface;
	return interface == 0 || interface == packet->interface->index;
}

static struct udp_socket *find(const struct arrival *arrival)
{
	const struct udp *udp = arrival->udp;
	uint32_t hash = udp_tuple_hash(udp, &arrival->local, &arrival->peer);
	struct udp_socket *socket = find_connected(udp, &arrival->local, &arrival->peer, hash);
	if (socket && udp_hears_interface(socket, arrival->packet))
		return socket;
	struct port_holder *holder = ports_find_open(&udp->ports, &arrival->local,
						     arrival->packet->interface->index, hash);
	return holder ? CONTAINER_OF(holder, struct udp_socket, holder) : NULL;
}

bool udp_hears_group(const struct udp_socket *socket, const struct ip_packet *packet)
{
	return !address_is_multicast(&packet->destination) ||
	       udp_group_hears(socket, &packet->destination, &packet->source,
			       packet->interface->index);
}

static bool hears(const struct udp_socket *socket, const struct arrival *arrival)
{
	if (socket->connected && socket->peer.port != arrival->peer.port)
		return false;
	return udp_hears_address(socket, &arrival->local.address, &arrival->peer.address) &&
	       udp_hears_interface(socket, arrival->packet) &&
	       udp_hears_group(socket, arrival->packet);
}

/* Delivered is what anybody got. */
static void queue_to_all(const struct list *holders, const struct arrival *arrival,
			 enum verdict *verdict)
{
	LIST_EACH (node, holders) {
		struct port_holder *holder = CONTAINER_OF(node, struct port_holder, link);
		struct udp_socket *socket = CONTAINER_OF(holder, struct udp_socket, holder);
		if (!hears(socket, arrival))
			continue;
		enum verdict queued = queue(socket, arrival);
		if (*verdict != DELIVERED)
			*verdict = queued;
	}
}

static enum verdict deliver_to_many(const struct arrival *arrival)
{
	const struct port *port = ports_find(&arrival->udp->ports, arrival->local.port);
	enum verdict verdict = DROP_NO_SOCKET;

	if (port) {
		queue_to_all(&port->bound, arrival, &verdict);
		queue_to_all(&port->used, arrival, &verdict);
	}
	return verdict;
}

/* Trims padding, and tells how much of the datagram is covered by its checksum. */
static enum verdict judge(const struct udp *udp, const struct ip_packet *packet,
			  struct udp_header *header, uint32_t *covered)
{
	if (udp->lite)
		return udp_lite_judge(packet, header, covered);
	if (!udp_parse(frame_head(packet->frame), frame_size(packet->frame), header))
		return DROP_MALFORMED;
	frame_trim(packet->frame, header->size);
	*covered = header->size;
	return checksum_holds(packet, header) ? DELIVERED : DROP_CHECKSUM;
}

enum verdict udp_input(void *context, const struct ip_packet *packet)
{
	struct udp *udp = context;
	struct udp_header header;
	uint32_t covered;

	enum verdict verdict = judge(udp, packet, &header, &covered);
	if (verdict != DELIVERED)
		return verdict;

	struct arrival arrival = {
		.udp = udp,
		.packet = packet,
		.local = { packet->destination, header.destination_port },
		.peer = { packet->source, header.source_port },
		.covered = covered,
	};
	if (packet->to_group && !ip_is_own(udp->ip, &packet->destination))
		return deliver_to_many(&arrival);
	struct udp_socket *socket = find(&arrival);
	if (!socket) {
		icmp_unreachable(udp->ip, packet, ICMP_PORT_UNREACHABLE);
		return DROP_NO_SOCKET;
	}
	return queue(socket, &arrival);
}

bool udp_keeps(const struct udp_socket *socket, const struct ip_error *error)
{
	return address_is_v4(&error->destination) ? socket->settings.keep_failures
						  : socket->settings.keep_failures6;
}

/* Linux tells a connected socket what it calls fatal in its icmp_err_convert and icmpv6_err_convert; the rest only with IP_RECVERR. What a
 * neighbour's silence comes to (host unreachable) is not. */
static bool is_told(const struct ip_error *error)
{
	static const bool fatal[] = {
		[ICMP_PROTOCOL_UNREACHABLE] = true,
		[ICMP_PORT_UNREACHABLE] = true,
		[ICMP_FRAGMENTATION_NEEDED] = true,
		[6] = true,  /* network unknown */
		[7] = true,  /* host unknown */
		[8] = true,  /* source host isolated */
		[9] = true,  /* network prohibited */
		[10] = true, /* host prohibited */
		[13] = true, /* communication prohibited */
		[14] = true, /* host precedence violation */
		[15] = true, /* precedence cutoff */
	};

	if (!address_is_v4(&error->destination))
		return error->hard;
	if (error->type == ICMP_UNREACHABLE)
		return error->code < sizeof fatal && fatal[error->code];
	return error->type == ICMP_PARAMETER_PROBLEM;
}

/* Whose datagram it was. An unconnected socket is told only where it wants to know. */
void udp_error(void *context, const struct ip_error *error)
{
	struct udp *udp = context;
	struct endpoint local = { error->source, get16(error->transport.at) };
	struct endpoint peer = { error->destination, get16(error->transport.at + 2) };
	uint32_t hash = udp_tuple_hash(udp, &local, &peer);
	struct udp_socket *connected = find_connected(udp, &local, &peer, hash);
	struct port_holder *holder =
		connected ? &connected->holder : ports_find_open(&udp->ports, &local, 0, hash);
	if (!holder)
		return;

	struct udp_socket *socket = CONTAINER_OF(holder, struct udp_socket, holder);
	if (connected || udp_keeps(socket, error))
		udp_take_error(socket, error, UDP_HEADER_SIZE);
	else if (error->mtu)
		ip_path_narrowed(udp->ip, error);
}

void udp_take_error(struct udp_socket *socket, const struct ip_error *error, uint32_t header_size)
{
	if (!is_told(error) && !udp_keeps(socket, error))
		return;
	if (error->error == EMSGSIZE) {
		ip_path_narrowed(socket->udp->ip, error);
		if (socket->settings.discovery == IP_PMTUDISC_DONT)
			return;
		if (error->mtu < socket->path_mtu)
			socket->path_mtu = error->mtu;
	}
	if (udp_keeps(socket, error))
		udp_failure_keep(socket, error, header_size);
	socket->error = error->error;
	socket->udp->config.wake(socket->udp->config.context, socket->owner);
}
