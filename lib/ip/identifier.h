/* identifier: the last 64 bits of the addresses that a host makes itself, of its link or from a router's prefix.
 *
 * By default of the MAC (RFC 4291, appendix A), as the machine's own kernel does. RFC 7217's, made of a secret, tell
 * nobody the MAC, differ by network, stay as long as host and interface keep their names, and make another when one is
 * taken. */
#ifndef IP_IDENTIFIER_H
#define IP_IDENTIFIER_H

#include "wire/address.h"

struct interface;
struct ip;

enum { IDENTIFIER_BITS = 64 };

/* The interface's address with this prefix, of which the first 64 bits count. duplicates: how many of its like were
 * another's already. */
struct address identifier_form(const struct ip *ip, const struct interface *interface,
			       const struct address *prefix, uint8_t duplicates);

#endif
