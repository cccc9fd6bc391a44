/* ethernet: the header of an Ethernet II frame (RFC 894), without the check sequence. */
#ifndef WIRE_ETHERNET_H
#define WIRE_ETHERNET_H

#include "base/bytes.h"

enum {
	ETHERNET_HEADER_SIZE = 14,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ARP = 0x0806,
	ETHERTYPE_IPV6 = 0x86dd,
};

struct mac {
	uint8_t bytes[6];
};

struct ethernet_header {
	struct mac destination;
	struct mac source;
	uint16_t type;
};

bool ethernet_parse(struct bytes frame, struct ethernet_header *ethernet);
void ethernet_write(uint8_t at[ETHERNET_HEADER_SIZE], const struct ethernet_header *ethernet);

static inline bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* A group of IPv4's, in host order (RFC 1112, 6.4). */
static inline struct mac mac_of_group(uint32_t group)
{
	return (struct mac){ { 0x01, 0x00, 0x5e, group >> 16 & 0x7f, group >> 8 & 0xff,
			       group & 0xff } };
}

/* A group of IPv6's, by its last four bytes (RFC 2464, 7). */
static inline struct mac mac_of_group_v6(const uint8_t group[16])
{
	return (struct mac){ { 0x33, 0x33, group[12], group[13], group[14], group[15] } };
}

/* Broadcast is one of the groups. */
static inline bool mac_is_group(const struct mac *mac)
{
	return mac->bytes[0] & 1;
}

static inline bool mac_is_broadcast(const struct mac *mac)
{
	static const struct mac all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	return mac_equal(mac, &all);
}

#endif
