/* icmp_error: bad news about a packet this host sent, brought to the protocol that sent it: by ICMP from outside, or by
 * ourselves, when a neighbour does not answer.
 *
 * A report is believed as far as it can be judged here (RFC 1122, 3.2.2; RFC 5927): it quotes a packet from an address of
 * ours, in one piece up to 8 bytes of its transport header. Whether that belongs to a conversation is for the protocol to
 * say. What RFC 4884 lets follow a quote lies behind more of it than is looked at. Of a fragmentation needed the MTU is never below a floor, and always smaller than what was quoted. */
#ifndef IP_ICMP_ERROR_H
#define IP_ICMP_ERROR_H

#include "base/verdict.h"
#include "ip/ip.h"
#include "wire/icmp.h"

enum {
	ICMP_QUOTE_LEAST = 8,  /* of the transport header (RFC 792) */
	ICMP_ERROR_TOS = 0xc0, /* internetwork control (RFC 1812, 4.3.2.5) */
	ICMP_MTU_LEAST = 552,  /* Linux's min_pmtu: less would be a toy for strangers */
};

/* icmp: unreachable, time exceeded, parameter problem; its body as much of the quote as is looked at. */
enum verdict icmp_error_input(struct ip *ip, const struct address *sender,
			      const struct icmp_message *icmp);

/* Tells the lost packet's protocol, and raw sockets; echo requests are the ping sockets'. */
enum verdict icmp_error_tell(struct ip *ip, const struct ip_error *error);

/* Tells the packet's protocol EHOSTUNREACH. packet: head at the IP header, one of ours. */
void icmp_error_no_neighbour(struct ip *ip, const struct frame *packet);

#endif
