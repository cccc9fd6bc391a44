#include "supervisor/held.h"

#include "supervisor/call.h"
#include "supervisor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	MS = 1000000,
	YOUNG_NS = 100 * MS,  /* looked at each ms */
	GROWN_NS = 1000 * MS, /* each 4 ms until then; each 20 ms afterwards */
	MANY = 64, /* more calls than this are looked at each 20 ms, whatever their age */
	KERNEL_ERESTARTSYS = 512, /* include/linux/errno.h: programs never see it */
};

void held_init(struct supervisor *supervisor)
{
	supervisor->held.next = supervisor->held.previous = &supervisor->held;
	supervisor->look_at = UINT64_MAX;
}

void held_add(struct supervisor *supervisor, struct call *call)
{
	if (call->next)
		return;
	struct call *last = supervisor->held.previous;
	call->next = &supervisor->held;
	call->previous = last;
	last->next = supervisor->held.previous = call;
}

void held_remove(struct call *call)
{
	if (!call->next)
		return;
	call->previous->next = call->next;
	call->next->previous = call->previous;
	call->next = call->previous = NULL;
}

void held_look_soon(struct supervisor *supervisor, const struct call *call)
{
	uint64_t soon = call->since + MS;
	if (call->deadline < soon)
		soon = call->deadline;
	if (soon < supervisor->look_at)
		supervisor->look_at = soon;
}

/* The thread's state, a letter: the first after the last parenthesis, as its name may hold anything. */
static char thread_state(struct call *call)
{
	char text[256];
	if (call->stat < 0) {
		snprintf(text, sizeof(text), "/proc/%d/stat", (int)call_thread(call));
		call->stat = open(text, O_RDONLY | O_CLOEXEC);
	}
	ssize_t size = pread(call->stat, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return 0;
	text[size] = 0;
	const char *end = strrchr(text, ')');
	return end && end[1] ? end[2] : 0;
}

static void tell_left(struct supervisor *supervisor, const struct call *call, bool lives)
{
	const struct control_header header = {
		.kind = CONTROL_CONNECT_LEFT, .id = call->id, .inode = call->inode, .b = lives
	};
	if (call->connecting && call->id && supervisor->control >= 0)
		control_send(supervisor->control, &header, NULL, -1);
}

/* sock_intr_errno of Linux: a call with a timeout is not restarted. */
static void interrupt(struct supervisor *supervisor, struct call *call)
{
	tell_left(supervisor, call, true);
	int64_t value = call->timed ? -EINTR : -KERNEL_ERESTARTSYS;
	if (call->transfer.done > 0)
		value = (int64_t)call->transfer.done;
	call_answer(supervisor, call, value);
}

/* inet_stream_connect of Linux: the second to wait for one handshake in vain is told EALREADY. For the first the carrier has
 * no end yet. */
static void expire(struct supervisor *supervisor, struct call *call)
{
	int64_t value = call->timeout_error;
	if (call->connecting && call_has_end(call))
		value = -EALREADY;
	tell_left(supervisor, call, true);
	if (call->transfer.done > 0)
		value = (int64_t)call->transfer.done;
	call_answer(supervisor, call, value);
}

static bool drop_if_dead(struct supervisor *supervisor, struct call *call)
{
	if (notify_valid(supervisor->notify, call->request.id))
		return false;
	tell_left(supervisor, call, false);
	call_drop(supervisor, call);
	return true;
}

void held_drop_dead(struct supervisor *supervisor)
{
	for (struct call *call = supervisor->held.next, *next; call != &supervisor->held;
	     call = next) {
		next = call->next;
		if (call->interruptible)
			drop_if_dead(supervisor, call);
	}
}

static void look_at(struct supervisor *supervisor, struct call *call, uint64_t now)
{
	if (drop_if_dead(supervisor, call))
		return;
	if (thread_state(call) == 'D') {
		interrupt(supervisor, call);
	} else if (now >= call->deadline) {
		expire(supervisor, call);
	}
}

static uint64_t period(uint64_t age, int count)
{
	if (count > MANY || age >= GROWN_NS)
		return 20 * MS;
	return age >= YOUNG_NS ? 4 * MS : MS;
}

void held_look(struct supervisor *supervisor, uint64_t now)
{
	if (now < supervisor->look_at)
		return;

	int count = 0;
	uint64_t youngest = UINT64_MAX, deadline = UINT64_MAX;
	for (struct call *call = supervisor->held.next, *next; call != &supervisor->held;
	     call = next) {
		next = call->next;
		if (!call->interruptible)
			continue;
		count++;
		if (now - call->since < youngest)
			youngest = now - call->since;
		if (call->deadline > now && call->deadline < deadline)
			deadline = call->deadline;
		look_at(supervisor, call, now);
	}

	supervisor->look_at = count ? now + period(youngest, count) : UINT64_MAX;
	if (deadline < supervisor->look_at)
		supervisor->look_at = deadline;
}
