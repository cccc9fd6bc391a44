#include "observe/capture.h"

#include "base/assert.h"
#include "observe/pcapng.h"
#include "observe/text.h"
#include "wire/cut.h"

#define APART UINT32_MAX /* the place of what is not in the file */

enum {
	ROOM_MOST = 65536 + FRAME_HEAD_ROOM, /* no frame is larger */
	COMMENT_ROOM = 64,
};

struct capture_interface {
	char name[CAPTURE_NAME_MOST + 1];
	struct mac mac;
	uint32_t place;   /* in the file, or APART */
	uint64_t seen;    /* frames of the wire */
	uint64_t dropped; /* of them, refused or without memory */
	uint64_t missing; /* dropped since the last that was written */
};

/* One packet and what it is written from, piece by piece. */
struct writing {
	struct capture *capture;
	const struct capture_packet *packet;
	const char *comment;
};

static bool give(struct capture *capture, size_t size)
{
	return capture->config.write(capture->config.context, capture->block, size) == 0;
}

/* True: it is in the file. */
static bool interface_is_there(struct capture *capture, struct capture_interface *interface)
{
	if (interface->place != APART)
		return true;
	struct pcapng_interface block = {
		.name = interface->name,
		.mac = interface->mac.bytes,
		.snapshot = capture->config.snapshot,
	};
	if (!give(capture, pcapng_write_interface(capture->block, &block)))
		return false;
	interface->place = capture->written++;
	return true;
}

static bool packet_is_written(struct writing *writing, struct capture_interface *interface,
			      const struct frame *frame)
{
	struct capture *capture = writing->capture;
	size_t frame_room = capture->block_room - PCAPNG_BLOCK_ROOM;
	uint32_t size = frame_size(frame);

	if (!interface_is_there(capture, interface))
		return false;
	struct pcapng_packet block = {
		.interface = interface->place,
		.time = capture->config.epoch + writing->packet->now,
		.frame = frame,
		.kept = size < frame_room ? size : (uint32_t)frame_room,
		.flags = writing->packet->direction,
		.dropped = interface->missing,
		.comment = writing->comment,
	};
	return give(capture, pcapng_write_packet(capture->block, &block));
}

/* Takes one frame of the wire. */
static void write_piece(void *context, struct frame *piece)
{
	struct writing *writing = context;
	struct capture_interface *interface =
		&writing->capture->interfaces[writing->packet->interface];

	interface->seen++;
	if (packet_is_written(writing, interface, piece)) {
		interface->missing = 0;
	} else {
		interface->dropped++;
		interface->missing++;
	}
	frame_free(piece);
}

static bool interfaces_grow(struct capture *capture)
{
	const struct berth_allocator *allocator = capture->config.allocator;
	uint32_t room = capture->interface_room ? capture->interface_room * 2 : 8;
	struct capture_interface *interfaces = memory_take(allocator, room * sizeof *interfaces);

	if (!interfaces)
		return false;
	if (capture->interface_count > 0)
		memcpy(interfaces, capture->interfaces,
		       capture->interface_count * sizeof *interfaces);
	memory_give(allocator, capture->interfaces, capture->interface_room * sizeof *interfaces);
	capture->interfaces = interfaces;
	capture->interface_room = room;
	return true;
}

bool capture_init(struct capture *capture, const struct capture_config *config, uint64_t now)
{
	*capture = (struct capture){ .config = *config, .start = now };
	if (config->snapshot == 0)
		capture->config.snapshot = CAPTURE_SNAPSHOT;
	uint32_t most = capture->config.snapshot;
	capture->block_room = PCAPNG_BLOCK_ROOM + (most < ROOM_MOST ? most : ROOM_MOST);
	capture->block = memory_take_raw(config->allocator, capture->block_room);
	if (!capture->block)
		return false;
	if (give(capture, pcapng_write_section(capture->block, "berth")))
		return true;
	memory_give(config->allocator, capture->block, capture->block_room);
	return false;
}

static void write_statistics(struct capture *capture, const struct capture_interface *interface,
			     uint64_t now)
{
	struct pcapng_statistics block = {
		.interface = interface->place,
		.start = capture->config.epoch + capture->start,
		.end = capture->config.epoch + now,
		.received = interface->seen,
		.dropped = interface->dropped,
	};
	/* Refused: nothing comes behind it that could say so. */
	(void)give(capture, pcapng_write_statistics(capture->block, &block));
}

void capture_close(struct capture *capture, uint64_t now)
{
	const struct berth_allocator *allocator = capture->config.allocator;

	for (uint32_t index = 0; index < capture->interface_count; index++) {
		if (interface_is_there(capture, &capture->interfaces[index]))
			write_statistics(capture, &capture->interfaces[index], now);
	}
	memory_give(allocator, capture->interfaces,
		    capture->interface_room * sizeof *capture->interfaces);
	memory_give(allocator, capture->block, capture->block_room);
	*capture = (struct capture){ 0 };
}

int capture_add_interface(struct capture *capture, const char *name, const uint8_t mac[6])
{
	if (capture->interface_count >= CAPTURE_INTERFACES_MOST)
		return -1;
	if (capture->interface_count == capture->interface_room && !interfaces_grow(capture))
		return -1;

	struct capture_interface *interface = &capture->interfaces[capture->interface_count];
	*interface = (struct capture_interface){ .place = APART };
	struct text text;
	text_init(&text, interface->name, sizeof interface->name);
	text_add(&text, name);
	memcpy(interface->mac.bytes, mac, sizeof interface->mac.bytes);
	/* At once, so that a station that is silent shows too. */
	(void)interface_is_there(capture, interface);
	return (int)capture->interface_count++;
}

/* What a frame is dropped for; NULL where it goes on its way. */
static const char *comment_on(enum verdict verdict, char at[COMMENT_ROOM])
{
	if (verdict == DELIVERED || verdict == FORWARDED || verdict == QUEUED)
		return NULL;
	struct text text;
	text_init(&text, at, COMMENT_ROOM);
	text_add(&text, "dropped: ");
	text_add(&text, verdict_words(verdict));
	return at;
}

void capture_frame(struct capture *capture, const struct capture_packet *packet)
{
	char words[COMMENT_ROOM];
	struct writing writing = { capture, packet, comment_on(packet->verdict, words) };

	assert(packet->interface < capture->interface_count);
	if (cut_each(packet->frame, write_piece, &writing))
		return;
	/* How many pieces are missing is not known; one is certain. */
	struct capture_interface *interface = &capture->interfaces[packet->interface];
	interface->seen++;
	interface->dropped++;
	interface->missing++;
}
