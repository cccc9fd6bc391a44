#include "ip/claim.h"

#include "base/siphash.h"
#include "ip/arp.h"
#include "ip/ip.h"

#include <errno.h>

/* RFC 5227, 1.1. */
#define PROBE_WAIT          (1 * SECOND)
#define PROBE_MIN           (1 * SECOND)
#define PROBE_MAX           (2 * SECOND)
#define ANNOUNCE_WAIT       (2 * SECOND)
#define ANNOUNCE_INTERVAL   (2 * SECOND)
#define RATE_LIMIT_INTERVAL (60 * SECOND)

/* RFC 3927, 2.1: the first and the last 256 addresses are not for hosts to choose. */
#define LINK_LOCAL_FIRST UINT32_C(0xa9fe0100)
#define LINK_LOCAL_COUNT UINT32_C(0xfe00)

enum {
	PROBES = 3,
	ANNOUNCEMENTS = 2,
	CONFLICTS_MOST = 10, /* from then on at the limited rate */
	LINK_LOCAL_PREFIX = 16,
};

static uint64_t random_wait(struct ip *ip, uint64_t least, uint64_t most)
{
	uint32_t microseconds = (uint32_t)((most - least) / MICROSECOND);
	return least + random_below(&ip->random, microseconds + 1) * MICROSECOND;
}

static void wait_for(struct claim *claim, uint64_t ns)
{
	clock_set(claim->ip->clock, &claim->alarm, claim->ip->clock->now + ns);
}

static void begin_probing(struct claim *claim)
{
	claim->state = CLAIM_PROBING;
	claim->said = 0;
	wait_for(claim, claim->conflicts < CONFLICTS_MOST ? random_wait(claim->ip, 0, PROBE_WAIT)
							  : RATE_LIMIT_INTERVAL);
}

/* Of the MAC and how many were taken: the same host asks for the same ones in the same order. */
static void choose_link_local(struct claim *claim)
{
	static const struct siphash_key key;
	uint8_t message[10];
	memcpy(message, claim->interface->mac.bytes, 6);
	put32(message + 6, claim->conflicts);
	uint64_t hash = siphash(&key, (struct bytes){ message, sizeof message });
	claim->address = LINK_LOCAL_FIRST + (uint32_t)(hash % LINK_LOCAL_COUNT);
}

static void lose(struct claim *claim)
{
	claim->conflicts++;
	if (claim->link_local) {
		choose_link_local(claim);
		begin_probing(claim);
		return;
	}
	claim->state = CLAIM_LOST;
	clock_set(claim->ip->clock, &claim->alarm, NEVER);
}

/* Nobody has objected. The address's announcement is the first of two (RFC 5227, 2.3). */
static void hold(struct claim *claim)
{
	struct address address = address_v4(claim->address);

	if (ip_address_add(claim->ip, claim->interface->index, &address, claim->prefix) != 0) {
		lose(claim);
		return;
	}
	claim->state = CLAIM_HELD;
	claim->said = 1;
	wait_for(claim, ANNOUNCE_INTERVAL);
}

static void probe_on(struct claim *claim)
{
	if (claim->said == PROBES) {
		hold(claim);
		return;
	}
	arp_probe(claim->ip, claim->interface, claim->address);
	claim->said++;
	wait_for(claim, claim->said < PROBES ? random_wait(claim->ip, PROBE_MIN, PROBE_MAX)
					     : ANNOUNCE_WAIT);
}

static void announce_on(struct claim *claim)
{
	arp_announce(claim->ip, claim->interface, claim->address);
	claim->said++;
	if (claim->said < ANNOUNCEMENTS)
		wait_for(claim, ANNOUNCE_INTERVAL);
}

static void alarm_due(struct alarm *alarm)
{
	struct claim *claim = CONTAINER_OF(alarm, struct claim, alarm);
	if (claim->state == CLAIM_PROBING)
		probe_on(claim);
	else
		announce_on(claim);
}

static struct claim *find(const struct ip *ip, const struct interface *interface, uint32_t address)
{
	LIST_EACH (node, &ip->claims) {
		struct claim *claim = CONTAINER_OF(node, struct claim, link);
		if (claim->interface == interface && claim->address == address)
			return claim;
	}
	return NULL;
}

static const struct claim *find_link_local(const struct ip *ip, const struct interface *interface)
{
	LIST_EACH (node, &ip->claims) {
		const struct claim *claim = CONTAINER_OF(node, struct claim, link);
		if (claim->interface == interface && claim->link_local)
			return claim;
	}
	return NULL;
}

static struct claim *make(struct ip *ip, struct interface *interface)
{
	if (ip->claim_count == CLAIMS_MOST)
		return NULL;
	struct claim *claim = memory_take(ip->allocator, sizeof *claim);
	if (!claim)
		return NULL;
	if (!clock_admit(ip->clock, &claim->alarm, alarm_due)) {
		memory_give(ip->allocator, claim, sizeof *claim);
		return NULL;
	}
	claim->ip = ip;
	claim->interface = interface;
	list_append(&ip->claims, &claim->link);
	ip->claim_count++;
	return claim;
}

static void release(struct claim *claim)
{
	struct ip *ip = claim->ip;
	clock_dismiss(ip->clock, &claim->alarm);
	list_remove(&claim->link);
	ip->claim_count--;
	memory_give(ip->allocator, claim, sizeof *claim);
}

int ip_address_claim(struct ip *ip, int index, uint32_t v4, unsigned prefix)
{
	struct interface *interface = interface_find(ip, index);
	struct address address = address_v4(v4);

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (prefix > 32 || !address_is_assignable(&address))
		return -EINVAL;
	struct claim *claim = find(ip, interface, v4);
	if (ip_is_own(ip, &address) || (claim && claim->state != CLAIM_LOST))
		return -EEXIST;
	if (!claim)
		claim = make(ip, interface);
	if (!claim)
		return -ENOMEM;
	claim->address = v4;
	claim->prefix = (uint8_t)prefix;
	begin_probing(claim);
	return 0;
}

int ip_link_local(struct ip *ip, int index)
{
	struct interface *interface = interface_find(ip, index);

	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (find_link_local(ip, interface))
		return -EEXIST;
	struct claim *claim = make(ip, interface);
	if (!claim)
		return -ENOMEM;
	claim->link_local = true;
	claim->prefix = LINK_LOCAL_PREFIX;
	choose_link_local(claim);
	begin_probing(claim);
	return 0;
}

/* RFC 5227, 2.1.1: said to be somebody's, or probed for by somebody else. */
static bool disputes(const struct claim *claim, const struct arp_packet *arp)
{
	if (arp->sender == claim->address)
		return true;
	return arp->sender == 0 && arp->operation == ARP_REQUEST && arp->target == claim->address;
}

bool claim_is_disputed(struct ip *ip, const struct interface *interface,
		       const struct arp_packet *arp)
{
	LIST_EACH (node, &ip->claims) {
		struct claim *claim = CONTAINER_OF(node, struct claim, link);
		if (claim->interface != interface || claim->state != CLAIM_PROBING ||
		    !disputes(claim, arp))
			continue;
		lose(claim);
		return true;
	}
	return false;
}

void claim_yield(struct ip *ip, const struct interface *interface, uint32_t v4)
{
	struct claim *claim = find(ip, interface, v4);
	struct address address = address_v4(v4);

	if (!claim || claim->state != CLAIM_HELD)
		return;
	ip_address_remove(ip, interface->index, &address);
	lose(claim);
}

void claims_forget(struct ip *ip, const struct interface *interface)
{
	LIST_EACH_SAFE (node, &ip->claims) {
		struct claim *claim = CONTAINER_OF(node, struct claim, link);
		if (claim->interface == interface)
			release(claim);
	}
}

void claims_close(struct ip *ip)
{
	LIST_EACH_SAFE (node, &ip->claims)
		release(CONTAINER_OF(node, struct claim, link));
}
