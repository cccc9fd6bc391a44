/* filter: which system calls of a guest come to us, which are refused by the kernel itself, and which go past us. The
 * rules are one table in filter.c; libseccomp makes the program, for this machine's architecture, and for its 32-bit
 * cousins one that refuses their socket calls with ENOSYS. */
#ifndef SUPERVISOR_FILTER_H
#define SUPERVISOR_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

/* musl asks netlink for a dump by a send() of so many bytes, and for the answer by a recv() that does not wait. */
enum { FILTER_DUMP_REQUEST_SIZE = 20 };

struct filter {
	struct sock_fprog program;
};

/* Makes the program; files: what opens a file comes to us too, which costs some 9 us a file. 0 or a negative errno. */
int filter_make(struct filter *filter, bool files);
void filter_free(struct filter *filter);

/* Puts it on the calling thread, which gains no_new_privs for good, and on all it will start. Returns the descriptor of
 * the notifications; -EBUSY: a listener is above us already; or another negative errno. */
int filter_install(const struct filter *filter);

/* Is a filter above this process? Then a listener of its own may be refused. */
int filter_is_above(void);

#endif
