/* receive: recvfrom, recvmsg and recvmmsg on a carrier. TCP tells no address (it sets its size to 0), and MSG_TRUNC discards
 * (tcp(7)). What asks for neither goes on natively. */
#include "supervisor/calls.h"
#include "supervisor/memory.h"
#include "supervisor/transfer.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static int write_header(struct supervisor *supervisor, const struct call *call)
{
	const uint64_t at = call->transfer.header, none = 0;
	const int32_t flags = call->transfer.flags & MSG_CMSG_CLOEXEC, size = 0;
	int result = call_write(supervisor, call, at + offsetof(struct msghdr, msg_namelen), &size,
				sizeof(size));
	if (result == 0)
		result = memory_write(call_thread(call),
				      at + offsetof(struct msghdr, msg_controllen), &none,
				      sizeof(none));
	if (result == 0)
		result = memory_write(call_thread(call), at + offsetof(struct msghdr, msg_flags),
				      &flags, sizeof(flags));
	return result;
}

static void end_receive(struct supervisor *supervisor, struct call *call)
{
	const struct transfer *transfer = &call->transfer;
	const uint32_t done = (uint32_t)transfer->done;
	int64_t result = 0;
	if (transfer->named)
		result = call_write_address(supervisor, call, 0, transfer->name_size, NULL, 0);
	if (transfer->header)
		result = write_header(supervisor, call);
	if (result == 0 && transfer->many)
		result = call_write(supervisor, call, transfer->many, &done, sizeof(done));
	if (result == 0)
		result = transfer->many ? 1 : (int64_t)transfer->done;
	call_answer(supervisor, call, result);
}

/* AF_UNIX says EINVAL of a socket without a connection. */
static void end_with_error(struct supervisor *supervisor, struct call *call, int error)
{
	if (call->transfer.done > 0)
		end_receive(supervisor, call);
	else
		call_answer(supervisor, call, error == EINVAL ? -ENOTCONN : -error);
}

/* Received as a guest would: what is there, and with MSG_WAITALL all of it. MSG_PEEK looks at what fits the scratch. */
static void receive_on(struct supervisor *supervisor, struct call *call)
{
	const int peek = call->transfer.flags & MSG_PEEK;
	const int flags = (call->transfer.flags & MSG_OOB) | peek | MSG_DONTWAIT;
	for (;;) {
		struct iovec piece = transfer_next(call);
		if (piece.iov_len == 0 || (peek && call->transfer.done > 0)) {
			end_receive(supervisor, call);
			return;
		}
		ssize_t got = recv(call->descriptor, supervisor->scratch, piece.iov_len, flags);
		bool enough = call->transfer.done > 0 && !(call->transfer.flags & MSG_WAITALL);
		if (got < 0 && errno == EAGAIN && !enough && transfer_waits(call)) {
			call_may_be_interrupted(supervisor, call, SO_RCVTIMEO, -EAGAIN);
			call_wait(supervisor, call, EPOLLIN | EPOLLRDHUP, receive_on);
			return;
		}
		if (got < 0) {
			end_with_error(supervisor, call, errno);
			return;
		}
		if (got == 0) {
			end_receive(supervisor, call);
			return;
		}
		if (!(call->transfer.flags & MSG_TRUNC) &&
		    call_write(supervisor, call, (uintptr_t)piece.iov_base, supervisor->scratch,
			       (size_t)got) < 0) {
			end_with_error(supervisor, call, EFAULT);
			return;
		}
		transfer_advance(call, (size_t)got);
	}
}

/* There is no queue of errors on a TCP socket that asks for none. */
static bool refuses_flags(struct supervisor *supervisor, struct call *call, int flags)
{
	call->transfer.flags = flags;
	if (flags & MSG_ERRQUEUE)
		call_answer(supervisor, call, -EAGAIN);
	return flags & MSG_ERRQUEUE;
}

void call_recvfrom(struct supervisor *supervisor, struct call *call)
{
	if (refuses_flags(supervisor, call, call_int(call, 3)))
		return;
	call->transfer.named = call_argument(call, 4) != 0;
	call->transfer.name_size = call_argument(call, 5);
	transfer_one(call, call_argument(call, 1), call_argument(call, 2));
	receive_on(supervisor, call);
}

static void receive_message(struct supervisor *supervisor, struct call *call, uint64_t at,
			    uint64_t many)
{
	struct transfer_header header;
	int result = transfer_read_header(call, at, &header);
	bool plain = result == 0 && !header.name && !(call->transfer.flags & MSG_TRUNC);
	if (plain && call_has_end(call)) { /* else the error would be AF_UNIX's */
		call_continue(supervisor, call);
		return;
	}
	if (result == 0)
		result = transfer_pieces(call, &header);
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	call->transfer.header = at;
	call->transfer.many = many ? many + offsetof(struct mmsghdr, msg_len) : 0;
	receive_on(supervisor, call);
}

void call_recvmsg(struct supervisor *supervisor, struct call *call)
{
	if (!refuses_flags(supervisor, call, call_int(call, 2)))
		receive_message(supervisor, call, call_argument(call, 1), 0);
}

/* As with sendmmsg: the first message decides, and may be the only one. */
void call_recvmmsg(struct supervisor *supervisor, struct call *call)
{
	uint64_t at = call_argument(call, 1);
	if (refuses_flags(supervisor, call, call_int(call, 3)))
		return;
	if (call_int(call, 2) == 0)
		call_continue(supervisor, call);
	else
		receive_message(supervisor, call, at, at);
}
