#include "unit/ndp_world.h"

#include "ip/dad.h"
#include "ip/identifier.h"

#include <errno.h>

static const struct address wanted6 = { .bytes = { 0xfd, 0x78, [13] = 0x44, 0x55, 0x66 } };

static int detecting_begin(void **state)
{
	world6_begin(state);
	struct world *world = *state;
	world->ip.discovery.detection = DETECT_ALL;
	return 0;
}

static int optimistic_begin(void **state)
{
	detecting_begin(state);
	struct world *world = *state;
	world->ip.discovery.detection = DETECT_ALL_OPTIMISTICALLY;
	return 0;
}

#define DETECTING_TEST(name)  cmocka_unit_test_setup_teardown(name, detecting_begin, world_end)
#define OPTIMISTIC_TEST(name) cmocka_unit_test_setup_teardown(name, optimistic_begin, world_end)

static struct interface_address *own_of(struct world *world, const struct address *address)
{
	return interface_address_find(world->link, address);
}

/* As another asks who wants it too. */
static struct ndp_message claim(const struct address *target, const uint8_t nonce[6])
{
	return (struct ndp_message){ .type = ICMP6_NEIGHBOUR_SOLICITATION,
				     .target = *target,
				     .nonce = { nonce, nonce ? 6 : 0 } };
}

static enum verdict hear_claim(struct world *world, const uint8_t nonce[6])
{
	struct address group = address_solicited_node(&wanted6);
	struct ndp_message message = claim(&wanted6, nonce);
	return hear(world, &nobody6, &group, &message);
}

static enum verdict hear_owner(struct world *world)
{
	struct ndp_message message = advertisement(&wanted6, OVERRIDE, &other_mac);
	return hear(world, &wanted6, &all_nodes, &message);
}

static void add_wanted(struct world *world)
{
	CHECK_EQUAL(0, ip_address_add(&world->ip, 2, &wanted6, 64));
	CHECK_EQUAL(0, world->sent_count);
}

/* RFC 4862, 5.4.2; 5.4: nothing is sent from it, and nothing but its claim is heard at it. */
static void an_address_is_asked_for_from_nobody_and_used_a_second_later(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&wanted6);

	add_wanted(world);
	CHECK_EQUAL(ADDRESS_TENTATIVE, own_of(world, &wanted6)->state);
	assert_false(ip_is_own(&world->ip, &wanted6));
	uint64_t asks = clock_deadline(&world->clock);
	assert_true(asks < SECOND);
	world_advance(world, asks);
	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message asked = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_SOLICITATION, asked.type);
	CHECK_ADDRESS(wanted6, asked.target);
	assert_false(asked.has_source_mac);
	CHECK_EQUAL(6, asked.nonce.size);
	CHECK_ADDRESS(nobody6, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(group, sent_ipv6(world, 0).destination);

	struct ndp_message ordinary = solicitation(&wanted6);
	CHECK_EQUAL(DROP_IGNORED, hear(world, &peer6, &group, &ordinary));
	struct made made = make_spy6(&peer6, &wanted6);
	CHECK_EQUAL(DROP_NOT_OURS, world_receive_made(world, &made));
	CHECK_EQUAL(DROP_BAD_SOURCE, world_send6(world, &wanted6, &peer6));
	world_advance(world, asks + SECOND - 1);
	assert_false(ip_is_own(&world->ip, &wanted6));
	CHECK_EQUAL(1, world->sent_count);
	world_advance(world, asks + SECOND);
	assert_true(ip_is_own(&world->ip, &wanted6));
	CHECK_EQUAL(ADDRESS_PREFERRED, own_of(world, &wanted6)->state);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_ADVERTISEMENT, sent_ndp(world, 1).type);
	CHECK_EQUAL(NEVER, clock_deadline(&world->clock));
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &made));
}

static void an_address_that_another_has_or_wants_is_given_up(void **state)
{
	struct world *world = *state;
	static const uint8_t foreign[6] = { 1, 2, 3, 4, 5, 6 };

	for (int way = 0; way < 4; way++) {
		add_wanted(world);
		if (way >= 2) { /* after our own question as before it */
			world_advance(world, world->clock.now + SECOND);
			CHECK_EQUAL(1, world->sent_count);
		}
		CHECK_EQUAL(DROP_CONFLICT,
			    way % 2 ? hear_owner(world) : hear_claim(world, way ? foreign : NULL));
		CHECK_EQUAL(ADDRESS_DUPLICATE, own_of(world, &wanted6)->state);
		assert_false(ip_is_own(&world->ip, &wanted6));
		int sent = world->sent_count;
		world_advance(world, world->clock.now + 2 * SECOND);
		CHECK_EQUAL(sent, world->sent_count);
		CHECK_EQUAL(-EEXIST, ip_address_add(&world->ip, 2, &wanted6, 64));
		world->link->address_count--;
		world->sent_count = 0;
	}
}

/* RFC 7527. */
static void our_own_question_that_comes_back_is_no_duplicate(void **state)
{
	struct world *world = *state;

	add_wanted(world);
	uint64_t now = clock_deadline(&world->clock);
	world_advance(world, now);
	for (int loop = 0; loop < 5; loop++) {
		int last = world->sent_count - 1;
		CHECK_EQUAL(DROP_IGNORED,
			    world_receive(world, world->sent[last].bytes, world->sent[last].size) ==
					    DROP_BAD_SOURCE /* by its MAC */
				    ? hear_claim(world, sent_ndp(world, last).nonce.at)
				    : DELIVERED);
		CHECK_EQUAL(ADDRESS_TENTATIVE, own_of(world, &wanted6)->state);
		now += SECOND;
		world_advance(world, now);
		CHECK_EQUAL(last + 2, world->sent_count);
	}
	for (int more = 0; more < 2; more++)
		world_advance(world, now += SECOND);
	assert_false(ip_is_own(&world->ip, &wanted6));
	world_advance(world, now += SECOND); /* three questions have not come back */
	assert_true(ip_is_own(&world->ip, &wanted6));
}

static void an_address_that_is_ours_is_defended_against_who_claims_it(void **state)
{
	struct world *world = *state;

	add_wanted(world);
	for (int second = 1; second <= 2; second++)
		world_advance(world, (uint64_t)second * SECOND);
	world->sent_count = 0;
	CHECK_EQUAL(DELIVERED, hear_claim(world, NULL));
	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message answer = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_NEIGHBOUR_ADVERTISEMENT, answer.type);
	assert_true(answer.override && !answer.solicited);
	CHECK_ADDRESS(all_nodes, sent_ipv6(world, 0).destination);
	assert_true(ip_is_own(&world->ip, &wanted6));
}

/* RFC 4429. */
static void an_optimistic_address_is_used_and_overrides_nothing(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&wanted6);
	struct address beside = wanted6;

	add_wanted(world);
	CHECK_EQUAL(ADDRESS_OPTIMISTIC, own_of(world, &wanted6)->state);
	assert_true(ip_is_own(&world->ip, &wanted6));
	struct ndp_message asked = solicitation(&wanted6);
	CHECK_EQUAL(DELIVERED, hear(world, &peer6, &group, &asked));
	struct ndp_message answer = sent_ndp(world, 0);
	assert_true(answer.solicited && !answer.override);

	beside.bytes[15]++;
	CHECK_EQUAL(QUEUED, world_send6(world, &wanted6, &beside));
	asked = sent_ndp(world, 1); /* from another of ours, whose link address may be told */
	assert_true(asked.has_source_mac);
	CHECK_ADDRESS(my_link_local, sent_ipv6(world, 1).source);

	CHECK_EQUAL(DROP_CONFLICT, hear_owner(world));
	assert_false(ip_is_own(&world->ip, &wanted6));
	CHECK_EQUAL(ADDRESS_DUPLICATE, own_of(world, &wanted6)->state);
}

static void an_optimistic_address_nobody_claims_is_ours_in_the_end(void **state)
{
	struct world *world = *state;

	add_wanted(world);
	for (int second = 1; second <= 2; second++)
		world_advance(world, (uint64_t)second * SECOND);
	CHECK_EQUAL(ADDRESS_PREFERRED, own_of(world, &wanted6)->state);
	CHECK_EQUAL(2, world->sent_count);
	assert_true(sent_ndp(world, 1).override);
}

/* RFC 7217. */
static void a_stable_identifier_is_made_anew_when_it_is_taken(void **state)
{
	struct world *world = *state;

	world->ip.discovery.stable_identifiers = true;
	CHECK_EQUAL(3, world_add_link(world, "second", other_mac, true));
	world->link = interface_find(&world->ip, 3);
	struct interface_address *own = &world->link->addresses[0];
	struct address before = { 0 };
	for (int tries = 0; tries < DAD_TRIES; tries++) {
		CHECK_EQUAL(ADDRESS_TENTATIVE, own->state);
		assert_false(address_equal(&before, &own->address));
		before = own->address;
		struct address group = address_solicited_node(&before);
		struct ndp_message message = claim(&before, NULL);
		CHECK_EQUAL(DROP_CONFLICT, hear(world, &nobody6, &group, &message));
	}
	CHECK_EQUAL(ADDRESS_DUPLICATE, own->state);
}

static void stable_identifiers_follow_prefix_name_and_secret_alone(void **state)
{
	struct world *world = *state;
	struct interface link = *world->link;
	struct ip *ip = &world->ip;

	ip->discovery.stable_identifiers = true;
	struct address first = identifier_form(ip, &link, &me6, 0);
	assert_true(address_has_prefix(&first, &me6, 64));
	link.mac = other_mac;
	link.index = 9;
	struct address again = identifier_form(ip, &link, &me6, 0);
	CHECK_ADDRESS(first, again);
	again = identifier_form(ip, &link, &wanted6, 0);
	assert_memory_not_equal(first.bytes + 8, again.bytes + 8, 8);
	again = identifier_form(ip, &link, &me6, 1);
	assert_memory_not_equal(first.bytes + 8, again.bytes + 8, 8);
	link.name[0]++;
	again = identifier_form(ip, &link, &me6, 0);
	assert_memory_not_equal(first.bytes + 8, again.bytes + 8, 8);
	link.name[0]--;
	ip->discovery.secret.words[1]++;
	again = identifier_form(ip, &link, &me6, 0);
	assert_memory_not_equal(first.bytes + 8, again.bytes + 8, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DETECTING_TEST(an_address_is_asked_for_from_nobody_and_used_a_second_later),
		DETECTING_TEST(an_address_that_another_has_or_wants_is_given_up),
		DETECTING_TEST(our_own_question_that_comes_back_is_no_duplicate),
		DETECTING_TEST(an_address_that_is_ours_is_defended_against_who_claims_it),
		OPTIMISTIC_TEST(an_optimistic_address_is_used_and_overrides_nothing),
		OPTIMISTIC_TEST(an_optimistic_address_nobody_claims_is_ours_in_the_end),
		DETECTING_TEST(a_stable_identifier_is_made_anew_when_it_is_taken),
		DETECTING_TEST(stable_identifiers_follow_prefix_name_and_secret_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
