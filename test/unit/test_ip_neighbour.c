#include "unit/ip_world.h"

#include <errno.h>

static struct neighbour *neighbour_of(struct world *world, uint32_t v4)
{
	struct address address = address_v4(v4);
	return neighbour_find(&world->ip, world->link, &address);
}

static void an_unknown_neighbour_is_asked_for_and_the_packet_waits(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(QUEUED, world_send(world, 0, PEER));
	CHECK_EQUAL(1, world->sent_count);
	struct arp_packet arp = sent_arp(world, 0);
	CHECK_EQUAL(ARP_REQUEST, arp.operation);
	CHECK_EQUAL(ME, arp.sender);
	CHECK_EQUAL(PEER, arp.target);
	assert_true(mac_equal(&arp.sender_mac, &my_mac));
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	assert_true(mac_is_broadcast(&ethernet.destination));

	CHECK_EQUAL(DELIVERED, world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME));
	CHECK_EQUAL(2, world->sent_count);
	CHECK_EQUAL(PEER, sent_ipv4(world, 1).destination);
	ethernet = sent_ethernet(world, 1);
	assert_true(mac_equal(&ethernet.destination, &peer_mac));
	CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER));
}

static void packets_that_waited_leave_in_their_order(void **state)
{
	struct world *world = *state;

	for (uint8_t tos = 0; tos < 3; tos++) {
		struct frame *frame = frame_new(world->pool);
		struct ip_send send = { .destination = address_v4(PEER), .tos = tos };
		send.source = address_v4(0);
		CHECK_EQUAL(QUEUED, ip_output(&world->ip, &send, frame));
	}
	CHECK_EQUAL(1, world->sent_count); /* asked once for all */
	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	for (int index = 0; index < 3; index++)
		CHECK_EQUAL(index, sent_ipv4(world, 1 + index).tos);
}

static void three_requests_a_second_apart_and_then_the_protocol_is_told(void **state)
{
	struct world *world = *state;

	world_send(world, 0, PEER);
	world_send(world, 0, PEER);
	world_advance(world, SECOND - 1);
	CHECK_EQUAL(1, world->sent_count);
	world_advance(world, SECOND);
	CHECK_EQUAL(2, world->sent_count);
	world_advance(world, 2 * SECOND);
	CHECK_EQUAL(3, world->sent_count);
	CHECK_EQUAL(0, world->errors);
	world_advance(world, 3 * SECOND);
	CHECK_EQUAL(3, world->sent_count);

	CHECK_EQUAL(2, world->errors);
	CHECK_EQUAL(2, world->ip.counts[DROP_NO_NEIGHBOUR]);
	CHECK_EQUAL(EHOSTUNREACH, world->error.error);
	assert_true(world->error.local);
	assert_false(world->error.hard);
	CHECK_EQUAL(ME, address_to_v4(&world->error.source));
	CHECK_EQUAL(PEER, address_to_v4(&world->error.destination));
	CHECK_EQUAL(8, world->error.transport.size);
	CHECK_EQUAL(0x5a, world->transport[7]);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void after_giving_up_a_new_packet_starts_afresh(void **state)
{
	struct world *world = *state;

	world->echo_on_error = true; /* even one sent while being told */
	world_send(world, 0, PEER);
	for (uint64_t second = 1; second <= 3; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(1, world->errors);
	CHECK_EQUAL(4, world->sent_count);
	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	CHECK_EQUAL(5, world->sent_count);
	CHECK_EQUAL(PEER, sent_ipv4(world, 4).destination);
}

static void the_queue_of_waiting_packets_is_bounded_and_drops_the_oldest(void **state)
{
	struct world *world = *state;

	for (uint32_t index = 0; index < NEIGHBOUR_QUEUE_PACKETS + 3; index++) {
		struct frame *frame = frame_new(world->pool);
		struct ip_send send = { .destination = address_v4(PEER), .tos = (uint8_t)index };
		send.source = address_v4(0);
		CHECK_EQUAL(QUEUED, ip_output(&world->ip, &send, frame));
	}
	CHECK_EQUAL(3, world->ip.counts[DROP_NEIGHBOUR_QUEUE]);
	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	CHECK_EQUAL(1 + NEIGHBOUR_QUEUE_PACKETS, world->sent_count);
	CHECK_EQUAL(3, sent_ipv4(world, 1).tos);
}

static void the_queue_of_waiting_packets_is_bounded_in_bytes(void **state)
{
	struct world *world = *state;

	for (int index = 0; index < 4; index++) {
		struct frame *frame = frame_with_room(world->pool, 60000);
		memset(frame->head, 0, 60000);
		frame->segment_size = 1000;
		struct ip_send send = { .destination = address_v4(PEER), .dont_fragment = true };
		send.source = address_v4(0);
		CHECK_EQUAL(QUEUED, ip_output(&world->ip, &send, frame));
	}
	CHECK_EQUAL(1, world->ip.counts[DROP_NEIGHBOUR_QUEUE]);
	CHECK_EQUAL(3 * 60020, neighbour_of(world, PEER)->waiting_size);
}

static void a_neighbour_is_asked_again_by_unicast_after_use_when_stale(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_of(world, PEER)->state);

	uint64_t now = 46 * SECOND; /* past 1.5 times 30 seconds */
	world_advance(world, now);
	CHECK_EQUAL(0, world->sent_count); /* unused, it costs nothing */
	CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER));
	CHECK_EQUAL(NEIGHBOUR_DELAY, neighbour_of(world, PEER)->state);
	world_advance(world, now + 5 * SECOND);
	CHECK_EQUAL(2, world->sent_count);
	struct arp_packet arp = sent_arp(world, 1);
	CHECK_EQUAL(PEER, arp.target);
	struct ethernet_header ethernet = sent_ethernet(world, 1);
	assert_true(mac_equal(&ethernet.destination, &peer_mac));

	CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER)); /* used meanwhile */
	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_of(world, PEER)->state);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void a_stale_neighbour_that_does_not_answer_is_forgotten(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	world_advance(world, 46 * SECOND);
	world_send(world, 0, PEER);
	for (uint64_t second = 51; second <= 54; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(1 + 3, world->sent_count);
	assert_null(neighbour_of(world, PEER));
	CHECK_EQUAL(QUEUED, world_send(world, 0, PEER));
}

static void the_reachable_time_is_between_half_and_one_and_a_half_of_thirty_seconds(void **state)
{
	struct world *world = *state;
	uint64_t least = NEVER, most = 0;

	for (uint32_t index = 2; index < 102; index++) {
		world_meet(world, ME + index);
		uint64_t time = neighbour_of(world, ME + index)->reachable_ns;
		least = time < least ? time : least;
		most = time > most ? time : most;
	}
	assert_true(least >= 15 * SECOND && least < 20 * SECOND);
	assert_true(most <= 45 * SECOND && most > 40 * SECOND);
}

static void forward_progress_keeps_a_neighbour_without_asking(void **state)
{
	struct world *world = *state;
	struct address stranger = address_v4(STRANGER);
	world_meet(world, GATEWAY);

	for (uint64_t second = 10; second <= 100; second += 10) {
		world_advance(world, second * SECOND);
		ip_confirm(&world->ip, &stranger);
		CHECK_EQUAL(DELIVERED, world_send(world, 0, STRANGER));
		CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_of(world, GATEWAY)->state);
	}
	CHECK_EQUAL(10, world->sent_count);
}

static void forward_progress_ends_a_probe_and_confirms_nobody_unknown(void **state)
{
	struct world *world = *state;
	struct address peer = address_v4(PEER);

	ip_confirm(&world->ip, &peer);
	assert_null(neighbour_of(world, PEER));
	world_send(world, 0, PEER);
	ip_confirm(&world->ip, &peer);
	CHECK_EQUAL(NEIGHBOUR_INCOMPLETE, neighbour_of(world, PEER)->state);

	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	world_advance(world, 46 * SECOND);
	world_send(world, 0, PEER);
	world_advance(world, 51 * SECOND);
	CHECK_EQUAL(NEIGHBOUR_PROBE, neighbour_of(world, PEER)->state);
	ip_confirm(&world->ip, &peer);
	CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_of(world, PEER)->state);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
}

static void a_request_for_us_is_answered_and_teaches_who_asked(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, ME));
	CHECK_EQUAL(1, world->sent_count);
	struct arp_packet arp = sent_arp(world, 0);
	CHECK_EQUAL(ARP_REPLY, arp.operation);
	CHECK_EQUAL(ME, arp.sender);
	CHECK_EQUAL(PEER, arp.target);
	assert_true(mac_equal(&arp.sender_mac, &my_mac));
	assert_true(mac_equal(&arp.target_mac, &peer_mac));
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	assert_true(mac_equal(&ethernet.destination, &peer_mac));

	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_of(world, PEER)->state);
	CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER));
}

static void a_request_for_us_also_answers_what_we_asked(void **state)
{
	struct world *world = *state;

	world_send(world, 0, PEER);
	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, ME);
	CHECK_EQUAL(3, world->sent_count); /* request, the packet, reply */
	CHECK_EQUAL(PEER, sent_ipv4(world, 1).destination);
	CHECK_EQUAL(NEIGHBOUR_DELAY, neighbour_of(world, PEER)->state);
}

static void a_probe_from_nobody_is_answered_and_teaches_nothing(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED, world_hear_arp(world, ARP_REQUEST, peer_mac, 0, ME));
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
}

static void talk_among_others_teaches_nothing(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_IGNORED, world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, GATEWAY));
	CHECK_EQUAL(DROP_IGNORED, world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, PEER));
	CHECK_EQUAL(DROP_IGNORED, world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME));
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
	CHECK_EQUAL(0, world->sent_count);
}

static void a_neighbour_that_moves_is_followed_but_not_within_a_second(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	world_advance(world, SECOND - 1);
	CHECK_EQUAL(DELIVERED, world_hear_arp(world, ARP_REQUEST, other_mac, PEER, PEER));
	assert_true(mac_equal(&neighbour_of(world, PEER)->mac, &peer_mac));
	world_advance(world, SECOND);
	world_hear_arp(world, ARP_REQUEST, other_mac, PEER, PEER);
	assert_true(mac_equal(&neighbour_of(world, PEER)->mac, &other_mac));
	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_of(world, PEER)->state);
}

static void an_unasked_reply_proves_nothing(void **state)
{
	struct world *world = *state;

	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, ME);
	world_hear_arp(world, ARP_REPLY, peer_mac, PEER, ME);
	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_of(world, PEER)->state);
}

static void adding_an_address_announces_it(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(0, add_v4(&world->ip, 2, ME + 100, 16));
	CHECK_EQUAL(1, world->sent_count);
	struct arp_packet arp = sent_arp(world, 0);
	CHECK_EQUAL(ARP_REQUEST, arp.operation);
	CHECK_EQUAL(ME + 100, arp.sender);
	CHECK_EQUAL(ME + 100, arp.target);
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	assert_true(mac_is_broadcast(&ethernet.destination));
}

static void a_claim_to_our_address_is_counted_and_defended_once_in_ten_seconds(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_CONFLICT, world_hear_arp(world, ARP_REQUEST, peer_mac, ME, ME));
	CHECK_EQUAL(DROP_CONFLICT, world_hear_arp(world, ARP_REPLY, peer_mac, ME, ME));
	world_advance(world, 10 * SECOND - 1);
	CHECK_EQUAL(DROP_CONFLICT, world_hear_arp(world, ARP_REQUEST, peer_mac, ME, PEER));
	CHECK_EQUAL(1, world->sent_count);
	struct arp_packet arp = sent_arp(world, 0);
	CHECK_EQUAL(ME, arp.sender);
	CHECK_EQUAL(ME, arp.target);
	world_advance(world, 10 * SECOND);
	CHECK_EQUAL(DROP_CONFLICT, world_hear_arp(world, ARP_REQUEST, peer_mac, ME, ME));
	CHECK_EQUAL(2, world->sent_count);
	CHECK_EQUAL(4, world->ip.counts[DROP_CONFLICT]);
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
}

static void a_sender_that_cannot_be_is_refused(void **state)
{
	struct world *world = *state;
	const struct mac group = { { 1, 0, 0x5e, 0, 0, 1 } }, none = { { 0 } };
	const struct mac bad_macs[] = { group, all_macs, none, my_mac };
	const uint32_t bad_addresses[] = { LOCALHOST, 0xe0000001, EVERYBODY, SUBNET };

	for (size_t index = 0; index < COUNT_OF(bad_macs); index++) {
		struct made made =
			make_arp(my_mac, &(struct arp_packet){ ARP_REQUEST, bad_macs[index], PEER,
							       none, ME });
		memcpy(made.bytes + 6, peer_mac.bytes, 6);
		CHECK_EQUAL(DROP_BAD_SOURCE, world_receive_made(world, &made));
	}
	for (size_t index = 0; index < COUNT_OF(bad_addresses); index++)
		CHECK_EQUAL(DROP_BAD_SOURCE,
			    world_hear_arp(world, ARP_REQUEST, peer_mac, bad_addresses[index], ME));
	CHECK_EQUAL(0, world->sent_count);
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
}

static void wrong_lengths_kinds_and_operations_are_refused(void **state)
{
	struct world *world = *state;
	static const struct {
		uint8_t at, value;
		enum verdict verdict;
	} wrong[] = {
		{ 14 + 1, 2, DROP_MALFORMED },    /* hardware */
		{ 14 + 2, 0x86, DROP_MALFORMED }, /* protocol */
		{ 14 + 4, 5, DROP_MALFORMED },    { 14 + 4, 255, DROP_MALFORMED },
		{ 14 + 5, 16, DROP_MALFORMED },   { 14 + 5, 0, DROP_MALFORMED },
		{ 14 + 7, 0, DROP_IGNORED },      { 14 + 7, 3, DROP_IGNORED },
		{ 14 + 6, 1, DROP_IGNORED },
	};
	for (size_t index = 0; index < COUNT_OF(wrong); index++) {
		struct made made = make_arp(
			my_mac, &(struct arp_packet){ ARP_REQUEST, peer_mac, PEER, { { 0 } }, ME });
		made.bytes[wrong[index].at] = wrong[index].value;
		CHECK_EQUAL(wrong[index].verdict, world_receive_made(world, &made));
	}
	CHECK_EQUAL(0, world->sent_count);
}

static void every_truncation_and_every_flipped_bit_of_arp_is_survived(void **state)
{
	struct world *world = *state;
	struct made whole = make_arp(
		my_mac, &(struct arp_packet){ ARP_REQUEST, peer_mac, PEER, { { 0 } }, ME });

	for (uint32_t size = 0; size < whole.size; size++)
		CHECK_EQUAL(DROP_MALFORMED, world_receive(world, whole.bytes, size));
	CHECK_EQUAL(0, world->sent_count);
	for (uint32_t bit = 0; bit < whole.size * 8; bit++) {
		struct made flipped = whole;
		flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		world_receive_made(world, &flipped);
	}
	world->sent_count = 0;
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &whole)); /* the next one is fine */
	CHECK_EQUAL(1, world->sent_count);
}

static void the_cache_is_bounded_and_keeps_who_is_used(void **state)
{
	struct world *world = *state;
	world_meet(world, PEER);

	for (uint32_t index = 0; index < 3 * NEIGHBOURS_MOST; index++) {
		struct mac mac = { { 2, 1, 0, 0, (uint8_t)(index >> 8), (uint8_t)index } };
		world->sent_count = 0;
		CHECK_EQUAL(DELIVERED,
			    world_hear_arp(world, ARP_REQUEST, mac, PEER + 1 + index, ME));
		if (index % 100 == 0)
			CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER));
	}
	CHECK_EQUAL(NEIGHBOURS_MOST, world->ip.neighbours.table.count);
	CHECK_EQUAL(DELIVERED, world_send(world, 0, PEER));
}

/* Seen as all of a subnet on one chain: what differed was in bits that the hash did not use. */
static void neighbours_are_spread_over_the_table(void **state)
{
	struct world *world = *state;
	const struct table *table = &world->ip.neighbours.table;
	uint32_t longest = 0;

	for (uint32_t index = 0; index < 1000; index++) {
		struct address address = address_v4(PEER + index);
		neighbour_learn(&world->ip, world->link, &address, &peer_mac);
	}
	CHECK_EQUAL(1000, table->count);
	for (uint32_t chain = 0; chain < table->chain_count; chain++) {
		uint32_t length = 0;
		for (struct table_node *node = table->chains[chain]; node; node = node->next)
			length++;
		if (length > longest)
			longest = length;
	}
	assert_in_range(longest, 1, 16);
}

static void a_scan_of_absent_neighbours_is_bounded(void **state)
{
	struct world *world = *state;

	for (uint32_t index = 0; index < NEIGHBOURS_ASKED_MOST + 10; index++)
		CHECK_EQUAL(QUEUED, world_send(world, 0, PEER + index));
	CHECK_EQUAL(NEIGHBOURS_ASKED_MOST, world->ip.neighbours.table.count);
	CHECK_EQUAL(10, world->ip.counts[DROP_NEIGHBOUR_QUEUE]);
}

/* RFC 6583: ten thousand that are not there push out nobody who is, used or not. */
static void a_scan_pushes_out_nobody_who_is_there(void **state)
{
	struct world *world = *state;

	for (uint32_t index = 0; index < 1000; index++)
		world_meet(world, PEER + index);
	for (uint32_t index = 0; index < 10000; index++) {
		world->sent_count = 0;
		CHECK_EQUAL(QUEUED, world_send(world, 0, PEER + 2000 + index));
	}
	CHECK_EQUAL(1000 + NEIGHBOURS_ASKED_MOST, world->ip.neighbours.table.count);
	for (uint32_t index = 0; index < 1000; index++)
		assert_non_null(neighbour_of(world, PEER + index));
	for (uint64_t second = 1; second <= 3; second++) {
		world->sent_count = 0;
		world_advance(world, second * SECOND);
	}
	CHECK_EQUAL(1000, world->ip.neighbours.table.count);
	CHECK_EQUAL(0, world->ip.neighbours.asked_count);
}

static void a_lan_of_ten_thousand_is_known_whole(void **state)
{
	struct world *world = *state;

	for (uint32_t index = 0; index < 10000; index++)
		world_meet(world, PEER + index);
	for (uint32_t index = 0; index < 10000; index++)
		CHECK_EQUAL(NEIGHBOUR_REACHABLE, neighbour_of(world, PEER + index)->state);
}

static void without_memory_a_packet_is_dropped_and_nothing_leaks(void **state)
{
	struct world *world = *state;

	for (size_t allowed = 0; allowed < 4; allowed++) {
		struct frame *frame = frame_new(world->pool);
		struct ip_send send = { .source = address_v4(0) };
		send.destination = address_v4(PEER + (uint32_t)allowed);
		world->memory.refusals_after = allowed;
		enum verdict verdict = ip_output(&world->ip, &send, frame);
		world->memory.refusals_after = UNLIMITED;
		assert_true(verdict == DROP_MEMORY || verdict == QUEUED);
		if (allowed == 0)
			CHECK_EQUAL(DROP_MEMORY, verdict);
	}
}

static void removing_an_interface_drops_its_neighbours_and_routes(void **state)
{
	struct world *world = *state;

	world_meet(world, GATEWAY);
	world_send(world, 0, PEER);
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	CHECK_EQUAL(0, world->ip.neighbours.table.count);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
	CHECK_EQUAL(DROP_NO_ROUTE, world_send(world, 0, PEER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_unknown_neighbour_is_asked_for_and_the_packet_waits),
		WORLD_TEST(packets_that_waited_leave_in_their_order),
		WORLD_TEST(three_requests_a_second_apart_and_then_the_protocol_is_told),
		WORLD_TEST(after_giving_up_a_new_packet_starts_afresh),
		WORLD_TEST(the_queue_of_waiting_packets_is_bounded_and_drops_the_oldest),
		WORLD_TEST(the_queue_of_waiting_packets_is_bounded_in_bytes),
		WORLD_TEST(a_neighbour_is_asked_again_by_unicast_after_use_when_stale),
		WORLD_TEST(a_stale_neighbour_that_does_not_answer_is_forgotten),
		WORLD_TEST(the_reachable_time_is_between_half_and_one_and_a_half_of_thirty_seconds),
		WORLD_TEST(forward_progress_keeps_a_neighbour_without_asking),
		WORLD_TEST(forward_progress_ends_a_probe_and_confirms_nobody_unknown),
		WORLD_TEST(a_request_for_us_is_answered_and_teaches_who_asked),
		WORLD_TEST(a_request_for_us_also_answers_what_we_asked),
		WORLD_TEST(a_probe_from_nobody_is_answered_and_teaches_nothing),
		WORLD_TEST(talk_among_others_teaches_nothing),
		WORLD_TEST(a_neighbour_that_moves_is_followed_but_not_within_a_second),
		WORLD_TEST(an_unasked_reply_proves_nothing),
		WORLD_TEST(adding_an_address_announces_it),
		WORLD_TEST(a_claim_to_our_address_is_counted_and_defended_once_in_ten_seconds),
		WORLD_TEST(a_sender_that_cannot_be_is_refused),
		WORLD_TEST(wrong_lengths_kinds_and_operations_are_refused),
		WORLD_TEST(every_truncation_and_every_flipped_bit_of_arp_is_survived),
		WORLD_TEST(the_cache_is_bounded_and_keeps_who_is_used),
		WORLD_TEST(neighbours_are_spread_over_the_table),
		WORLD_TEST(a_scan_of_absent_neighbours_is_bounded),
		WORLD_TEST(a_scan_pushes_out_nobody_who_is_there),
		WORLD_TEST(a_lan_of_ten_thousand_is_known_whole),
		WORLD_TEST(without_memory_a_packet_is_dropped_and_nothing_leaks),
		WORLD_TEST(removing_an_interface_drops_its_neighbours_and_routes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
