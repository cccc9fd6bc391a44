/* notify: the descriptor on which the kernel tells us of trapped calls, and takes our answers
 * (seccomp_unotify(2)). A false, or -ENOENT, from here means: the call is gone, its thread killed or interrupted. */
#ifndef SUPERVISOR_NOTIFY_H
#define SUPERVISOR_NOTIFY_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/* Asks the kernel to run the guest on our processor when we answer, where it can (6.6 and later): a call then costs a
 * third. */
void notify_set_up(int notify);

/* The next call, if one waits. ready: the caller knows that one does. */
bool notify_next(int notify, bool ready, struct seccomp_notif *request);

bool notify_valid(int notify, uint64_t id);

/* value: what the call returns, or a negative errno. */
bool notify_answer(int notify, uint64_t id, int64_t value);

/* The kernel is to do the call as if nobody had asked. Only ever for descriptors that are none of ours. */
bool notify_continue(int notify, uint64_t id);

/* Puts our descriptor into the guest's table, at the lowest number, and returns that number from the call. cloexec: 0 or
 * O_CLOEXEC. 0; -ENOENT; or what the guest's own limits say (-EMFILE), and then the call waits still. */
int notify_give(int notify, uint64_t id, int descriptor, int cloexec);

/* Puts it in the place of the guest's descriptor at; the call waits still. */
int notify_replace(int notify, uint64_t id, int descriptor, int at, int cloexec);

#endif
