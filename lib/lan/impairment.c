#include "lan/impairment.h"

#include "base/assert.h"
#include "wire/ethernet.h"

/* One draw each, whether it matters or not, so that a changed probability moves no other decision. */
static bool happens(struct random *random, uint32_t probability)
{
	return random_below(random, IMPAIRMENT_CERTAIN) < probability;
}

void impairment_init(struct impairment *impairment, const struct impairment_config *config,
		     const uint8_t seed[16], uint64_t purpose)
{
	assert(config->loss <= IMPAIRMENT_CERTAIN && config->duplication <= IMPAIRMENT_CERTAIN);
	assert(config->reordering <= IMPAIRMENT_CERTAIN &&
	       config->corruption <= IMPAIRMENT_CERTAIN);
	impairment->config = *config;
	random_init(&impairment->random, seed, purpose);
}

/* 0 to most. */
static uint64_t extra_delay(struct random *random, uint64_t most)
{
	uint64_t drawn = random_next(random);
	return most == UINT64_MAX ? drawn : drawn % (most + 1);
}

struct impairment_fate impairment_judge(struct impairment *impairment)
{
	const struct impairment_config *config = &impairment->config;
	struct random *random = &impairment->random;
	struct impairment_fate fate = { .copies = 1 };

	if (happens(random, config->duplication))
		fate.copies = 2;
	if (happens(random, config->loss))
		fate.copies = 0;
	for (uint32_t index = 0; index < 2; index++) {
		bool overtaken = happens(random, config->reordering);
		uint64_t extra_ns = extra_delay(random, config->reordering_ns);
		fate.copy[index].delay_ns = config->delay_ns + (overtaken ? extra_ns : 0);
		fate.copy[index].corrupted = happens(random, config->corruption);
	}
	return fate;
}

static bool has_checksum(struct bytes frame)
{
	struct ethernet_header ethernet;
	return ethernet_parse(frame, &ethernet) && ethernet.type != ETHERTYPE_ARP;
}

struct frame *impairment_corrupt(struct impairment *impairment, const struct frame *frame)
{
	uint32_t size = frame_size(frame);
	if (size > BLOCK_LARGEST)
		return NULL;
	/* The payload may be the sender's own, so it is copied. */
	struct frame *copy = frame_with_room(frame->home, size);
	if (!copy)
		return NULL;
	frame_copy_out(frame, 0, copy->head, size);
	if (size <= ETHERNET_HEADER_SIZE || !has_checksum(frame_head(copy)))
		return copy;

	uint32_t bit = random_below(&impairment->random, (size - ETHERNET_HEADER_SIZE) * 8);
	copy->head[ETHERNET_HEADER_SIZE + bit / 8] ^= (uint8_t)(1 << bit % 8);
	return copy;
}
