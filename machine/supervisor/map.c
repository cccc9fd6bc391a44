/* map: mmap() of a packet socket's ring (daemon/ring.h). A carrier has nothing to map, and what the guest maps is found by the
 * kernel, by the number of its descriptor, after we have let the call go on. So the memory, which we make, takes the
 * carrier's place for that call; and since a place can be filled only while a call of the guest's waits, the carrier comes
 * back with the guest's next trapped one: libpcap's is a bind(). Until then a poll() of it would say that it is readable. */
#include "supervisor/calls.h"
#include "supervisor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RING_MOST = 64 << 20 }; /* more than the daemon makes a ring of */

/* Its size is for ever, or whoever writes there could be killed by whoever cuts it. */
static int make_memory(uint64_t size)
{
	int memory = memfd_create("berth-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory < 0)
		return -errno;
	if (ftruncate(memory, (off_t)size) == 0 &&
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return memory;
	close(memory);
	return -ENOMEM;
}

/* Another file of the same memory, which only the guest will have: its end is the last mapping's. */
static int open_again(int memory)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	return open(path, O_RDWR | O_CLOEXEC);
}

static struct replaced *free_place(struct supervisor *supervisor)
{
	for (int i = 0; i < SUPERVISOR_REPLACED_MOST; i++)
		if (supervisor->replaced[i].process == 0)
			return &supervisor->replaced[i];
	return NULL;
}

static void remember(struct supervisor *supervisor, struct call *call, struct replaced *place)
{
	struct stat memory;
	fstat(call->extra, &memory);
	*place = (struct replaced){
		.process = threads_process(call_thread(call)),
		.at = call_int(call, 4),
		.cloexec = call_cloexec(call, call_int(call, 4)),
		.carrier = call->descriptor,
		.memory = memory.st_ino,
	};
	call->descriptor = -1;
	supervisor->replaced_count++;
}

static void forget(struct supervisor *supervisor, struct replaced *place)
{
	close(place->carrier);
	place->process = 0;
	supervisor->replaced_count--;
}

static void answer_map(struct supervisor *supervisor, struct call *call,
		       const struct control_message *reply)
{
	struct replaced *place = free_place(supervisor);
	int result = reply->header.a;
	int memory = result < 0 ? -1 : open_again(call->extra);
	if (result >= 0 && memory < 0)
		result = -ENOMEM;
	if (result >= 0) {
		int at = call_int(call, 4);
		result = notify_replace(supervisor->notify, call->request.id, memory, at,
					call_cloexec(call, at));
	}
	if (memory >= 0)
		close(memory);
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	remember(supervisor, call, place);
	call_continue(supervisor, call);
}

void call_mmap(struct supervisor *supervisor, struct call *call)
{
	const uint64_t size = call_argument(call, 1);
	if (call->type != SOCK_DGRAM || size == 0 || size > RING_MOST || !free_place(supervisor)) {
		call_continue(supervisor, call); /* -ENODEV */
		return;
	}
	call->extra = call_argument(call, 5) == 0 ? make_memory(size) : -EINVAL;
	if (call->extra < 0) {
		int error = call->extra;
		call->extra = -1;
		call_answer(supervisor, call, error);
		return;
	}
	const struct question hold = { .kind = CONTROL_RING_HOLD, .descriptor = call->descriptor };
	const struct question map = { .kind = CONTROL_RING_MAP,
				      .data = &size,
				      .size = sizeof(size),
				      .descriptor = call->extra };
	call_tell(supervisor, call->inode, &hold);
	call_ask(supervisor, call, &map, answer_map);
}

static bool is_memory(struct supervisor *supervisor, const struct call *call,
		      const struct replaced *place)
{
	struct stat found;
	int now = threads_descriptor(&supervisor->threads, call_thread(call), place->at);
	if (now < 0)
		return false;
	bool is =
		fstat(now, &found) == 0 && S_ISREG(found.st_mode) && found.st_ino == place->memory;
	close(now);
	return is;
}

void map_put_back(struct supervisor *supervisor, const struct call *call)
{
	if (supervisor->replaced_count == 0)
		return;
	pid_t process = threads_process(call_thread(call));
	for (int i = 0; i < SUPERVISOR_REPLACED_MOST; i++) {
		struct replaced *place = &supervisor->replaced[i];
		bool gone = place->process && kill(place->process, 0) < 0 && errno == ESRCH;
		if (place->process == 0 || (place->process != process && !gone))
			continue;
		if (!gone && is_memory(supervisor, call, place))
			notify_replace(supervisor->notify, call->request.id, place->carrier,
				       place->at, place->cloexec);
		forget(supervisor, place);
	}
}
