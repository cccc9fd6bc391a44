/* port: where a station is plugged into the switch. It lives in its owner's struct. */
#ifndef LAN_PORT_H
#define LAN_PORT_H

#include "base/frame.h"

struct lan_switch;
struct lan_address;

/* What snooping knows of a port; zero: nothing. */
struct snooped_port {
	uint64_t chosen;     /* the last choice it was among (struct snooping) */
	uint64_t settled_at; /* it is given everything until then */
	uint64_t router_until
		[2]; /* it is taken to lead to a router until then; by enum snooped_family */
};

struct lan_port {
	struct list link; /* in the switch's ports; to itself: it hears nothing, or is unplugged */
	struct lan_switch *on; /* NULL: unplugged */
	struct lan_address
		*recent; /* the source of its last frame, so that it is not looked up again */
	/* A frame has arrived; takes it. */
	void (*receive)(void *context, struct frame *frame);
	void *context;
	uint32_t number;         /* from 0, never used twice */
	uint64_t sent, received; /* frames */
	struct snooped_port snooped;
};

#endif
