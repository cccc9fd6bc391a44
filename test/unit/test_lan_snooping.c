#include "unit/snooping_room.h"

static void a_group_goes_to_its_members_alone(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
	join(room, 3, GROUP);
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears(room, 0, GROUP));
	CHECK_EQUAL(1 << 3, who_hears(room, 1, GROUP));
	CHECK_EQUAL(2, members_of(room));
}

static void until_all_have_been_asked_a_group_goes_everywhere(void **state)
{
	struct room *room = *state;
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP));
	join(room, 1, GROUP);
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP));
	pass(room, SETTLING - 1);
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP));
	pass(room, 1);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

static void without_a_querier_a_group_goes_everywhere(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	pass(room, SETTLING);
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP));
	CHECK_EQUAL(0, who_heard_igmp(room) & 1 << 1); /* nor is anything asked */
	CHECK_EQUAL(1, members_of(room));
}

static void a_group_nobody_reports_goes_everywhere(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	CHECK_EQUAL(0xe, who_hears(room, 0, OTHER));
}

static void the_links_own_groups_go_everywhere_and_begin_nothing(void **state)
{
	struct room *room = *state;
	join(room, 1, LINKS_OWN);
	pass(room, SETTLING);
	assert_false(querier_is_known(&room->lan.snooping.queriers[SNOOPED_IGMP]));
	settle(room, 1);
	join(room, 1, LINKS_OWN);
	CHECK_EQUAL(0xe, who_hears(room, 0, LINKS_OWN));
	CHECK_EQUAL(0xe, who_hears(room, 0, ALL_HOSTS));
}

/* RFC 4541, 2.1.1, 1. Station 3 is a router; the switch's own querier is not there. */
static void reports_go_to_router_ports_alone(void **state)
{
	static const uint8_t types[] = { IGMP_REPORT_V1, IGMP_REPORT_V2, IGMP_LEAVE };
	struct room *room = *state;

	send_query(room, 3, &general);
	forget_heard(room);
	for (size_t index = 0; index < COUNT_OF(types); index++) {
		send_old(room, 1, types[index], GROUP);
		CHECK_EQUAL(1 << 3, who_heard_igmp(room));
		forget_heard(room);
	}
	for (uint8_t type = IGMP_IS_INCLUDE; type <= IGMP_BLOCK; type++) {
		send_record(room, 1, (enum igmp_record_type)type, GROUP, 1);
		CHECK_EQUAL(1 << 3, who_heard_igmp(room));
		forget_heard(room);
	}
}

static void queries_and_what_is_unknown_of_igmp_go_everywhere(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	send_query(room, 3, &general);
	CHECK_EQUAL(0x7, who_heard_igmp(room));
	forget_heard(room);
	send_old(room, 0, 0x42, GROUP);
	CHECK_EQUAL(0xe, who_heard_igmp(room));
}

/* ... and while nobody asks, a report is as any other packet. */
static void without_a_querier_reports_go_everywhere(void **state)
{
	struct room *room = *state;
	join(room, 1, GROUP);
	CHECK_EQUAL(0xd, who_heard_igmp(room));
}

static void a_port_with_a_router_gets_every_group(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	send_query(room, 3, &general);
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears(room, 0, GROUP));
	for (unsigned turn = 0; turn < 5; turn++) { /* its membership is renewed, the router gone */
		pass(room, 65 * SECOND);
		join(room, 1, GROUP);
	}
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

static void a_port_with_a_pim_router_gets_every_group(void **state)
{
	static const uint8_t hello[] = { 0x20, 0, 0xdf, 0xff };
	struct room *room = *state;
	struct made made =
		packet(2, address_of(2), 0xe000000d, 103, (struct bytes){ hello, sizeof hello });
	settle(room, 1);
	send_made(room, 2, &made);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears(room, 0, GROUP));
}

static void a_membership_ends_when_it_is_not_renewed(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	join(room, 2, GROUP);
	pass(room, 259 * SECOND);
	join(room, 1, GROUP);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears(room, 0, GROUP));
	pass(room, 1 * SECOND);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
	CHECK_EQUAL(1, members_of(room));
}

/* RFC 9776, 4.2.13. */
static void each_kind_of_record_says_whether_something_is_wanted(void **state)
{
	static const struct {
		enum igmp_record_type type;
		uint16_t sources;
		bool wanted;
	} rows[] = {
		{ IGMP_IS_INCLUDE, 0, false }, { IGMP_IS_INCLUDE, 1, true },
		{ IGMP_IS_EXCLUDE, 0, true },  { IGMP_IS_EXCLUDE, 2, true },
		{ IGMP_TO_INCLUDE, 0, false }, { IGMP_TO_INCLUDE, 2, true },
		{ IGMP_TO_EXCLUDE, 0, true },  { IGMP_TO_EXCLUDE, 1, true },
		{ IGMP_ALLOW, 1, true },       { (enum igmp_record_type)7, 1, false },
	};
	struct room *room = *state;

	settle(room, 1);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		uint32_t group = 0xef020000 + (uint32_t)index;
		join(room, 2, group);
		send_record(room, 3, rows[index].type, group, rows[index].sources);
		unsigned expected = 1 << 2 | (rows[index].wanted ? 1 << 3 : 0);
		CHECK_EQUAL(expected, who_hears(room, 0, group));
	}
}

/* Include {a} becoming include {} is told by BLOCK {a} alone: who is still there answers. */
static void what_is_blocked_is_asked_about(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	send_record(room, 1, IGMP_BLOCK, GROUP, 1);
	CHECK_EQUAL(1, room->stations[1].igmp);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
	pass(room, 3 * SECOND);
	CHECK_EQUAL(0, members_of(room));
}

/* 0.0.0.0 to 239.1.1.1: within 1 s, robustness 2, every 125 s. */
static void a_leave_is_followed_by_two_questions_a_second_apart(void **state)
{
	static const uint8_t expected[] = {
		0x01, 0x00, 0x5e, 0x01, 0x01, 0x01, 0x02, 'b',  'e',  'r',  't',  'h',  0x08,
		0x00, 0x46, 0xc0, 0x00, 0x24, 0x00, 0x00, 0x40, 0x00, 0x01, 0x02, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0xef, 0x01, 0x01, 0x01, 0x94, 0x04, 0x00, 0x00, 0x11,
		0x0a, 0x00, 0x00, 0xef, 0x01, 0x01, 0x01, 0x02, 125,  0x00, 0x00,
	};
	struct room *room = *state;
	settle(room, 1);
	uint64_t left = room->clock.now;
	leave(room, 1, GROUP);
	pass(room, 5 * SECOND);
	CHECK_EQUAL(2, room->stations[1].igmp);
	for (uint64_t index = 0; index < 2; index++) {
		CHECK_EQUAL(left + index * SECOND, room->stations[1].heard[index].at);
		uint8_t *bytes = room->stations[1].heard[index].bytes;
		struct bytes header = { bytes + 14, 24 }, message = { bytes + 38, 12 };
		CHECK_EQUAL(sizeof expected, room->stations[1].heard[index].size);
		assert_true(ipv4_checksum_holds(header) && igmp_checksum_holds(message));
		bytes[24] = bytes[25] = bytes[40] = bytes[41] = 0; /* the checksums */
		assert_memory_equal(expected, bytes, sizeof expected);
	}
}

static void who_does_not_answer_a_leave_has_left(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	join(room, 2, GROUP);
	leave(room, 1, GROUP);
	pass(room, 3 * SECOND - 1);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears(room, 0, GROUP));
	pass(room, 1);
	CHECK_EQUAL(1 << 2, who_hears(room, 0, GROUP)); /* whoever has not left need not answer */
}

static void who_answers_a_leave_is_still_there(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	join(room, 2, OTHER);
	send_old(room, 1, IGMP_LEAVE, GROUP);
	pass(room, 2 * SECOND); /* the last answer there can be */
	send_old(room, 1, IGMP_REPORT_V2, GROUP);
	pass(room, 100 * SECOND);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

/* 0.0.0.0 to all hosts: within 10 s, robustness 2, every 125 s; first at a quarter of that (RFC 9776, 8.6 and 8.7). */
static void the_querier_begins_with_the_first_report(void **state)
{
	static const uint8_t expected[] = { 0x11, 100, 0xec, 0x1e, 0, 0, 0, 0, 0x02, 125, 0, 0 };
	static const uint64_t at[] = { 0, 31250 * MILLISECOND, 156250 * MILLISECOND,
				       281250 * MILLISECOND };
	struct room *room = *state;
	join(room, 1, GROUP);
	for (unsigned turn = 0; turn < 3; turn++) {
		pass(room, 100 * SECOND);
		join(room, 1, GROUP);
	}
	CHECK_EQUAL(COUNT_OF(at), room->stations[2].igmp);
	for (size_t index = 0; index < COUNT_OF(at); index++) {
		CHECK_EQUAL(START + at[index], room->stations[2].heard[index].at);
		CHECK_EQUAL(ALL_HOSTS, get32(room->stations[2].heard[index].bytes + 30));
		assert_memory_equal(expected, room->stations[2].heard[index].bytes + 38,
				    sizeof expected);
	}
}

static void the_querier_ends_when_nobody_is_left(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	leave(room, 1, GROUP);
	pass(room, 40 * SECOND);
	forget_heard(room);
	CHECK_EQUAL(NEVER, clock_deadline(&room->clock));
	pass(room, 1000 * SECOND);
	CHECK_EQUAL(0, who_heard_igmp(room));
	join(room, 2, GROUP);
	CHECK_EQUAL(0xf, who_heard_igmp(room));
}

static void who_else_asks_silences_the_querier_until_he_has_gone(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	send_query(room, 3, &general);
	uint64_t last = room->clock.now;
	for (unsigned turn = 0; turn < 2; turn++) {
		join(room, 1, GROUP);
		pass(room, 127 * SECOND);
	}
	CHECK_EQUAL(1, room->stations[1].igmp); /* his, and none of ours since */
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears(room, 0, GROUP));
	forget_heard(room);
	pass(room, 2 * SECOND);
	CHECK_EQUAL(1, room->stations[1].igmp);
	CHECK_EQUAL(last + 255 * SECOND, room->stations[1].heard[0].at);
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP)); /* until it has heard all of them anew */
}

static void another_s_question_of_a_group_ends_who_does_not_answer(void **state)
{
	struct igmp_message query = { .group = GROUP, .response_ds = 10, .robustness = 2 };
	struct room *room = *state;
	send_query(room, 3, &general);
	join(room, 1, GROUP);
	join(room, 2, GROUP);
	pass(room, SETTLING);
	send_query(room, 3, &query);
	pass(room, SECOND);
	join(room, 2, GROUP);
	pass(room, 2 * SECOND);
	CHECK_EQUAL(1 << 2 | 1 << 3, who_hears(room, 0, GROUP));
}

/* One that says that routers need not heed it, one of some sources, and a leave that it is another's to ask about. */
static void
a_question_of_sources_a_suppressed_one_and_a_leave_end_nobody_by_themselves(void **state)
{
	struct room *room = *state;
	uint8_t suppressed[12] = { 0x11, 10, 0, 0, 0xef, 1, 1, 1, 0x0a, 125, 0, 0 };
	uint8_t of_sources[16] = { 0x11, 10, 0, 0, 0xef, 1, 1, 1, 0x02, 125, 0, 1, 10, 0, 0, 9 };
	send_query(room, 3, &general);
	join(room, 1, GROUP);
	pass(room, SETTLING);
	for (unsigned turn = 0; turn < 2; turn++) {
		uint8_t *message = turn ? of_sources : suppressed;
		size_t size = turn ? sizeof of_sources : sizeof suppressed;
		uint32_t sum = 0;
		for (size_t at = 0; at < size; at += 2)
			sum += get16(message + at);
		put16(message + 2, (uint16_t) ~((sum & 0xffff) + (sum >> 16)));
		send_igmp(room, 3, GROUP, (struct bytes){ message, size });
	}
	send_old(room, 1, IGMP_LEAVE, GROUP);
	pass(room, 10 * SECOND);
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears(room, 0, GROUP));
}

static void a_port_just_plugged_in_gets_everything_until_it_has_been_asked(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	switch_unplug(&room->stations[2].port);
	plug(room, 2);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears(room, 0, GROUP));
	pass(room, SECOND);
	CHECK_EQUAL(1, room->stations[2].igmp);
	pass(room, SETTLING - 1);
	CHECK_EQUAL(1 << 1 | 1 << 2, who_hears(room, 0, GROUP));
	pass(room, 1);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

static void what_is_unplugged_is_a_member_no_more(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	join(room, 2, GROUP);
	switch_unplug(&room->stations[1].port);
	CHECK_EQUAL(1, members_of(room));
	CHECK_EQUAL(1 << 2, who_hears(room, 0, GROUP));
	switch_unplug(&room->stations[2].port);
	CHECK_EQUAL(1 << 3, who_hears(room, 0, GROUP));
	plug(room, 1);
	plug(room, 2);
}

static void a_full_table_floods_what_it_has_no_room_for(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	for (uint32_t group = 0; room->lan.snooping.groups.count < SNOOPING_GROUPS_MOST; group++)
		join(room, 2, 0xe8000000 + group);
	join(room, 3, OTHER);
	CHECK_EQUAL(0xe, who_hears(room, 0, OTHER));
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

static void a_member_without_room_makes_its_group_flooded(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	uint8_t message[IGMP_HEADER_SIZE];
	igmp_write(message, IGMP_REPORT_V2, 0, GROUP);
	struct made made = packet(2, address_of(2), GROUP, PROTOCOL_IGMP,
				  (struct bytes){ message, sizeof message });
	send_made(room, 2, &made); /* so that its address is known to the switch */
	switch_unplug(&room->stations[2].port);
	plug(room, 2);
	pass(room, SETTLING + SECOND);
	CHECK_EQUAL(1 << 1, who_hears(room, 2, GROUP) | who_hears(room, 0, GROUP));

	struct frame *frame = frame_from_bytes(room->pool, (struct bytes){ made.bytes, made.size });
	switch_send(&room->stations[2].port, frame);
	room->memory.refusals_after = 0;
	switch_forward(&room->lan, room->clock.now);
	room->memory.refusals_after = UNLIMITED;
	CHECK_EQUAL(0xe, who_hears(room, 0, GROUP));
	pass(room, 200 * SECOND);
	join(room, 1, GROUP);
	pass(room, 60 * SECOND);
	CHECK_EQUAL(1 << 1, who_hears(room, 0, GROUP));
}

/* Hostile row 44, and every truncation and flipped bit: it goes somewhere, nothing is read past its end, and what is told
 * from it holds only with its checksums. */
static void a_damaged_report_says_nothing(void **state)
{
	struct room *room = *state;
	uint8_t message[IGMP_HEADER_SIZE + IGMP_RECORD_SIZE];
	igmp_write_record(message + IGMP_HEADER_SIZE, IGMP_IS_EXCLUDE, OTHER, NULL, 0);
	igmp_write_report(message, sizeof message, 1);
	struct made whole = packet(2, address_of(2), 0xe0000016, PROTOCOL_IGMP,
				   (struct bytes){ message, sizeof message });

	settle(room, 1);
	for (uint32_t size = ETHERNET_HEADER_SIZE; size < whole.size; size++)
		send_bytes(room, 2, whole.bytes, size);
	CHECK_EQUAL(1, members_of(room));
	for (uint32_t bit = ETHERNET_HEADER_SIZE * 8; bit < whole.size * 8; bit++) {
		struct made damaged = whole;
		damaged.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		forget_heard(room);
		send_made(room, 2, &damaged);
	}
	CHECK_EQUAL(1, members_of(room));
	send_made(room, 2, &whole);
	CHECK_EQUAL(2, members_of(room));
}

static void a_report_whose_count_is_more_than_it_holds_says_nothing(void **state)
{
	struct room *room = *state;
	uint8_t message[IGMP_HEADER_SIZE + IGMP_RECORD_SIZE];
	igmp_write_record(message + IGMP_HEADER_SIZE, IGMP_IS_EXCLUDE, OTHER, NULL, 0);

	settle(room, 1);
	igmp_write_report(message, sizeof message, UINT16_MAX);
	send_igmp(room, 2, 0xe0000016, (struct bytes){ message, sizeof message });
	put16(message + IGMP_HEADER_SIZE + 2, UINT16_MAX);
	igmp_write_report(message, sizeof message, 1);
	send_igmp(room, 2, 0xe0000016, (struct bytes){ message, sizeof message });
	send_igmp(room, 2, 0xe0000016, (struct bytes){ message, 0 });
	CHECK_EQUAL(1, members_of(room));
	CHECK_EQUAL(0xb, who_heard_igmp(room));
}

static void a_query_without_a_delay_is_a_query(void **state)
{
	struct room *room = *state;
	settle(room, 1);
	send_query(room, 3, &(struct igmp_message){ 0 });
	CHECK_EQUAL(1 << 1 | 1 << 3, who_hears(room, 0, GROUP));
	send_query(room, 3, &(struct igmp_message){ .group = GROUP });
	pass(room, SECOND);
	CHECK_EQUAL(0, members_of(room));
}

static void a_fragment_is_not_read(void **state)
{
	struct room *room = *state;
	uint8_t message[IGMP_HEADER_SIZE];
	igmp_write(message, IGMP_REPORT_V2, 0, OTHER);
	struct made made = packet(2, address_of(2), OTHER, PROTOCOL_IGMP,
				  (struct bytes){ message, sizeof message });
	struct ipv4_header ipv4 = { .total_size = IPV4_HEADER_SIZE + IGMP_HEADER_SIZE,
				    .more_fragments = true,
				    .ttl = 1,
				    .protocol = PROTOCOL_IGMP,
				    .source = address_of(2),
				    .destination = OTHER };
	ipv4_write(made.bytes + ETHERNET_HEADER_SIZE, &ipv4);
	settle(room, 1);
	send_made(room, 2, &made);
	CHECK_EQUAL(1, members_of(room));
	CHECK_EQUAL(0xb, who_heard_igmp(room));
}

/* As a raw socket's: the headers at head, the message in the socket's block. */
static void a_report_in_pieces_is_read(void **state)
{
	struct room *room = *state;
	uint8_t message[IGMP_HEADER_SIZE];
	igmp_write(message, IGMP_REPORT_V2, 0, OTHER);
	struct made made = packet(2, address_of(2), OTHER, PROTOCOL_IGMP,
				  (struct bytes){ message, sizeof message });
	uint32_t headers = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE;
	struct frame *frame = frame_new(room->pool);
	struct block *block = block_new(room->pool, sizeof message);

	settle(room, 1);
	memcpy(frame_push(frame, headers), made.bytes, headers);
	memcpy(block->bytes, message, sizeof message);
	frame->slices[frame->slice_count++] = (struct slice){ block, block->bytes, sizeof message };
	frame->payload_size = sizeof message;
	switch_send(&room->stations[2].port, frame);
	switch_forward(&room->lan, room->clock.now);
	CHECK_EQUAL(2, members_of(room));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define WITHOUT_QUERIER(name)                                                                      \
	cmocka_unit_test_setup_teardown(name, set_up_without_querier, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_goes_to_its_members_alone),
		TEST(until_all_have_been_asked_a_group_goes_everywhere),
		WITHOUT_QUERIER(without_a_querier_a_group_goes_everywhere),
		TEST(a_group_nobody_reports_goes_everywhere),
		TEST(the_links_own_groups_go_everywhere_and_begin_nothing),
		WITHOUT_QUERIER(reports_go_to_router_ports_alone),
		TEST(queries_and_what_is_unknown_of_igmp_go_everywhere),
		WITHOUT_QUERIER(without_a_querier_reports_go_everywhere),
		TEST(a_port_with_a_router_gets_every_group),
		TEST(a_port_with_a_pim_router_gets_every_group),
		TEST(a_membership_ends_when_it_is_not_renewed),
		TEST(each_kind_of_record_says_whether_something_is_wanted),
		TEST(what_is_blocked_is_asked_about),
		TEST(a_leave_is_followed_by_two_questions_a_second_apart),
		TEST(who_does_not_answer_a_leave_has_left),
		TEST(who_answers_a_leave_is_still_there),
		TEST(the_querier_begins_with_the_first_report),
		TEST(the_querier_ends_when_nobody_is_left),
		TEST(who_else_asks_silences_the_querier_until_he_has_gone),
		WITHOUT_QUERIER(another_s_question_of_a_group_ends_who_does_not_answer),
		WITHOUT_QUERIER(
			a_question_of_sources_a_suppressed_one_and_a_leave_end_nobody_by_themselves),
		TEST(a_port_just_plugged_in_gets_everything_until_it_has_been_asked),
		TEST(what_is_unplugged_is_a_member_no_more),
		TEST(a_full_table_floods_what_it_has_no_room_for),
		TEST(a_member_without_room_makes_its_group_flooded),
		TEST(a_damaged_report_says_nothing),
		TEST(a_report_whose_count_is_more_than_it_holds_says_nothing),
		TEST(a_query_without_a_delay_is_a_query),
		TEST(a_fragment_is_not_read),
		TEST(a_report_in_pieces_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
