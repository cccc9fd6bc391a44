/* icmp: what this host answers and believes of ICMP (RFC 792, 1122 3.2.2). Echo is answered; errors go to the protocol
 * they are about (icmp_error.h); source quench (RFC 6633), redirect, timestamp, address mask and router messages are
 * counted and left alone. Sending errors is icmp_unreachable, in ip.h. */
#ifndef IP_ICMP_H
#define IP_ICMP_H

#include "ip/ip.h"

/* An ip_protocol's input; context is the struct ip. */
enum verdict icmp_input(void *context, const struct ip_packet *packet);

/* Answers a packet, whose frame begins behind its header, with an error (RFC 1122, 3.2.2 says when not; rate limited). rest: what
 * the type has in the header's last four bytes. */
void icmp_answer_error(struct ip *ip, const struct ip_packet *packet, uint8_t type, uint8_t code,
		       uint32_t rest);

/* Hands the data behind the ICMP header of one frame to another, which is empty. False: no memory, or one slice too
 * many. */
bool icmp_share_data(const struct frame *from, struct frame *to);

/* May an error be sent there now? What may not is counted. Ourselves are told always, as on Linux's loopback. */
bool icmp_may_tell(struct ip *ip, const struct address *destination);

#endif
