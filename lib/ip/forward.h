/* forward: what becomes of packets that are for others, on a host that is told to be a router: the part of RFC 1812 and RFC 8200
 * that a network of hosts needs. They live one hop shorter, go by the longest prefix, and are cut where IPv4 lets them be;
 * what stands in the way is told to the sender by ICMP.
 *
 * Left out: redirects (the packet goes on all the same), source routes, directed broadcasts (RFC 2644), groups, and any
 * protocol that finds routes. */
#ifndef IP_FORWARD_H
#define IP_FORWARD_H

#include "ip/ip.h"

/* A packet for somebody else: unlike one that is delivered, its frame still begins with its header; it stays the caller's. */
enum verdict ip_forward(struct ip *ip, const struct ip_packet *packet);

/* A neighbour does not answer for this packet (head at its header). True: it had been forwarded, and its sender has been told;
 * what it is good for has been taken off. */
bool forward_no_neighbour(struct ip *ip, struct frame *packet);

#endif
