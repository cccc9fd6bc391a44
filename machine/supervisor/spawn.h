/* spawn: `berth run` inside a guest. Linux allows one listener above a process, so the new guest cannot descend from the one
 * that asks: a supervisor of the asking host, which is outside the filter, starts the session, with the asker's descriptors
 * 0, 1 and 2, environment and directory, in its process group where that is possible. Its limits and mask are our own. */
#ifndef SUPERVISOR_SPAWN_H
#define SUPERVISOR_SPAWN_H

#include "supervisor/session.h"
#include "supervisor/supervisor.h"

/* In the front, inside a guest: asks for it. 0, and the channel's other end is on its way to a supervisor; or a negative
 * errno. */
int spawn_ask(const struct session_order *order, int channel);

/* In a supervisor: starts the session in a process of its own. The descriptor stays the caller's. */
void spawn_session(struct supervisor *supervisor, const struct control_message *message,
		   int channel);

#endif
