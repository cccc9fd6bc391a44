/* files: open(), openat() and openat2() for reading, and uname(): what tells of the network is answered for the host, all else
 * is the kernel's. The path is copied once; another thread may change it before the kernel reads it, and so reach the
 * machine's file: this keeps programs from being told wrong things, and is no sandbox.
 *
 * Every file that a guest opens comes here, so the common answer is quick: its last name is none that matters. */
#include "inquiry/path.h"
#include "supervisor/calls.h"
#include "supervisor/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	PAGE = 4096, /* the least that any architecture has: what lies on one is there, or none of it */
};

/* As open(2) and its successors have them. */
struct opening {
	int directory;
	uint64_t path;
	uint64_t flags;
};

/* 0, or -EFAULT; -ENAMETOOLONG. Page by page: what is behind the path may not be there. */
static int read_path(const struct call *call, uint64_t from, char path[PATH_MAX])
{
	for (size_t at = 0; at < PATH_MAX;) {
		size_t part = PAGE - (size_t)((from + at) % PAGE);
		if (part > PATH_MAX - at)
			part = PATH_MAX - at;
		if (memory_read(call_thread(call), from + at, path + at, part) < 0)
			return -EFAULT;
		if (memchr(path + at, '\0', part))
			return 0;
		at += part;
	}
	return -ENAMETOOLONG;
}

/* Where a path that is not absolute begins: the directory that the descriptor is, or the thread's own. */
static bool make_absolute(const struct call *call, int directory, const char *path,
			  char absolute[2 * PATH_MAX])
{
	char link[64];
	if (path[0] == '/') {
		strcpy(absolute, path);
		return true;
	}
	if (directory == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", (int)call_thread(call));
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)call_thread(call), directory);
	ssize_t size = readlink(link, absolute, PATH_MAX - 1);
	if (size <= 0 || absolute[0] != '/')
		return false;
	absolute[size] = '/';
	strcpy(absolute + size + 1, path);
	return true;
}

static void answer_file(struct supervisor *supervisor, struct call *call,
			const struct control_message *reply)
{
	int result = reply->header.a;
	if (result == 0 && call->extra < 0)
		result = -ENFILE;
	if (result == 0)
		result = call_give(supervisor, call, call->extra, call->cloexec);
	if (result < 0 && result != -ENOENT) {
		call_answer(supervisor, call, result);
	} else if (reply->header.a == -ENOENT) { /* of the daemon's: there is no such file */
		call_answer(supervisor, call, -ENOENT);
	}
}

static void open_file(struct supervisor *supervisor, struct call *call,
		      const struct opening *opening)
{
	char path[PATH_MAX], absolute[2 * PATH_MAX];
	const char *name = NULL;
	if (read_path(call, opening->path, path) == 0 && path_may_tell(path) &&
	    make_absolute(call, opening->directory, path, absolute))
		name = path_tells(absolute);
	if (!name) {
		call_continue(supervisor, call);
		return;
	}
	const struct question question = { .kind = CONTROL_FILE,
					   .data = name,
					   .size = strlen(name) };
	call->cloexec = opening->flags & O_CLOEXEC ? O_CLOEXEC : 0;
	call_ask(supervisor, call, &question, answer_file);
}

void call_openat(struct supervisor *supervisor, struct call *call)
{
	const struct opening opening = { call_int(call, 0), call_argument(call, 1),
					 call_argument(call, 2) };
	open_file(supervisor, call, &opening);
}

void call_open(struct supervisor *supervisor, struct call *call)
{
	const struct opening opening = { AT_FDCWD, call_argument(call, 0), call_argument(call, 1) };
	open_file(supervisor, call, &opening);
}

/* Which openings do not only read is in the guest's memory: the filter could not see. */
void call_openat2(struct supervisor *supervisor, struct call *call)
{
	struct open_how how = { 0 };
	struct opening opening = { call_int(call, 0), call_argument(call, 1), 0 };
	bool reads = call_argument(call, 3) >= sizeof(how) &&
		     memory_read(call_thread(call), call_argument(call, 2), &how, sizeof(how)) == 0;
	opening.flags = how.flags;
	if (reads && !(how.flags & (O_ACCMODE | O_DIRECTORY | O_CREAT | O_PATH)))
		open_file(supervisor, call, &opening);
	else
		call_continue(supervisor, call);
}

/* The machine's own answer, with the host's name as the node's. */
void call_uname(struct supervisor *supervisor, struct call *call)
{
	struct utsname answer;
	const char *name = getenv("BERTH_HOST");
	int result = uname(&answer) < 0 ? -errno : 0;
	if (result == 0 && name) {
		memset(answer.nodename, 0, sizeof(answer.nodename));
		strncpy(answer.nodename, name, sizeof(answer.nodename) - 1);
	}
	if (result == 0)
		result = call_write(supervisor, call, call_argument(call, 0), &answer,
				    sizeof(answer));
	call_answer(supervisor, call, result);
}
