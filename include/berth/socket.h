/* berth/socket.h: the sockets of a host, a function a call.
 *
 * Each is the POSIX.1-2024 call of the same name on the host that is its first argument, with three differences: it never
 * blocks (what would is -EAGAIN, or -EINPROGRESS for connect), it returns a negative errno in place of -1 and errno, and
 * it never raises a signal. Descriptors are small integers of the host's own. Constants and structures are those of the
 * system's <sys/socket.h>, <netinet/in.h> and <netinet/tcp.h>. -EBADF: no such descriptor (every call).
 *
 * What is waited for is told by events: see berth_events. */
#ifndef BERTH_SOCKET_H
#define BERTH_SOCKET_H

#include <berth/host.h>

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* AF_INET, or AF_INET6 for IPv6 and, by way of mapped addresses, IPv4 (RFC 3493; IPV6_V6ONLY), with SOCK_STREAM (0 or
 * IPPROTO_TCP) or SOCK_DGRAM (0 or IPPROTO_UDP). Also with SOCK_RAW and any protocol but 0, which is raw(7) without its
 * privilege, of the one family, and SOCK_DGRAM with IPPROTO_ICMP or IPPROTO_ICMPV6, which is icmp(7)'s ping socket: echo
 * requests out, echo replies in, the port is their identifier. Both are datagram sockets in all that follows.
 * AF_PACKET with SOCK_RAW or SOCK_DGRAM and an ethertype in network order is packet(7) without its privilege: names are
 * struct sockaddr_ll, and calls that need a peer are -EOPNOTSUPP. Returns a descriptor.
 * -EAFNOSUPPORT, -ESOCKTNOSUPPORT, -EPROTONOSUPPORT, -EMFILE (most_sockets), -ENOBUFS. SOCK_NONBLOCK and SOCK_CLOEXEC in
 * type are allowed and change nothing. Calls that are a stream's alone say so; on others they are -EOPNOTSUPP. */
int berth_socket(struct berth_host *host, int domain, int type, int protocol);

/* -EINVAL: size, or bound already; -EAFNOSUPPORT; -EADDRNOTAVAIL; -EADDRINUSE. Port 0: one is chosen (RFC 6056). */
int berth_bind(struct berth_host *host, int descriptor, const struct sockaddr *address,
	       socklen_t size);

/* A stream's. backlog as Linux reads it: so many wait in the accept queue, and one more; negative is the most (4,096). Asked again on
 * a listener it changes the backlog. -EINVAL: connected; -EADDRINUSE. */
int berth_listen(struct berth_host *host, int descriptor, int backlog);

/* On a listener: room connections wait in the accept queue from now on, and not one more, where backlog lets one. For a
 * program that moves them into a queue of its own and counts those against the backlog. -EINVAL: not listening; room < 0. */
int berth_listen_room(struct berth_host *host, int descriptor, int room);

/* A stream's. The next established connection as a new descriptor. address may be NULL; *size is in and out as in accept(2).
 * -EAGAIN; -EINVAL: not listening; -EMFILE; -ENOBUFS: the connection stays in the queue. */
int berth_accept(struct berth_host *host, int descriptor, struct sockaddr *address,
		 socklen_t *size);

/* A stream: starts the handshake: -EINPROGRESS; then -EALREADY until it ends, and once 0 or the error it ended with.
 * A datagram socket: names the only peer it sends to and hears from, once or anew; 0. AF_UNSPEC dissolves the association.
 * -EISCONN (a stream), -EAFNOSUPPORT, -EINVAL, -ENETUNREACH, -EADDRNOTAVAIL or, of datagrams, -EAGAIN (no port is left),
 * -EACCES (broadcast without SO_BROADCAST). */
int berth_connect(struct berth_host *host, int descriptor, const struct sockaddr *address,
		  socklen_t size);

int berth_getsockname(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size);
int berth_getpeername(struct berth_host *host, int descriptor, struct sockaddr *address,
		      socklen_t *size);

/* Tables answer both (lib/socket/options.c, stream_options.c, datagram_options.c, raw.c): an option works, or it is
 * -ENOPROTOOPT. */
int berth_getsockopt(struct berth_host *host, int descriptor, int level, int name, void *value,
		     socklen_t *size);
int berth_setsockopt(struct berth_host *host, int descriptor, int level, int name,
		     const void *value, socklen_t size);

/* how: SHUT_RD, SHUT_WR, SHUT_RDWR. -ENOTCONN; -EINVAL. */
int berth_shutdown(struct berth_host *host, int descriptor, int how);

/* The descriptor is free at once; a connection sends what it holds, then FIN, on its own time (RFC 9293, 3.6), or RST
 * where data it was sent is unread (RFC 2525, 2.17) or SO_LINGER says so. */
int berth_close(struct berth_host *host, int descriptor);

/* Flags: MSG_DONTWAIT, MSG_NOSIGNAL (no change), MSG_MORE (a stream, or UDP), MSG_CONFIRM (a datagram: the peer is known to be
 * there), MSG_OOB (a stream: the last byte is urgent), MSG_ZEROCOPY (a stream); others are -EOPNOTSUPP. The bytes are copied: with
 * MSG_ZEROCOPY on a socket with SO_ZEROCOPY too, which says so by MSG_ERRQUEUE at once, as Linux does in time. Returns how
 * many were taken.
 *
 * Of a stream: -EAGAIN: the send buffer is full; -EPIPE; -ENOTCONN; the connection's pending error.
 * Of a datagram, which goes whole or not at all: -EDESTADDRREQ; -EMSGSIZE: over 65,507 bytes, or over the path's MTU where
 * IP_MTU_DISCOVER forbids to cut it; -EACCES: broadcast without SO_BROADCAST; -ENETUNREACH; -EINVAL: port 0; -EPIPE; the
 * socket's pending error (an ICMP error from its peer, told once). One that is lost on its way is no error. */
ssize_t berth_send(struct berth_host *host, int descriptor, const void *data, size_t size,
		   int flags);

/* Flags: MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL (no change), MSG_TRUNC (a stream: discard, tcp(7); a datagram: return its
 * whole size), MSG_OOB (a stream: its urgent byte, -EINVAL where there is none, -EAGAIN where it is on its way). 0 at the end of the stream, or for an empty datagram; -EAGAIN; -ENOTCONN; the pending error. */
ssize_t berth_recv(struct berth_host *host, int descriptor, void *data, size_t size, int flags);

/* As send, to an address, and of pieces with control messages. A stream takes no notice of the address. Control messages
 * of a datagram: IP_PKTINFO, IP_TTL, IP_TOS, of IPv6 IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, and UDP_SEGMENT; -EINVAL:
 * others of those levels and SOL_SOCKET's. */
ssize_t berth_sendto(struct berth_host *host, int descriptor, const void *data, size_t size,
		     int flags, const struct sockaddr *address, socklen_t address_size);
ssize_t berth_sendmsg(struct berth_host *host, int descriptor, const struct msghdr *message,
		      int flags);

/* As recv, and whom from; a stream names nobody: *address_size is 0. msg_flags tells MSG_TRUNC and MSG_CTRUNC. Control
 * messages where the socket's options ask for them: IP_PKTINFO, IP_TTL, IP_TOS, IPv6's like, UDP_GRO, and SO_TIMESTAMP or SO_TIMESTAMPNS, by the
 * host's clock. MSG_ERRQUEUE: what IP_RECVERR keeps of errors, and which sends with MSG_ZEROCOPY are done, as IP_RECVERR or
 * IPV6_RECVERR (ip(7)); -EAGAIN: neither. */
ssize_t berth_recvfrom(struct berth_host *host, int descriptor, void *data, size_t size, int flags,
		       struct sockaddr *address, socklen_t *address_size);
ssize_t berth_recvmsg(struct berth_host *host, int descriptor, struct msghdr *message, int flags);

/* A stream's. Sending without a copy of large pieces. reserve gives one run of memory to fill (*room: at, and how much), no more than
 * the send buffer has place for; commit sends the first size bytes of it. Between the two, no other call on this host.
 * reserve returns 0 or an error as berth_send; size 0 in commit gives the room back, more than was reserved is -EINVAL. */
int berth_send_reserve(struct berth_host *host, int descriptor, struct iovec *room);
ssize_t berth_send_commit(struct berth_host *host, int descriptor, size_t size);

/* A stream's. Receiving without a copy. peek fills at most count pieces with what has arrived, good until the next call on this host,
 * and returns how many (0: end of the stream; errors as berth_recv; an urgent byte is in line); consume takes size of those bytes as read. */
int berth_recv_peek(struct berth_host *host, int descriptor, struct iovec *pieces, int count);
ssize_t berth_recv_consume(struct berth_host *host, int descriptor, size_t size);

/* The bits poll(2) would show: POLLIN, POLLOUT, POLLRDHUP, POLLERR, POLLHUP, POLLPRI. -EBADF. */
int berth_poll(struct berth_host *host, int descriptor);

/* Is what is urgent the next byte to be read (sockatmark(3))? 1 or 0. -EBADF; -EOPNOTSUPP: no stream. */
int berth_at_mark(struct berth_host *host, int descriptor);

/* An event: a socket may be readier than it was (data, room, a connection, an end, an error). Told once for each change,
 * however many; ask berth_poll what is true now. */
struct berth_event {
	int descriptor;
	void *user; /* as set by berth_set_user */
};

/* What berth_events hands back with this descriptor; NULL at first. -EBADF. */
int berth_set_user(struct berth_host *host, int descriptor, void *user);

/* Takes at most count events that are due, the oldest first, and returns how many. */
int berth_events(struct berth_host *host, struct berth_event *events, int count);

#ifdef __cplusplus
}
#endif

#endif
