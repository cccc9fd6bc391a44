#include "supervisor/children.h"

#include "supervisor/channel.h"
#include "supervisor/held.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GRACE_NS = 2000000000, /* between SIGTERM and SIGKILL */
	AGAIN_NS =
		50000000, /* orphans come to us as their parents die: they are killed in rounds */
	LEAVE_MS = 1000,  /* at most, for a daemon that is busy */
	TOGETHER_NS = 200000000, /* one kill() of a group reaches its members within this */
};

static void tell_front(struct supervisor *supervisor, enum channel_kind kind, int value)
{
	const struct channel_message message = { .kind = kind, .value = value };
	if (supervisor->channel >= 0)
		channel_send(supervisor->channel, &message, NULL);
}

/* From here on we are nobody's job: what is left of the guests is in the background. */
static void note_end(struct supervisor *supervisor, int status)
{
	int value = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	tell_front(supervisor, CHANNEL_ENDED, value);
	if (supervisor->channel >= 0)
		close(supervisor->channel);
	supervisor->channel = -1;
	supervisor->guest = 0;
	setsid();
}

/* The last of us has ended: the daemon says that it has let go of the host before the front says that we are done, so that a
 * script may use the name again in its next line. */
static void leave_host(struct supervisor *supervisor)
{
	struct pollfd gone = { .fd = supervisor->control, .events = POLLIN };
	char rest;

	if (supervisor->control < 0)
		return;
	shutdown(supervisor->control, SHUT_WR);
	while (poll(&gone, 1, LEAVE_MS) == 1 && recv(supervisor->control, &rest, 1, 0) > 0)
		continue;
}

void children_reap(struct supervisor *supervisor)
{
	int status, ended = -1;
	pid_t child;
	held_drop_dead(supervisor);
	while ((child = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (child != supervisor->guest)
			continue;
		if (WIFSTOPPED(status))
			tell_front(supervisor, CHANNEL_STOPPED, WSTOPSIG(status));
		else
			ended = status;
	}
	supervisor->childless = child < 0 && errno == ECHILD;
	if (supervisor->childless)
		leave_host(supervisor);
	if (ended >= 0)
		note_end(supervisor, ended);
}

struct process {
	pid_t pid, parent;
	bool descends;
};

static pid_t parent_of(pid_t pid)
{
	char path[40], text[256];
	int parent = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *stat = fopen(path, "re");
	size_t size = stat ? fread(text, 1, sizeof(text) - 1, stat) : 0;
	if (stat)
		fclose(stat);
	text[size] = 0;
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

/* All processes there are; *count of them. NULL: no memory, or no /proc. */
static struct process *list_processes(size_t *count)
{
	DIR *proc = opendir("/proc");
	struct process *list = NULL;
	size_t room = 0;
	*count = 0;
	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (*count == room) {
			room = room ? room * 2 : 256;
			struct process *larger = realloc(list, room * sizeof(*list));
			if (!larger)
				break;
			list = larger;
		}
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		list[(*count)++] = (struct process){ .pid = pid, .parent = parent_of(pid) };
	}
	if (proc)
		closedir(proc);
	return list;
}

static bool descends(const struct process *list, size_t count, pid_t parent)
{
	if (parent == getpid())
		return true;
	for (size_t i = 0; i < count; i++)
		if (list[i].pid == parent)
			return list[i].descends;
	return false;
}

/* Marks generation after generation until one adds nothing. */
static void mark_descendants(struct process *list, size_t count)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < count; i++)
			if (!list[i].descends && descends(list, count, list[i].parent))
				more = list[i].descends = true;
	}
}

static void signal_all(int signal)
{
	size_t count;
	struct process *list = list_processes(&count);
	mark_descendants(list, count);
	for (size_t i = 0; i < count; i++)
		if (list[i].descends)
			kill(list[i].pid, signal);
	free(list);
}

void children_end(struct supervisor *supervisor)
{
	signal_all(SIGTERM);
	signal_all(SIGCONT); /* a stopped one would not hear of it */
	supervisor->kill_at = supervisor_now() + GRACE_NS;
}

void children_kill(struct supervisor *supervisor, uint64_t now)
{
	if (!supervisor->kill_at || now < supervisor->kill_at)
		return;
	signal_all(SIGKILL);
	supervisor->kill_at = now + AGAIN_NS;
}

void children_note_signal(struct supervisor *supervisor, int signal, pid_t from)
{
	if (signal < 1 || signal > 64)
		return;
	supervisor->seen_from[signal] = from;
	supervisor->seen_at[signal] = supervisor_now();
}

static bool was_for_all(struct supervisor *supervisor, int signal, pid_t from)
{
	bool seen = supervisor->seen_from[signal] == from &&
		    supervisor_now() - supervisor->seen_at[signal] < TOGETHER_NS;
	supervisor->seen_from[signal] = 0;
	return seen && getpgid(supervisor->guest) == getpgrp();
}

void children_signal(struct supervisor *supervisor, int signal, pid_t from)
{
	if (signal < 1 || signal > 64 || !supervisor->guest)
		return;
	if (!was_for_all(supervisor, signal, from))
		kill(supervisor->guest, signal);
}
