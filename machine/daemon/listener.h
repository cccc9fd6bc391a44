/* listener: connections that the stack has established become connections to the guest's own listening carrier, one at a
 * time and in order, so that poll, epoll and accept over fork and threads are the kernel's business.
 *
 * What was handed over and not accepted yet is pending. It counts in the guest's backlog with what waits in the stack:
 * the stack is given what is left of it. */
#ifndef DAEMON_LISTENER_H
#define DAEMON_LISTENER_H

#include "daemon/carrier.h"

/* listen(): the guest's answer. duplicate stays the caller's. */
int listener_begin(struct carrier *carrier, int backlog, int duplicate);

/* Hands over what waits. */
void listener_stir(struct carrier *carrier);

/* The guest accepted one of this listener's. */
void listener_accepted(struct carrier *carrier);

/* Adds what is pending to waiting, and says the guest's own backlog; nothing where it does not listen. */
void listener_queue(const struct carrier *carrier, uint32_t *waiting, uint32_t *backlog);

/* Frees what only a listener has, if it has: what was not handed over is reset. */
void listener_end(struct carrier *carrier);

#endif
