/* connection: one TCP connection (RFC 9293's transmission control block, 3.3.1), from socket() to the last of TIME-WAIT.
 *
 * Who makes one owns it until tcp_close or tcp_abort; from then on it belongs to the stack, which frees it when the
 * diagram says so. What changes for its owner is told through tcp->wake. */
#ifndef TCP_CONNECTION_H
#define TCP_CONNECTION_H

#include "base/clock.h"
#include "base/list.h"
#include "base/queue.h"
#include "base/table.h"
#include "ip/ip.h"
#include "tcp/congestion.h"
#include "tcp/ecn.h"
#include "tcp/rack.h"
#include "tcp/rate.h"
#include "tcp/reassembly.h"
#include "tcp/recovery.h"
#include "tcp/rto.h"
#include "tcp/scoreboard.h"
#include "tcp/state.h"
#include "transport/ports.h"

/* Why a connection may have to wake up. Only timers.c arms them. */
enum tcp_timer {
	/* Of these three but one is armed at a time. */
	TIMER_RETRANSMIT,  /* RFC 6298: the oldest unacknowledged segment */
	TIMER_TAIL_PROBE,  /* RFC 8985, 7: no ACK came that could tell of a loss */
	TIMER_REORDERING,  /* RFC 8985, 6: what was overtaken is lost by then */
	TIMER_PERSIST,     /* RFC 9293, 3.8.6.1: probe a closed window */
	TIMER_PACING,      /* data waits for its turn by the pacing rate */
	TIMER_DELAYED_ACK, /* RFC 1122, 4.2.3.2 */
	TIMER_KEEPALIVE,   /* RFC 9293, 3.8.4 */
	TIMER_WAIT,        /* 2 MSL in TIME-WAIT; tcp_fin_timeout in an orphan's FIN-WAIT-2 */
	TIMER_COUNT,
};

/* What a user may set, and a listener's children inherit. Times in nanoseconds. */
struct tcp_settings {
	uint32_t send_buffer;       /* bytes the send queue takes */
	uint32_t receive_buffer;    /* bytes the receive queue takes: the window's source */
	uint32_t receive_low_water; /* SO_RCVLOWAT */
	uint16_t most_segment;      /* TCP_MAXSEG: 0, or the user's bound */
	bool no_delay;
	bool urgent_in_line; /* SO_OOBINLINE */
	bool cork;
	bool zerocopy; /* SO_ZEROCOPY: MSG_ZEROCOPY is told of */
	bool keepalive;
	bool linger;
	uint32_t linger_seconds;
	uint64_t keepalive_idle;
	uint64_t keepalive_interval;
	uint8_t keepalive_count;
	uint8_t syn_retries;
	uint64_t user_timeout; /* 0: the retry count alone decides */
	uint64_t pacing_rate;  /* SO_MAX_PACING_RATE, bytes a second; 0: no bound */
	const struct congestion_control *congestion_control; /* NULL: the host's, of the moment */
	uint8_t tos;
	uint8_t ttl;
	struct ipv6_settings ipv6; /* of IPv6, what those two are of IPv4 */
};

/* How much is known of the last octet that the peer calls urgent. */
enum urgent_state {
	URGENT_NONE,      /* there is none, or it has been passed */
	URGENT_ANNOUNCED, /* its place is known */
	URGENT_HERE,
	URGENT_READ, /* out of line */
};

struct urgent {
	uint32_t sent_end; /* SND.UP: behind the last octet that is ours */
	uint32_t octet;    /* the place of theirs */
	enum urgent_state state;
	uint8_t value;
};

struct tcp_listener;

struct tcp_connection {
	struct tcp *tcp;
	void *owner; /* the socket; NULL: an orphan, or not accepted yet */
	enum tcp_state state;
	int error;      /* positive errno for the owner, told once; 0: none */
	int soft_error; /* what ICMP said; told if the connection times out */
	uint32_t
		orphan_bytes; /* its part of tcp->orphan_bytes: what was queued when its owner left */
	struct tcp_settings settings;

	/* Identity. holder.local is the local endpoint. */
	struct port_holder holder;
	bool bound;          /* by bind(2): the port outlives the connection */
	bool address_chosen; /* by connect(2), of a socket bound to none: it goes with the connection */
	bool in_table;
	struct endpoint peer;
	struct table_node by_tuple; /* in tcp->connections while in_table */
	struct list link;           /* in tcp->all */

	/* A listener's own part; a child's way back to its listener, until accepted. */
	struct tcp_listener *listener;
	struct tcp_connection *parent;
	struct list in_queue; /* the SYN queue or the accept queue */
	bool half_open;       /* it is the SYN queue */
	bool from_cookie;     /* it was in neither: see cookie.h */

	/* Send side: RFC 9293, figure 3. */
	uint32_t iss;
	bool syn_acknowledged; /* not to be seen from snd_una == iss: they meet again after 4 GiB */
	uint32_t snd_una;
	uint32_t snd_nxt;
	uint32_t piece_start, piece_end; /* of what is sent as one piece: segment_out.c */
	uint32_t pushed;                 /* the end of what went out with PSH last */
	uint32_t snd_small; /* the end of the last segment that was not full: Nagle looks at it */
	uint32_t snd_wnd;   /* bytes, shift applied */
	uint32_t snd_wnd_most; /* the largest window they ever offered */
	uint32_t snd_wl1, snd_wl2;
	uint8_t snd_shift;
	struct queue send; /* data from snd_una (from iss + 1 before the SYN is acknowledged) */
	bool more_follows; /* the last of the queue came with MSG_MORE: it is not pushed */
	bool fin_queued;   /* a FIN follows the last byte of the queue */
	uint16_t mss;      /* payload bytes a segment, options taken off */
	uint16_t peer_mss; /* as announced */
	uint16_t
		own_mss; /* what we announce: the interface's MTU less the headers (RFC 9293, 3.7.1) */
	uint32_t path_mtu;
	uint32_t path_largest;    /* what the path takes in one piece */
	uint32_t largest_segment; /* payload in one piece: a multiple of mss */

	/* Receive side: figure 4. */
	uint32_t irs;
	uint32_t rcv_nxt;
	uint32_t rcv_edge;   /* right edge last advertised: it never moves left (RFC 9293, 3.8.6) */
	uint32_t rcv_widest; /* the widest window ever advertised */
	uint32_t last_ack_sent;
	uint8_t rcv_shift;
	uint8_t own_shift; /* what we offer: the same in each SYN, whatever is set meanwhile */
	bool fin_received;
	bool fin_seen; /* out of order: its place is fin_sequence */
	uint32_t fin_sequence;
	struct queue receive;
	struct reassembly early;
	struct urgent urgent;                     /* of both directions: see urgent.h */
	uint32_t duplicate_left, duplicate_right; /* RFC 2883: to be told; equal: nothing is */
	uint32_t mss_estimate;   /* the largest segment they send: what two of make an ACK due */
	uint32_t unacknowledged; /* bytes received since the last ACK */
	bool interactive; /* replies carry the ACKs (Linux's pingpong mode), until one was late */
	uint8_t quick_acks; /* so many more are acknowledged at once, unless interactive (Linux's quick-ACK mode) */
	bool ack_now;
	bool receive_shut;  /* SHUT_RD, or nobody left to read */
	bool fin_is_latest; /* of what came out of order */

	/* Options agreed on (RFC 7323, RFC 2018). */
	bool sack;
	bool window_scaling;
	bool timestamps;
	uint32_t timestamp_offset;
	uint32_t ts_recent;
	uint64_t ts_recent_at;

	/* Loss and rate. */
	struct rto rto;
	struct congestion congestion;
	struct ecn ecn;
	uint64_t turn; /* when the pacing rate lets more data go */
	struct scoreboard board;
	struct rack rack;
	struct rate rate;
	struct recovery recovery;
	uint64_t retry_since;
	uint64_t last_sent;
	uint64_t last_received;
	uint64_t last_text;     /* when text last came in its order; 0: never */
	uint64_t challenged_at; /* last challenge ACK: RFC 5961, 7 */
	uint32_t retransmitted; /* segments, in all */
	uint8_t retries;        /* of the same data, or of the window probe */
	uint8_t keepalive_probes;

	/* Timers: deadlines, and the one alarm that stands at or before the earliest of them. */
	uint64_t deadlines[TIMER_COUNT];
	struct alarm alarm;
};

/* What an unacknowledged connection holds on to, and what a listener does (see listen.c). */
struct tcp_listener {
	int backlog;
	struct list half_open; /* SYN queue, oldest first */
	struct list complete;  /* accept queue */
	uint32_t half_open_count;
	uint32_t complete_count;
	bool cookie_given;
	uint64_t cookie_at; /* the last one */
};

/* A closed connection with default settings, owned by owner. NULL: no memory. */
struct tcp_connection *connection_new(struct tcp *tcp, void *owner);
/* A new one is of an IPv4 socket; this makes it one of an IPv6 socket. */
void connection_turn_v6(struct tcp_connection *connection);

/* Forgets it wholly: out of every table, queues and timers gone, memory given back. Nothing is sent. */
void connection_free(struct tcp_connection *connection);

/* Moves it along the diagram; the pair must be legal. */
void connection_move(struct tcp_connection *connection, enum tcp_event event);

/* Its owner leaves, and what is queued goes out without one; false: the host has too much of that already. Settled, once all
 * of it is acknowledged or given up. */
bool connection_orphan(struct tcp_connection *connection);
void connection_orphan_settled(struct tcp_connection *connection);

/* Puts it under its four-tuple in the table of connections. */
void connection_enter(struct tcp_connection *connection);

/* Ends it at once, for this reason (0: none): its owner is told; an orphan is freed and must not be touched again. */
void connection_end(struct tcp_connection *connection, int error);

/* The next few segments are acknowledged at once: at a connection's start, and after a gap. */
void connection_acknowledge_quickly(struct tcp_connection *connection);

/* Something its owner may wait for has changed. */
void connection_wake(struct tcp_connection *connection);

/* Takes over the path to the peer: MSS (RFC 9293, 3.7.1) and the largest piece. 0 or -ENETUNREACH. */
int connection_find_path(struct tcp_connection *connection);
void connection_set_mss(struct tcp_connection *connection, uint32_t mtu);

/* The window to advertise now, in whole units of the window scale's: keeps the edge, is never silly (RFC 9293, 3.8.6.2.2). */
uint32_t connection_window(const struct tcp_connection *connection);

/* What is believed to be in the network: RFC 6675's pipe, Linux's tcp_packets_in_flight. */
static inline uint32_t connection_in_flight(const struct tcp_connection *connection)
{
	const struct scoreboard *board = &connection->board;
	return connection->snd_nxt - connection->snd_una - board->sacked - board->lost +
	       board->again - connection->recovery.assumed;
}

/* The sequence number of the first byte of the send queue, and of what would follow its last. */
static inline uint32_t connection_queue_start(const struct tcp_connection *connection)
{
	return connection->snd_una + !connection->syn_acknowledged;
}

static inline uint32_t connection_queue_end(const struct tcp_connection *connection)
{
	return connection_queue_start(connection) + connection->send.size;
}

#endif
