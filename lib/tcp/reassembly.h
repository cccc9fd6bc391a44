/* reassembly: what came before its turn, as runs of bytes in order of sequence. The bytes that came first are kept
 * (RFC 9293 leaves it open; Linux does this too), so a later segment cannot rewrite what an earlier one said. The number of
 * runs is bounded, and so is that of slices, which move when runs join: with them the time of an insertion, and the memory
 * that single bytes can hold (SegmentSmack). */
#ifndef TCP_REASSEMBLY_H
#define TCP_REASSEMBLY_H

#include "base/list.h"
#include "base/queue.h"
#include "wire/tcp.h"

enum {
	REASSEMBLY_RUNS_MOST = 128, /* holes a window can have */
	/* Slices it may hold whatever their size; beyond them each has to stand for so many bytes, a small MSS's. */
	REASSEMBLY_SLICES_FREE = 1024,
	REASSEMBLY_SLICE_LEAST = 512,
};

struct reassembly {
	struct list runs; /* by sequence, no two touching; list.next NULL: none yet */
	struct list *
		latest; /* the run that was added to last, in a ring of all by when they were; NULL: none */
	uint32_t count;
	uint32_t size; /* bytes in all */
};

void reassembly_close(struct reassembly *reassembly, struct pool *pool);

/* Adds count slices that begin at sequence, taking over their references whatever happens. False: something found no room
 * (too many holes, no memory), and was let go. *known: the first of it that was here already; empty: none
 * was. */
bool reassembly_insert(struct reassembly *reassembly, struct pool *pool, uint32_t sequence,
		       struct slice *slices, int count, struct tcp_sack_block *known);

/* The runs that were added to last, the latest first, at most most of them. Returns how many. */
uint32_t reassembly_latest(const struct reassembly *reassembly, struct tcp_sack_block *blocks,
			   uint32_t most);

/* Where the last run ends; sequence, where there is none. */
uint32_t reassembly_end(const struct reassembly *reassembly, uint32_t sequence);

/* Moves the run that begins at or before sequence, less what lies before it, to the queue's end. Returns how many bytes.
 * *known: what lay before it. */
uint32_t reassembly_take(struct reassembly *reassembly, struct pool *pool, uint32_t sequence,
			 struct queue *queue, struct tcp_sack_block *known);

#endif
