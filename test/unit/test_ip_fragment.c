#include "unit/ip_world.h"

enum { PACKET_MOST = 65535 - IPV4_HEADER_SIZE };

/* Byte number n of every packet sent or cut here. */
static uint8_t byte_at(uint32_t n)
{
	return (uint8_t)(n * 7 + (n >> 8));
}

struct piece {
	uint32_t offset, size;
	bool more;
};

static struct made make_piece(uint32_t source, uint8_t protocol, uint16_t identification,
			      struct piece piece)
{
	static uint8_t payload[FRAME_MOST];
	for (uint32_t at = 0; at < piece.size; at++)
		payload[at] = byte_at(piece.offset + at);
	struct made made = make_ipv4(source, ME, protocol, (struct bytes){ payload, piece.size });
	uint8_t *ip = made.bytes + ETHERNET_HEADER_SIZE;
	put16(ip + 4, identification);
	put16(ip + 6, (uint16_t)((piece.more ? 0x2000 : 0) | piece.offset / 8));
	finish_ipv4(&made);
	return made;
}

static enum verdict receive_of(struct world *world, uint32_t source, uint8_t protocol,
			       uint16_t identification, struct piece piece)
{
	struct made made = make_piece(source, protocol, identification, piece);
	return world_receive_made(world, &made);
}

static enum verdict receive(struct world *world, uint16_t identification, uint32_t offset,
			    uint32_t size, bool more)
{
	return receive_of(world, PEER, SPY, identification, (struct piece){ offset, size, more });
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
			CHECK_EQUAL(
				place == 2 ? DELIVERED : REASSEMBLING,
				receive_of(world, PEER, SPY, index, pieces[orders[index][place]]));
		check_whole(world, index + 1, 45);
		check_nothing_is_kept(world);
	}
}

static void the_header_is_made_whole_again(void **state)
{
	struct world *world = *state;
	struct ipv4_header ipv4;
	uint8_t header[IPV4_HEADER_SIZE];

	receive(world, 1, 0, 16, true);
	receive(world, 1, 16, 5, false);
	/* The spy's copy of the packet points to what is gone: the quote of an error shows it. */
	struct made first = make_piece(PEER, 200, 2, (struct piece){ 0, 16, true });
	struct made last = make_piece(PEER, 200, 2, (struct piece){ 16, 5, false });
	world_meet(world, PEER);
	CHECK_EQUAL(REASSEMBLING, world_receive_made(world, &first));
	CHECK_EQUAL(DROP_NO_PROTOCOL, world_receive_made(world, &last));
	memcpy(header,
	       world->sent[0].bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + ICMP_HEADER_SIZE,
	       sizeof header);
	assert_true(ipv4_checksum_holds((struct bytes){ header, sizeof header }));
	assert_true(ipv4_parse((struct bytes){ header, sizeof header }, 41, &ipv4));
	CHECK_EQUAL(41, ipv4.total_size);
	assert_false(ipv4.more_fragments);
}

static void the_largest_packet_comes_through(void **state)
{
	struct world *world = *state;

	for (uint32_t offset = 0; offset < PACKET_MOST; offset += 1480) {
		bool more = offset + 1480 < PACKET_MOST;
		CHECK_EQUAL(more ? REASSEMBLING : DELIVERED,
			    receive(world, 1, offset, more ? 1480 : PACKET_MOST - offset, more));
	}
	check_whole(world, 1, PACKET_MOST);
	check_nothing_is_kept(world);
}

/* Row 12, the ping of death. */
static void what_would_end_past_a_packets_limit_is_refused(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_MALFORMED, receive(world, 1, 65528, 8, false));
	CHECK_EQUAL(DROP_MALFORMED, receive(world, 1, 65528, 1000, false));
	CHECK_EQUAL(DROP_MALFORMED, receive(world, 1, 65512, 4, false));
	CHECK_EQUAL(REASSEMBLING, receive(world, 1, 65512, 3, false));
	CHECK_EQUAL(0, world->inputs);
}

/* As that, where only the first fragment's longer header makes it too large. */
static void a_packet_too_large_with_its_options_is_refused(void **state)
{
	struct world *world = *state;
	static const uint8_t nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
					  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	uint8_t payload[1480] = { 0 };

	for (uint32_t offset = 1480; offset < PACKET_MOST; offset += 1480) {
		bool more = offset + 1480 < PACKET_MOST;
		receive(world, 0, offset, more ? 1480 : PACKET_MOST - offset, more);
	}
	struct made first = make_ipv4_with(PEER, ME, SPY, (struct bytes){ nops, sizeof nops },
					   (struct bytes){ payload, sizeof payload });
	put16(first.bytes + ETHERNET_HEADER_SIZE + 6, 0x2000);
	finish_ipv4(&first);
	CHECK_EQUAL(DROP_FRAGMENT, world_receive_made(world, &first));
	CHECK_EQUAL(0, world->inputs);
	check_nothing_is_kept(world);
}

/* Row 12. */
static void a_last_fragment_alone_waits_and_is_forgotten_in_silence(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	CHECK_EQUAL(REASSEMBLING, receive(world, 1, 800, 100, false));
	world_advance(world, FRAGMENT_TIMEOUT_NS - 1);
	CHECK_EQUAL(1, world->ip.fragments.count);
	world_advance(world, FRAGMENT_TIMEOUT_NS);
	check_nothing_is_kept(world);
	CHECK_EQUAL(1, world->ip.counts[DROP_REASSEMBLY]);
	CHECK_EQUAL(0, world->sent_count);
}

static void a_packet_that_stays_incomplete_is_answered_where_its_first_fragment_came(void **state)
{
	struct world *world = *state;
	const uint8_t *icmp = world->sent[0].bytes + ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	world_meet(world, PEER);

	receive(world, 1, 0, 800, true);
	receive(world, 1, 1600, 100, false);
	world_advance(world, FRAGMENT_TIMEOUT_NS);
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(PEER, sent_ipv4(world, 0).destination);
	CHECK_EQUAL(PROTOCOL_ICMP, sent_ipv4(world, 0).protocol);
	CHECK_EQUAL(576, sent_ipv4(world, 0).total_size);
	CHECK_EQUAL(ICMP_TIME_EXCEEDED, icmp[0]);
	CHECK_EQUAL(ICMP_REASSEMBLY_TIME, icmp[1]);
	/* The quote is the first fragment as it came. */
	CHECK_EQUAL(0x2000, get16(icmp + ICMP_HEADER_SIZE + 6));
	CHECK_EQUAL(byte_at(8), icmp[ICMP_HEADER_SIZE + IPV4_HEADER_SIZE + 8]);
	check_nothing_is_kept(world);
}

static void what_comes_after_the_time_begins_anew(void **state)
{
	struct world *world = *state;

	receive(world, 1, 0, 16, true);
	world_advance(world, FRAGMENT_TIMEOUT_NS);
	CHECK_EQUAL(REASSEMBLING, receive(world, 1, 16, 5, false));
	CHECK_EQUAL(DELIVERED, receive(world, 1, 0, 16, true));
	check_whole(world, 1, 21);
}

/* Row 13: teardrop (within), bonk and boink (over the end, before the beginning), nestea, and one over all. */
static void an_overlap_refuses_the_packet_and_what_may_still_come_of_it(void **state)
{
	struct world *world = *state;
	static const struct piece overlaps[] = {
		{ 24, 8, true },   { 16, 8, true },  { 32, 8, true },   { 8, 16, true },
		{ 32, 16, true },  { 8, 40, true },  { 16, 32, true },  { 16, 4, false },
		{ 24, 16, false }, { 8, 32, false }, { 16, 24, false },
	};

	for (uint16_t index = 0; index < COUNT_OF(overlaps); index++) {
		CHECK_EQUAL(REASSEMBLING, receive(world, index, 16, 24, true));
		CHECK_EQUAL(DROP_OVERLAP, receive_of(world, PEER, SPY, index, overlaps[index]));
		CHECK_EQUAL(DROP_FRAGMENT, receive(world, index, 0, 16, true));
		CHECK_EQUAL(DROP_FRAGMENT, receive(world, index, 40, 8, false));
	}
	CHECK_EQUAL(0, world->inputs);
	world_meet(world, PEER);
	world_advance(world, FRAGMENT_TIMEOUT_NS);
	CHECK_EQUAL(0, world->sent_count);
	check_nothing_is_kept(world);
}

static void a_second_end_refuses_the_packet(void **state)
{
	struct world *world = *state;

	receive(world, 1, 40, 8, false);
	CHECK_EQUAL(DROP_OVERLAP, receive(world, 1, 56, 8, false));
	receive(world, 2, 40, 8, false);
	CHECK_EQUAL(DROP_OVERLAP, receive(world, 2, 48, 8, true));
	receive(world, 3, 40, 8, true);
	CHECK_EQUAL(DROP_OVERLAP, receive(world, 3, 24, 8, false));
	receive(world, 4, 40, 8, false);
	CHECK_EQUAL(DROP_OVERLAP, receive(world, 4, 40, 8, true));
}

/* Row 14: Linux tolerates it too. The bytes that came first stay. */
static void an_exact_repetition_is_passed_over(void **state)
{
	struct world *world = *state;
	struct made again = make_piece(PEER, SPY, 1, (struct piece){ 16, 24, true });
	again.bytes[again.size - 1] ^= 0xff;

	receive(world, 1, 16, 24, true);
	CHECK_EQUAL(DROP_DUPLICATE, receive(world, 1, 16, 24, true));
	CHECK_EQUAL(DROP_DUPLICATE, world_receive_made(world, &again));
	receive(world, 1, 40, 5, false);
	CHECK_EQUAL(DROP_DUPLICATE, receive(world, 1, 40, 5, false));
	CHECK_EQUAL(DROP_DUPLICATE, receive(world, 1, 16, 24, true));
	CHECK_EQUAL(DELIVERED, receive(world, 1, 0, 16, true));
	check_whole(world, 1, 45);
}

/* Row 14. */
static void an_odd_or_empty_fragment_is_refused(void **state)
{
	struct world *world = *state;

	for (uint32_t size = 0; size < 24; size++)
		CHECK_EQUAL(size > 0 && size % 8 == 0 ? REASSEMBLING : DROP_MALFORMED,
			    receive(world, (uint16_t)size, 16, size, true));
	CHECK_EQUAL(DROP_MALFORMED, receive(world, 100, 16, 0, false));
	CHECK_EQUAL(2, world->ip.fragments.count);
}

/* Row 14. */
static void one_identification_of_two_protocols_or_senders_is_two_packets(void **state)
{
	struct world *world = *state;
	const struct piece first = { 0, 16, true }, last = { 16, 5, false };

	CHECK_EQUAL(REASSEMBLING, receive_of(world, PEER, SPY, 1, first));
	CHECK_EQUAL(REASSEMBLING, receive_of(world, PEER, 200, 1, last));
	CHECK_EQUAL(REASSEMBLING, receive_of(world, GATEWAY, SPY, 1, last));
	CHECK_EQUAL(DELIVERED, receive_of(world, PEER, SPY, 1, last));
	CHECK_EQUAL(2, world->ip.fragments.count);
}

/* Row 15: RFC 1858, RFC 3128. */
static void a_fragment_that_splits_the_tcp_header_is_refused(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_FRAGMENT,
		    receive_of(world, PEER, PROTOCOL_TCP, 1, (struct piece){ 0, 8, true }));
	CHECK_EQUAL(DROP_FRAGMENT,
		    receive_of(world, PEER, PROTOCOL_TCP, 1, (struct piece){ 0, 16, true }));
	CHECK_EQUAL(DROP_FRAGMENT,
		    receive_of(world, PEER, PROTOCOL_TCP, 1, (struct piece){ 8, 8, true }));
	CHECK_EQUAL(DROP_FRAGMENT,
		    receive_of(world, PEER, PROTOCOL_TCP, 1, (struct piece){ 16, 8, false }));
	check_nothing_is_kept(world);
	CHECK_EQUAL(REASSEMBLING,
		    receive_of(world, PEER, PROTOCOL_TCP, 1, (struct piece){ 0, 24, true }));
	CHECK_EQUAL(REASSEMBLING,
		    receive_of(world, PEER, PROTOCOL_UDP, 1, (struct piece){ 0, 8, true }));
}

/* Row 12, Rose: thousands of packets, first and last fragments only. The newest are kept. */
static void packets_without_end_from_one_source_take_bounded_memory(void **state)
{
	struct world *world = *state;

	for (uint16_t id = 1; id <= 5000; id++) {
		receive(world, id, 0, 16, true);
		receive(world, id, 60000, 16, false);
		assert_true(world->ip.fragments.bytes <= FRAGMENT_SHARE_BYTES);
		assert_true(world->ip.fragments.count <= FRAGMENT_SHARE_PACKETS);
	}
	uint64_t lost = world->ip.counts[DROP_REASSEMBLY];
	CHECK_EQUAL(5000, lost + world->ip.fragments.count);
	CHECK_EQUAL(REASSEMBLING, receive(world, 5001, 0, 16, true));
	CHECK_EQUAL(DELIVERED, receive(world, 5001, 16, 5, false));
}

static void sources_without_end_take_bounded_memory(void **state)
{
	struct world *world = *state;

	for (uint32_t index = 0; index < 20000; index++) {
		receive_of(world, PEER + 1 + index, SPY, 1, (struct piece){ 16, 8, true });
		assert_true(world->ip.fragments.count <= FRAGMENT_PACKETS_MOST);
	}
	for (uint32_t index = 0; index < 1000; index++) {
		receive_of(world, PEER + 1 + index, SPY, 2, (struct piece){ 60000, 8, true });
		assert_true(world->ip.fragments.bytes <= FRAGMENT_BYTES_MOST);
	}
	CHECK_EQUAL(REASSEMBLING, receive(world, 1, 0, 16, true));
	CHECK_EQUAL(DELIVERED, receive(world, 1, 16, 5, false));
}

/* Row 17, FragmentSmack: every unit of the largest packet by itself, none beside the one before; the cost is the bitmap's,
 * and the packet comes whole all the same. */
static void a_packet_of_eight_bytes_a_fragment_comes_whole(void **state)
{
	struct world *world = *state;
	enum { UNITS = PACKET_MOST / 8, STEP = 4099 }; /* a prime: every place once */

	for (uint32_t count = 0, unit = 0; count < UNITS; count++, unit = (unit + STEP) % UNITS)
		CHECK_EQUAL(REASSEMBLING, receive(world, 1, unit * 8, 8, true));
	CHECK_EQUAL(1, world->ip.fragments.count);
	CHECK_EQUAL(DELIVERED, receive(world, 1, UNITS * 8, PACKET_MOST - UNITS * 8, false));
	check_whole(world, 1, PACKET_MOST);
}

static enum verdict receive_marked(struct world *world, struct piece piece, uint8_t tos)
{
	struct made made = make_piece(PEER, SPY, 1, piece);
	made.bytes[ETHERNET_HEADER_SIZE + 1] = tos;
	finish_ipv4(&made);
	return world_receive_made(world, &made);
}

/* RFC 3168, 5.3. */
static void congestion_marked_on_one_fragment_is_marked_on_the_packet(void **state)
{
	struct world *world = *state;
	const struct piece first = { 0, 16, true }, last = { 16, 5, false };
	static const struct {
		uint8_t first, last;
		enum verdict verdict;
		uint8_t tos;
	} cases[] = {
		{ 0x48, 0x48, DELIVERED, 0x48 },  { 0x4a, 0x4b, DELIVERED, 0x4b },
		{ 0x4b, 0x4a, DELIVERED, 0x4b },  { 0x49, 0x4a, DELIVERED, 0x49 },
		{ 0x48, 0x4b, DROP_FRAGMENT, 0 },
	};

	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		receive_marked(world, first, cases[index].first);
		CHECK_EQUAL(cases[index].verdict, receive_marked(world, last, cases[index].last));
		if (cases[index].verdict == DELIVERED)
			CHECK_EQUAL(cases[index].tos, world->packet.tos);
		check_nothing_is_kept(world);
	}
}

static void a_flipped_bit_never_breaks_reassembly(void **state)
{
	struct world *world = *state;

	for (uint32_t bit = 0; bit < IPV4_HEADER_SIZE * 8; bit++) {
		struct made made = make_piece(PEER, SPY, 1, (struct piece){ 16, 24, true });
		uint8_t *ip = made.bytes + ETHERNET_HEADER_SIZE;
		receive(world, 1, 0, 16, true);
		ip[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		CHECK_EQUAL(true, world_receive_made(world, &made) != DELIVERED);
		finish_ipv4(&made);
		world_receive_made(world, &made); /* as if it had been sent so */
		world_advance(world, world->clock.now + FRAGMENT_TIMEOUT_NS);
		check_nothing_is_kept(world);
	}
}

static void without_memory_nothing_is_kept_and_nothing_breaks(void **state)
{
	struct world *world = *state;

	for (size_t refusals = 0; refusals < 4; refusals++) {
		struct made made =
			make_piece(PEER, SPY, (uint16_t)refusals, (struct piece){ 0, 1480, true });
		struct frame *frame =
			frame_from_bytes(world->pool, (struct bytes){ made.bytes, made.size });
		world->memory.refusals_after = refusals;
		enum verdict verdict = ip_input(&world->ip, world->link, frame);
		world->memory.refusals_after = UNLIMITED;
		assert_true(verdict == DROP_MEMORY || verdict == REASSEMBLING);
	}
}

/* What is sent. */

static enum verdict send_sized(struct world *world, uint32_t destination, uint32_t size,
			       bool dont_fragment)
{
	struct frame *frame = frame_with_room(world->pool, size);
	for (uint32_t at = 0; at < size; at++)
		frame->head[at] = byte_at(at);
	return ip_output(&world->ip,
			 &(struct ip_send){ .destination = address_v4(destination),
					    .protocol = SPY,
					    .tos = 0x48,
					    .dont_fragment = dont_fragment },
			 frame);
}

static void what_exceeds_the_mtu_is_cut_into_whole_units(void **state)
{
	struct world *world = *state;
	uint32_t offset = 0;
	world_meet(world, PEER);

	CHECK_EQUAL(DELIVERED, send_sized(world, PEER, 5000, false));
	CHECK_EQUAL(4, world->sent_count);
	for (int index = 0; index < world->sent_count; index++) {
		struct ipv4_header ipv4 = sent_ipv4(world, index);
		CHECK_EQUAL(offset, ipv4.fragment_offset);
		CHECK_EQUAL(index < 3, ipv4.more_fragments);
		assert_false(ipv4.dont_fragment);
		CHECK_EQUAL(sent_ipv4(world, 0).identification, ipv4.identification);
		CHECK_EQUAL(0x48, ipv4.tos);
		const uint8_t *payload = world->sent[index].bytes + ETHERNET_HEADER_SIZE + 20;
		CHECK_EQUAL(byte_at(offset), payload[0]);
		offset += ipv4.total_size - 20u;
	}
	CHECK_EQUAL(5000, offset);
}

static void every_size_is_cut_and_put_together_again(void **state)
{
	struct world *world = *state;
	static const uint32_t sizes[] = { 1480, 1481, 1488, 2960, 2961, 65507, PACKET_MOST };

	for (size_t index = 0; index < COUNT_OF(sizes); index++) {
		world_meet(world, PEER);
		CHECK_EQUAL(DELIVERED, send_sized(world, PEER, sizes[index], false));
		for (int sent = 0; sent < world->sent_count; sent++) {
			/* To themselves: as if the peer had sent it to us. */
			uint8_t *bytes = world->sent[sent].bytes;
			uint8_t *ip = bytes + ETHERNET_HEADER_SIZE;
			struct made made = { .size = world->sent[sent].size };
			memcpy(bytes, my_mac.bytes, 6);
			memcpy(bytes + 6, peer_mac.bytes, 6);
			put32(ip + 12, PEER);
			put32(ip + 16, ME);
			memcpy(made.bytes, bytes, made.size);
			finish_ipv4(&made);
			world_receive_made(world, &made);
		}
		check_whole(world, (int)index + 1, sizes[index]);
	}
}

static void what_may_not_be_cut_is_too_big(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	CHECK_EQUAL(DELIVERED, send_sized(world, PEER, 1480, true));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, 1481, true));
	CHECK_EQUAL(DROP_TOO_BIG, send_sized(world, PEER, PACKET_MOST + 1, false));
}

/* Row 18. */
static void identifications_differ_and_do_not_count_up(void **state)
{
	struct world *world = *state;
	uint16_t seen[64];
	int next = 0;
	world_meet(world, PEER);

	for (int index = 0; index < 64; index++) {
		send_sized(world, PEER, 8, false);
		seen[index] = sent_ipv4(world, index).identification;
		for (int before = 0; before < index; before++)
			assert_int_not_equal(seen[before], seen[index]);
		next += index > 0 && seen[index] == (uint16_t)(seen[index - 1] + 1);
	}
	assert_true(next < 4);
}

/* Row 20: an echo as large as can be, there and back in fragments. */
static void an_echo_in_fragments_is_answered_in_fragments(void **state)
{
	struct world *world = *state;
	static uint8_t echo[65515];
	world_meet(world, PEER);

	echo[0] = ICMP_ECHO;
	for (uint32_t at = 8; at < sizeof echo; at++)
		echo[at] = byte_at(at);
	struct checksum checksum = { 0 };
	checksum_add(&checksum, (struct bytes){ echo, sizeof echo });
	put16(echo + 2, checksum_finish(&checksum));
	for (uint32_t offset = 0; offset < sizeof echo; offset += 1480) {
		uint32_t left = (uint32_t)sizeof echo - offset, size = left < 1480 ? left : 1480;
		struct made made =
			make_ipv4(PEER, ME, PROTOCOL_ICMP, (struct bytes){ echo + offset, size });
		put16(made.bytes + ETHERNET_HEADER_SIZE + 6,
		      (uint16_t)((size < left ? 0x2000 : 0) | offset / 8));
		finish_ipv4(&made);
		CHECK_EQUAL(size < left ? REASSEMBLING : DELIVERED,
			    world_receive_made(world, &made));
	}
	CHECK_EQUAL(45, world->sent_count);
	CHECK_EQUAL(ICMP_ECHO_REPLY, world->sent[0].bytes[ETHERNET_HEADER_SIZE + 20]);
	CHECK_EQUAL(byte_at(1480), world->sent[1].bytes[ETHERNET_HEADER_SIZE + 20]);
}

/* The packets that waited for the neighbour are given up one by one; the sender hears of it once. */
static void an_error_about_a_packet_in_fragments_is_told_once(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(QUEUED, send_sized(world, PEER, 5000, false));
	for (uint64_t second = 1; second < 5; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(1, world->errors);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(fragments_in_any_order_make_the_packet),
		WORLD_TEST(the_header_is_made_whole_again),
		WORLD_TEST(the_largest_packet_comes_through),
		WORLD_TEST(what_would_end_past_a_packets_limit_is_refused),
		WORLD_TEST(a_packet_too_large_with_its_options_is_refused),
		WORLD_TEST(a_last_fragment_alone_waits_and_is_forgotten_in_silence),
		WORLD_TEST(
			a_packet_that_stays_incomplete_is_answered_where_its_first_fragment_came),
		WORLD_TEST(what_comes_after_the_time_begins_anew),
		WORLD_TEST(an_overlap_refuses_the_packet_and_what_may_still_come_of_it),
		WORLD_TEST(a_second_end_refuses_the_packet),
		WORLD_TEST(an_exact_repetition_is_passed_over),
		WORLD_TEST(an_odd_or_empty_fragment_is_refused),
		WORLD_TEST(one_identification_of_two_protocols_or_senders_is_two_packets),
		WORLD_TEST(a_fragment_that_splits_the_tcp_header_is_refused),
		WORLD_TEST(packets_without_end_from_one_source_take_bounded_memory),
		WORLD_TEST(sources_without_end_take_bounded_memory),
		WORLD_TEST(a_packet_of_eight_bytes_a_fragment_comes_whole),
		WORLD_TEST(congestion_marked_on_one_fragment_is_marked_on_the_packet),
		WORLD_TEST(a_flipped_bit_never_breaks_reassembly),
		WORLD_TEST(without_memory_nothing_is_kept_and_nothing_breaks),
		WORLD_TEST(what_exceeds_the_mtu_is_cut_into_whole_units),
		WORLD_TEST(every_size_is_cut_and_put_together_again),
		WORLD_TEST(what_may_not_be_cut_is_too_big),
		WORLD_TEST(identifications_differ_and_do_not_count_up),
		WORLD_TEST(an_echo_in_fragments_is_answered_in_fragments),
		WORLD_TEST(an_error_about_a_packet_in_fragments_is_told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
