/* cable: two stations and a wire between them, for simulations: frames take time, and an impairment a direction loses,
 * repeats, reorders and damages them. Time is virtual and moves in cable_advance only; the same seed and the same calls
 * give the same frames at the same moments.
 *
 * What is sent is judged frame by frame: a large segment is cut first, and checksums that were left out are put in. There
 * is no rate: any number of frames may be under way, up to a bound. */
#ifndef LAN_CABLE_H
#define LAN_CABLE_H

#include "base/frame.h"
#include "base/memory.h"
#include "base/verdict.h"
#include "lan/impairment.h"

enum { CABLE_QUEUE_MOST = 4096 }; /* frames under way in one direction: more than any window here */

struct cable_end {
	/* A frame has arrived; takes it. Set by the caller, after cable_init. */
	void (*receive)(void *context, struct frame *frame);
	void *context;
	uint32_t under_way;      /* frames sent from here and not arrived */
	uint64_t sent, received; /* frames of the wire */
};

/* What the tap is shown: each frame of the wire once, as it arrives or is dropped. */
struct cable_sight {
	uint64_t now;
	const struct frame *frame; /* Ethernet header first */
	unsigned from;             /* the end it was sent from, 0 or 1 */
	enum verdict verdict;      /* FORWARDED, or why not */
};

struct cable {
	const struct berth_allocator *allocator;
	uint64_t now;
	struct impairment impairments[2]; /* by the sending end */
	struct cable_end ends[2];
	struct list flights; /* those under way, the earliest arrival first */
	struct list landing; /* those that cable_advance is delivering */
	uint64_t counts[VERDICT_COUNT];
	void (*tap)(void *context, const struct cable_sight *sight); /* NULL: none */
	void *tap_context;
};

/* Both directions are impaired alike, by random numbers of their own. */
void cable_init(struct cable *cable, const struct berth_allocator *allocator,
		const struct impairment_config *config, const uint8_t seed[16], uint64_t now);
/* What is under way goes with it. */
void cable_close(struct cable *cable);

/* Sends from an end, 0 or 1, to the other. Takes the frame. */
void cable_send(struct cable *cable, unsigned end, struct frame *frame);

/* When the next frame arrives; UINT64_MAX: none is under way. */
uint64_t cable_deadline(const struct cable *cable);

/* Moves time to now (never back) and delivers what has arrived by then, in the order of arrival, but not what that
 * causes; true when it delivered any. */
bool cable_advance(struct cable *cable, uint64_t now);

#endif
