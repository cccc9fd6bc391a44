/* socket: what a descriptor of a host stands for, and what the calls have in common. Each public call of <berth/socket.h>
 * is defined in a file of this room: it finds the socket, judges what is the same for all, and asks the socket's kind. */
#ifndef SOCKET_SOCKET_H
#define SOCKET_SOCKET_H

#include "base/list.h"
#include "socket/zerocopy.h"
#include "tcp/tcp.h"
#include "transport/packet.h"
#include "transport/ping.h"
#include "transport/raw.h"

#include <berth/socket.h>

/* Linux's sock->state: what connect() answers depends on it. */
enum association {
	UNCONNECTED,
	CONNECTING,
	CONNECTED,
};

/* SO_TIMESTAMP, SO_TIMESTAMPNS: the one that was set last. */
enum timestamps {
	NO_TIMESTAMPS,
	TIMESTAMPS_IN_MICROSECONDS,
	TIMESTAMPS_IN_NANOSECONDS,
};

struct socket;
struct option;

/* What a call does on the sockets of one kind. Results as the public call's. */
struct socket_kind {
	int domain;   /* 0: AF_INET and AF_INET6 */
	int type;     /* SOCK_STREAM ... */
	int protocol; /* IPPROTO_TCP ...; IPPROTO_RAW: any */
	const struct option *options;
	const size_t *option_count;
	const struct option *more_options; /* NULL: none */
	const size_t *more_option_count;
	int (*open)(struct socket *socket);
	void (*close)(struct socket *socket);
	struct port_holder *(*holder)(struct socket *socket);
	const struct endpoint *(*peer)(const struct socket *socket); /* NULL: not connected */
	struct filter *(*filter)(struct socket *socket); /* where an option asks for it */
	int (*take_error)(struct socket *socket);        /* told once: negative errno, or 0 */
	int (*bind)(struct socket *socket, const struct endpoint *local);
	/* Of a kind whose names are no endpoints; else NULL. It has no peers then. */
	int (*bind_to_name)(struct socket *socket, const struct sockaddr *address, socklen_t size);
	void (*tell_name)(const struct socket *socket, struct sockaddr *address, socklen_t *size);
	int (*connect)(struct socket *socket, const struct sockaddr *address, socklen_t size);
	int (*disconnect)(struct socket *socket);
	int (*shutdown)(struct socket *socket, int how);
	ssize_t (*send)(struct socket *socket, const struct msghdr *message, int flags);
	ssize_t (*receive)(struct socket *socket, struct msghdr *message, int flags);
	int (*poll)(const struct socket *socket);
};

extern const struct socket_kind stream_kind;
extern const struct socket_kind datagram_kind;
extern const struct socket_kind udp_lite_kind;
extern const struct socket_kind ping_kind;
extern const struct socket_kind ping6_kind;
extern const struct socket_kind raw_kind;
extern const struct socket_kind packet_kind;
extern const struct socket_kind cooked_packet_kind;

struct socket {
	const struct socket_kind *kind;
	struct sockets *home;
	struct list ready; /* in home->ready while an event is due */
	int descriptor;
	int protocol; /* as SO_PROTOCOL tells it */
	int domain; /* AF_PACKET; AF_INET; AF_INET6: both families, IPv4 by way of mapped addresses (RFC 4038, 4.2) */
	enum association association;
	bool was_connected;
	void *user;
	union {
		struct tcp_connection *connection; /* a stream's */
		struct udp_socket *datagram;       /* a datagram, ping or raw socket's */
		struct raw_socket *raw;            /* the same, of a raw socket */
		struct packet_socket *packet;
	};
	/* Which control messages a datagram comes with. */
	bool tells_packet_info, tells_ttl, tells_tos;
	bool tells_packet_info6, tells_hop_limit, tells_traffic_class;
	bool tells_auxiliary; /* PACKET_AUXDATA, of a packet socket's frame */
	enum timestamps timestamps;
	struct zerocopy zerocopy; /* a stream's */
	struct block *reserved;   /* between berth_send_reserve and its commit */
	/* SO_RCVTIMEO and SO_SNDTIMEO, kept for whoever waits on the caller's behalf: the library never does. */
	struct timeval receive_timeout;
	struct timeval send_timeout;
};

struct socket_slot {
	struct socket *socket;
	uint32_t next_free;
};

struct sockets {
	const struct berth_allocator *allocator;
	struct pool *pool;
	struct tcp *tcp;
	struct udp *udp;
	struct udp *udp_lite;
	struct udp *ping;
	struct raw *raw;
	struct packets *packets;
	struct socket_slot *slots; /* by descriptor */
	uint32_t room;
	uint32_t first_free; /* == room: none */
	uint32_t most;
	/* net.core: wmem_max and rmem_max, which SO_SNDBUF and SO_RCVBUF are cut to; wmem_default and rmem_default, what all
	 * but a stream begin with. */
	uint32_t send_most, receive_most;
	uint32_t send_first, receive_first;
	struct list ready; /* sockets with an event, oldest first */
	/* The first of them has come. */
	void (*woken)(void *context);
	void *context;
};

/* The rest of *sockets is the caller's choice: ping, raw and packets, woken and context, most. */
void sockets_init(struct sockets *sockets, const struct berth_allocator *allocator,
		  struct pool *pool, struct tcp *tcp, struct udp *udp);
/* What they stand for is tcp's and udp's to end. */
void sockets_close(struct sockets *sockets);

/* A host's sockets, which a call on it is about to use (host.c). */
struct sockets *sockets_of(struct berth_host *host);

/* NULL: no such descriptor. */
struct socket *socket_find(struct sockets *sockets, int descriptor);

/* As socket_find, of a stream; NULL and -EBADF or -EOPNOTSUPP in *error. */
struct socket *stream_find(struct sockets *sockets, int descriptor, int *error);

/* A socket that is not open yet, in a free slot; negative errno in *error where it cannot be. */
struct socket *socket_new(struct sockets *sockets, const struct socket_kind *kind, int domain,
			  int *error);
void socket_free(struct socket *socket);

/* tcp's and udp's wake: owner is a socket. */
void socket_wake(void *context, void *owner);

/* May bytes be queued on a stream now? 0, or what send(2) says. */
int stream_may_send(struct socket *socket);

/* Is there something to read on a stream? 1; 0 at its end; or what recv(2) says. */
int stream_may_receive(struct socket *socket);

/* sockaddr to endpoint, as Linux's inet and inet6 calls judge it: -EINVAL (size), -EAFNOSUPPORT. */
int address_read(const struct socket *socket, const struct sockaddr *address, socklen_t size,
		 struct endpoint *endpoint);
/* Of an AF_INET address, whatever the socket's domain. */
int address_read_v4(const struct sockaddr *address, socklen_t size, struct endpoint *endpoint);
/* Value-result, as accept(2): *size in is the room, out the whole size. */
void address_write(int domain, const struct endpoint *endpoint, struct sockaddr *address,
		   socklen_t *size);

#endif
