/* mld: how the host's groups of IPv6 are spoken of (RFC 9777, 5; RFC 2710, 3), and what is believed of what others say. When,
 * is group_report's.
 *
 * What is sent comes from the address of the link, or from nobody as long as there is none (RFC 3590). What is believed
 * comes from the link itself, by its hop limit of 1, and queries by their router alert too (RFC 9777, 6.2). */
#ifndef IP_MLD_H
#define IP_MLD_H

#include "base/verdict.h"
#include "wire/mld.h"

struct ip;
struct ip_packet;

static inline bool mld_is_type(uint8_t type)
{
	return (type >= ICMP6_MLD_QUERY && type <= ICMP6_MLD_DONE) || type == ICMP6_MLD_REPORT_V2;
}

/* packet: an ICMPv6 message of one of those types, its checksum judged. */
enum verdict mld_input(struct ip *ip, const struct ip_packet *packet);

#endif
