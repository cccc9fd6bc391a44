#include "observe/pcapng.h"

#include "base/assert.h"

enum {
	SECTION_HEADER = 0x0a0d0d0a,
	INTERFACE_DESCRIPTION = 1,
	INTERFACE_STATISTICS = 5,
	ENHANCED_PACKET = 6,

	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINKTYPE_ETHERNET = 1,
	NANOSECONDS = 9, /* if_tsresol: ten to the power of minus this */

	OPTION_END = 0,
	OPTION_COMMENT = 1,
	SECTION_USER_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_MAC = 6,
	INTERFACE_TIME_RESOLUTION = 9,
	PACKET_FLAGS = 2,
	PACKET_DROP_COUNT = 4,
	STATISTICS_START = 2,
	STATISTICS_END = 3,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};

/* A block as it grows. */
struct writer {
	uint8_t *at;
	size_t size;
};

static void add16(struct writer *writer, uint16_t value)
{
	writer->at[writer->size++] = (uint8_t)value;
	writer->at[writer->size++] = (uint8_t)(value >> 8);
}

static void add32(struct writer *writer, uint32_t value)
{
	add16(writer, (uint16_t)value);
	add16(writer, (uint16_t)(value >> 16));
}

static void add64(struct writer *writer, uint64_t value)
{
	add32(writer, (uint32_t)value);
	add32(writer, (uint32_t)(value >> 32));
}

/* The one number of the format with its high half first. */
static void add_time(struct writer *writer, uint64_t time)
{
	add32(writer, (uint32_t)(time >> 32));
	add32(writer, (uint32_t)time);
}

static void add_padding(struct writer *writer)
{
	while (writer->size % 4 != 0)
		writer->at[writer->size++] = 0;
}

static void begin_option(struct writer *writer, uint16_t code, size_t size)
{
	add16(writer, code);
	add16(writer, (uint16_t)size);
}

static void add_option(struct writer *writer, uint16_t code, const void *value, size_t size)
{
	begin_option(writer, code, size);
	memcpy(writer->at + writer->size, value, size);
	writer->size += size;
	add_padding(writer);
}

static void add_text_option(struct writer *writer, uint16_t code, const char *text)
{
	size_t size = 0;
	while (size < PCAPNG_TEXT_MOST && text[size])
		size++;
	add_option(writer, code, text, size);
}

static void add_count_option(struct writer *writer, uint16_t code, uint64_t count)
{
	begin_option(writer, code, sizeof count);
	add64(writer, count);
}

static void add_time_option(struct writer *writer, uint16_t code, uint64_t time)
{
	begin_option(writer, code, sizeof time);
	add_time(writer, time);
}

static struct writer begin_block(uint8_t *at, uint32_t type)
{
	struct writer writer = { .at = at };
	add32(&writer, type);
	add32(&writer, 0); /* the size, known at the end */
	return writer;
}

/* The size stands at both ends. */
static size_t end_block(struct writer *writer)
{
	begin_option(writer, OPTION_END, 0);
	size_t size = writer->size + 4;
	struct writer front = { .at = writer->at, .size = 4 };
	add32(&front, (uint32_t)size);
	add32(writer, (uint32_t)size);
	return size;
}

size_t pcapng_write_section(uint8_t *at, const char *application)
{
	struct writer writer = begin_block(at, SECTION_HEADER);
	add32(&writer, BYTE_ORDER_MAGIC);
	add16(&writer, 1); /* version 1.0 */
	add16(&writer, 0);
	add64(&writer, UINT64_MAX); /* the section's size: not known while it grows */
	add_text_option(&writer, SECTION_USER_APPLICATION, application);
	return end_block(&writer);
}

size_t pcapng_write_interface(uint8_t *at, const struct pcapng_interface *interface)
{
	struct writer writer = begin_block(at, INTERFACE_DESCRIPTION);
	add16(&writer, LINKTYPE_ETHERNET);
	add16(&writer, 0);
	add32(&writer, interface->snapshot);
	add_text_option(&writer, INTERFACE_NAME, interface->name);
	add_option(&writer, INTERFACE_MAC, interface->mac, 6);
	add_option(&writer, INTERFACE_TIME_RESOLUTION, &(uint8_t){ NANOSECONDS }, 1);
	return end_block(&writer);
}

size_t pcapng_write_packet(uint8_t *at, const struct pcapng_packet *packet)
{
	struct writer writer = begin_block(at, ENHANCED_PACKET);
	add32(&writer, packet->interface);
	add_time(&writer, packet->time);
	add32(&writer, packet->kept);
	add32(&writer, frame_size(packet->frame));
	size_t copied = frame_copy_out(packet->frame, 0, at + writer.size, packet->kept);
	assert(copied == packet->kept);
	writer.size += copied;
	add_padding(&writer);
	if (packet->comment)
		add_text_option(&writer, OPTION_COMMENT, packet->comment);
	begin_option(&writer, PACKET_FLAGS, 4);
	add32(&writer, packet->flags);
	if (packet->dropped > 0)
		add_count_option(&writer, PACKET_DROP_COUNT, packet->dropped);
	return end_block(&writer);
}

size_t pcapng_write_statistics(uint8_t *at, const struct pcapng_statistics *statistics)
{
	struct writer writer = begin_block(at, INTERFACE_STATISTICS);
	add32(&writer, statistics->interface);
	add_time(&writer, statistics->end);
	add_time_option(&writer, STATISTICS_START, statistics->start);
	add_time_option(&writer, STATISTICS_END, statistics->end);
	add_count_option(&writer, STATISTICS_RECEIVED, statistics->received);
	add_count_option(&writer, STATISTICS_DROPPED, statistics->dropped);
	return end_block(&writer);
}
