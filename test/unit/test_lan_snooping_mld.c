/* What is of IPv6 in snooping; the rest is common to both, and asked in test_lan_snooping.c. */
#include "unit/snooping_room.h"

#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/ipv6_chain.h"
#include "wire/mld.h"

enum { HEADERS = ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE, UPPER_AT = HEADERS + 8 };

static const struct address site_group = { .bytes = { 0xff, 0x05, [15] = 0x42 } };
static const struct address other_group = { .bytes = { 0xff, 0x05, [15] = 0x43 } };
static const struct address solicited = { .bytes = { 0xff, 0x02, [11] = 1, 0xff, 0, 0, 9 } };
static const struct address all_nodes = { .bytes = { 0xff, 0x02, [15] = 1 } };
static const struct address mld_routers = { .bytes = { 0xff, 0x02, [15] = 0x16 } };

/* fe80::1 and so on; the switch's own is fe80::62:65ff:fe72:7468. */
static struct address link_local_of(unsigned station)
{
	return (struct address){ .bytes = { 0xfe, 0x80, [15] = (uint8_t)(station + 1) } };
}

static struct made mld_packet(unsigned from, const struct address *source,
			      const struct address *destination, struct bytes message)
{
	struct made made = { .size = UPPER_AT + (uint32_t)message.size };
	struct ethernet_header ethernet = { mac_of_group_v6(destination->bytes), mac_of(from),
					    ETHERTYPE_IPV6 };
	struct ipv6_header ipv6 = {
		.payload_size = (uint16_t)(8 + message.size),
		.next_header = PROTOCOL_HOP_BY_HOP,
		.hop_limit = 1,
		.source = *source,
		.destination = *destination,
	};
	struct checksum checksum = { 0 };

	ethernet_write(made.bytes, &ethernet);
	ipv6_write(made.bytes + ETHERNET_HEADER_SIZE, &ipv6);
	ipv6_write_router_alert(made.bytes + HEADERS, PROTOCOL_ICMP6);
	memcpy(made.bytes + UPPER_AT, message.at, message.size);
	checksum_add_pseudo(&checksum, source, destination, PROTOCOL_ICMP6, (uint32_t)message.size);
	checksum_add(&checksum, message);
	put16(made.bytes + UPPER_AT + ICMP6_CHECKSUM_AT, checksum_finish(&checksum));
	return made;
}

static struct made mld_report(unsigned from, enum mld_record_type type, const struct address *group)
{
	uint8_t message[MLD_REPORT_V2_HEADER_SIZE + MLD_RECORD_SIZE];
	struct address source = link_local_of(from);

	mld_write_report(message, 1);
	mld_write_record(message + MLD_REPORT_V2_HEADER_SIZE, type, group, NULL, 0);
	return mld_packet(from, &source, &mld_routers, (struct bytes){ message, sizeof message });
}

static void send_mld_record(struct room *room, unsigned from, enum mld_record_type type,
			    const struct address *group)
{
	struct made made = mld_report(from, type, group);
	send_made(room, from, &made);
}

static void send_mld_old(struct room *room, unsigned from, uint8_t type,
			 const struct address *group)
{
	uint8_t message[MLD_SIZE];
	struct address source = link_local_of(from);
	mld_write(message, type, 0, group);
	struct made made =
		mld_packet(from, &source, group, (struct bytes){ message, sizeof message });
	send_made(room, from, &made);
}

static void send_mld_query(struct room *room, unsigned from, const struct address *source)
{
	uint8_t message[MLD_QUERY_V2_SIZE];
	mld_write_query(message, &(struct mld_message){ .response_ms = 10000, .interval_s = 125 });
	struct made made =
		mld_packet(from, source, &all_nodes, (struct bytes){ message, sizeof message });
	send_made(room, from, &made);
}

static void settle_mld(struct room *room, unsigned member)
{
	send_mld_record(room, member, MLD_TO_EXCLUDE, &site_group);
	pass(room, SETTLING);
	send_mld_record(room, member, MLD_IS_EXCLUDE, &site_group);
	forget_heard(room);
}

static unsigned who_hears_v6(struct room *room, unsigned from, const struct address *group)
{
	uint8_t bytes[HEADERS + 8] = { 0 };
	struct ethernet_header ethernet = { mac_of_group_v6(group->bytes), mac_of(from),
					    ETHERTYPE_IPV6 };
	struct ipv6_header ipv6 = { .payload_size = 8,
				    .next_header = PROTOCOL_UDP,
				    .hop_limit = 1,
				    .source = link_local_of(from),
				    .destination = *group };
	unsigned hearers = 0;

	ethernet_write(bytes, &ethernet);
	ipv6_write(bytes + ETHERNET_HEADER_SIZE, &ipv6);
	forget_heard(room);
	send_bytes(room, from, bytes, sizeof bytes);
	for (unsigned number = 0; number < STATIONS; number++)
		hearers |= room->stations[number].data << number;
	return hearers;
}

static void a_group_goes_to_its_members_alone(void **state)
{
	struct room *room = *state;
	CHECK_EQUAL(0xe, who_hears_v6(room, 0, &site_group));
	settle_mld(room, 1);
	CHECK_EQUAL(1 << 1, who_hears_v6(room, 0, &site_group));
	send_mld_old(room, 3, ICMP6_MLD_REPORT, &site_group);
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears_v6(room, 0, &site_group));
	CHECK_EQUAL(0xe, who_hears_v6(room, 0, &other_group));
}

/* RFC 4541, 3. */
static void all_nodes_are_everybody(void **state)
{
	struct room *room = *state;
	settle_mld(room, 1);
	send_mld_record(room, 1, MLD_TO_EXCLUDE, &all_nodes);
	CHECK_EQUAL(0xe, who_hears_v6(room, 0, &all_nodes));
}

/* As in Linux's bridge; but every host has some of them, and a LAN with nothing else is to be quiet. */
static void the_links_other_groups_are_snooped_and_begin_nothing(void **state)
{
	struct room *room = *state;
	send_mld_record(room, 1, MLD_TO_EXCLUDE, &solicited);
	CHECK_EQUAL(1, members_of(room));
	CHECK_EQUAL(NEVER, clock_deadline(&room->clock));
	CHECK_EQUAL(0xe, who_hears_v6(room, 0, &solicited));
	settle_mld(room, 2);
	CHECK_EQUAL(1 << 1, who_hears_v6(room, 0, &solicited));
}

/* fe80::62:65ff:fe72:7468 to ff02::1: within 10 s, robustness 2, every 125 s. */
static void the_querier_asks_as_rfc_9777_has_it(void **state)
{
	static const uint8_t expected[] = {
		0x33, 0x33, 0,    0, 0, 1,   0x02, 'b',  'e',  'r',  't',  'h', 0x86,
		0xdd, 0x60, 0,    0, 0, 0,   36,   0,    1,    0xfe, 0x80, 0,   0,
		0,    0,    0,    0, 0, 'b', 'e',  0xff, 0xfe, 'r',  't',  'h', 0xff,
		0x02, 0,    0,    0, 0, 0,   0,    0,    0,    0,    0,    0,   0,
		0,    1,    58,   0, 5, 2,   0,    0,    1,    0,    130,  0,   0,
		0,    0x27, 0x10, 0, 0, 0,   0,    0,    0,    0,    0,    0,   0,
		0,    0,    0,    0, 0, 0,   0,    0,    2,    125,  0,    0,
	};
	struct room *room = *state;
	send_mld_record(room, 1, MLD_TO_EXCLUDE, &site_group);
	struct bytes heard = { room->stations[2].last, room->stations[2].last_size };
	CHECK_EQUAL(sizeof expected, heard.size);

	struct checksum checksum = { 0 };
	const struct address source = address_v6(heard.at + 22);
	checksum_add_pseudo(&checksum, &source, &all_nodes, PROTOCOL_ICMP6, MLD_QUERY_V2_SIZE);
	checksum_add(&checksum, bytes_after(heard, UPPER_AT));
	CHECK_EQUAL(0, checksum_finish(&checksum));
	put16(room->stations[2].last + UPPER_AT + ICMP6_CHECKSUM_AT, 0);
	assert_memory_equal(expected, heard.at, sizeof expected);
}

static void who_is_done_and_does_not_answer_has_left(void **state)
{
	struct room *room = *state;
	settle_mld(room, 1);
	send_mld_old(room, 2, ICMP6_MLD_REPORT, &site_group);
	send_mld_old(room, 2, ICMP6_MLD_DONE, &site_group);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears_v6(room, 0, &site_group));
	pass(room, 3 * SECOND);
	CHECK_EQUAL(1 << 1, who_hears_v6(room, 0, &site_group));
}

/* RFC 9777, 7.1.1. */
static void the_lower_address_asks(void **state)
{
	static const struct address high = { .bytes = { 0xfe, 0x80, [8] = 0xff } };
	struct room *room = *state;
	const struct address low = link_local_of(3);

	settle_mld(room, 1);
	send_mld_query(room, 3, &high);
	assert_true(room->lan.snooping.queriers[SNOOPED_MLD].running);
	send_mld_query(room, 3, &low);
	assert_false(room->lan.snooping.queriers[SNOOPED_MLD].running);
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears_v6(room, 0, &site_group));
}

/* RFC 9777, 5.1.14: a querier's address is the link's. */
static void a_query_from_elsewhere_is_nobodys(void **state)
{
	static const struct address far = { .bytes = { 0x20, 0x01, [15] = 1 } };
	struct room *room = *state;
	settle_mld(room, 1);
	send_mld_query(room, 3, &far);
	assert_true(room->lan.snooping.queriers[SNOOPED_MLD].running);
	CHECK_EQUAL(1 << 1, who_hears_v6(room, 0, &site_group));
}

/* Hostile row 44, and every truncation and flipped bit. The class and the label, and the router alert, are covered by no
 * checksum. */
static void a_damaged_report_says_nothing(void **state)
{
	struct room *room = *state;
	struct made whole = mld_report(2, MLD_IS_EXCLUDE, &other_group);

	settle_mld(room, 1);
	for (uint32_t size = ETHERNET_HEADER_SIZE; size < whole.size; size++)
		send_bytes(room, 2, whole.bytes, size);
	for (uint32_t bit = (ETHERNET_HEADER_SIZE + 4) * 8; bit < whole.size * 8; bit++) {
		struct made damaged = whole;
		damaged.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		if (bit / 8 < HEADERS || bit / 8 >= UPPER_AT)
			send_made(room, 2, &damaged);
	}
	CHECK_EQUAL(1, members_of(room));
	for (uint32_t bit = HEADERS * 8; bit < UPPER_AT * 8; bit++) {
		struct made damaged = whole;
		damaged.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		send_made(room, 2, &damaged);
	}
	send_made(room, 2, &whole);
	CHECK_EQUAL(2, members_of(room));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_goes_to_its_members_alone),
		TEST(all_nodes_are_everybody),
		TEST(the_links_other_groups_are_snooped_and_begin_nothing),
		TEST(the_querier_asks_as_rfc_9777_has_it),
		TEST(who_is_done_and_does_not_answer_has_left),
		TEST(the_lower_address_asks),
		TEST(a_query_from_elsewhere_is_nobodys),
		TEST(a_damaged_report_says_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
