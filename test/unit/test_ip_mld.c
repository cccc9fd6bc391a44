/* What is said of groups of IPv6, and believed. What both families have in common is test_ip_group's. */
#include "unit/ip6_world.h"

#include "ip/group_report.h"
#include "ip/mld.h"

#include <errno.h>

static const struct address wanted = { .bytes = { 0xff, 0x15, [15] = 0x42 } };
static const struct address other = { .bytes = { 0xff, 0x15, [15] = 0x43 } };
static const struct address routers = { .bytes = { 0xff, 2, [15] = 2 } };
static const struct address v2_routers = { .bytes = { 0xff, 2, [15] = 0x16 } };
static const struct address source_a = { .bytes = { 0xfd, 0x77, [15] = 0xa } };
static const struct address source_b = { .bytes = { 0xfd, 0x77, [15] = 0xb } };

enum { QUERY_AT = ICMP6_AT + IPV6_ROUTER_ALERT_SIZE };

/* The host has said what there was to say of its addresses. */
static int mld_begin(void **state)
{
	world6_begin(state);
	struct world *world = *state;
	world->without_mld = false;
	world->link->queriers[GROUPS_OF_IPV6].robustness = 0;
	return 0;
}

#define MLD_TEST(name) cmocka_unit_test_setup_teardown(name, mld_begin, world_end)

/* A member whose sources are the test's. */
struct asker {
	struct group_member member;
	struct address sources[2];
};

static void join(struct world *world, struct asker *asker, const struct address *group,
		 bool exclude, uint32_t count)
{
	*asker = (struct asker){ .sources = { source_a, source_b } };
	asker->member.filter = (struct source_filter){ exclude, { asker->sources, count, 2 } };
	list_init(&asker->member.link);
	CHECK_EQUAL(0, group_join(&world->ip, &asker->member, world->link, group));
}

static void settle(struct world *world)
{
	world_advance(world, world->clock.now + 100 * SECOND);
	world->sent_count = 0;
}

/* What was sent, which comes from the link's address with a hop limit of 1 and a router alert (RFC 9777, 5). */
static struct mld_message sent_mld_from(const struct world *world, int index,
					const struct address *source,
					const struct address *destination)
{
	static const uint8_t router_alert[] = { PROTOCOL_ICMP6, 0, 5, 2, 0, 0, 1, 0 };
	const struct sent *sent = &world->sent[index];
	struct ipv6_header ipv6 = sent_ipv6(world, index);
	struct bytes message = { sent->bytes + QUERY_AT, sent->size - QUERY_AT };
	struct mac mac = mac_of_group_v6(destination->bytes);
	struct checksum checksum = { 0 };
	struct mld_message mld;

	assert_true(mac_equal(&mac,
			      &(struct mac){ { sent->bytes[0], sent->bytes[1], sent->bytes[2],
					       sent->bytes[3], sent->bytes[4], sent->bytes[5] } }));
	CHECK_ADDRESS(*source, ipv6.source);
	CHECK_ADDRESS(*destination, ipv6.destination);
	CHECK_EQUAL(1, ipv6.hop_limit);
	CHECK_EQUAL(PROTOCOL_HOP_BY_HOP, ipv6.next_header);
	assert_memory_equal(sent->bytes + ICMP6_AT, router_alert, sizeof router_alert);
	checksum_add_pseudo(&checksum, &ipv6.source, &ipv6.destination, PROTOCOL_ICMP6,
			    (uint32_t)message.size);
	checksum_add(&checksum, message);
	CHECK_EQUAL(0, checksum_finish(&checksum));
	assert_true(mld_parse(message, &mld));
	return mld;
}

static struct mld_message sent_mld(const struct world *world, int index,
				   const struct address *destination)
{
	return sent_mld_from(world, index, &my_link_local, destination);
}

static struct mld_record check_record(const struct world *world, int index, uint8_t type,
				      uint16_t count)
{
	struct mld_message mld = sent_mld(world, index, &v2_routers);
	struct mld_record record;

	CHECK_EQUAL(ICMP6_MLD_REPORT_V2, mld.type);
	CHECK_EQUAL(1, mld.count);
	assert_true(mld_take_record(&mld.records, &record));
	CHECK_EQUAL(type, record.type);
	CHECK_ADDRESS(wanted, record.group);
	CHECK_EQUAL(count, record.count);
	return record;
}

/* A message behind a router alert, its hop limit 1. */
static struct made make_mld(const struct address *source, const struct address *destination,
			    struct bytes message)
{
	uint8_t payload[1400];

	ipv6_write_router_alert(payload, PROTOCOL_ICMP6);
	memcpy(payload + IPV6_ROUTER_ALERT_SIZE, message.at, message.size);
	struct made made =
		make_ipv6(source, destination, PROTOCOL_HOP_BY_HOP,
			  (struct bytes){ payload, IPV6_ROUTER_ALERT_SIZE + message.size });
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = 1;
	finish_icmp6(&made, QUERY_AT);
	return made;
}

static enum verdict hear(struct world *world, const struct address *destination,
			 const uint8_t *message, size_t size)
{
	struct made made = make_mld(&peer_link_local, destination, (struct bytes){ message, size });
	return world_receive_made(world, &made);
}

/* group NULL: of all. */
static enum verdict hear_query(struct world *world, const struct address *group, uint16_t delay_ms)
{
	uint8_t query[MLD_QUERY_V2_SIZE] = { [24] = 2, 125 };

	mld_write(query, ICMP6_MLD_QUERY, delay_ms, group ? group : &nobody6);
	return hear(world, group ? group : &all_nodes, query, sizeof query);
}

static enum verdict hear_old_query(struct world *world, uint16_t delay_ms)
{
	uint8_t query[MLD_SIZE];

	mld_write(query, ICMP6_MLD_QUERY, delay_ms, &nobody6);
	return hear(world, &all_nodes, query, sizeof query);
}

static void joining_and_leaving_are_said_twice(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, true, 0);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, MLD_TO_EXCLUDE, 0);
	world_advance(world, 1 * SECOND);
	check_record(world, 1, MLD_TO_EXCLUDE, 0);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	group_leave(&world->ip, &asker.member);
	check_record(world, 2, MLD_TO_INCLUDE, 0);
	world_advance(world, 61 * SECOND);
	check_record(world, 3, MLD_TO_INCLUDE, 0);
	CHECK_EQUAL(4, world->sent_count);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void sources_are_allowed_and_blocked_one_by_one(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, false, 1);
	struct mld_record record = check_record(world, 0, MLD_ALLOW, 1);
	assert_memory_equal(record.sources.at, source_a.bytes, 16);
	settle(world);
	asker.member.filter.sources.count = 2;
	group_member_changed(&world->ip, &asker.member);
	record = check_record(world, 0, MLD_ALLOW, 1);
	assert_memory_equal(record.sources.at, source_b.bytes, 16);
	asker.member.filter.sources.count = 1;
	group_member_changed(&world->ip, &asker.member);
	check_record(world, 1, MLD_BLOCK, 1);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, &wanted, 1000));
	settle(world);
}

/* Of its group, and of those by which its addresses are asked for. */
static void a_general_query_is_answered_in_time_and_in_one_report(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, true, 0);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, NULL, 5000));
	CHECK_EQUAL(0, world->sent_count);
	world_advance(world, world->clock.now + 5 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(2, sent_mld(world, 0, &v2_routers).count);
	settle(world);
	CHECK_EQUAL(0, world->sent_count);
}

static void a_query_of_a_group_is_answered_by_its_members_only(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, true, 0);
	settle(world);
	CHECK_EQUAL(DROP_NOT_OURS, hear_query(world, &other, 1000));
	CHECK_EQUAL(DELIVERED, hear_query(world, &wanted, 1000));
	world_advance(world, world->clock.now + 1 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, MLD_IS_EXCLUDE, 0);
}

/* Though the querier is no source that is wanted: it is spoken of the group, not in it. */
static void a_query_of_sources_is_answered_with_those_that_are_wanted(void **state)
{
	struct world *world = *state;
	struct asker asker;
	uint8_t query[MLD_QUERY_V2_SIZE + 32] = { [24] = 2, 125, 0, 2 };

	mld_write(query, ICMP6_MLD_QUERY, 1000, &wanted);
	memcpy(query + 28, source_a.bytes, 16);
	memcpy(query + 44, source_b.bytes, 16);
	join(world, &asker, &wanted, false, 1);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear(world, &wanted, query, sizeof query));
	world_advance(world, world->clock.now + 1 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	struct mld_record record = check_record(world, 0, MLD_IS_INCLUDE, 1);
	assert_memory_equal(record.sources.at, source_a.bytes, 16);
}

/* Row 44. */
static void a_query_that_leaves_no_time_is_answered_at_once(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, true, 0);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, &wanted, 0));
	world_advance(world, world->clock.now);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, MLD_IS_EXCLUDE, 0);
}

/* RFC 9777, 6.2: from an address of the link, with a hop limit of 1, and a router alert. */
static void queries_that_may_come_from_elsewhere_are_refused(void **state)
{
	struct world *world = *state;
	uint8_t query[MLD_QUERY_V2_SIZE] = { ICMP6_MLD_QUERY, [24] = 2, 125 };
	struct bytes message = { query, sizeof query };

	struct made made = make_mld(&peer6, &all_nodes, message);
	CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	made = make_mld(&nobody6, &all_nodes, message);
	CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	made = make_mld(&peer_link_local, &all_nodes, message);
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = 2;
	CHECK_EQUAL(DROP_FROM_AFAR, world_receive_made(world, &made));
	made = make_mld(&peer_link_local, &all_nodes, message);
	made.bytes[ICMP6_AT + 5] = 1; /* for RSVP */
	CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
	made = make_ipv6(&peer_link_local, &all_nodes, PROTOCOL_ICMP6, message);
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = 1;
	finish_icmp6(&made, ICMP6_AT);
	CHECK_EQUAL(DROP_OPTIONS, world_receive_made(world, &made));
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, NULL, 0));
	world_advance(world, world->clock.now);
	CHECK_EQUAL(1, world->sent_count);
}

/* Row 44: every truncation, and a count of more sources than there are. */
static void malformed_queries_are_refused(void **state)
{
	struct world *world = *state;
	uint8_t query[MLD_QUERY_V2_SIZE] = { ICMP6_MLD_QUERY, 0, 0, 0, 0, 1, [24] = 2, 125 };

	for (size_t size = 4; size < sizeof query; size++) {
		if (size != MLD_SIZE)
			CHECK_EQUAL(DROP_MALFORMED, hear(world, &all_nodes, query, size));
	}
	query[27] = 1;
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &all_nodes, query, sizeof query));
	query[27] = 0;
	memcpy(query + 8, peer6.bytes, 16);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &all_nodes, query, sizeof query));
	CHECK_EQUAL(0, world->sent_count);
}

static void a_flipped_bit_is_refused(void **state)
{
	struct world *world = *state;
	uint8_t query[MLD_QUERY_V2_SIZE] = { ICMP6_MLD_QUERY, [24] = 2, 125 };
	struct made made =
		make_mld(&peer_link_local, &all_nodes, (struct bytes){ query, sizeof query });

	for (size_t bit = 0; bit < 8 * sizeof query; bit++) {
		made.bytes[QUERY_AT + bit / 8] ^= (uint8_t)(1 << bit % 8);
		CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &made));
		made.bytes[QUERY_AT + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* RFC 9777, 9.2.1. */
static void an_older_querier_is_spoken_to_in_its_version_until_it_falls_silent(void **state)
{
	struct world *world = *state;
	struct asker asker;

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 1000));
	settle(world);
	join(world, &asker, &wanted, true, 0);
	CHECK_EQUAL(ICMP6_MLD_REPORT, sent_mld(world, 0, &wanted).type);
	world_advance(world, world->clock.now + 10 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	group_leave(&world->ip, &asker.member);
	CHECK_EQUAL(ICMP6_MLD_DONE, sent_mld(world, 2, &routers).type);
	world_advance(world, 2 * 125 * SECOND + SECOND);
	world->sent_count = 0;
	join(world, &asker, &wanted, true, 0);
	check_record(world, 0, MLD_TO_EXCLUDE, 0);
}

/* RFC 2710, 4; and from one who has no address of the link yet (RFC 3590). */
static void another_member_s_report_is_enough_for_an_older_querier(void **state)
{
	struct world *world = *state;
	struct asker asker;
	uint8_t report[MLD_SIZE];
	const struct address *const members[] = { &peer_link_local, &nobody6 };

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 10000));
	join(world, &asker, &wanted, true, 0);
	world_advance(world, 20 * SECOND);
	mld_write(report, ICMP6_MLD_REPORT, 0, &wanted);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		world->sent_count = 0;
		CHECK_EQUAL(DELIVERED, hear_old_query(world, 10000));
		struct made made =
			make_mld(members[i], &wanted, (struct bytes){ report, sizeof report });
		CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
		world_advance(world, world->clock.now + 20 * SECOND);
		CHECK_EQUAL(1, world->sent_count); /* the group of its addresses alone */
	}
	struct made made = make_mld(&peer6, &wanted, (struct bytes){ report, sizeof report });
	CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
}

/* RFC 9777, 6: nor of what does not leave the host. */
static void all_nodes_are_joined_by_everybody_and_never_spoken_of(void **state)
{
	static const struct address unspoken[] = {
		{ .bytes = { 0xff, 2, [15] = 1 } },
		{ .bytes = { 0xff, 1, [15] = 1 } },
		{ .bytes = { 0xff, 0x11, [15] = 0x42 } },
		{ .bytes = { 0xff, 0x10, [15] = 0x42 } },
	};
	struct world *world = *state;
	struct asker askers[COUNT_OF(unspoken)];

	assert_true(group_is_joined(&world->ip, world->link, &unspoken[0]));
	assert_true(group_is_joined(&world->ip, world->link, &unspoken[1]));
	for (size_t i = 0; i < COUNT_OF(unspoken); i++)
		join(world, &askers[i], &unspoken[i], true, 0);
	CHECK_EQUAL(0, world->sent_count);
	CHECK_EQUAL(DELIVERED, hear_query(world, NULL, 1000));
	world_advance(world, world->clock.now + SECOND);
	CHECK_EQUAL(1, sent_mld(world, 0, &v2_routers).count);
}

/* RFC 4861, 7.2.1; a second address with the same last 24 bits is nothing new. */
static void the_group_of_an_address_is_joined_as_long_as_it_is_there(void **state)
{
	static const struct address addresses[] = {
		{ .bytes = { 0xfd, 0x78, [13] = 1, 2, 3 } },
		{ .bytes = { 0xfd, 0x79, [13] = 1, 2, 3 } },
	};
	struct world *world = *state;
	struct address group = address_solicited_node(&addresses[0]);

	CHECK_EQUAL(0, ip_address_add(&world->ip, 2, &addresses[0], 64));
	CHECK_EQUAL(ICMP6_MLD_REPORT_V2, sent_mld(world, 0, &v2_routers).type);
	settle(world);
	CHECK_EQUAL(0, ip_address_add(&world->ip, 2, &addresses[1], 64));
	CHECK_EQUAL(1, world->sent_count); /* the announcement */
	CHECK_EQUAL(0, ip_address_remove(&world->ip, 2, &addresses[0]));
	assert_true(group_is_joined(&world->ip, world->link, &group));
	CHECK_EQUAL(0, ip_address_remove(&world->ip, 2, &addresses[1]));
	assert_false(group_is_joined(&world->ip, world->link, &group));
	CHECK_EQUAL(2, world->sent_count);
}

/* Its link-local address is known to nobody before the host speaks IPv6. */
static void a_host_that_has_not_spoken_answers_but_does_not_begin(void **state)
{
	static const struct mac mac = { { 2, 0, 0, 0x44, 0x55, 0x66 } };
	struct world *world = *state;

	CHECK_EQUAL(3, world_add_link(world, NULL, mac, true));
	settle(world);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
	struct interface *link = interface_find(&world->ip, 3);
	struct group_member member = { .filter = { .exclude = true } };
	list_init(&member.link);
	CHECK_EQUAL(0, group_join(&world->ip, &member, link, &wanted));
	CHECK_EQUAL(2, world->sent_count);
	settle(world);
	CHECK_EQUAL(0, interface_remove(&world->ip, 3));
}

/* RFC 3590. */
static void who_has_no_address_yet_speaks_from_nobody_and_again_when_it_has(void **state)
{
	struct world *world = *state;
	struct asker asker;

	world->link->addresses[0].state = ADDRESS_TENTATIVE;
	world->link->addresses[1].state = ADDRESS_TENTATIVE;
	join(world, &asker, &wanted, true, 0);
	sent_mld_from(world, 0, &nobody6, &v2_routers);
	settle(world);
	world->link->addresses[0].state = ADDRESS_PREFERRED;
	world->link->addresses[1].state = ADDRESS_PREFERRED;
	group_reports_renew(&world->ip, world->link);
	CHECK_EQUAL(2, world->sent_count);
	sent_mld(world, 0, &v2_routers);
	settle(world);
}

/* RFC 9777, 4.2: a filter of the interface, before any socket is looked for. */
static void what_a_source_sends_that_nobody_wants_is_not_for_us(void **state)
{
	struct world *world = *state;
	struct asker asker;

	join(world, &asker, &wanted, false, 1);
	struct made from_a = make_spy6(&source_a, &wanted), from_b = make_spy6(&source_b, &wanted);
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &from_a));
	CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &from_b));
	group_leave(&world->ip, &asker.member);
	CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &from_a));
}

/* Nobody is to reassemble for a report: 1,280 bytes each. */
static void many_groups_take_many_reports(void **state)
{
	struct world *world = *state;
	static struct asker askers[200];
	uint32_t told = 0;

	for (uint32_t i = 0; i < COUNT_OF(askers); i++) {
		struct address group = wanted;
		put32(group.bytes + 8, i);
		join(world, &askers[i], &group, true, 0);
	}
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, NULL, 1000));
	world_advance(world, world->clock.now + SECOND);
	for (int index = 0; index < world->sent_count; index++) {
		assert_true(world->sent[index].size <= ETHERNET_HEADER_SIZE + IPV6_MTU_LEAST);
		told += sent_mld(world, index, &v2_routers).count;
	}
	CHECK_EQUAL(201, told);
	CHECK_EQUAL(4, world->sent_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		MLD_TEST(joining_and_leaving_are_said_twice),
		MLD_TEST(sources_are_allowed_and_blocked_one_by_one),
		MLD_TEST(a_general_query_is_answered_in_time_and_in_one_report),
		MLD_TEST(a_query_of_a_group_is_answered_by_its_members_only),
		MLD_TEST(a_query_of_sources_is_answered_with_those_that_are_wanted),
		MLD_TEST(a_query_that_leaves_no_time_is_answered_at_once),
		MLD_TEST(queries_that_may_come_from_elsewhere_are_refused),
		MLD_TEST(malformed_queries_are_refused),
		MLD_TEST(a_flipped_bit_is_refused),
		MLD_TEST(an_older_querier_is_spoken_to_in_its_version_until_it_falls_silent),
		MLD_TEST(another_member_s_report_is_enough_for_an_older_querier),
		MLD_TEST(all_nodes_are_joined_by_everybody_and_never_spoken_of),
		MLD_TEST(the_group_of_an_address_is_joined_as_long_as_it_is_there),
		MLD_TEST(a_host_that_has_not_spoken_answers_but_does_not_begin),
		MLD_TEST(who_has_no_address_yet_speaks_from_nobody_and_again_when_it_has),
		MLD_TEST(what_a_source_sends_that_nobody_wants_is_not_for_us),
		MLD_TEST(many_groups_take_many_reports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
