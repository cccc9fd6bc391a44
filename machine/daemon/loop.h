/* loop: what the daemon waits for. A source is a descriptor in epoll and what is to be done when it is ready; it lives at
 * the head of the struct that owns it. What ends during a round is buried, and freed when nothing of the round can speak
 * of it any more. */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source {
	void (*ready)(struct source *source, uint32_t events);
	struct source *next_buried;
	bool buried;
};

struct loop {
	int epoll;
	/* After each wait, before anything does its part. NULL: nothing. */
	void (*awake)(void *context);
	void *context;
	struct source *buried;
};

#define LOOP_NEVER UINT64_MAX

/* 0, or a negative errno. */
int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* events are epoll's. 0, or a negative errno. Closing a descriptor that nobody else has a duplicate of ends it as well. */
int loop_add(struct loop *loop, int descriptor, struct source *source, uint32_t events);
void loop_change(struct loop *loop, int descriptor, struct source *source, uint32_t events);
void loop_remove(struct loop *loop, int descriptor);

/* The source is the first member of an allocated struct: no event reaches it any more, free() gets it after the round. */
void loop_bury(struct loop *loop, struct source *source);
void loop_free_buried(struct loop *loop);

/* Waits until something is ready or wait_ns have passed, and lets what is ready do its part. */
void loop_wait(struct loop *loop, uint64_t wait_ns);

/* Nanoseconds on CLOCK_MONOTONIC. */
uint64_t loop_clock(void);

#endif
