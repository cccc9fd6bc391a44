/* play: one script on one stack. */
#ifndef PLAYER_PLAY_H
#define PLAYER_PLAY_H

#include "conformance/player/flow.h"
#include "conformance/player/stack.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PLAY_DESCRIPTORS_MOST = 256 };

/* What the stack has sent, oldest first. */
struct seen_packet {
	struct seen_packet *next;
	struct packet packet;
	uint8_t payload[];
};

/* A call on its way: begun, and asked again until it is done. */
struct caller {
	struct play *play;
	const struct event *event;
	struct outcome outcome; /* of the call, which may run beside the script */
	int64_t began;
	int64_t deadline; /* when it waits no longer; INT64_MAX: never */
	int64_t progress; /* what is done of it so far: bytes sent, or that connect was called */
	int64_t ended;
	atomic_bool done;
	pthread_t thread; /* where the stack waits by itself */
	int descriptor;   /* the script's number for what it opens; -1: none */
	bool sends;       /* it waits for room, not for what comes in */
};

struct play {
	const struct network *network;
	struct stack *stack;
	struct arena *arena;
	struct flows flows;
	struct outcome *outcome;
	int64_t now;
	int64_t last; /* the time of the event before: tolerance grows from there */
	int descriptors[PLAY_DESCRIPTORS_MOST]; /* live, by the script's; -1: none */
	struct seen_packet *seen, **seen_end;
	struct caller *waiting; /* NULL: no call waits */
	struct code *code;      /* what %{ }% remember */
};

/* Plays it through; *outcome says how it went. */
void play_script(const struct script *script, const struct network *network, bool on_kernel,
		 struct outcome *outcome);

/* calls.c: begins a call, and asks again. False: it waits. */
bool call_run(struct caller *caller);

/* command.c: what stands between backquotes. */
void command_run(struct play *play, const char *command, int line);

/* match.c: is this what the script says? Else the outcome tells both. */
bool match_packet(struct play *play, const struct event *event, struct flow *flow,
		  const struct packet *packet);
/* Did it come in time? what: what it is that came. */
bool match_time(struct play *play, const struct event *event, int64_t end, int64_t time,
		const char *what, struct outcome *outcome);

#endif
