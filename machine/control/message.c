/* message: one control message out or in, with at most one descriptor beside it. The socket keeps messages apart
 * (SOCK_SEQPACKET), so that a message is whole or not there, and header.size only has to agree with what came. */
#include "control/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	DESCRIPTORS_MOST =
		8, /* room for a stranger's, so that we see and close them; the kernel closes more */
};

union ancillary {
	struct cmsghdr align;
	char room[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MOST)];
};

static void attach(struct msghdr *message, union ancillary *beside, int descriptor)
{
	message->msg_control = beside;
	message->msg_controllen = CMSG_SPACE(sizeof descriptor);

	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof descriptor);
	memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
}

int control_send(int socket, const struct control_header *header, const void *data, int descriptor)
{
	if (header->size > CONTROL_DATA_MOST)
		return -EMSGSIZE;

	union ancillary beside = { .room = { 0 } };
	struct iovec pieces[] = {
		{ (void *)(uintptr_t)header, sizeof *header },
		{ (void *)(uintptr_t)data, header->size },
	};
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = header->size > 0 ? 2 : 1 };
	if (descriptor >= 0)
		attach(&message, &beside, descriptor);

	ssize_t sent;
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* Takes the first descriptor beside the message and closes the others. */
static int detach(struct msghdr *message)
{
	int taken = -1;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
	     header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int descriptor;
			memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor,
			       sizeof descriptor);
			if (taken < 0)
				taken = descriptor;
			else
				close(descriptor);
		}
	}
	return taken;
}

ptrdiff_t control_receive(int socket, struct control_message *message, int *descriptor)
{
	union ancillary beside;
	struct iovec piece = { message, sizeof *message };
	struct msghdr envelope = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &beside,
		.msg_controllen = sizeof beside,
	};

	*descriptor = -1;
	ssize_t size;
	do {
		size = recvmsg(socket, &envelope, MSG_CMSG_CLOEXEC);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		return -errno;

	*descriptor = detach(&envelope);
	if (size == 0)
		return 0;
	if ((size_t)size >= sizeof message->header && (envelope.msg_flags & MSG_TRUNC) == 0 &&
	    message->header.size == (size_t)size - sizeof message->header)
		return size;

	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
	return -EBADMSG;
}
