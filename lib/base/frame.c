#include "base/frame.h"

#include "base/assert.h"

static struct frame *frame_start(struct pool *pool)
{
	struct block *self = block_new(pool, sizeof(struct frame));
	if (!self)
		return NULL;

	struct frame *frame = (struct frame *)(void *)self->bytes;
	list_init(&frame->link);
	frame->from = NULL;
	frame->home = pool;
	frame->self = self;
	frame->head_block = NULL;
	frame->head = frame->head_room + FRAME_HEAD_ROOM;
	frame->head_size = 0;
	frame->payload_size = 0;
	frame->segment_size = 0;
	frame->checksum_left_out = false;
	frame->slice_count = 0;
	return frame;
}

struct frame *frame_new(struct pool *pool)
{
	return frame_start(pool);
}

struct frame *frame_with_room(struct pool *pool, uint32_t size)
{
	struct frame *frame = frame_start(pool);
	if (!frame)
		return NULL;
	assert(size <= BLOCK_LARGEST);
	uint32_t front =
		size + FRAME_HEAD_ROOM <= BLOCK_LARGEST ? FRAME_HEAD_ROOM : BLOCK_LARGEST - size;
	frame->head_block = block_new(pool, size + front);
	if (!frame->head_block) {
		frame_free(frame);
		return NULL;
	}
	frame->head_block->used = frame->head_block->room;
	frame->head = frame->head_block->bytes + front;
	frame->head_size = size;
	return frame;
}

struct frame *frame_from_bytes(struct pool *pool, struct bytes bytes)
{
	struct frame *frame = frame_with_room(pool, (uint32_t)bytes.size);
	if (frame && bytes.size > 0)
		memcpy(frame->head, bytes.at, bytes.size);
	return frame;
}

struct frame *frame_copy(struct pool *pool, struct bytes header, const struct frame *frame)
{
	uint32_t size = (uint32_t)header.size + frame_size(frame);
	struct frame *copy = frame_new(pool);
	if (!copy)
		return NULL;

	copy->head_block = block_new(pool, size);
	if (!copy->head_block) {
		frame_free(copy);
		return NULL;
	}
	copy->head_block->used = copy->head_block->room;
	copy->head = copy->head_block->bytes;
	copy->head_size = size;
	copy->checksum_left_out = frame->checksum_left_out;
	if (header.size > 0)
		memcpy(copy->head, header.at, header.size);
	frame_copy_out(frame, 0, copy->head + header.size, frame_size(frame));
	return copy;
}

struct frame *frame_clone(const struct frame *frame)
{
	struct frame *clone = frame_start(frame->home);
	if (!clone)
		return NULL;

	if (frame->head_block) {
		/* Headers are written on the way down, so two frames never share them. */
		uint32_t front = (uint32_t)(frame->head - frame->head_block->bytes);
		clone->head_block = block_new(frame->home, front + frame->head_size);
		if (!clone->head_block) {
			frame_free(clone);
			return NULL;
		}
		clone->head_block->used = clone->head_block->room;
		clone->head = clone->head_block->bytes + front;
	} else {
		clone->head = clone->head_room + (frame->head - frame->head_room);
	}
	memcpy(clone->head, frame->head, frame->head_size);
	clone->head_size = frame->head_size;
	clone->payload_size = frame->payload_size;
	clone->segment_size = frame->segment_size;
	clone->checksum_left_out = frame->checksum_left_out;
	clone->slice_count = frame->slice_count;
	for (uint8_t index = 0; index < frame->slice_count; index++)
		clone->slices[index] = slice_share(frame->slices[index]);
	return clone;
}

void frame_free(struct frame *frame)
{
	if (!frame)
		return;
	for (uint8_t index = 0; index < frame->slice_count; index++)
		block_release(frame->slices[index].block);
	if (frame->head_block)
		block_release(frame->head_block);
	block_release(frame->self);
}

uint8_t *frame_push(struct frame *frame, uint32_t size)
{
	const uint8_t *start = frame->head_block ? frame->head_block->bytes : frame->head_room;
	assert((size_t)(frame->head - start) >= size);
	frame->head -= size;
	frame->head_size += size;
	return frame->head;
}

void frame_pull(struct frame *frame, uint32_t size)
{
	assert(size <= frame->head_size);
	frame->head += size;
	frame->head_size -= size;
}

void frame_trim(struct frame *frame, uint32_t size)
{
	assert(size <= frame_size(frame));
	uint32_t surplus = frame_size(frame) - size;
	while (surplus > 0 && frame->slice_count > 0) {
		struct slice *last = &frame->slices[frame->slice_count - 1];
		uint32_t piece = last->size < surplus ? last->size : surplus;
		last->size -= piece;
		frame->payload_size -= piece;
		surplus -= piece;
		if (last->size == 0) {
			block_release(last->block);
			frame->slice_count--;
		}
	}
	frame->head_size -= surplus;
}

size_t frame_copy_out(const struct frame *frame, uint32_t offset, uint8_t *to, size_t size)
{
	size_t copied = 0;

	if (offset < frame->head_size) {
		copied = frame->head_size - offset;
		if (copied > size)
			copied = size;
		memcpy(to, frame->head + offset, copied);
		offset = 0;
	} else {
		offset -= frame->head_size;
	}
	for (uint8_t index = 0; index < frame->slice_count && copied < size; index++) {
		const struct slice *slice = &frame->slices[index];
		if (offset >= slice->size) {
			offset -= slice->size;
			continue;
		}
		size_t piece = slice->size - offset;
		if (piece > size - copied)
			piece = size - copied;
		memcpy(to + copied, slice->at + offset, piece);
		copied += piece;
		offset = 0;
	}
	return copied;
}

int frame_share_payload(const struct frame *frame, uint32_t offset,
			struct slice slices[FRAME_SLICES + 1])
{
	int count = 0;
	uint32_t in_head = frame->head_size - offset;

	assert(offset <= frame->head_size);
	if (in_head > 0 && frame->head_block) {
		block_hold(frame->head_block);
		slices[count++] =
			(struct slice){ frame->head_block, frame->head + offset, in_head };
	} else if (in_head > 0) {
		struct block *block = block_new(frame->home, in_head);
		if (!block)
			return -1;
		memcpy(block->bytes, frame->head + offset, in_head);
		block->used = in_head;
		slices[count++] = (struct slice){ block, block->bytes, in_head };
	}
	for (uint8_t index = 0; index < frame->slice_count; index++)
		slices[count++] = slice_share(frame->slices[index]);
	return count;
}
