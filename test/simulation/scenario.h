/* scenario: what one seed stands for: hosts, the link between them, and who talks to whom, how much, how badly. All of it
 * is drawn before anything runs. */
#ifndef SIMULATION_SCENARIO_H
#define SIMULATION_SCENARIO_H

#include "base/random.h"
#include "lan/impairment.h"

enum { SCENARIO_HOSTS = 8, SCENARIO_TALKS = 12 };

/* How an end behaves. */
enum fate {
	ORDERLY, /* sends all, shuts down, reads to the end of the stream, closes */
	ABORTS,  /* closes with SO_LINGER of 0 after so many bytes sent */
	QUITS,   /* closes after so many bytes read, whatever else there is */
	LEAVES,  /* sends all and closes at once, without reading */
	FATE_COUNT
};

struct end_plan {
	enum fate fate;
	uint32_t size;       /* bytes to send */
	uint32_t cut;        /* where ABORTS and QUITS happen */
	uint32_t chunk_most; /* a write's or a read's size */
	uint32_t pause_odds; /* one write or read in so many is followed by a pause; 0: none is */
	uint64_t pause_most; /* ns */
	bool zero_copy;
	bool no_delay;
	uint16_t mss; /* TCP_MAXSEG; 0: left alone */
};

struct talk_plan {
	unsigned client, server; /* hosts; they may be one */
	uint64_t start;
	bool nobody_listens;
	struct end_plan ends[2]; /* the client's, the server's */
};

struct listener_plan {
	int backlog;
	uint64_t closes; /* NEVER: it stays to the end */
	uint64_t accept_pause_most;
};

struct scenario {
	uint64_t seed;
	uint8_t seed_bytes[16];
	unsigned host_count;
	bool lan; /* a switch; else a cable between two */
	struct impairment_config link;
	uint32_t mtu;
	uint32_t largest_segment; /* 0: the MTU's */
	bool checksums;
	bool keepalive; /* somebody may vanish without a word: his RST can be lost */
	uint32_t send_buffer[SCENARIO_HOSTS], receive_buffer[SCENARIO_HOSTS];
	struct listener_plan listeners[SCENARIO_HOSTS];
	unsigned talk_count;
	struct talk_plan talks[SCENARIO_TALKS];
};

void scenario_draw(struct scenario *scenario, uint64_t seed);

const char *fate_name(enum fate fate);

#endif
