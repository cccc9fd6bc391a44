/* The table of descriptors, and the list of sockets with an event. */
#include "base/assert.h"
#include "socket/socket.h"

#include <errno.h>

enum { FIRST_ROOM = 16 };

void sockets_init(struct sockets *sockets, const struct berth_allocator *allocator,
		  struct pool *pool, struct tcp *tcp, struct udp *udp)
{
	sockets->allocator = allocator;
	sockets->pool = pool;
	sockets->tcp = tcp;
	sockets->udp = udp;
	sockets->send_most = sockets->receive_most = UDP_BUFFER_DEFAULT;
	sockets->send_first = sockets->receive_first = UDP_BUFFER_DEFAULT;
	list_init(&sockets->ready);
}

void sockets_close(struct sockets *sockets)
{
	for (uint32_t index = 0; index < sockets->room; index++) {
		if (sockets->slots[index].socket)
			socket_free(sockets->slots[index].socket);
	}
	memory_give(sockets->allocator, sockets->slots, sockets->room * sizeof *sockets->slots);
}

struct socket *socket_find(struct sockets *sockets, int descriptor)
{
	if (descriptor < 0 || (uint32_t)descriptor >= sockets->room)
		return NULL;
	return sockets->slots[descriptor].socket;
}

static int grow(struct sockets *sockets)
{
	uint32_t room = sockets->room ? sockets->room * 2 : FIRST_ROOM;
	if (room > sockets->most)
		room = sockets->most;
	if (room == sockets->room)
		return -EMFILE;

	struct socket_slot *slots = memory_take_raw(sockets->allocator, room * sizeof *slots);
	if (!slots)
		return -ENOBUFS;
	if (sockets->room)
		memcpy(slots, sockets->slots, sockets->room * sizeof *slots);
	for (uint32_t index = sockets->room; index < room; index++)
		slots[index] = (struct socket_slot){ .next_free = index + 1 };
	memory_give(sockets->allocator, sockets->slots, sockets->room * sizeof *slots);
	sockets->slots = slots;
	sockets->first_free = sockets->room;
	sockets->room = room;
	return 0;
}

struct socket *stream_find(struct sockets *sockets, int descriptor, int *error)
{
	struct socket *socket = socket_find(sockets, descriptor);

	*error = !socket ? -EBADF : socket->kind != &stream_kind ? -EOPNOTSUPP : 0;
	return *error ? NULL : socket;
}

struct socket *socket_new(struct sockets *sockets, const struct socket_kind *kind, int domain,
			  int *error)
{
	if (sockets->first_free == sockets->room) {
		*error = grow(sockets);
		if (*error < 0)
			return NULL;
	}
	struct socket *socket = memory_take(sockets->allocator, sizeof *socket);
	if (!socket) {
		*error = -ENOBUFS;
		return NULL;
	}
	struct socket_slot *slot = &sockets->slots[sockets->first_free];
	socket->home = sockets;
	socket->descriptor = (int)sockets->first_free;
	socket->kind = kind;
	socket->protocol = kind->protocol;
	socket->domain = domain;
	list_init(&socket->ready);
	sockets->first_free = slot->next_free;
	slot->socket = socket;
	return socket;
}

void socket_free(struct socket *socket)
{
	struct sockets *sockets = socket->home;
	struct socket_slot *slot = &sockets->slots[socket->descriptor];

	list_remove(&socket->ready);
	if (socket->reserved)
		block_release(socket->reserved);
	slot->socket = NULL;
	slot->next_free = sockets->first_free;
	sockets->first_free = (uint32_t)socket->descriptor;
	memory_give(sockets->allocator, socket, sizeof *socket);
}

void socket_wake(void *context, void *owner)
{
	struct sockets *sockets = context;
	struct socket *socket = owner;

	if (!list_is_empty(&socket->ready))
		return;
	if (list_is_empty(&sockets->ready))
		sockets->woken(sockets->context);
	list_append(&sockets->ready, &socket->ready);
}
