/* message: what sendmsg and recvmsg carry beside bytes (cmsg(3)). */
#ifndef SOCKET_MESSAGE_H
#define SOCKET_MESSAGE_H

#include "socket/socket.h"

/* Bytes in all its pieces. */
size_t message_size(const struct msghdr *message);

/* What control messages ask of a datagram, with their addresses kept in *source. 0 or -EINVAL, as Linux's ip_cmsg_send
 * and ip6_datagram_send_ctl. */
int message_read_controls(int domain, const struct msghdr *message, struct udp_outgoing *outgoing,
			  struct address *source);

/* The control messages that a socket's options have a datagram come with; what finds no room is MSG_CTRUNC. segment: the
 * size of each where several come at once (UDP_GRO); 0: it comes alone. */
void message_write_controls(const struct socket *socket, const struct udp_datagram *datagram,
			    uint32_t segment, struct msghdr *message);

/* Those of a packet socket's frame. */
void message_write_frame_controls(const struct socket *socket, const struct packet_frame *frame,
				  struct msghdr *message);

/* And an error's (MSG_ERRQUEUE). */
void message_write_failure(int domain, const struct udp_failure *failure, struct msghdr *message);

/* And what is due of MSG_ZEROCOPY's. */
void message_write_completion(const struct socket *socket, struct msghdr *message);

#endif
