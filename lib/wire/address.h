/* address: an IP address of either family in one form: IPv6, or IPv4 mapped into it (RFC 4291, 2.5.5.2), so that what
 * looks sockets up and what compares has one kind to deal with. */
#ifndef WIRE_ADDRESS_H
#define WIRE_ADDRESS_H

#include "base/bytes.h"

struct address {
	union {
		uint8_t bytes[16];
		uint64_t words[2];
	};
};

struct endpoint {
	struct address address;
	uint16_t port; /* host order */
};

/* v4 in host order: 0x7f000001 is 127.0.0.1. */
static inline struct address address_v4(uint32_t v4)
{
	struct address address = { .bytes = { [10] = 0xff, [11] = 0xff } };
	put32(address.bytes + 12, v4);
	return address;
}

static inline bool address_is_v4(const struct address *address)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };
	return memcmp(address->bytes, prefix, sizeof prefix) == 0;
}

static inline uint32_t address_to_v4(const struct address *address)
{
	return get32(address->bytes + 12);
}

static inline bool address_equal(const struct address *a, const struct address *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1];
}

/* 0.0.0.0 or :: */
static inline bool address_is_any(const struct address *address)
{
	return address_is_v4(address) ? address_to_v4(address) == 0
				      : (address->words[0] | address->words[1]) == 0;
}

static inline bool v4_is_multicast(uint32_t v4)
{
	return v4 >> 28 == 0xe;
}

static inline bool v4_is_loopback(uint32_t v4)
{
	return v4 >> 24 == 127;
}

/* The mask of a prefix length, 0 to 32. */
static inline uint32_t v4_mask(unsigned prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

#endif
