/* calls: the system calls that scripts may make, each a function in a table. */
#ifndef PLAYER_CALLS_H
#define PLAYER_CALLS_H

#include "conformance/player/arguments.h"

#include <limits.h>

#define CALL_WAITS   LONG_MIN       /* ask again when something has happened */
#define CALL_DECIDED (LONG_MIN + 1) /* the caller's outcome says it all */

/* The result, negative errno, or one of the two above. */
typedef long call_function(struct caller *caller);

struct call_row {
	const char *name;
	call_function *run;
	bool opens; /* its result is a descriptor */
};

/* Would this have waited? Then, for how long it may. */
bool call_may_wait(struct caller *caller, int descriptor, int flags);
bool call_until(struct caller *caller, int64_t nanoseconds);

/* transfer.c */
call_function call_read, call_readv, call_recv, call_recvfrom, call_recvmsg;
call_function call_write, call_writev, call_send, call_sendto, call_sendmsg;
/* readiness_calls.c */
call_function call_poll, call_epoll_create, call_epoll_ctl, call_epoll_wait;

#endif
