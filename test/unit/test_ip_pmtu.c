#include "unit/ip6_world.h"

#include <errno.h>

static void learn(struct world *world, const struct address *destination, uint16_t mtu)
{
	ip_path_narrowed(
		&world->ip,
		&(struct ip_error){ .error = EMSGSIZE, .mtu = mtu, .destination = *destination });
}

static uint32_t mtu_to(struct world *world, const struct address *destination)
{
	struct address any = address_is_v4(destination) ? address_v4(0) : nobody6;
	struct ip_path path;
	CHECK_EQUAL(0, ip_find_path(&world->ip, &any, destination, &path));
	return path.mtu;
}

static void a_narrow_path_is_remembered_for_ten_minutes_in_both_families(void **state)
{
	struct world *world = *state;
	const struct address peers[] = { address_v4(STRANGER), stranger6 };
	const struct address others[] = { address_v4(PEER), peer6 };

	for (size_t index = 0; index < COUNT_OF(peers); index++) {
		uint64_t begin = world->clock.now;
		CHECK_EQUAL(1500, mtu_to(world, &peers[index]));
		learn(world, &peers[index], 1400);
		CHECK_EQUAL(1400, mtu_to(world, &peers[index]));
		CHECK_EQUAL(1500, mtu_to(world, &others[index]));
		learn(world, &peers[index], 1450); /* RFC 8201, 4: never more by a report */
		CHECK_EQUAL(1400, mtu_to(world, &peers[index]));
		learn(world, &peers[index], 1280);
		CHECK_EQUAL(1280, mtu_to(world, &peers[index]));
		world_advance(world, begin + 600 * SECOND - 1);
		CHECK_EQUAL(1280, mtu_to(world, &peers[index]));
		world_advance(world, begin + 600 * SECOND);
		CHECK_EQUAL(1500, mtu_to(world, &peers[index]));
		learn(world, &peers[index], 1450);
		CHECK_EQUAL(1450, mtu_to(world, &peers[index]));
	}
}

static void what_is_learnt_takes_bounded_memory_and_the_newest_stays(void **state)
{
	struct world *world = *state;
	struct address destination = stranger6;
	size_t before = world->memory.outstanding;

	for (uint32_t index = 1; index < 20000; index++) {
		put32(destination.bytes + 8, index);
		world_advance(world, index);
		learn(world, &destination, 1300);
		CHECK_EQUAL(1300, mtu_to(world, &destination));
	}
	assert_true(world->memory.outstanding - before <= 64 << 10);
}

static void what_may_be_cut_is_cut_for_the_path(void **state)
{
	struct world *world = *state;

	learn(world, &stranger6, 1280);
	for (int may_not = 0; may_not < 2; may_not++) {
		struct frame *frame = frame_with_room(world->pool, 1400);
		memset(frame->head, 1, 1400);
		world->sent_count = 0;
		CHECK_EQUAL(DELIVERED, ip_output(&world->ip,
						 &(struct ip_send){ .destination = stranger6,
								    .protocol = SPY,
								    .dont_fragment = may_not },
						 frame));
		CHECK_EQUAL(may_not ? 1 : 2, world->sent_count);
		assert_true(world->sent[0].size <= (may_not ? 1440u : 1280u) + 14);
	}
}

/* RFC 8200, 5; Linux has no IPv6 there either. */
static void a_link_too_narrow_for_ipv6_has_no_address_of_it(void **state)
{
	struct world *world = *state;

	world->link->mtu = 1279;
	CHECK_EQUAL(-EINVAL, ip_address_add(&world->ip, 2, &stranger6, 64));
	world->link->mtu = 1280;
	CHECK_EQUAL(0, ip_address_add(&world->ip, 2, &stranger6, 64));
}

static void without_memory_nothing_is_learnt(void **state)
{
	struct world *world = *state;

	world->memory.refusals_after = 0;
	learn(world, &stranger6, 1300);
	world->memory.refusals_after = UNLIMITED;
	CHECK_EQUAL(1500, mtu_to(world, &stranger6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(a_narrow_path_is_remembered_for_ten_minutes_in_both_families),
		WORLD6_TEST(what_is_learnt_takes_bounded_memory_and_the_newest_stays),
		WORLD6_TEST(what_may_be_cut_is_cut_for_the_path),
		WORLD6_TEST(a_link_too_narrow_for_ipv6_has_no_address_of_it),
		WORLD6_TEST(without_memory_nothing_is_learnt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
