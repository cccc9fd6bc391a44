/* switch: a learning Ethernet switch in memory (IEEE 802.1D, 7.7 to 7.9): a station a port, a table of which address was
 * seen where, flooding of what it does not know. It knows Ethernet, not IP.
 *
 * Frames are queued, in order, by switch_send and delivered by switch_forward, so that no station is entered while
 * another is at work. A large segment crosses in one piece. What is for a group goes to those that snooping (snooping.h),
 * where it has been started, says. Everything is told to the tap. A frame between known stations
 * costs one look into the table, no memory and no copy.
 *
 * Left out: spanning trees, VLANs, and 802.1D's reserved group addresses, which are flooded as any group. */
#ifndef LAN_SWITCH_H
#define LAN_SWITCH_H

#include "base/frame.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/verdict.h"
#include "lan/port.h"
#include "lan/snooping.h"

enum {
	SWITCH_QUEUE_MOST = 65536, /* frames waiting: a burst of all hosts, and a bound on memory */
	SWITCH_ADDRESSES_MOST = 16384, /* learned; a full table floods */
	/* Learned on one chain of the table: stations choose their addresses, and may choose them to collide. */
	SWITCH_CHAIN_MOST = 32,
};
#define SWITCH_AGE_NS (UINT64_C(300) * 1000000000) /* 802.1D's ageing time */

/* What the tap is shown: each frame once, as it is forwarded or dropped. to is NULL for a flooded frame (switch_floods_to
 * says where to) and for a dropped one. */
struct switch_sight {
	uint64_t now;
	const struct frame *frame; /* Ethernet header first */
	const struct lan_port *from;
	const struct lan_port *to;
	enum verdict verdict; /* FORWARDED, or why not */
};

struct lan_switch {
	const struct berth_allocator *allocator;
	struct list ports;
	uint32_t next_number;
	struct list queue;       /* frames in flight; frame->link, and frame->from is the port */
	struct list moving;      /* those that switch_forward is at */
	uint32_t queue_count;    /* in both */
	struct list *flood_next; /* the port that the frame being flooded goes to next */
	bool flood_chosen;       /* ... if snooping has chosen it */
	struct table addresses;
	struct list ages; /* the same, the longest unseen first */
	struct snooping snooping;
	uint64_t now;
	uint64_t counts[VERDICT_COUNT];
	void (*tap)(void *context, const struct switch_sight *sight); /* NULL: none */
	void *tap_context;
};

/* Without snooping: snooping_start begins it. False: no memory. */
bool switch_init(struct lan_switch *lan, const struct berth_allocator *allocator, uint64_t now);
/* Every port is unplugged first. */
void switch_close(struct lan_switch *lan);

/* The port lives in its owner's struct; receive and context are set by the caller before. */
void switch_plug(struct lan_switch *lan, struct lan_port *port);
/* A port that frames are sent from and that none are flooded to. */
void switch_plug_silent(struct lan_switch *lan, struct lan_port *port);
/* What is in flight from or to it is dropped or still delivered to others; its addresses are forgotten. */
void switch_unplug(struct lan_port *port);

/* Takes the frame; the port is plugged in. Dropped (and counted, and shown) when the queue is full. */
void switch_send(struct lan_port *from, struct frame *frame);

/* Of the frame that is shown to the tap as flooded, from the port of that number: does this port get it? */
bool switch_floods_to(const struct lan_switch *lan, uint32_t from, const struct lan_port *port);

/* Delivers what is queued at this moment, not what that causes; true when it delivered any. */
bool switch_forward(struct lan_switch *lan, uint64_t now);

#endif
