/* network: LANs in memory that move together, and the hosts plugged into them.
 *
 * A network is a clock and the turns that are taken on it. A LAN is a switch and what looks at it, and belongs to one
 * network; LANs made beside each other belong to the same, so that a host may be plugged into several of them. A plug is
 * a host's interface at a port of a LAN. */
#ifndef NETWORK_H
#define NETWORK_H

#include "base/clock.h"
#include "lan/switch.h"
#include "wire/ethernet.h"

struct berth_host;

/* Lives as long as one of its LANs. */
struct network {
	struct berth_allocator allocator;
	struct clock clock;
	struct list lans;
	struct list dirty; /* hosts to advance before time moves on */
	struct list ready; /* hosts with events */
};

struct berth_lan {
	struct berth_allocator allocator;
	struct network *network;
	struct list in_network;
	struct lan_switch lan;
	uint32_t mtu;
	uint32_t largest_segment;
	bool checksums;
	struct list plugs;
	struct list captures;
};

struct plug {
	struct list in_host;
	struct list in_lan;
	struct berth_host *host;
	struct berth_lan *lan;
	int interface;
	struct mac mac;
	struct lan_port port;
};

/* The host's plug in this LAN; NULL: it has none there. */
struct plug *network_find_plug(const struct berth_lan *lan, const struct berth_host *host);

/* A host has come: captures under way get an interface for it. */
void network_capture_plug(struct berth_lan *lan, struct plug *plug);
void network_capture_stop_all(struct berth_lan *lan);

#endif
