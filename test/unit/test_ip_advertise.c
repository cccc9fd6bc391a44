#include "unit/ndp_world.h"

#include "ip/advertise.h"
#include "ip/autoconf.h"

#include <errno.h>

static const struct address prefix = { .bytes = { 0xfd, 0x99 } };
static const struct address server = { .bytes = { 0xfd, 0x99, [15] = 0x35 } };
static const struct address all_routers = { .bytes = { 0xff, 2, [15] = 2 } };

static const struct advertisement says = {
	.interval_s = 30,
	.lifetime_s = 90,
	.preference = NDP_HIGH,
	.hop_limit = 61,
	.mtu = 1400,
	.prefix_count = 1,
	.prefixes = { { .prefix = { .bytes = { 0xfd, 0x99 } },
			.bits = 64,
			.on_link = true,
			.autonomous = true,
			.valid_s = 7200,
			.preferred_s = 3600 } },
	.route_count = 1,
	.routes = { { .prefix = { .bytes = { 0xfd, 0x9a } }, .bits = 16, .lifetime_s = 60 } },
	.server_count = 1,
	.servers = { { .bytes = { 0xfd, 0x99, [15] = 0x35 } } },
	.server_lifetime_s = 90,
};

static int router_begins(void **state)
{
	world_begin(state);
	struct world *world = *state;
	assert_int_equal(advertise_begin(&world->ip, 2, &says), 0);
	world_advance(world, 0);
	return 0;
}

#define ROUTER_TEST(name) cmocka_unit_test_setup_teardown(name, router_begins, world_end)

static enum verdict ask(struct world *world, const struct address *source, bool with_mac)
{
	struct ndp_message message = { .type = ICMP6_ROUTER_SOLICITATION,
				       .has_source_mac = with_mac,
				       .source_mac = peer_mac };
	return hear(world, source, &all_routers, &message);
}

static void all_that_it_is_told_is_advertised(void **state)
{
	struct world *world = *state;
	struct ndp_option option;
	struct ndp_prefix said_prefix = { 0 };
	struct ndp_route said_route = { 0 };
	struct ndp_name_servers said_servers = { 0 };

	CHECK_EQUAL(1, world->sent_count);
	struct ndp_message said = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_ROUTER_ADVERTISEMENT, said.type);
	CHECK_EQUAL(90, said.lifetime_s);
	CHECK_EQUAL(61, said.hop_limit);
	CHECK_EQUAL(1400, said.mtu);
	assert_true(said.preference == NDP_HIGH);
	check_mac(my_mac, said.source_mac);
	CHECK_ADDRESS(my_link_local, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(all_nodes, sent_ipv6(world, 0).destination);
	while (ndp_take_option(&said.options, &option)) {
		ndp_parse_prefix(&option, &said_prefix);
		ndp_parse_route(&option, &said_route);
		ndp_parse_name_servers(&option, &said_servers);
	}
	CHECK_ADDRESS(prefix, said_prefix.prefix);
	assert_true(said_prefix.on_link && said_prefix.autonomous);
	CHECK_EQUAL(7200, said_prefix.valid_s);
	CHECK_EQUAL(3600, said_prefix.preferred_s);
	CHECK_EQUAL(16, said_route.bits);
	CHECK_EQUAL(1, said_servers.count);
	assert_memory_equal(server.bytes, said_servers.addresses.at, 16);
}

/* RFC 4861, 6.2.4. */
static void it_is_said_again_by_chance_and_soon_at_first(void **state)
{
	struct world *world = *state;
	uint64_t last = 0;

	for (int count = 1; count < 50; count++) {
		uint64_t now = clock_deadline(&world->clock), gap = now - last;
		assert_in_range(gap, 10 * SECOND, (count < 3 ? 16 : 30) * SECOND);
		world_advance(world, now);
		CHECK_EQUAL(count + 1, world->sent_count);
		last = now;
	}
}

/* RFC 4861, 6.2.6. */
static void who_asks_is_answered_soon_but_all_at_once(void **state)
{
	struct world *world = *state;

	world_advance(world, 5 * SECOND);
	CHECK_EQUAL(DELIVERED, ask(world, &peer_link_local, true));
	CHECK_EQUAL(NEIGHBOUR_STALE, neighbour_at(world, &peer_link_local)->state);
	CHECK_EQUAL(DELIVERED, ask(world, &nobody6, false));
	CHECK_EQUAL(1, world->sent_count);
	world_advance(world, 5 * SECOND + SECOND / 2);
	CHECK_EQUAL(2, world->sent_count);
	CHECK_ADDRESS(all_nodes, sent_ipv6(world, 1).destination);
	for (int flood = 0; flood < 1000; flood++)
		CHECK_EQUAL(DELIVERED, ask(world, &nobody6, false));
	world_advance(world, 8 * SECOND - 1);
	CHECK_EQUAL(2, world->sent_count);
	world_advance(world, 9 * SECOND);
	CHECK_EQUAL(3, world->sent_count);
}

static void solicitations_that_contradict_themselves_are_refused(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DROP_MALFORMED, ask(world, &nobody6, true)); /* RFC 4861, 6.1.1 */
	uint64_t due = clock_deadline(&world->clock);
	assert_true(due >= 10 * SECOND);
}

static void a_router_says_that_it_is_one_and_at_the_end_that_it_was(void **state)
{
	struct world *world = *state;
	struct address group = address_solicited_node(&my_link_local);
	struct ndp_message asked = solicitation(&my_link_local);

	CHECK_EQUAL(DELIVERED, hear(world, &peer_link_local, &group, &asked));
	assert_true(sent_ndp(world, 1).router);
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	CHECK_EQUAL(3, world->sent_count);
	struct ndp_message farewell = sent_ndp(world, 2);
	CHECK_EQUAL(ICMP6_ROUTER_ADVERTISEMENT, farewell.type);
	CHECK_EQUAL(0, farewell.lifetime_s);
}

static void a_router_takes_no_other_routers_word(void **state)
{
	struct world *world = *state;
	struct ndp_message other = { .type = ICMP6_ROUTER_ADVERTISEMENT, .lifetime_s = 90 };
	struct ndp_message redirect = { .type = ICMP6_REDIRECT,
					.target = peer_link_local,
					.destination = stranger6 };

	CHECK_EQUAL(0, ip_route_add(&world->ip, &nobody6, 0, &peer_link_local, 2));
	CHECK_EQUAL(DROP_IGNORED, hear(world, &peer_link_local, &all_nodes, &other));
	CHECK_EQUAL(DROP_IGNORED, hear(world, &peer_link_local, &my_link_local, &redirect));
	CHECK_EQUAL(-EBUSY, autoconf_begin(&world->ip, 2));
}

static void what_contradicts_itself_is_not_advertised(void **state)
{
	struct world *world = *state;
	struct advertisement wrong[10];

	for (size_t index = 0; index < COUNT_OF(wrong); index++)
		wrong[index] = says;
	wrong[0].interval_s = 3;
	wrong[1].interval_s = 1801;
	wrong[2].lifetime_s = 9001;
	wrong[3].lifetime_s = 29;
	wrong[4].mtu = 1279;
	wrong[5].mtu = 1501;
	wrong[6].prefixes[0].bits = 129;
	wrong[7].prefixes[0].preferred_s = 7201;
	wrong[8].prefixes[0].prefix = all_nodes;
	wrong[9].prefix_count = ADVERTISED_MOST + 1;
	for (size_t index = 0; index < COUNT_OF(wrong); index++)
		CHECK_EQUAL(-EINVAL, advertise_begin(&world->ip, 2, &wrong[index]));
	CHECK_EQUAL(-ENODEV, advertise_begin(&world->ip, 1, &says));
	CHECK_EQUAL(-ENODEV, advertise_begin(&world->ip, 9, &says));
	CHECK_EQUAL(0, autoconf_begin(&world->ip, 2));
	CHECK_EQUAL(-EBUSY, advertise_begin(&world->ip, 2, &says));
}

static void the_most_that_can_be_said_fits_the_least_mtu(void **state)
{
	struct world *world = *state;
	struct advertisement most = says;

	most.prefix_count = most.route_count = most.server_count = ADVERTISED_MOST;
	for (int index = 1; index < ADVERTISED_MOST; index++) {
		most.prefixes[index] = most.prefixes[0];
		most.routes[index] = most.routes[0];
		most.routes[index].bits = 128;
		most.servers[index] = most.servers[0];
	}
	CHECK_EQUAL(0, advertise_begin(&world->ip, 2, &most));
	world_advance(world, 0);
	CHECK_EQUAL(1, world->sent_count);
	sent_ndp(world, 0);
	assert_true(world->sent[0].size <= ETHERNET_HEADER_SIZE + 1280);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROUTER_TEST(all_that_it_is_told_is_advertised),
		ROUTER_TEST(it_is_said_again_by_chance_and_soon_at_first),
		ROUTER_TEST(who_asks_is_answered_soon_but_all_at_once),
		ROUTER_TEST(solicitations_that_contradict_themselves_are_refused),
		ROUTER_TEST(a_router_says_that_it_is_one_and_at_the_end_that_it_was),
		ROUTER_TEST(a_router_takes_no_other_routers_word),
		WORLD_TEST(what_contradicts_itself_is_not_advertised),
		WORLD_TEST(the_most_that_can_be_said_fits_the_least_mtu),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
