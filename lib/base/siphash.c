#include "base/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

__attribute__((always_inline)) static inline void round_once(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	round_once(s);
	round_once(s);
	s->v0 ^= word;
}

/* Little-endian, as the algorithm says, whatever the machine. */
static uint64_t word_at(const uint8_t *at, size_t size)
{
	uint64_t word = 0;
	for (size_t index = 0; index < size; index++)
		word |= (uint64_t)at[index] << (8 * index);
	return word;
}

uint64_t siphash(const struct siphash_key *key, struct bytes message)
{
	struct state s = {
		key->words[0] ^ 0x736f6d6570736575u,
		key->words[1] ^ 0x646f72616e646f6du,
		key->words[0] ^ 0x6c7967656e657261u,
		key->words[1] ^ 0x7465646279746573u,
	};
	size_t index = 0;

	for (; index + 8 <= message.size; index += 8)
		compress(&s, word_at(message.at + index, 8));
	compress(&s,
		 word_at(message.at + index, message.size - index) | (uint64_t)message.size << 56);

	s.v2 ^= 0xff;
	for (int round = 0; round < 4; round++)
		round_once(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
