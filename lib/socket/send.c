/* send, sendto, sendmsg. */
#include "socket/socket.h"

#include <errno.h>

ssize_t berth_sendmsg(struct berth_host *host, int descriptor, const struct msghdr *message,
		      int flags)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	return socket ? socket->kind->send(socket, message, flags) : -EBADF;
}

ssize_t berth_sendto(struct berth_host *host, int descriptor, const void *data, size_t size,
		     int flags, const struct sockaddr *address, socklen_t address_size)
{
	struct iovec piece = { (void *)(uintptr_t)data, size };
	struct msghdr message = {
		.msg_name = (void *)(uintptr_t)address,
		.msg_namelen = address_size,
		.msg_iov = &piece,
		.msg_iovlen = 1,
	};
	return berth_sendmsg(host, descriptor, &message, flags);
}

ssize_t berth_send(struct berth_host *host, int descriptor, const void *data, size_t size,
		   int flags)
{
	return berth_sendto(host, descriptor, data, size, flags, NULL, 0);
}
