#include "transport/outgoing.h"

#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/udp.h"

#include <errno.h>

enum {
	/* Below it the payload lies in the frame itself, beside its headers. */
	IN_HEAD_MOST = FRAME_HEAD_ROOM - 14 - IPV4_HEADER_MOST - UDP_HEADER_SIZE,
};

void outgoing_gather(uint8_t *to, const struct udp_outgoing *outgoing)
{
	for (size_t index = 0; index < outgoing->piece_count; index++) {
		const struct iovec *piece = &outgoing->pieces[index];
		if (piece->iov_len > 0)
			memcpy(to, piece->iov_base, piece->iov_len);
		to += piece->iov_len;
	}
}

struct frame *outgoing_frame(struct pool *pool, const struct udp_outgoing *outgoing)
{
	uint32_t size = (uint32_t)outgoing->size;
	struct frame *frame = frame_new(pool);
	if (!frame)
		return NULL;
	if (size <= IN_HEAD_MOST) {
		outgoing_gather(frame_push(frame, size), outgoing);
		return frame;
	}

	struct block *block = block_new(pool, size);
	if (!block) {
		frame_free(frame);
		return NULL;
	}
	outgoing_gather(block->bytes, outgoing);
	block->used = size;
	frame->slices[0] = (struct slice){ block, block->bytes, size };
	frame->slice_count = 1;
	frame->payload_size = size;
	return frame;
}

static bool is_multicast(const struct outgoing_way *way)
{
	return address_is_multicast(&way->peer.address);
}

static const struct udp_group_settings *group_settings(const struct udp_socket *socket,
						       const struct outgoing_way *way)
{
	return udp_group_settings(&socket->settings, &way->peer.address);
}

int outgoing_find_way(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		      struct outgoing_way *way)
{
	struct ip *ip = socket->udp->ip;
	struct ip_path path;

	if (!outgoing->peer && !socket->connected)
		return -EDESTADDRREQ;
	way->peer = outgoing->peer ? *outgoing->peer : socket->peer;
	way->source = outgoing->source ? *outgoing->source : socket->source;
	way->known = !outgoing->peer && !outgoing->source && outgoing->interface == 0;
	if (way->known) {
		way->interface = socket->holder.interface;
		if (is_multicast(way) && way->interface == 0)
			way->interface = group_settings(socket, way)->interface;
		way->mtu = socket->path_mtu;
		return 0;
	}
	int result =
		udp_find_path(socket, outgoing->interface, &way->source, &way->peer.address, &path);
	if (result < 0)
		return result;
	if (address_is_any(&way->peer.address)) /* this host itself */
		way->peer.address = path.source;
	if (outgoing->interface && path.interface->index != outgoing->interface &&
	    !ip_is_own(ip, &way->peer.address))
		return -ENETUNREACH;
	if (!socket->settings.broadcast && ip_is_broadcast(ip, &way->peer.address))
		return -EACCES;
	way->source = path.source;
	way->interface = path.interface->index;
	way->mtu = path.mtu;
	return 0;
}

static uint32_t header_size(const struct outgoing_way *way)
{
	return address_is_v4(&way->peer.address) ? IPV4_HEADER_SIZE : IPV6_HEADER_SIZE;
}

/* IP_MTU_DISCOVER. Where nobody would remember what a router says, WANT leaves it to routers to cut. */
static bool may_not_be_cut(const struct udp_socket *socket, const struct outgoing_way *way,
			   size_t size)
{
	bool v4 = address_is_v4(&way->peer.address);

	if (!v4 && socket->settings.dont_fragment6)
		return true;
	switch (v4 ? socket->settings.discovery : socket->settings.discovery6) {
	case IP_PMTUDISC_DO:
	case IP_PMTUDISC_PROBE:
		return true;
	case IP_PMTUDISC_WANT:
		return way->known && header_size(way) + size <= way->mtu;
	default:
		return false;
	}
}

static uint8_t choose_ttl(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
			  const struct outgoing_way *way)
{
	if (outgoing->ttl)
		return outgoing->ttl;
	if (is_multicast(way))
		return group_settings(socket, way)->ttl;
	return address_is_v4(&way->peer.address) ? socket->settings.ttl
						 : socket->settings.ipv6.hop_limit;
}

static uint8_t choose_tos(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
			  const struct outgoing_way *way)
{
	if (outgoing->has_tos)
		return outgoing->tos;
	return address_is_v4(&way->peer.address) ? socket->settings.tos
						 : socket->settings.ipv6.traffic_class;
}

/* What became of it, as sendmsg(2) tells: what is lost behind the socket is not the sender's to know. */
int outgoing_result(enum verdict verdict)
{
	switch (verdict) {
	case DROP_NO_ROUTE:
		return -ENETUNREACH;
	case DROP_BAD_SOURCE:
		return -EINVAL;
	case DROP_TOO_BIG:
		return -EMSGSIZE;
	case DROP_MEMORY:
		return -ENOBUFS;
	default:
		return 0;
	}
}

int outgoing_emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		  const struct outgoing_way *way, uint8_t protocol, struct frame *frame)
{
	uint8_t ttl = choose_ttl(socket, outgoing, way);
	struct ip_send send = {
		.source = way->source,
		.destination = way->peer.address,
		.protocol = protocol,
		.ttl = ttl,
		.tos = choose_tos(socket, outgoing, way),
		.interface = way->interface,
		.not_to_self = group_settings(socket, way)->not_to_own_host,
		.only_to_self = is_multicast(way) && ttl == 0,
		.dont_fragment = may_not_be_cut(socket, way, frame_size(frame)),
	};
	return outgoing_result(ip_output(socket->udp->ip, &send, frame));
}

static bool refuses_to_cut(const struct udp_socket *socket, const struct outgoing_way *way)
{
	const struct udp_settings *settings = &socket->settings;

	if (address_is_v4(&way->peer.address))
		return settings->discovery == IP_PMTUDISC_DO;
	return settings->dont_fragment6 || settings->discovery6 == IP_PMTUDISC_DO;
}

bool outgoing_is_too_big(const struct udp_socket *socket, const struct outgoing_way *way,
			 size_t size)
{
	uint32_t header = header_size(way);
	uint32_t counted = header == IPV4_HEADER_SIZE ? header : 0;

	return counted + size > UINT16_MAX ||
	       (refuses_to_cut(socket, way) && header + size > way->mtu);
}

bool outgoing_fits_way(const struct outgoing_way *way, size_t size)
{
	return header_size(way) + size <= way->mtu;
}

int outgoing_refusal(struct udp_socket *socket)
{
	int error = socket->error;

	socket->error = 0;
	if (error)
		return -error;
	return socket->send_shut ? -EPIPE : 0;
}
