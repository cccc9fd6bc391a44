/* ndp: the messages of neighbour discovery (RFC 4861): judged, handed to whom they are about, and sent.
 *
 * All of them come from the link itself, with a hop limit no router has touched (255), in one piece (RFC 6980). Learned is
 * only from who asks for us, who answers what we asked, and who is known already: a stranger cannot fill the cache with
 * talk among others. What an answer does to a neighbour is neighbour.h's. */
#ifndef IP_NDP_H
#define IP_NDP_H

#include "base/verdict.h"
#include "ip/neighbour.h"
#include "wire/ndp.h"

struct ip_packet;

enum {
	NDP_HOP_LIMIT = 255,
	NDP_OPTIONS_MOST = 900, /* so that the whole fits IPv6's least MTU */
	/* What is looked at of a message: all that an Ethernet frame carries. */
	NDP_MESSAGE_MOST = 1500,
};

static const struct address all_nodes_of_link = { .bytes = { 0xff, 2, [15] = 1 } };
static const struct address all_routers_of_link = { .bytes = { 0xff, 2, [15] = 2 } };

static inline bool ndp_is_type(uint8_t type)
{
	return type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT;
}

/* packet: an ICMPv6 message of one of those types, its checksum judged. */
enum verdict ndp_input(struct ip *ip, const struct ip_packet *packet);

/* Asks for a neighbour: all that may have its address, or itself at the link address it had (PROBE). */
void ndp_solicit(struct ip *ip, struct neighbour *neighbour);

/* Tells the link that address is the interface's (RFC 4861, 7.2.6). */
void ndp_announce(struct ip *ip, struct interface *interface, const struct interface_address *own);

/* Sends a message. source NULL: nobody's. mac NULL: the destination's is that of a group, or to be found. */
struct ndp_sending {
	struct interface *interface;
	const struct address *source, *destination;
	const struct mac *mac;
	const struct ndp_message *message;
	struct bytes options; /* behind its own */
};
void ndp_send(struct ip *ip, const struct ndp_sending *sending);

#endif
