/* datagram_receive: recvfrom, recvmsg and recvmmsg on a carrier of datagrams: received through our duplicate, with the origin
 * that came beside it. Where none came, it is from the peer that the socket is connected to, whose name the daemon knows. */
#include "supervisor/calls.h"
#include "supervisor/datagrams.h"
#include "supervisor/memory.h"
#include "supervisor/notify.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD_MOST = 65536 }; /* more than UDP carries */

/* What came with a datagram. */
struct arrival {
	size_t size; /* the datagram's, however much of it fitted */
	size_t part; /* what of it is in the scratch */
	int flags;
	bool has_origin;
	struct carrier_origin origin;
};

static void read_origin(struct msghdr *message, struct arrival *arrival)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int file;

	arrival->has_origin = false;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
		return;
	memcpy(&file, CMSG_DATA(header), sizeof(file));
	ssize_t size = pread(file, &arrival->origin, sizeof(arrival->origin), 0);
	arrival->has_origin = size == (ssize_t)sizeof(arrival->origin);
	close(file);
}

/* 0, or a negative errno. */
static int receive(struct supervisor *supervisor, const struct call *call, struct arrival *arrival)
{
	_Alignas(struct cmsghdr) char beside[CMSG_SPACE(sizeof(int))];
	size_t room = datagrams_size(call, PAYLOAD_MOST);
	struct iovec piece = { supervisor->scratch, room < PAYLOAD_MOST ? room : PAYLOAD_MOST };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = beside,
				  .msg_controllen = sizeof(beside) };
	int flags = (call->transfer.flags & MSG_PEEK) | MSG_TRUNC | MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
	ssize_t size = recvmsg(call->descriptor, &message, flags);
	if (size < 0)
		return -errno;
	read_origin(&message, arrival);
	arrival->size = (size_t)size;
	arrival->part = arrival->size < piece.iov_len ? arrival->size : piece.iov_len;
	arrival->flags = message.msg_flags & MSG_TRUNC;
	return 0;
}

/* put_cmsg of Linux: what does not fit is left out, and said. Returns bytes written, or a negative errno. */
static int64_t write_control(const struct supervisor *supervisor, struct call *call,
			     const struct arrival *arrival)
{
	struct datagrams *datagrams = &call->datagrams;
	size_t size = arrival->has_origin ? arrival->origin.control_size : 0;

	if (size > datagrams->control_size) {
		datagrams->out_flags |= MSG_CTRUNC;
		size = 0;
	}
	int result = size ? call_write(supervisor, call, datagrams->control,
				       arrival->origin.control, size)
			  : 0;
	return result < 0 ? result : (int64_t)size;
}

static int write_header(const struct supervisor *supervisor, const struct call *call,
			uint32_t address_size, uint64_t control_size)
{
	const uint64_t at = call->transfer.header;
	const int32_t flags = call->datagrams.out_flags | (call->transfer.flags & MSG_CMSG_CLOEXEC);
	int result = call_write(supervisor, call, at + offsetof(struct msghdr, msg_controllen),
				&control_size, sizeof(control_size));
	if (result == 0 && call->datagrams.name)
		result = memory_write(call_thread(call), at + offsetof(struct msghdr, msg_namelen),
				      &address_size, sizeof(address_size));
	if (result == 0)
		result = memory_write(call_thread(call), at + offsetof(struct msghdr, msg_flags),
				      &flags, sizeof(flags));
	return result;
}

/* recvfrom has the room for the address in a place of its own, a msghdr inside. */
static int write_name(const struct supervisor *supervisor, const struct call *call,
		      const void *address, uint32_t size)
{
	const struct datagrams *datagrams = &call->datagrams;
	if (!datagrams->name)
		return 0;
	if (!call->transfer.header)
		return call_write_address(supervisor, call, datagrams->name, call_argument(call, 5),
					  address, size);
	uint32_t room = (uint32_t)datagrams->name_size;
	return call_write(supervisor, call, datagrams->name, address, size < room ? size : room);
}

/* A thread that was killed may have left its number to another. */
static int write_payload(const struct supervisor *supervisor, const struct call *call, size_t size)
{
	if (!notify_valid(supervisor->notify, call->request.id))
		return -ENOENT;
	return memory_scatter(call_thread(call), call->transfer.pieces, call->transfer.count,
			      supervisor->scratch, size);
}

static int64_t size_to_return(const struct call *call, const struct arrival *arrival)
{
	return (int64_t)(call->transfer.flags & MSG_TRUNC ? arrival->size : arrival->part);
}

/* Everything but the payload, which the guest has already. */
static int finish(const struct supervisor *supervisor, struct call *call,
		  const struct arrival *arrival, const void *address, uint32_t address_size)
{
	int result = write_name(supervisor, call, address, address_size);
	if (result == 0 && call->transfer.header) {
		int64_t control = write_control(supervisor, call, arrival);
		result = control < 0
				 ? (int)control
				 : write_header(supervisor, call, address_size, (uint64_t)control);
	}
	return result < 0 ? result : datagrams_count(supervisor, call, call->datagrams.size);
}

static call_step receive_on;

static void answer_peer(struct supervisor *supervisor, struct call *call,
			const struct control_message *reply)
{
	struct datagrams *datagrams = &call->datagrams;
	const struct arrival arrival = { 0 };

	datagrams->peer_known = true;
	datagrams->peer_size = 0;
	if (reply->header.a == 0 && reply->header.size <= sizeof(datagrams->peer)) {
		datagrams->peer_size = reply->header.size;
		memcpy(&datagrams->peer, reply->data, reply->header.size);
	}
	int result = finish(supervisor, call, &arrival, &datagrams->peer, datagrams->peer_size);
	if (result < 0)
		datagrams_end(supervisor, call, result);
	else
		receive_on(supervisor, call);
}

/* The carrier has one number for all errors; the daemon knows which it was. */
static void answer_error(struct supervisor *supervisor, struct call *call,
			 const struct control_message *reply)
{
	int error = 0;
	if (reply->header.a == 0 && reply->header.size == sizeof(error))
		memcpy(&error, reply->data, sizeof(error));
	datagrams_end(supervisor, call, error ? -error : -ECONNREFUSED);
}

static void ask_error(struct supervisor *supervisor, struct call *call)
{
	const struct question question = {
		.kind = CONTROL_GETSOCKOPT, .a = SOL_SOCKET, .b = SO_ERROR, .c = sizeof(int)
	};
	call->interruptible = false; /* it is told once: to this call */
	call_ask(supervisor, call, &question, answer_error);
}

/* Whoever shut down the reading way reads 0 where he would wait. */
static bool is_shut(const struct call *call)
{
	struct pollfd state = { .fd = call->descriptor, .events = POLLRDHUP };
	return poll(&state, 1, 0) == 1 && (state.revents & POLLRDHUP) != 0;
}

static void wait_for_more(struct supervisor *supervisor, struct call *call)
{
	bool one_will_do = call->transfer.flags & MSG_WAITFORONE && call->datagrams.done > 0;
	if (one_will_do || !transfer_waits(call)) {
		datagrams_end(supervisor, call, -EAGAIN);
	} else if (is_shut(call)) {
		datagrams_end(supervisor, call, 0);
	} else {
		call_may_be_interrupted(supervisor, call, SO_RCVTIMEO, -EAGAIN);
		call_wait(supervisor, call, EPOLLIN | EPOLLRDHUP, receive_on);
	}
}

/* True: it is done; false: the call has ended, or waits. */
static bool receive_one(struct supervisor *supervisor, struct call *call)
{
	struct datagrams *datagrams = &call->datagrams;
	struct arrival arrival;
	int result = receive(supervisor, call, &arrival);
	if (result == -EAGAIN) {
		wait_for_more(supervisor, call);
		return false;
	}
	if (result == -ECONNRESET) {
		ask_error(supervisor, call);
		return false;
	}
	if (result == 0)
		result = write_payload(supervisor, call, arrival.part);
	datagrams->size = (size_t)size_to_return(call, &arrival);
	datagrams->out_flags = arrival.flags;
	if (result == 0 && datagrams->name && !arrival.has_origin && !datagrams->peer_known) {
		const struct question question = { .kind = CONTROL_GETPEERNAME };
		call->interruptible = false; /* the datagram is the guest's */
		call_ask(supervisor, call, &question, answer_peer);
		return false;
	}
	if (result == 0 && arrival.has_origin)
		result = finish(supervisor, call, &arrival, arrival.origin.address,
				arrival.origin.address_size);
	else if (result == 0)
		result = finish(supervisor, call, &arrival, &datagrams->peer, datagrams->peer_size);
	if (result < 0)
		datagrams_end(supervisor, call, result);
	return result == 0;
}

/* recvmmsg's timeout is looked at after each datagram, and only then: recvmmsg(2), BUGS. */
static bool is_time_up(const struct call *call)
{
	return call->datagrams.until != UINT64_MAX && call->datagrams.done > 0 &&
	       supervisor_now() >= call->datagrams.until;
}

static void receive_on(struct supervisor *supervisor, struct call *call)
{
	while (datagrams_more(call) && !is_time_up(call)) {
		int result = datagrams_load(call);
		if (result < 0) {
			datagrams_end(supervisor, call, result);
			return;
		}
		if (!receive_one(supervisor, call))
			return;
	}
	datagrams_end(supervisor, call, 0);
}

/* The carrier's own error, which told of it, is over with it. */
static void take_native_error(const struct call *call)
{
	int unused;
	socklen_t size = sizeof(unused);
	getsockopt(call->descriptor, SOL_SOCKET, SO_ERROR, &unused, &size);
}

static void answer_failure(struct supervisor *supervisor, struct call *call,
			   const struct control_message *reply)
{
	struct arrival arrival = { .has_origin = true };
	int result = reply->header.a;
	if (result >= 0 && reply->header.size == sizeof(arrival.origin) + (size_t)result) {
		take_native_error(call);
		arrival.size = arrival.part = (size_t)result;
		memcpy(&arrival.origin, reply->data, sizeof(arrival.origin));
		memcpy(supervisor->scratch, reply->data + sizeof(arrival.origin), arrival.part);
		call->datagrams.size = arrival.size;
		call->datagrams.out_flags = MSG_ERRQUEUE;
		result = write_payload(supervisor, call, arrival.part);
	}
	if (result >= 0)
		result = finish(supervisor, call, &arrival, arrival.origin.address,
				arrival.origin.address_size);
	datagrams_end(supervisor, call, result);
}

/* MSG_ERRQUEUE never waits, and of several messages takes one. */
static void receive_failure(struct supervisor *supervisor, struct call *call)
{
	int result = datagrams_more(call) ? datagrams_load(call) : 0;
	if (result < 0 || !datagrams_more(call)) {
		datagrams_end(supervisor, call, result);
		return;
	}
	const struct question question = { .kind = CONTROL_FAILURE,
					   .a = (int32_t)datagrams_size(call, PAYLOAD_MOST) };
	call_ask(supervisor, call, &question, answer_failure);
}

static void begin(struct supervisor *supervisor, struct call *call, int flags)
{
	call->transfer.flags = flags;
	if (flags & MSG_ERRQUEUE)
		receive_failure(supervisor, call);
	else
		receive_on(supervisor, call);
}

/* MSG_TRUNC of datagrams is native where no address is asked for. */
void call_datagram_recvfrom(struct supervisor *supervisor, struct call *call)
{
	int flags = call_int(call, 3);
	call->datagrams.until = UINT64_MAX;
	call->datagrams.name = call_argument(call, 4);
	if (!call->datagrams.name && !(flags & MSG_ERRQUEUE)) {
		call_continue(supervisor, call);
		return;
	}
	transfer_one(call, call_argument(call, 1), call_argument(call, 2));
	datagrams_one(call, 0);
	begin(supervisor, call, flags);
}

void call_datagram_recvmsg(struct supervisor *supervisor, struct call *call)
{
	call->datagrams.until = UINT64_MAX;
	datagrams_one(call, call_argument(call, 1));
	begin(supervisor, call, call_int(call, 2));
}

/* 0, or a negative errno. */
static int read_timeout(struct call *call, uint64_t at)
{
	struct timespec timeout;
	call->datagrams.until = UINT64_MAX;
	if (!at)
		return 0;
	if (memory_read(call_thread(call), at, &timeout, sizeof(timeout)) < 0)
		return -EFAULT;
	if (timeout.tv_sec < 0 || timeout.tv_nsec < 0 || timeout.tv_nsec > 999999999)
		return -EINVAL;
	call->datagrams.until = supervisor_now() + (uint64_t)timeout.tv_sec * 1000000000u +
				(uint64_t)timeout.tv_nsec;
	return 0;
}

void call_datagram_recvmmsg(struct supervisor *supervisor, struct call *call)
{
	int result = read_timeout(call, call_argument(call, 4));
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	datagrams_many(call, call_argument(call, 1), (uint32_t)call_int(call, 2));
	begin(supervisor, call, call_int(call, 3));
}
