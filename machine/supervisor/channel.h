/* channel: the line between the front (the process that a shell started as `berth run`) and its supervisor: a pair of
 * SOCK_SEQPACKET sockets. Its end tells either that the other has gone. */
#ifndef SUPERVISOR_CHANNEL_H
#define SUPERVISOR_CHANNEL_H

#include <stdint.h>
#include <sys/types.h>

enum channel_kind {
	/* To the supervisor. */
	CHANNEL_STDIO =
		1, /* with three descriptors, the guest's 0, 1 and 2: the first on a channel from inside a guest */
	CHANNEL_SIGNAL, /* value: a signal that process sent to the front */

	/* To the front. */
	CHANNEL_STARTED, /* the guest holds its own descriptors now */
	CHANNEL_STOPPED, /* value: the signal that stopped the guest */
	CHANNEL_ENDED,   /* value: the exit status, a signal's as 128 + n. The last. */
	CHANNEL_FAILED,  /* text: why there is no guest, and what to do. The last. */
};

struct channel_message {
	uint32_t kind;
	int32_t value;
	int32_t process;
	char text[500];
};

enum { CHANNEL_DESCRIPTORS = 3 };

/* Two ends, closed on exec. 0 or a negative errno. */
int channel_open(int ends[2]);

/* 0 or a negative errno; never a signal. descriptors: three of them, or NULL. */
int channel_send(int channel, const struct channel_message *message, const int *descriptors);

/* Waits for one. 1: there is one; 0: the other end has gone; or a negative errno. descriptors: room for three, which are -1
 * where none came; NULL: none are expected. */
int channel_receive(int channel, struct channel_message *message, int *descriptors);

#endif
