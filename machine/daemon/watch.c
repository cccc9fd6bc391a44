#include "daemon/watch.h"

#include "daemon/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { TOLD_SIZE = 4096 };

static void last_close(struct daemon *daemon, int watch)
{
	struct index_node *node = index_find(&daemon->watch.carriers, (uint64_t)watch);
	if (!node)
		return;
	index_remove(&daemon->watch.carriers, node); /* it fires once, then it is gone */
	carrier_close(INDEX_OWNER(node, struct carrier, by_watch));
}

/* A queue that overflowed has lost closes: those carriers stay until their host ends. inotify's queue holds 16,384. */
void watch_settle(struct daemon *daemon)
{
	char told[TOLD_SIZE];

	ssize_t size = read(daemon->watch.inotify, told, sizeof told);
	for (ssize_t at = 0; at < size; at += (ssize_t)sizeof(struct inotify_event)) {
		struct inotify_event event; /* without a name, as no directory is watched */
		memcpy(&event, told + at, sizeof event);
		if (event.mask & IN_CLOSE)
			last_close(daemon, event.wd);
	}
}

static void watch_ready(struct source *source, uint32_t events)
{
	(void)events;
	watch_settle(INDEX_OWNER((struct watch *)source, struct daemon, watch));
}

int watch_open(struct daemon *daemon)
{
	struct watch *watch = &daemon->watch;

	watch->source.ready = watch_ready;
	watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify < 0)
		return -errno;
	int error = index_open(&watch->carriers);
	if (!error)
		error = loop_add(&daemon->loop, watch->inotify, &watch->source, EPOLLIN);
	return error;
}

void watch_close(struct daemon *daemon)
{
	index_close(&daemon->watch.carriers);
	close(daemon->watch.inotify);
}

int watch_add(struct carrier *carrier, int descriptor)
{
	struct watch *watch = &carrier->host->daemon->watch;
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
	int number = inotify_add_watch(watch->inotify, path, IN_CLOSE | IN_ONESHOT);
	if (number < 0)
		return -errno;
	if (index_find(&watch->carriers, (uint64_t)number))
		return -EEXIST; /* the same socket again */
	index_insert(&watch->carriers, &carrier->by_watch, (uint64_t)number);
	return 0;
}

void watch_remove(struct carrier *carrier)
{
	struct watch *watch = &carrier->host->daemon->watch;
	if (carrier->by_watch.key == 0)
		return;
	inotify_rm_watch(watch->inotify, (int)carrier->by_watch.key);
	index_remove(&watch->carriers, &carrier->by_watch);
}
