/* What a socket with IP_RECVERR keeps of the errors it is told, until MSG_ERRQUEUE asks (ip(7)). */
#include "transport/udp.h"

void udp_failure_keep(struct udp_socket *socket, const struct ip_error *error, uint32_t header_size)
{
	struct block *self = socket->failure_count < UDP_FAILURES_MOST
				     ? block_new(socket->udp->pool, sizeof(struct udp_failure))
				     : NULL;
	if (!self)
		return; /* the error itself is told all the same */

	struct udp_failure *failure = (struct udp_failure *)(void *)self->bytes;
	struct bytes lost = bytes_after(error->transport, header_size);
	uint16_t port = header_size > 0 ? get16(error->transport.at + 2) : 0;
	*failure = (struct udp_failure){
		.self = self,
		.error = error->error,
		.type = error->type,
		.code = error->code,
		.mtu = error->mtu,
		.offender = error->offender,
		.peer = { error->destination, port },
		.size = (uint32_t)(lost.size < UDP_QUOTE_MOST ? lost.size : UDP_QUOTE_MOST),
	};
	list_init(&failure->link);
	if (failure->size > 0)
		memcpy(failure->bytes, lost.at, failure->size);
	list_append(&socket->failures, &failure->link);
	socket->failure_count++;
}

const struct udp_failure *udp_failure_first(const struct udp_socket *socket)
{
	if (list_is_empty(&socket->failures))
		return NULL;
	return CONTAINER_OF(socket->failures.next, struct udp_failure, link);
}

/* Linux's sock_dequeue_err_skb: with the record goes the error, and the next one's takes its place. */
void udp_failure_drop_first(struct udp_socket *socket)
{
	struct udp_failure *failure =
		CONTAINER_OF(list_take_first(&socket->failures), struct udp_failure, link);

	socket->failure_count--;
	block_release(failure->self);
	const struct udp_failure *next = udp_failure_first(socket);
	socket->error = next ? next->error : 0;
}

void udp_failures_clear(struct udp_socket *socket)
{
	int error = socket->error;

	while (!list_is_empty(&socket->failures))
		udp_failure_drop_first(socket);
	socket->error = error;
}
