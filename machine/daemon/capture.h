/* capture: a pcapng of the LAN on its way to a command. What the command is slow to take waits in memory, up to a bound;
 * then packets are left out, and the capture says how many. */
#ifndef DAEMON_CAPTURE_H
#define DAEMON_CAPTURE_H

#include "daemon/daemon.h"

/* Sends what has gathered. */
void captures_flush(struct daemon *daemon);

/* Ends all, sending what goes without waiting. */
void captures_end(struct daemon *daemon);

#endif
