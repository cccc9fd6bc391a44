/* tcp: the Transmission Control Protocol (RFC 9293) of one host: all its connections, and what belongs to none of them.
 *
 * Segments come in by tcp_input (given to ip as protocol 6), bad news by tcp_error. Users are the socket floor: the calls
 * below, which return negative errno, and one function up: wake. */
#ifndef TCP_TCP_H
#define TCP_TCP_H

#include "base/random.h"
#include "ip/ip.h"
#include "tcp/connection.h"
#include "tcp/tunables.h"
#include "transport/ports.h"

#define TCP_MSL         (30 * SECOND)      /* half of Linux's TIME-WAIT */
#define TCP_DELAYED_ACK (40 * MILLISECOND) /* Linux's TCP_DELACK_MIN; RFC 1122 allows 500 */

enum {
	TCP_ORPHAN_BYTES_MOST =
		256 << 20, /* unsent or unacknowledged, of connections without an owner */
	TCP_RECEIVE_BUFFER_LEAST = 2304, /* Linux's SOCK_MIN_RCVBUF and SOCK_MIN_SNDBUF */
	TCP_SEND_BUFFER_LEAST = 4608,
	TCP_DEFAULT_MSS = 536,     /* RFC 9293, 3.7.1 */
	TCP_DEFAULT_MSS_V6 = 1220, /* likewise */
	TCP_MSS_LEAST = 48,        /* what a stranger can make us cut our data into */
};

struct tcp_config {
	uint32_t send_buffer;
	uint32_t receive_buffer;
	const uint8_t *lineage; /* behind sequence numbers and timestamps: see <berth/host.h> */
	/* Something the owner of a socket may wait for has changed. It must not call back into tcp. */
	void (*wake)(void *context, void *owner);
	void *context;
};

struct tcp {
	const struct berth_allocator *allocator;
	struct pool *pool;
	struct clock *clock;
	struct ip *ip;
	struct tcp_config config;
	struct tcp_tunables tunables;
	struct sendings sendings; /* of all scoreboards */
	struct random random;
	struct siphash_key tuple_key; /* of the table */
	struct siphash_key isn_key;
	struct siphash_key timestamp_key;
	struct siphash_key cookie_keys[3];
	struct table connections; /* by four-tuple */
	struct tcp_connection
		*recent; /* the last that was looked up there: segments come in rows */
	struct list all; /* every connection, listeners too */
	uint32_t orphan_bytes;
	struct ports ports;
};

/* False: no memory. Registers itself with ip, which outlives it. */
bool tcp_init(struct tcp *tcp, struct ip *ip, const uint8_t seed[16],
	      const struct tcp_config *config);
/* Every connection is forgotten, owned or not. */
void tcp_close_all(struct tcp *tcp);

enum verdict tcp_input(void *context, const struct ip_packet *packet);
void tcp_error(void *context, const struct ip_error *error);

/* The calls: RFC 9293, 3.9.1, and POSIX's where they differ. */
int tcp_bind(struct tcp_connection *connection, const struct endpoint *local);
int tcp_connect(struct tcp_connection *connection, const struct endpoint *peer);
int tcp_listen(struct tcp_connection *connection, int backlog);
/* The next child, which is the caller's from now on; NULL: none waits. tcp_unaccept puts it back in front. */
struct tcp_connection *tcp_accept(struct tcp_connection *listener, void *owner);
void tcp_unaccept(struct tcp_connection *listener, struct tcp_connection *child);
/* No more will be sent; everything queued still is. */
void tcp_shutdown_send(struct tcp_connection *connection);
void tcp_shutdown_receive(struct tcp_connection *connection);
/* The owner is done with it: FIN, or RST where unread data or SO_LINGER ask for it. Not touched again. */
void tcp_close(struct tcp_connection *connection);
/* Back to CLOSED without a peer, by RST where there was one; the owner keeps it (connect to AF_UNSPEC). */
void tcp_disconnect(struct tcp_connection *connection);

/* Room in the send queue, bytes. */
uint32_t tcp_send_room(const struct tcp_connection *connection);
/* Adds what was copied or handed over to the send queue, and sends what may be sent. more: do not push out a small tail.
 * What finds no room or memory is not taken: the count of bytes taken. */
size_t tcp_send_copy(struct tcp_connection *connection, struct bytes bytes, bool more);
bool tcp_send_slice(struct tcp_connection *connection, struct slice slice);
/* So many octets that will be added next are urgent, up to the last. */
void tcp_urge(struct tcp_connection *connection, size_t size);
/* The peer's urgent octet, out of line: 1; 0: its stream has ended before it; -EAGAIN: it is announced; -EINVAL: there is
 * none, or it is left in line, or was taken. */
int tcp_take_urgent(struct tcp_connection *connection, bool keep, uint8_t *octet);
/* The user has read size bytes of the receive queue. */
void tcp_received(struct tcp_connection *connection, uint32_t size);
/* TCP_QUICKACK: 0: replies are to carry the ACKs; else none is waited for, nor has been; where it is even, no other
 * one than has been. */
void tcp_set_quick_ack(struct tcp_connection *connection, int value);
/* A setting changed that may let data go (NODELAY, CORK off). */
void tcp_push(struct tcp_connection *connection);
void tcp_keepalive_changed(struct tcp_connection *connection);

/* identity.c */
uint64_t tcp_hash_tuple(const struct siphash_key *key, const struct endpoint *local,
			const struct endpoint *peer);
uint32_t tcp_isn(const struct tcp *tcp, const struct endpoint *local, const struct endpoint *peer);
uint32_t tcp_timestamp_offset(const struct tcp *tcp, const struct endpoint *local,
			      const struct endpoint *peer);
struct tcp_connection *tcp_find(struct tcp *tcp, const struct endpoint *local,
				const struct endpoint *peer);
uint32_t tcp_tuple_hash(const struct tcp *tcp, const struct endpoint *local,
			const struct endpoint *peer);

#endif
