/* source: which of the host's addresses an unbound sender has, towards a destination of IPv6 (RFC 6724, 5). Of the rules
 * there is no use here for 4 (home addresses), 5.5 (which router told a prefix) and 7 (temporary addresses). Which of several
 * destinations is tried first (section 6) is getaddrinfo's business. */
#ifndef IP_SOURCE_H
#define IP_SOURCE_H

#include "ip/ip.h"

/* By way of this interface; NULL: there is none. Where the destination means something on its link alone, or is a group, only
 * the interface's own addresses will do (section 4). */
const struct address *source_select(const struct ip *ip, const struct interface *interface,
				    const struct address *destination);

#endif
