#include "ip/discovery.h"

#include "ip/advertise.h"
#include "ip/autoconf.h"
#include "ip/dad.h"
#include "ip/ip.h"

enum { RANDOM_PURPOSE = 0x6e6470 }; /* "ndp" */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t run_interface(struct ip *ip, struct interface *interface)
{
	uint64_t next = NEVER;

	for (uint32_t place = 0; place < interface->address_count; place++)
		next = sooner(next, dad_run(ip, interface, &interface->addresses[place]));
	if (interface->autoconf)
		next = sooner(next, autoconf_run(ip, interface));
	if (interface->advertiser)
		next = sooner(next, advertise_run(ip, interface));
	return next;
}

static void due(struct alarm *alarm)
{
	struct ip *ip = CONTAINER_OF(alarm, struct discovery, alarm)->ip;
	uint64_t next = NEVER;

	for (uint32_t place = 1; place < ip->interfaces.count; place++)
		next = sooner(next, run_interface(ip, ip->interfaces.at[place]));
	clock_set(ip->clock, alarm, next);
}

bool discovery_init(struct ip *ip)
{
	struct discovery *discovery = &ip->discovery;

	*discovery = (struct discovery){ .ip = ip, .secret = random_key(&ip->random) };
	return clock_admit(ip->clock, &discovery->alarm, due);
}

void discovery_configure(struct ip *ip, enum detection detection, bool stable_identifiers,
			 const uint8_t *lineage)
{
	struct random random;

	ip->discovery.detection = detection;
	ip->discovery.stable_identifiers = stable_identifiers;
	if (!lineage)
		return;
	random_init(&random, lineage, RANDOM_PURPOSE);
	ip->discovery.secret = random_key(&random);
}

void discovery_close(struct ip *ip)
{
	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		autoconf_end(ip, ip->interfaces.at[place]);
		advertise_end(ip, ip->interfaces.at[place]);
	}
	clock_dismiss(ip->clock, &ip->discovery.alarm);
}

void discovery_expect(struct ip *ip, uint64_t deadline)
{
	struct alarm *alarm = &ip->discovery.alarm;
	if (alarm->node.place == 0 || deadline < alarm->node.deadline)
		clock_set(ip->clock, alarm, deadline);
}
