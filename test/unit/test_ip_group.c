#include "unit/ip_world.h"

#include "ip/group_report.h"
#include "wire/igmp.h"

#include <errno.h>

#define GROUP    UINT32_C(0xef010203)
#define OTHER    UINT32_C(0xef010204)
#define ROUTERS  UINT32_C(0xe0000016)
#define SOURCE_A UINT32_C(0x0a4d0010)
#define SOURCE_B UINT32_C(0x0a4d0011)

/* A member whose sources are the test's. */
struct asker {
	struct group_member member;
	struct address sources[2];
};

static void asks(struct asker *asker, bool exclude, uint8_t count, uint32_t a, uint32_t b)
{
	*asker = (struct asker){ .sources = { address_v4(a), address_v4(b) } };
	asker->member.filter = (struct source_filter){ exclude, { asker->sources, count, 2 } };
}

static void join(struct world *world, struct asker *asker, uint32_t group)
{
	struct address address = address_v4(group);
	list_init(&asker->member.link);
	CHECK_EQUAL(0, group_join(&world->ip, &asker->member, world->link, &address));
}

static void join_all_sources(struct world *world, struct asker *asker, uint32_t group)
{
	asks(asker, true, 0, 0, 0);
	join(world, asker, group);
}

static void leave(struct world *world, struct asker *asker)
{
	group_leave(&world->ip, &asker->member);
}

static bool is_joined(const struct world *world, uint32_t group)
{
	struct address address = address_v4(group);
	return group_is_joined(&world->ip, world->link, &address);
}

static bool admits(const struct world *world, uint32_t source)
{
	struct address group = address_v4(GROUP), from = address_v4(source);
	return group_admits(&world->ip, world->link, &group, &from);
}

/* What was sent, which is IGMP with TTL 1 and router alert. */
static struct igmp_message sent_igmp(const struct world *world, int index, uint32_t destination)
{
	struct ipv4_header ipv4 = sent_ipv4(world, index);
	const struct mac mac = mac_of_group(destination);
	struct ethernet_header ethernet = sent_ethernet(world, index);
	struct igmp_message igmp;

	assert_true(mac_equal(&mac, &ethernet.destination));
	CHECK_EQUAL(destination, ipv4.destination);
	CHECK_EQUAL(ME, ipv4.source);
	CHECK_EQUAL(1, ipv4.ttl);
	CHECK_EQUAL(24, ipv4.header_size);
	CHECK_EQUAL(0x94040000, get32(ipv4.options.at));
	CHECK_EQUAL(PROTOCOL_IGMP, ipv4.protocol);
	struct bytes message = { world->sent[index].bytes + ETHERNET_HEADER_SIZE + 24,
				 ipv4.total_size - (size_t)24 };
	assert_true(igmp_checksum_holds(message));
	assert_true(igmp_parse(message, &igmp));
	return igmp;
}

static void check_record(const struct world *world, int index, uint8_t type, uint16_t count)
{
	struct igmp_message igmp = sent_igmp(world, index, ROUTERS);
	struct igmp_record record;

	CHECK_EQUAL(IGMP_REPORT_V3, igmp.type);
	assert_true(igmp_take_record(&igmp.records, &record));
	CHECK_EQUAL(type, record.type);
	CHECK_EQUAL(GROUP, record.group);
	CHECK_EQUAL(count, record.count);
}

static void put_checksum(uint8_t *message, size_t size)
{
	struct checksum checksum = { 0 };
	put16(message + 2, 0);
	checksum_add(&checksum, (struct bytes){ message, size });
	put16(message + 2, checksum_finish(&checksum));
}

static enum verdict hear(struct world *world, uint32_t destination, uint8_t *message, size_t size)
{
	put_checksum(message, size);
	struct made made =
		make_ipv4(PEER, destination, PROTOCOL_IGMP, (struct bytes){ message, size });
	struct ethernet_header ethernet = { mac_of_group(destination), peer_mac, ETHERTYPE_IPV4 };
	ethernet_write(made.bytes, &ethernet);
	return world_receive_made(world, &made);
}

static enum verdict hear_query(struct world *world, uint32_t group, uint8_t delay_ds)
{
	uint8_t query[IGMP_QUERY_V3_SIZE] = { IGMP_QUERY, delay_ds, [8] = 2, [9] = 125 };
	put32(query + 4, group);
	return hear(world, group ? group : ALL_HOSTS, query, sizeof query);
}

static enum verdict hear_old_query(struct world *world, uint8_t delay_ds)
{
	uint8_t query[IGMP_HEADER_SIZE] = { IGMP_QUERY, delay_ds };
	return hear(world, ALL_HOSTS, query, sizeof query);
}

/* Beside the one by which the link's address is asked for. */
static uint32_t group_count(const struct world *world)
{
	return world->ip.groups.count - 1;
}

/* Every retransmission is over; what was sent until then is forgotten. */
static void settle(struct world *world)
{
	world_advance(world, world->clock.now + 100 * SECOND);
	world->sent_count = 0;
}

static void joining_and_leaving_are_said_twice(void **state)
{
	struct world *world = *state;
	struct asker member;

	join_all_sources(world, &member, GROUP);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, IGMP_TO_EXCLUDE, 0);
	world_advance(world, 1 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	check_record(world, 1, IGMP_TO_EXCLUDE, 0);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(2, world->sent_count);

	leave(world, &member);
	assert_false(is_joined(world, GROUP));
	CHECK_EQUAL(1, group_count(world));
	check_record(world, 2, IGMP_TO_INCLUDE, 0);
	world_advance(world, 61 * SECOND);
	check_record(world, 3, IGMP_TO_INCLUDE, 0);
	CHECK_EQUAL(4, world->sent_count);
	CHECK_EQUAL(0, group_count(world));
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void a_second_member_is_nothing_new_to_the_link(void **state)
{
	struct world *world = *state;
	struct asker a, b;

	join_all_sources(world, &a, GROUP);
	settle(world);
	join_all_sources(world, &b, GROUP);
	leave(world, &a);
	CHECK_EQUAL(0, world->sent_count);
	assert_true(is_joined(world, GROUP));
	leave(world, &b);
	CHECK_EQUAL(1, world->sent_count);
}

static void sources_are_allowed_and_blocked_one_by_one(void **state)
{
	struct world *world = *state;
	struct asker member;

	asks(&member, false, 1, SOURCE_A, SOURCE_B);
	join(world, &member, GROUP);
	check_record(world, 0, IGMP_ALLOW, 1);
	settle(world);
	member.member.filter.sources.count = 2;
	group_member_changed(&world->ip, &member.member);
	check_record(world, 0, IGMP_ALLOW, 1);
	assert_true(admits(world, SOURCE_B));
	member.member.filter.sources.count = 1; /* before it was said again */
	group_member_changed(&world->ip, &member.member);
	check_record(world, 1, IGMP_BLOCK, 1);
	world_advance(world, world->clock.now + 10 * SECOND);
	check_record(world, 2, IGMP_BLOCK, 1);
	CHECK_EQUAL(3, world->sent_count);
	assert_false(admits(world, SOURCE_B));
}

/* RFC 9776, 3.2's example in small. */
static void what_members_want_is_merged(void **state)
{
	struct world *world = *state;
	struct asker included;
	struct asker excluding;
	struct asker excluding_one;

	asks(&included, false, 1, SOURCE_A, 0);
	asks(&excluding, true, 2, SOURCE_A, SOURCE_B);
	asks(&excluding_one, true, 1, SOURCE_A, 0);
	join(world, &included, GROUP);
	assert_true(admits(world, SOURCE_A));
	assert_false(admits(world, STRANGER));
	join(world, &excluding, GROUP);
	assert_true(admits(world, SOURCE_A));
	assert_false(admits(world, SOURCE_B));
	assert_true(admits(world, STRANGER));
	leave(world, &included);
	assert_false(admits(world, SOURCE_A));
	join(world, &excluding_one, GROUP);
	assert_true(admits(world, SOURCE_B));
	assert_false(admits(world, SOURCE_A));
}

static void too_many_sources_are_all_sources(void **state)
{
	struct world *world = *state;
	static struct asker askers[GROUP_SOURCES_MOST / 2 + 1];

	for (uint32_t i = 0; i < COUNT_OF(askers); i++) {
		asks(&askers[i], false, 2, 0x0a000000 + 2 * i, 0x0a000001 + 2 * i);
		join(world, &askers[i], GROUP);
	}
	assert_true(admits(world, STRANGER));
	leave(world, &askers[0]);
	assert_false(admits(world, STRANGER));
	for (uint32_t i = 1; i < COUNT_OF(askers); i++)
		leave(world, &askers[i]);
	settle(world);
	CHECK_EQUAL(0, group_count(world));
}

/* Of the interface's filter, then of what is to be said of it. */
static void sources_that_there_is_no_memory_for_are_all_sources(void **state)
{
	struct world *world = *state;
	struct asker plain, member;

	join_all_sources(world, &plain, GROUP);
	settle(world);
	asks(&member, true, 1, SOURCE_A, 0);
	plain.member.filter.sources = member.member.filter.sources;
	world->memory.refusals_after = 0;
	group_member_changed(&world->ip, &plain.member);
	assert_true(admits(world, SOURCE_A));
	world->memory.refusals_after = 1; /* the filter */
	group_member_changed(&world->ip, &plain.member);
	world->memory.refusals_after = UNLIMITED;
	assert_false(admits(world, SOURCE_A));
	check_record(world, world->sent_count - 1, IGMP_TO_EXCLUDE, 1);
}

static void a_general_query_is_answered_in_time_and_in_one_report(void **state)
{
	struct world *world = *state;
	struct asker a, b;

	join_all_sources(world, &a, OTHER);
	join_all_sources(world, &b, GROUP);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, 0, 50));
	CHECK_EQUAL(0, world->sent_count);
	world_advance(world, world->clock.now + 5 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(2, sent_igmp(world, 0, ROUTERS).count);
	world_advance(world, world->clock.now + 20 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
}

static void a_query_of_a_group_is_answered_by_its_members_only(void **state)
{
	struct world *world = *state;
	struct asker member;

	join_all_sources(world, &member, GROUP);
	settle(world);
	CHECK_EQUAL(DROP_NOT_OURS, hear_query(world, OTHER, 10));
	CHECK_EQUAL(DELIVERED, hear_query(world, GROUP, 10));
	world_advance(world, world->clock.now + 1 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, IGMP_IS_EXCLUDE, 0);
}

static void a_query_of_sources_is_answered_with_those_that_are_wanted(void **state)
{
	struct world *world = *state;
	struct asker member;
	uint8_t query[IGMP_QUERY_V3_SIZE + 8] = { IGMP_QUERY, 10, [8] = 2, [9] = 125, [11] = 2 };

	asks(&member, false, 1, SOURCE_A, 0);
	put32(query + 4, GROUP);
	put32(query + 12, SOURCE_A);
	put32(query + 16, SOURCE_B);
	join(world, &member, GROUP);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear(world, GROUP, query, sizeof query));
	world_advance(world, world->clock.now + 1 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, IGMP_IS_INCLUDE, 1);
}

/* Row 44: Urgent/11 divided by it. */
static void a_query_that_leaves_no_time_is_answered_at_once(void **state)
{
	struct world *world = *state;
	struct asker member;

	join_all_sources(world, &member, GROUP);
	settle(world);
	CHECK_EQUAL(DELIVERED, hear_query(world, 0, 0));
	world_advance(world, world->clock.now);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, IGMP_IS_EXCLUDE, 0);
}

/* Row 44, and queries by those who are not on the link's behalf. */
static void malformed_messages_are_refused(void **state)
{
	struct world *world = *state;
	uint8_t message[IGMP_QUERY_V3_SIZE] = { IGMP_QUERY, 1 };

	for (size_t size = 4; size < sizeof message; size++) {
		if (size != IGMP_HEADER_SIZE)
			CHECK_EQUAL(DROP_MALFORMED, hear(world, ALL_HOSTS, message, size));
	}
	put16(message + 10, 1);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, ALL_HOSTS, message, sizeof message));
	put16(message + 10, 0);
	put32(message + 4, STRANGER);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, ALL_HOSTS, message, sizeof message));
	put32(message + 4, 0);
	CHECK_EQUAL(DROP_IGNORED, hear(world, ME, message, sizeof message));
	message[0] = 0x7f;
	CHECK_EQUAL(DROP_IGNORED, hear(world, ALL_HOSTS, message, sizeof message));
	CHECK_EQUAL(0, world->sent_count);
}

static void an_empty_message_is_refused(void **state)
{
	struct world *world = *state;
	struct made made = make_ipv4(PEER, ALL_HOSTS, PROTOCOL_IGMP, (struct bytes){ NULL, 0 });

	enum verdict verdict = world_receive_made(world, &made);
	assert_true(verdict == DROP_CHECKSUM || verdict == DROP_MALFORMED);
}

static void a_flipped_bit_is_refused(void **state)
{
	struct world *world = *state;
	uint8_t query[IGMP_QUERY_V3_SIZE] = { IGMP_QUERY, 10, [8] = 2, [9] = 125 };

	put_checksum(query, sizeof query);
	for (size_t bit = 0; bit < 8 * sizeof query; bit++) {
		query[bit / 8] ^= (uint8_t)(1 << bit % 8);
		struct made made = make_ipv4(PEER, ALL_HOSTS, PROTOCOL_IGMP,
					     (struct bytes){ query, sizeof query });
		CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &made));
		query[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void an_older_querier_is_spoken_to_in_its_version_until_it_falls_silent(void **state)
{
	struct world *world = *state;
	struct asker member;

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 10));
	join_all_sources(world, &member, GROUP);
	CHECK_EQUAL(IGMP_REPORT_V2, sent_igmp(world, 0, GROUP).type);
	world_advance(world, world->clock.now + 10 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	leave(world, &member);
	CHECK_EQUAL(IGMP_LEAVE, sent_igmp(world, 2, 0xe0000002).type);
	world_advance(world, 251 * SECOND + SECOND);
	world->sent_count = 0;
	join_all_sources(world, &member, GROUP);
	check_record(world, 0, IGMP_TO_EXCLUDE, 0);
}

static void the_oldest_querier_hears_of_no_leaving(void **state)
{
	struct world *world = *state;
	struct asker member;

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 0));
	join_all_sources(world, &member, GROUP);
	CHECK_EQUAL(IGMP_REPORT_V1, sent_igmp(world, 0, GROUP).type);
	world_advance(world, 20 * SECOND);
	world->sent_count = 0;
	leave(world, &member);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(0, world->sent_count);
	CHECK_EQUAL(0, group_count(world));
}

static void another_member_s_report_is_enough_for_an_older_querier(void **state)
{
	struct world *world = *state;
	struct asker member;
	uint8_t report[IGMP_HEADER_SIZE] = { IGMP_REPORT_V2 };

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 100));
	join_all_sources(world, &member, GROUP);
	world_advance(world, 20 * SECOND);
	world->sent_count = 0;
	CHECK_EQUAL(DELIVERED, hear_old_query(world, 100));
	put32(report + 4, GROUP);
	CHECK_EQUAL(DELIVERED, hear(world, GROUP, report, sizeof report));
	world_advance(world, 40 * SECOND);
	CHECK_EQUAL(0, world->sent_count);
	CHECK_EQUAL(DELIVERED, hear_old_query(world, 100));
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(1, world->sent_count);
}

static void all_hosts_are_joined_by_everybody_and_never_spoken_of(void **state)
{
	struct world *world = *state;
	struct asker member;

	assert_true(is_joined(world, ALL_HOSTS));
	join_all_sources(world, &member, ALL_HOSTS);
	hear_query(world, 0, 10);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(0, world->sent_count);
}

static void there_are_no_more_groups_than_the_bound(void **state)
{
	struct world *world = *state;
	static struct asker askers[GROUPS_MOST];
	struct address group = address_v4(GROUP);

	for (uint32_t i = 0; i < GROUPS_MOST - 1; i++)
		join_all_sources(world, &askers[i], 0xef000000 + i);
	list_init(&askers[GROUPS_MOST - 1].member.link);
	CHECK_EQUAL(-ENOBUFS,
		    group_join(&world->ip, &askers[GROUPS_MOST - 1].member, world->link, &group));
}

static void a_removed_interface_takes_its_groups_with_it(void **state)
{
	struct world *world = *state;
	struct asker member;

	join_all_sources(world, &member, GROUP);
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	assert_null(member.member.group);
	leave(world, &member);
	CHECK_EQUAL(0, world->ip.groups.count);
}

static void without_memory_nothing_is_joined(void **state)
{
	struct world *world = *state;
	struct asker member;
	struct address group = address_v4(GROUP);

	asks(&member, true, 0, 0, 0);
	list_init(&member.member.link);
	world->memory.refusals_after = 0;
	CHECK_EQUAL(-ENOMEM, group_join(&world->ip, &member.member, world->link, &group));
	world->memory.refusals_after = UNLIMITED;
	assert_false(is_joined(world, GROUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(joining_and_leaving_are_said_twice),
		WORLD_TEST(a_second_member_is_nothing_new_to_the_link),
		WORLD_TEST(sources_are_allowed_and_blocked_one_by_one),
		WORLD_TEST(what_members_want_is_merged),
		WORLD_TEST(too_many_sources_are_all_sources),
		WORLD_TEST(sources_that_there_is_no_memory_for_are_all_sources),
		WORLD_TEST(a_general_query_is_answered_in_time_and_in_one_report),
		WORLD_TEST(a_query_of_a_group_is_answered_by_its_members_only),
		WORLD_TEST(a_query_of_sources_is_answered_with_those_that_are_wanted),
		WORLD_TEST(a_query_that_leaves_no_time_is_answered_at_once),
		WORLD_TEST(malformed_messages_are_refused),
		WORLD_TEST(an_empty_message_is_refused),
		WORLD_TEST(a_flipped_bit_is_refused),
		WORLD_TEST(an_older_querier_is_spoken_to_in_its_version_until_it_falls_silent),
		WORLD_TEST(the_oldest_querier_hears_of_no_leaving),
		WORLD_TEST(another_member_s_report_is_enough_for_an_older_querier),
		WORLD_TEST(all_hosts_are_joined_by_everybody_and_never_spoken_of),
		WORLD_TEST(there_are_no_more_groups_than_the_bound),
		WORLD_TEST(a_removed_interface_takes_its_groups_with_it),
		WORLD_TEST(without_memory_nothing_is_joined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
