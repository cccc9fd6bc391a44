#include "supervisor/notify.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

/* Linux 6.6's, newer than the headers of many machines that run it. */
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#endif

void notify_set_up(int notify)
{
	ioctl(notify, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

/* RECV waits for ever when the last guest dies; so poll comes first. A guest that dies between the two is ENOENT. */
bool notify_next(int notify, bool ready, struct seccomp_notif *request)
{
	struct pollfd waiting = { .fd = notify, .events = POLLIN };
	if (!ready && (poll(&waiting, 1, 0) != 1 || !(waiting.revents & POLLIN)))
		return false;

	*request = (struct seccomp_notif){ 0 }; /* the kernel insists */
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, request) == 0;
}

bool notify_valid(int notify, uint64_t id)
{
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

bool notify_answer(int notify, uint64_t id, int64_t value)
{
	struct seccomp_notif_resp answer = { .id = id };
	if (value < 0)
		answer.error = (int32_t)value;
	else
		answer.val = value;
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

bool notify_continue(int notify, uint64_t id)
{
	struct seccomp_notif_resp answer = { .id = id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

static int add(int notify, const struct seccomp_notif_addfd *what)
{
	return ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, what) < 0 ? -errno : 0;
}

int notify_give(int notify, uint64_t id, int descriptor, int cloexec)
{
	const struct seccomp_notif_addfd what = { .id = id,
						  .flags = SECCOMP_ADDFD_FLAG_SEND,
						  .srcfd = (uint32_t)descriptor,
						  .newfd_flags = (uint32_t)cloexec };
	return add(notify, &what);
}

int notify_replace(int notify, uint64_t id, int descriptor, int at, int cloexec)
{
	const struct seccomp_notif_addfd what = { .id = id,
						  .flags = SECCOMP_ADDFD_FLAG_SETFD,
						  .srcfd = (uint32_t)descriptor,
						  .newfd = (uint32_t)at,
						  .newfd_flags = (uint32_t)cloexec };
	return add(notify, &what);
}
