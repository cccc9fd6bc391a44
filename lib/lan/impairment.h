/* impairment: what a bad link does to single frames: loses, repeats, delays and damages them, each with a probability
 * of its own. It judges; whoever carries the frames does what it says. Same seed and same frames, same fate. A large
 * segment is cut before it is judged (wire/cut.h). */
#ifndef LAN_IMPAIRMENT_H
#define LAN_IMPAIRMENT_H

#include "base/frame.h"
#include "base/random.h"

enum { IMPAIRMENT_CERTAIN = 1000000 };

struct impairment_config {
	/* in parts per million of the frames, at most IMPAIRMENT_CERTAIN each */
	uint32_t loss;
	uint32_t duplication;
	uint32_t reordering;
	uint32_t corruption;
	uint64_t delay_ns;      /* of every frame */
	uint64_t reordering_ns; /* at most this much more, for those that others are to overtake */
};

struct impairment {
	struct impairment_config config;
	struct random random;
};

/* copies: 0, lost; 1; 2, duplicated. The copies are delayed and damaged each by itself. */
struct impairment_fate {
	uint32_t copies;
	struct {
		uint64_t delay_ns;
		bool corrupted;
	} copy[2];
};

/* Two links of one seed and different purposes have nothing in common. */
void impairment_init(struct impairment *impairment, const struct impairment_config *config,
		     const uint8_t seed[16], uint64_t purpose);

struct impairment_fate impairment_judge(struct impairment *impairment);

/* A copy of an Ethernet frame in which one bit behind the Ethernet header is wrong: one, because the Internet checksum
 * finds every single one. A frame whose type has no checksum (ARP) is copied as it is. NULL: no memory, or
 * larger than a block. */
struct frame *impairment_corrupt(struct impairment *impairment, const struct frame *frame);

#endif
