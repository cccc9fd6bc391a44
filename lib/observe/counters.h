/* counters: what became of packets, counted by verdict, as berth/observe.h shows it. */
#ifndef OBSERVE_COUNTERS_H
#define OBSERVE_COUNTERS_H

#include "base/verdict.h"

#include <berth/observe.h>

/* Fills at most most of them, in the order of enum verdict; returns how many there are. */
int counters_list(const uint64_t counts[VERDICT_COUNT], struct berth_counter *counters, int most);

#endif
