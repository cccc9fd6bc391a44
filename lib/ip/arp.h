/* arp: the packets by which neighbours of IPv4 are asked for and heard of (RFC 826; RFC 5227 for claims to an address).
 *
 * Learned is only from who asks for us, who answers what we asked, and who is known already: a stranger cannot fill the
 * cache with talk among others. A claim to an address of ours is counted and answered with an announcement, at most once
 * in ten seconds (RFC 5227, 2.4 c), and changes nothing here, unless the address was claimed (claim.h). Whatever is said of
 * an address of 169.254/16 is said to everybody, so that others with the same one hear of it (RFC 3927, 2.5). Only the interface's own addresses are answered for. */
#ifndef IP_ARP_H
#define IP_ARP_H

#include "base/verdict.h"
#include "ip/neighbour.h"

#define ARP_DEFEND_NS (10 * SECOND) /* DEFEND_INTERVAL */

/* packet: head at the ARP packet; it stays the caller's. */
enum verdict arp_input(struct ip *ip, struct interface *interface, const struct frame *packet);

/* Asks for a neighbour: by broadcast, or at the link address it last had. */
void arp_request(struct ip *ip, struct neighbour *neighbour);

/* Asks whether anybody has the address (RFC 5227, 2.1.1). */
void arp_probe(struct ip *ip, struct interface *interface, uint32_t address);

/* Tells the link that address is the interface's (RFC 5227, 2.3). */
void arp_announce(struct ip *ip, struct interface *interface, uint32_t address);

#endif
