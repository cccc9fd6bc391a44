#include "supervisor/guest.h"

#include "supervisor/filter.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void guest_inherit(struct guest_inheritance *inheritance)
{
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &inheritance->mask);

	const struct sigaction told = { .sa_handler = SIG_DFL };
	sigaction(SIGCHLD, &told, &inheritance->child);

	getrlimit(RLIMIT_NOFILE, &inheritance->files);
	const struct rlimit most = { inheritance->files.rlim_max, inheritance->files.rlim_max };
	setrlimit(RLIMIT_NOFILE, &most);
}

struct start {
	struct filter filter;
	char *const *command;
	const struct guest_inheritance *inheritance;
	int notify;
	pid_t guest; /* or a negative errno */
};

/* In the guest. Nothing here is a trapped call: nobody answers yet. */
static void become(const struct start *start)
{
	setrlimit(RLIMIT_NOFILE, &start->inheritance->files);
	sigaction(SIGCHLD, &start->inheritance->child, NULL);
	sigprocmask(SIG_SETMASK, &start->inheritance->mask, NULL);
	execvp(start->command[0], start->command);

	int error = errno;
	dprintf(STDERR_FILENO, "berth: %s: %s\n", start->command[0], strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

static void *filtered_thread(void *argument)
{
	struct start *start = argument;
	start->notify = filter_install(&start->filter);
	start->guest = start->notify < 0 ? start->notify : fork();
	if (start->guest == 0)
		become(start);
	if (start->guest < 0 && start->notify >= 0) {
		start->guest = -errno;
		close(start->notify);
	}
	return NULL;
}

pid_t guest_start(char *const command[], bool files, const struct guest_inheritance *inheritance,
		  int *notify)
{
	struct start start = { .command = command, .inheritance = inheritance };
	int result = filter_make(&start.filter, files);
	if (result < 0)
		return result;

	pthread_t thread;
	result = pthread_create(&thread, NULL, filtered_thread, &start);
	if (result == 0)
		pthread_join(thread, NULL);
	filter_free(&start.filter);
	*notify = start.notify;
	return result ? -result : start.guest;
}
