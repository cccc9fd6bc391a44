#include "wire/igmp.h"

#include "base/assert.h"
#include "wire/checksum.h"

enum { SOURCE_SIZE = 4, QUERY_ROBUSTNESS_MASK = 0x07, QUERY_SUPPRESS = 0x08 };

uint16_t igmp_code_value(uint8_t code)
{
	if (code < 128)
		return code;
	return (uint16_t)(((code & 0x0f) | 0x10) << ((code >> 4 & 0x07) + 3));
}

static bool parse_query_v3(struct bytes message, struct igmp_message *igmp)
{
	if (message.size < IGMP_QUERY_V3_SIZE)
		return false;
	igmp->version = 3;
	igmp->response_ds = igmp_code_value(message.at[1]);
	igmp->robustness = message.at[8] & QUERY_ROBUSTNESS_MASK;
	igmp->suppress = message.at[8] & QUERY_SUPPRESS;
	igmp->interval_s = igmp_code_value(message.at[9]);
	igmp->count = get16(message.at + 10);
	igmp->sources = bytes_after(message, IGMP_QUERY_V3_SIZE);
	if (igmp->sources.size < (size_t)igmp->count * SOURCE_SIZE)
		return false;
	igmp->sources.size = (size_t)igmp->count * SOURCE_SIZE;
	return true;
}

/* RFC 9776, 7.1: the length tells version 3 from the others, and the delay, which version 1 left zero, those apart. */
static bool parse_query(struct bytes message, struct igmp_message *igmp)
{
	if (message.size > IGMP_HEADER_SIZE)
		return parse_query_v3(message, igmp);
	igmp->version = message.at[1] == 0 ? 1 : 2;
	igmp->response_ds = igmp->version == 1 ? 100 : message.at[1];
	return true;
}

static bool records_hold(struct bytes records, uint16_t count)
{
	struct igmp_record record;

	while (count > 0 && igmp_take_record(&records, &record))
		count--;
	return count == 0;
}

static bool parse_report_v3(struct bytes message, struct igmp_message *igmp)
{
	igmp->group = 0;
	igmp->count = get16(message.at + 6);
	igmp->records = bytes_after(message, IGMP_HEADER_SIZE);
	return records_hold(igmp->records, igmp->count);
}

bool igmp_parse(struct bytes message, struct igmp_message *igmp)
{
	if (message.size < IGMP_HEADER_SIZE)
		return false;
	*igmp = (struct igmp_message){ .type = message.at[0], .group = get32(message.at + 4) };
	switch (igmp->type) {
	case IGMP_QUERY:
		return parse_query(message, igmp);
	case IGMP_REPORT_V3:
		return parse_report_v3(message, igmp);
	default:
		return true;
	}
}

static uint16_t checksum_of(struct bytes message)
{
	struct checksum checksum = { 0 };
	checksum_add(&checksum, message);
	return checksum_finish(&checksum);
}

bool igmp_checksum_holds(struct bytes message)
{
	return checksum_of(message) == 0;
}

bool igmp_take_record(struct bytes *records, struct igmp_record *record)
{
	if (records->size < IGMP_RECORD_SIZE)
		return false;
	size_t sources = get16(records->at + 2) * (size_t)SOURCE_SIZE;
	size_t size = IGMP_RECORD_SIZE + sources + records->at[1] * (size_t)4;
	if (size > records->size)
		return false;
	*record = (struct igmp_record){
		.type = records->at[0],
		.group = get32(records->at + 4),
		.count = get16(records->at + 2),
		.sources = { records->at + IGMP_RECORD_SIZE, sources },
	};
	*records = bytes_after(*records, size);
	return true;
}

void igmp_write(uint8_t at[IGMP_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t group)
{
	at[0] = type;
	at[1] = code;
	put16(at + 2, 0);
	put32(at + 4, group);
	put16(at + 2, checksum_of((struct bytes){ at, IGMP_HEADER_SIZE }));
}

void igmp_write_query(uint8_t at[IGMP_QUERY_V3_SIZE], const struct igmp_message *query)
{
	assert(query->response_ds < 128 && query->interval_s < 128);
	memset(at, 0, IGMP_QUERY_V3_SIZE);
	at[0] = IGMP_QUERY;
	at[1] = (uint8_t)query->response_ds;
	put32(at + 4, query->group);
	at[8] = query->robustness & QUERY_ROBUSTNESS_MASK;
	at[9] = (uint8_t)query->interval_s;
	put16(at + 2, checksum_of((struct bytes){ at, IGMP_QUERY_V3_SIZE }));
}

void igmp_write_report(uint8_t *at, size_t size, uint16_t count)
{
	put16(at, IGMP_REPORT_V3 << 8);
	put16(at + 2, 0);
	put16(at + 4, 0);
	put16(at + 6, count);
	put16(at + 2, checksum_of((struct bytes){ at, size }));
}

size_t igmp_write_record(uint8_t *at, enum igmp_record_type type, uint32_t group,
			 const uint32_t *sources, uint16_t count)
{
	at[0] = (uint8_t)type;
	at[1] = 0;
	put16(at + 2, count);
	put32(at + 4, group);
	for (uint16_t index = 0; index < count; index++)
		put32(at + IGMP_RECORD_SIZE + SOURCE_SIZE * (size_t)index, sources[index]);
	return IGMP_RECORD_SIZE + SOURCE_SIZE * (size_t)count;
}
