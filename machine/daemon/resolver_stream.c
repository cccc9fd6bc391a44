#include "daemon/resolver_stream.h"

#include "daemon/host.h"
#include "daemon/link.h"
#include "daemon/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	LENGTH_SIZE = 2,   /* in front of each message (RFC 1035, 4.2.2) */
	QUERY_MOST = 4096, /* eight times what a question with all its options takes */
};

struct resolver_stream {
	size_t size; /* of what has come */
	uint8_t bytes[LENGTH_SIZE + QUERY_MOST];
};

/* The guest sees the stream's end, or EPIPE; the last close is heard of by the watch. */
static void hang_up(struct carrier *carrier)
{
	close(carrier->end);
	carrier->end = -1;
}

/* A guest that does not read its answers gets no more of them. */
static bool answer(struct carrier *carrier, const uint8_t *query, size_t size)
{
	uint8_t message[LENGTH_SIZE + RESOLVER_ANSWER_MOST];
	const size_t answer_size =
		resolver_answer(carrier->host->daemon, query, size, message + LENGTH_SIZE);
	const size_t whole = LENGTH_SIZE + answer_size;

	if (answer_size == 0)
		return false;
	message[0] = (uint8_t)(answer_size >> 8);
	message[1] = (uint8_t)answer_size;
	return send(carrier->end, message, whole, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)whole;
}

/* Every query that is whole. False: what comes is none, or will not fit. */
static bool answer_all(struct carrier *carrier)
{
	struct resolver_stream *stream = carrier->resolver_stream;
	size_t at = 0;

	while (stream->size - at >= LENGTH_SIZE) {
		const uint8_t *query = stream->bytes + at;
		const size_t size = (size_t)query[0] << 8 | query[1];
		if (size > QUERY_MOST)
			return false;
		if (stream->size - at < LENGTH_SIZE + size)
			break;
		if (!answer(carrier, query + LENGTH_SIZE, size))
			return false;
		at += LENGTH_SIZE + size;
	}
	stream->size -= at;
	memmove(stream->bytes, stream->bytes + at, stream->size);
	return true;
}

static void end_ready(struct source *source, uint32_t events)
{
	struct carrier *carrier = (struct carrier *)source;
	struct resolver_stream *stream = carrier->resolver_stream;
	(void)events;

	if (carrier->end < 0)
		return;
	const ssize_t size = recv(carrier->end, stream->bytes + stream->size,
				  sizeof stream->bytes - stream->size, MSG_DONTWAIT);
	if (size < 0 && errno == EAGAIN)
		return;
	if (size > 0)
		stream->size += (size_t)size;
	if (size <= 0 || !answer_all(carrier))
		hang_up(carrier);
}

/* It has an own address, as any connected socket. */
static void name(struct carrier *carrier, const void *address, socklen_t size)
{
	carrier->goal = (struct sockaddr_storage){ 0 };
	memcpy(&carrier->goal, address, size < sizeof carrier->goal ? size : sizeof carrier->goal);
	const struct sockaddr_storage own = host_own_address(carrier->host, &carrier->goal);
	berth_bind(carrier->host->stack, carrier->descriptor, (const struct sockaddr *)&own,
		   host_address_size(&own));
}

int resolver_stream_begin(struct carrier *carrier, const void *address, socklen_t size,
			  int duplicate)
{
	struct daemon *daemon = carrier->host->daemon;

	carrier->resolver_stream = calloc(1, sizeof *carrier->resolver_stream);
	if (!carrier->resolver_stream)
		return -ENOBUFS;
	const int end = link_carrier(daemon, duplicate);
	carrier->source.ready = end_ready;
	if (end < 0 || loop_add(&daemon->loop, end, &carrier->source, EPOLLIN) < 0) {
		if (end >= 0)
			close(end);
		resolver_stream_end(carrier);
		return -ENOBUFS;
	}
	carrier->end = end;
	carrier->state = CARRIER_RESOLVING;
	name(carrier, address, size);
	return 0;
}

void resolver_stream_end(struct carrier *carrier)
{
	free(carrier->resolver_stream);
	carrier->resolver_stream = NULL;
}
