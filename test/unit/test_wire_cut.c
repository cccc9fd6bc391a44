#include "unit/check.h"

#include "wire/checksum.h"
#include "wire/cut.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/tcp.h"

enum { SOURCE = 0x0a4d0001, DESTINATION = 0x0a4d0002, MOST_PIECES = 64 };
#define SEQUENCE UINT32_C(0xfffffff0) /* so that the pieces cross the wrap */

/* Each question is asked of both families. */
struct fixture {
	bool v6;
	struct counted_memory memory;
	struct pool *pool;
	struct frame *pieces[MOST_PIECES];
	int piece_count;
};

static uint8_t payload_byte(uint32_t index)
{
	return (uint8_t)(index * 31 + index / 256);
}

static int begin(void **state)
{
	static struct fixture fixture;
	fixture = (struct fixture){ 0 };
	counted_memory_init(&fixture.memory);
	fixture.pool = pool_new(&fixture.memory.allocator);
	*state = &fixture;
	return 0;
}

static int begin_v6(void **state)
{
	begin(state);
	((struct fixture *)*state)->v6 = true;
	return 0;
}

static void forget_pieces(struct fixture *fixture)
{
	while (fixture->piece_count > 0)
		frame_free(fixture->pieces[--fixture->piece_count]);
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	forget_pieces(fixture);
	pool_free(fixture->pool);
	check_nothing_leaked(&fixture->memory);
	return 0;
}

static void keep(void *context, struct frame *piece)
{
	struct fixture *fixture = context;
	assert_true(fixture->piece_count < MOST_PIECES);
	fixture->pieces[fixture->piece_count++] = piece;
}

static void add_slice(struct frame *frame, uint32_t from, uint32_t size)
{
	struct block *block = block_new(frame->home, size);
	for (uint32_t index = 0; index < size; index++)
		block->bytes[index] = payload_byte(from + index);
	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, size };
	frame->payload_size += size;
}

static void write_ethernet(const struct fixture *fixture, struct frame *frame)
{
	const struct ethernet_header ethernet = { { { 2, 0, 0, 0, 0, 2 } },
						  { { 2, 0, 0, 0, 0, 1 } },
						  fixture->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4 };
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
}

static void write_ipv4(struct frame *frame, uint8_t protocol)
{
	const struct ipv4_header ipv4 = {
		.total_size = (uint16_t)(frame_size(frame) + IPV4_HEADER_SIZE),
		.identification = 0xfffe,
		.dont_fragment = true,
		.ttl = 64,
		.protocol = protocol,
		.source = SOURCE,
		.destination = DESTINATION,
	};
	ipv4_write(frame_push(frame, IPV4_HEADER_SIZE), &ipv4);
}

/* With destination options in front of the transport header, since they may be there. */
static void write_ipv6(struct frame *frame, uint8_t protocol)
{
	const uint8_t options[8] = { protocol, 0, 1, 4 };
	memcpy(frame_push(frame, sizeof options), options, sizeof options);
	const struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)frame_size(frame),
		.next_header = PROTOCOL_DESTINATION_OPTIONS,
		.hop_limit = 64,
		.source = { .bytes = { 0xfd, [15] = 1 } },
		.destination = { .bytes = { 0xfd, [15] = 2 } },
	};
	ipv6_write(frame_push(frame, IPV6_HEADER_SIZE), &ipv6);
}

static void write_ip(const struct fixture *fixture, struct frame *frame, uint8_t protocol)
{
	if (fixture->v6)
		write_ipv6(frame, protocol);
	else
		write_ipv4(frame, protocol);
}

/* Bytes in front of the transport header. */
static size_t ip_size(const struct fixture *fixture)
{
	return fixture->v6 ? IPV6_HEADER_SIZE + 8 : IPV4_HEADER_SIZE;
}

static void write_tcp(struct frame *frame)
{
	const struct tcp_header tcp = {
		.source_port = 40000,
		.destination_port = 80,
		.sequence = SEQUENCE,
		.acknowledgment = 7,
		.flags = TCP_ACK | TCP_PSH | TCP_FIN | TCP_CWR,
		.window = 502,
		.options = { .has_timestamps = true, .timestamp = 1, .timestamp_echo = 2 },
	};
	tcp_write(frame_push(frame, (uint32_t)tcp_header_size(&tcp)), &tcp);
}

/* A TCP segment of `slices` slices of `size` bytes, as a host hands it to its link. */
static struct frame *segment(struct fixture *fixture, uint8_t slices, uint32_t size,
			     uint16_t segment_size)
{
	struct frame *frame = frame_new(fixture->pool);
	for (uint32_t index = 0; index < slices; index++)
		add_slice(frame, index * size, size);
	write_tcp(frame);
	write_ip(fixture, frame, PROTOCOL_TCP);
	write_ethernet(fixture, frame);
	frame->segment_size = segment_size;
	frame->checksum_left_out = true;
	return frame;
}

static bool has_pseudo_header(uint8_t protocol)
{
	return protocol != PROTOCOL_ICMP;
}

/* Judges the IP header too, and that it counts exactly these bytes. */
static bool transport_checksum_holds(struct bytes packet, uint8_t protocol)
{
	struct checksum checksum = { 0 };
	struct address source, destination;
	struct ipv6_header ipv6;
	struct ipv4_header ipv4;
	size_t at;

	if (packet.at[0] >> 4 == 6) {
		assert_true(ipv6_parse(packet, packet.size, &ipv6));
		CHECK_EQUAL(packet.size, IPV6_HEADER_SIZE + ipv6.payload_size);
		CHECK_EQUAL(protocol, packet.at[IPV6_HEADER_SIZE]);
		source = ipv6.source;
		destination = ipv6.destination;
		at = IPV6_HEADER_SIZE + 8;
	} else {
		assert_true(ipv4_parse(packet, packet.size, &ipv4));
		CHECK_EQUAL(packet.size, ipv4.total_size);
		CHECK_EQUAL(protocol, ipv4.protocol);
		assert_true(ipv4_checksum_holds((struct bytes){ packet.at, ipv4.header_size }));
		source = address_v4(ipv4.source);
		destination = address_v4(ipv4.destination);
		at = ipv4.header_size;
	}
	if (has_pseudo_header(protocol))
		checksum_add_pseudo(&checksum, &source, &destination, protocol,
				    (uint32_t)(packet.size - at));
	checksum_add(&checksum, bytes_after(packet, at));
	return checksum_finish(&checksum) == 0;
}

/* One piece as the wire would show it; from and size: which bytes of the payload it should carry. */
static void check_piece(const struct fixture *fixture, int index, uint32_t from, uint32_t size,
			bool last)
{
	const struct frame *piece = fixture->pieces[index];
	static uint8_t bytes[65536 + 14];
	struct tcp_header tcp;
	size_t total = frame_copy_out(piece, 0, bytes, sizeof bytes);
	struct bytes packet = bytes_after((struct bytes){ bytes, total }, ETHERNET_HEADER_SIZE);

	CHECK_EQUAL(frame_size(piece), total);
	CHECK_EQUAL(0, piece->segment_size);
	assert_false(piece->checksum_left_out);
	if (!fixture->v6)
		CHECK_EQUAL((uint16_t)(0xfffe + index), get16(packet.at + 4));
	assert_true(transport_checksum_holds(packet, PROTOCOL_TCP));
	assert_true(tcp_parse(bytes_after(packet, ip_size(fixture)), &tcp));
	CHECK_EQUAL((uint32_t)(SEQUENCE + from), tcp.sequence);
	CHECK_EQUAL(7, tcp.acknowledgment);
	CHECK_EQUAL(TCP_ACK | (last ? TCP_PSH | TCP_FIN : 0) | (index == 0 ? TCP_CWR : 0),
		    tcp.flags);
	CHECK_EQUAL(2, tcp.options.timestamp_echo);

	struct bytes payload = bytes_after(packet, ip_size(fixture) + tcp.header_size);
	CHECK_EQUAL(size, payload.size);
	for (uint32_t at = 0; at < size; at++)
		CHECK_EQUAL(payload_byte(from + at), payload.at[at]);
}

static void check_pieces(struct fixture *fixture, uint32_t size, uint32_t segment_size)
{
	uint32_t from = 0;
	CHECK_EQUAL((size + segment_size - 1) / segment_size, fixture->piece_count);
	for (int index = 0; index < fixture->piece_count; index++) {
		uint32_t part = size - from < segment_size ? size - from : segment_size;
		check_piece(fixture, index, from, part, from + part == size);
		from += part;
	}
}

static void a_large_segment_is_cut_as_the_wire_would_have_carried_it(void **state)
{
	static const struct {
		uint8_t slices;
		uint32_t size;
		uint16_t segment_size;
	} rows[] = {
		{ 1, 1449, 1448 },  { 1, 2896, 1448 },   { 1, 10000, 1448 }, { 4, 16301, 1448 },
		{ 17, 3847, 1448 }, { 17, 100, 53 },     { 17, 3, 16 },      { 2, 1, 1 },
		{ 3, 999, 536 },    { 17, 3850, 65000 },
	};
	struct fixture *fixture = *state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct frame *frame = segment(fixture, rows[index].slices, rows[index].size,
					      rows[index].segment_size);
		assert_true(cut_each(frame, keep, fixture));
		frame_free(frame);
		check_pieces(fixture, rows[index].slices * rows[index].size,
			     rows[index].segment_size);
		forget_pieces(fixture);
	}
}

static void payload_is_shared_and_not_copied(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = segment(fixture, 1, 4000, 1448);
	const struct block *block = frame->slices[0].block;

	assert_true(cut_each(frame, keep, fixture));
	CHECK_EQUAL(3, fixture->piece_count);
	CHECK_EQUAL(4, block->references);
	for (int index = 0; index < 3; index++)
		assert_ptr_equal(block, fixture->pieces[index]->slices[0].block);
	frame_free(frame);
}

static void the_frame_that_is_cut_is_unchanged(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = segment(fixture, 2, 2000, 1448);
	uint8_t before[4200], after[4200];
	size_t size = frame_copy_out(frame, 0, before, sizeof before);

	assert_true(cut_each(frame, keep, fixture));
	CHECK_EQUAL(size, frame_copy_out(frame, 0, after, sizeof after));
	assert_memory_equal(before, after, size);
	CHECK_EQUAL(1448, frame->segment_size);
	assert_true(frame->checksum_left_out);
	frame_free(frame);
}

/* A segment that came in one run of bytes: its payload lies behind the headers, at head. */
static void a_segment_all_at_head_is_cut_too(void **state)
{
	struct fixture *fixture = *state;
	static uint8_t bytes[8192];
	struct frame *sliced = segment(fixture, 1, 5000, 1448);
	size_t size = frame_copy_out(sliced, 0, bytes, sizeof bytes);
	struct frame *frame = frame_from_bytes(fixture->pool, (struct bytes){ bytes, size });

	frame_free(sliced);
	frame->segment_size = 1448;
	assert_true(cut_each(frame, keep, fixture));
	frame_free(frame);
	check_pieces(fixture, 5000, 1448);
}

/* Payload at head and in every slice is one slice more than a piece can hold. */
static void a_segment_with_payload_at_head_and_in_every_slice_is_cut_too(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = frame_new(fixture->pool);

	for (uint32_t index = 0; index < FRAME_SLICES; index++)
		add_slice(frame, 2 + index * 50, 50);
	*frame_push(frame, 1) = payload_byte(1);
	*frame_push(frame, 1) = payload_byte(0);
	write_tcp(frame);
	write_ip(fixture, frame, PROTOCOL_TCP);
	write_ethernet(fixture, frame);
	frame->segment_size = 840; /* ends in the last slice */
	assert_true(cut_each(frame, keep, fixture));
	frame_free(frame);
	check_pieces(fixture, 2 + FRAME_SLICES * 50, 840);
}

/* More than a frame has room for in front of its payload. */
static void a_segment_behind_many_headers_is_cut_too(void **state)
{
	struct fixture *fixture = *state;
	enum { OPTIONS = 160, HEADERS = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE };
	static uint8_t bytes[8192], longer[8192];
	struct frame *sliced = segment(fixture, 1, 5000, 1448);
	size_t size = frame_copy_out(sliced, 0, bytes, sizeof bytes);

	frame_free(sliced);
	memcpy(longer, bytes, HEADERS);
	put16(longer + ETHERNET_HEADER_SIZE + IPV6_PAYLOAD_SIZE_AT,
	      (uint16_t)(size - HEADERS + OPTIONS));
	longer[HEADERS] = PROTOCOL_DESTINATION_OPTIONS;
	longer[HEADERS + 1] = OPTIONS / 8 - 1;
	memcpy(longer + HEADERS + OPTIONS, bytes + HEADERS, size - HEADERS);
	struct frame *frame =
		frame_from_bytes(fixture->pool, (struct bytes){ longer, size + OPTIONS });
	frame->segment_size = 1448;
	assert_true(cut_each(frame, keep, fixture));
	frame_free(frame);
	CHECK_EQUAL(4, fixture->piece_count);
	for (int index = 0; index < 4; index++) {
		uint8_t *head = fixture->pieces[index]->head;
		CHECK_EQUAL(OPTIONS + 8 + 32 + (index < 3 ? 1448 : 5000 - 3 * 1448),
			    get16(head + ETHERNET_HEADER_SIZE + IPV6_PAYLOAD_SIZE_AT));
	}
}

static void what_fits_one_frame_is_given_as_a_finished_copy(void **state)
{
	static const uint16_t segment_sizes[] = { 0, 1000, 1448 };
	struct fixture *fixture = *state;
	for (size_t index = 0; index < COUNT_OF(segment_sizes); index++) {
		struct frame *frame = segment(fixture, 1, 1000, segment_sizes[index]);
		assert_true(cut_each(frame, keep, fixture));
		frame_free(frame);
		CHECK_EQUAL(1, fixture->piece_count);
		check_piece(fixture, 0, 0, 1000, true);
		forget_pieces(fixture);
	}
}

static void a_frame_that_is_not_ip_is_given_as_it_is(void **state)
{
	struct fixture *fixture = *state;
	uint8_t arp[60] = { [12] = 0x08, [13] = 0x06, [14] = 0, [15] = 1, [59] = 9 };
	struct frame *frame = frame_from_bytes(fixture->pool, (struct bytes){ arp, sizeof arp });
	uint8_t given[60];

	assert_true(cut_each(frame, keep, fixture));
	frame_free(frame);
	CHECK_EQUAL(1, fixture->piece_count);
	CHECK_EQUAL(60, frame_copy_out(fixture->pieces[0], 0, given, sizeof given));
	assert_memory_equal(arp, given, sizeof arp);
}

static void without_memory_it_says_so_and_leaks_nothing(void **state)
{
	struct fixture *fixture = *state;
	for (size_t allowed = 0;; allowed++) {
		struct pool *pool = fixture->pool;
		fixture->pool = pool_new(&fixture->memory.allocator);
		struct frame *frame = segment(fixture, 2, 2000, 1448);
		fixture->memory.refusals_after = allowed;
		bool complete = cut_each(frame, keep, fixture);
		fixture->memory.refusals_after = UNLIMITED;
		CHECK_EQUAL(complete, fixture->piece_count == 3);
		frame_free(frame);
		forget_pieces(fixture);
		pool_free(fixture->pool);
		fixture->pool = pool;
		if (complete)
			break;
	}
}

/* What an IP packet of a protocol looks like before its checksum; the field is zero. */
static struct frame *packet(struct fixture *fixture, uint8_t protocol, const uint8_t *transport,
			    uint32_t size)
{
	struct frame *frame = frame_with_room(fixture->pool, size);
	memcpy(frame->head, transport, size);
	write_ip(fixture, frame, protocol);
	frame->checksum_left_out = true;
	return frame;
}

static void a_checksum_left_out_is_filled_in_for_tcp_udp_and_icmp(void **state)
{
	struct fixture *fixture = *state;
	const struct {
		uint8_t protocol, checksum_at;
	} rows[] = {
		{ PROTOCOL_TCP, 16 },
		{ PROTOCOL_UDP, 6 },
		{ fixture->v6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP, 2 },
	};
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		uint8_t transport[33] = { 1, 2, 0, 0, 0, 33, 0, 0, 9, [12] = 0x50, [32] = 0xfe };
		struct frame *frame = packet(fixture, rows[index].protocol, transport, 33);

		assert_true(cut_finish_packet(frame));
		assert_false(frame->checksum_left_out);
		assert_true(transport_checksum_holds(frame_head(frame), rows[index].protocol));
		/* Nothing else has changed. */
		uint8_t *written = frame->head + ip_size(fixture);
		put16(written + rows[index].checksum_at, 0);
		assert_memory_equal(written, transport, sizeof transport);
		frame_free(frame);
	}
}

static void ethernet_padding_is_not_summed(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = segment(fixture, 1, 2, 0);
	struct frame *padded;
	uint8_t bytes[112];
	uint8_t tcp_checksum[2];
	uint32_t at = (uint32_t)(ETHERNET_HEADER_SIZE + ip_size(fixture) + 16);
	size_t size = frame_copy_out(frame, 0, bytes, sizeof bytes);

	memset(bytes + size, 0xee, sizeof bytes - size);
	padded = frame_from_bytes(fixture->pool, (struct bytes){ bytes, sizeof bytes });
	padded->checksum_left_out = true;
	assert_true(cut_finish_ethernet(frame) && cut_finish_ethernet(padded));
	CHECK_EQUAL(2, frame_copy_out(frame, at, tcp_checksum, 2));
	assert_memory_equal(tcp_checksum, padded->head + at, 2);
	frame_free(frame);
	frame_free(padded);
}

/* RFC 768: zero in the field means that there is none. */
static void a_udp_checksum_of_zero_is_sent_as_ffff(void **state)
{
	struct fixture *fixture = *state;
	uint8_t udp[10] = { 0, 7, 0, 9, 0, 10, 0, 0 };
	struct frame *frame = packet(fixture, PROTOCOL_UDP, udp, sizeof udp);
	assert_true(cut_finish_packet(frame));
	uint16_t checksum = get16(frame->head + ip_size(fixture) + 6);
	frame_free(frame);

	put16(udp + 8, checksum); /* into the data: the sum is now 0xffff */
	frame = packet(fixture, PROTOCOL_UDP, udp, sizeof udp);
	assert_true(cut_finish_packet(frame));
	CHECK_EQUAL(0xffff, get16(frame->head + ip_size(fixture) + 6));
	frame_free(frame);
}

static void a_checksum_that_is_there_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct frame *frame = segment(fixture, 1, 10, 0);
	frame->checksum_left_out = false;
	assert_true(cut_finish_ethernet(frame));
	CHECK_EQUAL(0, get16(frame->head + 14 + ip_size(fixture) + 16));
	frame_free(frame);
}

static void what_cannot_have_left_it_out_is_refused(void **state)
{
	const uint8_t transport[20] = { 0, [12] = 0x50 };
	struct fixture *fixture = *state;
	struct frame *frame = packet(fixture, 47, transport, sizeof transport);
	assert_false(cut_finish_packet(frame));   /* another protocol */
	assert_false(cut_finish_ethernet(frame)); /* not Ethernet */
	frame_free(frame);

	frame = packet(fixture, PROTOCOL_TCP, transport, sizeof transport);
	if (fixture->v6)
		frame->head[6] = PROTOCOL_FRAGMENT; /* at 256, by what were the options */
	else
		frame->head[6] = 0x20; /* a fragment */
	assert_false(cut_finish_packet(frame));
	frame_free(frame);

	frame = packet(fixture, fixture->v6 ? PROTOCOL_ICMP : PROTOCOL_ICMP6, transport,
		       sizeof transport);
	assert_false(cut_finish_packet(frame)); /* the other family's */
	frame_free(frame);

	for (uint32_t size = 0; size < TCP_HEADER_SIZE; size++) {
		frame = packet(fixture, PROTOCOL_TCP, transport, size);
		assert_false(cut_finish_packet(frame));
		frame_free(frame);
	}
}

#define CUT_TEST(name)                                                                             \
	cmocka_unit_test_setup_teardown(name, begin, end),                                         \
		cmocka_unit_test_setup_teardown(name, begin_v6, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CUT_TEST(a_large_segment_is_cut_as_the_wire_would_have_carried_it),
		CUT_TEST(payload_is_shared_and_not_copied),
		CUT_TEST(the_frame_that_is_cut_is_unchanged),
		CUT_TEST(a_segment_all_at_head_is_cut_too),
		CUT_TEST(a_segment_with_payload_at_head_and_in_every_slice_is_cut_too),
		cmocka_unit_test_setup_teardown(a_segment_behind_many_headers_is_cut_too, begin_v6,
						end),
		CUT_TEST(what_fits_one_frame_is_given_as_a_finished_copy),
		CUT_TEST(a_frame_that_is_not_ip_is_given_as_it_is),
		CUT_TEST(without_memory_it_says_so_and_leaks_nothing),
		CUT_TEST(a_checksum_left_out_is_filled_in_for_tcp_udp_and_icmp),
		CUT_TEST(ethernet_padding_is_not_summed),
		CUT_TEST(a_udp_checksum_of_zero_is_sent_as_ffff),
		CUT_TEST(a_checksum_that_is_there_is_left_alone),
		CUT_TEST(what_cannot_have_left_it_out_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
