/* library: what the files of libberth as the stack under test share: library.c has the wire and the calls, readiness.c
 * poll and epoll, settings.c what sysctl changes. */
#ifndef PLAYER_LIBRARY_H
#define PLAYER_LIBRARY_H

#include "conformance/player/stack.h"

#include <berth/berth.h>

enum {
	LIBRARY_DESCRIPTORS_MOST = 1024,
	LIBRARY_EPOLLS_MOST = 8,
	LIBRARY_WATCHES_MOST = 64,
	LIBRARY_FIRST_EPOLL = 1 << 20, /* descriptors of epoll begin here: the host's are below */
	LIBRARY_FRAME_MOST = 14 + 65535,
};

struct library_descriptor {
	bool nonblocking;
	uint32_t events; /* how often something happened to it: an edge is a change of that */
};

struct library_watch {
	int descriptor; /* -1: the place is free */
	bool disabled;  /* EPOLLONESHOT has been shot */
	uint32_t events_asked;
	epoll_data_t data;
	uint32_t seen; /* EPOLLET: the event that was told last */
	uint32_t told; /* and with which bits */
	bool has_told;
};

struct library_epoll {
	bool open;
	struct library_watch watches[LIBRARY_WATCHES_MOST];
};

struct library {
	struct stack stack;
	struct berth_host *host;
	int link;
	uint64_t now;
	size_t answer_size; /* to ARP or ND, which is handed in when the host is done asking; 0: none */
	uint8_t answer[128];
	struct library_descriptor descriptors[LIBRARY_DESCRIPTORS_MOST];
	struct library_epoll epolls[LIBRARY_EPOLLS_MOST];
	uint8_t frame[LIBRARY_FRAME_MOST];
};

static inline struct library *library_of(struct stack *stack)
{
	return (struct library *)stack; /* its first member */
}

/* readiness.c */
void library_opened(struct library *library, int descriptor, bool nonblocking);
void library_closed(struct library *library, int descriptor);
void library_note_events(struct library *library);
int library_poll(struct stack *stack, struct pollfd *polled, int count, int milliseconds);
bool library_is_epoll(const struct library *library, int descriptor);
int library_epoll_create(struct stack *stack, int flags);
int library_epoll_close(struct library *library, int epoll);
int library_epoll_ctl(struct stack *stack, int epoll, int operation, int descriptor,
		      struct epoll_event *event);
int library_epoll_wait(struct stack *stack, int epoll, struct epoll_event *events, int most,
		       int milliseconds);

/* settings.c */
bool library_setting(struct library *library, const char *name, const char *value, int line,
		     struct outcome *outcome);

#endif
