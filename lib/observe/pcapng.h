/* pcapng: the blocks of a capture file (draft-ietf-opsawg-pcapng), each written whole into a buffer that has room for it.
 * Always little-endian, so that the same packets make the same file on every machine. Times are nanoseconds since
 * 1970. */
#ifndef OBSERVE_PCAPNG_H
#define OBSERVE_PCAPNG_H

#include "base/frame.h"

enum {
	/* Texts (names, comments) are cut to this many bytes. */
	PCAPNG_TEXT_MOST = 96,
	/* Room that any block fits in, the bytes of a packet block's frame not counted. */
	PCAPNG_BLOCK_ROOM = 256,
};

struct pcapng_interface {
	const char *name;
	const uint8_t *mac; /* six bytes */
	uint32_t snapshot;  /* bytes kept a frame */
};

struct pcapng_packet {
	uint32_t interface; /* 0 is the first of the file */
	uint64_t time;
	const struct frame *frame;
	uint32_t kept;       /* bytes of it, from the front */
	uint32_t flags;      /* epb_flags */
	uint64_t dropped;    /* missing since this interface's last; 0: said by its absence */
	const char *comment; /* NULL: none */
};

struct pcapng_statistics {
	uint32_t interface;
	uint64_t start, end;
	uint64_t received; /* frames seen */
	uint64_t dropped;  /* of them, not in the file */
};

/* Each returns the size of the block. */
size_t pcapng_write_section(uint8_t *at, const char *application);
size_t pcapng_write_interface(uint8_t *at, const struct pcapng_interface *interface);
size_t pcapng_write_packet(uint8_t *at, const struct pcapng_packet *packet);
size_t pcapng_write_statistics(uint8_t *at, const struct pcapng_statistics *statistics);

#endif
