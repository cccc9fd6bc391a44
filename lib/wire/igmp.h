/* igmp: the messages of IGMP, all three versions (RFC 1112, appendix I; RFC 2236; RFC 9776, 4). */
#ifndef WIRE_IGMP_H
#define WIRE_IGMP_H

#include "base/bytes.h"

enum {
	IGMP_HEADER_SIZE = 8,
	IGMP_QUERY_V3_SIZE = 12,
	IGMP_RECORD_SIZE = 8, /* without its sources */
	IGMP_QUERY = 0x11,
	IGMP_REPORT_V1 = 0x12,
	IGMP_REPORT_V2 = 0x16,
	IGMP_LEAVE = 0x17,
	IGMP_REPORT_V3 = 0x22,
};

/* The kinds of a version 3 report's records (RFC 9776, 4.2.13). */
enum igmp_record_type {
	IGMP_IS_INCLUDE = 1,
	IGMP_IS_EXCLUDE = 2,
	IGMP_TO_INCLUDE = 3,
	IGMP_TO_EXCLUDE = 4,
	IGMP_ALLOW = 5,
	IGMP_BLOCK = 6,
};

struct igmp_message {
	uint8_t type;
	uint32_t group;  /* host order; none in a version 3 report */
	uint8_t version; /* of a query: 1, 2 or 3 */
	uint16_t
		response_ds; /* of a query: the longest delay of its answers, in tenths of a second */
	uint8_t robustness;   /* of a version 3 query; 0: not said */
	uint16_t interval_s;  /* likewise: seconds between queries */
	bool suppress;        /* likewise: routers are not to shorten what they wait */
	uint16_t count;       /* of a version 3 query's sources, or a version 3 report's records */
	struct bytes sources; /* 4 bytes each */
	struct bytes records;
};

struct igmp_record {
	uint8_t type;
	uint32_t group;
	uint16_t count;
	struct bytes sources;
};

/* False: shorter than its type or its own counts say. Types that are not known are parsed as far as the header. */
bool igmp_parse(struct bytes message, struct igmp_message *igmp);
bool igmp_checksum_holds(struct bytes message);

/* Takes the first record off; false: it is longer than what is there. */
bool igmp_take_record(struct bytes *records, struct igmp_record *record);

/* A query of version 1 or 2, a report of theirs, or a leave; its checksum included. */
void igmp_write(uint8_t at[IGMP_HEADER_SIZE], uint8_t type, uint8_t code, uint32_t group);

/* A version 3 query about all sources: group, response_ds, robustness and interval_s (under 128 both) are looked at. */
void igmp_write_query(uint8_t at[IGMP_QUERY_V3_SIZE], const struct igmp_message *query);

/* A version 3 report around the records that are behind the header already. */
void igmp_write_report(uint8_t *at, size_t size, uint16_t count);
/* Returns the record's size. */
size_t igmp_write_record(uint8_t *at, enum igmp_record_type type, uint32_t group,
			 const uint32_t *sources, uint16_t count);

/* Section 4.1.1: a number that is a mantissa and an exponent from 128 on. */
uint16_t igmp_code_value(uint8_t code);

#endif
