/* advertise: what a host that is told to be a router says of itself on a link, and when (RFC 4861, 6.2; RFC 4191; RFC 8106):
 * from time to time by chance, soon after it begins and when it is asked, but to all and not twice in three seconds, and,
 * when it ends, that it is a router no more. */
#ifndef IP_ADVERTISE_H
#define IP_ADVERTISE_H

#include "base/verdict.h"
#include "ip/interface.h"
#include "wire/ndp.h"

struct ip_packet;

enum {
	/* Of each, so that all fits the least MTU of IPv6. */
	ADVERTISED_MOST = 8,
	ADVERTISE_INTERVAL_DEFAULT_S =
		600, /* MaxRtrAdvInterval (RFC 4861, 6.2.1), with its bounds */
	ADVERTISE_INTERVAL_LEAST_S = 4,
	ADVERTISE_INTERVAL_MOST_S = 1800,
	ADVERTISE_LIFETIME_MOST_S = 9000,
	ADVERTISE_INITIAL = 3, /* MAX_INITIAL_RTR_ADVERTISEMENTS */
};
#define ADVERTISE_INITIAL_NS (16 * SECOND)
#define ADVERTISE_BETWEEN_NS (3 * SECOND) /* MIN_DELAY_BETWEEN_RAS */
#define ADVERTISE_ANSWER_NS  (SECOND / 2) /* MAX_RA_DELAY_TIME */

struct advertisement {
	uint32_t interval_s; /* the longest; 0: the default */
	uint16_t lifetime_s; /* as a default router */
	enum ndp_preference preference;
	uint8_t hop_limit;
	uint32_t mtu;
	uint32_t prefix_count, route_count, server_count;
	struct ndp_prefix prefixes[ADVERTISED_MOST];
	struct ndp_route routes[ADVERTISED_MOST];
	struct address servers[ADVERTISED_MOST];
	uint32_t server_lifetime_s;
};

/* An interface's. */
struct advertiser {
	struct advertisement says;
	uint64_t due;
	uint64_t quiet_until; /* since the last */
	uint8_t sent;         /* counted up to ADVERTISE_INITIAL */
};

/* Begins, or says something else from now on. -ENODEV; -EINVAL; -EBUSY: it is autoconfigured; -ENOMEM. */
int advertise_begin(struct ip *ip, int index, const struct advertisement *says);
/* With a farewell; where it had not begun, nothing. */
void advertise_end(struct ip *ip, struct interface *interface);

/* A router solicitation. */
enum verdict advertise_asked(struct ip *ip, struct interface *interface,
			     const struct ip_packet *packet, const struct ndp_message *message);

uint64_t advertise_run(struct ip *ip, struct interface *interface);

#endif
