/* link: giving a guest's carrier, through a duplicate, an end here. The carrier is connected to a listening socket of the
 * daemon's own: unlike a pair made beforehand, it may be any socket the guest holds already. */
#ifndef DAEMON_LINK_H
#define DAEMON_LINK_H

#include "daemon/daemon.h"

/* 0, or a negative errno. */
int link_open(struct daemon *daemon);
void link_close(struct daemon *daemon);

/* The daemon's end, not blocking, or a negative errno: then the carrier is as it was, unless the daemon is out of
 * descriptors (-EMFILE, -ENFILE), when it is spent. */
int link_carrier(struct daemon *daemon, int duplicate);

/* Connects an end of the daemon's and a carrier, both of datagrams, to each other for good; *name is the carrier's from now
 * on. 0, or a negative errno. */
int link_datagrams(int end, int duplicate, struct sockaddr_un *name, socklen_t *size);

#endif
