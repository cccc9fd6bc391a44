/* send: sendto, sendmsg and sendmmsg on a carrier. TCP passes over an address and ancillary data; AF_UNIX would not. What has
 * neither goes on natively. */
#include "supervisor/calls.h"
#include "supervisor/memory.h"
#include "supervisor/transfer.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* sendmmsg counts messages, and each message its bytes. */
static void end_send(struct supervisor *supervisor, struct call *call, int64_t result)
{
	uint32_t size = (uint32_t)result;
	if (result >= 0 && call->transfer.many) {
		int written =
			call_write(supervisor, call, call->transfer.many, &size, sizeof(size));
		result = written < 0 ? written : 1;
	}
	call_answer(supervisor, call, result);
}

/* AF_UNIX says ENOTCONN where TCP says EPIPE, and TCP raises SIGPIPE. */
static void end_with_error(struct supervisor *supervisor, struct call *call, int error)
{
	if (error == ENOTCONN)
		error = EPIPE;
	if (call->transfer.done > 0) {
		end_send(supervisor, call, (int64_t)call->transfer.done);
		return;
	}
	if (error == EPIPE && !(call->transfer.flags & MSG_NOSIGNAL))
		threads_signal(&supervisor->threads, call_thread(call), SIGPIPE);
	end_send(supervisor, call, -error);
}

static void send_on(struct supervisor *supervisor, struct call *call)
{
	int flags = (call->transfer.flags & MSG_OOB) | MSG_DONTWAIT | MSG_NOSIGNAL;
	for (;;) {
		struct iovec piece = transfer_next(call);
		if (piece.iov_len == 0 && call->transfer.done > 0) {
			end_send(supervisor, call, (int64_t)call->transfer.done);
			return;
		}
		if (memory_read(call_thread(call), (uintptr_t)piece.iov_base, supervisor->scratch,
				piece.iov_len) < 0) {
			end_with_error(supervisor, call, EFAULT);
			return;
		}
		ssize_t sent = send(call->descriptor, supervisor->scratch, piece.iov_len, flags);
		if (sent >= 0 && piece.iov_len == 0) {
			end_send(supervisor, call, 0);
			return;
		}
		if (sent < 0 && errno == EAGAIN && transfer_waits(call)) {
			call_may_be_interrupted(supervisor, call, SO_SNDTIMEO, -EAGAIN);
			call_wait(supervisor, call, EPOLLOUT, send_on);
			return;
		}
		if (sent < 0) {
			end_with_error(supervisor, call, errno);
			return;
		}
		transfer_advance(call, (size_t)sent);
	}
}

/* TCP fast open is not built: what a kernel says that has it switched off. */
static bool refuses_flags(struct supervisor *supervisor, struct call *call, int flags)
{
	call->transfer.flags = flags;
	if (flags & MSG_FASTOPEN)
		call_answer(supervisor, call, -EOPNOTSUPP);
	return flags & MSG_FASTOPEN;
}

/* TCP does not look at the address, but it is read. */
static int read_address(const struct call *call, uint64_t at, int64_t size)
{
	struct sockaddr_storage unused;
	if (at == 0)
		return 0;
	if (size < 0 || size > (int64_t)sizeof(unused))
		return -EINVAL;
	return memory_read(call_thread(call), at, &unused, (size_t)size);
}

void call_sendto(struct supervisor *supervisor, struct call *call)
{
	if (refuses_flags(supervisor, call, call_int(call, 3)))
		return;
	int result = read_address(call, call_argument(call, 4), call_int(call, 5));
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	transfer_one(call, call_argument(call, 1), call_argument(call, 2));
	send_on(supervisor, call);
}

enum { CONTROL_MOST = 20480 }; /* net.core.optmem_max of older kernels: more is ENOBUFS there */

/* sock_cmsg_send of Linux: descriptors and credentials are for AF_UNIX and mean nothing here, nor do other levels; what else is
 * SOL_SOCKET's we do not have. */
static int judge_control(struct supervisor *supervisor, const struct call *call,
			 const struct transfer_header *header)
{
	if (header->control_size > CONTROL_MOST)
		return -ENOBUFS;
	if (memory_read(call_thread(call), header->control, supervisor->scratch,
			header->control_size) < 0)
		return -EFAULT;

	size_t at = 0, left = header->control_size;
	while (left >= sizeof(struct cmsghdr)) {
		struct cmsghdr message;
		memcpy(&message, supervisor->scratch + at, sizeof(message));
		if (message.cmsg_len < sizeof(message) || message.cmsg_len > left)
			return -EINVAL;
		if (message.cmsg_level == SOL_SOCKET && message.cmsg_type != SCM_RIGHTS &&
		    message.cmsg_type != SCM_CREDENTIALS)
			return -EINVAL;
		size_t step = CMSG_ALIGN(message.cmsg_len);
		if (step >= left)
			break;
		at += step;
		left -= step;
	}
	return 0;
}

/* The message at that address; many: its mmsghdr, of which it is the first part. */
static void send_message(struct supervisor *supervisor, struct call *call, uint64_t at,
			 uint64_t many)
{
	struct transfer_header header;
	int result = transfer_read_header(call, at, &header);
	bool plain = result == 0 && !header.name && !header.control_size;
	if (plain && call_has_end(call)) { /* else the error would be AF_UNIX's */
		call_continue(supervisor, call);
		return;
	}
	const int32_t name_most = sizeof(struct sockaddr_storage); /* a longer one is cut */
	if (result == 0)
		result = read_address(call, header.name,
				      header.name_size < name_most ? header.name_size : name_most);
	if (result == 0 && header.control_size)
		result = judge_control(supervisor, call, &header);
	if (result == 0)
		result = transfer_pieces(call, &header);
	if (result < 0) {
		call_answer(supervisor, call, result);
		return;
	}
	call->transfer.many = many ? many + offsetof(struct mmsghdr, msg_len) : 0;
	send_on(supervisor, call);
}

void call_sendmsg(struct supervisor *supervisor, struct call *call)
{
	if (!refuses_flags(supervisor, call, call_int(call, 2)))
		send_message(supervisor, call, call_argument(call, 1), 0);
}

/* The first message decides: one with an address is sent alone, which sendmmsg may always do, and the guest comes back for
 * the others. Of plain ones the kernel stops at the first with an address, if that comes later. */
void call_sendmmsg(struct supervisor *supervisor, struct call *call)
{
	uint64_t at = call_argument(call, 1);
	if (refuses_flags(supervisor, call, call_int(call, 3)))
		return;
	if (call_int(call, 2) == 0)
		call_continue(supervisor, call);
	else
		send_message(supervisor, call, at, at);
}
