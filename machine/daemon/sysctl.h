/* sysctl: a host's tunables, set and told for "berth run --sysctl" and "berth sysctl". */
#ifndef DAEMON_SYSCTL_H
#define DAEMON_SYSCTL_H

#include "daemon/host.h"

#include <jansson.h>

/* Sets each of an array of "KEY=VALUE", in order. 0, or the negative errno of the first that is refused, and why. */
int sysctl_set_all(struct host *host, const json_t *words, struct refusal *refusal);

#endif
