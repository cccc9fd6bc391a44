#include "supervisor/front.h"

#include "supervisor/channel.h"
#include "supervisor/filter.h"
#include "supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int complain(const char *what)
{
	dprintf(STDERR_FILENO, "berth: %s\n", what);
	return FRONT_FAILED;
}

/* The guest has them; as long as we did too, the reader of a pipe would wait for us. stderr stays, for the last word. */
static void let_go_of_stdio(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
}

/* Stops as the guest did, so that the shell takes notice, until the shell sends SIGCONT. */
static void stop(int signal)
{
	sigset_t one;
	sigemptyset(&one);
	sigaddset(&one, signal);
	const struct sigaction plain = { .sa_handler = SIG_DFL };
	if (signal != SIGSTOP)
		sigaction(signal, &plain, NULL);
	kill(getpid(), signal);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
}

/* The kernel's own signals (SI_KERNEL) come from the terminal and went to the group; the rest came from some process. */
static void pass_on(int signals, int channel)
{
	struct signalfd_siginfo signal;
	if (read(signals, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		return;
	if (signal.ssi_signo == SIGCHLD || signal.ssi_code > 0)
		return;
	const struct channel_message message = { .kind = CHANNEL_SIGNAL,
						 .value = (int32_t)signal.ssi_signo,
						 .process = (int32_t)signal.ssi_pid };
	channel_send(channel, &message, NULL);
}

/* -1: go on; else the exit status. */
static int take_message(int channel)
{
	struct channel_message message;
	int result = channel_receive(channel, &message, NULL);
	if (result == -EINTR)
		return -1;
	if (result <= 0)
		return complain(
			"the supervisor has gone, and the program with it or without a network");
	switch (message.kind) {
	case CHANNEL_STARTED:
		let_go_of_stdio();
		return -1;
	case CHANNEL_STOPPED:
		stop(message.value);
		return -1;
	case CHANNEL_FAILED:
		return complain(message.text);
	case CHANNEL_ENDED:
		return message.value & 0xff;
	default:
		return -1;
	}
}

static int wait_for_end(int channel)
{
	sigset_t all;
	sigfillset(&all);
	int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK), status = -1;
	struct pollfd waits[] = { { .fd = channel, .events = POLLIN },
				  { .fd = signals, .events = POLLIN } };
	while (status < 0) {
		poll(waits, 2, -1);
		if (waits[1].revents & POLLIN)
			pass_on(signals, channel);
		if (waits[0].revents)
			status = take_message(channel);
	}
	return status;
}

static int run_here(const struct session_order *order)
{
	int ends[2];
	if (channel_open(ends) < 0)
		return complain(strerror(errno));
	struct guest_inheritance inheritance;
	guest_inherit(&inheritance);

	pid_t supervisor = fork();
	if (supervisor < 0)
		return complain(strerror(errno));
	if (supervisor == 0) {
		close(ends[0]);
		session_run(order, ends[1], &inheritance);
	}
	close(ends[1]);
	return wait_for_end(ends[0]);
}

static int run_outside(const struct session_order *order)
{
	const struct channel_message stdio = { .kind = CHANNEL_STDIO };
	const int descriptors[CHANNEL_DESCRIPTORS] = { 0, 1, 2 };
	int ends[2];
	if (channel_open(ends) < 0)
		return complain(strerror(errno));
	int result = channel_send(ends[0], &stdio, descriptors);
	if (result == 0)
		result = spawn_ask(order, ends[1]);
	close(ends[1]);
	if (result == -E2BIG)
		return complain(
			"inside a guest the environment and the command must be UTF-8 and below "
			"32 KiB together: try `env -i`");
	if (result < 0) {
		dprintf(STDERR_FILENO,
			"berth: inside a guest, and the daemon outside cannot start another (%s)\n",
			strerror(-result));
		return FRONT_FAILED;
	}
	struct guest_inheritance inheritance;
	guest_inherit(&inheritance);
	return wait_for_end(ends[0]);
}

int front_run(const struct session_order *order)
{
	return getenv("BERTH_HOST") && filter_is_above() ? run_outside(order) : run_here(order);
}
