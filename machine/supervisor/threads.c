#include "supervisor/threads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.9: a pidfd of a thread, rather than of its process. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

void threads_init(struct threads *threads)
{
	*threads = (struct threads){ 0 };
}

void threads_close(struct threads *threads)
{
	for (int i = 0; i < THREADS_KEPT; i++)
		if (threads->kept[i].thread)
			close(threads->kept[i].pidfd);
	threads_init(threads);
}

static int pidfd_open_raw(pid_t pid, unsigned flags)
{
	long result = syscall(SYS_pidfd_open, pid, flags);
	return result < 0 ? -errno : (int)result;
}

pid_t threads_process(pid_t thread)
{
	char path[40], line[128];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)thread);
	FILE *status = fopen(path, "re");
	int process = 0;
	while (status && fgets(line, sizeof(line), status) &&
	       sscanf(line, "Tgid: %d", &process) != 1)
		continue;
	if (status)
		fclose(status);
	return process;
}

/* Older kernels know only processes. There *keep is false unless the thread is its process's first: for any other, the
 * number might pass to a thread of another process while this one lives. */
static int open_thread(pid_t thread, int *keep)
{
	*keep = 1;
	int pidfd = pidfd_open_raw(thread, PIDFD_THREAD);
	if (pidfd != -EINVAL)
		return pidfd;

	pid_t process = threads_process(thread);
	*keep = process == thread;
	return process ? pidfd_open_raw(process, 0) : -ESRCH;
}

static int duplicate(int pidfd, int descriptor)
{
	long result = syscall(SYS_pidfd_getfd, pidfd, descriptor, 0);
	return result < 0 ? -errno : (int)result;
}

static void forget(struct threads *threads, pid_t thread)
{
	int place = thread % THREADS_KEPT;
	if (threads->kept[place].thread)
		close(threads->kept[place].pidfd);
	threads->kept[place].thread = 0;
}

static void remember(struct threads *threads, pid_t thread, int pidfd)
{
	forget(threads, thread);
	threads->kept[thread % THREADS_KEPT].thread = thread;
	threads->kept[thread % THREADS_KEPT].pidfd = pidfd;
}

static int kept(const struct threads *threads, pid_t thread)
{
	int place = thread % THREADS_KEPT;
	return threads->kept[place].thread == thread ? threads->kept[place].pidfd : -1;
}

int threads_descriptor(struct threads *threads, pid_t thread, int descriptor)
{
	int pidfd = kept(threads, thread);
	int result = pidfd < 0 ? -ESRCH : duplicate(pidfd, descriptor);
	if (result != -ESRCH)
		return result;

	int keep;
	pidfd = open_thread(thread, &keep);
	if (pidfd < 0)
		return pidfd;
	result = duplicate(pidfd, descriptor);
	if (keep && result != -ESRCH)
		remember(threads, thread, pidfd);
	else
		close(pidfd);
	return result;
}

static rlim_t count_below(rlim_t limit, pid_t thread)
{
	char path[40];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)thread);
	DIR *list = opendir(path);
	rlim_t count = 0;
	for (struct dirent *entry; list && (entry = readdir(list));)
		count += entry->d_name[0] != '.' && strtoul(entry->d_name, NULL, 10) < limit;
	if (list)
		closedir(list);
	return count;
}

/* Numbers are taken from below: mostly the last one is free, and then it is quickly told. */
bool threads_have_room(struct threads *threads, pid_t thread)
{
	struct rlimit limit;
	if (prlimit(thread, RLIMIT_NOFILE, NULL, &limit) < 0)
		return true;
	if (limit.rlim_cur == 0)
		return false;
	if (limit.rlim_cur > INT_MAX)
		return true;
	int last = threads_descriptor(threads, thread, (int)limit.rlim_cur - 1);
	if (last < 0)
		return true;
	close(last);
	return count_below(limit.rlim_cur, thread) < limit.rlim_cur;
}

/* To the thread, as the kernel would; on kernels before 6.9, to its process. */
void threads_signal(struct threads *threads, pid_t thread, int signal)
{
	int keep, known = kept(threads, thread);
	int pidfd = known >= 0 ? known : open_thread(thread, &keep);
	if (pidfd < 0)
		return;
	syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	if (known < 0)
		close(pidfd);
}
