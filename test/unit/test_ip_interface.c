#include "unit/ip_world.h"

#include <errno.h>

static void lo_is_there_from_the_start(void **state)
{
	struct world *world = *state;
	const struct interface *lo = interface_find(&world->ip, LOOPBACK_INDEX);

	assert_string_equal("lo", lo->name);
	assert_false(lo->ethernet);
	CHECK_EQUAL(65535, lo->mtu);
	CHECK_EQUAL(-ENODEV, interface_remove(&world->ip, LOOPBACK_INDEX));
	assert_null(interface_find(&world->ip, 0));
	assert_null(interface_find(&world->ip, 3));
	assert_null(interface_find(&world->ip, -1));
}

static void interfaces_without_a_name_are_eth0_eth1_and_so_on(void **state)
{
	struct world *world = *state;

	assert_string_equal("eth0", world->link->name);
	for (int index = 3; index <= 13; index++)
		CHECK_EQUAL(index, world_add_link(world, NULL, other_mac, true));
	assert_string_equal("eth11", interface_find(&world->ip, 13)->name);
	CHECK_EQUAL(0, interface_remove(&world->ip, 7));
	CHECK_EQUAL(-ENODEV, interface_remove(&world->ip, 7));
	CHECK_EQUAL(14, world_add_link(world, NULL, other_mac, true)); /* never an index twice */
	assert_string_equal("eth5", interface_find(&world->ip, 14)->name);
}

static void a_wrong_configuration_is_refused(void **state)
{
	struct world *world = *state;
	const struct mac none = { { 0 } };

	CHECK_EQUAL(-EINVAL, world_add_link(world, "", other_mac, true));
	CHECK_EQUAL(-EINVAL, world_add_link(world, "lo", other_mac, true));
	CHECK_EQUAL(-EINVAL, world_add_link(world, "sixteen letters!", other_mac, true));
	CHECK_EQUAL(-EINVAL, world_add_link(world, "wan", none, true));
	CHECK_EQUAL(-EINVAL, world_add_link(world, "wan", all_macs, true));
	CHECK_EQUAL(3, world_add_link(world, "fifteen letters", other_mac, true));

	struct interface_config config = { .mac = other_mac, .transmit = world_transmit };
	static const uint32_t bad_mtus[] = { 1, 575, 65536 };
	for (size_t index = 0; index < COUNT_OF(bad_mtus); index++) {
		config.mtu = bad_mtus[index];
		CHECK_EQUAL(-EINVAL, interface_add(&world->ip, &config));
	}
}

static void interfaces_and_addresses_are_bounded(void **state)
{
	struct world *world = *state;

	for (int count = 2; count < INTERFACES_MOST; count++)
		CHECK_EQUAL(count + 1, world_add_link(world, NULL, other_mac, true));
	CHECK_EQUAL(-ENOMEM, world_add_link(world, NULL, other_mac, true));
	for (uint32_t count = 2; count < INTERFACE_ADDRESSES_MOST; count++)
		CHECK_EQUAL(0, add_v4(&world->ip, 2, PEER + count, 16));
	CHECK_EQUAL(-ENOMEM, add_v4(&world->ip, 2, PEER, 16));
	CHECK_EQUAL(2, world->ip.routes.count); /* one to the subnet, and the default */
}

static void an_address_that_cannot_be_is_refused(void **state)
{
	struct world *world = *state;
	static const uint32_t bad[] = { 0, 1, LOCALHOST, 0xe0000001, 0xefffffff, EVERYBODY };

	for (size_t index = 0; index < COUNT_OF(bad); index++)
		CHECK_EQUAL(-EINVAL, add_v4(&world->ip, 2, bad[index], 24));
	CHECK_EQUAL(-EINVAL, add_v4(&world->ip, 2, PEER, 33));
	CHECK_EQUAL(-ENODEV, add_v4(&world->ip, 9, PEER, 24));
	CHECK_EQUAL(-EEXIST, add_v4(&world->ip, 2, ME, 24));
	CHECK_EQUAL(0, world->sent_count);
}

static void an_address_brings_ownership_subnet_and_broadcast(void **state)
{
	struct world *world = *state;
	const struct address own = address_v4(0xc0a80101), peer = address_v4(0xc0a80102),
			     last = address_v4(0xc0a801ff);

	assert_false(ip_is_own(&world->ip, &own));
	CHECK_EQUAL(0, add_v4(&world->ip, 2, 0xc0a80101, 24));
	assert_true(ip_is_own(&world->ip, &own));
	assert_false(ip_is_own(&world->ip, &peer));
	assert_true(ip_is_broadcast(&world->ip, &last));
	assert_false(ip_is_broadcast(&world->ip, &peer));
	CHECK_EQUAL(0, gateway_to_v4(&world->ip, 0xc0a80102));
	for (uint32_t low = 0; low < 256; low += 5) {
		const struct address loopback = address_v4(0x7f000000 | low << 16 | low);
		assert_true(ip_is_own(&world->ip, &loopback));
	}
}

static void prefixes_of_31_and_32_have_no_broadcast(void **state)
{
	struct world *world = *state;
	const struct address last = address_v4(0xc0a80101), alone = address_v4(0xc0a80201);

	CHECK_EQUAL(0, add_v4(&world->ip, 2, 0xc0a80100, 31));
	CHECK_EQUAL(0, add_v4(&world->ip, 2, 0xc0a80201, 32));
	assert_false(ip_is_broadcast(&world->ip, &last));
	assert_false(ip_is_broadcast(&world->ip, &alone));
	CHECK_EQUAL(GATEWAY, gateway_to_v4(&world->ip, 0xc0a80200));
}

static void routes_are_refused_as_linux_refuses_them(void **state)
{
	struct world *world = *state;
	struct ip *ip = &world->ip;

	CHECK_EQUAL(-ENODEV, route_v4(ip, 0x08000000, 8, PEER, 9));
	CHECK_EQUAL(-ENODEV, route_v4(ip, 0x08000000, 8, 0, LOOPBACK_INDEX));
	CHECK_EQUAL(-EINVAL, route_v4(ip, 0x08000001, 8, PEER, 2));
	CHECK_EQUAL(-EINVAL, route_v4(ip, 0x08000000, 33, PEER, 2));
	CHECK_EQUAL(-EINVAL, route_v4(ip, 0x08000000, 8, ME, 2));
	CHECK_EQUAL(-ENETUNREACH, route_v4(ip, 0x08000000, 8, STRANGER, 2));
	CHECK_EQUAL(-EEXIST, route_v4(ip, 0, 0, PEER, 2));
	CHECK_EQUAL(0, route_v4(ip, 0x08000000, 8, 0, 2));
	CHECK_EQUAL(-EEXIST, route_v4(ip, 0x08000000, 8, PEER, 2));
}

static void routes_are_bounded(void **state)
{
	struct world *world = *state;

	for (uint32_t count = 2; count < ROUTES_MOST; count++)
		CHECK_EQUAL(0, route_v4(&world->ip, 0x14000000 + count, 32, PEER, 2));
	CHECK_EQUAL(-ENOMEM, route_v4(&world->ip, 0x15000000, 32, PEER, 2));
}

static void removing_an_interface_leaves_the_others_routes(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(3, world_add_link(world, NULL, other_mac, true));
	CHECK_EQUAL(0, add_v4(&world->ip, 3, 0xc0a80101, 24));
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	CHECK_EQUAL(1, world->ip.routes.count);
	CHECK_EQUAL(3, route_to_v4(&world->ip, 0xc0a80102)->interface->index);
	assert_null(route_to_v4(&world->ip, PEER));
}

static void without_memory_a_host_is_not_made_and_nothing_leaks(void **state)
{
	struct world *world = *state;
	static struct ip ip;
	static const uint8_t seed[16];
	size_t allowed = 0;

	for (;; allowed++) {
		size_t before = world->memory.outstanding;
		world->memory.refusals_after = allowed;
		bool made =
			ip_init(&ip, &world->memory.allocator, world->pool, &world->clock, seed);
		world->memory.refusals_after = UNLIMITED;
		if (made)
			break;
		CHECK_EQUAL(before, world->memory.outstanding);
	}
	assert_true(allowed > 0);
	ip_close(&ip);
}

static void without_memory_an_interface_or_a_route_is_not_added(void **state)
{
	struct world *world = *state;

	for (uint32_t count = 2; count < 8; count++)
		CHECK_EQUAL(0, route_v4(&world->ip, 0x14000000 + count, 32, PEER, 2));
	world->memory.refusals_after = 0;
	CHECK_EQUAL(-ENOMEM, world_add_link(world, NULL, other_mac, true));
	CHECK_EQUAL(-ENOMEM, route_v4(&world->ip, 0x15000000, 32, PEER, 2));
	CHECK_EQUAL(-ENOMEM, add_v4(&world->ip, 2, 0xc0a80101, 24));
	CHECK_EQUAL(2, world->link->address_count);
	world->memory.refusals_after = UNLIMITED;
	CHECK_EQUAL(0, add_v4(&world->ip, 2, 0xc0a80101, 24));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(lo_is_there_from_the_start),
		WORLD_TEST(interfaces_without_a_name_are_eth0_eth1_and_so_on),
		WORLD_TEST(a_wrong_configuration_is_refused),
		WORLD_TEST(interfaces_and_addresses_are_bounded),
		WORLD_TEST(an_address_that_cannot_be_is_refused),
		WORLD_TEST(an_address_brings_ownership_subnet_and_broadcast),
		WORLD_TEST(prefixes_of_31_and_32_have_no_broadcast),
		WORLD_TEST(routes_are_refused_as_linux_refuses_them),
		WORLD_TEST(routes_are_bounded),
		WORLD_TEST(removing_an_interface_leaves_the_others_routes),
		WORLD_TEST(without_memory_a_host_is_not_made_and_nothing_leaks),
		WORLD_TEST(without_memory_an_interface_or_a_route_is_not_added),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
