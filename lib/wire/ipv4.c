#include "wire/ipv4.h"

#include "base/assert.h"
#include "wire/checksum.h"

enum {
	FLAG_RESERVED = 0x8000,
	FLAG_DONT_FRAGMENT = 0x4000,
	FLAG_MORE_FRAGMENTS = 0x2000,
	OFFSET_MASK = 0x1fff,
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RECORD_ROUTE = 7,
	OPTION_TIMESTAMP = 68,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
};

bool ipv4_parse(struct bytes packet, size_t present, struct ipv4_header *ipv4)
{
	if (packet.size < IPV4_HEADER_SIZE || packet.at[0] >> 4 != 4)
		return false;

	size_t header_size = (packet.at[0] & 0x0f) * 4u;
	size_t total_size = get16(packet.at + 2);
	if (header_size < IPV4_HEADER_SIZE || header_size > packet.size)
		return false;
	if (total_size < header_size || total_size > present)
		return false;

	uint16_t fragment = get16(packet.at + 6);
	ipv4->header_size = (uint8_t)header_size;
	ipv4->tos = packet.at[1];
	ipv4->total_size = (uint16_t)total_size;
	ipv4->identification = get16(packet.at + 4);
	ipv4->reserved_flag = fragment & FLAG_RESERVED;
	ipv4->dont_fragment = fragment & FLAG_DONT_FRAGMENT;
	ipv4->more_fragments = fragment & FLAG_MORE_FRAGMENTS;
	ipv4->fragment_offset = (uint16_t)((fragment & OFFSET_MASK) * 8);
	ipv4->ttl = packet.at[8];
	ipv4->protocol = packet.at[9];
	ipv4->checksum = get16(packet.at + 10);
	ipv4->source = get32(packet.at + 12);
	ipv4->destination = get32(packet.at + 16);
	ipv4->options =
		(struct bytes){ packet.at + IPV4_HEADER_SIZE, header_size - IPV4_HEADER_SIZE };
	return true;
}

static uint16_t header_checksum(struct bytes header)
{
	struct checksum checksum = { 0 };
	checksum_add(&checksum, header);
	return checksum_finish(&checksum);
}

bool ipv4_checksum_holds(struct bytes header)
{
	return header_checksum(header) == 0;
}

void ipv4_write(uint8_t at[IPV4_HEADER_SIZE], const struct ipv4_header *ipv4)
{
	assert(ipv4->fragment_offset % 8 == 0);

	at[0] = 4 << 4 | IPV4_HEADER_SIZE / 4;
	at[1] = ipv4->tos;
	put16(at + 2, ipv4->total_size);
	put16(at + 4, ipv4->identification);
	put16(at + 6, (uint16_t)((ipv4->reserved_flag ? FLAG_RESERVED : 0) |
				 (ipv4->dont_fragment ? FLAG_DONT_FRAGMENT : 0) |
				 (ipv4->more_fragments ? FLAG_MORE_FRAGMENTS : 0) |
				 ipv4->fragment_offset / 8));
	at[8] = ipv4->ttl;
	at[9] = ipv4->protocol;
	put16(at + 10, 0);
	put32(at + 12, ipv4->source);
	put32(at + 16, ipv4->destination);
	put16(at + 10, header_checksum((struct bytes){ at, IPV4_HEADER_SIZE }));
}

void ipv4_write_router_alert(uint8_t at[IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE],
			     const struct ipv4_header *ipv4)
{
	enum { SIZE = IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE };

	ipv4_write(at, ipv4);
	at[0] = 4 << 4 | SIZE / 4;
	put32(at + IPV4_HEADER_SIZE, 0x94040000);
	put16(at + 10, 0);
	put16(at + 10, header_checksum((struct bytes){ at, SIZE }));
}

/* An option that is filled in on the way: a pointer, counted from 1, to the entry that is next. Past the end it says
 * that the option is full; else a whole entry lies behind it. */
static bool pointer_holds(struct bytes option, size_t first, size_t entry)
{
	if (option.size < first - 1)
		return false;
	size_t pointer = option.at[2];
	return pointer >= first && (pointer > option.size || pointer - 1 + entry <= option.size);
}

/* The low four bits of a timestamp's fourth byte say whether its entries begin with addresses. */
static bool timestamp_holds(struct bytes option)
{
	if (option.size < 4)
		return false;
	bool bare = (option.at[3] & 0x0f) == 0;
	return pointer_holds(option, 5, bare ? 4 : 8);
}

static bool option_holds(struct bytes option)
{
	switch (option.at[0]) {
	case OPTION_RECORD_ROUTE:
	case OPTION_LOOSE_ROUTE:
	case OPTION_STRICT_ROUTE:
		return pointer_holds(option, 4, 4);
	case OPTION_TIMESTAMP:
		return timestamp_holds(option);
	default:
		return true;
	}
}

/* How many bytes the first option takes; 0: more than there are. */
static size_t option_size(struct bytes options)
{
	if (options.at[0] == OPTION_NOP)
		return 1;
	return options.size < 2 || options.at[1] < 2 || options.at[1] > options.size
		       ? 0
		       : options.at[1];
}

bool ipv4_options_hold(struct bytes options, bool *source_route, size_t *wrong_at)
{
	struct bytes rest = options;

	*source_route = false;
	while (rest.size > 0 && rest.at[0] != OPTION_END) {
		struct bytes option = { rest.at, option_size(rest) };
		*wrong_at = (size_t)(rest.at - options.at);
		if (option.size == 0)
			return false;
		if (!option_holds(option)) {
			*wrong_at += option.size > 2 ? 2 : 1; /* the pointer, or the length */
			return false;
		}
		if (option.at[0] == OPTION_LOOSE_ROUTE || option.at[0] == OPTION_STRICT_ROUTE)
			*source_route = true;
		rest = bytes_after(rest, option.size);
	}
	return true;
}

/* What is not to be in every fragment becomes padding, so that the header stays as long. */
static void blank_uncopied(uint8_t *options, size_t size)
{
	enum { COPIED = 0x80 };
	size_t taken;

	for (size_t at = 0; at < size && options[at] != OPTION_END; at += taken) {
		taken = option_size((struct bytes){ options + at, size - at });
		if (taken == 0)
			return;
		if (!(options[at] & COPIED))
			memset(options + at, OPTION_NOP, taken);
	}
}

uint32_t ipv4_write_options(uint8_t at[IPV4_HEADER_MOST], const struct ipv4_header *ipv4)
{
	size_t size = IPV4_HEADER_SIZE + ipv4->options.size;

	assert(ipv4->options.size % 4 == 0 && size <= IPV4_HEADER_MOST);
	ipv4_write(at, ipv4);
	if (ipv4->options.size > 0)
		memcpy(at + IPV4_HEADER_SIZE, ipv4->options.at, ipv4->options.size);
	if (ipv4->fragment_offset > 0)
		blank_uncopied(at + IPV4_HEADER_SIZE, ipv4->options.size);
	at[0] = (uint8_t)(4 << 4 | size / 4);
	put16(at + 10, 0);
	put16(at + 10, header_checksum((struct bytes){ at, size }));
	return (uint32_t)size;
}
