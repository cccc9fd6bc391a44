/* front: the process that the shell started. It waits for the guest as the shell waits for it: the exit status is the
 * guest's; it stops when the guest stops; signals sent to it alone it passes on. What a terminal sends goes to the whole
 * process group, so the guest has it already. */
#ifndef SUPERVISOR_FRONT_H
#define SUPERVISOR_FRONT_H

#include "supervisor/session.h"

enum { FRONT_FAILED = 125 }; /* Berth's own failure, told on stderr */

/* Runs the session's guest to its end: the exit status. */
int front_run(const struct session_order *order);

#endif
