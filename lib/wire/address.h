/* address: an IP address of either family in one form: IPv6, or IPv4 mapped into it (RFC 4291, 2.5.5.2), so that what
 * looks sockets up and what compares has one kind to deal with.
 *
 * A link-local unicast address means nothing without its link. Its second pair of bytes, which is 0 on the wire (RFC 4291,
 * 2.5.6), holds the index of the interface (RFC 4007, 6: the zone index), so that it too is one thing to compare. What
 * reads and writes headers and sockaddrs puts the zone in and takes it out. */
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

/* As it lies in an IPv6 packet, where none is mapped (wire/ipv6.h) and none says a zone. */
static inline struct address address_v6(const uint8_t at[16])
{
	struct address address;
	memcpy(address.bytes, at, sizeof address.bytes);
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

/* :: alone: IPv6's, and also what says nothing of a family. */
static inline bool address_is_unspecified(const struct address *address)
{
	return (address->words[0] | address->words[1]) == 0;
}

/* 0.0.0.0 or :: */
static inline bool address_is_any(const struct address *address)
{
	return address_is_v4(address) ? address_to_v4(address) == 0
				      : address_is_unspecified(address);
}

static inline bool v4_is_multicast(uint32_t v4)
{
	return v4 >> 28 == 0xe;
}

static inline bool v4_is_loopback(uint32_t v4)
{
	return v4 >> 24 == 127;
}

#define LOOPBACK_V4 UINT32_C(0x7f000001)
static const struct address loopback_v6 = { .bytes = { [15] = 1 } }; /* ::1 */

/* fe80::/10, which holds a zone; IPv4's link-local addresses do not. */
static inline bool address_holds_zone(const struct address *address)
{
	return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

/* The index of the interface whose link it is on; 0: it says none. */
static inline int address_zone(const struct address *address)
{
	return address_holds_zone(address) ? get16(address->bytes + 2) : 0;
}

/* The same on another link; unchanged where it holds no zone. */
static inline struct address address_in_zone(struct address address, int zone)
{
	if (address_holds_zone(&address))
		put16(address.bytes + 2, (uint16_t)zone);
	return address;
}

/* Can it lie in an IPv6 packet? Mapped, it would be taken for IPv4's; with bits where the zone is held, for one that
 * somebody here has chosen. */
static inline bool address_fits_wire(const struct address *address)
{
	return !address_is_v4(address) && address_zone(address) == 0;
}

static inline void address_write_v6(uint8_t at[16], const struct address *address)
{
	struct address plain = address_in_zone(*address, 0);
	memcpy(at, plain.bytes, sizeof plain.bytes);
}

/* The mask of a prefix length, 0 to 128; of IPv4 it is 96 more than IPv4 calls it. */
static inline struct address address_mask(unsigned prefix)
{
	struct address mask = { .words = { 0 } };
	for (unsigned index = 0; index < sizeof mask.bytes && prefix > 0; index++) {
		unsigned bits = prefix < 8 ? prefix : 8;
		mask.bytes[index] = (uint8_t)(0xff00 >> bits);
		prefix -= bits;
	}
	return mask;
}

/* Do the two agree in all the bits of the mask? */
static inline bool address_agrees(const struct address *a, const struct address *b,
				  const struct address *mask)
{
	return (((a->words[0] ^ b->words[0]) & mask->words[0]) |
		((a->words[1] ^ b->words[1]) & mask->words[1])) == 0;
}

/* The mask of a prefix length, 0 to 32. */
static inline uint32_t v4_mask(unsigned prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

/* The predicates from here on ask either family. */

static inline bool address_is_multicast(const struct address *address)
{
	return address_is_v4(address) ? v4_is_multicast(address_to_v4(address))
				      : address->bytes[0] == 0xff;
}

/* 127.0.0.0/8 or ::1 */
static inline bool address_is_loopback(const struct address *address)
{
	return address_is_v4(address) ? v4_is_loopback(address_to_v4(address))
				      : address_equal(address, &loopback_v6);
}

/* 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291, 2.5.6) */
static inline bool address_is_link_local(const struct address *address)
{
	return address_is_v4(address) ? address_to_v4(address) >> 16 == 0xa9fe
				      : address_holds_zone(address);
}

/* fc00::/7 (RFC 4193) */
static inline bool address_is_unique_local(const struct address *address)
{
	return (address->bytes[0] & 0xfe) == 0xfc;
}

/* The scopes of IPv6's groups (RFC 4291, 2.7; RFC 7346). */
enum address_scope {
	SCOPE_INTERFACE = 1,
	SCOPE_LINK = 2,
	SCOPE_REALM = 3,
	SCOPE_ADMIN = 4,
	SCOPE_SITE = 5,
	SCOPE_ORGANISATION = 8,
	SCOPE_GLOBAL = 14,
};

/* Of a group of IPv6's: one of enum address_scope, or a number that has no name. */
static inline uint8_t address_group_scope(const struct address *group)
{
	return group->bytes[1] & 0x0f;
}

/* What is valid on one link only, so that it says where only together with an interface (RFC 4007, 6). */
static inline bool address_needs_zone(const struct address *address)
{
	if (address_is_v4(address))
		return false;
	if (address_is_multicast(address))
		return address_group_scope(address) <= SCOPE_LINK;
	return address_is_link_local(address);
}

/* ff02::1:ffXX:XXXX, the group of all nodes that may have this address (RFC 4291, 2.7.1). */
static inline struct address address_solicited_node(const struct address *address)
{
	struct address group = { .bytes = { 0xff, 2, [11] = 1, [12] = 0xff } };
	memcpy(group.bytes + 13, address->bytes + 13, 3);
	return group;
}

static inline bool address_is_solicited_node(const struct address *address)
{
	static const uint8_t prefix[13] = { 0xff, 2, [11] = 1, [12] = 0xff };
	return memcmp(address->bytes, prefix, sizeof prefix) == 0;
}

/* How many bits from the first on two addresses share, 0 to 128. */
static inline unsigned address_common_bits(const struct address *a, const struct address *b)
{
	unsigned bits = 0;
	while (bits < 128 && a->bytes[bits / 8] == b->bytes[bits / 8])
		bits += 8;
	if (bits == 128)
		return bits;
	uint8_t differ = a->bytes[bits / 8] ^ b->bytes[bits / 8];
	for (; !(differ & 0x80); differ = (uint8_t)(differ << 1))
		bits++;
	return bits;
}

/* bits: 0 to 128; a prefix of IPv4's counts the 96 bits in front. */
static inline bool address_has_prefix(const struct address *address, const struct address *prefix,
				      unsigned bits)
{
	return address_common_bits(address, prefix) >= bits;
}

/* The address with zeros behind its first bits. */
static inline struct address address_prefix(const struct address *address, unsigned bits)
{
	struct address prefix = { .bytes = { 0 } };
	memcpy(prefix.bytes, address->bytes, bits / 8);
	if (bits % 8 > 0)
		prefix.bytes[bits / 8] = address->bytes[bits / 8] & (uint8_t)(0xff00 >> bits % 8);
	return prefix;
}

#endif
