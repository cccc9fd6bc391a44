/* datagram: what the calls do alike on datagram, ping and raw sockets, as struct socket_kind has it. */
#ifndef SOCKET_DATAGRAM_H
#define SOCKET_DATAGRAM_H

#include "socket/socket.h"

void datagram_close(struct socket *socket);
struct port_holder *datagram_holder(struct socket *socket);
struct filter *datagram_filter(struct socket *socket);
const struct endpoint *datagram_peer(const struct socket *socket);
int datagram_take_error(struct socket *socket);
int datagram_bind(struct socket *socket, const struct endpoint *local);
int datagram_connect(struct socket *socket, const struct sockaddr *address, socklen_t size);
int datagram_disconnect(struct socket *socket);
int datagram_shutdown(struct socket *socket, int how);
ssize_t datagram_receive(struct socket *socket, struct msghdr *message, int flags);
int datagram_poll(const struct socket *socket);

/* Reads what sendmsg asks, and has it sent. */
ssize_t datagram_send_by(struct socket *socket, const struct msghdr *message, int flags,
			 int (*send)(struct socket *socket, const struct udp_outgoing *outgoing));

#endif
