/* RFC 5227 and RFC 3927, rule by rule; the number of each is above its test. */
#include "unit/ip_world.h"

#include "ip/claim.h"

#include <errno.h>

enum { CLAIMED = ME + 77, LINK = 2 };

#define LINK_LOCAL_LEAST UINT32_C(0xa9fe0100)
#define LINK_LOCAL_MOST  UINT32_C(0xa9fefeff)
#define LONG_ENOUGH      (8 * SECOND) /* to probe, to wait, and to take it */

/* From deadline to deadline. */
static void pass(struct world *world, uint64_t ns)
{
	uint64_t until = world->clock.now + ns;
	while (clock_deadline(&world->clock) <= until)
		world_advance(world, clock_deadline(&world->clock));
	world_advance(world, until);
}

static const struct claim *claim_of(const struct world *world)
{
	assert_false(list_is_empty(&world->ip.claims));
	return CONTAINER_OF(world->ip.claims.next, struct claim, link);
}

static bool is_ours(struct world *world, uint32_t v4)
{
	struct address address = address_v4(v4);
	return interface_address_find(world->link, &address) != NULL;
}

static void claim(struct world *world)
{
	assert_int_equal(0, ip_address_claim(&world->ip, LINK, CLAIMED, 16));
}

static void hold(struct world *world)
{
	claim(world);
	pass(world, LONG_ENOUGH);
	assert_int_equal(CLAIM_HELD, claim_of(world)->state);
	world->sent_count = 0;
}

static uint32_t link_local(struct world *world)
{
	assert_int_equal(0, ip_link_local(&world->ip, LINK));
	pass(world, LONG_ENOUGH);
	assert_int_equal(CLAIM_HELD, claim_of(world)->state);
	world->sent_count = 0;
	return claim_of(world)->address;
}

/* When each frame is sent that the world sends in so long, from now on. */
static int moments(struct world *world, uint64_t ns, uint64_t at[], int most)
{
	uint64_t start = world->clock.now, until = start + ns;
	int count = world->sent_count;

	while (clock_deadline(&world->clock) <= until) {
		world_advance(world, clock_deadline(&world->clock));
		for (; count < world->sent_count && count < most; count++)
			at[count] = world->clock.now - start;
	}
	return count;
}

/* RFC 5227, 2.1: an address is tested before it is used. */
static void a_claimed_address_is_not_used_before_it_has_been_probed_for(void **state)
{
	struct world *world = *state;
	claim(world);
	while (claim_of(world)->said < 3)
		world_advance(world, clock_deadline(&world->clock));
	pass(world, 2 * SECOND - 1);
	assert_false(is_ours(world, CLAIMED));
	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, CLAIMED);
	CHECK_EQUAL(3, world->sent_count); /* nobody is answered */
	pass(world, 1);
	assert_true(is_ours(world, CLAIMED));
	CHECK_EQUAL(CLAIM_HELD, claim_of(world)->state);
}

/* RFC 5227, 1.1 and 2.1.1: after up to a second, three, one or two seconds apart; two seconds later two announcements. */
static void probes_and_announcements_keep_their_distances(void **state)
{
	struct world *world = *state;
	for (unsigned turn = 0; turn < 16; turn++) {
		uint64_t at[8];
		world->sent_count = 0;
		assert_int_equal(0, ip_address_claim(&world->ip, LINK, CLAIMED + turn, 16));
		assert_int_equal(5, moments(world, 20 * SECOND, at, 8));
		assert_true(at[0] <= SECOND);
		for (int index = 1; index < 3; index++)
			assert_true(at[index] - at[index - 1] >= SECOND &&
				    at[index] - at[index - 1] <= 2 * SECOND);
		CHECK_EQUAL(2 * SECOND, at[3] - at[2]);
		CHECK_EQUAL(2 * SECOND, at[4] - at[3]);
	}
}

/* RFC 5227, 2.1.1: the sender's address all zero, so that no cache is touched; the target's MAC too; to everybody. */
static void a_probe_names_no_sender(void **state)
{
	struct world *world = *state;
	const struct mac nobody = { { 0 } };
	claim(world);
	pass(world, SECOND);
	struct arp_packet probe = sent_arp(world, 0);
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	CHECK_EQUAL(ARP_REQUEST, probe.operation);
	CHECK_EQUAL(0, probe.sender);
	CHECK_EQUAL(CLAIMED, probe.target);
	assert_true(mac_equal(&my_mac, &probe.sender_mac));
	assert_true(mac_equal(&nobody, &probe.target_mac));
	assert_true(mac_is_broadcast(&ethernet.destination));
}

/* RFC 5227, 2.3: a request in which sender and target are the address. */
static void what_is_taken_is_announced(void **state)
{
	struct world *world = *state;
	claim(world);
	pass(world, 12 * SECOND);
	CHECK_EQUAL(5, world->sent_count);
	for (int index = 3; index < 5; index++) {
		struct arp_packet arp = sent_arp(world, index);
		CHECK_EQUAL(ARP_REQUEST, arp.operation);
		CHECK_EQUAL(CLAIMED, arp.sender);
		CHECK_EQUAL(CLAIMED, arp.target);
	}
}

/* RFC 5227, 2.1.1: whatever operation it is that says whose the address is; until two seconds after the last probe. */
static void an_address_that_somebody_says_he_has_is_not_taken(void **state)
{
	struct world *world = *state;
	const uint16_t operations[] = { ARP_REQUEST, ARP_REPLY };

	for (unsigned index = 0; index < 2; index++) {
		claim(world);
		while (index && claim_of(world)->said < 3)
			world_advance(world, clock_deadline(&world->clock));
		assert_int_equal(DROP_CONFLICT,
				 world_hear_arp(world, operations[index], peer_mac, CLAIMED, PEER));
		CHECK_EQUAL(CLAIM_LOST, claim_of(world)->state);
		world->sent_count = 0;
		pass(world, 60 * SECOND);
		CHECK_EQUAL(0, world->sent_count);
		assert_false(is_ours(world, CLAIMED));
	}
}

/* RFC 5227, 2.1.1: two who probe at once both keep off. */
static void an_address_that_somebody_else_probes_for_is_not_taken(void **state)
{
	struct world *world = *state;
	claim(world);
	assert_int_equal(DROP_CONFLICT, world_hear_arp(world, ARP_REQUEST, peer_mac, 0, CLAIMED));
	CHECK_EQUAL(CLAIM_LOST, claim_of(world)->state);
}

/* RFC 5227, 2.1.1: "and the sender hardware address is not one of the host's own". */
static void our_own_probe_that_comes_back_is_no_conflict(void **state)
{
	struct world *world = *state;
	claim(world);
	world_hear_arp(world, ARP_REQUEST, my_mac, 0, CLAIMED);
	CHECK_EQUAL(CLAIM_PROBING, claim_of(world)->state);
	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, CLAIMED); /* nor who asks for it */
	CHECK_EQUAL(CLAIM_PROBING, claim_of(world)->state);
}

/* RFC 5227, 2.4 b: the first is answered with one announcement; a second within ten seconds ends it at once. */
static void an_address_that_is_contested_twice_in_ten_seconds_is_given_up(void **state)
{
	struct world *world = *state;
	hold(world);
	pass(world, 2 * SECOND);
	world->sent_count = 0;
	world_hear_arp(world, ARP_REPLY, peer_mac, CLAIMED, PEER);
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(CLAIMED, sent_arp(world, 0).sender);
	pass(world, 10 * SECOND - 1);
	world_hear_arp(world, ARP_REPLY, peer_mac, CLAIMED, PEER);
	CHECK_EQUAL(1, world->sent_count);
	CHECK_EQUAL(CLAIM_LOST, claim_of(world)->state);
	assert_false(is_ours(world, CLAIMED));
	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, CLAIMED);
	CHECK_EQUAL(1, world->sent_count);
}

static void an_address_that_is_contested_seldom_is_kept(void **state)
{
	struct world *world = *state;
	hold(world);
	pass(world, 2 * SECOND);
	world->sent_count = 0;
	for (unsigned turn = 0; turn < 5; turn++) {
		world_hear_arp(world, ARP_REQUEST, peer_mac, CLAIMED, PEER);
		pass(world, 10 * SECOND);
	}
	CHECK_EQUAL(5, world->sent_count);
	assert_true(is_ours(world, CLAIMED));
}

/* RFC 5227, 2.4 c, as Linux has it: an address that was given is ours whatever others say. */
static void an_address_that_was_given_is_never_given_up(void **state)
{
	struct world *world = *state;
	for (unsigned turn = 0; turn < 5; turn++)
		world_hear_arp(world, ARP_REQUEST, peer_mac, ME, PEER);
	assert_true(is_ours(world, ME));
	CHECK_EQUAL(1, world->sent_count);
}

static void an_address_given_up_takes_its_route_along_unless_another_needs_it(void **state)
{
	struct world *world = *state;
	const struct address far = address_v4(0x0b000001), near = address_v4(PEER);
	assert_int_equal(0, ip_address_claim(&world->ip, LINK, 0x0b000007, 24));
	pass(world, LONG_ENOUGH);
	CHECK_EQUAL(96 + 24, route_find(&world->ip.routes, &far)->prefix);
	hold(world);
	for (unsigned turn = 0; turn < 2; turn++) {
		world_hear_arp(world, ARP_REQUEST, peer_mac, 0x0b000007, PEER);
		world_hear_arp(world, ARP_REQUEST, peer_mac, CLAIMED, PEER);
	}
	CHECK_EQUAL(96, route_find(&world->ip.routes, &far)->prefix); /* the default route */
	CHECK_EQUAL(96 + 16, route_find(&world->ip.routes, &near)->prefix);
}

static void a_claim_is_made_once_and_again_when_lost(void **state)
{
	struct world *world = *state;
	claim(world);
	assert_int_equal(-EEXIST, ip_address_claim(&world->ip, LINK, CLAIMED, 16));
	world_hear_arp(world, ARP_REPLY, peer_mac, CLAIMED, PEER);
	hold(world);
	assert_int_equal(-EEXIST, ip_address_claim(&world->ip, LINK, CLAIMED, 16));
	assert_int_equal(-EEXIST, ip_address_claim(&world->ip, LINK, ME, 16));
	assert_int_equal(-EINVAL, ip_address_claim(&world->ip, LINK, 0xe0000001, 16));
	assert_int_equal(-EINVAL, ip_address_claim(&world->ip, LINK, CLAIMED + 1, 33));
	assert_int_equal(-ENODEV, ip_address_claim(&world->ip, LOOPBACK_INDEX, CLAIMED, 16));
	CHECK_EQUAL(1, world->ip.claim_count);
}

static void claims_have_a_bound_and_go_with_their_interface(void **state)
{
	struct world *world = *state;
	for (uint32_t index = 0; index < CLAIMS_MOST; index++)
		assert_int_equal(0, ip_address_claim(&world->ip, LINK, CLAIMED + index, 16));
	assert_int_equal(-ENOMEM, ip_address_claim(&world->ip, LINK, ME + 1, 16));
	assert_int_equal(0, interface_remove(&world->ip, LINK));
	CHECK_EQUAL(0, world->ip.claim_count);
}

/* RFC 3927, 2.1: 169.254.1.0 to 169.254.254.255, and the same again by the same MAC; other MACs, other addresses. */
static void a_link_local_address_is_of_its_range_and_made_of_the_mac(void **state)
{
	struct world *world = *state;
	uint32_t first = link_local(world), differing = 0;
	assert_true(first >= LINK_LOCAL_LEAST && first <= LINK_LOCAL_MOST);
	assert_int_equal(0, interface_remove(&world->ip, LINK));
	int again = world_add_link(world, NULL, my_mac, true);
	assert_int_equal(0, ip_link_local(&world->ip, again));
	CHECK_EQUAL(first, claim_of(world)->address);
	assert_int_equal(0, interface_remove(&world->ip, again));

	for (uint8_t number = 0; number < 200; number++) {
		int index = world_add_link(world, NULL, (struct mac){ { 2, 9, 9, 9, 9, number } },
					   true);
		assert_int_equal(0, ip_link_local(&world->ip, index));
		uint32_t address = claim_of(world)->address;
		assert_true(address >= LINK_LOCAL_LEAST && address <= LINK_LOCAL_MOST);
		differing += address != first;
		assert_int_equal(0, interface_remove(&world->ip, index));
	}
	assert_true(differing >= 199);
	world->link = NULL;
}

/* RFC 3927, 2.2.1: on a conflict another is chosen, and tested as the first was. */
static void a_link_local_address_that_somebody_has_is_left_for_another(void **state)
{
	struct world *world = *state;
	assert_int_equal(0, ip_link_local(&world->ip, LINK));
	uint32_t first = claim_of(world)->address;
	pass(world, SECOND);
	world_hear_arp(world, ARP_REPLY, peer_mac, first, PEER);
	uint32_t second = claim_of(world)->address;
	assert_true(second != first);
	CHECK_EQUAL(CLAIM_PROBING, claim_of(world)->state);
	pass(world, LONG_ENOUGH);
	assert_true(is_ours(world, second) && !is_ours(world, first));
	assert_int_equal(-EEXIST, ip_link_local(&world->ip, LINK));
}

/* RFC 3927, 2.2.1, and RFC 5227, 2.1.1: after ten conflicts, one address a minute. */
static void after_ten_conflicts_one_address_a_minute_is_tried(void **state)
{
	struct world *world = *state;
	assert_int_equal(0, ip_link_local(&world->ip, LINK));
	for (unsigned conflict = 0; conflict < 10; conflict++) {
		assert_true(clock_deadline(&world->clock) <= world->clock.now + SECOND);
		world_hear_arp(world, ARP_REPLY, peer_mac, claim_of(world)->address, PEER);
	}
	for (unsigned conflict = 0; conflict < 3; conflict++) {
		world->sent_count = 0;
		pass(world, 60 * SECOND - 1);
		CHECK_EQUAL(0, world->sent_count);
		pass(world, 1);
		CHECK_EQUAL(1, world->sent_count);
		world_hear_arp(world, ARP_REPLY, peer_mac, claim_of(world)->address, PEER);
	}
}

/* RFC 3927, 2.5: it is defended once, and given up when contested again; then there is another. */
static void a_link_local_address_that_is_contested_twice_is_changed(void **state)
{
	struct world *world = *state;
	uint32_t first = link_local(world);
	pass(world, 2 * SECOND);
	world->sent_count = 0;
	world_hear_arp(world, ARP_REQUEST, peer_mac, first, first);
	CHECK_EQUAL(1, world->sent_count);
	assert_true(is_ours(world, first));
	world_hear_arp(world, ARP_REQUEST, peer_mac, first, first);
	assert_false(is_ours(world, first));
	pass(world, LONG_ENOUGH);
	assert_true(is_ours(world, claim_of(world)->address));
}

/* RFC 3927, 2.5: every ARP packet with a link-local sender is broadcast, replies too. */
static void whatever_a_link_local_address_says_in_arp_is_broadcast(void **state)
{
	struct world *world = *state;
	uint32_t own = link_local(world);
	pass(world, 2 * SECOND);
	world->sent_count = 0;
	world_hear_arp(world, ARP_REQUEST, peer_mac, own + 1, own);
	CHECK_EQUAL(ARP_REPLY, sent_arp(world, 0).operation);
	CHECK_EQUAL(own, sent_arp(world, 0).sender);
	struct ethernet_header ethernet = sent_ethernet(world, 0);
	assert_true(mac_is_broadcast(&ethernet.destination));
	world_hear_arp(world, ARP_REQUEST, peer_mac, PEER, ME);
	ethernet = sent_ethernet(world, 1);
	assert_true(mac_equal(&peer_mac, &ethernet.destination));
}

/* RFC 3927, 2.6.2: on the link itself, and to no router; the world's default route leads to one. */
static void a_link_local_destination_is_asked_for_on_the_link(void **state)
{
	struct world *world = *state;
	world_send(world, 0, 0xa9fe0909);
	CHECK_EQUAL(ARP_REQUEST, sent_arp(world, 0).operation);
	CHECK_EQUAL(0xa9fe0909, sent_arp(world, 0).target);
	CHECK_EQUAL(ME, sent_arp(world, 0).sender);
}

/* RFC 3927, 2.6.1: what goes to others is from the address of their subnet, or the first; the link's own is last. */
static void a_routable_address_speaks_to_routable_ones(void **state)
{
	struct world *world = *state;
	uint32_t own = link_local(world);
	const struct address far = address_v4(0x08080808), near = address_v4(own ^ 1);
	CHECK_EQUAL(ME, address_to_v4(interface_source(world->link, &far)));
	CHECK_EQUAL(own, address_to_v4(interface_source(world->link, &near)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_claimed_address_is_not_used_before_it_has_been_probed_for),
		WORLD_TEST(probes_and_announcements_keep_their_distances),
		WORLD_TEST(a_probe_names_no_sender),
		WORLD_TEST(what_is_taken_is_announced),
		WORLD_TEST(an_address_that_somebody_says_he_has_is_not_taken),
		WORLD_TEST(an_address_that_somebody_else_probes_for_is_not_taken),
		WORLD_TEST(our_own_probe_that_comes_back_is_no_conflict),
		WORLD_TEST(an_address_that_is_contested_twice_in_ten_seconds_is_given_up),
		WORLD_TEST(an_address_that_is_contested_seldom_is_kept),
		WORLD_TEST(an_address_that_was_given_is_never_given_up),
		WORLD_TEST(an_address_given_up_takes_its_route_along_unless_another_needs_it),
		WORLD_TEST(a_claim_is_made_once_and_again_when_lost),
		WORLD_TEST(claims_have_a_bound_and_go_with_their_interface),
		WORLD_TEST(a_link_local_address_is_of_its_range_and_made_of_the_mac),
		WORLD_TEST(a_link_local_address_that_somebody_has_is_left_for_another),
		WORLD_TEST(after_ten_conflicts_one_address_a_minute_is_tried),
		WORLD_TEST(a_link_local_address_that_is_contested_twice_is_changed),
		WORLD_TEST(whatever_a_link_local_address_says_in_arp_is_broadcast),
		WORLD_TEST(a_link_local_destination_is_asked_for_on_the_link),
		WORLD_TEST(a_routable_address_speaks_to_routable_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
