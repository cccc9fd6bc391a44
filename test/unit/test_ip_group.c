#include "unit/ip_world.h"

#include "wire/igmp.h"

#include <errno.h>

#define GROUP    UINT32_C(0xef010203)
#define OTHER    UINT32_C(0xef010204)
#define ROUTERS  UINT32_C(0xe0000016)
#define SOURCE_A UINT32_C(0x0a4d0010)
#define SOURCE_B UINT32_C(0x0a4d0011)

static struct group_member member_of(bool exclude, uint8_t count, uint32_t a, uint32_t b)
{
	return (struct group_member){ .exclude = exclude,
				      .source_count = count,
				      .sources = { a, b } };
}

static void join(struct world *world, struct group_member *member, uint32_t group)
{
	list_init(&member->link);
	CHECK_EQUAL(0, group_join(&world->ip, member, world->link, group));
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

/* Every retransmission is over; what was sent until then is forgotten. */
static void settle(struct world *world)
{
	world_advance(world, world->clock.now + 100 * SECOND);
	world->sent_count = 0;
}

static void joining_and_leaving_are_said_twice(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(true, 0, 0, 0);

	join(world, &member, GROUP);
	CHECK_EQUAL(1, world->sent_count);
	check_record(world, 0, IGMP_TO_EXCLUDE, 0);
	world_advance(world, 1 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	check_record(world, 1, IGMP_TO_EXCLUDE, 0);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(2, world->sent_count);

	group_leave(&world->ip, &member);
	assert_false(group_is_joined(&world->ip, world->link, GROUP));
	CHECK_EQUAL(1, world->ip.groups.count);
	check_record(world, 2, IGMP_TO_INCLUDE, 0);
	world_advance(world, 61 * SECOND);
	check_record(world, 3, IGMP_TO_INCLUDE, 0);
	CHECK_EQUAL(4, world->sent_count);
	CHECK_EQUAL(0, world->ip.groups.count);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void a_second_member_is_nothing_new_to_the_link(void **state)
{
	struct world *world = *state;
	struct group_member a = member_of(true, 0, 0, 0), b = a;

	join(world, &a, GROUP);
	settle(world);
	join(world, &b, GROUP);
	group_leave(&world->ip, &a);
	CHECK_EQUAL(0, world->sent_count);
	assert_true(group_is_joined(&world->ip, world->link, GROUP));
	group_leave(&world->ip, &b);
	CHECK_EQUAL(1, world->sent_count);
}

static void sources_are_allowed_and_blocked_one_by_one(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(false, 1, SOURCE_A, SOURCE_B);

	join(world, &member, GROUP);
	check_record(world, 0, IGMP_ALLOW, 1);
	settle(world);
	member.source_count = 2;
	group_member_changed(&world->ip, &member);
	check_record(world, 0, IGMP_ALLOW, 1);
	assert_true(group_admits(&world->ip, world->link, GROUP, SOURCE_B));
	member.source_count = 1; /* before it was said again */
	group_member_changed(&world->ip, &member);
	check_record(world, 1, IGMP_BLOCK, 1);
	world_advance(world, world->clock.now + 10 * SECOND);
	check_record(world, 2, IGMP_BLOCK, 1);
	CHECK_EQUAL(3, world->sent_count);
	assert_false(group_admits(&world->ip, world->link, GROUP, SOURCE_B));
}

/* RFC 9776, 3.2's example in small. */
static void what_members_want_is_merged(void **state)
{
	struct world *world = *state;
	struct group_member included = member_of(false, 1, SOURCE_A, 0);
	struct group_member excluding = member_of(true, 2, SOURCE_A, SOURCE_B);
	struct group_member excluding_one = member_of(true, 1, SOURCE_A, 0);

	join(world, &included, GROUP);
	assert_true(group_admits(&world->ip, world->link, GROUP, SOURCE_A));
	assert_false(group_admits(&world->ip, world->link, GROUP, STRANGER));
	join(world, &excluding, GROUP);
	assert_true(group_admits(&world->ip, world->link, GROUP, SOURCE_A));
	assert_false(group_admits(&world->ip, world->link, GROUP, SOURCE_B));
	assert_true(group_admits(&world->ip, world->link, GROUP, STRANGER));
	group_leave(&world->ip, &included);
	assert_false(group_admits(&world->ip, world->link, GROUP, SOURCE_A));
	join(world, &excluding_one, GROUP);
	assert_true(group_admits(&world->ip, world->link, GROUP, SOURCE_B));
	assert_false(group_admits(&world->ip, world->link, GROUP, SOURCE_A));
}

static void too_many_sources_are_all_sources(void **state)
{
	struct world *world = *state;
	struct group_member members[7];

	for (uint32_t i = 0; i < COUNT_OF(members); i++) {
		members[i] = (struct group_member){ .source_count = GROUP_MEMBER_SOURCES_MOST };
		for (uint32_t j = 0; j < GROUP_MEMBER_SOURCES_MOST; j++)
			members[i].sources[j] = 0x0a000000 + 100 * i + j;
		join(world, &members[i], GROUP);
	}
	assert_true(group_admits(&world->ip, world->link, GROUP, STRANGER));
	for (uint32_t i = 0; i < COUNT_OF(members); i++)
		group_leave(&world->ip, &members[i]);
	settle(world);
	CHECK_EQUAL(0, world->ip.groups.count);
}

static void a_general_query_is_answered_in_time_and_in_one_report(void **state)
{
	struct world *world = *state;
	struct group_member a = member_of(true, 0, 0, 0), b = a;

	join(world, &a, OTHER);
	join(world, &b, GROUP);
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
	struct group_member member = member_of(true, 0, 0, 0);

	join(world, &member, GROUP);
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
	struct group_member member = member_of(false, 1, SOURCE_A, 0);
	uint8_t query[IGMP_QUERY_V3_SIZE + 8] = { IGMP_QUERY, 10, [8] = 2, [9] = 125, [11] = 2 };

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
	struct group_member member = member_of(true, 0, 0, 0);

	join(world, &member, GROUP);
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
	struct group_member member = member_of(true, 0, 0, 0);

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 10));
	join(world, &member, GROUP);
	CHECK_EQUAL(IGMP_REPORT_V2, sent_igmp(world, 0, GROUP).type);
	world_advance(world, world->clock.now + 10 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	group_leave(&world->ip, &member);
	CHECK_EQUAL(IGMP_LEAVE, sent_igmp(world, 2, 0xe0000002).type);
	world_advance(world, 251 * SECOND + SECOND);
	world->sent_count = 0;
	join(world, &member, GROUP);
	check_record(world, 0, IGMP_TO_EXCLUDE, 0);
}

static void the_oldest_querier_hears_of_no_leaving(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(true, 0, 0, 0);

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 0));
	join(world, &member, GROUP);
	CHECK_EQUAL(IGMP_REPORT_V1, sent_igmp(world, 0, GROUP).type);
	world_advance(world, 20 * SECOND);
	world->sent_count = 0;
	group_leave(&world->ip, &member);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(0, world->sent_count);
	CHECK_EQUAL(0, world->ip.groups.count);
}

static void another_member_s_report_is_enough_for_an_older_querier(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(true, 0, 0, 0);
	uint8_t report[IGMP_HEADER_SIZE] = { IGMP_REPORT_V2 };

	CHECK_EQUAL(DELIVERED, hear_old_query(world, 100));
	join(world, &member, GROUP);
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
	struct group_member member = member_of(true, 0, 0, 0);

	assert_true(group_is_joined(&world->ip, world->link, ALL_HOSTS));
	join(world, &member, ALL_HOSTS);
	hear_query(world, 0, 10);
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(0, world->sent_count);
}

static void there_are_no_more_groups_than_the_bound(void **state)
{
	struct world *world = *state;
	static struct group_member members[GROUPS_MOST + 1];

	for (uint32_t i = 0; i < GROUPS_MOST; i++) {
		members[i] = member_of(true, 0, 0, 0);
		join(world, &members[i], 0xef000000 + i);
	}
	members[GROUPS_MOST] = member_of(true, 0, 0, 0);
	list_init(&members[GROUPS_MOST].link);
	CHECK_EQUAL(-ENOBUFS, group_join(&world->ip, &members[GROUPS_MOST], world->link, GROUP));
}

static void a_removed_interface_takes_its_groups_with_it(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(true, 0, 0, 0);

	join(world, &member, GROUP);
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	assert_null(member.group);
	group_leave(&world->ip, &member);
	CHECK_EQUAL(0, world->ip.groups.count);
}

static void without_memory_nothing_is_joined(void **state)
{
	struct world *world = *state;
	struct group_member member = member_of(true, 0, 0, 0);

	list_init(&member.link);
	world->memory.refusals_after = 0;
	CHECK_EQUAL(-ENOMEM, group_join(&world->ip, &member, world->link, GROUP));
	world->memory.refusals_after = UNLIMITED;
	assert_false(group_is_joined(&world->ip, world->link, GROUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(joining_and_leaving_are_said_twice),
		WORLD_TEST(a_second_member_is_nothing_new_to_the_link),
		WORLD_TEST(sources_are_allowed_and_blocked_one_by_one),
		WORLD_TEST(what_members_want_is_merged),
		WORLD_TEST(too_many_sources_are_all_sources),
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
