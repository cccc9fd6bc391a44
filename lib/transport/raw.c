/* Raw sockets, from open to close; and what they send. What arrives is raw_input.c. */
#include "transport/raw.h"

#include "transport/outgoing.h"
#include "transport/raw_input.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <errno.h>
#include <netinet/in.h>

bool raw_init(struct raw *raw, struct ip *ip, const uint8_t seed[16],
	      const struct udp_config *config)
{
	if (!udp_begin(&raw->sockets, ip, seed, config))
		return false;
	ip->raw = (struct ip_protocol){ raw_input, raw_error, raw };
	return true;
}

void raw_close_all(struct raw *raw)
{
	struct list *all = &raw->sockets.all;

	while (!list_is_empty(all))
		raw_close(CONTAINER_OF(all->next, struct raw_socket, common.link));
	udp_close_all(&raw->sockets);
}

struct raw_socket *raw_open(struct raw *raw, uint8_t protocol, void *owner)
{
	struct raw_socket *socket = memory_take(raw->sockets.allocator, sizeof *socket);
	if (!socket)
		return NULL;
	udp_socket_init(&socket->common, &raw->sockets, owner);
	socket->common.holder.local.port = protocol;
	socket->protocol = protocol;
	socket->header_included = protocol == IPPROTO_RAW;
	socket->checksum_at = -1;
	return socket;
}

void raw_turn_v6(struct raw_socket *socket)
{
	udp_turn_v6(&socket->common);
	if (socket->protocol == PROTOCOL_ICMP6)
		socket->checksum_at = ICMP6_CHECKSUM_AT;
}

void raw_close(struct raw_socket *socket)
{
	struct udp_socket *common = &socket->common;

	udp_groups_leave(common);
	while (!list_is_empty(&common->received))
		udp_drop_first(common);
	udp_failures_clear(common);
	filter_close(&common->filter, common->udp->allocator);
	list_remove(&common->link);
	memory_give(common->udp->allocator, socket, sizeof *socket);
}

int raw_bind(struct raw_socket *socket, const struct address *local)
{
	struct udp_socket *common = &socket->common;
	const struct ip *ip = common->udp->ip;
	bool for_many = udp_is_for_many(ip, local);

	if (common->connected)
		return -EINVAL;
	if (!address_is_any(local) && !ip_is_own(ip, local) && !for_many)
		return -EADDRNOTAVAIL;
	common->asked = common->holder.local.address = *local;
	common->source = for_many ? common->holder.unbound : *local;
	return 0;
}

int raw_connect(struct raw_socket *socket, const struct endpoint *peer)
{
	struct udp_socket *common = &socket->common;
	struct ip *ip = common->udp->ip;
	struct ip_path path;

	int result = udp_find_path(common, 0, &common->source, &peer->address, &path);
	if (result < 0)
		return result;
	if (!common->settings.broadcast && ip_is_broadcast(ip, &peer->address))
		return -EACCES;
	common->peer = *peer;
	if (address_is_any(&peer->address)) /* this host itself */
		common->peer.address = path.source;
	common->source = path.source;
	common->path_mtu = path.mtu;
	common->connected = true;
	if (address_is_any(&common->holder.local.address))
		common->holder.local.address = path.source;
	return 0;
}

void raw_disconnect(struct raw_socket *socket)
{
	struct udp_socket *common = &socket->common;

	common->connected = false;
	common->peer = (struct endpoint){ .address = common->holder.unbound };
	common->holder.local.address = common->asked;
	common->source = udp_is_for_many(common->udp->ip, &common->asked) ? common->holder.unbound
									  : common->asked;
}

static bool is_v6(const struct raw_socket *socket)
{
	return !address_is_v4(&socket->common.holder.unbound);
}

/* Linux fills in what the sender may leave 0 (source, identification), and the total size and checksum always. */
static bool complete_header(struct ip *ip, struct frame *packet, const struct address *source)
{
	uint8_t *header = packet->head;
	struct ipv4_header ipv4;

	if (packet->head_size < IPV4_HEADER_SIZE)
		return false;
	put16(header + 2, (uint16_t)packet->head_size);
	if (get32(header + 12) == 0)
		put32(header + 12, address_to_v4(source));
	if (get16(header + 4) == 0)
		put16(header + 4, (uint16_t)random_next(&ip->random));
	put16(header + 10, 0);
	if (!ipv4_parse(frame_head(packet), packet->head_size, &ipv4))
		return false;
	struct checksum checksum = { 0 };
	checksum_add(&checksum, (struct bytes){ header, ipv4.header_size });
	put16(header + 10, checksum_finish(&checksum));
	return true;
}

static int emit_with_header(const struct raw_socket *socket, const struct udp_outgoing *outgoing,
			    const struct outgoing_way *way)
{
	struct ip *ip = socket->common.udp->ip;

	if (outgoing->size > way->mtu)
		return -EMSGSIZE;
	struct frame *packet = frame_with_room(ip->pool, (uint32_t)outgoing->size);
	if (!packet)
		return -ENOBUFS;
	outgoing_gather(packet->head, outgoing);
	struct ipv6_header ipv6;
	bool holds = is_v6(socket) ? ipv6_parse(frame_head(packet), packet->head_size, &ipv6)
				   : complete_header(ip, packet, &way->source);
	if (!holds) {
		frame_free(packet);
		return -EINVAL;
	}
	return outgoing_result(ip_output_written(ip, &way->peer.address, packet));
}

/* RFC 3542, 3.1: in one piece, with the checksum in its place. */
static struct frame *summed_frame(const struct raw_socket *socket,
				  const struct udp_outgoing *outgoing,
				  const struct outgoing_way *way)
{
	uint32_t size = (uint32_t)outgoing->size;
	struct frame *frame = frame_with_room(socket->common.udp->pool, size);
	if (!frame)
		return NULL;

	struct checksum checksum = { 0 };
	uint8_t *place = frame->head + socket->checksum_at;
	outgoing_gather(frame->head, outgoing);
	put16(place, 0);
	checksum_add_pseudo(&checksum, &way->source, &way->peer.address, socket->protocol, size);
	checksum_add(&checksum, (struct bytes){ frame->head, size });
	uint16_t sum = checksum_finish(&checksum);
	put16(place, sum ? sum : UINT16_MAX);
	return frame;
}

static int emit(const struct raw_socket *socket, const struct udp_outgoing *outgoing,
		const struct outgoing_way *way)
{
	const struct udp_socket *common = &socket->common;
	bool summed = is_v6(socket) && socket->checksum_at >= 0;

	if (outgoing_is_too_big(common, way, outgoing->size))
		return -EMSGSIZE;
	if (summed && (size_t)socket->checksum_at + 2 > outgoing->size)
		return -EINVAL;
	struct frame *frame = summed ? summed_frame(socket, outgoing, way)
				     : outgoing_frame(common->udp->pool, outgoing);
	if (!frame)
		return -ENOBUFS;
	return outgoing_emit(common, outgoing, way, socket->protocol, frame);
}

int raw_send(struct raw_socket *socket, const struct udp_outgoing *outgoing)
{
	struct outgoing_way way;

	if (outgoing->size > UINT16_MAX)
		return -EMSGSIZE;
	int result = outgoing_find_way(&socket->common, outgoing, &way);
	if (result == 0 && address_is_v4(&way.peer.address) == is_v6(socket))
		result = -EINVAL; /* a mapped address: Linux's rawv6_sendmsg */
	if (result == 0)
		result = outgoing_refusal(&socket->common);
	if (result < 0)
		return result;
	return socket->header_included ? emit_with_header(socket, outgoing, &way)
				       : emit(socket, outgoing, &way);
}
