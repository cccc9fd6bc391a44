/* threads: pidfds of the guest's threads, kept, since most calls come from few threads and opening one costs as much as
 * the rest of a small call. A pidfd that is kept past its thread says ESRCH and is opened again; it can never mean
 * another thread that got the number later. */
#ifndef SUPERVISOR_THREADS_H
#define SUPERVISOR_THREADS_H

#include <stdbool.h>
#include <sys/types.h>

enum { THREADS_KEPT = 256 }; /* by the low bits of the number: a clash costs a pidfd_open */

struct threads {
	struct {
		pid_t thread;
		int pidfd; /* meaningful where thread is not 0 */
	} kept[THREADS_KEPT];
};

void threads_init(struct threads *threads);
void threads_close(struct threads *threads);

/* The process that the thread is of; 0: it has gone. */
pid_t threads_process(pid_t thread);

/* A duplicate, in our table, of that thread's descriptor; or a negative errno: -EBADF: it has none of that number; -EPERM: it
 * may not be looked into; -ESRCH: it has gone. */
int threads_descriptor(struct threads *threads, pid_t thread, int descriptor);

/* Has the thread a number left for one more descriptor? What cannot be found out is true: the kernel will say. */
bool threads_have_room(struct threads *threads, pid_t thread);

void threads_signal(struct threads *threads, pid_t thread, int signal);

#endif
