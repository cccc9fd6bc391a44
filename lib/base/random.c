#include "base/random.h"

#include "base/assert.h"

void random_init(struct random *random, const uint8_t seed[16], uint64_t purpose)
{
	struct siphash_key key;
	memcpy(key.words, seed, sizeof key.words);

	struct random parent = { .key = key, .count = purpose << 32 };
	*random = (struct random){ .key = random_key(&parent) };
}

uint64_t random_next(struct random *random)
{
	uint64_t count = random->count++;
	return siphash(&random->key, (struct bytes){ (const uint8_t *)&count, sizeof count });
}

uint32_t random_below(struct random *random, uint32_t bound)
{
	assert(bound > 0);
	return (uint32_t)(((random_next(random) >> 32) * bound) >> 32);
}

struct siphash_key random_key(struct random *random)
{
	struct siphash_key key;
	key.words[0] = random_next(random);
	key.words[1] = random_next(random);
	return key;
}
