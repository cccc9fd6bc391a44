/* scoreboard: what was sent and is not acknowledged, as ranges that were last sent in one go, and what is believed of each
 * (RFC 2018, 5; RFC 6675, 3): SACKed, lost, sent again. They lie end to end from snd_una to snd_nxt. A large segment is one
 * range, until SACK or loss takes it apart, in whole segments.
 *
 * Ranges that are in flight stand in the order of their sending too, which RACK looks at. Neighbours that are SACKed become
 * one. The number of ranges is bounded: beyond it SACK takes none apart (SACK Panic), and what is sent joins the last. What
 * an ACK costs is what it changes, and the ranges between what it and the last one named. */
#ifndef TCP_SCOREBOARD_H
#define TCP_SCOREBOARD_H

#include "base/list.h"
#include "base/memory.h"
#include "tcp/rate.h"
#include "wire/tcp.h"

enum {
	SENDINGS_MOST = 4096,       /* a connection's: a window of 6 MB in single segments */
	SENDINGS_SPARE_MOST = 1024, /* that a host keeps for the next */
};

struct sending {
	struct list link;
	struct list by_time; /* while it is in flight: not SACKed, nor lost and not sent again */
	uint32_t start, end;
	uint16_t mss; /* it was cut at multiples of it, from start on */
	bool sacked;
	bool lost;
	bool again;    /* what was sent last is believed to be in flight, or was lost unnoticed */
	bool repeated; /* it was sent more than once, ever */
	uint64_t sent_at; /* last */
	uint32_t
		order; /* of sendings: time stands still while a host acts, so that times alone do not tell */
	uint32_t sacked_segments; /* how many of the wire's it stands for, once it is SACKed */
	struct rate_mark mark;
};

/* Where ranges come from: one a host. */
struct sendings {
	const struct berth_allocator *allocator;
	struct list spare;
	uint32_t spare_count;
};

struct scoreboard {
	struct list sendings; /* by sequence; next NULL: none yet */
	struct list by_time;
	struct sending *near;    /* where the last one was looked for; NULL: nowhere */
	struct sending *waiting; /* none before it waits to be sent again; NULL: none at all */
	uint32_t count;
	uint32_t order; /* of the last sending */
	/* Bytes: of what is outstanding, so much is SACKed, or believed lost, and so much was sent again. */
	uint32_t sacked;
	uint32_t lost;
	uint32_t again;
	uint32_t sacked_segments;
	uint32_t highest_sacked; /* the end of the last range that is SACKed, while any is */
};

/* Is told of each range that has newly been delivered, as it was before. */
typedef void scoreboard_delivered(void *context, const struct sending *sending);

void sendings_init(struct sendings *sendings, const struct berth_allocator *allocator);
void sendings_close(struct sendings *sendings);

/* Forgets all. */
void scoreboard_close(struct scoreboard *board, struct sendings *sendings);

/* Makes sure that what is sent next can be written down. False: no memory. */
bool scoreboard_prepare(struct scoreboard *board, struct sendings *sendings);
/* New data went out, behind all the rest; prepared before. */
void scoreboard_sent(struct scoreboard *board, struct sendings *sendings,
		     const struct sending *sending);
/* How many bytes from this range on can be sent again at once, at most most: of those behind it as many as wait, each cut
 * where it was. What they are taken from is cut there, so that scoreboard_sent_again can mark them. 0: no memory. */
uint32_t scoreboard_gather(struct scoreboard *board, struct sendings *sendings,
			   struct sending *sending, uint32_t most);
/* So it has been: from sending->start to sending->end, which gather has shown. */
void scoreboard_sent_again(struct scoreboard *board, struct sendings *sendings,
			   const struct sending *sending);
/* Cuts a range behind its first size bytes. False: no memory, or too many. */
bool scoreboard_part(struct scoreboard *board, struct sendings *sendings, struct sending *sending,
		     uint32_t size);

/* Everything before una has arrived. */
void scoreboard_acknowledge(struct scoreboard *board, struct sendings *sendings, uint32_t una,
			    scoreboard_delivered *delivered, void *context);
/* What lies from left to right, within what is outstanding, has been SACKed. */
void scoreboard_sack(struct scoreboard *board, struct sendings *sendings, uint32_t left,
		     uint32_t right, scoreboard_delivered *delivered, void *context);
/* What was SACKed may be gone again (RFC 2018, 8). */
void scoreboard_renege(struct scoreboard *board);

/* It is lost; a range that is SACKed is not. Returns how many bytes were in flight before. */
uint32_t scoreboard_lose(struct scoreboard *board, struct sending *sending);
/* It was not lost after all: what waits to be sent again does so no more. */
void scoreboard_find_all(struct scoreboard *board);

/* The first range that is lost and was not sent again; NULL: none is. */
struct sending *scoreboard_waiting(struct scoreboard *board);
/* The last range that is not SACKed; NULL: all are. */
struct sending *scoreboard_last_missing(struct scoreboard *board);

/* Was a sent after b? What was one when it was sent is in order of sequence. */
static inline bool sending_is_later(uint32_t a_order, uint32_t a_end, uint32_t b_order,
				    uint32_t b_end)
{
	return a_order == b_order ? sequence_after(a_end, b_end) : sequence_after(a_order, b_order);
}

static inline struct sending *sending_of(struct list *node)
{
	return CONTAINER_OF(node, struct sending, link);
}

static inline struct sending *scoreboard_first(struct scoreboard *board)
{
	return board->count ? sending_of(board->sendings.next) : NULL;
}

static inline struct sending *scoreboard_last(struct scoreboard *board)
{
	return board->count ? sending_of(board->sendings.previous) : NULL;
}

#endif
