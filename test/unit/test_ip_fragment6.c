#include "unit/ip6_world.h"

enum {
	PAYLOAD_MOST = 65535,
	FRAGMENT_AT = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE,
	DATA_AT = FRAGMENT_AT + IPV6_FRAGMENT_HEADER_SIZE,
};

/* Byte number n of every packet sent or cut here. */
static uint8_t byte_at(uint32_t n)
{
	return (uint8_t)(n * 7 + (n >> 8));
}

struct piece {
	uint32_t offset, size;
	bool more;
};

static struct made make_piece(const struct address *source, uint8_t protocol,
			      uint32_t identification, struct piece piece)
{
	static uint8_t payload[FRAME_MOST];
	ipv6_write_fragment(payload, protocol, (uint16_t)piece.offset, piece.more, identification);
	for (uint32_t at = 0; at < piece.size; at++)
		payload[IPV6_FRAGMENT_HEADER_SIZE + at] = byte_at(piece.offset + at);
	return make_ipv6(source, &me6, PROTOCOL_FRAGMENT,
			 (struct bytes){ payload, IPV6_FRAGMENT_HEADER_SIZE + piece.size });
}

static enum verdict receive_of(struct world *world, const struct address *source, uint8_t protocol,
			       uint32_t identification, struct piece piece)
{
	struct made made = make_piece(source, protocol, identification, piece);
	return world_receive_made(world, &made);
}

static enum verdict receive(struct world *world, uint32_t identification, uint32_t offset,
			    uint32_t size, bool more)
{
	return receive_of(world, &peer6, SPY, identification, (struct piece){ offset, size, more });
}

static void check_whole(const struct world *world, int inputs, uint32_t size)
{
	CHECK_EQUAL(inputs, world->inputs);
	CHECK_EQUAL(size, world->payload_size);
	for (uint32_t at = 0; at < size && at < SENT_SIZE; at++)
		CHECK_EQUAL(byte_at(at), world->payload[at]);
}

static void check_nothing_is_kept(const struct world *world)
{
	CHECK_EQUAL(0, world->ip.fragments.count);
	CHECK_EQUAL(0, world->ip.fragments.bytes);
}

static void fragments_in_any_order_make_the_packet(void **state)
{
	struct world *world = *state;
	static const struct piece pieces[] = { { 0, 16, true },
					       { 16, 24, true },
					       { 40, 5, false } };
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (uint16_t index = 0; index < COUNT_OF(orders); index++) {
		for (int place = 0; place < 3; place++)
			CHECK_EQUAL(place == 2 ? DELIVERED : REASSEMBLING,
				    receive_of(world, &peer6, SPY, 0x10000u * index,
					       pieces[orders[index][place]]));
		check_whole(world, index + 1, 45);
		check_nothing_is_kept(world);
	}
}

/* RFC 8200, 4.5: the first fragment's word alone counts, and identifications are of 32 bits. */
static void what_the_first_fragment_says_it_carries_counts(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(REASSEMBLING, receive_of(world, &peer6, 99, 1, (struct piece){ 16, 5, false }));
	CHECK_EQUAL(REASSEMBLING, receive(world, 0x10001, 0, 16, true));
	CHECK_EQUAL(DELIVERED, receive(world, 1, 0, 16, true));
	check_whole(world, 1, 21);
	CHECK_EQUAL(1, world->ip.fragments.count);
}

static void the_header_is_made_whole_again(void **state)
{
	struct world *world = *state;
	uint8_t payload[48] = { 44, 0, 1, 4 };
	struct bytes bytes = { payload, sizeof payload };

	/* Destination options in front of the cut; the quote of an error shows the packet. */
	ipv6_write_fragment(payload + 8, 200, 0, true, 2);
	struct made first = make_ipv6(&peer6, &me6, 60, bytes);
	ipv6_write_fragment(payload + 8, 200, 32, false, 2);
	struct made last = make_ipv6(&peer6, &me6, 60, bytes);
	last.bytes[ETHERNET_HEADER_SIZE + 1] = 0x30; /* congestion, which settles where */
	first.bytes[ETHERNET_HEADER_SIZE + 1] = 0x20;
	CHECK_EQUAL(REASSEMBLING, world_receive_made(world, &first));
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &last));
	struct icmp6_message icmp6 = sent_icmp6(world, 0);
	CHECK_EQUAL(ICMP6_UNKNOWN_NEXT_HEADER, icmp6.code);
	CHECK_EQUAL(40, icmp6.rest);
	CHECK_EQUAL(40 + 8 + 64, icmp6.body.size);
	CHECK_EQUAL(0x60, icmp6.body.at[0]);
	CHECK_EQUAL(0x30, icmp6.body.at[1]);
	CHECK_EQUAL(72, get16(icmp6.body.at + IPV6_PAYLOAD_SIZE_AT));
	CHECK_EQUAL(60, icmp6.body.at[IPV6_NEXT_HEADER_AT]);
	CHECK_EQUAL(200, icmp6.body.at[40]);
	check_nothing_is_kept(world);
}

static void the_largest_packet_comes_through(void **state)
{
	struct world *world = *state;

	for (uint32_t offset = 0; offset < PAYLOAD_MOST; offset += 1448) {
		bool more = offset + 1448 < PAYLOAD_MOST;
		CHECK_EQUAL(more ? REASSEMBLING : DELIVERED,
			    receive(world, 1, offset, more ? 1448 : PAYLOAD_MOST - offset, more));
	}
	check_whole(world, 1, PAYLOAD_MOST);
	check_nothing_is_kept(world);
}

/* Rows 12 and 14; RFC 8200, 4.5: both are told. */
static void what_no_fragment_can_be_is_a_parameter_problem(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_OPTIONS, receive(world, 1, 0, 9, true));
	CHECK_EQUAL(ICMP6_ERRONEOUS_HEADER, sent_icmp6(world, 0).code);
	CHECK_EQUAL(IPV6_PAYLOAD_SIZE_AT, sent_icmp6(world, 0).rest);
	CHECK_EQUAL(DROP_OPTIONS, receive(world, 1, 65528, 8, false));
	CHECK_EQUAL(ICMP6_ERRONEOUS_HEADER, sent_icmp6(world, 1).code);
	CHECK_EQUAL(IPV6_HEADER_SIZE + 2, sent_icmp6(world, 1).rest);
	CHECK_EQUAL(DROP_OPTIONS, receive(world, 1, 8, 0, false));
	CHECK_EQUAL(2, world->sent_count);
	CHECK_EQUAL(REASSEMBLING, receive(world, 1, 65528, 7, false));
}

/* Row 15; RFC 7112, 5. */
static void a_first_fragment_without_all_headers_is_told_so(void **state)
{
	struct world *world = *state;
	static const uint8_t split[16] = { 60, 0, 0, 1, [7] = 1, [8] = SPY, 1, 1, 4 };
	struct made made = make_ipv6(&peer6, &me6, 44, (struct bytes){ split, sizeof split });

	CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
	CHECK_EQUAL(ICMP6_PARAMETER_PROBLEM, sent_icmp6(world, 0).type);
	CHECK_EQUAL(ICMP6_CHAIN_INCOMPLETE, sent_icmp6(world, 0).code);
	CHECK_EQUAL(DROP_OPTIONS,
		    receive_of(world, &peer6, PROTOCOL_TCP, 2, (struct piece){ 0, 16, true }));
	CHECK_EQUAL(REASSEMBLING,
		    receive_of(world, &peer6, PROTOCOL_TCP, 3, (struct piece){ 0, 24, true }));
}

/* Behind the cut nothing is judged before the packet is whole. */
static void options_behind_the_cut_are_judged_when_the_packet_is_whole(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t option;
		enum verdict verdict;
	} cases[] = { { 0x1e, DELIVERED }, { 0x9e, DROP_OPTIONS } };

	for (uint8_t index = 0; index < COUNT_OF(cases); index++) {
		uint8_t payload[24] = { [8] = SPY, 0, cases[index].option, 4 };
		ipv6_write_fragment(payload, 60, 0, true, index);
		struct made first =
			make_ipv6(&peer6, &me6, 44, (struct bytes){ payload, sizeof payload });
		ipv6_write_fragment(payload, 60, 16, false, index);
		struct made last = make_ipv6(&peer6, &me6, 44, (struct bytes){ payload, 12 });
		CHECK_EQUAL(REASSEMBLING, world_receive_made(world, &first));
		CHECK_EQUAL(cases[index].verdict, world_receive_made(world, &last));
		check_nothing_is_kept(world);
	}
	CHECK_EQUAL(1, world->inputs);
	CHECK_EQUAL(12, world->payload_size);
	CHECK_EQUAL(ICMP6_UNKNOWN_OPTION, sent_icmp6(world, 0).code);
	CHECK_EQUAL(42, sent_icmp6(world, 0).rest); /* of the packet as it was before the cut */
}

/* Row 16; RFC 6946: it has nothing to do with fragments of the same identification. */
static void an_atomic_fragment_is_a_packet_of_its_own(void **state)
{
	struct world *world = *state;

	receive(world, 7, 0, 16, true);
	CHECK_EQUAL(DELIVERED, receive(world, 7, 0, 16, false));
	check_whole(world, 1, 16);
	CHECK_EQUAL(1, world->ip.fragments.count);
	CHECK_EQUAL(DELIVERED, receive(world, 7, 16, 5, false));
	check_whole(world, 2, 21);
}

/* Row 16; RFC 6980, 5. */
static void neighbour_discovery_in_fragments_is_dropped(void **state)
{
	struct world *world = *state;
	uint8_t payload[32] = { 0 };
	static const uint8_t types[] = { 133, 134, 135, 136, 137, 148, 149 };

	for (size_t index = 0; index < COUNT_OF(types); index++) {
		payload[8] = types[index];
		ipv6_write_fragment(payload, PROTOCOL_ICMP6, 0, false, 1);
		struct made atomic = make_ipv6(&peer6, &me6, 44, (struct bytes){ payload, 32 });
		CHECK_EQUAL(DROP_FRAGMENT, world_receive_made(world, &atomic));
		ipv6_write_fragment(payload, PROTOCOL_ICMP6, 0, true, 1);
		struct made first = make_ipv6(&peer6, &me6, 44, (struct bytes){ payload, 32 });
		CHECK_EQUAL(REASSEMBLING, world_receive_made(world, &first));
		CHECK_EQUAL(DROP_FRAGMENT, receive_of(world, &peer6, PROTOCOL_ICMP6, 1,
						      (struct piece){ 24, 8, false }));
	}
	CHECK_EQUAL(0, world->sent_count);
}

/* RFC 8200, 4.5: 60 seconds from the one that came first. */
static void a_packet_that_stays_incomplete_is_answered_where_its_first_fragment_came(void **state)
{
	struct world *world = *state;
	struct made first = make_piece(&peer6, SPY, 1, (struct piece){ 0, 16, true });

	world_receive_made(world, &first);
	receive(world, 2, 16, 16, true);
	world_advance(world, 60 * SECOND - 1);
	CHECK_EQUAL(2, world->ip.fragments.count);
	CHECK_EQUAL(0, world->sent_count);
	world_advance(world, 60 * SECOND);
	check_nothing_is_kept(world);
	CHECK_EQUAL(1, world->sent_count);
	struct icmp6_message icmp6 = sent_icmp6(world, 0);
	CHECK_EQUAL(ICMP6_TIME_EXCEEDED, icmp6.type);
	CHECK_EQUAL(ICMP6_REASSEMBLY_TIME, icmp6.code);
	CHECK_EQUAL(64, icmp6.body.size);
	assert_memory_equal(first.bytes + ETHERNET_HEADER_SIZE, icmp6.body.at, 64);
}

/* Row 13; RFC 5722. */
static void an_overlap_refuses_the_packet_and_what_may_still_come_of_it(void **state)
{
	struct world *world = *state;
	static const struct piece overlaps[] = {
		{ 8, 16, true },  { 0, 8, true },  { 24, 16, true },
		{ 8, 40, false }, { 16, 8, true },
	};
	for (uint32_t index = 0; index < COUNT_OF(overlaps); index++) {
		receive(world, index, 0, 16, true);
		CHECK_EQUAL(REASSEMBLING, receive(world, index, 24, 8, true));
		enum verdict verdict = receive_of(world, &peer6, SPY, index, overlaps[index]);
		bool fits = overlaps[index].offset == 16;
		CHECK_EQUAL(fits ? REASSEMBLING : DROP_OVERLAP, verdict);
		CHECK_EQUAL(fits ? DELIVERED : DROP_FRAGMENT, receive(world, index, 32, 8, false));
	}
	CHECK_EQUAL(1, world->inputs);
	receive(world, 100, 0, 16, true);
	CHECK_EQUAL(DROP_DUPLICATE, receive(world, 100, 0, 16, true));
	CHECK_EQUAL(DELIVERED, receive(world, 100, 16, 1, false));
}

/* Rows 12 and 17: a station that makes up addresses of its link spends one allowance. */
static void packets_without_end_take_bounded_memory(void **state)
{
	struct world *world = *state;
	struct address source = peer6;

	for (uint32_t id = 1; id <= 5000; id++) {
		put32(source.bytes + 8, id);
		receive_of(world, &source, SPY, id, (struct piece){ 0, 16, true });
		receive_of(world, &source, SPY, id, (struct piece){ 60000, 16, false });
		assert_true(world->ip.fragments.bytes <= FRAGMENT_SHARE_BYTES);
		assert_true(world->ip.fragments.count <= FRAGMENT_SHARE_PACKETS);
	}
	CHECK_EQUAL(REASSEMBLING, receive(world, 5001, 0, 16, true));
	CHECK_EQUAL(DELIVERED, receive(world, 5001, 16, 5, false));
}

/* Row 10: more in front of the cut than anybody has use for. */
static void a_fragment_behind_too_many_headers_is_refused(void **state)
{
	struct world *world = *state;
	uint8_t payload[2 * 264 + 16] = { 60, 32, 0x1e, 255 };

	payload[259] = 0x1e, payload[260] = 3;
	payload[264] = 44, payload[265] = 0, payload[266] = 1, payload[267] = 4;
	ipv6_write_fragment(payload + 272, SPY, 0, true, 1);
	struct made made = make_ipv6(&peer6, &me6, 60, (struct bytes){ payload, 288 });
	CHECK_EQUAL(DROP_FRAGMENT, world_receive_made(world, &made));
	check_nothing_is_kept(world);
}

static void a_flipped_bit_never_breaks_reassembly(void **state)
{
	struct world *world = *state;
	const struct made good = make_piece(&peer6, SPY, 1, (struct piece){ 0, 16, true });

	for (uint32_t bit = 8 * ETHERNET_HEADER_SIZE; bit < 8 * DATA_AT; bit++) {
		struct made made = good;
		made.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		world_receive_made(world, &made);
		receive(world, 1, 16, 5, false);
	}
	for (uint32_t size = ETHERNET_HEADER_SIZE; size < good.size; size++)
		CHECK_EQUAL(DROP_MALFORMED, world_receive(world, good.bytes, size));
	world_advance(world, 60 * SECOND);
	check_nothing_is_kept(world);
}

static void without_memory_nothing_is_kept_and_nothing_breaks(void **state)
{
	struct world *world = *state;

	for (size_t left = 0; left < 12; left++) {
		world->memory.refusals_after = UNLIMITED;
		struct made first =
			make_piece(&peer6, SPY, (uint32_t)left, (struct piece){ 0, 1400, true });
		struct made last = make_piece(&peer6, SPY, (uint32_t)left,
					      (struct piece){ 1400, 1400, false });
		world->memory.refusals_after = left + 2; /* the frame itself */
		world_receive_made(world, &first);
		world->memory.refusals_after = UNLIMITED;
		world_receive_made(world, &last);
	}
	world_advance(world, 60 * SECOND);
	check_nothing_is_kept(world);
}

static enum verdict send_sized(struct world *world, const struct address *destination,
			       uint32_t size, const struct ip_send *more)
{
	struct frame *frame = frame_new(world->pool);
	struct block *block = block_new(world->pool, size);
	for (uint32_t at = 0; at < size; at++)
		block->bytes[at] = byte_at(at);
	frame->slices[0] = (struct slice){ block, block->bytes, size };
	frame->slice_count = 1;
	frame->payload_size = size;
	struct ip_send send = *more;
	send.destination = *destination;
	send.protocol = SPY;
	return ip_output(&world->ip, &send, frame);
}

static const struct ip_send plain = { .tos = 0x48 };

static struct ipv6_chain sent_chain(const struct world *world, int index)
{
	struct ipv6_chain chain;
	const struct sent *sent = &world->sent[index];
	sent_ipv6(world, index);
	assert_true(ipv6_chain_skim((struct bytes){ sent->bytes + ETHERNET_HEADER_SIZE,
						    sent->size - ETHERNET_HEADER_SIZE },
				    &chain));
	return chain;
}

/* What was sent to the peer comes back, as if the peer had sent it to us. */
static void turn_around(struct world *world)
{
	for (int sent = 0; sent < world->sent_count; sent++) {
		uint8_t *ip = world->sent[sent].bytes + ETHERNET_HEADER_SIZE;
		struct made made = { .size = world->sent[sent].size };
		memcpy(world->sent[sent].bytes, my_mac.bytes, 6);
		memcpy(world->sent[sent].bytes + 6, peer_mac.bytes, 6);
		memcpy(ip + IPV6_SOURCE_AT, peer6.bytes, 16);
		memcpy(ip + IPV6_DESTINATION_AT, me6.bytes, 16);
		memcpy(made.bytes, world->sent[sent].bytes, made.size);
		world_receive_made(world, &made);
	}
	world->sent_count = 0;
}

static void what_exceeds_the_mtu_is_cut_into_whole_units(void **state)
{
	struct world *world = *state;
	uint32_t offset = 0;

	CHECK_EQUAL(DELIVERED, send_sized(world, &peer6, 5000, &plain));
	CHECK_EQUAL(4, world->sent_count);
	for (int index = 0; index < world->sent_count; index++) {
		struct ipv6_header ipv6 = sent_ipv6(world, index);
		struct ipv6_chain chain = sent_chain(world, index);
		CHECK_EQUAL(PROTOCOL_FRAGMENT, ipv6.next_header);
		CHECK_EQUAL(SPY, chain.protocol);
		CHECK_EQUAL(offset, chain.fragment_offset);
		CHECK_EQUAL(index < 3, chain.more_fragments);
		CHECK_EQUAL(sent_chain(world, 0).identification, chain.identification);
		CHECK_EQUAL(sent_ipv6(world, 0).flow_label, ipv6.flow_label);
		CHECK_EQUAL(0x48, ipv6.traffic_class);
		CHECK_EQUAL(byte_at(offset), world->sent[index].bytes[DATA_AT]);
		offset += ipv6.payload_size - 8u;
	}
	CHECK_EQUAL(5000, offset);
}

static void every_size_is_cut_and_put_together_again(void **state)
{
	struct world *world = *state;
	static const uint32_t sizes[] = { 1460, 1461, 1448, 2896, 2897, 65507, PAYLOAD_MOST };

	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		CHECK_EQUAL(DELIVERED, send_sized(world, &peer6, sizes[index], &plain));
		turn_around(world);
		check_whole(world, (int)index + 1, sizes[index]);
		world_meet6(world, &peer6);
	}
}

static void the_largest_datagram_crosses_lo(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, send_sized(world, &loopback_v6, PAYLOAD_MOST, &plain));
	CHECK_EQUAL(2, world->ip.loopback_count); /* longer than lo's MTU, by its header */
	ip_loopback_run(&world->ip);
	check_whole(world, 1, PAYLOAD_MOST);
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, &loopback_v6, PAYLOAD_MOST + 1, &plain));
}

static void what_may_not_be_cut_is_too_big(void **state)
{
	struct world *world = *state;
	static const struct ip_send whole = { .dont_fragment = true };

	CHECK_EQUAL(DELIVERED, send_sized(world, &peer6, 1460, &whole));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, &peer6, 1461, &whole));
}

/* Row 18; RFC 7739. */
static void identifications_count_up_from_a_place_of_each_paths_own(void **state)
{
	struct world *world = *state;
	uint32_t first[2];

	for (int round = 0; round < 3; round++) {
		const struct address *to[] = { &peer6, &stranger6 };
		for (int index = 0; index < 2; index++) {
			world->sent_count = 0;
			send_sized(world, to[index], 1500, &plain);
			uint32_t identification = sent_chain(world, 0).identification;
			if (round == 0)
				first[index] = identification;
			assert_true(identification - first[index] <= 2u * (uint32_t)round);
		}
	}
	assert_true(first[0] - first[1] > 1000 && first[1] - first[0] > 1000);
}

/* RFC 8200, 4.1 and 4.5: what routers look at is in every fragment, what is for the destination behind the cut. */
static void extension_headers_are_sent_and_cut_where_the_rfc_says(void **state)
{
	struct world *world = *state;
	static const uint8_t headers[] = { 60, 0, 1, 4, 0, 0, 0, 0, SPY, 0, 1, 4, 0, 0, 0, 0 };
	const struct ip_send with = { .headers = { headers, sizeof headers } };

	CHECK_EQUAL(DELIVERED, send_sized(world, &peer6, 1444, &with));
	CHECK_EQUAL(1, world->sent_count);
	assert_memory_equal(headers, world->sent[0].bytes + FRAGMENT_AT, sizeof headers);
	turn_around(world);
	check_whole(world, 1, 1444);
	CHECK_EQUAL(DELIVERED, send_sized(world, &peer6, 3000, &with));
	CHECK_EQUAL(3, world->sent_count);
	for (int index = 0; index < 3; index++) {
		CHECK_EQUAL(0, sent_ipv6(world, index).next_header);
		CHECK_EQUAL(44, world->sent[index].bytes[FRAGMENT_AT]);
		CHECK_EQUAL(60, world->sent[index].bytes[FRAGMENT_AT + 8]);
	}
	assert_memory_equal(headers + 8, world->sent[0].bytes + DATA_AT + 8, 8);
	turn_around(world);
	check_whole(world, 2, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(fragments_in_any_order_make_the_packet),
		WORLD6_TEST(what_the_first_fragment_says_it_carries_counts),
		WORLD6_TEST(the_header_is_made_whole_again),
		WORLD6_TEST(the_largest_packet_comes_through),
		WORLD6_TEST(what_no_fragment_can_be_is_a_parameter_problem),
		WORLD6_TEST(a_first_fragment_without_all_headers_is_told_so),
		WORLD6_TEST(options_behind_the_cut_are_judged_when_the_packet_is_whole),
		WORLD6_TEST(an_atomic_fragment_is_a_packet_of_its_own),
		WORLD6_TEST(neighbour_discovery_in_fragments_is_dropped),
		WORLD6_TEST(
			a_packet_that_stays_incomplete_is_answered_where_its_first_fragment_came),
		WORLD6_TEST(an_overlap_refuses_the_packet_and_what_may_still_come_of_it),
		WORLD6_TEST(packets_without_end_take_bounded_memory),
		WORLD6_TEST(a_fragment_behind_too_many_headers_is_refused),
		WORLD6_TEST(a_flipped_bit_never_breaks_reassembly),
		WORLD6_TEST(without_memory_nothing_is_kept_and_nothing_breaks),
		WORLD6_TEST(what_exceeds_the_mtu_is_cut_into_whole_units),
		WORLD6_TEST(every_size_is_cut_and_put_together_again),
		WORLD6_TEST(the_largest_datagram_crosses_lo),
		WORLD6_TEST(what_may_not_be_cut_is_too_big),
		WORLD6_TEST(identifications_count_up_from_a_place_of_each_paths_own),
		WORLD6_TEST(extension_headers_are_sent_and_cut_where_the_rfc_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
