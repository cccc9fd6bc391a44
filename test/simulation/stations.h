/* stations: fifty hosts on two LANs, the router between these, and the weather at the hosts' ends of their cables.
 *
 * Each station has a socket a family, which hears the groups that it has joined and no others, and is told how many
 * hops each datagram had left. Groups have the same numbers in both families: the first is the link's own, some more
 * are any-source, the others source-specific. Multicast is not routed: whom a station asks for is the source's address on
 * the station's own LAN, whether the source is there or not. */
#ifndef SIMULATION_STATIONS_H
#define SIMULATION_STATIONS_H

#include "base/random.h"
#include "network.h"
#include "simulation/counted.h"

#include <berth/berth.h>
#include <stdio.h>

enum {
	STATIONS = 50,
	LANS = 2,
	GROUPS = 8,
	ANY_SOURCE = GROUPS / 2,
	OF_LINK = 0, /* the group that the switch gives to everybody, in IPv4 */
	PORT = 5000,
	CERTAIN = 1000000,
};

enum family { OF_IPV4, OF_IPV6, FAMILIES };

/* The last: nothing is lost but what hosts and switches tell each other of groups. */
enum weather { CALM, STORM, DEAF_TO_REPORTS };

struct station {
	struct stations *all;
	struct berth_host *host;
	struct plug *plug;
	void (*receive)(void *context, struct frame *frame);
	unsigned number;
	unsigned lan;
	int descriptors[FAMILIES];
	bool member[FAMILIES][ANY_SOURCE];
	/* Stations it wants to hear, a bit each. */
	uint64_t sources[FAMILIES][GROUPS - ANY_SOURCE];
	bool excused; /* some of its IGMP or MLD has been lost */
};

struct stations {
	struct counted memory;
	struct random random;
	struct berth_lan *lans[LANS];
	struct berth_host *router;
	struct station each[STATIONS];
	enum weather weather;
	uint32_t loss;                /* in parts per million */
	bool watched[LANS][FAMILIES]; /* ports are to get no group they have no member of */
	uint64_t now;
	uint64_t hash; /* of both captures */
	FILE *file;    /* where the first LAN's goes; NULL: nowhere */
	char *failure; /* the first; of 256 characters */
	unsigned lost;
};

void stations_open(struct stations *stations, uint64_t seed);
/* What memory is still out then was lost. */
void stations_close(struct stations *stations);

/* Moves time. */
void stations_pass(struct stations *stations, uint64_t ns);

__attribute__((format(printf, 2, 3))) void stations_fail(struct stations *stations,
							 const char *format, ...);

uint32_t stations_draw(struct stations *stations, uint32_t bound);

struct sockaddr_storage station_name(enum family family, unsigned lan, unsigned number);
struct sockaddr_storage group_name(enum family family, unsigned group);

void station_join(struct station *station, enum family family, unsigned group, bool join);
void station_join_source(struct station *station, enum family family, unsigned group,
			 unsigned source, bool join);

/* Elsewhere on the switch of that LAN, with all it wanted. */
void station_move(struct station *station, unsigned lan);

/* Now, wherever there is a querier and it has asked everybody, watches what ports are given; false: that is nowhere. */
bool stations_watch(struct stations *stations);

#endif
