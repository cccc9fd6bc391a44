/* run: the daemon as a process: its signals, its limits, its door, until nobody needs it. */
#include "daemon/daemon.h"

#include "daemon/door.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define GRACE_NS (UINT64_C(10) * 1000000000) /* for the first session to join */

/* SIGTERM and SIGINT: down. Where we were started as somebody's child, nothing of theirs reaches us: setsid. */
struct signals {
	struct source source;
	struct daemon *daemon;
	int descriptor;
};

static void signals_ready(struct source *source, uint32_t events)
{
	struct signals *signals = (struct signals *)source;
	struct signalfd_siginfo info;
	(void)events;

	if (read(signals->descriptor, &info, sizeof info) == (ssize_t)sizeof info)
		daemon_go_down(signals->daemon);
}

static int listen_to_signals(struct daemon *daemon, struct signals *signals)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	*signals = (struct signals){
		.source = { .ready = signals_ready },
		.daemon = daemon,
		.descriptor = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC),
	};
	if (signals->descriptor < 0)
		return -errno;
	return loop_add(&daemon->loop, signals->descriptor, &signals->source, EPOLLIN);
}

/* A connection of a guest is a descriptor here. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void tell_ready(int ready)
{
	if (ready < 0)
		return;
	ssize_t told = write(ready, "", 1);
	(void)told; /* whoever started us has gone: others will come */
	close(ready);
}

static int live(struct daemon *daemon, int ready)
{
	struct signals signals;
	int error = listen_to_signals(daemon, &signals);
	if (!error)
		error = door_open(daemon, ready >= 0);
	if (error)
		return error;

	tell_ready(ready);
	daemon_timer_by(daemon, TIMER_END, daemon->now + GRACE_NS);
	while (!daemon->ended)
		daemon_round(daemon, LOOP_NEVER);
	return 0;
}

int daemon_run(const char *lan, int ready)
{
	struct daemon *daemon = malloc(sizeof *daemon);
	if (!daemon)
		return -ENOMEM;
	raise_descriptor_limit();
	int error = daemon_open(daemon, lan);
	if (!error) {
		error = live(daemon, ready);
		daemon_close(daemon);
	}
	free(daemon);
	return error;
}
