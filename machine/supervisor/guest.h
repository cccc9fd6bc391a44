/* guest: starting the program under the filter, with the signal mask, limits and descriptors it would have had without us.
 *
 * The filter goes on one thread of the supervisor, which forks the guest and ends: so the notification descriptor is in the
 * supervisor's table from the start (handing it over would need calls that the filter traps), and the supervisor's own
 * thread stays unfiltered. */
#ifndef SUPERVISOR_GUEST_H
#define SUPERVISOR_GUEST_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What the supervisor changes in itself and the guest is to have as it was. */
struct guest_inheritance {
	sigset_t mask;
	struct sigaction child; /* of SIGCHLD */
	struct rlimit files;
};

/* Blocks all signals, has SIGCHLD told, raises the limit of descriptors to what is allowed, and remembers how things
 * were. */
void guest_inherit(struct guest_inheritance *inheritance);

/* Starts command (found by PATH) in this process's environment; files: those that it opens are looked at (filter.h). The guest's pid and in *notify the filter's descriptor; or a
 * negative errno, -EBUSY where a listener is above us. A program that cannot be run is a guest that ends with 126 or 127, as
 * with a shell. */
pid_t guest_start(char *const command[], bool files, const struct guest_inheritance *inheritance,
		  int *notify);

#endif
