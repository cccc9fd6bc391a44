#include "daemon/daemon.h"

#include "daemon/capture.h"
#include "daemon/carrier.h"
#include "daemon/datagram.h"
#include "daemon/door.h"
#include "daemon/host.h"
#include "daemon/link.h"
#include "daemon/netlink.h"
#include "daemon/ring.h"
#include "daemon/session.h"
#include "daemon/watch.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#define PATIENCE_NS (UINT64_C(10) * 1000000000) /* for guests to end when asked */
#define AGAIN_NS    (UINT64_C(100) * 1000000)

enum { EVENTS_AT_ONCE = 64 };

static void *take_memory(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void give_memory(void *context, void *at, size_t size)
{
	(void)context;
	(void)size;
	free(at);
}

void daemon_timer_by(struct daemon *daemon, enum daemon_timer timer, uint64_t at)
{
	if (at < daemon->timers[timer])
		daemon->timers[timer] = at;
}

static bool has_joined_sessions(const struct daemon *daemon)
{
	const struct session *session;

	TAILQ_FOREACH(session, &daemon->sessions, link)
	if (session->host)
		return true;
	return false;
}

static bool is_needed(const struct daemon *daemon)
{
	const struct session *session;

	TAILQ_FOREACH(session, &daemon->sessions, link)
	if (!session->onlooker)
		return true;
	return !TAILQ_EMPTY(&daemon->hosts);
}

/* The last one has gone, or all have been told to: whoever asked for that gets the answer. */
static void finish_going_down(struct daemon *daemon)
{
	struct session *session;

	TAILQ_FOREACH(session, &daemon->sessions, link)
	if (session->asked_down)
		session_reply(session, CONTROL_DOWN, session->down_id, 0, NULL, 0);
	door_slam(daemon);
	daemon->ended = true;
}

void daemon_go_down(struct daemon *daemon)
{
	const struct control_header down = { .kind = CONTROL_DOWN };
	struct session *session;

	if (!daemon->going_down) {
		TAILQ_FOREACH(session, &daemon->sessions, link)
		if (session->host)
			session_pass(session, &down, NULL, -1);
	}
	daemon->going_down = true;
	daemon_timer_by(daemon, TIMER_DOWN, daemon->now + PATIENCE_NS);
	daemon_timer_by(daemon, TIMER_END, daemon->now);
}

static void end_due(struct daemon *daemon)
{
	if (daemon->going_down) {
		if (!has_joined_sessions(daemon))
			finish_going_down(daemon);
		return;
	}
	if (daemon->door.socket < 0 || is_needed(daemon))
		return;
	if (door_shut(daemon))
		daemon->ended = true;
	else
		daemon_timer_by(daemon, TIMER_END, daemon->now + AGAIN_NS);
}

/* Each once, though it may queue itself again. */
static bool stir_all(struct carrier_list *queue)
{
	struct carrier_list turn = TAILQ_HEAD_INITIALIZER(turn);

	while (!TAILQ_EMPTY(queue))
		carrier_queue(TAILQ_FIRST(queue), &turn);
	bool any = !TAILQ_EMPTY(&turn);
	while (!TAILQ_EMPTY(&turn)) {
		struct carrier *carrier = TAILQ_FIRST(&turn);
		carrier_queue(carrier, NULL);
		carrier_stir(carrier);
	}
	return any;
}

static void retry_due(struct daemon *daemon)
{
	stir_all(&daemon->retry);
	if (daemon->door.socket >= 0)
		daemon->door.source.ready(&daemon->door.source, EPOLLIN);
}

static void (*const due[DAEMON_TIMER_COUNT])(struct daemon *daemon) = {
	[TIMER_HOSTS] = hosts_settle,
	[TIMER_RETRY] = retry_due,
	[TIMER_FORGET] = carriers_forget_due,
	[TIMER_RINGS] = rings_look,
	[TIMER_DOWN] = finish_going_down,
	[TIMER_CHANGES] = netlink_changes_due,
	[TIMER_END] = end_due,
};

/* Returns when the next is due. */
static uint64_t do_due(struct daemon *daemon)
{
	uint64_t next = LOOP_NEVER;

	for (int i = 0; i < DAEMON_TIMER_COUNT; i++) {
		if (daemon->timers[i] <= daemon->now) {
			daemon->timers[i] = LOOP_NEVER;
			due[i](daemon);
		}
	}
	for (int i = 0; i < DAEMON_TIMER_COUNT; i++)
		if (daemon->timers[i] < next)
			next = daemon->timers[i];
	return next;
}

static bool tell_events(struct daemon *daemon)
{
	struct berth_event events[EVENTS_AT_ONCE];
	struct berth_host *stack;
	bool any = false;

	while ((stack = berth_lan_ready(daemon->lan))) {
		int count;
		while ((count = berth_events(stack, events, EVENTS_AT_ONCE)) > 0) {
			any = true;
			for (int i = 0; i < count; i++)
				if (events[i].user)
					carrier_stir(events[i].user);
		}
	}
	return any;
}

void daemon_advance(struct daemon *daemon)
{
	daemon->now = loop_clock();
	berth_lan_advance(daemon->lan, daemon->now);
}

/* Calls are then done at the time at which they come. */
static void awake(void *context)
{
	daemon_advance(context);
}

/* Until nothing is left to do at this moment. Returns the next deadline. */
static uint64_t settle(struct daemon *daemon)
{
	uint64_t wire;
	bool any;

	do {
		daemon->now = loop_clock();
		wire = berth_lan_advance(daemon->lan, daemon->now);
		any = tell_events(daemon);
		any = stir_all(&daemon->busy) || any; /* after all others, and the wire has moved */
	} while (any);
	uint64_t own = do_due(daemon);
	captures_flush(daemon);
	loop_free_buried(&daemon->loop);
	return own < wire ? own : wire;
}

void daemon_round(struct daemon *daemon, uint64_t most_ns)
{
	uint64_t deadline = settle(daemon);
	uint64_t wait = deadline == LOOP_NEVER ? LOOP_NEVER : 0;

	daemon->now = loop_clock();
	if (deadline != LOOP_NEVER && deadline > daemon->now)
		wait = deadline - daemon->now;
	if (!daemon->ended)
		loop_wait(&daemon->loop, wait < most_ns ? wait : most_ns);
}

static int open_lan(struct daemon *daemon)
{
	daemon->allocator =
		(struct berth_allocator){ .allocate = take_memory, .release = give_memory };
	const struct berth_lan_config config = {
		.allocator = &daemon->allocator,
		.now = daemon->now,
	};
	if (getrandom(daemon->lineage, sizeof daemon->lineage, 0) !=
	    (ssize_t)sizeof daemon->lineage)
		return -EIO;
	daemon->lan = berth_lan_new(&config);
	return daemon->lan ? 0 : -ENOMEM;
}

static void begin(struct daemon *daemon, const char *name)
{
	*daemon = (struct daemon){ .name = name, .now = loop_clock() };
	daemon->door.socket = -1;
	daemon->link_point.socket = -1;
	daemon->watch.inotify = -1;
	for (int i = 0; i < DAEMON_TIMER_COUNT; i++)
		daemon->timers[i] = LOOP_NEVER;
	TAILQ_INIT(&daemon->hosts);
	TAILQ_INIT(&daemon->sessions);
	TAILQ_INIT(&daemon->captures);
	TAILQ_INIT(&daemon->rings);
	TAILQ_INIT(&daemon->busy);
	TAILQ_INIT(&daemon->retry);
	TAILQ_INIT(&daemon->remembered);
}

int daemon_open(struct daemon *daemon, const char *name)
{
	begin(daemon, name);
	int error = loop_open(&daemon->loop);
	if (error)
		return error;
	daemon->loop.awake = awake;
	daemon->loop.context = daemon;
	error = index_open(&daemon->carriers);
	if (!error)
		error = index_open(&daemon->connections);
	if (!error)
		error = origins_open(&daemon->origins);
	if (!error)
		error = watch_open(daemon);
	if (!error)
		error = link_open(daemon);
	if (!error)
		error = open_lan(daemon);
	if (error)
		daemon_close(daemon);
	return error;
}

void daemon_close(struct daemon *daemon)
{
	captures_end(daemon);
	while (!TAILQ_EMPTY(&daemon->sessions))
		session_end(TAILQ_FIRST(&daemon->sessions));
	while (!TAILQ_EMPTY(&daemon->hosts))
		host_free(TAILQ_FIRST(&daemon->hosts));
	door_slam(daemon);
	link_close(daemon);
	watch_close(daemon);
	datagram_batch_free(daemon);
	origins_close(&daemon->origins);
	index_close(&daemon->connections);
	index_close(&daemon->carriers);
	berth_lan_free(daemon->lan);
	loop_close(&daemon->loop);
}
