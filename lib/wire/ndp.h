/* ndp: neighbour discovery for IPv6 (RFC 4861, 4), with router preferences and routes (RFC 4191), name servers (RFC 8106)
 * and the nonce of enhanced duplicate detection (RFC 3971, 5.3.2; RFC 7527). Link addresses are Ethernet's.
 *
 * A message is read with the options that come once; those that may come more than once are taken off one by one. What
 * rests on the packet around it is the caller's to judge: hop limit 255, the checksum, who it is from and to. */
#ifndef WIRE_NDP_H
#define WIRE_NDP_H

#include "base/bytes.h"
#include "wire/address.h"
#include "wire/ethernet.h"

enum {
	ICMP6_ROUTER_SOLICITATION = 133,
	ICMP6_ROUTER_ADVERTISEMENT = 134,
	ICMP6_NEIGHBOUR_SOLICITATION = 135,
	ICMP6_NEIGHBOUR_ADVERTISEMENT = 136,
	ICMP6_REDIRECT = 137,

	NDP_SOURCE_MAC = 1,
	NDP_TARGET_MAC = 2,
	NDP_PREFIX = 3,
	NDP_REDIRECTED = 4,
	NDP_MTU = 5,
	NDP_NONCE = 14,
	NDP_ROUTE = 24,
	NDP_NAME_SERVERS = 25,
	NDP_SEARCH_LIST = 31,

	NDP_NONCE_SIZE = 6,          /* of those we send (RFC 7527, 4.1) */
	NDP_MOST = 40 + 4 * 8 + 256, /* bytes that ndp_write writes at most */
	NDP_PREFIX_SIZE = 32,
	NDP_ROUTE_MOST = 24,
};

/* RFC 4191, 2.1 */
enum ndp_preference {
	NDP_LOW = -1,
	NDP_MEDIUM = 0,
	NDP_HIGH = 1,
};

struct ndp_message {
	uint8_t type;

	/* of a router advertisement; a zero says nothing, but for the lifetime */
	uint8_t hop_limit;
	bool managed, other_configuration;
	enum ndp_preference preference;
	uint16_t lifetime_s; /* 0: not a default router */
	uint32_t reachable_ms, retransmit_ms;

	bool router, solicited, override; /* of a neighbour advertisement */

	struct address target;      /* of those of neighbours, and a redirect */
	struct address destination; /* of a redirect */

	/* options, of any message */
	bool has_source_mac, has_target_mac;
	struct mac source_mac, target_mac;
	uint32_t mtu;            /* 0: not said */
	struct bytes nonce;      /* size 0: none; one that is written has NDP_NONCE_SIZE */
	struct bytes redirected; /* the start of a packet; size 0: none */
	struct bytes options;    /* all of them */
};

struct ndp_option {
	uint8_t type;
	struct bytes bytes; /* all of it, a multiple of 8 */
};

struct ndp_prefix {
	struct address prefix;
	uint8_t bits;
	bool on_link, autonomous;
	uint32_t valid_s, preferred_s; /* UINT32_MAX: for ever */
};

struct ndp_route {
	struct address prefix;
	uint8_t bits;
	enum ndp_preference preference;
	uint32_t lifetime_s;
};

struct ndp_name_servers {
	uint32_t lifetime_s;
	uint8_t count;
	struct bytes addresses; /* 16 bytes each */
};

struct ndp_search_list {
	uint32_t lifetime_s;
	struct bytes names; /* as DNS writes them, without pointers; padded with zeros */
};

/* message: an ICMPv6 message of one of the types above, header included. False where it is shorter than its type or its
 * options say, an option has no length, or an address is none that its place allows (RFC 4861, 6.1, 7.1, 8.1). */
bool ndp_parse(struct bytes message, struct ndp_message *ndp);

/* Takes the first option off; of a message that was parsed, false: there are no more. */
bool ndp_take_option(struct bytes *options, struct ndp_option *option);

/* False: it is none of that type, or contradicts itself, and then counts for nothing. */
bool ndp_parse_prefix(const struct ndp_option *option, struct ndp_prefix *prefix);
bool ndp_parse_route(const struct ndp_option *option, struct ndp_route *route);
bool ndp_parse_name_servers(const struct ndp_option *option, struct ndp_name_servers *servers);
bool ndp_parse_search_list(const struct ndp_option *option, struct ndp_search_list *list);

/* Writes the message, checksum zero, and the options named in *ndp, but no others; returns its size. A redirected
 * packet is cut to a multiple of 8 bytes, at most 248. */
size_t ndp_write(uint8_t at[NDP_MOST], const struct ndp_message *ndp);

/* Each returns its size. */
size_t ndp_write_prefix(uint8_t at[NDP_PREFIX_SIZE], const struct ndp_prefix *prefix);
size_t ndp_write_route(uint8_t at[NDP_ROUTE_MOST], const struct ndp_route *route);
size_t ndp_write_name_servers(uint8_t *at, uint32_t lifetime_s, const struct address *servers,
			      uint8_t count);
/* names: as DNS writes them, one behind the other. */
size_t ndp_write_search_list(uint8_t *at, uint32_t lifetime_s, struct bytes names);

#endif
