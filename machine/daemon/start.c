#include "daemon/start.h"

#include "control/control.h"
#include "daemon/door.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	READY = 3, /* the descriptor that the daemon tells its readiness by */
	PATIENCE_MS = 10000,
	ATTEMPTS = 50, /* a daemon that ends takes a few milliseconds */
	BETWEEN_US = 20000,
};

/* Nothing of whoever started it: no descriptor, signal mask, directory, terminal. */
static void become_daemon(const char *lan, int ready)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR);

	if (dup2(ready, READY) < 0 || null < 0)
		_exit(1);
	for (int standard = 0; standard < READY; standard++)
		dup2(null, standard);
	close_range(READY + 1, ~0U, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	setsid();
	if (chdir("/") < 0)
		_exit(1);
	execl("/proc/self/exe", "berth", "daemon", "--lan", lan, "--ready", "3", (char *)NULL);
	_exit(1);
}

/* Forked twice, so that it is nobody's child to wait for. */
static int fork_daemon(const char *lan, int ready)
{
	pid_t child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		if (fork() == 0)
			become_daemon(lan, ready);
		_exit(0);
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}

/* One byte says that it is ready, the pipe's end that it is not going to be. */
static int wait_until_ready(int pipe_end)
{
	struct pollfd state = { .fd = pipe_end, .events = POLLIN };
	char byte;

	if (poll(&state, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	return read(pipe_end, &byte, 1) == 1 ? 0 : -ECONNREFUSED;
}

/* Above the standard descriptors, where become_daemon puts others. */
static int make_pipe(int ends[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, READY + 1);
		close(low[i]);
	}
	return ends[0] < 0 || ends[1] < 0 ? -EMFILE : 0;
}

static int start(const char *lan)
{
	int ends[2] = { -1, -1 };
	int error = make_pipe(ends);
	if (error)
		return error;

	error = fork_daemon(lan, ends[1]);
	close(ends[1]);
	if (!error)
		error = wait_until_ready(ends[0]);
	close(ends[0]);
	return error;
}

static bool no_daemon(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED;
}

/* Under the lock only one starts a daemon, and none ends. */
static int connect_or_start(const char *lan)
{
	int lock = door_lock(lan, true);
	if (lock < 0)
		return lock;

	int connected = control_connect(lan);
	if (no_daemon(connected)) {
		int error = start(lan);
		connected = error ? error : control_connect(lan);
	}
	close(lock);
	return connected;
}

int daemon_start(const char *lan)
{
	int connected = control_connect(lan);
	for (int i = 0; i < ATTEMPTS && no_daemon(connected); i++) {
		if (i > 0)
			usleep(BETWEEN_US);
		connected = connect_or_start(lan);
	}
	return connected;
}
