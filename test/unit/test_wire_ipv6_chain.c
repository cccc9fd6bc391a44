#include "unit/check.h"

#include "wire/icmp6.h"
#include "wire/ipv6_chain.h"

enum { TCP = 6, UDP = 17, MOST = 4096 };
#define HOLDS   IPV6_CHAIN_HOLDS
#define PROBLEM IPV6_CHAIN_PROBLEM
#define DROP    IPV6_CHAIN_DROP

/* A packet from 2001:db8::1 of the bytes given, the first of them named by `first`. */
struct packet {
	size_t size;
	uint8_t bytes[MOST];
};

static struct packet packet_of(uint8_t first, bool to_group, const uint8_t *payload, size_t size)
{
	struct packet packet = { .size = IPV6_HEADER_SIZE + size };
	struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)size,
		.next_header = first,
		.hop_limit = 64,
		.source = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
		.destination = { .bytes = { to_group ? 0xff : 0xfe,
					    to_group ? 2 : 0x80, [15] = 2 } },
	};
	ipv6_write(packet.bytes, &ipv6);
	memcpy(packet.bytes + IPV6_HEADER_SIZE, payload, size);
	return packet;
}

/* The bytes that arrived lie at the end of a block of their own, so that what is read past them is seen. */
static enum ipv6_chain_end walk_some(const struct packet *packet, size_t size,
				     struct ipv6_chain *chain)
{
	uint8_t *copy = malloc(size);
	memcpy(copy, packet->bytes, size);
	enum ipv6_chain_end end = ipv6_chain_walk((struct bytes){ copy, size }, chain);
	free(copy);
	return end;
}

static enum ipv6_chain_end walk(const struct packet *packet, struct ipv6_chain *chain)
{
	return walk_some(packet, packet->size, chain);
}

struct row {
	const char *what;
	uint8_t first;
	bool to_group;
	uint8_t size;
	uint8_t payload[48];
	enum ipv6_chain_end end;
	uint8_t protocol_or_code;
	uint8_t upper_or_problem_at;
};

static const struct row rows[] = {
	{ "no headers", TCP, false, 20, { 0 }, HOLDS, TCP, 40 },
	{ "no headers, no payload", PROTOCOL_NONE, false, 0, { 0 }, HOLDS, PROTOCOL_NONE, 40 },
	{ "what is not known is carried", 253, false, 4, { 0 }, HOLDS, 253, 40 },

	{ "hop-by-hop, PadN of 6", 0, false, 8, { UDP, 0, 1, 4 }, HOLDS, UDP, 48 },
	{ "hop-by-hop, six Pad1", 0, false, 8, { UDP, 0 }, HOLDS, UDP, 48 },
	{ "PadN of 2", 0, false, 8, { UDP, 0, 1, 0, 1, 0, 1, 0 }, HOLDS, UDP, 48 },
	{ "padding of 8", 0, false, 16, { UDP, 1, 1, 6, [10] = 1, 4 }, DROP, 0, 0 },
	{ "padding of 14", 0, false, 16, { UDP, 1, 1, 12 }, DROP, 0, 0 },
	{ "padding of data", 0, false, 8, { UDP, 0, 1, 4, 0, 0, 0, 9 }, DROP, 0, 0 },
	{ "PadN past the end", 0, false, 8, { UDP, 0, 1, 5 }, DROP, 0, 0 },
	{ "PadN of 257", 0, false, 8, { UDP, 0, 1, 255 }, DROP, 0, 0 },
	{ "an option without length", 0, false, 8, { UDP, 0, 1, 3, 0, 0, 0, 5 }, DROP, 0, 0 },
	{ "hop-by-hop past the end", 0, false, 8, { UDP, 1, 1, 4 }, DROP, 0, 0 },
	{ "hop-by-hop of 2048", 0, false, 8, { UDP, 255, 1, 4 }, DROP, 0, 0 },

	{ "router alert", 0, false, 8, { 58, 0, 5, 2, 0, 0, 1, 0 }, HOLDS, 58, 48 },
	{ "router alert of 3", 0, false, 8, { 58, 0, 5, 3, 0, 0, 0, 0 }, DROP, 0, 0 },
	{ "router alert twice", 0, false, 16, { 58, 1, 5, 2, 0, 0, 5, 2, 0, 0, 1, 4 }, DROP, 0, 0 },
	{ "router alert elsewhere", 60, false, 8, { 58, 0, 5, 2, 0, 0, 1, 0 }, HOLDS, 58, 48 },

	{ "unknown 00", 0, false, 8, { UDP, 0, 0x1e, 4, 1, 2, 3, 4 }, HOLDS, UDP, 48 },
	{ "unknown 01", 0, false, 8, { UDP, 0, 0x5e, 4 }, DROP, 0, 0 },
	{ "unknown 10", 60, false, 8, { UDP, 0, 0x9e, 4 }, PROBLEM, 2, 42 },
	{ "unknown 10 to a group", 60, true, 8, { UDP, 0, 0x9e, 4 }, PROBLEM, 2, 42 },
	{ "unknown 11", 60, false, 8, { UDP, 0, 0xde, 4 }, PROBLEM, 2, 42 },
	{ "unknown 11 to a group", 60, true, 8, { UDP, 0, 0xde, 4 }, DROP, 0, 0 },
	{ "jumbo", 0, false, 8, { UDP, 0, 0xc2, 4, 0, 1, 0, 0 }, PROBLEM, 2, 42 },
	{ "eight options",
	  0,
	  false,
	  24,
	  { UDP, 2, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 1, 4 },
	  HOLDS,
	  UDP,
	  64 },
	{ "nine options",
	  0,
	  false,
	  24,
	  { UDP, 2, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 30, 0, 1, 2 },
	  DROP,
	  0,
	  0 },

	{ "hop-by-hop second", 60, false, 16, { 0, 0, 1, 4, [8] = UDP, 0, 1, 4 }, PROBLEM, 1, 40 },
	{ "hop-by-hop twice", 0, false, 16, { 0, 0, 1, 4, [8] = UDP, 0, 1, 4 }, PROBLEM, 1, 40 },
	{ "destination options twice",
	  60,
	  false,
	  16,
	  { 60, 0, 1, 4, [8] = UDP, 0, 1, 4 },
	  HOLDS,
	  UDP,
	  56 },

	{ "routing 0, done", 43, false, 8, { UDP, 0, 0, 0 }, HOLDS, UDP, 48 },
	{ "routing 0, segments left", 43, false, 8, { UDP, 0, 0, 1 }, PROBLEM, 0, 42 },
	{ "routing 3 (RPL), segments left", 43, false, 8, { UDP, 0, 3, 9 }, PROBLEM, 0, 42 },
	{ "routing 4 (segments), done", 43, false, 24, { UDP, 2, 4, 0, 255 }, HOLDS, UDP, 64 },
	{ "routing 4 (segments), left", 43, false, 24, { UDP, 2, 4, 255 }, PROBLEM, 0, 42 },
	{ "routing cut short", 43, false, 8, { UDP, 1, 0, 0 }, DROP, 0, 0 },

	{ "atomic fragment", 44, false, 16, { UDP, 0, 0, 0, 1, 2, 3, 4 }, HOLDS, UDP, 48 },
	{ "atomic, then options",
	  44,
	  false,
	  16,
	  { 60, 0, 0, 0, [8] = UDP, 0, 0x9e, 4 },
	  PROBLEM,
	  2,
	  50 },
	{ "fragment twice", 44, false, 16, { 44, 0, 0, 0, [8] = UDP, 0, 0, 0 }, DROP, 0, 0 },
	{ "first of two", 44, false, 16, { UDP, 0, 0, 1 }, HOLDS, UDP, 48 },
	{ "second of two", 44, false, 9, { UDP, 0, 0, 8 }, HOLDS, UDP, 48 },
	{ "a later one of whatever begins with a fragment",
	  44,
	  false,
	  9,
	  { 44, 0, 0, 8 },
	  HOLDS,
	  44,
	  48 },
	{ "not last, not 8", 44, false, 17, { UDP, 0, 0, 9 }, PROBLEM, 0, 4 },
	{ "past 65535", 44, false, 16, { UDP, 0, 0xff, 0xf8 }, PROBLEM, 0, 42 },
	{ "just within 65535", 44, false, 15, { UDP, 0, 0xff, 0xf8 }, HOLDS, UDP, 48 },
	{ "past 65535 with what is in front",
	  60,
	  false,
	  23,
	  { 44, 0, 1, 4, [8] = UDP, 0, 0xff, 0xf8 },
	  PROBLEM,
	  0,
	  50 },
	{ "of no bytes", 44, false, 8, { UDP, 0, 0, 1 }, DROP, 0, 0 },
	{ "last of no bytes", 44, false, 8, { UDP, 0, 0, 8 }, DROP, 0, 0 },
	{ "first without all of TCP", 44, false, 24, { TCP, 0, 0, 1 }, PROBLEM, 3, 0 },
	{ "first with all of TCP", 44, false, 32, { TCP, 0, 0, 1 }, HOLDS, TCP, 48 },
	{ "first without all headers",
	  44,
	  false,
	  16,
	  { 60, 0, 0, 1, [8] = UDP, 1 },
	  PROBLEM,
	  3,
	  0 },
	{ "first without what headers name",
	  44,
	  false,
	  16,
	  { 60, 0, 0, 1, [8] = UDP, 0, 1, 4 },
	  PROBLEM,
	  3,
	  0 },
	{ "first with options judged when whole",
	  44,
	  false,
	  24,
	  { 60, 0, 0, 1, [8] = UDP, 0, 0x9e, 4 },
	  HOLDS,
	  60,
	  48 },
	{ "fragment cut short", 44, false, 7, { UDP }, DROP, 0, 0 },
};

/* Rows 5, 10 and 14 to 16. */
static void each_chain_is_judged_by_the_rules_of_rfc_8200(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		struct packet packet =
			packet_of(row->first, row->to_group, row->payload, row->size);
		struct ipv6_chain chain;
		enum ipv6_chain_end end = walk(&packet, &chain);
		bool right = end == row->end;
		if (end == IPV6_CHAIN_HOLDS)
			right = right && chain.protocol == row->protocol_or_code &&
				chain.upper_at == row->upper_or_problem_at;
		if (end == IPV6_CHAIN_PROBLEM)
			right = right && chain.problem_code == row->protocol_or_code &&
				chain.problem_at == row->upper_or_problem_at;
		if (!right)
			fail_msg("%s: end %d, protocol %u at %u, problem %u at %u", row->what, end,
				 chain.protocol, chain.upper_at, chain.problem_code,
				 chain.problem_at);
	}
}

static void every_truncation_of_the_headers_is_dropped_or_told(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		struct packet packet =
			packet_of(row->first, row->to_group, row->payload, row->size);
		struct ipv6_chain whole, chain;
		if (walk(&packet, &whole) != IPV6_CHAIN_HOLDS)
			continue;
		for (size_t size = IPV6_HEADER_SIZE; size < whole.upper_at; size++)
			assert_int_not_equal(IPV6_CHAIN_HOLDS, walk_some(&packet, size, &chain));
	}
}

/* What holds stays within the packet, and what is a problem points into it. */
static void every_flipped_bit_is_judged_within_the_packet(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		struct packet packet =
			packet_of(row->first, row->to_group, row->payload, row->size);
		for (size_t bit = 0; bit < 8 * packet.size; bit++) {
			struct ipv6_chain chain;
			packet.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			enum ipv6_chain_end end = walk(&packet, &chain);
			if (end == IPV6_CHAIN_HOLDS)
				assert_true(chain.upper_at <= packet.size);
			if (end == IPV6_CHAIN_PROBLEM)
				assert_true(chain.problem_at < packet.size);
			packet.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* Row 10. */
static void one_to_two_hundred_headers_are_walked_as_far_as_the_bound(void **state)
{
	uint8_t payload[8 * 200];
	(void)state;
	for (size_t count = 1; count <= 200; count++) {
		for (size_t index = 0; index < count; index++) {
			const uint8_t header[8] = { index + 1 < count ? 60 : UDP, 0, 1, 4 };
			memcpy(payload + 8 * index, header, sizeof header);
		}
		struct packet packet = packet_of(60, false, payload, 8 * count);
		struct ipv6_chain chain;
		CHECK_EQUAL(count <= IPV6_CHAIN_HEADERS_MOST ? IPV6_CHAIN_HOLDS : IPV6_CHAIN_DROP,
			    walk(&packet, &chain));
	}
}

static void a_fragment_says_where_it_belongs_and_who_named_it(void **state)
{
	uint8_t payload[8 + 8 + 8] = { 44, 0, 1, 4 };
	struct ipv6_chain chain;
	(void)state;

	ipv6_write_fragment(payload + 8, UDP, 1448, true, 0xdeadbeef);
	struct packet packet = packet_of(60, false, payload, sizeof payload);
	CHECK_EQUAL(IPV6_CHAIN_HOLDS, walk(&packet, &chain));
	assert_true(chain.has_fragment && chain.more_fragments && ipv6_chain_in_parts(&chain));
	CHECK_EQUAL(1448, chain.fragment_offset);
	CHECK_EQUAL(0xdeadbeef, chain.identification);
	CHECK_EQUAL(48, chain.fragment_at);
	CHECK_EQUAL(40, chain.fragment_name_at);
	CHECK_EQUAL(UDP, chain.protocol);
	CHECK_EQUAL(56, chain.upper_at);
	CHECK_EQUAL(48, chain.name_at);
}

/* RFC 6946: and RFC 8200's reserved bits are not looked at. */
static void an_atomic_fragment_is_a_whole_packet(void **state)
{
	const uint8_t payload[16] = { UDP, 0xff, 0, 0x06, 1, 2, 3, 4 };
	struct packet packet = packet_of(PROTOCOL_FRAGMENT, false, payload, sizeof payload);
	struct ipv6_chain chain;
	(void)state;
	CHECK_EQUAL(IPV6_CHAIN_HOLDS, walk(&packet, &chain));
	assert_true(chain.has_fragment && !ipv6_chain_in_parts(&chain));
}

static void a_router_alert_is_found_and_written(void **state)
{
	uint8_t payload[IPV6_ROUTER_ALERT_SIZE];
	struct ipv6_chain chain;
	(void)state;

	ipv6_write_router_alert(payload, PROTOCOL_ICMP6);
	struct packet packet = packet_of(PROTOCOL_HOP_BY_HOP, true, payload, sizeof payload);
	CHECK_EQUAL(IPV6_CHAIN_HOLDS, walk(&packet, &chain));
	assert_true(chain.has_router_alert);
	CHECK_EQUAL(0, chain.router_alert);
	CHECK_EQUAL(PROTOCOL_ICMP6, chain.protocol);
}

/* Where a chain holds, both find the same; and what a destination refuses is looked over. */
static void one_who_only_looks_finds_the_same_and_judges_nothing(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct row *row = &rows[index];
		struct packet packet =
			packet_of(row->first, row->to_group, row->payload, row->size);
		struct ipv6_chain judged, seen;
		if (walk(&packet, &judged) != IPV6_CHAIN_HOLDS)
			continue;
		assert_true(ipv6_chain_skim((struct bytes){ packet.bytes, packet.size }, &seen));
		CHECK_EQUAL(judged.protocol, seen.protocol);
		CHECK_EQUAL(judged.upper_at, seen.upper_at);
		CHECK_EQUAL(judged.has_fragment, seen.has_fragment);
		CHECK_EQUAL(judged.fragment_offset, seen.fragment_offset);
		for (size_t size = IPV6_HEADER_SIZE; size < judged.upper_at; size++)
			assert_false(ipv6_chain_skim((struct bytes){ packet.bytes, size }, &seen));
	}
	const uint8_t unknown[8] = { UDP, 0, 0x9e, 4 };
	struct packet packet = packet_of(PROTOCOL_DESTINATION_OPTIONS, false, unknown, 8);
	struct ipv6_chain seen;
	assert_true(ipv6_chain_skim((struct bytes){ packet.bytes, packet.size }, &seen));
	CHECK_EQUAL(UDP, seen.protocol);
}

static void what_lies_behind_the_payload_is_no_header(void **state)
{
	const uint8_t payload[16] = { UDP, 1, 1, 4 };
	struct packet packet = packet_of(PROTOCOL_DESTINATION_OPTIONS, false, payload, 16);
	struct ipv6_chain chain;
	(void)state;
	put16(packet.bytes + IPV6_PAYLOAD_SIZE_AT, 8);
	CHECK_EQUAL(IPV6_CHAIN_DROP, walk(&packet, &chain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_chain_is_judged_by_the_rules_of_rfc_8200),
		cmocka_unit_test(every_truncation_of_the_headers_is_dropped_or_told),
		cmocka_unit_test(every_flipped_bit_is_judged_within_the_packet),
		cmocka_unit_test(one_to_two_hundred_headers_are_walked_as_far_as_the_bound),
		cmocka_unit_test(a_fragment_says_where_it_belongs_and_who_named_it),
		cmocka_unit_test(an_atomic_fragment_is_a_whole_packet),
		cmocka_unit_test(a_router_alert_is_found_and_written),
		cmocka_unit_test(one_who_only_looks_finds_the_same_and_judges_nothing),
		cmocka_unit_test(what_lies_behind_the_payload_is_no_header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
