/* berth doctor: can this machine run Berth? One line a question, "ok", "warn" or "fail", and what to do about it. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor_seccomp.h"

enum verdict { OK, WARN, FAIL };

struct finding {
	enum verdict verdict;
	char what[160];
	const char *remedy; /* NULL: none is needed */
};

static long read_number(const char *path)
{
	char text[32] = "";
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0)
		return -1;
	ssize_t size = read(file, text, sizeof text - 1);
	close(file);
	return size > 0 ? strtol(text, NULL, 10) : -1;
}

static void look_at_kernel(struct finding *finding)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	snprintf(finding->what, sizeof finding->what, "Linux %.60s", name.release);
	if (major * 1000 + minor >= 6006)
		return;
	finding->verdict = major * 1000 + minor >= 5014 ? WARN : FAIL;
	finding->remedy = finding->verdict == WARN
				  ? "Linux 6.6 or later makes calls of guests faster"
				  : "Berth needs Linux 5.14: run it on a later kernel";
}

static void look_at_notifications(struct finding *finding)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;
	struct seccomp_notif_sizes sizes;

	snprintf(finding->what, sizeof finding->what, "seccomp user notification");
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 &&
	    syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0)
		return;
	finding->verdict = FAIL;
	finding->remedy = "the kernel lacks CONFIG_SECCOMP_FILTER, or a container's profile "
			  "forbids seccomp(2): allow it";
}

/* Only one listener can watch a tree of processes: seccomp(2), EBUSY. */
static void look_at_listener(struct finding *finding)
{
	int error = doctor_try_listener();

	snprintf(finding->what, sizeof finding->what, "no other seccomp listener above us");
	if (!error)
		return;
	finding->verdict = FAIL;
	if (error == EBUSY && getenv("BERTH_HOST")) {
		finding->verdict = OK;
		snprintf(finding->what, sizeof finding->what,
			 "inside host %.60s: berth run asks the outer berth", getenv("BERTH_HOST"));
	} else if (error == EBUSY) {
		finding->remedy = "whatever started this shell watches it (WSL2 mirrored "
				  "networking, a sandbox): start from outside it";
	} else {
		finding->remedy =
			"a filter could not be installed: leave the sandbox that forbids it";
	}
}

static void look_at_yama(struct finding *finding)
{
	long scope = read_number("/proc/sys/kernel/yama/ptrace_scope");

	if (scope < 0)
		snprintf(finding->what, sizeof finding->what, "Yama is not there");
	else
		snprintf(finding->what, sizeof finding->what, "Yama ptrace_scope is %ld", scope);
	if (scope <= 1)
		return;
	finding->verdict = geteuid() == 0 && scope == 2 ? WARN : FAIL;
	finding->remedy =
		"sysctl kernel.yama.ptrace_scope=1, so that a parent may read its children";
}

static pid_t start_child(void)
{
	pid_t child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	return child;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void look_at_memory(struct finding *finding)
{
	static int here = 42;
	int there = 0;
	struct iovec local = { &there, sizeof there }, remote = { &here, sizeof here };
	pid_t child = start_child();
	bool read_it = child > 0 &&
		       process_vm_readv(child, &local, 1, &remote, 1, 0) == (ssize_t)sizeof there;

	snprintf(finding->what, sizeof finding->what, "a child's memory can be read");
	if (!read_it) {
		finding->verdict = FAIL;
		finding->remedy = "a container's profile forbids process_vm_readv(2): allow it, or "
				  "add CAP_SYS_PTRACE";
	}
	if (child > 0)
		end_child(child);
}

static bool copy_descriptor_of(pid_t child)
{
	int process = (int)syscall(SYS_pidfd_open, child, 0);
	int copy = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, STDERR_FILENO, 0);

	if (copy >= 0)
		close(copy);
	if (process >= 0)
		close(process);
	return copy >= 0;
}

static void look_at_descriptors(struct finding *finding)
{
	pid_t child = start_child();

	snprintf(finding->what, sizeof finding->what, "a child's descriptors can be duplicated");
	if (child < 0 || !copy_descriptor_of(child)) {
		finding->verdict = FAIL;
		finding->remedy = "a container's profile forbids pidfd_getfd(2): allow it, or add "
				  "CAP_SYS_PTRACE";
	}
	if (child > 0)
		end_child(child);
}

/* A watch a socket that is not connected: machine/daemon/watch.h. */
static void look_at_inotify(struct finding *finding)
{
	long watches = read_number("/proc/sys/fs/inotify/max_user_watches");
	int inotify = inotify_init1(IN_CLOEXEC);

	snprintf(finding->what, sizeof finding->what, "inotify: %ld watches a user", watches);
	if (inotify < 0) {
		finding->verdict = FAIL;
		finding->remedy = "sysctl fs.inotify.max_user_instances=1024";
	} else if (watches < 8192) {
		finding->verdict = WARN;
		finding->remedy = "sysctl fs.inotify.max_user_watches=65536, or few sockets can be "
				  "listening or connecting";
	}
	if (inotify >= 0)
		close(inotify);
}

static void look_at_limit(struct finding *finding)
{
	struct rlimit limit = { 0 };

	getrlimit(RLIMIT_NOFILE, &limit);
	snprintf(finding->what, sizeof finding->what, "%llu descriptors a process at most",
		 (unsigned long long)limit.rlim_max);
	if (limit.rlim_max >= 4096)
		return;
	finding->verdict = WARN;
	finding->remedy =
		"a LAN needs one for each connection: raise nofile's hard limit in limits.conf(5)";
}

static void look_at_directory(struct finding *finding)
{
	char path[108];
	int error = control_path("default", path, sizeof path, 1);

	if (!error) {
		*strrchr(path, '/') = '\0';
		snprintf(finding->what, sizeof finding->what, "sockets are in %.120s", path);
		return;
	}
	snprintf(finding->what, sizeof finding->what, "no directory for sockets: %s",
		 strerror(-error));
	finding->verdict = FAIL;
	finding->remedy = "set XDG_RUNTIME_DIR to a directory of your own, of a short name";
}

static void (*const looks[])(struct finding *finding) = {
	look_at_kernel,  look_at_notifications, look_at_listener,
	look_at_yama,    look_at_memory,        look_at_descriptors,
	look_at_inotify, look_at_limit,         look_at_directory,
};

int command_doctor(int argc, char **argv)
{
	static const char *const words[] = { "ok  ", "warn", "fail" };
	int status = 0;
	(void)argv;

	if (argc > 1)
		return fail("doctor takes no operand: \"berth help doctor\"");
	for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
		struct finding finding = { 0 };
		looks[i](&finding);
		printf("%s  %s%s%s\n", words[finding.verdict], finding.what,
		       finding.remedy ? "  -> " : "", finding.remedy ? finding.remedy : "");
		if (finding.verdict == FAIL)
			status = 1;
	}
	return status;
}
