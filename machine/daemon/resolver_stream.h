/* resolver_stream: a guest's TCP connection to a name server, whose part is the resolver's (RFC 7766): as over UDP, the socket
 * is connected here and not in the stack. Queries may follow each other without waiting; they are answered in their order. */
#ifndef DAEMON_RESOLVER_STREAM_H
#define DAEMON_RESOLVER_STREAM_H

#include "daemon/carrier.h"

/* connect(): the guest's answer. duplicate stays the caller's. */
int resolver_stream_begin(struct carrier *carrier, const void *address, socklen_t size,
			  int duplicate);

/* Frees what only such a carrier has, if it is one. */
void resolver_stream_end(struct carrier *carrier);

#endif
