/* watch: when was a socket closed for the last time, by anybody, though we hold nothing of it? inotify tells: a watch on
 * the descriptor's file says IN_CLOSE once, when the last reference to it goes, and pins the inode until then, so that its
 * number is not used again. Seen on Linux 5.10 to 6.18, as an ordinary user. */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "daemon/carrier.h"

/* 0, or a negative errno. */
int watch_open(struct daemon *daemon);
void watch_close(struct daemon *daemon);

/* From now on the last close of that descriptor's file, which is the carrier's, closes the carrier. A negative errno where
 * there are too many. */
int watch_add(struct carrier *carrier, int descriptor);
void watch_remove(struct carrier *carrier);

/* Closes what has been closed: a guest that closed a socket before it asks for its port is to get it. */
void watch_settle(struct daemon *daemon);

#endif
