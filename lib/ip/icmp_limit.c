#include "ip/icmp_limit.h"

#include "base/clock.h"

void icmp_limit_init(struct icmp_limit *limit, struct random *random)
{
	*limit = (struct icmp_limit){ .key = random_key(random) };
}

bool icmp_limit_allows(struct icmp_limit *limit, struct random *random,
		       const struct address *destination, uint64_t now)
{
	uint64_t hash =
		siphash(&limit->key, (struct bytes){ destination->bytes, sizeof *destination });
	uint64_t *spent_until = &limit->spent_until[hash % ICMP_LIMIT_ALLOWANCES];
	uint64_t from = *spent_until > now ? *spent_until : now;

	if (from - now > (ICMP_LIMIT_BURST - 1) * SECOND)
		return false;
	*spent_until = from + SECOND / 2 + random_below(random, (uint32_t)SECOND);
	return true;
}
