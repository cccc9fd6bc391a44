#include "supervisor/call.h"

#include "supervisor/held.h"
#include "supervisor/memory.h"
#include "supervisor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static void on_ready(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)events;
	struct call *call = (struct call *)watch;
	if (call->watched) /* else it ended, in this round of the loop */
		call->again(supervisor, call);
}

struct call *call_new(struct supervisor *supervisor)
{
	struct call *call = supervisor->spare;
	if (call)
		supervisor->spare = call->next;
	else
		call = malloc(sizeof(*call));
	if (call)
		*call = (struct call){
			.watch.ready = on_ready, .descriptor = -1, .extra = -1, .stat = -1
		};
	return call;
}

static void forget_id(struct supervisor *supervisor, struct call *call)
{
	struct call **at = &supervisor->by_id[call->id % SUPERVISOR_IDS];
	while (*at && *at != call)
		at = &(*at)->next_by_id;
	if (*at)
		*at = call->next_by_id;
	call->id = 0;
}

static void unwatch(struct supervisor *supervisor, struct call *call)
{
	/* By hand: the guest's own descriptor keeps the file, and with it the entry, alive. */
	if (call->watched)
		epoll_ctl(supervisor->epoll, EPOLL_CTL_DEL, call->descriptor, NULL);
	call->watched = false;
}

/* Calls are kept for the next ones and never given back: an event of this round of the loop may still name one. */
void call_drop(struct supervisor *supervisor, struct call *call)
{
	unwatch(supervisor, call);
	held_remove(call);
	if (call->id)
		forget_id(supervisor, call);
	if (call->descriptor >= 0)
		close(call->descriptor);
	if (call->extra >= 0)
		close(call->extra);
	if (call->transfer.pieces != &call->transfer.one)
		free(call->transfer.pieces);
	if (call->stat >= 0)
		close(call->stat);
	*call = (struct call){ .watch.ready = on_ready, .next = supervisor->spare };
	supervisor->spare = call;
}

void call_answer(struct supervisor *supervisor, struct call *call, int64_t value)
{
	notify_answer(supervisor->notify, call->request.id, value);
	call_drop(supervisor, call);
}

void call_continue(struct supervisor *supervisor, struct call *call)
{
	notify_continue(supervisor->notify, call->request.id);
	call_drop(supervisor, call);
}

int call_give(struct supervisor *supervisor, struct call *call, int descriptor, int cloexec)
{
	int result = notify_give(supervisor->notify, call->request.id, descriptor, cloexec);
	if (result == 0 || result == -ENOENT)
		call_drop(supervisor, call);
	return result;
}

static int send_question(struct supervisor *supervisor, uint32_t id, uint64_t inode,
			 const struct question *question)
{
	const struct control_header header = { .kind = question->kind,
					       .id = id,
					       .inode = inode,
					       .a = question->a,
					       .b = question->b,
					       .c = question->c,
					       .size = (uint32_t)question->size };
	int descriptor = question->descriptor ? question->descriptor : -1;
	if (supervisor->control < 0)
		return -ENETDOWN;
	return control_send(supervisor->control, &header, question->data, descriptor);
}

/* Never 0, and not one that waits: that many do not fit into a guest's threads. */
static void take_id(struct supervisor *supervisor, struct call *call)
{
	call->id = ++supervisor->last_id ? supervisor->last_id : ++supervisor->last_id;
	call->next_by_id = supervisor->by_id[call->id % SUPERVISOR_IDS];
	supervisor->by_id[call->id % SUPERVISOR_IDS] = call;
}

void call_ask(struct supervisor *supervisor, struct call *call, const struct question *question,
	      call_reply *reply)
{
	take_id(supervisor, call);
	call->reply = reply;
	held_add(supervisor, call);
	if (send_question(supervisor, call->id, call->inode, question) < 0)
		call_answer(supervisor, call, -ENETDOWN);
}

bool call_tell(struct supervisor *supervisor, uint64_t inode, const struct question *question)
{
	return send_question(supervisor, 0, inode, question) == 0;
}

struct call *call_by_id(struct supervisor *supervisor, uint32_t id)
{
	struct call *call = supervisor->by_id[id % SUPERVISOR_IDS];
	while (call && call->id != id)
		call = call->next_by_id;
	if (call)
		forget_id(supervisor, call);
	return call;
}

void call_wait(struct supervisor *supervisor, struct call *call, uint32_t events, call_step *again)
{
	if (call->watched)
		return;

	call->again = again;
	struct epoll_event event = { .events = events, .data.ptr = &call->watch };
	if (epoll_ctl(supervisor->epoll, EPOLL_CTL_ADD, call->descriptor, &event) < 0) {
		call_answer(supervisor, call, -ENOBUFS);
		return;
	}
	call->watched = true;
	held_add(supervisor, call);
}

void call_may_be_interrupted(struct supervisor *supervisor, struct call *call, int direction,
			     int64_t timeout_error)
{
	if (call->interruptible)
		return;

	struct timeval timeout = { 0 };
	socklen_t size = sizeof(timeout);
	getsockopt(call->descriptor, SOL_SOCKET, direction, &timeout, &size);
	call->interruptible = true;
	call->timed = timeout.tv_sec || timeout.tv_usec;
	call->timeout_error = timeout_error;
	call->since = supervisor_now();
	call->deadline = call->timed ? call->since + (uint64_t)timeout.tv_sec * 1000000000u +
					       (uint64_t)timeout.tv_usec * 1000u
				     : UINT64_MAX;
	held_look_soon(supervisor, call);
}

bool call_does_not_wait(const struct call *call)
{
	return fcntl(call->descriptor, F_GETFL) & O_NONBLOCK;
}

int call_cloexec(const struct call *call, int descriptor)
{
	char path[64], line[128];
	unsigned flags = 0;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)call_thread(call), descriptor);
	FILE *info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info) && sscanf(line, "flags: %o", &flags) != 1)
		continue;
	if (info)
		fclose(info);
	return (int)flags & O_CLOEXEC;
}

bool call_has_end(const struct call *call)
{
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	return getpeername(call->descriptor, (struct sockaddr *)&name, &size) == 0;
}

int call_write(const struct supervisor *supervisor, const struct call *call, uint64_t to,
	       const void *from, size_t size)
{
	/* A thread that was killed may have left its number to another. */
	if (!notify_valid(supervisor->notify, call->request.id))
		return -ENOENT;
	return memory_write(call_thread(call), to, from, size);
}

int call_write_address(const struct supervisor *supervisor, const struct call *call,
		       uint64_t address, uint64_t size_at, const void *value, uint32_t size)
{
	int32_t room;
	if (memory_read(call_thread(call), size_at, &room, sizeof(room)) < 0)
		return -EFAULT;
	if (room < 0)
		return -EINVAL;
	uint32_t part = (uint32_t)room < size ? (uint32_t)room : size;
	int result = call_write(supervisor, call, address, value, part);
	return result < 0 ? result : memory_write(call_thread(call), size_at, &size, sizeof(size));
}
