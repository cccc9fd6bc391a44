/* mld: multicast listener discovery, both versions (RFC 2710, 3; RFC 9777, 5): IGMP's messages as ICMPv6's. */
#ifndef WIRE_MLD_H
#define WIRE_MLD_H

#include "base/bytes.h"
#include "wire/address.h"

enum {
	MLD_SIZE = 24, /* of all but version 2's */
	MLD_QUERY_V2_SIZE = 28,
	MLD_REPORT_V2_HEADER_SIZE = 8,
	MLD_RECORD_SIZE = 20, /* without its sources */
	ICMP6_MLD_QUERY = 130,
	ICMP6_MLD_REPORT = 131,
	ICMP6_MLD_DONE = 132,
	ICMP6_MLD_REPORT_V2 = 143,
};

/* The kinds of a version 2 report's records (RFC 9777, 5.2.12). */
enum mld_record_type {
	MLD_IS_INCLUDE = 1,
	MLD_IS_EXCLUDE = 2,
	MLD_TO_INCLUDE = 3,
	MLD_TO_EXCLUDE = 4,
	MLD_ALLOW = 5,
	MLD_BLOCK = 6,
};

struct mld_message {
	uint8_t type;
	struct address group; /* :: in a general query; none in a version 2 report */
	uint8_t version;      /* of a query: 1 or 2 */
	uint32_t response_ms; /* of a query: the longest delay of its answers */
	uint8_t robustness;   /* of a version 2 query; 0: not said */
	uint16_t interval_s;  /* likewise: seconds between queries */
	bool suppress;        /* likewise: routers are not to shorten what they wait */
	uint16_t count;       /* of a version 2 query's sources, or a version 2 report's records */
	struct bytes sources; /* 16 bytes each */
	struct bytes records;
};

struct mld_record {
	uint8_t type;
	struct address group;
	uint16_t count;
	struct bytes sources;
};

/* False: none of the types above, shorter than its type or its own counts say, or what should be a group is none. The
 * checksum, the hop limit of 1, the router alert and the source are the caller's to judge. */
bool mld_parse(struct bytes message, struct mld_message *mld);

/* Takes the first record off; false: it is longer than what is there. */
bool mld_take_record(struct bytes *records, struct mld_record *record);

/* A query of version 1, a report or a done; checksum zero. */
void mld_write(uint8_t at[MLD_SIZE], uint8_t type, uint16_t response_ms,
	       const struct address *group);

/* A version 2 query about all sources: group, response_ms (under 32,768), robustness and interval_s (under 128) are looked
 * at; checksum zero. */
void mld_write_query(uint8_t at[MLD_QUERY_V2_SIZE], const struct mld_message *query);

/* The header of a version 2 report of count records; checksum zero. */
void mld_write_report(uint8_t at[MLD_REPORT_V2_HEADER_SIZE], uint16_t count);
/* Returns the record's size. */
size_t mld_write_record(uint8_t *at, enum mld_record_type type, const struct address *group,
			const struct address *sources, uint16_t count);

/* Section 5.1.3: a number that is a mantissa and an exponent from 32768 on. */
uint32_t mld_code_value(uint16_t code);

#endif
