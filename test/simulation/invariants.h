/* invariants: what is true of every connection of a host between any two events. */
#ifndef SIMULATION_INVARIANTS_H
#define SIMULATION_INVARIANTS_H

#include "host.h"

/* NULL: all hold; else what does not. */
const char *invariants_broken(const struct berth_host *host);

#endif
