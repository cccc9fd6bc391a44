/* session: one connection to the control socket: a supervisor's for its guests, or a command's for its question. Replies
 * that the other side does not take are kept, up to a bound; one that reads nothing at all is cut off. */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "daemon/connect.h"
#include "daemon/daemon.h"

struct letter;

struct session {
	struct source source; /* first: loop_bury */
	TAILQ_ENTRY(session) link;
	struct daemon *daemon;
	int socket;
	bool greeted;
	bool onlooker; /* a command's: it does not keep the daemon alive */
	bool asked_down;
	uint32_t down_id;
	struct host *host; /* NULL: it has not joined */
	int32_t pid;       /* the guest's parent */
	struct wait_list waits;
	STAILQ_HEAD(, letter) letters;
	size_t letters_size;
};

/* What a guest's call or a question brought. */
struct call {
	struct session *session;
	const struct control_header *header;
	const uint8_t *data;
	int descriptor;          /* -1: none, or taken */
	struct carrier *carrier; /* of header->inode; NULL: none */
	void *out;               /* for the reply: at most CONTROL_DATA_MOST bytes */
	size_t out_size;
};

enum { CALL_NO_REPLY = 1 << 30 }; /* or not now */

/* Takes a connection over. On failure it is closed. */
void session_begin(struct daemon *daemon, int socket);

/* Closes it: its waits are left, its host may end. */
void session_end(struct session *session);

void session_reply(struct session *session, uint32_t kind, uint32_t id, int result,
		   const void *data, size_t size);

/* Passes a message on, descriptor and all. 0, or a negative errno. */
int session_pass(struct session *session, const struct control_header *header, const void *data,
		 int descriptor);

#endif
