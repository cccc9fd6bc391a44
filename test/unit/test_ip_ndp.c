#include "unit/ndp_world.h"

static const struct address newcomer6 = { .bytes = { 0xfd, 0x77, [13] = 0x11, 0x22, 0x33 } };

static enum verdict hear_advertisement(struct world *world, const struct address *target, int flags,
				       const struct mac *mac)
{
	struct ndp_message message = advertisement(target, flags, mac);
	return hear(world, target, &me6, &message);
}

/* RFC 4861, 7.2.2. */
static void an_unknown_neighbour_is_asked_for_and_the_packet_waits(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&newcomer6);

	CHECK_EQUAL(QUEUED, world_send6(world, &nobody6, &newcomer6));
	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message asked = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_SOLICITATION, asked.type);
	CHECK_ADDRESS(newcomer6, asked.target);
	assert_true(asked.has_source_mac);
	check_mac(my_mac, asked.source_mac);
	CHECK_ADDRESS(me6, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(group, sent_ipv6(world, 0).destination);
	check_mac((struct mac){ { 0x33, 0x33, 0xff, 0x11, 0x22, 0x33 } },
		  sent_ethernet(world, 0).destination);

	CHECK_EQUAL(DELIVERED,
		    hear_advertisement(world, &newcomer6, SOLICITED | OVERRIDE, &peer_mac));
	CHECK_EQUAL(2, world->sent_count);
	CHECK_ADDRESS(newcomer6, sent_ipv6(world, 1).destination);
	check_mac(peer_mac, sent_ethernet(world, 1).destination);
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_at(world, &newcomer6)->state);
}

static void a_link_local_neighbour_is_asked_for_from_our_link_local_address(void **state)
{
	struct world *world = *state;
	struct address target = { .bytes = { 0xfe, 0x80, [15] = 0x77 } };
	struct address zoned = address_in_zone(target, 2);

	CHECK_EQUAL(QUEUED, world_send6(world, &nobody6, &zoned));
	CHECK_ADDRESS(my_link_local, sent_ipv6(world, 0).source);
	struct ndp_message asked = sent_ndp(world, 0);
	CHECK_ADDRESS(target, asked.target); /* on the wire no zone */
	CHECK_EQUAL(DELIVERED, hear_advertisement(world, &target, SOLICITED, &peer_mac));
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_at(world, &target)->state);
}

/* RFC 4861, 7.2.4. */
static void a_solicitation_for_us_is_answered_and_teaches_who_asked(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&me6);
	struct ndp_message asked = solicitation(&me6);

	CHECK_EQUAL(DELIVERED, hear(world, &newcomer6, &group, &asked));
	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message answer = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_ADVERTISEMENT, answer.type);
	CHECK_ADDRESS(me6, answer.target);
	assert_true(answer.solicited && answer.override && !answer.router);
	assert_true(answer.has_target_mac);
	check_mac(my_mac, answer.target_mac);
	CHECK_ADDRESS(me6, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(newcomer6, sent_ipv6(world, 0).destination);
	check_mac(peer_mac, sent_ethernet(world, 0).destination);
	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_at(world, &newcomer6)->state);
}

static void each_of_our_addresses_is_answered_for_and_no_other(void **state)
{
	struct world *world = *state;
	const struct address *targets[] = { &me6, &my_link_local, &peer6, &stranger6 };

	for (size_t index = 0; index < COUNT_OF(targets); index++) {
		struct ndp_message asked = solicitation(targets[index]);
		world->sent_count = 0;
		CHECK_EQUAL(index < 2 ? DELIVERED : DROP_IGNORED,
			    hear(world, &peer_link_local, &me6, &asked));
		CHECK_EQUAL(index < 2, world->sent_count);
	}
}

static void who_asks_as_nobody_is_answered_before_all_and_not_learned(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&me6);
	struct ndp_message asked = solicitation(&me6);
	uint32_t known = world->ip.neighbours.table.count;

	asked.has_source_mac = false;
	CHECK_EQUAL(DELIVERED, hear(world, &nobody6, &group, &asked));
	struct ndp_message answer = sent_ndp(world, 0);
	assert_true(!answer.solicited && answer.override);
	CHECK_ADDRESS(all_nodes, sent_ipv6(world, 0).destination);
	check_mac(all_nodes_mac, sent_ethernet(world, 0).destination);
	CHECK_EQUAL(known, world->ip.neighbours.table.count);
}

static void who_asks_without_a_link_address_is_asked_for_it_first(void **state)
{
	struct world *world = *state;
	struct ndp_message asked = solicitation(&me6);

	asked.has_source_mac = false;
	CHECK_EQUAL(DELIVERED, hear(world, &newcomer6, &me6, &asked));
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_SOLICITATION, sent_ndp(world, 0).type);
	CHECK_EQUAL(DELIVERED, hear_advertisement(world, &newcomer6, SOLICITED, &other_mac));
	CHECK_EQUAL(ICMP6_NEIGHBOUR_ADVERTISEMENT, sent_ndp(world, 1).type);
	check_mac(other_mac, sent_ethernet(world, 1).destination);
}

/* The table of RFC 4861, 7.2.5 (appendix C), whole. */
static void an_advertisement_changes_a_neighbour_as_the_rfc_says(void **state)
{
	struct world *world = *state;
	const enum neighbour_state INC = NEIGHBOUR_INCOMPLETE, REA = NEIGHBOUR_REACHABLE,
				   STA = NEIGHBOUR_STALE;
	const struct mac *none = NULL, *same = &peer_mac, *other = &other_mac;
	const struct {
		enum neighbour_state before;
		const struct mac *said;
		int flags;
		enum neighbour_state after;
		bool replaced, router;
	} rows[] = {
		{ INC, none, SOLICITED | OVERRIDE | ROUTER, INC, false, false },
		{ INC, none, OVERRIDE, INC, false, false },
		{ INC, other, SOLICITED | ROUTER, REA, true, true },
		{ INC, other, SOLICITED | OVERRIDE, REA, true, false },
		{ INC, other, OVERRIDE, STA, true, false },
		{ INC, other, ROUTER, STA, true, true },
		{ STA, none, SOLICITED | ROUTER, REA, false, true },
		{ STA, same, SOLICITED, REA, false, false },
		{ STA, same, SOLICITED | OVERRIDE, REA, false, false },
		{ STA, none, SOLICITED | OVERRIDE, REA, false, false },
		{ STA, other, SOLICITED | ROUTER, STA, false, false },
		{ REA, other, SOLICITED | ROUTER, STA, false, false },
		{ REA, other, ROUTER, STA, false, false },
		{ STA, other, 0, STA, false, false },
		{ STA, other, SOLICITED | OVERRIDE, REA, true, false },
		{ REA, other, SOLICITED | OVERRIDE, REA, true, false },
		{ REA, other, OVERRIDE | ROUTER, STA, true, true },
		{ STA, other, OVERRIDE, STA, true, false },
		{ REA, same, OVERRIDE | ROUTER, REA, false, true },
		{ REA, none, OVERRIDE, REA, false, false },
		{ REA, same, ROUTER, REA, false, true },
		{ STA, none, 0, STA, false, false },
	};

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct address target = newcomer6;
		target.bytes[15] = (uint8_t)index;
		if (rows[index].before == NEIGHBOUR_INCOMPLETE)
			world_send6(world, &nobody6, &target);
		else
			neighbour_learn(&world->ip, world->link, &target, &peer_mac);
		struct neighbour *neighbour = neighbour_at(world, &target);
		if (rows[index].before == NEIGHBOUR_REACHABLE)
			neighbour_confirm(neighbour);

		hear_advertisement(world, &target, rows[index].flags, rows[index].said);
		enum neighbour_state after = rows[index].after;
		if (rows[index].before == NEIGHBOUR_INCOMPLETE && after == NEIGHBOUR_STALE)
			after = NEIGHBOUR_DELAY; /* what waited was sent at once */
		CHECK_EQUAL(after, neighbour->state);
		CHECK_EQUAL(rows[index].router, neighbour->router);
		if (after != NEIGHBOUR_INCOMPLETE)
			check_mac(rows[index].replaced ? other_mac : peer_mac, neighbour->mac);
	}
}

static void an_advertisement_of_a_stranger_teaches_nothing(void **state)
{
	struct world *world = *state;
	struct ndp_message unasked = advertisement(&newcomer6, OVERRIDE, &other_mac);

	CHECK_EQUAL(DROP_IGNORED, hear(world, &newcomer6, &all_nodes, &unasked));
	assert_null(neighbour_at(world, &newcomer6));
	unasked = advertisement(&me6, OVERRIDE, &other_mac);
	CHECK_EQUAL(DROP_CONFLICT, hear(world, &newcomer6, &all_nodes, &unasked));
	assert_null(neighbour_at(world, &me6));
}

/* RFC 4861, 7.2.6: a change is announced to all, and believed of those who are known. */
static void an_address_we_are_given_is_announced(void **state)
{
	struct world *world = *state;
	struct address given = { .bytes = { 0xfd, 0x78, [15] = 1 } };

	CHECK_EQUAL(0, ip_address_add(&world->ip, 2, &given, 64));
	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message said = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_ADVERTISEMENT, said.type);
	CHECK_ADDRESS(given, said.target);
	assert_true(!said.solicited && said.override);
	check_mac(my_mac, said.target_mac);
	CHECK_ADDRESS(given, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(all_nodes, sent_ipv6(world, 0).destination);

	struct ndp_message moved = advertisement(&peer6, OVERRIDE, &other_mac);
	CHECK_EQUAL(DELIVERED, hear(world, &peer6, &all_nodes, &moved));
	check_mac(other_mac, neighbour_at(world, &peer6)->mac);
	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_at(world, &peer6)->state);
}

/* Captures of hosts that never speak IPv6 stay as they were. */
static void a_link_comes_up_without_a_word_of_ipv6(void **state)
{
	struct world *world = *state;
	struct mac mac = { { 0x02, 0x11, 0x22, 0x33, 0x44, 0x55 } };
	struct address formed = { .bytes = { 0xfe, 0x80, 0, 3, [8] = 0, 0x11, 0x22, 0xff, 0xfe,
					     0x33, 0x44, 0x55 } };

	int index = world_add_link(world, NULL, mac, true);
	CHECK_EQUAL(3, index);
	assert_non_null(interface_address_find(interface_find(&world->ip, index), &formed));
	CHECK_EQUAL(0, world->sent_count);
}

/* RFC 7048: a neighbour that was there is asked for less and less often, while it is used. */
static void one_that_stops_answering_is_asked_for_by_group_and_used_meanwhile(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&peer6);
	static const uint64_t asked_at[] = { 5, 6, 7, 8, 11, 20 };

	for (uint64_t second = 0; second < 47; second++) {
		int before = world->sent_count;
		world_advance(world, second * SECOND);
		bool asks = false;
		for (size_t index = 0; index < COUNT_OF(asked_at); index++)
			asks |= asked_at[index] == second;
		CHECK_EQUAL(before + asks, world->sent_count);
		if (asks)
			CHECK_ADDRESS(second < 8 ? peer6 : group,
				      sent_ipv6(world, before).destination);
		CHECK_EQUAL(DELIVERED, world_send6(world, &nobody6, &peer6));
		if (second == 8)
			CHECK_EQUAL(NEIGHBOUR_UNREACHABLE, neighbour_at(world, &peer6)->state);
	}
	world_advance(world, 47 * SECOND);
	assert_null(neighbour_at(world, &peer6));
	CHECK_EQUAL(QUEUED, world_send6(world, &nobody6, &peer6));
}

static void one_that_stops_answering_and_is_not_used_is_forgotten(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, world_send6(world, &nobody6, &peer6));
	for (uint64_t second = 5; second <= 11; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(5, world->sent_count);
	assert_null(neighbour_at(world, &peer6));
}

static void an_unreachable_one_that_answers_at_last_is_reachable(void **state)
{
	struct world *world = *state;

	world_send6(world, &nobody6, &peer6);
	for (uint64_t second = 5; second <= 8; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(NEIGHBOUR_UNREACHABLE, neighbour_at(world, &peer6)->state);
	CHECK_EQUAL(DELIVERED, hear_advertisement(world, &peer6, SOLICITED | OVERRIDE, &other_mac));
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_at(world, &peer6)->state);
	check_mac(other_mac, neighbour_at(world, &peer6)->mac);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

/* Row 24; RFC 4861, 7.1. */
static void what_did_not_begin_on_the_link_is_refused(void **state)
{
	struct world *world = *state;
	struct ndp_message asked = solicitation(&me6);
	static const uint8_t limits[] = { 0, 1, 64, 254 };

	for (size_t index = 0; index < COUNT_OF(limits); index++) {
		struct made made = make_ndp(&newcomer6, &me6, &asked);
		made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = limits[index];
		CHECK_EQUAL(DROP_FROM_AFAR, world_receive_made(world, &made));
	}
	CHECK_EQUAL(0, world->sent_count);
	assert_null(neighbour_at(world, &newcomer6));
}

static void solicitations_that_contradict_themselves_are_refused(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&me6);
	struct ndp_message asked = solicitation(&me6);

	/* from nobody, with a link address; and to one node (7.1.1) */
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &nobody6, &group, &asked));
	asked.has_source_mac = false;
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &nobody6, &me6, &asked));
	asked = solicitation(&all_nodes);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &newcomer6, &group, &asked));
	asked = solicitation(&me6);
	asked.source_mac = all_macs;
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &newcomer6, &group, &asked));
	asked = solicitation(&me6);
	struct made made = make_ndp(&newcomer6, &group, &asked);
	made.bytes[ICMP6_AT + 1] = 1; /* code */
	finish_icmp6(&made, ICMP6_AT);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	made = make_ndp(&newcomer6, &group, &asked);
	made.bytes[ICMP6_AT + 25] = 0; /* the option's length */
	finish_icmp6(&made, ICMP6_AT);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->sent_count);
	assert_null(neighbour_at(world, &newcomer6));
}

static void advertisements_that_contradict_themselves_are_refused(void **state)
{
	struct world *world = *state;
	struct ndp_message said = advertisement(&peer6, SOLICITED | OVERRIDE, &other_mac);

	CHECK_EQUAL(DROP_MALFORMED, hear(world, &peer6, &all_nodes, &said)); /* 7.1.2 */
	said = advertisement(&all_nodes, OVERRIDE, &other_mac);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &peer6, &me6, &said));
	said = advertisement(&peer6, OVERRIDE, &all_macs);
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &peer6, &me6, &said));
	check_mac(peer_mac, neighbour_at(world, &peer6)->mac);
}

static void an_address_that_names_a_zone_on_the_wire_is_refused(void **state)
{
	struct world *world = *state;
	struct ndp_message asked = solicitation(&my_link_local);
	struct made made = make_ndp(&newcomer6, &me6, &asked);

	put16(made.bytes + ICMP6_AT + 8 + 2, 2);
	finish_icmp6(&made, ICMP6_AT);
	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	CHECK_EQUAL(0, world->sent_count);
}

static void every_truncation_and_every_flipped_bit_is_survived(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&me6);
	struct ndp_message messages[] = { solicitation(&me6),
					  advertisement(&peer6, OVERRIDE, &other_mac) };

	for (size_t which = 0; which < COUNT_OF(messages); which++) {
		struct made good = make_ndp(&peer6, &group, &messages[which]);
		for (uint32_t size = ICMP6_AT; size < good.size; size++) {
			struct made cut = good;
			cut.size = size;
			put16(cut.bytes + ETHERNET_HEADER_SIZE + IPV6_PAYLOAD_SIZE_AT,
			      (uint16_t)(size - ICMP6_AT));
			if (size >= ICMP6_AT + ICMP6_HEADER_SIZE)
				finish_icmp6(&cut, ICMP6_AT);
			enum verdict verdict = world_receive_made(world, &cut);
			assert_true(verdict == DROP_MALFORMED || size == ICMP6_AT + 24);
		}
		for (uint32_t bit = ICMP6_AT * 8; bit < good.size * 8; bit++) {
			struct made flipped = good;
			flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK_EQUAL(DROP_CHECKSUM, world_receive_made(world, &flipped));
			finish_icmp6(&flipped, ICMP6_AT);
			world_receive_made(world, &flipped);
		}
	}
	world->sent_count = 0;
	CHECK_EQUAL(DELIVERED, hear(world, &peer6, &group, &messages[0]));
	CHECK_EQUAL(1, world->sent_count);
}

static void ten_thousand_askers_are_answered_and_the_cache_is_bounded(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&me6);
	struct ndp_message asked = solicitation(&me6);

	world_send6(world, &nobody6, &peer6);
	for (uint32_t index = 0; index < NEIGHBOURS_MOST + 10000; index++) {
		struct address asker = newcomer6;
		asker.bytes[8] = 1;
		put32(asker.bytes + 12, index);
		world->sent_count = 0;
		CHECK_EQUAL(DELIVERED, hear(world, &asker, &group, &asked));
		CHECK_EQUAL(1, world->sent_count);
	}
	CHECK_EQUAL(NEIGHBOURS_MOST, world->ip.neighbours.table.count);
	assert_non_null(neighbour_at(world, &peer6)); /* who is used stays */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(an_unknown_neighbour_is_asked_for_and_the_packet_waits),
		WORLD6_TEST(a_link_local_neighbour_is_asked_for_from_our_link_local_address),
		WORLD6_TEST(a_solicitation_for_us_is_answered_and_teaches_who_asked),
		WORLD6_TEST(each_of_our_addresses_is_answered_for_and_no_other),
		WORLD6_TEST(who_asks_as_nobody_is_answered_before_all_and_not_learned),
		WORLD6_TEST(who_asks_without_a_link_address_is_asked_for_it_first),
		WORLD6_TEST(an_advertisement_changes_a_neighbour_as_the_rfc_says),
		WORLD6_TEST(an_advertisement_of_a_stranger_teaches_nothing),
		WORLD6_TEST(an_address_we_are_given_is_announced),
		WORLD6_TEST(a_link_comes_up_without_a_word_of_ipv6),
		WORLD6_TEST(one_that_stops_answering_is_asked_for_by_group_and_used_meanwhile),
		WORLD6_TEST(one_that_stops_answering_and_is_not_used_is_forgotten),
		WORLD6_TEST(an_unreachable_one_that_answers_at_last_is_reachable),
		WORLD6_TEST(what_did_not_begin_on_the_link_is_refused),
		WORLD6_TEST(solicitations_that_contradict_themselves_are_refused),
		WORLD6_TEST(advertisements_that_contradict_themselves_are_refused),
		WORLD6_TEST(an_address_that_names_a_zone_on_the_wire_is_refused),
		WORLD6_TEST(every_truncation_and_every_flipped_bit_is_survived),
		WORLD6_TEST(ten_thousand_askers_are_answered_and_the_cache_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
