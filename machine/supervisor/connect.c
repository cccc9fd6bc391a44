/* connect: the daemon shakes hands while the guest waits, or does not wait.
 *
 * A carrier serves one attempt to connect without waiting: when that fails it shows the end for good. So the guest's next
 * attempt gets a new carrier in the place of its descriptor (CONTROL_RETIRE). Duplicates of the descriptor made before that
 * keep the old one: programs that try again do it on the descriptor they have, or, mostly, on a new socket. */
#include "supervisor/address.h"
#include "supervisor/calls.h"
#include "supervisor/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer_connect(struct supervisor *supervisor, struct call *call,
			   const struct control_message *reply)
{
	call_answer(supervisor, call, reply->header.a);
}

static void ask_connect(struct supervisor *supervisor, struct call *call,
			const struct sockaddr_storage *address, int size, bool interruptible)
{
	bool waits = !call_does_not_wait(call);
	const struct question question = { .kind = CONTROL_CONNECT,
					   .a = !waits,
					   .data = address,
					   .size = (size_t)size,
					   .descriptor = call->descriptor };
	call->connecting = true;
	if (waits && interruptible)
		call_may_be_interrupted(supervisor, call, SO_SNDTIMEO, -EINPROGRESS);
	call_ask(supervisor, call, &question, answer_connect);
}

static bool hung_up(const struct call *call)
{
	struct pollfd state = { .fd = call->descriptor };
	return poll(&state, 1, 0) == 1 && state.revents & POLLHUP;
}

static int new_carrier(const struct call *call)
{
	int carrier = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (carrier < 0 || carrier_mark(carrier) < 0)
		return carrier;
	fcntl(carrier, F_SETFL, fcntl(call->descriptor, F_GETFL));
	return carrier;
}

/* The guest's thread waits killably from the replacement on, whether a signal came or not: only a fatal one ends this
 * attempt. */
static void connect_again(struct supervisor *supervisor, struct call *call,
			  const struct control_message *reply)
{
	struct sockaddr_storage address;
	int size = address_read(call, call_argument(call, 1), call_int(call, 2), &address);
	int result = reply->header.a < 0 ? reply->header.a : size;
	if (result >= 0)
		result =
			notify_replace(supervisor->notify, call->request.id, call->extra,
				       call_int(call, 0), call_cloexec(call, call_int(call, 0))) < 0
				? -EBADF
				: 0;
	if (result < 0 || !carrier_is(call->extra, &call->inode)) {
		call_answer(supervisor, call, result);
		return;
	}
	close(call->descriptor);
	call->descriptor = call->extra;
	call->extra = -1;
	ask_connect(supervisor, call, &address, size, false);
}

/* What the daemon says against a new carrier (an error that was not told yet, EISCONN) is connect()'s answer. */
static void replace_carrier(struct supervisor *supervisor, struct call *call)
{
	call->extra = new_carrier(call);
	if (call->extra < 0) {
		call_answer(supervisor, call, -ENOBUFS);
		return;
	}
	const struct question question = { .kind = CONTROL_RETIRE, .descriptor = call->extra };
	call_ask(supervisor, call, &question, connect_again);
}

void call_connect(struct supervisor *supervisor, struct call *call)
{
	struct sockaddr_storage address;
	int size = address_read(call, call_argument(call, 1), call_int(call, 2), &address);
	if (size < 0)
		call_answer(supervisor, call, size);
	else if (call_has_end(call) && hung_up(call))
		replace_carrier(supervisor, call);
	else
		ask_connect(supervisor, call, &address, size, true);
}

void call_connect_elsewhere(struct supervisor *supervisor, struct call *call)
{
	struct sockaddr_storage address = { 0 };
	int size = address_read(call, call_argument(call, 1), call_int(call, 2), &address);
	if (address_is_name_service(&address, size))
		call_answer(supervisor, call, -ENOENT);
	else
		call_continue(supervisor, call);
}
