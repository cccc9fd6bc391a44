/* cut: a frame as the wire would have carried it: a large TCP segment cut into frames of segment_size payload bytes each,
 * and a checksum that was left out put in. */
#ifndef WIRE_CUT_H
#define WIRE_CUT_H

#include "base/frame.h"

/* Fills in the transport checksum of an IP packet (head at the IP header) or an Ethernet frame carrying one, if it was
 * left out; nothing else changes. False: no TCP, UDP, ICMP or ICMPv6 that could have left it out. */
bool cut_finish_packet(struct frame *packet);
bool cut_finish_ethernet(struct frame *frame);

/* Gives each frame of a large segment to emit, which owns it: sequence numbers, lengths, IPv4's identifications (counting up)
 * and checksums right, FIN and PSH on the last only, CWR on the first only. A frame that is no large segment is given as
 * a finished copy. The Ethernet frame given is unchanged. False: no memory, some are missing. */
bool cut_each(const struct frame *frame, void (*emit)(void *context, struct frame *piece),
	      void *context);

#endif
