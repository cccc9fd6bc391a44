/* capture: frames seen, written down as a pcapng file: one interface a station, nanoseconds, large segments as the frames
 * the wire would have carried, checksums that were left out put in, dropped frames with a comment that says why.
 *
 * The file leaves block by block through write, which takes a block whole or refuses it whole. A refused packet is
 * counted, and the interface's next one says how many are missing (epb_dropcount); a refused interface is offered again
 * with its next packet, so that what has been written is a valid file at any moment. */
#ifndef OBSERVE_CAPTURE_H
#define OBSERVE_CAPTURE_H

#include "base/frame.h"
#include "base/memory.h"
#include "base/verdict.h"

enum {
	CAPTURE_SNAPSHOT = 262144,       /* the usual default of bytes kept a frame */
	CAPTURE_NAME_MOST = 63,          /* bytes of an interface's name that are kept */
	CAPTURE_INTERFACES_MOST = 65536, /* a LAN's hosts, and a bound on memory */
};

struct capture_interface;

/* As epb_flags writes them. */
enum capture_direction { CAPTURE_INBOUND = 1, CAPTURE_OUTBOUND = 2 };

struct capture_config {
	const struct berth_allocator *allocator; /* must outlive the capture */
	/* One block of the file; not 0 refuses it. */
	int (*write)(void *context, const void *data, size_t size);
	void *context;
	uint64_t epoch;    /* what makes of a moment handed in nanoseconds since 1970 */
	uint32_t snapshot; /* bytes kept a frame; 0: CAPTURE_SNAPSHOT */
};

struct capture {
	struct capture_config config;
	uint8_t *block; /* the one being written */
	size_t block_room;
	struct capture_interface *interfaces;
	uint32_t interface_count, interface_room;
	uint32_t written; /* interfaces that are in the file */
	uint64_t start;
};

/* One frame, seen by one interface. */
struct capture_packet {
	uint64_t now;
	uint32_t interface; /* as capture_add_interface numbered it */
			    /* As epb_flags writes them. */
	enum capture_direction direction;
	const struct frame *frame; /* Ethernet header first */
	enum verdict verdict;
};

/* Begins the file. False: no memory, or write refused; there is nothing to close then. */
bool capture_init(struct capture *capture, const struct capture_config *config, uint64_t now);

/* Ends the file with a statistics block an interface. */
void capture_close(struct capture *capture, uint64_t now);

/* Stations may come at any time; one that leaves stays in the file. The name is copied. Returns its number, from 0, or
 * -1: no memory, or too many. */
int capture_add_interface(struct capture *capture, const char *name, const uint8_t mac[6]);

void capture_frame(struct capture *capture, const struct capture_packet *packet);

#endif
