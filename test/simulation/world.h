/* world: the hosts of a scenario, joined by a cable or a switch, under one virtual clock; and the hash of what a capture of
 * it says, byte for byte. */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include "host.h"
#include "lan/cable.h"
#include "observe/capture.h"
#include "simulation/counted.h"
#include "simulation/scenario.h"

#include <berth/berth.h>
#include <stdio.h>

/* A host's way to the cable. */
struct station {
	struct world *world;
	unsigned end;
	struct interface *interface;
};

struct world {
	const struct scenario *scenario;
	struct counted memory;
	struct berth_host *hosts[SCENARIO_HOSTS];
	struct in_addr addresses[SCENARIO_HOSTS];
	uint64_t now;
	struct berth_lan *lan; /* NULL: the cable */
	struct berth_capture *lan_capture;
	struct cable cable;
	struct station stations[2];
	struct capture capture;
	uint64_t hash; /* of the capture file so far: FNV-1a */
	FILE *file;    /* it is written there too; NULL: not */
};

#define WORLD_START UINT64_C(1000000000)

/* The scenario outlives it. */
void world_open(struct world *world, const struct scenario *scenario, FILE *file);

/* Ends it; what memory is still out then was lost. */
void world_close(struct world *world);

/* Moves time and whatever is due by then, but once; returns the next deadline. */
uint64_t world_advance(struct world *world, uint64_t now);

#endif
