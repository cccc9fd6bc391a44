/* What UDP sends. */
#include "transport/outgoing.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#include <errno.h>

static int emit(const struct udp_socket *socket, const struct udp_outgoing *outgoing,
		const struct outgoing_way *way)
{
	struct frame *frame = outgoing_frame(socket->udp->pool, outgoing);
	if (!frame)
		return -ENOBUFS;

	udp_write(frame_push(frame, UDP_HEADER_SIZE),
		  &(struct udp_header){ .source_port = socket->holder.local.port,
					.destination_port = way->peer.port,
					.size = (uint16_t)(UDP_HEADER_SIZE + outgoing->size) });
	frame->checksum_left_out = true;
	return outgoing_emit(socket, outgoing, way, PROTOCOL_UDP, frame);
}

/* In Linux's order: the port, the size, the way, then what is wrong with the socket. */
int udp_send(struct udp_socket *socket, const struct udp_outgoing *outgoing)
{
	struct udp *udp = socket->udp;
	struct outgoing_way way;

	if (socket->holder.local.port == 0 &&
	    ports_bind(&udp->ports, &socket->holder, &socket->holder.local) < 0)
		return -EAGAIN;
	if (outgoing->size > UINT16_MAX)
		return -EMSGSIZE;
	if (outgoing->peer && outgoing->peer->port == 0)
		return -EINVAL;
	int result = outgoing_find_way(socket, outgoing, &way);
	if (result < 0)
		return result;
	if (outgoing->confirm)
		ip_confirm(udp->ip, &way.peer.address);
	if (outgoing_is_too_big(socket, &way, UDP_HEADER_SIZE + outgoing->size))
		return -EMSGSIZE;
	result = outgoing_refusal(socket);
	return result < 0 ? result : emit(socket, outgoing, &way);
}
