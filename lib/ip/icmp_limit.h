/* icmp_limit: how many ICMP errors are sent to one destination: six at once, one a second from then on (Linux's
 * icmp_ratelimit), each costing between half and one and a half of that, by chance, so that nobody learns from what he is
 * sent how much others were (the SAD DNS side channel).
 *
 * Destinations share a fixed number of allowances by keyed hash: bounded in memory, and in errors a second whatever
 * sources are made up. */
#ifndef IP_ICMP_LIMIT_H
#define IP_ICMP_LIMIT_H

#include "base/random.h"
#include "wire/address.h"

enum {
	ICMP_LIMIT_ALLOWANCES = 256,
	ICMP_LIMIT_BURST = 6,
};

struct icmp_limit {
	struct siphash_key key;
	uint64_t spent_until[ICMP_LIMIT_ALLOWANCES]; /* when the allowance is whole again */
};

void icmp_limit_init(struct icmp_limit *limit, struct random *random);

/* Spends one, if one is left. */
bool icmp_limit_allows(struct icmp_limit *limit, struct random *random,
		       const struct address *destination, uint64_t now);

#endif
