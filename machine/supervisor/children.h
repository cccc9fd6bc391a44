/* children: the guests as processes. All of them descend from the supervisor, and come back to it as its children when
 * their parents die (PR_SET_CHILD_SUBREAPER): so it may read their memory, knows when the last has ended, and can end them. */
#ifndef SUPERVISOR_CHILDREN_H
#define SUPERVISOR_CHILDREN_H

#include "supervisor/supervisor.h"

/* Takes note of children that stopped or ended, and tells the front of the one it waits for. */
void children_reap(struct supervisor *supervisor);

/* Asks all guests to end, and kills after a grace those that did not. */
void children_end(struct supervisor *supervisor);

/* Kills those, if it is time. */
void children_kill(struct supervisor *supervisor, uint64_t now);

/* Hands the guest a signal that somebody sent to the front alone. What was sent to the whole group, and so to us too, it has
 * had. */
void children_signal(struct supervisor *supervisor, int signal, pid_t from);

/* Notes that from has sent this signal to us. */
void children_note_signal(struct supervisor *supervisor, int signal, pid_t from);

#endif
