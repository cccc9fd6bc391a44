/* recv, recvfrom, recvmsg. */
#include "socket/socket.h"

#include <errno.h>

ssize_t berth_recvmsg(struct berth_host *host, int descriptor, struct msghdr *message, int flags)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	return socket ? socket->kind->receive(socket, message, flags) : -EBADF;
}

ssize_t berth_recvfrom(struct berth_host *host, int descriptor, void *data, size_t size, int flags,
		       struct sockaddr *address, socklen_t *address_size)
{
	struct iovec piece = { data, size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (address) {
		if ((int)*address_size < 0)
			return -EINVAL;
		message.msg_name = address;
		message.msg_namelen = *address_size;
	}
	ssize_t received = berth_recvmsg(host, descriptor, &message, flags);
	if (address && received >= 0)
		*address_size = message.msg_namelen;
	return received;
}

ssize_t berth_recv(struct berth_host *host, int descriptor, void *data, size_t size, int flags)
{
	return berth_recvfrom(host, descriptor, data, size, flags, NULL, NULL);
}
