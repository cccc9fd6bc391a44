/* loop: where the supervisor waits. */
#include "supervisor/call.h"
#include "supervisor/calls.h"
#include "supervisor/channel.h"
#include "supervisor/children.h"
#include "supervisor/held.h"
#include "supervisor/notify.h"
#include "supervisor/spawn.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64 }; /* taken at once */

uint64_t supervisor_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void unwatch(const struct supervisor *supervisor, int descriptor)
{
	epoll_ctl(supervisor->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

/* No guest is left under the filter when it hangs up; to receive then would wait for ever. */
static void on_notify(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch;
	if (events & EPOLLIN)
		calls_receive(supervisor);
	else
		unwatch(supervisor, supervisor->notify);
}

/* Every call that waits, and all later ones, are ENETDOWN: never the machine's own network. */
static void lose_daemon(struct supervisor *supervisor)
{
	unwatch(supervisor, supervisor->control);
	close(supervisor->control);
	supervisor->control = -1;
	for (struct call *call = supervisor->held.next, *next; call != &supervisor->held;
	     call = next) {
		next = call->next;
		call_answer(supervisor, call, -ENETDOWN);
	}
}

static void on_message(struct supervisor *supervisor, struct control_message *message,
		       int descriptor)
{
	if (message->header.kind == CONTROL_SPAWN && descriptor >= 0) {
		spawn_session(supervisor, message, descriptor);
	} else if (message->header.kind == CONTROL_DOWN && message->header.id == 0) {
		children_end(supervisor);
	} else {
		struct call *call = call_by_id(supervisor, message->header.id);
		if (call && call->extra < 0) {
			call->extra = descriptor;
			descriptor = -1;
		}
		if (call)
			call->reply(supervisor, call, message);
	}
	if (descriptor >= 0)
		close(descriptor);
}

static void on_control(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch, (void)events;
	int descriptor = -1;
	ptrdiff_t size = control_receive(supervisor->control, &supervisor->message, &descriptor);
	if (size > 0)
		on_message(supervisor, &supervisor->message, descriptor);
	else if (size != -EAGAIN && size != -EINTR)
		lose_daemon(supervisor);
}

static void read_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo signal;
	bool child = false;
	while (read(supervisor->signals, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
		child |= signal.ssi_signo == SIGCHLD;
		children_note_signal(supervisor, (int)signal.ssi_signo, (pid_t)signal.ssi_pid);
	}
	if (child)
		children_reap(supervisor);
}

static void on_signals(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch, (void)events;
	read_signals(supervisor);
}

/* Without its front the guest is nobody's: as if it had been the front itself that was killed. */
static void on_channel(struct supervisor *supervisor, struct watch *watch, uint32_t events)
{
	(void)watch, (void)events;
	struct channel_message message;
	int result = channel_receive(supervisor->channel, &message, NULL);
	if (result > 0 && message.kind == CHANNEL_SIGNAL) {
		read_signals(supervisor);
		children_signal(supervisor, message.value, message.process);
	}
	if (result > 0 || result == -EINTR || supervisor->channel < 0)
		return;
	if (supervisor->guest)
		kill(supervisor->guest, SIGKILL);
	close(supervisor->channel);
	supervisor->channel = -1;
}

static int watch_one(struct supervisor *supervisor, int descriptor, struct watch *watch,
		     void (*ready)(struct supervisor *, struct watch *, uint32_t))
{
	watch->ready = ready;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = watch };
	return epoll_ctl(supervisor->epoll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int supervisor_init(struct supervisor *supervisor, int notify, int control, int channel,
		    int signals, pid_t guest)
{
	*supervisor = (struct supervisor){ .notify = notify,
					   .control = control,
					   .channel = channel,
					   .signals = signals,
					   .guest = guest,
					   .returned_until = UINT64_MAX };
	threads_init(&supervisor->threads);
	held_init(supervisor);
	supervisor->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (supervisor->epoll < 0)
		return -errno;

	int result = watch_one(supervisor, notify, &supervisor->on_notify, on_notify);
	if (result == 0)
		result = watch_one(supervisor, control, &supervisor->on_control, on_control);
	if (result == 0)
		result = watch_one(supervisor, channel, &supervisor->on_channel, on_channel);
	if (result == 0)
		result = watch_one(supervisor, signals, &supervisor->on_signals, on_signals);
	return result;
}

/* Milliseconds until something is due, rounded up; -1: nothing is. */
static int patience(const struct supervisor *supervisor)
{
	uint64_t due = supervisor->look_at;
	if (supervisor->kill_at && supervisor->kill_at < due)
		due = supervisor->kill_at;
	if (supervisor->returned_until < due)
		due = supervisor->returned_until;
	if (due == UINT64_MAX)
		return -1;
	uint64_t now = supervisor_now();
	return due <= now ? 0 : (int)((due - now + 999999) / 1000000);
}

void supervisor_run(struct supervisor *supervisor)
{
	struct epoll_event events[EVENTS];

	while (!supervisor->childless) {
		int count = epoll_wait(supervisor->epoll, events, EVENTS, patience(supervisor));
		for (int i = 0; i < count; i++) {
			struct watch *watch = events[i].data.ptr;
			watch->ready(supervisor, watch, events[i].events);
		}
		if (patience(supervisor) < 0)
			continue;
		uint64_t now = supervisor_now();
		accept_drop_returned(supervisor, now);
		held_look(supervisor, now);
		children_kill(supervisor, now);
	}
}
