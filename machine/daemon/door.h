/* door: the LAN's control socket, and who may come in. A lock file beside it decides between daemons that begin and end at
 * the same time: whoever makes or removes the socket holds it. */
#ifndef DAEMON_DOOR_H
#define DAEMON_DOOR_H

#include "daemon/daemon.h"

/* Opens the door of that LAN. locked: the caller's parent holds the lock. 0, or a negative errno: -EADDRINUSE where a
 * daemon answers already. */
int door_open(struct daemon *daemon, bool locked);

/* Shuts it for good, unless somebody stands in it or is about to: then false. */
bool door_shut(struct daemon *daemon);

/* As door_shut, but whoever stands in it is turned away. */
void door_slam(struct daemon *daemon);

/* A descriptor that holds the lock of that LAN until it is closed, or a negative errno; waits for it, or -EWOULDBLOCK. */
int door_lock(const char *lan, bool wait);

#endif
