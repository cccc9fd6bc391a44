#include "supervisor/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

union ancillary {
	struct cmsghdr header;
	char room[CMSG_SPACE(CHANNEL_DESCRIPTORS * sizeof(int))];
};

int channel_open(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
}

static int send_with(int channel, const struct channel_message *message, const int *descriptors)
{
	const size_t size = CHANNEL_DESCRIPTORS * sizeof(int);
	union ancillary ancillary = { .header = { .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(size) } };
	struct channel_message copy = *message;
	struct iovec piece = { &copy, sizeof(copy) };
	struct msghdr header = { .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = &ancillary,
				 .msg_controllen = sizeof(ancillary.room) };
	memcpy(CMSG_DATA(&ancillary.header), descriptors, size);
	return sendmsg(channel, &header, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int channel_send(int channel, const struct channel_message *message, const int *descriptors)
{
	if (descriptors)
		return send_with(channel, message, descriptors);
	return send(channel, message, sizeof(*message), MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void take_descriptors(struct msghdr *header, int *descriptors)
{
	const size_t size = CHANNEL_DESCRIPTORS * sizeof(int);
	struct cmsghdr *first = CMSG_FIRSTHDR(header);
	if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS &&
	    first->cmsg_len == CMSG_LEN(size))
		memcpy(descriptors, CMSG_DATA(first), size);
}

int channel_receive(int channel, struct channel_message *message, int *descriptors)
{
	union ancillary ancillary = { .room = { 0 } };
	struct iovec piece = { message, sizeof(*message) };
	struct msghdr header = { .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = descriptors ? &ancillary : NULL,
				 .msg_controllen = descriptors ? sizeof(ancillary.room) : 0 };
	ssize_t size = recvmsg(channel, &header, MSG_CMSG_CLOEXEC);
	if (size < 0)
		return -errno;
	for (int i = 0; descriptors && i < CHANNEL_DESCRIPTORS; i++)
		descriptors[i] = -1;
	if (descriptors)
		take_descriptors(&header, descriptors);
	if (size == 0)
		return 0;
	message->text[sizeof(message->text) - 1] = 0;
	return size == (ssize_t)sizeof(*message) ? 1 : -EBADMSG;
}
