/* poll and epoll over libberth's sockets: what is ready is asked of it, what has happened it tells by events. Neither
 * waits. */
#include "conformance/player/library.h"

#include <errno.h>
#include <string.h>

void library_opened(struct library *library, int descriptor, bool nonblocking)
{
	if (descriptor < LIBRARY_DESCRIPTORS_MOST)
		library->descriptors[descriptor] =
			(struct library_descriptor){ .nonblocking = nonblocking };
}

/* Linux: what is closed is watched no more. */
void library_closed(struct library *library, int descriptor)
{
	for (int epoll = 0; epoll < LIBRARY_EPOLLS_MOST; epoll++) {
		for (int place = 0; place < LIBRARY_WATCHES_MOST; place++) {
			struct library_watch *watch = &library->epolls[epoll].watches[place];
			if (watch->descriptor == descriptor)
				watch->descriptor = -1;
		}
	}
}

void library_note_events(struct library *library)
{
	struct berth_event event;

	while (berth_events(library->host, &event, 1) > 0) {
		if (event.descriptor >= 0 && event.descriptor < LIBRARY_DESCRIPTORS_MOST)
			library->descriptors[event.descriptor].events++;
	}
}

/* The names that go with the others on Linux. */
static uint32_t ready_bits(struct library *library, int descriptor)
{
	int bits = berth_poll(library->host, descriptor);

	if (bits < 0)
		return POLLNVAL;
	uint32_t all = (uint32_t)bits;
	if (all & POLLIN)
		all |= POLLRDNORM;
	if (all & POLLOUT)
		all |= POLLWRNORM;
	return all;
}

int library_poll(struct stack *stack, struct pollfd *polled, int count, int milliseconds)
{
	int ready = 0;

	for (int index = 0; index < count; index++) {
		uint32_t bits = ready_bits(library_of(stack), polled[index].fd);
		uint32_t asked = (uint16_t)polled[index].events | POLLERR | POLLHUP | POLLNVAL;
		polled[index].revents = (short)(bits & asked);
		ready += polled[index].revents != 0;
	}
	return ready > 0 || milliseconds == 0 ? ready : -EAGAIN;
}

bool library_is_epoll(const struct library *library, int descriptor)
{
	int index = descriptor - LIBRARY_FIRST_EPOLL;
	return index >= 0 && index < LIBRARY_EPOLLS_MOST && library->epolls[index].open;
}

int library_epoll_create(struct stack *stack, int flags)
{
	struct library *library = library_of(stack);
	int index = 0;

	(void)flags;
	while (index < LIBRARY_EPOLLS_MOST && library->epolls[index].open)
		index++;
	if (index == LIBRARY_EPOLLS_MOST)
		return -EMFILE;
	library->epolls[index].open = true;
	for (int place = 0; place < LIBRARY_WATCHES_MOST; place++)
		library->epolls[index].watches[place].descriptor = -1;
	return LIBRARY_FIRST_EPOLL + index;
}

int library_epoll_close(struct library *library, int epoll)
{
	library->epolls[epoll - LIBRARY_FIRST_EPOLL].open = false;
	return 0;
}

static struct library_watch *find_watch(struct library_epoll *epoll, int descriptor)
{
	for (int place = 0; place < LIBRARY_WATCHES_MOST; place++) {
		if (epoll->watches[place].descriptor == descriptor)
			return &epoll->watches[place];
	}
	return NULL;
}

int library_epoll_ctl(struct stack *stack, int epoll, int operation, int descriptor,
		      struct epoll_event *event)
{
	struct library *library = library_of(stack);

	if (!library_is_epoll(library, epoll) || berth_poll(library->host, descriptor) < 0)
		return -EBADF;
	struct library_epoll *watching = &library->epolls[epoll - LIBRARY_FIRST_EPOLL];
	struct library_watch *watch = find_watch(watching, descriptor);
	if (operation == EPOLL_CTL_ADD) {
		if (watch)
			return -EEXIST;
		watch = find_watch(watching, -1);
		if (!watch)
			return -ENOSPC;
	}
	if (!watch)
		return -ENOENT;
	*watch = (struct library_watch){ .descriptor = -1 };
	if (operation == EPOLL_CTL_DEL)
		return 0;
	watch->descriptor = descriptor;
	watch->events_asked = event->events;
	watch->data = event->data;
	return 0;
}

/* An edge: something has happened since, and either more is ready than was told, or there is more to read. */
static bool has_edge(struct library *library, const struct library_watch *watch, uint32_t bits)
{
	if (!(watch->events_asked & EPOLLET) || !watch->has_told)
		return true;
	bool happened = library->descriptors[watch->descriptor].events != watch->seen;
	return happened && ((bits & ~watch->told) || bits & (EPOLLIN | EPOLLERR));
}

static uint32_t watch_ready(struct library *library, struct library_watch *watch)
{
	if (watch->descriptor < 0 || watch->disabled)
		return 0;
	uint32_t bits = ready_bits(library, watch->descriptor) &
			(watch->events_asked | EPOLLERR | EPOLLHUP);
	if (bits == 0) {
		watch->told = 0;
		return 0;
	}
	return has_edge(library, watch, bits) ? bits : 0;
}

static void note_told(struct library *library, struct library_watch *watch, uint32_t bits)
{
	watch->has_told = true;
	watch->told = bits;
	watch->seen = library->descriptors[watch->descriptor].events;
	watch->disabled = watch->events_asked & EPOLLONESHOT;
}

int library_epoll_wait(struct stack *stack, int epoll, struct epoll_event *events, int most,
		       int milliseconds)
{
	struct library *library = library_of(stack);
	int count = 0;

	if (!library_is_epoll(library, epoll))
		return -EBADF;
	if (most <= 0)
		return -EINVAL;
	library_note_events(library);
	struct library_epoll *watching = &library->epolls[epoll - LIBRARY_FIRST_EPOLL];
	for (int place = 0; place < LIBRARY_WATCHES_MOST && count < most; place++) {
		struct library_watch *watch = &watching->watches[place];
		uint32_t bits = watch_ready(library, watch);
		if (bits == 0)
			continue;
		events[count++] = (struct epoll_event){ .events = bits, .data = watch->data };
		note_told(library, watch, bits);
	}
	return count > 0 || milliseconds == 0 ? count : -EAGAIN;
}
