/* message: what sendmsg and recvmsg carry beside bytes. */
#ifndef SOCKET_MESSAGE_H
#define SOCKET_MESSAGE_H

#include "socket/socket.h"

/* Bytes in all its pieces. */
size_t message_size(const struct msghdr *message);

#endif
