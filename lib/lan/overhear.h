/* overhear: what a packet on its way through the switch says of groups: IGMP's messages, MLD's, PIM's hellos. It reads, and
 * tells snooping.h; a message that is damaged, cut short or in fragments says nothing. */
#ifndef LAN_OVERHEAR_H
#define LAN_OVERHEAR_H

#include "lan/port.h"
#include "wire/address.h"

enum { OVERHEAR_PACKET_MOST = 2048 }; /* bytes read of a packet that does not lie in one run */

enum overheard {
	OVERHEARD_NOTHING, /* it is to no group of IP, or cannot be read */
	OVERHEARD_DATA,    /* to *group */
	OVERHEARD_REPORT,  /* for routers */
	OVERHEARD_QUERY,   /* and what is unknown of these protocols: for all */
};

/* frame: to a group of Ethernet's, from a port of lan's. */
enum overheard overhear(struct lan_switch *lan, const struct frame *frame, struct address *group);

#endif
