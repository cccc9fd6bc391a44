/* accept: the guest's listener is a listening AF_UNIX socket to which the daemon connects once a connection; the name it
 * connects from tells whose it is. */
#include "supervisor/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { RETURNED_NS = 1000000000 }; /* how long a connection that could not be handed over is kept */

static bool is_ours(int descriptor)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == geteuid();
}

/* The next connection of the listener's queue as a descriptor, or a negative errno. What strangers connected to it is
 * closed. The listener may block (its mode is the guest's business): it is accepted from only when something waits. */
static int take(const struct call *call, struct carrier_name *name)
{
	for (;;) {
		struct pollfd waiting = { .fd = call->descriptor, .events = POLLIN };
		if (poll(&waiting, 1, 0) != 1)
			return -EAGAIN;
		struct sockaddr_storage from;
		socklen_t size = sizeof(from);
		int accepted =
			accept4(call->descriptor, (struct sockaddr *)&from, &size, SOCK_CLOEXEC);
		if (accepted < 0)
			return -errno;
		if (carrier_name_read(&from, size, name) && is_ours(accepted))
			return accepted;
		close(accepted);
	}
}

/* Tells the daemon first: whatever the guest does with its new descriptor comes after. */
static int adopt(struct supervisor *supervisor, const struct call *call, int accepted,
		 const struct carrier_name *name)
{
	uint64_t inode;
	if (carrier_mark(accepted) < 0 || !carrier_is(accepted, &inode))
		return -ENOBUFS;
	/* A byte that stays unread at the daemon's end: without it a reset would look like the stream's end. */
	bool kept = send(accepted, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
	const struct question question = { .kind = CONTROL_ACCEPTED,
					   .a = kept,
					   .b = (int32_t)(uint32_t)name->connection,
					   .c = (int32_t)(uint32_t)(name->connection >> 32),
					   .data = &inode,
					   .size = sizeof(inode) };
	return call_tell(supervisor, call->inode, &question) ? 0 : -ENETDOWN;
}

static void drop_returned(struct returned *returned)
{
	if (returned->listener)
		close(returned->descriptor);
	returned->listener = 0;
}

/* A connection has its listener's options (sk_clone_lock of Linux). Those that native reads and writes go by are the
 * carriers': mostly none is set. */
static void inherit(int listener, int accepted)
{
	static const int names[] = { SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVLOWAT };
	static const int fresh_low_water = 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct timeval value = { 0 }; /* or an int in front */
		socklen_t size = sizeof(value);
		getsockopt(listener, SOL_SOCKET, names[i], &value, &size);
		bool is_set = size == sizeof(int) ? memcmp(&value, &fresh_low_water, size) != 0
						  : value.tv_sec || value.tv_usec;
		if (is_set)
			setsockopt(accepted, SOL_SOCKET, names[i], &value, size);
	}
}

/* Keeps a connection for the listener's next accept; in the place of the oldest, where all are taken. */
static void put_back(struct supervisor *supervisor, uint64_t listener, int descriptor,
		     const struct carrier_name *name)
{
	struct returned *place = &supervisor->returned[0];
	for (int i = 0; i < SUPERVISOR_RETURNED_MOST && place->listener; i++) {
		struct returned *other = &supervisor->returned[i];
		if (!other->listener || other->until < place->until)
			place = other;
	}
	drop_returned(place);
	*place = (struct returned){ listener, descriptor, *name, supervisor_now() + RETURNED_NS };
	if (place->until < supervisor->returned_until)
		supervisor->returned_until = place->until;
}

void accept_drop_returned(struct supervisor *supervisor, uint64_t now)
{
	if (now < supervisor->returned_until)
		return;
	supervisor->returned_until = UINT64_MAX;
	for (int i = 0; i < SUPERVISOR_RETURNED_MOST; i++) {
		struct returned *returned = &supervisor->returned[i];
		if (returned->until <= now)
			drop_returned(returned);
		else if (returned->listener && returned->until < supervisor->returned_until)
			supervisor->returned_until = returned->until;
	}
}

static int take_returned(struct supervisor *supervisor, uint64_t listener,
			 struct carrier_name *name)
{
	for (int i = 0; i < SUPERVISOR_RETURNED_MOST; i++) {
		struct returned *returned = &supervisor->returned[i];
		if (returned->listener != listener)
			continue;
		returned->listener = 0;
		*name = returned->name;
		return returned->descriptor;
	}
	return -EAGAIN;
}

static socklen_t size_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

/* As Linux: an address that cannot be written loses the connection. */
static void hand_over(struct supervisor *supervisor, struct call *call, int accepted,
		      const struct carrier_name *name)
{
	int flags = call->transfer.flags, result = 0;
	uint64_t listener = call->inode, address = call_argument(call, 1);
	if (flags & SOCK_NONBLOCK)
		fcntl(accepted, F_SETFL, O_RDWR | O_NONBLOCK);
	if (address)
		result = call_write_address(supervisor, call, address, call_argument(call, 2),
					    &name->peer, size_of(&name->peer));
	if (result < 0 && result != -ENOENT) {
		close(accepted);
		call_answer(supervisor, call, result);
		return;
	}

	result = call_give(supervisor, call, accepted, flags & SOCK_CLOEXEC ? O_CLOEXEC : 0);
	if (result == 0) {
		close(accepted);
		return;
	}
	fcntl(accepted, F_SETFL, O_RDWR);
	put_back(supervisor, listener, accepted, name);
	if (result != -ENOENT)
		call_answer(supervisor, call, result);
}

static void accept_next(struct supervisor *supervisor, struct call *call)
{
	struct carrier_name name;
	int accepted = take_returned(supervisor, call->inode, &name);
	if (accepted < 0) {
		accepted = take(call, &name);
		int result = accepted < 0 ? accepted : adopt(supervisor, call, accepted, &name);
		if (result >= 0)
			inherit(call->descriptor, accepted);
		if (accepted >= 0 && result < 0) {
			close(accepted);
			accepted = result;
		}
	}

	if (accepted >= 0) {
		hand_over(supervisor, call, accepted, &name);
	} else if (accepted != -EAGAIN || call_does_not_wait(call)) {
		call_answer(supervisor, call, accepted);
	} else {
		call_may_be_interrupted(supervisor, call, SO_RCVTIMEO, -EAGAIN);
		call_wait(supervisor, call, EPOLLIN, accept_next);
	}
}

/* In Linux's order: flags, a number for the descriptor, and only then the socket. One that does not listen is readable for
 * poll, or says POLLHUP: accept would say the same EINVAL, but a stream socket that is connected and has data waits for
 * nothing. */
static int judge(struct supervisor *supervisor, const struct call *call, int flags)
{
	int listens = 0;
	socklen_t size = sizeof(listens);
	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	if (!threads_have_room(&supervisor->threads, call_thread(call)))
		return -EMFILE;
	getsockopt(call->descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	return listens ? 0 : -EINVAL;
}

static void accept_begin(struct supervisor *supervisor, struct call *call, int flags)
{
	int refusal = judge(supervisor, call, flags);
	if (refusal < 0) {
		call_answer(supervisor, call, refusal);
		return;
	}
	call->transfer.flags = flags;
	accept_next(supervisor, call);
}

void call_accept(struct supervisor *supervisor, struct call *call)
{
	accept_begin(supervisor, call, 0);
}

void call_accept4(struct supervisor *supervisor, struct call *call)
{
	accept_begin(supervisor, call, call_int(call, 3));
}
