/* datagram: a guest's datagram socket. Its carrier is connected to an inlet of the daemon's, and the inlet to it, from the
 * beginning and for good, whatever the socket itself is connected to: so nobody else can reach it, AF_UNIX's limit of a few
 * datagrams does not hold, and native calls send and receive many in a row while the daemon moves them in batches.
 *
 * To the guest. What does not come from the peer of a connected socket brings its origin along (origin.h): a native read
 * passes it over, a trapped recvfrom or recvmsg reads it.
 *
 * From the guest. What arrives at the inlet is sent without an address. Datagrams with one come by CONTROL_SENDTO. Before
 * any call about the socket what its guest has sent natively is taken first, so that the order stays.
 *
 * Errors. ICMP's word on a connected socket, or what a native send could not be told at once, is the next call's error. AF_UNIX
 * has one that wakes a waiting guest, ECONNRESET, which comes when the other side of a pair disconnects with something
 * unread: alarm() makes that happen. So a native read or write says ECONNRESET where Linux says ECONNREFUSED; SO_ERROR and
 * trapped calls say what it was. */
#ifndef DAEMON_DATAGRAM_H
#define DAEMON_DATAGRAM_H

#include "daemon/carrier.h"

/* Gives the carrier its inlet: 0, or a negative errno. duplicate stays the caller's. */
int datagram_begin(struct carrier *carrier, int duplicate);

/* Moves what waits on either side. */
void datagram_stir(struct carrier *carrier);

/* Takes what the guest has sent before it asks for something else. */
void datagram_settle(struct carrier *carrier);

/* As settle, and what comes of it has arrived: errors are known. */
void datagram_settle_errors(struct carrier *carrier);

/* connect(): the guest's answer. To a name server that is the resolver's part (resolver.h), the socket is connected here and
 * not in the stack. */
int datagram_connect(struct carrier *carrier, const void *address, socklen_t size);

/* The address that the resolver goes by, for a socket that is connected to it; size 0: it is not. */
const void *datagram_resolver(const struct carrier *carrier, socklen_t *size);

/* sendmsg(): the guest's answer. *sure: see CONTROL_SENDTO. */
ssize_t datagram_send(struct carrier *carrier, const struct msghdr *message, int flags, bool *sure);
/* The same where the guest has its answer already. */
void datagram_send_told(struct carrier *carrier, const struct msghdr *message, int flags);

/* Sends what the guest has left in the inlet, and frees what only a datagram carrier has, if it is one. */
void datagram_end(struct carrier *carrier);

/* Where batches are held while they move; NULL: none was ever needed. */
void datagram_batch_free(struct daemon *daemon);

#endif
