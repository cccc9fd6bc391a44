/* held: the calls that wait, and what may end them from the guest's side: a signal, a deadline, death.
 *
 * With SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV a thread whose call we hold sleeps interruptibly (S in /proc/<tid>/stat) until
 * a signal comes for it, and killably (D) from then on. To answer ERESTARTSYS then, and only then, makes the kernel do
 * exactly what it does natively: run the handler, then EINTR or, under SA_RESTART, the call again. Nothing tells us when
 * that happens, so calls that may wait long are looked at: each millisecond while they are young and few. */
#ifndef SUPERVISOR_HELD_H
#define SUPERVISOR_HELD_H

#include "supervisor/supervisor.h"

void held_init(struct supervisor *supervisor);
void held_add(struct supervisor *supervisor, struct call *call); /* or it is there already */
void held_remove(struct call *call);                             /* or it is not there */

/* The call has just become interruptible. */
void held_look_soon(struct supervisor *supervisor, const struct call *call);

/* Lets go of the calls whose threads have gone, and of the listeners they held, now: a server that was killed is started
 * again on the same port. */
void held_drop_dead(struct supervisor *supervisor);

/* Looks at every call that may be interrupted, if it is time. */
void held_look(struct supervisor *supervisor, uint64_t now);

#endif
