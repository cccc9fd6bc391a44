/* fuzz_wire: any bytes, read by every parser of wire/. What parses is written and read again, and must be the same; the pieces of
 * what is cut must hold on the wire. Each input is given to all of them, so that
 * one corpus serves all. */
#include "base/assert.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/cut.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
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

	if (!ipv4_parse(input, input.size, &ipv4))
		return;
	assert(ipv4.header_size <= ipv4.total_size && ipv4.total_size <= input.size);
	assert(ipv4.options.size == ipv4.header_size - (size_t)IPV4_HEADER_SIZE);
	ipv4_options_hold(ipv4.options, &source_route);

	ipv4_write(written, &ipv4);
	assert(ipv4_checksum_holds((struct bytes){ written, sizeof written }));
	assert(memcmp(written + 1, input.at + 1, 9) == 0);
	assert(memcmp(written + 12, input.at + 12, 8) == 0);
	if (ipv4.options.size == 0 && ipv4_checksum_holds((struct bytes){ input.at, 20 }))
		assert(get16(written + 10) == ipv4.checksum ||
		       ipv4.checksum == UINT16_MAX); /* the other zero */
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

/* A piece of a large segment: both checksums hold, and no byte is over. */
static void check_piece(struct bytes piece)
{
	struct bytes packet = bytes_after(piece, ETHERNET_HEADER_SIZE);
	struct checksum checksum = { 0 };
	struct ipv4_header ipv4;

	assert(ipv4_parse(packet, packet.size, &ipv4) && ipv4.total_size == packet.size);
	assert(ipv4_checksum_holds((struct bytes){ packet.at, ipv4.header_size }));
	struct address source = address_v4(ipv4.source);
	struct address destination = address_v4(ipv4.destination);
	struct bytes segment = bytes_after(packet, ipv4.header_size);
	checksum_add_pseudo(&checksum, &source, &destination, PROTOCOL_TCP, (uint32_t)segment.size);
	checksum_add(&checksum, segment);
	assert(checksum_finish(&checksum) == 0);
}

/* Is it a segment that cut_each must cut? */
static bool is_large(struct bytes input, uint16_t segment_size)
{
	struct ipv4_header ipv4;
	struct tcp_header tcp;

	if (input.size < ETHERNET_HEADER_SIZE || get16(input.at + 12) != ETHERTYPE_IPV4)
		return false;
	struct bytes packet = bytes_after(input, ETHERNET_HEADER_SIZE);
	if (!ipv4_parse(packet, packet.size, &ipv4) || ipv4.protocol != PROTOCOL_TCP)
		return false;
	if (ipv4.more_fragments || ipv4.fragment_offset > 0)
		return false;
	packet.size = ipv4.total_size;
	if (!tcp_parse(bytes_after(packet, ipv4.header_size), &tcp))
		return false;
	size_t payload = packet.size - ipv4.header_size - tcp.header_size;
	return segment_size > 0 && payload > segment_size;
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

static void options_hold_or_not(struct bytes input)
{
	bool source_route;
	if (input.size > IPV4_HEADER_MOST - IPV4_HEADER_SIZE)
		input.size = IPV4_HEADER_MOST - IPV4_HEADER_SIZE;
	ipv4_options_hold(input, &source_route);
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
	tcp_round_trip(input);
	checksum_in_pieces(input);

	struct pool *pool = pool_new(&allocator);
	assert(pool);
	cut(pool, input);
	if (size >= ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE)
		cut(pool, dressed(input));
	pool_free(pool);
	return 0;
}
