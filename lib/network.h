/* network: a LAN in memory with the hosts plugged into it, and its captures. */
#ifndef NETWORK_H
#define NETWORK_H

#include "base/clock.h"
#include "lan/switch.h"

struct berth_lan {
	struct berth_allocator allocator;
	struct clock clock;
	struct lan_switch lan;
	uint32_t mtu;
	uint32_t largest_segment;
	bool checksums;
	struct list hosts;
	struct list dirty; /* hosts to advance before time moves on */
	struct list ready; /* hosts with events */
	struct list captures;
};

/* A host has come: captures under way get an interface for it. */
struct berth_host;
void network_capture_host(struct berth_lan *lan, struct berth_host *host);
void network_capture_stop_all(struct berth_lan *lan);

#endif
