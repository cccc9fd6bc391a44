/* What UDP sends. */
#include "transport/udp.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>

enum {
	/* Below it the payload lies in the frame itself, beside its headers. */
	IN_HEAD_MOST = FRAME_HEAD_ROOM - 14 - IPV4_HEADER_MOST - UDP_HEADER_SIZE,
	HEADERS = IPV4_HEADER_SIZE + UDP_HEADER_SIZE,
};

static void gather(uint8_t *to, const struct udp_outgoing *outgoing)
{
	for (size_t index = 0; index < outgoing->piece_count; index++) {
		const struct iovec *piece = &outgoing->pieces[index];
		if (piece->iov_len > 0)
			memcpy(to, piece->iov_base, piece->iov_len);
		to += piece->iov_len;
	}
}

/* NULL: no memory. */
static struct frame *make_frame(struct pool *pool, const struct udp_outgoing *outgoing)
{
	uint32_t size = (uint32_t)outgoing->size;
	struct frame *frame = frame_new(pool);
	if (!frame)
		return NULL;
	if (size <= IN_HEAD_MOST) {
		gather(frame_push(frame, size), outgoing);
		return frame;
	}

	struct block *block = block_new(pool, size);
	if (!block) {
		frame_free(frame);
		return NULL;
	}
	gather(block->bytes, outgoing);
	block->used = size;
	frame->slices[0] = (struct slice){ block, block->bytes, size };
	frame->slice_count = 1;
	frame->payload_size = size;
	return frame;
}

/* Where a datagram goes, and what is known of the way. */
struct way {
	struct endpoint peer;
	struct address source;
	uint32_t mtu;
	bool known; /* what the way takes is remembered: it is a connected socket's */
};

/* 0; -EDESTADDRREQ; -EINVAL; -ENETUNREACH; -EACCES. */
static int find_way(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		    struct way *way)
{
	struct ip *ip = socket->udp->ip;
	struct ip_path path;

	if (!outgoing->peer && !socket->connected)
		return -EDESTADDRREQ;
	if (outgoing->peer && outgoing->peer->port == 0)
		return -EINVAL;
	way->peer = outgoing->peer ? *outgoing->peer : socket->peer;
	way->source = outgoing->source ? *outgoing->source : socket->source;
	way->known = !outgoing->peer && !outgoing->source && outgoing->interface == 0;
	if (way->known) {
		way->mtu = socket->path_mtu;
		return 0;
	}
	int result = ip_find_path(ip, &way->source, &way->peer.address, &path);
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
	way->mtu = path.mtu;
	return 0;
}

/* IP_MTU_DISCOVER. Where nobody would remember what a router says, WANT leaves it to routers to cut. */
static bool may_not_be_cut(const struct udp_socket *socket, const struct way *way, size_t size)
{
	switch (socket->settings.discovery) {
	case IP_PMTUDISC_DO:
	case IP_PMTUDISC_PROBE:
		return true;
	case IP_PMTUDISC_WANT:
		return way->known && HEADERS + size <= way->mtu;
	default:
		return false;
	}
}

/* RFC 1112, 6.1: what is sent to a group stays on the link unless asked otherwise. */
static uint8_t choose_ttl(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
			  const struct way *way)
{
	if (outgoing->ttl)
		return outgoing->ttl;
	if (v4_is_multicast(address_to_v4(&way->peer.address)))
		return 1;
	return socket->settings.ttl;
}

/* What became of it, as sendmsg(2) tells: what is lost behind the socket is not the sender's to know. */
static int result_of(enum verdict verdict)
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

static int emit(struct udp_socket *socket, const struct udp_outgoing *outgoing,
		const struct way *way)
{
	struct udp *udp = socket->udp;
	struct frame *frame = make_frame(udp->pool, outgoing);
	if (!frame)
		return -ENOBUFS;

	udp_write(frame_push(frame, UDP_HEADER_SIZE),
		  &(struct udp_header){ .source_port = socket->holder.local.port,
					.destination_port = way->peer.port,
					.size = (uint16_t)(UDP_HEADER_SIZE + outgoing->size) });
	frame->checksum_left_out = true;
	return result_of(
		ip_output(udp->ip,
			  &(struct ip_send){
				  .source = way->source,
				  .destination = way->peer.address,
				  .protocol = PROTOCOL_UDP,
				  .ttl = choose_ttl(socket, outgoing, way),
				  .tos = outgoing->has_tos ? outgoing->tos : socket->settings.tos,
				  .dont_fragment = may_not_be_cut(socket, way, outgoing->size),
			  },
			  frame));
}

/* In Linux's order: the port, the size, the way, then what is wrong with the socket. */
int udp_send(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	struct udp *udp = socket->udp;
	struct way way;

	if (socket->holder.local.port == 0 &&
	    ports_bind(&udp->ports, &socket->holder, &socket->holder.local) < 0)
		return -EAGAIN;
	if (outgoing->size > UINT16_MAX)
		return -EMSGSIZE;
	int result = find_way(socket, outgoing, &way);
	if (result < 0)
		return result;
	if (outgoing->confirm)
		ip_confirm(udp->ip, &way.peer.address);
	if (outgoing->size > UDP_PAYLOAD_MOST ||
	    (socket->settings.discovery == IP_PMTUDISC_DO && HEADERS + outgoing->size > way.mtu))
		return -EMSGSIZE;
	if (socket->error) {
		result = -socket->error;
		socket->error = 0;
		return result;
	}
	return socket->send_shut ? -EPIPE : emit(socket, outgoing, &way);
}
