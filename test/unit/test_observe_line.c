#include "unit/check.h"

#include "observe/counters.h"
#include "observe/line.h"
#include "observe/text.h"

static struct counted_memory memory;
static struct pool *pool;

#define MACS               2, 0x42, 10, 77, 0, 2, 2, 0x42, 10, 77, 0, 1
#define ADDRESSES          10, 77, 0, 1, 10, 77, 0, 2
#define IP(size, protocol) 0x45, 0, 0, (size), 0, 1, 0x40, 0, 64, (protocol), 0, 0, ADDRESSES

/* Bytes in the rows of their headers. */
/* clang-format off */
static const uint8_t syn_ack[] = {
	MACS, 8, 0, IP(60, 6),
	0x1f, 0x40, 0xa1, 0x12, 0, 0, 0, 7, 0, 0, 0, 9, 0xa0, 0x12, 0xfe, 0x88, 0, 0, 0, 0,
	2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7,
};
static const uint8_t data[] = {
	MACS, 8, 0, IP(44, 6),
	0x1f, 0x40, 0xa1, 0x12, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 9, 0x50, 0xf8, 1, 0, 0, 0, 0, 5,
	'a', 'b', 'c', 'd',
};
static const uint8_t sacked[] = {
	MACS, 8, 0, IP(60, 6),
	0x1f, 0x40, 0xa1, 0x12, 0, 0, 0, 7, 0, 0, 0, 9, 0xa0, 0x10, 1, 0, 0, 0, 0, 0,
	1, 1, 5, 18, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 40, 0, 0, 0, 50,
};
static const uint8_t no_flags[] = {
	MACS, 8, 0, IP(40, 6),
	0x1f, 0x40, 0xa1, 0x12, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0, 1, 0, 0, 0, 0, 0,
};
static const uint8_t arp_request[] = {
	MACS, 8, 6,
	0, 1, 8, 0, 6, 4, 0, 1, 2, 0x42, 10, 77, 0, 1, 10, 77, 0, 1, 0, 0, 0, 0, 0, 0, 10, 77, 0, 2,
};
static const uint8_t arp_reply[] = {
	MACS, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2,
	2, 0x42, 10, 77, 0, 1, 10, 77, 0, 1, 2, 0x42, 10, 77, 0, 2, 10, 77, 0, 2,
};
static const uint8_t echo[] = { MACS, 8, 0, IP(30, 1), 8, 0, 0, 0, 1, 2, 0, 3, 'h', 'i' };
static const uint8_t echo_reply[] = { MACS, 8, 0, IP(28, 1), 0, 0, 0, 0, 1, 2, 0, 3 };
static const uint8_t port_unreachable[] = {
	MACS, 8, 0, IP(56, 1), 3, 3, 0, 0, 0, 0, 0, 0, IP(40, 17), 0x12, 0x34, 0, 53, 0, 20, 0, 0,
};
static const uint8_t too_big[] = {
	MACS, 8, 0, IP(56, 1), 3, 4, 0, 0, 0, 0, 5, 0xdc, IP(40, 6), 0x12, 0x34, 0, 80, 0, 0, 0, 0,
};
static const uint8_t prohibited[] = { MACS, 8, 0, IP(28, 1), 3, 13, 0, 0, 0, 0, 0, 0 };
static const uint8_t time_exceeded[] = {
	MACS, 8, 0, IP(56, 1), 11, 0, 0, 0, 0, 0, 0, 0, IP(40, 1), 8, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t redirect[] = { MACS, 8, 0, IP(28, 1), 5, 1, 0, 0, 0, 0, 0, 0 };
static const uint8_t udp[] = { MACS, 8, 0, IP(30, 17), 0, 53, 0x12, 0x34, 0, 10, 0, 0, 1, 2 };
static const uint8_t udp_padded[] = {
	MACS, 8, 0, IP(30, 17), 0, 53, 0x12, 0x34, 0, 10, 0, 0, 1, 2, 0, 0, 0, 0,
};
static const uint8_t sctp[] = { MACS, 8, 0, IP(22, 132), 1, 2 };
static const uint8_t fragment[] = {
	MACS, 8, 0, 0x45, 0, 0, 24, 0, 1, 0, 185, 64, 6, 0, 0, ADDRESSES, 1, 2, 3, 4,
};
static const uint8_t other[] = { MACS, 0x88, 0xcc, 1, 2, 3 };
static const uint8_t bad_ip[] = { MACS, 8, 0, 0x65, 0 };

#define LOCAL(last) 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last
#define GROUP       0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2
#define IP6(size, next) 0x60, 0, 0, 0, 0, (size), (next), 64, LOCAL(1), LOCAL(2)
#define MACS6 MACS, 0x86, 0xdd
static const uint8_t v6_syn[] = {
	MACS6, IP6(20, 6), 0x1f, 0x40, 0xa1, 0x12, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, 2, 1, 0, 0, 0, 0, 0,
};
static const uint8_t v6_udp[] = { MACS6, IP6(10, 17), 0, 53, 0x12, 0x34, 0, 10, 0, 0, 1, 2, 0xee };
static const uint8_t v6_behind_options[] = {
	MACS6, IP6(18, 60), 17, 0, 1, 4, 0, 0, 0, 0, 0, 53, 0x12, 0x34, 0, 10, 0, 0, 1, 2,
};
static const uint8_t v6_fragment[] = { MACS6, IP6(12, 44), 17, 0, 0, 8, 0, 0, 0, 1, 1, 2, 3, 4 };
static const uint8_t v6_echo[] = { MACS6, IP6(10, 58), 128, 0, 0, 0, 1, 2, 0, 3, 'h', 'i' };
static const uint8_t v6_too_big[] = {
	MACS6, IP6(56, 58), 2, 0, 0, 0, 0, 0, 5, 0, IP6(8, 17), 0x12, 0x34, 0, 53, 0, 8, 0, 0,
};
static const uint8_t v6_port_unreachable[] = {
	MACS6, IP6(56, 58), 1, 4, 0, 0, 0, 0, 0, 0, IP6(8, 17), 0x12, 0x34, 0, 53, 0, 8, 0, 0,
};
static const uint8_t v6_problem[] = { MACS6, IP6(8, 58), 4, 1, 0, 0, 0, 0, 0, 40 };
static const uint8_t v6_solicitation[] = {
	MACS6, IP6(32, 58), 135, 0, 0, 0, 0, 0, 0, 0, LOCAL(2), 1, 1, 2, 0x42, 10, 77, 0, 1,
};
static const uint8_t v6_advertisement[] = {
	MACS6, IP6(32, 58), 136, 0, 0, 0, 0x60, 0, 0, 0, LOCAL(2), 2, 1, 2, 0x42, 10, 77, 0, 2,
};
static const uint8_t v6_router[] = {
	MACS6, IP6(56, 58), 134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 5, 220,
	3, 4, 64, 0xc0, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t v6_query[] = { MACS6, IP6(24, 58), 130, 0, 0, 0, 3, 0xe8, 0, 0, GROUP };
static const uint8_t v6_done[] = { MACS6, IP6(24, 58), 132, 0, 0, 0, 0, 0, 0, 0, GROUP };
static const uint8_t v6_report[] = {
	MACS6, IP6(36, 0), 58, 0, 5, 2, 0, 0, 1, 0, 143, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, GROUP,
};
static const uint8_t v6_unknown[] = { MACS6, IP6(8, 58), 200, 1, 0, 0, 0, 0, 0, 0 };
static const uint8_t v6_bad[] = { MACS6, IP6(8, 0), 58, 1, 0, 0, 0, 0, 0, 0 };
/* clang-format on */

#define FROM_1 "10.77.0.1.8000 > 10.77.0.2.41234: "
#define HOSTS  "IP 10.77.0.1 > 10.77.0.2: "
#define HOSTS6 "IP6 fe80::1 > fe80::2: "
#define CASE(bytes, line)                                                                          \
	{                                                                                          \
		{ bytes, sizeof bytes }, line                                                      \
	}

static const struct {
	struct bytes frame;
	const char *line;
} cases[] = {
	CASE(syn_ack, "IP " FROM_1 "Flags [S.], seq 7, ack 9, win 65160, options "
		      "[mss 1460,sackOK,TS val 1 ecr 2,wscale 7], length 0"),
	CASE(data, "IP " FROM_1 "Flags [P.UEW], seq 4294967295:3, ack 9, win 256, urg 5, length 4"),
	CASE(sacked, "IP " FROM_1 "Flags [.], ack 9, win 256, options [sack 2 {20:30}{40:50}], "
		     "length 0"),
	CASE(no_flags, "IP " FROM_1 "Flags [none], win 256, length 0"),
	CASE(arp_request, "ARP, Request who-has 10.77.0.2 tell 10.77.0.1, length 28"),
	CASE(arp_reply, "ARP, Reply 10.77.0.1 is-at 02:42:0a:4d:00:01, length 28"),
	CASE(echo, HOSTS "ICMP echo request, id 258, seq 3, length 10"),
	CASE(echo_reply, HOSTS "ICMP echo reply, id 258, seq 3, length 8"),
	CASE(port_unreachable, HOSTS "ICMP port unreachable (udp to 10.77.0.2.53), length 36"),
	CASE(too_big, HOSTS "ICMP unreachable - need to frag, mtu 1500 (tcp to 10.77.0.2.80), "
			    "length 36"),
	CASE(prohibited, HOSTS "ICMP unreachable, code 13, length 8"),
	CASE(time_exceeded, HOSTS "ICMP time exceeded in-transit (icmp to 10.77.0.2), length 36"),
	CASE(redirect, HOSTS "ICMP type 5, code 1, length 8"),
	CASE(udp, "IP 10.77.0.1.53 > 10.77.0.2.4660: UDP, length 2"),
	CASE(udp_padded, "IP 10.77.0.1.53 > 10.77.0.2.4660: UDP, length 2"),
	CASE(sctp, HOSTS "ip-proto-132, length 2"),
	CASE(fragment, HOSTS "tcp, fragment at 1480, length 4"),
	CASE(other, "02:42:0a:4d:00:01 > 02:42:0a:4d:00:02, ethertype 0x88cc, length 17"),
	CASE(bad_ip, "02:42:0a:4d:00:01 > 02:42:0a:4d:00:02, ethertype 0x0800, malformed, "
		     "length 16"),
	CASE(v6_syn, "IP6 fe80::1.8000 > fe80::2.41234: Flags [S], seq 7, win 256, length 0"),
	CASE(v6_udp, "IP6 fe80::1.53 > fe80::2.4660: UDP, length 2"),
	CASE(v6_behind_options, "IP6 fe80::1.53 > fe80::2.4660: UDP, length 2"),
	CASE(v6_fragment, HOSTS6 "udp, fragment at 8, length 4"),
	CASE(v6_echo, HOSTS6 "ICMP6 echo request, id 258, seq 3, length 10"),
	CASE(v6_too_big, HOSTS6 "ICMP6 packet too big, mtu 1280 (udp to fe80::2.53), length 56"),
	CASE(v6_port_unreachable, HOSTS6 "ICMP6 port unreachable (udp to fe80::2.53), length 56"),
	CASE(v6_problem, HOSTS6 "ICMP6 parameter problem, code 1, pointer 40, length 8"),
	CASE(v6_solicitation, HOSTS6 "ICMP6 neighbour solicitation, who has fe80::2, length 32"),
	CASE(v6_advertisement, HOSTS6 "ICMP6 neighbour advertisement, fe80::2 is at "
				      "02:42:0a:4d:00:02, solicited, override, length 32"),
	CASE(v6_router, HOSTS6 "ICMP6 router advertisement, lifetime 1800, mtu 1500, "
			       "prefix 2001:db8::/64, length 56"),
	CASE(v6_query, HOSTS6 "ICMP6 multicast query v1 ff0e::102, within ms 1000, length 24"),
	CASE(v6_done, HOSTS6 "ICMP6 multicast done ff0e::102, length 24"),
	CASE(v6_report, HOSTS6 "ICMP6 multicast report v2, records 1 [ff0e::102 to exclude, "
			       "sources 0], length 28"),
	CASE(v6_unknown, HOSTS6 "ICMP6 type 200, code 1, length 8"),
	CASE(v6_bad, "02:42:0a:4d:00:01 > 02:42:0a:4d:00:02, ethertype 0x86dd, malformed, "
		     "length 62"),
	{ { other, 13 }, "no Ethernet header, length 13" },
};

static size_t write_line(char *at, size_t room, struct bytes bytes)
{
	struct frame *frame = frame_from_bytes(pool, bytes);
	size_t size = line_write(at, room, frame);
	frame_free(frame);
	CHECK_EQUAL(strlen(at), size);
	return size;
}

static void each_kind_of_packet_has_its_line(void **state)
{
	char line[LINE_MOST];
	(void)state;
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		write_line(line, sizeof line, cases[index].frame);
		assert_string_equal(cases[index].line, line);
	}
}

static void a_packet_whose_payload_lies_in_slices_reads_the_same(void **state)
{
	char line[LINE_MOST];
	struct frame *frame = frame_new(pool);
	struct block *block = block_new(pool, 65000);
	(void)state;

	uint8_t *at = frame_push(frame, 54);
	memcpy(at, data, 54);
	put16(at + 16, 40 + 65000);
	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, 65000 };
	frame->payload_size = 65000;
	line_write(line, sizeof line, frame);
	assert_string_equal(
		"IP " FROM_1
		"Flags [P.UEW], seq 4294967295:64999, ack 9, win 256, urg 5, length 65000",
		line);
	frame_free(frame);
}

/* Under the sanitizers nothing is read past the bytes; here, that some line is made of whatever is there. */
static void every_truncation_and_every_flipped_bit_has_a_line(void **state)
{
	char line[LINE_MOST];
	uint8_t bytes[160];
	(void)state;
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		struct bytes frame = cases[index].frame;
		for (size_t size = 0; size < frame.size; size++)
			assert_true(write_line(line, sizeof line,
					       (struct bytes){ frame.at, size }) > 0);
		for (size_t bit = 0; bit < frame.size * 8; bit++) {
			memcpy(bytes, frame.at, frame.size);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			size_t size =
				write_line(line, sizeof line, (struct bytes){ bytes, frame.size });
			assert_true(size > 0 && size < LINE_MOST - 1);
		}
	}
}

static void a_line_is_cut_where_the_room_ends(void **state)
{
	char line[LINE_MOST], cut[LINE_MOST];
	struct bytes frame = { syn_ack, sizeof syn_ack };
	size_t size = write_line(line, sizeof line, frame);
	(void)state;
	for (size_t room = 1; room <= size; room++) {
		memset(cut, '#', sizeof cut);
		CHECK_EQUAL(room - 1, write_line(cut, room, frame));
		assert_memory_equal(line, cut, room - 1);
		CHECK_EQUAL('#', cut[room]);
	}
}

static void numbers_are_written_to_their_limits(void **state)
{
	char at[80];
	struct text text;
	(void)state;
	text_init(&text, at, sizeof at);
	text_add_number(&text, 0);
	text_add(&text, " ");
	text_add_number(&text, UINT64_MAX);
	text_add(&text, " ");
	text_add_hex(&text, 0, 0);
	text_add_hex(&text, 0xab, 4);
	text_add_hex(&text, UINT64_MAX, 2);
	text_add(&text, " ");
	text_add_v4(&text, 0xff0001fe);
	assert_string_equal("0 18446744073709551615 00abffffffffffffffff 255.0.1.254", at);
}

/* RFC 5952, 4 and 5. */
static void an_ipv6_address_has_one_form(void **state)
{
	static const struct {
		uint16_t groups[8];
		const char *text;
	} rows[] = {
		{ { 0 }, "::" },
		{ { [7] = 1 }, "::1" },
		{ { 1 }, "1::" },
		{ { 0x2001, 0xdb8, 0, 0, 0, 0, 2, 1 }, "2001:db8::2:1" },
		{ { 0x2001, 0xdb8, 0, 1, 1, 1, 1, 1 }, "2001:db8:0:1:1:1:1:1" },
		{ { 0x2001, 0, 0, 1, 0, 0, 0, 1 }, "2001:0:0:1::1" },
		{ { 0x2001, 0xdb8, 0, 0, 1, 0, 0, 1 }, "2001:db8::1:0:0:1" },
		{ { 0, 0, 1, 0, 0, 0, 0xABCD, 0 }, "0:0:1::abcd:0" },
		{ { 1, 2, 3, 4, 5, 6, 7, 8 }, "1:2:3:4:5:6:7:8" },
		{ { 1, 2, 3, 4, 5, 6, 0, 0 }, "1:2:3:4:5:6::" },
		{ { 0, 0, 3, 4, 5, 6, 7, 8 }, "::3:4:5:6:7:8" },
		{ { 0, 2, 3, 4, 5, 6, 7, 8 }, "0:2:3:4:5:6:7:8" },
		{ { [5] = 0xffff, 0x0a4d, 0x0001 }, "10.77.0.1" },
	};
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct address address;
		struct text text;
		char at[48];
		for (size_t group = 0; group < 8; group++)
			put16(address.bytes + 2 * group, rows[index].groups[group]);
		text_init(&text, at, sizeof at);
		text_add_address(&text, &address);
		assert_string_equal(rows[index].text, at);
	}
}

static void counters_are_listed_as_far_as_there_is_room_and_counted_all(void **state)
{
	uint64_t counts[VERDICT_COUNT] = { [DROP_CHECKSUM] = 3 };
	struct berth_counter counters[VERDICT_COUNT] = { 0 };
	(void)state;
	CHECK_EQUAL(VERDICT_COUNT, counters_list(counts, counters, 2));
	assert_non_null(counters[1].name);
	assert_null(counters[2].name);
	CHECK_EQUAL(VERDICT_COUNT, counters_list(counts, NULL, 0));
	CHECK_EQUAL(VERDICT_COUNT, counters_list(counts, counters, VERDICT_COUNT));
	assert_string_equal("bad checksum", counters[DROP_CHECKSUM].name);
	CHECK_EQUAL(3, counters[DROP_CHECKSUM].count);
}

static int set_up(void **state)
{
	(void)state;
	counted_memory_init(&memory);
	pool = pool_new(&memory.allocator);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pool_free(pool);
	check_nothing_leaked(&memory);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_of_packet_has_its_line),
		TEST(a_packet_whose_payload_lies_in_slices_reads_the_same),
		TEST(every_truncation_and_every_flipped_bit_has_a_line),
		TEST(a_line_is_cut_where_the_room_ends),
		TEST(numbers_are_written_to_their_limits),
		TEST(an_ipv6_address_has_one_form),
		TEST(counters_are_listed_as_far_as_there_is_room_and_counted_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
