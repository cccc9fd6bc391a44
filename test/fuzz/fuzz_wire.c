/* fuzz_wire: any bytes, read by every parser of wire/. What parses is written and read again, and must be the same; the pieces of
 * what is cut must hold on the wire. Each input is given to all of them, so that
 * one corpus serves all. */
#include "base/assert.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/cut.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/icmp6.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/mld.h"
#include "wire/ndp.h"
#include "wire/tcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ethernet_round_trip(struct bytes input)
{
	struct ethernet_header ethernet;
	uint8_t written[ETHERNET_HEADER_SIZE];

	if (!ethernet_parse(input, &ethernet))
		return;
	ethernet_write(written, &ethernet);
	assert(memcmp(written, input.at, sizeof written) == 0);
}

static void arp_round_trip(struct bytes input)
{
	struct arp_packet arp;
	uint8_t written[ARP_SIZE];

	if (!arp_parse(input, &arp))
		return;
	arp_write(written, &arp);
	assert(memcmp(written, input.at, sizeof written) == 0);
}

static void icmp_round_trip(struct bytes input)
{
	struct icmp_message icmp;
	uint8_t written[ICMP_HEADER_SIZE];

	if (!icmp_parse(input, &icmp))
		return;
	assert(icmp.body.size == input.size - ICMP_HEADER_SIZE);
	icmp_write(written, icmp.type, icmp.code, icmp.rest);
	put16(written + 2, icmp.checksum);
	assert(memcmp(written, input.at, sizeof written) == 0);
}

static void igmp_records_hold(const struct igmp_message *igmp)
{
	struct bytes records = igmp->records;
	struct igmp_record record;

	for (uint16_t count = 0; count < igmp->count; count++) {
		assert(igmp_take_record(&records, &record));
		assert(record.sources.size == record.count * (size_t)4);
	}
}

static void igmp_round_trip(struct bytes input)
{
	struct igmp_message igmp;
	uint8_t written[IGMP_HEADER_SIZE];

	if (!igmp_parse(input, &igmp))
		return;
	if (igmp.type == IGMP_REPORT_V3) {
		igmp_records_hold(&igmp);
		return;
	}
	igmp_write(written, igmp.type, input.at[1], igmp.group);
	assert(igmp_checksum_holds((struct bytes){ written, sizeof written }));
	assert(memcmp(written + 4, input.at + 4, 4) == 0);
}

/* Without its options, the header is written as it was, but for the lengths and the checksum that depend on them. */
static void ipv4_round_trip(struct bytes input)
{
	struct ipv4_header ipv4;
	uint8_t written[IPV4_HEADER_SIZE];
	bool source_route;
	size_t wrong_at;

	if (!ipv4_parse(input, input.size, &ipv4))
		return;
	assert(ipv4.header_size <= ipv4.total_size && ipv4.total_size <= input.size);
	assert(ipv4.options.size == ipv4.header_size - (size_t)IPV4_HEADER_SIZE);
	ipv4_options_hold(ipv4.options, &source_route, &wrong_at);

	ipv4_write(written, &ipv4);
	assert(ipv4_checksum_holds((struct bytes){ written, sizeof written }));
	assert(memcmp(written + 1, input.at + 1, 9) == 0);
	assert(memcmp(written + 12, input.at + 12, 8) == 0);
	if (ipv4.options.size == 0 && ipv4_checksum_holds((struct bytes){ input.at, 20 }))
		assert(get16(written + 10) == ipv4.checksum ||
		       ipv4.checksum == UINT16_MAX); /* the other zero */
}

static void icmp6_round_trip(struct bytes input)
{
	struct icmp6_message icmp6;
	uint8_t written[ICMP6_HEADER_SIZE];

	if (!icmp6_parse(input, &icmp6))
		return;
	assert(icmp6.body.size == input.size - ICMP6_HEADER_SIZE);
	icmp6_write(written, icmp6.type, icmp6.code, icmp6.rest);
	put16(written + 2, icmp6.checksum);
	assert(memcmp(written, input.at, sizeof written) == 0);
}

/* What one who judges and one who only looks find of a packet's headers. */
static void chains_agree(struct bytes packet)
{
	struct ipv6_chain judged, seen;
	enum ipv6_chain_end end = ipv6_chain_walk(packet, &judged);
	bool skimmed = ipv6_chain_skim(packet, &seen);

	if (end == IPV6_CHAIN_PROBLEM)
		assert(judged.problem_at < packet.size);
	if (skimmed)
		assert(seen.upper_at <= packet.size);
	if (end != IPV6_CHAIN_HOLDS)
		return;
	assert(skimmed && judged.upper_at == seen.upper_at && judged.protocol == seen.protocol);
	assert(judged.name_at < judged.upper_at && packet.at[judged.name_at] == judged.protocol);
}

static void ipv6_round_trip(struct bytes input)
{
	struct ipv6_header ipv6;
	uint8_t written[IPV6_HEADER_SIZE];

	if (!ipv6_parse(input, input.size, &ipv6))
		return;
	ipv6_write(written, &ipv6);
	assert(memcmp(written, input.at, sizeof written) == 0);
	chains_agree(input);
}

/* The bytes as the payload of a packet whose first header they choose. */
static void chain(struct bytes input)
{
	static uint8_t bytes[IPV6_HEADER_SIZE + UINT16_MAX];
	const struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)(input.size < UINT16_MAX ? input.size : UINT16_MAX),
		.next_header = input.size ? input.at[0] : PROTOCOL_NONE,
	};

	ipv6_write(bytes, &ipv6);
	memcpy(bytes + IPV6_HEADER_SIZE, input.at, ipv6.payload_size);
	chains_agree((struct bytes){ bytes, (size_t)IPV6_HEADER_SIZE + ipv6.payload_size });
}

static void ndp_options_hold(const struct ndp_message *ndp)
{
	struct bytes options = ndp->options;
	struct ndp_option option;
	struct ndp_prefix prefix;
	struct ndp_route route;
	struct ndp_name_servers servers;
	struct ndp_search_list list;
	uint8_t written[NDP_PREFIX_SIZE];

	while (ndp_take_option(&options, &option)) {
		if (ndp_parse_prefix(&option, &prefix))
			assert(ndp_write_prefix(written, &prefix) == option.bytes.size);
		if (ndp_parse_route(&option, &route))
			assert(ndp_write_route(written, &route) <= option.bytes.size);
		if (ndp_parse_name_servers(&option, &servers))
			assert(servers.addresses.size == servers.count * (size_t)16);
		if (ndp_parse_search_list(&option, &list))
			assert(list.names.size < option.bytes.size);
	}
	assert(options.size == 0);
}

static void ndp_round_trip(struct bytes input)
{
	struct ndp_message ndp, again;
	uint8_t written[NDP_MOST];

	if (!ndp_parse(input, &ndp))
		return;
	ndp_options_hold(&ndp);
	if (ndp.nonce.size > NDP_NONCE_SIZE)
		ndp.nonce.size = NDP_NONCE_SIZE;
	size_t size = ndp_write(written, &ndp);
	assert(size <= NDP_MOST && ndp_parse((struct bytes){ written, size }, &again));
	assert(again.mtu == ndp.mtu && again.preference == ndp.preference);
	assert(address_equal(&again.target, &ndp.target));
	assert(again.nonce.size == ndp.nonce.size);
}

static void mld_round_trip(struct bytes input)
{
	struct mld_message mld;
	struct mld_record record;
	uint8_t written[MLD_SIZE];

	if (!mld_parse(input, &mld))
		return;
	if (mld.type != ICMP6_MLD_REPORT_V2) {
		assert(mld.sources.size == mld.count * (size_t)16);
		mld_write(written, mld.type, get16(input.at + 4), &mld.group);
		assert(memcmp(written + 8, input.at + 8, 16) == 0);
		return;
	}
	for (uint16_t count = 0; count < mld.count; count++) {
		assert(mld_take_record(&mld.records, &record));
		assert(record.sources.size == record.count * (size_t)16);
	}
}

static bool same_options(const struct tcp_options *a, const struct tcp_options *b)
{
	return a->has_mss == b->has_mss && a->mss == b->mss &&
	       a->has_window_shift == b->has_window_shift && a->window_shift == b->window_shift &&
	       a->has_sack_permitted == b->has_sack_permitted &&
	       a->has_timestamps == b->has_timestamps && a->timestamp == b->timestamp &&
	       a->timestamp_echo == b->timestamp_echo && a->sack_count == b->sack_count &&
	       memcmp(a->sack, b->sack, a->sack_count * sizeof a->sack[0]) == 0;
}

static void tcp_round_trip(struct bytes input)
{
	struct tcp_header tcp, again;
	uint8_t written[TCP_HEADER_MOST];

	/* Packed without padding, a peer fits in more options than Linux's layout does. */
	if (!tcp_parse(input, &tcp) || tcp_header_size(&tcp) > TCP_HEADER_MOST)
		return;
	assert(tcp.header_size >= TCP_HEADER_SIZE && tcp.header_size <= input.size);
	tcp_write(written, &tcp);
	assert(memcmp(written, input.at, 12) == 0);
	assert(memcmp(written + 13, input.at + 13, 7) == 0);
	assert(tcp_parse((struct bytes){ written, tcp_header_size(&tcp) }, &again));
	assert(same_options(&tcp.options, &again.options));
}

/* However the bytes are cut in three, they sum to the same. */
static void checksum_in_pieces(struct bytes input)
{
	struct checksum whole = { 0 }, pieces = { 0 };
	size_t first = input.size ? input.at[0] % (input.size + 1) : 0;
	struct bytes rest = bytes_after(input, first);
	size_t second = rest.size ? rest.at[0] % (rest.size + 1) : 0;

	checksum_add(&whole, input);
	checksum_add(&pieces, (struct bytes){ input.at, first });
	checksum_add(&pieces, (struct bytes){ rest.at, second });
	checksum_add(&pieces, bytes_after(rest, second));
	assert(checksum_finish(&whole) == checksum_finish(&pieces));
}

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context;
	(void)size;
	free(at);
}

/* Where the segment of an unfragmented TCP packet begins and whom it is between; false: none. */
static bool find_segment(struct bytes packet, struct address *source, struct address *destination,
			 struct bytes *segment)
{
	struct ipv4_header ipv4;
	struct ipv6_header ipv6;
	struct ipv6_chain headers;

	if (ipv4_parse(packet, packet.size, &ipv4)) {
		*source = address_v4(ipv4.source);
		*destination = address_v4(ipv4.destination);
		*segment = (struct bytes){ packet.at + ipv4.header_size,
					   (size_t)ipv4.total_size - ipv4.header_size };
		return ipv4.protocol == PROTOCOL_TCP && !ipv4.more_fragments &&
		       ipv4.fragment_offset == 0;
	}
	if (!ipv6_parse(packet, packet.size, &ipv6) || !ipv6_chain_skim(packet, &headers))
		return false;
	*source = ipv6.source;
	*destination = ipv6.destination;
	*segment =
		(struct bytes){ packet.at + headers.upper_at,
				(size_t)IPV6_HEADER_SIZE + ipv6.payload_size - headers.upper_at };
	return headers.protocol == PROTOCOL_TCP && !ipv6_chain_in_parts(&headers);
}

/* A piece of a large segment: the checksums hold, and no byte is over. */
static void check_piece(struct bytes piece)
{
	struct bytes packet = bytes_after(piece, ETHERNET_HEADER_SIZE), segment;
	struct checksum checksum = { 0 };
	struct address source, destination;

	assert(find_segment(packet, &source, &destination, &segment));
	assert(segment.at + segment.size == packet.at + packet.size);
	if (address_is_v4(&source))
		assert(ipv4_checksum_holds(
			(struct bytes){ packet.at, packet.size - segment.size }));
	checksum_add_pseudo(&checksum, &source, &destination, PROTOCOL_TCP, (uint32_t)segment.size);
	checksum_add(&checksum, segment);
	assert(checksum_finish(&checksum) == 0);
}

/* Is it a segment that cut_each must cut? */
static bool is_large(struct bytes input, uint16_t segment_size)
{
	struct address source, destination;
	struct bytes segment;
	struct tcp_header tcp;

	if (input.size < ETHERNET_HEADER_SIZE)
		return false;
	uint16_t type = get16(input.at + 12);
	if (type != ETHERTYPE_IPV4 && type != ETHERTYPE_IPV6)
		return false;
	if (!find_segment(bytes_after(input, ETHERNET_HEADER_SIZE), &source, &destination,
			  &segment))
		return false;
	if (!tcp_parse(segment, &tcp))
		return false;
	return segment_size > 0 && segment.size - tcp.header_size > segment_size;
}

struct gathered {
	bool is_cut;
	uint32_t pieces;
	uint32_t bytes;
};

static void gather(void *context, struct frame *piece)
{
	struct gathered *gathered = context;
	static uint8_t bytes[BLOCK_LARGEST];

	assert(piece->segment_size == 0);
	assert(frame_copy_out(piece, 0, bytes, sizeof bytes) == frame_size(piece));
	if (gathered->is_cut)
		check_piece((struct bytes){ bytes, frame_size(piece) });
	gathered->pieces++;
	gathered->bytes += frame_size(piece);
	frame_free(piece);
}

/* A large segment becomes pieces that each hold on the wire; any other frame comes out once, as long as it was. */
static void cut(struct pool *pool, struct bytes input)
{
	struct frame *frame = frame_from_bytes(pool, input);
	struct gathered gathered = { 0 };

	assert(frame);
	frame->segment_size = (uint16_t)(input.size ? input.at[input.size - 1] : 0);
	frame->checksum_left_out = input.size % 2;
	gathered.is_cut = is_large(input, frame->segment_size);
	assert(cut_each(frame, gather, &gathered));
	assert(gathered.is_cut ? gathered.pieces > 1 : gathered.pieces == 1);
	assert(gathered.is_cut || gathered.bytes == frame_size(frame));
	cut_finish_ethernet(frame);
	frame->checksum_left_out = true;
	cut_finish_packet(frame);
	frame_free(frame);
}

/* The same bytes with what makes them an unfragmented TCP segment in its packet, so that few inputs are wasted. */
static struct bytes dressed(struct bytes input)
{
	static uint8_t bytes[BLOCK_LARGEST];
	uint8_t *packet = bytes + ETHERNET_HEADER_SIZE;
	size_t size = input.size - ETHERNET_HEADER_SIZE;

	memcpy(bytes, input.at, input.size);
	put16(packet - 2, ETHERTYPE_IPV4);
	packet[0] = 4 << 4 | (packet[0] & 0x0f);
	put16(packet + 2, (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX));
	put16(packet + 6, 0);
	packet[9] = PROTOCOL_TCP;
	return (struct bytes){ bytes, input.size };
}

/* Likewise over IPv6, behind whatever headers the bytes choose. */
static struct bytes dressed_v6(struct bytes input)
{
	static uint8_t bytes[BLOCK_LARGEST];
	uint8_t *packet = bytes + ETHERNET_HEADER_SIZE;
	size_t size = input.size - ETHERNET_HEADER_SIZE - IPV6_HEADER_SIZE;

	memcpy(bytes, input.at, input.size);
	put16(packet - 2, ETHERTYPE_IPV6);
	packet[0] = 6 << 4;
	put16(packet + IPV6_PAYLOAD_SIZE_AT, (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX));
	if (packet[IPV6_NEXT_HEADER_AT] % 2)
		packet[IPV6_NEXT_HEADER_AT] = PROTOCOL_TCP;
	return (struct bytes){ bytes, input.size };
}

static void options_hold_or_not(struct bytes input)
{
	bool source_route;
	size_t wrong_at;
	if (input.size > IPV4_HEADER_MOST - IPV4_HEADER_SIZE)
		input.size = IPV4_HEADER_MOST - IPV4_HEADER_SIZE;
	ipv4_options_hold(input, &source_route, &wrong_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct berth_allocator allocator = { allocate, release, NULL };
	struct bytes input = { data, size };
	struct bytes behind_ethernet = size > ETHERNET_HEADER_SIZE
					       ? bytes_after(input, ETHERNET_HEADER_SIZE)
					       : (struct bytes){ data, 0 };
	if (size > BLOCK_LARGEST)
		return 0;

	ethernet_round_trip(input);
	arp_round_trip(input);
	arp_round_trip(behind_ethernet);
	icmp_round_trip(input);
	igmp_round_trip(input);
	ipv4_round_trip(input);
	ipv4_round_trip(behind_ethernet);
	options_hold_or_not(input);
	ipv6_round_trip(input);
	ipv6_round_trip(behind_ethernet);
	chain(input);
	icmp6_round_trip(input);
	ndp_round_trip(input);
	mld_round_trip(input);
	tcp_round_trip(input);
	checksum_in_pieces(input);

	struct pool *pool = pool_new(&allocator);
	assert(pool);
	cut(pool, input);
	if (size >= ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE)
		cut(pool, dressed(input));
	if (size >= ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE)
		cut(pool, dressed_v6(input));
	pool_free(pool);
	return 0;
}
