/* call: a trapped call's life, from when it is received to its answer. After call_answer, call_continue, call_give or
 * call_drop the struct call is not the caller's any more. */
#ifndef SUPERVISOR_CALL_H
#define SUPERVISOR_CALL_H

#include "supervisor/supervisor.h"

/* A call from the spare ones, or NULL: no memory. */
struct call *call_new(struct supervisor *supervisor);

/* Ends it: value is what the guest's call returns, or a negative errno. */
void call_answer(struct supervisor *supervisor, struct call *call, int64_t value);

/* Ends it: the kernel does it natively. */
void call_continue(struct supervisor *supervisor, struct call *call);

/* Ends it without an answer: the thread has gone. */
void call_drop(struct supervisor *supervisor, struct call *call);

/* Hands the descriptor (which stays ours) to the guest, whose call returns its number: 0 and the call has ended; -ENOENT:
 * the thread has gone, and the call has ended; another negative errno: it waits still. */
int call_give(struct supervisor *supervisor, struct call *call, int descriptor, int cloexec);

/* One question to the daemon about the call's carrier. */
struct question {
	enum control_kind kind;
	int32_t a, b, c;
	const void *data;
	size_t size;
	int descriptor; /* sent with it; 0 stands for none, as no carrier has number 0 */
};

/* Asks; reply runs when the answer comes, and ends the call. */
void call_ask(struct supervisor *supervisor, struct call *call, const struct question *question,
	      call_reply *reply);

/* Tells the daemon something that has no reply. False: it has gone. */
bool call_tell(struct supervisor *supervisor, uint64_t inode, const struct question *question);

/* The call whose question that id was, which is answered now; NULL: nobody waits for it any more. */
struct call *call_by_id(struct supervisor *supervisor, uint32_t id);

/* Waits until the duplicate shows one of these events, then does again; a signal, or the deadline, ends it before. */
void call_wait(struct supervisor *supervisor, struct call *call, uint32_t events, call_step *again);

/* Lets a signal end the call while it waits, as native ones do; direction is SO_RCVTIMEO or SO_SNDTIMEO, whose value on the
 * carrier sets the deadline, and timeout_error what the guest gets then. */
void call_may_be_interrupted(struct supervisor *supervisor, struct call *call, int direction,
			     int64_t timeout_error);

/* Arguments of the guest's. */
static inline uint64_t call_argument(const struct call *call, int index)
{
	return call->request.data.args[index];
}

static inline int call_int(const struct call *call, int index)
{
	return (int)(uint32_t)call->request.data.args[index];
}

static inline pid_t call_thread(const struct call *call)
{
	return (pid_t)call->request.pid;
}

/* O_NONBLOCK of the guest's descriptor: it does not wait. */
bool call_does_not_wait(const struct call *call);

/* O_CLOEXEC, if that descriptor of the guest's is so: our duplicate is not. */
int call_cloexec(const struct call *call, int descriptor);

/* The daemon has connected the carrier: for an attempt of its guest's that goes on, has ended well, or has failed. */
bool call_has_end(const struct call *call);

/* Writes to the guest's memory if the call still waits: 0, -EFAULT, or -ENOENT. */
int call_write(const struct supervisor *supervisor, const struct call *call, uint64_t to,
	       const void *from, size_t size);

/* Writes an address and its size where the guest wants them, cut to its room, as move_addr_to_user of Linux does. */
int call_write_address(const struct supervisor *supervisor, const struct call *call,
		       uint64_t address, uint64_t size_at, const void *value, uint32_t size);

#endif
