/* output6: the headers of the IPv6 packets this host sends, and cutting them (RFC 8200, 4 and 4.5). */
#ifndef IP_OUTPUT6_H
#define IP_OUTPUT6_H

#include "ip/ip.h"

/* What all headers in front of the protocol's will take. */
uint32_t ipv6_headers_size(const struct ip_send *send);

/* Puts them in front. Takes the frame, and returns it, or one that has room for them. NULL: no memory. */
struct frame *ipv6_put_headers(const struct ip *ip, const struct ip_send *send,
			       const struct address *source, struct frame *frame);

/* Cuts a packet, whose headers are written and whose checksum is not left out, as fragment_cut does. The packet is of no
 * use afterwards, but still the caller's. */
enum verdict ipv6_cut(struct ip *ip, const struct ip_send *send, struct frame *packet, uint32_t mtu,
		      enum verdict (*emit)(void *context, struct frame *piece), void *context);

#endif
