#include "socket/message.h"

size_t message_size(const struct msghdr *message)
{
	size_t size = 0;
	for (size_t index = 0; index < message->msg_iovlen; index++)
		size += message->msg_iov[index].iov_len;
	return size;
}
