/* origin: the files that tell whom a datagram is from (struct carrier_origin), one for each that differs, the latest
 * ORIGINS_MOST of them kept. A file that is let go lives on in the datagrams that carry it. */
#ifndef DAEMON_ORIGIN_H
#define DAEMON_ORIGIN_H

#include "control/control.h"
#include "daemon/index.h"

#include <sys/queue.h>

enum { ORIGINS_MOST = 256 }; /* descriptors: peers that speak at the same time */

struct origin;
TAILQ_HEAD(origin_list, origin);

struct origins {
	struct index by_content;
	struct origin_list latest; /* first */
	unsigned count;
};

/* 0, or -ENOMEM. */
int origins_open(struct origins *origins);
void origins_close(struct origins *origins);

/* The descriptor of a file with that content, good until ORIGINS_MOST others were asked for; or a negative errno. */
int origin_file(struct origins *origins, const struct carrier_origin *content);

/* Bytes of the content that mean something. */
size_t origin_size(const struct carrier_origin *content);

#endif
