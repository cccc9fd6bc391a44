/* icmp6: what this host answers and believes of ICMPv6 (RFC 4443). Echo is answered; errors go to the protocol they are
 * about; what is of neighbours and of groups goes to their rooms. A message whose checksum is wrong is nothing, whatever it
 * is. */
#ifndef IP_ICMP6_H
#define IP_ICMP6_H

#include "ip/ip.h"
#include "wire/icmp6.h"

/* An ip_protocol's input; context is the struct ip. */
enum verdict icmp6_input(void *context, const struct ip_packet *packet);

/* Answers a packet, whose frame begins behind its header as far as that is known, with an error (RFC 4443, 2.4 e says when
 * not; rate limited). rest: the MTU, the pointer, or 0. */
void icmp6_answer_error(struct ip *ip, const struct ip_packet *packet, uint8_t type, uint8_t code,
			uint32_t rest);

/* icmp_unreachable's (ip.h) for IPv6, by the codes of IPv4. */
void icmp6_unreachable(struct ip *ip, const struct ip_packet *packet, uint8_t code);

/* A message that asks for no route: those of neighbour discovery and MLD. */
struct icmp6_emission {
	struct interface *interface;
	struct address source, destination;
	const struct mac *mac; /* the destination's; NULL: a group's, or it is to be found */
	uint8_t hop_limit;
	bool router_alert;    /* RFC 2711, as MLD wants it */
	struct bytes message; /* its checksum is filled in */
};

/* Without memory nothing is sent, and that counted. */
void icmp6_emit(struct ip *ip, const struct icmp6_emission *emission);

#endif
