/* crowd: fifty hosts on a LAN, who come and go, join and leave groups, and send to one, to all, to a group and to a group that
 * hears only chosen sources; in calm, and while frames are lost.
 *
 * What is checked: in calm, whoever is meant hears each datagram once, and nobody else; in a storm, nobody twice and nobody
 * else; while only IGMP is lost, a member misses something only if it was its own reports, or queries to it, that were lost
 * since the last calm. When all is calm again, the switch gives nothing of a group to a port that has no member of it. */
#ifndef SIMULATION_CROWD_H
#define SIMULATION_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Plays a seed and returns its capture's hash. failure: of 256 characters, empty: none. */
uint64_t crowd_play(uint64_t seed, bool verbose, FILE *file, char *failure);

#endif
