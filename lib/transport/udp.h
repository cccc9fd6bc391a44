/* udp: the User Datagram Protocol (RFC 768; RFC 1122, 4.1) of one host.
 *
 * A datagram goes to the socket connected to its sender, else to one bound to its destination, else to one bound to any
 * address: three lookups by hash. What is sent to a group or broadcast goes to every socket on its port that
 * its addresses and memberships match. What
 * nobody takes is answered with port unreachable.
 *
 * A received datagram is held as slices of the frame it came in, or copied where that is cheaper than holding a block, and
 * a socket's queue is bounded by SO_RCVBUF in the memory it holds, not in the bytes it carries, or empty datagrams would
 * be free (Linux counts so too).
 *
 * A sender may hand over many datagrams of one size in one piece (UDP_SEGMENT), or one in many pieces (MSG_MORE, UDP_CORK:
 * udp_cork.c); a reader may take several of one sender at once (UDP_GRO: udp_run).
 * UDP-Lite is UDP with another checksum: udp_lite.h. */
#ifndef TRANSPORT_UDP_H
#define TRANSPORT_UDP_H

#include "base/bpf.h"
#include "base/random.h"
#include "base/table.h"
#include "ip/ip.h"
#include "transport/ports.h"
#include "transport/udp_group.h"

enum {
	UDP_BUFFER_DEFAULT = 212992, /* net.core.rmem_default and wmem_default */
	UDP_RECEIVE_BUFFER_LEAST = 2304,
	UDP_SEND_BUFFER_LEAST = 4608,
	/* A datagram's own record, as SO_RCVBUF counts it. */
	UDP_OVERHEAD = 768,
	UDP_FAILURES_MOST = 16,  /* errors that wait for MSG_ERRQUEUE */
	UDP_QUOTE_MOST = 512,    /* bytes kept of what was lost */
	UDP_SEGMENTS_MOST = 128, /* datagrams of one call: UDP_MAX_SEGMENTS */
	UDP_RUN_MOST = 64,       /* datagrams read at once: UDP_GRO_CNT_MAX */
};

struct udp_config {
	/* A socket's owner may have something to read now. It must not call back into udp. */
	void (*wake)(void *context, void *owner);
	void *context;
};

struct udp {
	const struct berth_allocator *allocator;
	struct pool *pool;
	struct clock *clock;
	struct ip *ip;
	struct udp_config config;
	bool lite; /* it is UDP-Lite */
	struct random random;
	struct siphash_key tuple_key;
	struct table connected; /* by four-tuple */
	struct list all;
	struct ports ports;
};

struct udp_settings {
	uint32_t
		send_buffer; /* nothing waits to be sent in a socket: as on a link without end, it never fills */
	uint32_t receive_buffer;
	uint8_t tos;
	uint8_t ttl;        /* 0: the default */
	uint8_t discovery;  /* IP_MTU_DISCOVER: IP_PMTUDISC_DONT, _WANT, _DO or _PROBE */
	bool broadcast;     /* SO_BROADCAST */
	bool keep_failures; /* IP_RECVERR */
	/* The like for IPv6: IPV6_UNICAST_HOPS and IPV6_TCLASS, IPV6_MTU_DISCOVER, IPV6_DONTFRAG, IPV6_RECVERR. */
	struct ipv6_settings ipv6;
	uint8_t discovery6;
	bool dont_fragment6;
	bool keep_failures6;
	/* UDP-Lite's: bytes covered by the checksum, 0: all; and of what comes, at least so many, or all, where it is judged. */
	uint16_t send_coverage;
	uint16_t receive_coverage;
	bool judges_coverage;
	bool cork;        /* UDP_CORK */
	bool gro;         /* UDP_GRO */
	uint16_t segment; /* UDP_SEGMENT: payload bytes a datagram; 0: one whatever its size */
	struct udp_group_settings groups[GROUP_FAMILIES];
};

static inline const struct udp_group_settings *
udp_group_settings(const struct udp_settings *settings, const struct address *group)
{
	return &settings->groups[address_is_v4(group) ? GROUPS_OF_IPV4 : GROUPS_OF_IPV6];
}

struct udp_socket {
	struct udp *udp;
	void *owner;
	struct list link; /* in udp->all */
	struct udp_settings settings;
	struct port_holder holder; /* holder.local is the local endpoint */
	struct address asked;      /* the address bind asked for: what disconnecting goes back to */
	bool port_asked;           /* likewise */
	struct address source;     /* of what is sent; any: the route's choice */
	bool connected;
	struct endpoint peer;
	uint32_t path_mtu;     /* to the peer */
	struct udp_cork *cork; /* a datagram that more is to come for; NULL: none */
	struct table_node by_tuple;
	int error;            /* positive errno for the owner, told once; 0: none */
	struct list failures; /* oldest first */
	unsigned failure_count;
	bool send_shut, receive_shut;
	struct filter filter;
	struct list memberships;
	struct list received; /* datagrams, oldest first */
	uint32_t held;        /* bytes they take, as SO_RCVBUF counts them */
};

struct udp_datagram {
	struct list link;
	struct block *self; /* the block this lies in */
	struct endpoint sender;
	struct address destination;
	struct address
		own; /* what to answer from: destination, or our address where it was sent to many */
	int interface; /* index of the one it came in by */
	uint64_t arrived;
	uint32_t size;
	uint32_t held;
	uint8_t ttl, tos;
	uint8_t slice_count; /* 0: it is in bytes */
	union {
		struct slice slices[FRAME_SLICES + 1];
		uint8_t bytes[(FRAME_SLICES + 1) * sizeof(struct slice)];
	};
};

/* An error that a datagram met with. */
struct udp_failure {
	struct list link;
	struct block *self; /* the block this lies in */
	int error;          /* positive errno */
	uint8_t type, code; /* ICMP's */
	uint16_t mtu;
	struct address offender; /* who said so */
	struct endpoint peer;    /* where the datagram was going */
	uint32_t size;           /* of what is known of its payload */
	uint8_t bytes[UDP_QUOTE_MOST];
};

/* A datagram to send. Fields left 0 are the socket's choice. */
struct udp_outgoing {
	const struct endpoint *peer; /* NULL: the one it is connected to */
	const struct address *source;
	int interface;
	uint8_t ttl;
	bool has_tos;
	uint8_t tos;
	bool more;        /* MSG_MORE */
	uint16_t segment; /* as UDP_SEGMENT */
	bool confirm;     /* MSG_CONFIRM: the peer is known to be there */
	const struct iovec *pieces;
	size_t piece_count;
	size_t size; /* in all pieces */
};

/* False: no memory. Registers itself with ip, which outlives it. */
bool udp_init(struct udp *udp, struct ip *ip, const uint8_t seed[16],
	      const struct udp_config *config);
/* As udp_init, but registers nothing: for ping (transport/ping.h), whose sockets are these with another header. */
bool udp_begin(struct udp *udp, struct ip *ip, const uint8_t seed[16],
	       const struct udp_config *config);
/* Every socket is closed. */
void udp_close_all(struct udp *udp);

/* What udp_open begins with, in memory of the caller's. */
void udp_socket_init(struct udp_socket *socket, struct udp *udp, void *owner);
/* A new one is of an IPv4 socket; this makes it one of an IPv6 socket. */
void udp_turn_v6(struct udp_socket *socket);
/* NULL: no memory. */
struct udp_socket *udp_open(struct udp *udp, void *owner);
void udp_close(struct udp_socket *socket);

/* -EINVAL: bound already; -EADDRNOTAVAIL; -EADDRINUSE; -ENOBUFS. */
int udp_bind(struct udp_socket *socket, const struct endpoint *local);
/* -EAGAIN: no port is left; -ENETUNREACH; -EINVAL; -EACCES: broadcast, and SO_BROADCAST is not set. */
int udp_connect(struct udp_socket *socket, const struct endpoint *peer);
void udp_disconnect(struct udp_socket *socket);

/* 0, or what sendmsg(2) says, the socket's pending error included. */
int udp_send(struct udp_socket *socket, const struct udp_outgoing *outgoing);

/* udp_cork.c: sends what waits for more; 0 where nothing does. And drops it. */
int udp_uncork(struct udp_socket *socket);
void udp_cork_drop(struct udp_socket *socket);

/* How many datagrams, the oldest first, one read may take: those of one sender, to one address, of one size but for the
 * last, which may be smaller, and all in room bytes. 0: there is none; else at least 1. */
uint32_t udp_run(const struct udp_socket *socket, size_t room);

/* The oldest datagram; NULL: none. Good until it is dropped. */
const struct udp_datagram *udp_first(const struct udp_socket *socket);
/* Copies from offset on; returns how much. */
size_t udp_copy_out(const struct udp_datagram *datagram, uint32_t offset, uint8_t *to, size_t size);
void udp_drop_first(struct udp_socket *socket);

/* udp_failure.c: keeps an error, if there is room, with what lies behind header_size bytes of what was lost: UDP's, or 0,
 * where there are no ports; the oldest, NULL: none; drops it. */
void udp_failure_keep(struct udp_socket *socket, const struct ip_error *error,
		      uint32_t header_size);
const struct udp_failure *udp_failure_first(const struct udp_socket *socket);
void udp_failure_drop_first(struct udp_socket *socket);
/* IP_RECVERR is switched off. */
void udp_failures_clear(struct udp_socket *socket);

/* udp_input.c: what udp_init registers. */
enum verdict udp_input(void *context, const struct ip_packet *packet);
void udp_error(void *context, const struct ip_error *error);

/* Linux lets a socket be bound to what is sent to many; it hears only that, and sends from where the route says. */
bool udp_is_for_many(const struct ip *ip, const struct address *address);

/* Adds what lies behind the first offset bytes of content to what the socket has received, as sent by peer in that packet. As
 * Linux: the last one that is let in may go over the bound. */
enum verdict udp_queue(struct udp_socket *socket, const struct ip_packet *packet,
		       const struct endpoint *peer, const struct frame *content, uint32_t offset);

/* Is the peer it is connected to, if it is, the one at that address, and does it hear what is sent to own? */
bool udp_hears_address(const struct udp_socket *socket, const struct address *own,
		       const struct address *peer);

/* Does it hear what comes by that interface (SO_BINDTODEVICE)? */
bool udp_hears_interface(const struct udp_socket *socket, const struct ip_packet *packet);
/* Is the packet sent to no group, or to one that it hears? */
bool udp_hears_group(const struct udp_socket *socket, const struct ip_packet *packet);

/* Tells the socket, if Linux would: header_size as in udp_failure_keep. */
/* Does it keep errors of this one's family (IP_RECVERR, IPV6_RECVERR)? */
bool udp_keeps(const struct udp_socket *socket, const struct ip_error *error);
void udp_take_error(struct udp_socket *socket, const struct ip_error *error, uint32_t header_size);

/* As ip_find_path_by; to a group as the socket's options say. */
int udp_find_path(const struct udp_socket *socket, int interface, const struct address *source,
		  const struct address *destination, struct ip_path *path);

uint32_t udp_tuple_hash(const struct udp *udp, const struct endpoint *local,
			const struct endpoint *peer);

#endif
