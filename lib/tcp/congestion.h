/* congestion: how much may be in flight, and how fast it may leave. A controller is a row of functions; the loss detector
 * says what happened, congestion.c does what all controllers have in common, and tells the controller the rest.
 *
 * Bytes and nanoseconds throughout. While the window is being reduced (PHASE_REDUCING, PHASE_RECOVERY) it is PRR's (RFC
 * 9937), and in every other phase the controller's; one that has control keeps it to itself always, as BBR does. */
#ifndef TCP_CONGESTION_H
#define TCP_CONGESTION_H

#include "base/memory.h"
#include "tcp/prr.h"
#include "tcp/rate.h"

#define CONGESTION_WINDOW_MOST (UINT32_C(1) << 30) /* RFC 7323's largest: more can never be used */

/* Linux's icsk_ca_state, as TCP_INFO shows it. */
enum congestion_phase {
	PHASE_OPEN,
	PHASE_DISORDER, /* something may be missing: duplicate ACKs, SACK */
	PHASE_REDUCING, /* the window comes down without a loss: ECN, or a queue of our own that is full */
	PHASE_RECOVERY, /* the window comes down, and what was lost goes again */
	PHASE_LOSS,     /* a time-out: from one segment on */
};

/* What a controller may want to know beside ACKs. */
enum congestion_event {
	CONGESTION_SENDS_AGAIN, /* data goes out, and nothing was in flight */
	CONGESTION_REDUCES,     /* loss or a mark: the threshold has been asked for, PRR begins */
	CONGESTION_REDUCED,     /* PRR has ended, the window is the threshold */
	CONGESTION_TIMED_OUT,   /* the threshold has been asked for, the window is one segment */
	CONGESTION_UNDONE,      /* that loss was none: window and threshold are back */
};

/* What an ACK meant. */
struct congestion_ack {
	uint64_t now;
	uint32_t acknowledged;     /* cumulatively, by this ACK */
	uint32_t delivered;        /* newly acknowledged or SACKed, each byte once */
	uint32_t lost;             /* newly found lost */
	uint32_t in_flight_before; /* when it came */
	uint32_t in_flight; /* now: sent, less SACKed and lost, and what of that went again */
	uint32_t snd_una, snd_nxt; /* now: round trips are told by them */
	uint64_t rtt_ns;           /* of what was sent once; 0: no sample */
	uint64_t srtt_ns;          /* with that sample; 0: none yet */
	uint64_t least_rtt_ns;     /* of the last minutes; 0: none yet */
	bool window_limited;       /* it was the window that held sending back, not the program */
	struct rate_sample rate;
};

struct congestion;

/* NULL for what a controller has no use for; threshold is always there, and acknowledged where control is not. */
struct congestion_control {
	const char *name;  /* as TCP_CONGESTION and Linux know it */
	uint16_t own_size; /* of congestion->own */
	/* own has been zeroed; mss, window and threshold are set. */
	void (*begin)(struct congestion *congestion, uint64_t now);
	/* Every ACK that delivered something, in every phase, ahead of all else. */
	void (*observe)(struct congestion *congestion, const struct congestion_ack *ack);
	/* The window may grow: ack->delivered bytes have left the network, and it is not being reduced. */
	void (*acknowledged)(struct congestion *congestion, const struct congestion_ack *ack);
	/* Every ACK, after observe: sets window and pacing_rate by itself, PRR stays out. */
	void (*control)(struct congestion *congestion, const struct congestion_ack *ack);
	/* Loss was found, or a mark: the new threshold. outstanding: all that was sent and is not acknowledged. */
	uint32_t (*threshold)(struct congestion *congestion, uint32_t outstanding);
	/* It was none after all: the window to have; NULL: what it was. */
	uint32_t (*undo)(struct congestion *congestion);
	void (*told)(struct congestion *congestion, enum congestion_event event, uint64_t now);
};

struct congestion {
	const struct congestion_control *control;
	void *own; /* control->own_size bytes; NULL: none */
	uint32_t mss;
	uint32_t window;    /* cwnd */
	uint32_t threshold; /* ssthresh */
	uint32_t counted;   /* acknowledged towards the next step of congestion avoidance */
	uint64_t
		pacing_rate; /* bytes a second at which data leaves; 0: at once. segment_out obeys it */

	uint64_t rate_most; /* the user's bound on that; 0: none */

	/* The last reduction or time-out: what an undo goes back to is prr.prior_window and this. */
	struct prr prr;
	uint32_t prior_threshold;

	/* Whether the window is the limit: the most in flight until used_until is acknowledged. */
	uint32_t used;
	uint32_t used_until;
	bool limited;
	uint32_t used_starving; /* the most outstanding since full_at; */
	uint64_t full_at; /* when the window was last the limit, or came down for want of use */
	enum congestion_phase phase;
	bool unannounced; /* the window came down, and ECN's CWR has not told the peer yet */
};

extern const struct congestion_control cubic;
extern const struct congestion_control newreno;

/* By its name, as TCP_CONGESTION gives it; NULL: there is none of that name. The first of all is the usual one; NULL ends
 * them. */
const struct congestion_control *congestion_find(const char *name);
const struct congestion_control *congestion_at(size_t index);

/* RFC 6928: the initial window. */
uint32_t congestion_initial_window(uint32_t mss);

/* The handshake is over. A controller whose own finds no memory gives way to newreno, which has none. */
void congestion_init(struct congestion *congestion, const struct berth_allocator *allocator,
		     uint32_t mss, uint64_t now);
void congestion_close(struct congestion *congestion, const struct berth_allocator *allocator);

/* Another controller takes over; the window stays. Before the handshake is over it only is the one to begin with. */
void congestion_use(struct congestion *congestion, const struct berth_allocator *allocator,
		    const struct congestion_control *control, uint64_t now);

/* No faster than that (SO_MAX_PACING_RATE); 0: as the controller has it. While there is a bound, those that do not pace by
 * themselves leave at what the window gives in a round trip, and a fifth more; twice that in slow start (Linux's numbers). */
void congestion_bound_rate(struct congestion *congestion, uint64_t rate_most);

/* Data is about to go, and nothing is in flight. */
void congestion_sends_again(struct congestion *congestion, uint64_t now);
/* Data went out, for the first time or again. */
void congestion_sent(struct congestion *congestion, uint32_t size);
/* The sender has sent all that it may: limited: more waits, and only the window
 * keeps it. */
void congestion_filled(struct congestion *congestion, uint32_t snd_una, uint32_t snd_nxt,
		       bool limited);
/* Is it the window that keeps the sender back? In slow start half of it in use is enough (Linux does this too). */
bool congestion_is_limited(const struct congestion *congestion);

/* An ACK that acknowledged or SACKed something, or by which something was found lost. */
void congestion_acked(struct congestion *congestion, const struct congestion_ack *ack);

/* RFC 5681, 3.1, for controllers: the window grows by what arrived, to the threshold; what is left of it. Large segments are
 * acknowledged whole: what was counted is what was sent, so no limit of one or two segments an ACK applies. */
uint32_t congestion_slow_start(struct congestion *congestion, uint32_t bytes);

/* The window comes down by PRR: to PHASE_RECOVERY, or to PHASE_REDUCING; and has come down. */
void congestion_reduce(struct congestion *congestion, enum congestion_phase phase,
		       uint32_t outstanding, uint64_t now);
void congestion_reduced(struct congestion *congestion, uint64_t now);
/* A reduction began by the clock, not by an ACK: one segment may go. */
void congestion_began(struct congestion *congestion, uint32_t in_flight);
/* RFC 5681, 3.1: threshold from what is outstanding, one segment from there, beside what of it is still in flight. The same
 * data again (first is false) leaves the threshold alone. */
void congestion_timed_out(struct congestion *congestion, uint32_t outstanding, uint32_t in_flight,
			  bool first, uint64_t now);
/* The loss that the last reduction or time-out was for was none (RFC 4015; RFC 2883). The phase is the caller's. */
void congestion_undo(struct congestion *congestion, uint64_t now);
/* Nothing was sent for so long, which is longer than an RTO (RFC 5681, 4.1): half the window for each RTO, down to the initial
 * one (RFC 2861). The threshold remembers it. */
void congestion_idle(struct congestion *congestion, uint64_t idle_ns, uint64_t rto_ns,
		     uint64_t now);
/* The program has sent all it had, and that is so much outstanding. Once it has for an RTO not filled the window, that goes
 * half the way to what it used (RFC 2861, which is Linux's way and not RFC 7661's: the unused part is not kept for five
 * minutes). */
void congestion_starved(struct congestion *congestion, uint32_t outstanding, uint64_t rto_ns,
			uint64_t now);

#endif
