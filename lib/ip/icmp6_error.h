/* icmp6_error: icmp_error (icmp_error.h) for IPv6: bad news by ICMPv6 from outside, or of ourselves, about packets this host
 * sent (RFC 4443, 2.4). A packet too big is believed down to the least MTU there is, below which it is nothing (RFC 8201, 4;
 * RFC 8021). */
#ifndef IP_ICMP6_ERROR_H
#define IP_ICMP6_ERROR_H

#include "ip/ip.h"
#include "wire/icmp6.h"

/* packet: an ICMPv6 error, whose header is *icmp6. */
enum verdict icmp6_error_input(struct ip *ip, const struct ip_packet *packet,
			       const struct icmp6_message *icmp6);

/* As icmp_error_no_neighbour, of a packet that was to leave by this interface. */
void icmp6_error_no_neighbour(struct ip *ip, const struct interface *interface,
			      const struct frame *packet);

#endif
