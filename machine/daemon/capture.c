#include "daemon/capture.h"

#include "daemon/calls.h"
#include "daemon/host.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	PIECE_SIZE = 256 * 1024,
	SIZE_MOST = 64 << 20,
	HOSTS_MOST = 256, /* that can be named in one question */
};

struct piece {
	TAILQ_ENTRY(piece) link;
	size_t begin, end;
	uint8_t data[PIECE_SIZE];
};

struct capture {
	struct source source; /* first: loop_bury */
	TAILQ_ENTRY(capture) link;
	struct daemon *daemon;
	struct berth_capture *capture; /* NULL: stopped, and what is left is being sent */
	int descriptor;
	TAILQ_HEAD(piece_list, piece) pieces;
	size_t size;
	bool full; /* the other end's buffer is: an edge will tell */
};

static struct piece *piece_with_room(struct capture *capture)
{
	struct piece *last = TAILQ_LAST(&capture->pieces, piece_list);
	if (last && last->end < PIECE_SIZE)
		return last;

	struct piece *piece = malloc(sizeof *piece);
	if (!piece)
		return NULL;
	piece->begin = piece->end = 0;
	TAILQ_INSERT_TAIL(&capture->pieces, piece, link);
	return piece;
}

/* Whole or not at all: the room for it is made first. */
static bool make_room(struct capture *capture, size_t size)
{
	const struct piece *last = piece_with_room(capture);
	if (!last)
		return false;
	if (size <= PIECE_SIZE - last->end)
		return true;

	struct piece *next = malloc(sizeof *next);
	if (!next)
		return false;
	next->begin = next->end = 0;
	TAILQ_INSERT_TAIL(&capture->pieces, next, link);
	return true;
}

static void fill(struct piece *piece, const uint8_t **data, size_t *size)
{
	size_t part = PIECE_SIZE - piece->end;
	if (part > *size)
		part = *size;
	memcpy(piece->data + piece->end, *data, part);
	piece->end += part;
	*data += part;
	*size -= part;
}

/* The LAN's: a packet's block, at most 256 KiB and a little. */
static int take(void *context, const void *data, size_t size)
{
	struct capture *capture = context;
	const uint8_t *rest = data;

	if (capture->size + size > SIZE_MOST || size > PIECE_SIZE || !make_room(capture, size))
		return -ENOBUFS;
	capture->size += size;
	struct piece *piece;
	TAILQ_FOREACH(piece, &capture->pieces, link)
	if (piece->end < PIECE_SIZE && size > 0)
		fill(piece, &rest, &size);
	return 0;
}

static void drop_first(struct capture *capture)
{
	struct piece *first = TAILQ_FIRST(&capture->pieces);

	TAILQ_REMOVE(&capture->pieces, first, link);
	free(first);
}

static void capture_free(struct capture *capture)
{
	struct daemon *daemon = capture->daemon;

	while (!TAILQ_EMPTY(&capture->pieces))
		drop_first(capture);
	TAILQ_REMOVE(&daemon->captures, capture, link);
	loop_remove(&daemon->loop,
		    capture->descriptor); /* the command may still have it open too */
	close(capture->descriptor);
	loop_bury(&daemon->loop, &capture->source);
}

static void stop(struct capture *capture)
{
	struct berth_capture *running = capture->capture;

	capture->capture = NULL;
	if (running)
		berth_capture_stop(running);
}

/* False: the other end takes no more, now or for ever. */
static bool send_first(struct capture *capture)
{
	struct piece *first = TAILQ_FIRST(&capture->pieces);
	ssize_t sent = send(capture->descriptor, first->data + first->begin,
			    first->end - first->begin, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return false;
	first->begin += (size_t)sent;
	capture->size -= (size_t)sent;
	if (first->begin == first->end)
		drop_first(capture);
	return true;
}

/* A capture that was stopped ends when all of it is sent; one whose other end is gone, at once. */
static void flush(struct capture *capture)
{
	while (!TAILQ_EMPTY(&capture->pieces) && !capture->full) {
		if (send_first(capture))
			continue;
		if (errno != EAGAIN && errno != ENOBUFS) {
			stop(capture);
			capture_free(capture);
			return;
		}
		capture->full = true;
	}
	if (!capture->capture && TAILQ_EMPTY(&capture->pieces))
		capture_free(capture);
}

void captures_flush(struct daemon *daemon)
{
	struct capture *next;

	for (struct capture *capture = TAILQ_FIRST(&daemon->captures); capture; capture = next) {
		next = TAILQ_NEXT(capture, link);
		flush(capture);
	}
}

/* The command shuts its half down when it has seen enough, and reads on to the end. */
static void capture_ready(struct source *source, uint32_t events)
{
	struct capture *capture = (struct capture *)source;

	if (events & EPOLLOUT)
		capture->full = false;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		stop(capture);
	flush(capture);
}

void captures_end(struct daemon *daemon)
{
	while (!TAILQ_EMPTY(&daemon->captures)) {
		struct capture *capture = TAILQ_FIRST(&daemon->captures);
		stop(capture);
		while (!TAILQ_EMPTY(&capture->pieces) && send_first(capture))
			continue;
		capture_free(capture);
	}
}

/* What to add to CLOCK_MONOTONIC to have the time of day. */
static uint64_t epoch(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec - loop_clock();
}

static int start(struct call *call, struct berth_host *const *hosts, int count)
{
	struct daemon *daemon = call->session->daemon;
	struct capture *capture = calloc(1, sizeof *capture);
	if (!capture)
		return -ENOMEM;

	capture->source.ready = capture_ready;
	capture->daemon = daemon;
	capture->descriptor = call->descriptor;
	TAILQ_INIT(&capture->pieces);
	const struct berth_capture_config config = {
		.write = take,
		.context = capture,
		.epoch = epoch(),
		.hosts = count > 0 ? hosts : NULL,
		.host_count = count,
	};
	capture->capture = berth_capture_start(daemon->lan, &config);
	TAILQ_INSERT_TAIL(&daemon->captures, capture, link);
	call->descriptor = -1;
	if (!capture->capture || loop_add(&daemon->loop, capture->descriptor, &capture->source,
					  EPOLLOUT | EPOLLRDHUP | EPOLLET) < 0) {
		stop(capture);
		capture_free(capture);
		return -ENOMEM;
	}
	return 0;
}

static void name_hosts(struct daemon *daemon, char *list, size_t size)
{
	const struct host *host;
	size_t used = 0;

	list[0] = '\0';
	TAILQ_FOREACH(host, &daemon->hosts, link)
	if (host->name[0] != '\0' && used < size) {
		int written = snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "",
				       host->name);
		used += written > 0 ? (size_t)written : 0;
	}
}

static int refuse_unknown(struct call *call, const char *name)
{
	char sentence[1024], list[512];

	name_hosts(call->session->daemon, list, sizeof list);
	snprintf(sentence, sizeof sentence, "no host named \"%.64s\" on LAN %s, which has: %s",
		 name ? name : "", call->session->daemon->name, list[0] != '\0' ? list : "none");
	return call_refuse(call, -ENOENT, sentence);
}

static int find_and_start(struct call *call, const json_t *names)
{
	struct berth_host *hosts[HOSTS_MOST];
	size_t count = json_array_size(names);

	if (count > HOSTS_MOST)
		return call_refuse(call, -E2BIG, "name at most 256 hosts, or none for all");
	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		struct host *host = name ? host_find(call->session->daemon, name) : NULL;
		if (!host)
			return refuse_unknown(call, name);
		hosts[i] = host->stack;
	}
	return start(call, hosts, (int)count);
}

int call_capture(struct call *call)
{
	call->session->onlooker = true;
	if (call->descriptor < 0)
		return call_refuse(call, -EINVAL, "a capture needs a descriptor to write to");
	json_t *wish =
		json_loadb((const char *)call->data, call->header->size, JSON_DECODE_ANY, NULL);
	int result = find_and_start(call, json_object_get(wish, "hosts"));
	json_decref(wish);
	return result;
}
