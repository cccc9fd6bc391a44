/* input: what the two families' ways in share: IPv4's is input.c, where frames arrive, IPv6's input6.c. */
#ifndef IP_INPUT_H
#define IP_INPUT_H

#include "ip/ip.h"

/* An IPv6 packet (head at its header), whose frame stays the caller's. went_out_by: of what we sent ourselves, the
 * interface that it left by to a group, or whose address it went to; else NULL. */
enum verdict ipv6_input(struct ip *ip, struct interface *interface, struct frame *frame,
			bool link_group, struct interface *went_out_by);

/* Whether what is for others goes on from here. What a link gave to many does not (RFC 1812, 5.3.4). */
static inline bool ip_passes_on(bool forwarding, const struct interface *came_by, bool link_group)
{
	return forwarding && came_by->ethernet && !link_group;
}

/* Gives a whole packet to raw sockets and to its protocol; where nobody takes it, its sender is told. */
enum verdict ip_deliver(struct ip *ip, const struct ip_packet *packet);

#endif
