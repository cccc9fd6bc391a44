#include "wire/mld.h"

#include "base/assert.h"
#include "wire/igmp.h"

enum { SOURCE_SIZE = 16, QUERY_ROBUSTNESS_MASK = 0x07, QUERY_SUPPRESS = 0x08 };

uint32_t mld_code_value(uint16_t code)
{
	if (code < 32768)
		return code;
	return ((code & UINT32_C(0xfff)) | 0x1000) << ((code >> 12 & 0x07) + 3);
}

static bool parse_query_v2(struct bytes message, struct mld_message *mld)
{
	if (message.size < MLD_QUERY_V2_SIZE)
		return false;
	mld->version = 2;
	mld->response_ms = mld_code_value(get16(message.at + 4));
	mld->robustness = message.at[24] & QUERY_ROBUSTNESS_MASK;
	mld->suppress = message.at[24] & QUERY_SUPPRESS;
	mld->interval_s = igmp_code_value(message.at[25]); /* written as IGMP's */
	mld->count = get16(message.at + 26);
	mld->sources = bytes_after(message, MLD_QUERY_V2_SIZE);
	if (mld->sources.size < (size_t)mld->count * SOURCE_SIZE)
		return false;
	mld->sources.size = (size_t)mld->count * SOURCE_SIZE;
	return true;
}

/* RFC 9777, 8.1: the length tells the versions apart. */
static bool parse_query(struct bytes message, struct mld_message *mld)
{
	if (!address_is_unspecified(&mld->group) && !address_is_multicast(&mld->group))
		return false;
	if (message.size > MLD_SIZE)
		return parse_query_v2(message, mld);
	mld->version = 1;
	mld->response_ms = get16(message.at + 4);
	return true;
}

static bool records_hold(struct bytes records, uint16_t count)
{
	struct mld_record record;

	while (count > 0 && mld_take_record(&records, &record))
		count--;
	return count == 0;
}

static bool parse_report_v2(struct bytes message, struct mld_message *mld)
{
	mld->count = get16(message.at + 6);
	mld->records = bytes_after(message, MLD_REPORT_V2_HEADER_SIZE);
	return records_hold(mld->records, mld->count);
}

bool mld_parse(struct bytes message, struct mld_message *mld)
{
	if (message.size < MLD_REPORT_V2_HEADER_SIZE)
		return false;
	*mld = (struct mld_message){ .type = message.at[0] };
	if (mld->type == ICMP6_MLD_REPORT_V2)
		return parse_report_v2(message, mld);
	if (message.size < MLD_SIZE)
		return false;
	mld->group = address_v6(message.at + 8);
	if (address_is_v4(&mld->group))
		return false;
	switch (mld->type) {
	case ICMP6_MLD_QUERY:
		return parse_query(message, mld);
	case ICMP6_MLD_REPORT:
	case ICMP6_MLD_DONE:
		return address_is_multicast(&mld->group);
	default:
		return false;
	}
}

bool mld_take_record(struct bytes *records, struct mld_record *record)
{
	if (records->size < MLD_RECORD_SIZE)
		return false;
	size_t sources = get16(records->at + 2) * (size_t)SOURCE_SIZE;
	size_t size = MLD_RECORD_SIZE + sources + records->at[1] * (size_t)4;
	if (size > records->size)
		return false;
	*record = (struct mld_record){
		.type = records->at[0],
		.group = address_v6(records->at + 4),
		.count = get16(records->at + 2),
		.sources = { records->at + MLD_RECORD_SIZE, sources },
	};
	*records = bytes_after(*records, size);
	return true;
}

void mld_write(uint8_t at[MLD_SIZE], uint8_t type, uint16_t response_ms,
	       const struct address *group)
{
	memset(at, 0, 8);
	at[0] = type;
	put16(at + 4, response_ms);
	address_write_v6(at + 8, group);
}

void mld_write_query(uint8_t at[MLD_QUERY_V2_SIZE], const struct mld_message *query)
{
	assert(query->response_ms < 32768 && query->interval_s < 128);
	memset(at, 0, MLD_QUERY_V2_SIZE);
	mld_write(at, ICMP6_MLD_QUERY, (uint16_t)query->response_ms, &query->group);
	at[24] = query->robustness & QUERY_ROBUSTNESS_MASK;
	at[25] = (uint8_t)query->interval_s;
}

void mld_write_report(uint8_t at[MLD_REPORT_V2_HEADER_SIZE], uint16_t count)
{
	memset(at, 0, MLD_REPORT_V2_HEADER_SIZE);
	at[0] = ICMP6_MLD_REPORT_V2;
	put16(at + 6, count);
}

size_t mld_write_record(uint8_t *at, enum mld_record_type type, const struct address *group,
			const struct address *sources, uint16_t count)
{
	at[0] = (uint8_t)type;
	at[1] = 0;
	put16(at + 2, count);
	address_write_v6(at + 4, group);
	for (uint16_t index = 0; index < count; index++)
		address_write_v6(at + MLD_RECORD_SIZE + SOURCE_SIZE * (size_t)index,
				 &sources[index]);
	return MLD_RECORD_SIZE + SOURCE_SIZE * (size_t)count;
}
