#include "wire/ipv6_chain.h"

#include "base/assert.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

enum {
	UNIT = 8, /* of header lengths and fragment offsets */
	OPTION_PAD1 = 0,
	OPTION_PADN = 1,
	OPTION_ROUTER_ALERT = 5,
	OPTION_HEADER_SIZE = 2,
	ROUTER_ALERT_DATA_SIZE = 2,
	PADDING_MOST =
		7, /* what alignment can ask for; more is refused by Linux too (RFC 4942, 2.1.9.5) */
	FRAGMENT_MORE = 1,
	OFFSET_MASK = 0xfff8,
	PACKET_PAYLOAD_MOST = 65535,
};

static enum ipv6_chain_end problem(struct ipv6_chain *chain, uint8_t code, size_t at)
{
	chain->problem_code = code;
	chain->problem_at = (uint32_t)at;
	return IPV6_CHAIN_PROBLEM;
}

/* RFC 8200, 4.2: the two high bits of its type say what becomes of a packet with an option that is not known. */
static enum ipv6_chain_end judge_unknown_option(struct bytes packet, struct ipv6_chain *chain,
						size_t at)
{
	bool to_group = packet.at[IPV6_DESTINATION_AT] == 0xff;

	switch (packet.at[at] >> 6) {
	case 0:
		return IPV6_CHAIN_HOLDS;
	case 1:
		return IPV6_CHAIN_DROP;
	case 2:
		return problem(chain, ICMP6_UNKNOWN_OPTION, at);
	default:
		return to_group ? IPV6_CHAIN_DROP : problem(chain, ICMP6_UNKNOWN_OPTION, at);
	}
}

static enum ipv6_chain_end judge_option(struct bytes packet, struct ipv6_chain *chain, size_t at)
{
	if (packet.at[at] != OPTION_ROUTER_ALERT || chain->protocol != PROTOCOL_HOP_BY_HOP)
		return judge_unknown_option(packet, chain, at);
	if (packet.at[at + 1] != ROUTER_ALERT_DATA_SIZE || chain->has_router_alert)
		return IPV6_CHAIN_DROP; /* RFC 2711, 2.1 */
	chain->has_router_alert = true;
	chain->router_alert = get16(packet.at + at + OPTION_HEADER_SIZE);
	return IPV6_CHAIN_HOLDS;
}

static bool is_zero(struct bytes bytes)
{
	for (size_t index = 0; index < bytes.size; index++) {
		if (bytes.at[index] != 0)
			return false;
	}
	return true;
}

/* How many bytes an option or Pad1 takes; 0: more than there are. */
static size_t option_size(struct bytes options)
{
	if (options.at[0] == OPTION_PAD1)
		return 1;
	if (options.size < OPTION_HEADER_SIZE)
		return 0;
	size_t size = (size_t)OPTION_HEADER_SIZE + options.at[1];
	return size <= options.size ? size : 0;
}

/* Hop-by-hop and destination options. Each option has a byte at least, so this ends. */
static enum ipv6_chain_end judge_options(struct bytes packet, struct ipv6_chain *chain, size_t size)
{
	struct bytes options = { packet.at + chain->upper_at + 2, size - 2 };
	size_t padding = 0;
	unsigned count = 0;

	while (options.size > 0) {
		struct bytes option = { options.at, option_size(options) };
		if (option.size == 0)
			return IPV6_CHAIN_DROP;
		options = bytes_after(options, option.size);
		if (option.at[0] == OPTION_PAD1 || option.at[0] == OPTION_PADN) {
			padding += option.size;
			if (padding > PADDING_MOST)
				return IPV6_CHAIN_DROP;
			if (option.size > 2 && !is_zero(bytes_after(option, 2)))
				return IPV6_CHAIN_DROP;
			continue;
		}
		padding = 0;
		if (++count > IPV6_CHAIN_OPTIONS_MOST)
			return IPV6_CHAIN_DROP;
		enum ipv6_chain_end end =
			judge_option(packet, chain, (size_t)(option.at - packet.at));
		if (end != IPV6_CHAIN_HOLDS)
			return end;
	}
	return IPV6_CHAIN_HOLDS;
}

/* RFC 8200, 4: named by any header but the first, it is no next header that is known. */
static enum ipv6_chain_end judge_hop_by_hop(struct bytes packet, struct ipv6_chain *chain,
					    size_t size)
{
	if (chain->name_at != IPV6_NEXT_HEADER_AT)
		return problem(chain, ICMP6_UNKNOWN_NEXT_HEADER, chain->name_at);
	return judge_options(packet, chain, size);
}

/* RFC 8200, 4.4: no type is known here, type 0 least of all (RFC 5095). */
static enum ipv6_chain_end judge_routing(struct bytes packet, struct ipv6_chain *chain, size_t size)
{
	const uint8_t *header = packet.at + chain->upper_at;
	bool done = header[3] == 0; /* no segments left */
	(void)size;

	return done ? IPV6_CHAIN_HOLDS
		    : problem(chain, ICMP6_ERRONEOUS_HEADER, chain->upper_at + (size_t)2);
}

/* RFC 8200, 4.5: a part ends on a multiple of 8 unless it is the last, and within the longest packet there can be. */
static enum ipv6_chain_end judge_part(struct bytes packet, struct ipv6_chain *chain)
{
	size_t total = (size_t)IPV6_HEADER_SIZE + get16(packet.at + IPV6_PAYLOAD_SIZE_AT);
	size_t size = total - chain->fragment_at - IPV6_FRAGMENT_HEADER_SIZE;
	size_t in_front = chain->fragment_at - (size_t)IPV6_HEADER_SIZE;

	if (size == 0)
		return IPV6_CHAIN_DROP; /* as Linux does */
	if (chain->more_fragments && size % UNIT != 0)
		return problem(chain, ICMP6_ERRONEOUS_HEADER, IPV6_PAYLOAD_SIZE_AT);
	if (in_front + chain->fragment_offset + size > PACKET_PAYLOAD_MOST)
		return problem(chain, ICMP6_ERRONEOUS_HEADER, chain->fragment_at + (size_t)2);
	return IPV6_CHAIN_HOLDS;
}

static void read_fragment(struct bytes packet, struct ipv6_chain *chain)
{
	const uint8_t *header = packet.at + chain->upper_at;

	chain->has_fragment = true;
	chain->more_fragments = header[3] & FRAGMENT_MORE;
	chain->fragment_offset = get16(header + 2) & OFFSET_MASK;
	chain->identification = get32(header + 4);
	chain->fragment_at = chain->upper_at;
	chain->fragment_name_at = chain->name_at;
}

static enum ipv6_chain_end judge_fragment(struct bytes packet, struct ipv6_chain *chain,
					  size_t size)
{
	(void)size;

	if (chain->has_fragment)
		return IPV6_CHAIN_DROP; /* RFC 8200, 4.1: at most once */
	read_fragment(packet, chain);
	return ipv6_chain_in_parts(chain) ? judge_part(packet, chain) : IPV6_CHAIN_HOLDS;
}

typedef enum ipv6_chain_end judge_header(struct bytes packet, struct ipv6_chain *chain,
					 size_t size);

static judge_header *find_judge(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_HOP_BY_HOP:
		return judge_hop_by_hop;
	case PROTOCOL_ROUTING:
		return judge_routing;
	case PROTOCOL_FRAGMENT:
		return judge_fragment;
	case PROTOCOL_DESTINATION_OPTIONS:
		return judge_options;
	default:
		return NULL;
	}
}

/* How many bytes the header at upper_at takes; 0: more than there are. */
static size_t header_size(struct bytes packet, const struct ipv6_chain *chain)
{
	struct bytes rest = bytes_after(packet, chain->upper_at);
	if (rest.size < UNIT)
		return 0;
	size_t size = chain->protocol == PROTOCOL_FRAGMENT ? (size_t)IPV6_FRAGMENT_HEADER_SIZE
							   : (rest.at[1] + (size_t)1) * UNIT;
	return size <= rest.size ? size : 0;
}

/* RFC 7112, 5; the sender hears of it by RFC 8200, 4.5. */
static enum ipv6_chain_end incomplete(struct ipv6_chain *chain)
{
	return ipv6_chain_in_parts(chain) ? problem(chain, ICMP6_CHAIN_INCOMPLETE, 0)
					  : IPV6_CHAIN_DROP;
}

/* What of the upper layer's header must be in the first fragment. */
static size_t upper_header_size(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return TCP_HEADER_SIZE;
	case PROTOCOL_UDP:
		return UDP_HEADER_SIZE;
	case PROTOCOL_ICMP6:
		return ICMP6_HEADER_SIZE;
	case PROTOCOL_NONE:
		return 0;
	default:
		return 1;
	}
}

static void go_on(struct bytes packet, struct ipv6_chain *chain, size_t size)
{
	chain->name_at = chain->upper_at;
	chain->protocol = packet.at[chain->upper_at];
	chain->upper_at += (uint32_t)size;
}

/* The headers behind a first fragment's own: all there, and no more is asked. */
static enum ipv6_chain_end judge_first_part(struct bytes packet, struct ipv6_chain *chain)
{
	struct ipv6_chain probe = *chain;

	for (unsigned count = 0; find_judge(probe.protocol); count++) {
		size_t size = header_size(packet, &probe);
		if (size == 0)
			return incomplete(chain);
		if (count == IPV6_CHAIN_HEADERS_MOST)
			return IPV6_CHAIN_DROP;
		go_on(packet, &probe, size);
	}
	bool there = packet.size - probe.upper_at >= upper_header_size(probe.protocol);
	return there ? IPV6_CHAIN_HOLDS : incomplete(chain);
}

static struct bytes start(struct bytes packet, struct ipv6_chain *chain)
{
	assert(packet.size >= IPV6_HEADER_SIZE);
	size_t total = (size_t)IPV6_HEADER_SIZE + get16(packet.at + IPV6_PAYLOAD_SIZE_AT);

	*chain = (struct ipv6_chain){
		.protocol = packet.at[IPV6_NEXT_HEADER_AT],
		.upper_at = IPV6_HEADER_SIZE,
		.name_at = IPV6_NEXT_HEADER_AT,
	};
	return (struct bytes){ packet.at, packet.size < total ? packet.size : total };
}

enum ipv6_chain_end ipv6_chain_walk(struct bytes packet, struct ipv6_chain *chain)
{
	packet = start(packet, chain);
	for (unsigned count = 0;; count++) {
		judge_header *judge = find_judge(chain->protocol);
		if (!judge)
			return IPV6_CHAIN_HOLDS;
		size_t size = header_size(packet, chain);
		if (size == 0 || count == IPV6_CHAIN_HEADERS_MOST)
			return IPV6_CHAIN_DROP;
		enum ipv6_chain_end end = judge(packet, chain, size);
		if (end != IPV6_CHAIN_HOLDS)
			return end;
		go_on(packet, chain, size);
		if (ipv6_chain_in_parts(chain))
			return chain->fragment_offset > 0 ? IPV6_CHAIN_HOLDS
							  : judge_first_part(packet, chain);
	}
}

bool ipv6_chain_skim(struct bytes packet, struct ipv6_chain *chain)
{
	packet = start(packet, chain);
	for (unsigned count = 0; find_judge(chain->protocol); count++) {
		size_t size = header_size(packet, chain);
		if (size == 0 || count == IPV6_CHAIN_HEADERS_MOST)
			return false;
		if (chain->protocol == PROTOCOL_FRAGMENT)
			read_fragment(packet, chain);
		go_on(packet, chain, size);
		if (ipv6_chain_in_parts(chain))
			return true;
	}
	return true;
}

void ipv6_write_fragment(uint8_t at[IPV6_FRAGMENT_HEADER_SIZE], uint8_t next_header,
			 uint16_t offset, bool more_fragments, uint32_t identification)
{
	assert(offset % UNIT == 0);

	at[0] = next_header;
	at[1] = 0;
	put16(at + 2, offset | (more_fragments ? FRAGMENT_MORE : 0));
	put32(at + 4, identification);
}

void ipv6_write_router_alert(uint8_t at[IPV6_ROUTER_ALERT_SIZE], uint8_t next_header)
{
	const uint8_t header[IPV6_ROUTER_ALERT_SIZE] = {
		next_header, 0, OPTION_ROUTER_ALERT, ROUTER_ALERT_DATA_SIZE, 0, 0, OPTION_PADN, 0,
	};
	memcpy(at, header, sizeof header);
}
