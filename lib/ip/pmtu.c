#include "ip/pmtu.h"

enum { SIZE = PMTU_SETS * PMTU_SET_PLACES * sizeof(struct pmtu) };

void pmtus_init(struct pmtus *pmtus, const struct berth_allocator *allocator, struct random *random)
{
	*pmtus = (struct pmtus){ .allocator = allocator, .key = random_key(random) };
}

void pmtus_close(struct pmtus *pmtus)
{
	memory_give(pmtus->allocator, pmtus->at, pmtus->at ? SIZE : 0);
	pmtus->at = NULL;
}

static struct pmtu *set_of(const struct pmtus *pmtus, const struct address *destination)
{
	uint64_t hash = siphash(&pmtus->key,
				(struct bytes){ destination->bytes, sizeof destination->bytes });
	return pmtus->at + hash % PMTU_SETS * PMTU_SET_PLACES;
}

/* Its place; NULL: none that still counts. */
static struct pmtu *find(const struct pmtus *pmtus, const struct address *destination, uint64_t now)
{
	struct pmtu *set = set_of(pmtus, destination);

	for (int place = 0; place < PMTU_SET_PLACES; place++) {
		if (now < set[place].until && address_equal(&set[place].destination, destination))
			return &set[place];
	}
	return NULL;
}

static struct pmtu *oldest(struct pmtu *set)
{
	struct pmtu *oldest = set;

	for (int place = 1; place < PMTU_SET_PLACES; place++) {
		if (set[place].until < oldest->until)
			oldest = &set[place];
	}
	return oldest;
}

void pmtu_learn(struct pmtus *pmtus, const struct address *destination, uint16_t mtu, uint64_t now)
{
	if (!pmtus->at)
		pmtus->at = memory_take(pmtus->allocator, SIZE);
	if (!pmtus->at)
		return;
	struct pmtu *known = find(pmtus, destination, now);
	if (known && known->mtu < mtu)
		return;
	if (!known)
		known = oldest(set_of(pmtus, destination));
	*known = (struct pmtu){ *destination, now + PMTU_AGE_NS, mtu };
}

uint16_t pmtu_find(const struct pmtus *pmtus, const struct address *destination, uint64_t now)
{
	const struct pmtu *known = pmtus->at ? find(pmtus, destination, now) : NULL;
	return known ? known->mtu : 0;
}
