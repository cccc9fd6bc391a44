/* crowd: the fifty hosts of stations.h, who come and go, join and leave groups, and send to one, to all, to a group and to a
 * group that hears only chosen sources, of either family; in calm, and while frames are lost.
 *
 * What is checked: in calm, whoever is meant hears each datagram once, and nobody else; in a storm, nobody twice and nobody
 * else; while only IGMP and MLD are lost, a member misses something only if it was its own reports, or queries to it, that
 * were lost since the last calm. Only unicast crosses the router, and has one hop less left then. When all is calm again,
 * the switches give nothing of a group to a port that has no member of it. */
#ifndef SIMULATION_CROWD_H
#define SIMULATION_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Plays a seed and returns its captures' hash. file: where the first LAN's goes, or NULL; failure: of 256 characters,
 * empty: none. */
uint64_t crowd_play(uint64_t seed, bool verbose, FILE *file, char *failure);

#endif
