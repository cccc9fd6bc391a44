/* flow: one conversation of the script's, and how its numbers become the live ones and back.
 *
 * A script counts both ends' sequence numbers from their first, in which alone it says what the SYN carried; calls the
 * stack's timestamps what it likes; and knows no port. As in packetdrill there is one flow that packets without ports
 * belong to: that of the socket opened last, or of the connection that came in last. */
#ifndef PLAYER_FLOW_H
#define PLAYER_FLOW_H

#include "conformance/player/network.h"
#include "conformance/player/packet.h"

enum flow_state {
	FLOW_OPENED,
	FLOW_LISTENING,
	FLOW_CONNECTING, /* by a call; what goes out first tells the local port */
	FLOW_PASSIVE,    /* begun by the script's end */
	FLOW_ACTIVE,
};

struct timestamp_pair {
	uint32_t script, live;
};

struct flow {
	struct flow *next;
	enum flow_state state;
	enum packet_protocol protocol;
	int descriptor; /* the script's; -1: none yet */
	uint16_t local_port, remote_port;
	uint32_t local_isn;        /* live; 0 until it has been seen */
	uint32_t script_local_isn; /* in the script's SYN */
	uint32_t remote_isn;
	bool answered; /* of one begun here: the SYN that tells remote_isn has come */
	bool has_timestamps;
	struct timestamp_pair first_timestamp;
	struct timestamp_pair *timestamps; /* of what went out */
	size_t timestamp_count, timestamp_room;
};

struct flows {
	const struct network *network;
	struct arena *arena;
	struct flow *all;
	struct flow *current;
	uint16_t next_port; /* the script's end's */
};

void flows_init(struct flows *flows, const struct network *network, struct arena *arena);

/* What calls did. A port of 0 is not known. */
void flow_opened(struct flows *flows, int descriptor, enum packet_protocol protocol);
void flow_bound(struct flows *flows, int descriptor, uint16_t port);
void flow_listens(struct flows *flows, int descriptor);
void flow_connects(struct flows *flows, int descriptor, uint16_t port);
void flow_accepted(struct flows *flows, int descriptor, uint16_t remote_port);

/* Whose packet the script speaks of; NULL: nobody's. */
struct flow *flow_of_inbound(struct flows *flows, const struct packet_spec *spec);
struct flow *flow_of_outbound(struct flows *flows, const struct packet_spec *spec);
/* Whose packet the stack has sent; NULL: of no conversation here. */
struct flow *flow_of_live(struct flows *flows, const struct packet *packet);

/* The live packet for an inbound one; body has room for what ICMP quotes. False: *outcome says why there is none. */
enum { FLOW_BODY_MOST = 65535 };
bool flow_to_live(struct flows *flows, struct flow *flow, const struct packet_spec *spec,
		  struct packet *packet, uint8_t *body, struct outcome *outcome);

/* The live packet in the script's numbers. expected is what the script says, which begins the account of timestamps. */
void flow_to_script(struct flows *flows, struct flow *flow, const struct packet_spec *expected,
		    struct packet *packet);

#endif
