#include "daemon/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_A_ROUND = 256 };

int loop_open(struct loop *loop)
{
	*loop = (struct loop){ .epoll = epoll_create1(EPOLL_CLOEXEC) };
	return loop->epoll < 0 ? -errno : 0;
}

void loop_close(struct loop *loop)
{
	loop_free_buried(loop);
	close(loop->epoll);
	loop->epoll = -1;
}

int loop_add(struct loop *loop, int descriptor, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

/* What is in epoll already takes no memory to change: nothing to fail. */
void loop_change(struct loop *loop, int descriptor, struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };
	epoll_ctl(loop->epoll, EPOLL_CTL_MOD, descriptor, &event);
}

void loop_remove(struct loop *loop, int descriptor)
{
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

void loop_bury(struct loop *loop, struct source *source)
{
	source->buried = true;
	source->next_buried = loop->buried;
	loop->buried = source;
}

void loop_free_buried(struct loop *loop)
{
	while (loop->buried) {
		struct source *source = loop->buried;
		loop->buried = source->next_buried;
		free(source);
	}
}

void loop_wait(struct loop *loop, uint64_t wait_ns)
{
	struct epoll_event events[EVENTS_A_ROUND];
	struct timespec limit = {
		.tv_sec = (time_t)(wait_ns / 1000000000),
		.tv_nsec = (long)(wait_ns % 1000000000),
	};

	int count = epoll_pwait2(loop->epoll, events, EVENTS_A_ROUND,
				 wait_ns == LOOP_NEVER ? NULL : &limit, NULL);
	if (count > 0 && loop->awake)
		loop->awake(loop->context);
	for (int i = 0; i < count; i++) {
		struct source *source = events[i].data.ptr;
		if (!source->buried)
			source->ready(source, events[i].events);
	}
}

uint64_t loop_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
