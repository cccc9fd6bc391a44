/* frame: what travels between a host and its link. The headers lie together at head; the payload behind them may be
 * slices of the sender's blocks, so that handing a frame on copies nothing.
 *
 * A frame from outside is one run of bytes, all of it at head, in a block of its own. A frame made here begins with an
 * empty head in the middle of its own room: each floor pushes its header in front, on the way down, and pulls it on the
 * way up. A segment larger than the link's MTU carries segment_size, and whoever acts on single frames cuts it first
 * (wire/cut.h). */
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/block.h"
#include "base/list.h"

enum {
	FRAME_SLICES = 17, /* 64 KiB in pieces of 4 KiB, and one unaligned */
	FRAME_HEAD_ROOM =
		14 + 2 + 60 + 60, /* Ethernet, padding, the longest IPv4 and TCP headers */
};

struct frame {
	struct list link; /* in whatever queue holds it */
	void *from;       /* who put it there, where the queue's holder wants to know */
	struct pool *home;
	struct block *self;       /* the block this frame lies in */
	struct block *head_block; /* what head points into, where that is not head_room */
	uint8_t *head;
	uint32_t head_size;
	uint32_t payload_size; /* in the slices */
	uint16_t
		segment_size; /* TCP payload bytes a frame on the wire: 0, this is one frame; else it may be cut */
	bool checksum_left_out; /* the transport checksum field is zero and correct bytes are certain */
	uint8_t slice_count;
	uint8_t head_room[FRAME_HEAD_ROOM];
	struct slice slices[FRAME_SLICES];
};

/* An empty frame with all of head_room in front. NULL: no memory. */
struct frame *frame_new(struct pool *pool);

/* A frame of bytes from outside (at most BLOCK_LARGEST), copied. NULL: no memory. */
struct frame *frame_from_bytes(struct pool *pool, struct bytes bytes);

/* A frame with room for size contiguous bytes behind the header room, all at head, uninitialised: for what is written
 * in one piece (ICMP, a cut frame). head_size is size; the header room is in front. NULL: no memory. */
struct frame *frame_with_room(struct pool *pool, uint32_t size);

/* A copy of a packet that is only read: header, then all of frame, in one run with no room in front. NULL: no memory. */
struct frame *frame_copy(struct pool *pool, struct bytes header, const struct frame *frame);

/* Another frame with the same headers and the same slices. NULL: no memory. */
struct frame *frame_clone(const struct frame *frame);

void frame_free(struct frame *frame);

/* Makes size bytes in front of head; there is always room for the headers named above. */
uint8_t *frame_push(struct frame *frame, uint32_t size);

/* Takes size bytes, which are there, from the front of head. */
void frame_pull(struct frame *frame, uint32_t size);

/* Cuts what lies behind the first size bytes (Ethernet padding): size is at most frame_size. */
void frame_trim(struct frame *frame, uint32_t size);

static inline uint32_t frame_size(const struct frame *frame)
{
	return frame->head_size + frame->payload_size;
}

static inline struct bytes frame_head(const struct frame *frame)
{
	return (struct bytes){ frame->head, frame->head_size };
}

/* Copies bytes from offset (0 is the first of head) on; returns how many there were. */
size_t frame_copy_out(const struct frame *frame, uint32_t offset, uint8_t *to, size_t size);

/* Everything behind the first offset bytes of head, as slices with references of their own; a head that lies in
 * head_room is copied to a block. Returns the count (at most FRAME_SLICES + 1), or -1 for no memory. */
int frame_share_payload(const struct frame *frame, uint32_t offset,
			struct slice slices[FRAME_SLICES + 1]);

#endif
