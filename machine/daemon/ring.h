/* ring: memory that a guest's packet socket shares with it (PACKET_RX_RING, TPACKET_V2: packet(7), and Linux's
 * Documentation/networking/packet_mmap.rst), which libpcap asks for and reads without a call. Frames stay in the stack's
 * queue until there is room for them in the ring, so that what is dropped is counted there.
 *
 * Mapping. A carrier is an AF_UNIX socket, which has nothing to map. So the supervisor traps the guest's mmap(), makes the
 * memory, and has it stand in the carrier's place for that one call (supervisor/map.c). As Linux's, a mapping keeps the
 * socket open: we hold a duplicate of the carrier until the last one has gone, which inotify tells, for the guest's mappings
 * hold a file of that memory that nobody else has.
 *
 * Readiness. The carrier is readable while a stone lies in it: an empty datagram, put there with a frame, and taken out by
 * way of the duplicate when the guest has read the frame that came last. Nobody tells us when; we look, soon after the
 * frame and then ever later. Meanwhile a guest that has read everything is told so too often: it looks in vain for at most
 * as long as it took to read, and an idle one not at all.
 *
 * Left out: TPACKET_V1 and V3 (libpcap takes V2 where V3 is refused), rings to send by, VLAN tags. */
#ifndef DAEMON_RING_H
#define DAEMON_RING_H

#include "daemon/carrier.h"

/* Not one of the options that are about rings, or no packet socket. */
enum { RING_NOT_ITS = 1 };

/* As setsockopt and getsockopt of SOL_PACKET: 0, a negative errno, or RING_NOT_ITS. */
int ring_set_option(struct carrier *carrier, int name, const void *value, socklen_t size);
int ring_get_option(struct carrier *carrier, int name, void *value, socklen_t *size);

/* The guest maps the ring: the duplicate of its carrier, which is ours from now on, and then the memory, of that size, which
 * stays the caller's. 0, or a negative errno: -ENODEV: it has no ring; -EINVAL: it is of another size. */
void ring_hold(struct carrier *carrier, int duplicate);
int ring_map(struct carrier *carrier, int memory, uint64_t size);

/* Nothing goes any other way to the guest then. */
bool ring_is_in_use(const struct carrier *carrier);

/* Moves what waits in the stack, as far as there is room. */
void ring_stir(struct carrier *carrier);

/* Looks at those whose time has come: TIMER_RINGS. */
void rings_look(struct daemon *daemon);

/* Frees it, if there is one. */
void ring_end(struct carrier *carrier);

#endif
