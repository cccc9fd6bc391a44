/* calls: what each kind of message asks of the daemon: one table, one function a kind. */
#ifndef DAEMON_CALLS_H
#define DAEMON_CALLS_H

#include "daemon/session.h"

#include <jansson.h>

/* Does what the message asks. The reply's a, with call->out_size bytes of data in call->out; or CALL_NO_REPLY. */
int calls_do(struct call *call);

/* The kinds that are not about a socket: join.c, question.c, capture.c, request.c, file.c, sysctl.c. */
int call_join(struct call *call);
int call_spawn(struct call *call);
int call_down(struct call *call);
int call_hosts(struct call *call);
int call_sockets(struct call *call);
int call_groups(struct call *call);
int call_capture(struct call *call);
int call_request(struct call *call);
int call_file(struct call *call);
int call_sysctl(struct call *call);

/* Writes a sentence for the reply to an error, and returns the error. */
int call_refuse(struct call *call, int error, const char *sentence);
/* As that, where no host has this name. */
int call_refuse_host(struct call *call, const char *name);

/* The reply to a command's question, in as many messages as it takes. Takes the list. */
int call_reply_list(struct call *call, json_t *list);

#endif
