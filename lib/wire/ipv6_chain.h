/* ipv6_chain: the headers between an IPv6 header and what the packet carries (RFC 8200, 4): hop-by-hop options, routing,
 * fragment and destination options, walked and judged by one who is the packet's destination. It only looks; what it
 * found is acted on elsewhere.
 *
 * Behind the header of a fragment that has others, nothing is judged: that is done when the packet is whole again. Only
 * that the first fragment has all headers in it is asked here (RFC 7112). An atomic fragment is a whole packet (RFC 6946).
 *
 * Authentication (51), encapsulation (50) and mobility (135) are taken for what the packet carries: nobody here reads
 * them, so they end as protocols that are not known. */
#ifndef WIRE_IPV6_CHAIN_H
#define WIRE_IPV6_CHAIN_H

#include "wire/ipv6.h"

enum {
	IPV6_FRAGMENT_HEADER_SIZE = 8,
	IPV6_ROUTER_ALERT_SIZE = 8, /* a hop-by-hop header with that option alone */
	IPV6_CHAIN_HEADERS_MOST = 8,
	/* Linux's bound (net.ipv6.max_hbh_number, max_dst_opts_number; RFC 8504, 5.3). */
	IPV6_CHAIN_OPTIONS_MOST = 8,
};

enum ipv6_chain_end {
	IPV6_CHAIN_HOLDS,
	IPV6_CHAIN_PROBLEM, /* dropped, and the sender told: problem_code of wire/icmp6.h, problem_at */
	IPV6_CHAIN_DROP, /* dropped without a word */
};

/* Places count from the start of the IPv6 header. */
struct ipv6_chain {
	uint8_t protocol; /* what the packet carries; of a later fragment, what it is a part of */
	uint32_t
		upper_at; /* where that begins; of a fragment that has others, where its part begins */
	uint32_t name_at; /* the byte that names protocol */
	uint8_t problem_code;
	uint32_t problem_at;

	bool has_fragment; /* the fields up to the blank line mean something */
	bool more_fragments;
	uint16_t fragment_offset; /* bytes */
	uint32_t identification;
	uint32_t fragment_at;      /* the fragment header */
	uint32_t fragment_name_at; /* the byte that names it */

	bool has_router_alert; /* RFC 2711 */
	uint16_t router_alert; /* 0: MLD */
};

/* packet: one that ipv6_parse took, as far as its bytes lie together; headers that go on behind them are missing. An
 * unknown option is a problem only where it may be told: option types of the kind 11 are dropped in silence where the
 * destination is a group (RFC 8200, 4.2). Whether other problems are told is for who sends them (RFC 4443, 2.4 e). */
enum ipv6_chain_end ipv6_chain_walk(struct bytes packet, struct ipv6_chain *chain);

/* Likewise for one who only looks and is not its destination: judges nothing, finds no router alert. False: headers are
 * missing, or too many. */
bool ipv6_chain_skim(struct bytes packet, struct ipv6_chain *chain);

/* Is it a fragment that has others? */
static inline bool ipv6_chain_in_parts(const struct ipv6_chain *chain)
{
	return chain->has_fragment && (chain->more_fragments || chain->fragment_offset > 0);
}

/* A fragment header; offset: bytes, a multiple of 8. */
void ipv6_write_fragment(uint8_t at[IPV6_FRAGMENT_HEADER_SIZE], uint8_t next_header,
			 uint16_t offset, bool more_fragments, uint32_t identification);

/* A hop-by-hop header with a router alert that says MLD (RFC 2710, 3). */
void ipv6_write_router_alert(uint8_t at[IPV6_ROUTER_ALERT_SIZE], uint8_t next_header);

#endif
