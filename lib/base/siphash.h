/* siphash: SipHash-2-4 (Aumasson, Bernstein 2012), the keyed hash behind sequence numbers, ports and tables. */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include "base/bytes.h"

struct siphash_key {
	uint64_t words[2];
};

uint64_t siphash(const struct siphash_key *key, struct bytes message);

#endif
