/* random: numbers nobody outside can foretell, from the seed that was handed over. SipHash of a counter; the same seed
 * gives the same numbers. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/siphash.h"

struct random {
	struct siphash_key key;
	uint64_t count;
};

/* Two generators of one seed and different purposes have nothing in common. */
void random_init(struct random *random, const uint8_t seed[16], uint64_t purpose);

uint64_t random_next(struct random *random);

/* 0 to below bound, which is not 0. */
uint32_t random_below(struct random *random, uint32_t bound);

/* A key for a table or a secret. */
struct siphash_key random_key(struct random *random);

#endif
