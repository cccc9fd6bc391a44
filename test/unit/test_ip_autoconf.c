#include "unit/ndp_world.h"

#include "ip/autoconf.h"
#include "ip/identifier.h"

#include <errno.h>

static const struct address router_a = { .bytes = { 0xfe, 0x80, [15] = 0xa } };
static const struct address router_b = { .bytes = { 0xfe, 0x80, [15] = 0xb } };
static const struct address router_c = { .bytes = { 0xfe, 0x80, [15] = 0xc } }; /* no default one */
static const struct address prefix_a = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa } };
static const struct address formed_a = { .bytes = { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [11] = 0xff,
						    0xfe, [15] = 1 } };
static const struct address all_routers = { .bytes = { 0xff, 2, [15] = 2 } };
static const struct address far6 = { .bytes = { 0x2a, [15] = 9 } };

enum { HOUR = 3600, ON_LINK = 1, AUTONOMOUS = 2 };

/* A host that has no routes yet, told to take a router's. */
static int autoconf_begins(void **state)
{
	world_begin(state);
	struct world *world = *state;
	assert_int_equal(autoconf_begin(&world->ip, 2), 0);
	return 0;
}

#define AUTOCONF_TEST(name) cmocka_unit_test_setup_teardown(name, autoconf_begins, world_end)

struct options {
	size_t size;
	uint8_t bytes[1024];
};

static void add_prefix(struct options *options, const struct address *prefix, uint8_t bits,
		       int flags, uint32_t valid_s, uint32_t preferred_s)
{
	options->size += ndp_write_prefix(options->bytes + options->size,
					  &(struct ndp_prefix){ .prefix = *prefix,
								.bits = bits,
								.on_link = flags & ON_LINK,
								.autonomous = flags & AUTONOMOUS,
								.valid_s = valid_s,
								.preferred_s = preferred_s });
}

static enum verdict hear_with(struct world *world, const struct address *router,
			      const struct ndp_message *said, const struct options *options)
{
	struct made made = make_ndp_with(router, &all_nodes, said,
					 (struct bytes){ options->bytes, options->size });
	enum verdict verdict = world_receive_made(world, &made);
	world_advance(world, world->clock.now);
	return verdict;
}

static struct ndp_message default_router(uint16_t lifetime_s, enum ndp_preference preference)
{
	return (struct ndp_message){ .type = ICMP6_ROUTER_ADVERTISEMENT,
				     .lifetime_s = lifetime_s,
				     .preference = preference,
				     .has_source_mac = true,
				     .source_mac = peer_mac };
}

static enum verdict hear_router(struct world *world, const struct address *router,
				uint16_t lifetime_s, enum ndp_preference preference)
{
	struct ndp_message said = default_router(lifetime_s, preference);
	return hear_with(world, router, &said, &(struct options){ 0 });
}

static enum verdict hear_prefix(struct world *world, const struct address *prefix, uint8_t bits,
				int flags, uint32_t valid_s, uint32_t preferred_s)
{
	struct ndp_message said = default_router(0, NDP_MEDIUM);
	struct options options = { 0 };

	add_prefix(&options, prefix, bits, flags, valid_s, preferred_s);
	return hear_with(world, &router_c, &said, &options);
}

static const struct route *route_to(struct world *world, const struct address *destination)
{
	return route_find(&world->ip.routes, destination);
}

static void check_router(struct world *world, const struct address *router,
			 const struct address *destination)
{
	const struct route *route = route_to(world, destination);
	struct address expected = address_in_zone(*router, 2);
	assert_non_null(route);
	CHECK_ADDRESS(expected, route->gateway);
}

static struct interface_address *formed(struct world *world)
{
	return interface_address_find(world->link, &formed_a);
}

/* RFC 7559. */
static void routers_are_asked_for_less_and_less_often_until_one_answers(void **state)
{
	struct world *world = *state;
	uint64_t last = 0, interval = 0;

	for (int count = 0; count < 20; count++) {
		uint64_t now = clock_deadline(&world->clock);
		world_advance(world, now);
		CHECK_EQUAL(count + 1, world->sent_count);
		uint64_t gap = now - last, most = 3600 * SECOND;
		if (count == 0)
			assert_true(gap < SECOND);
		else if (count == 1)
			assert_in_range(gap, 3600 * MILLISECOND, 4400 * MILLISECOND);
		else if (2 * interval <= most)
			assert_in_range(gap, 2 * interval * 9 / 10 - 1, 2 * interval * 11 / 10);
		else
			assert_in_range(gap, most * 9 / 10, most * 11 / 10);
		last = now;
		interval = gap;
	}
	struct ndp_message asked = sent_ndp(world, 0);
	CHECK_EQUAL(ICMP6_ROUTER_SOLICITATION, asked.type);
	check_mac(my_mac, asked.source_mac);
	CHECK_ADDRESS(my_link_local, sent_ipv6(world, 0).source);
	CHECK_ADDRESS(all_routers, sent_ipv6(world, 0).destination);

	CHECK_EQUAL(DELIVERED,
		    hear_router(world, &router_a, 0, NDP_MEDIUM)); /* no default router */
	assert_true(clock_deadline(&world->clock) < NEVER);
	CHECK_EQUAL(DELIVERED, hear_router(world, &router_a, 9000, NDP_MEDIUM));
	int sent = world->sent_count;
	world_advance(world, world->clock.now + 8000 * SECOND);
	CHECK_EQUAL(sent, world->sent_count);
}

static void an_address_is_formed_of_a_routers_prefix_and_asked_for(void **state)
{
	struct world *world = *state;

	CHECK_EQUAL(DELIVERED,
		    hear_prefix(world, &prefix_a, 64, ON_LINK | AUTONOMOUS, 2 * HOUR, HOUR));
	assert_non_null(formed(world));
	CHECK_EQUAL(ADDRESS_OPTIMISTIC, formed(world)->state);
	CHECK_EQUAL(64, formed(world)->prefix);
	assert_true(interface_on_link(world->link, &formed_a));
	assert_true(address_is_any(&route_to(world, &prefix_a)->gateway));
	for (int second = 1; second <= 2; second++)
		world_advance(world, (uint64_t)second * SECOND);
	CHECK_EQUAL(ADDRESS_PREFERRED, formed(world)->state);
	world_advance(world, HOUR * SECOND);
	CHECK_EQUAL(ADDRESS_DEPRECATED, formed(world)->state);
	assert_true(ip_is_own(&world->ip, &formed_a));
	world_advance(world, 2 * HOUR * SECOND - 1);
	assert_non_null(formed(world));
	world_advance(world, 2 * HOUR * SECOND);
	assert_null(formed(world));
	assert_null(route_to(world, &prefix_a));
}

static void a_deprecated_address_is_preferred_again_when_it_is_said_again(void **state)
{
	struct world *world = *state;

	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, 3 * HOUR, 0);
	world_advance(world, 3 * SECOND);
	world_advance(world, 5 * SECOND);
	CHECK_EQUAL(ADDRESS_DEPRECATED, formed(world)->state);
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, 3 * HOUR, HOUR);
	CHECK_EQUAL(ADDRESS_PREFERRED, formed(world)->state);
}

/* RFC 5942: a prefix of addresses is none of the link. */
static void autonomous_is_not_on_link_and_on_link_is_not_autonomous(void **state)
{
	struct world *world = *state;

	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, HOUR, HOUR);
	assert_non_null(formed(world));
	assert_null(route_to(world, &prefix_a));
	assert_false(interface_on_link(world->link, &prefix_a));
	hear_prefix(world, &far6, 64, ON_LINK, HOUR, HOUR);
	assert_non_null(route_to(world, &far6));
	CHECK_EQUAL(1 + 1 + 1, world->link->address_count);
	hear_prefix(world, &far6, 64, ON_LINK, 0, 0);
	assert_null(route_to(world, &far6));
}

/* RFC 4862, 5.5.3. */
static void prefixes_that_make_no_address_are_passed_over(void **state)
{
	struct world *world = *state;
	const struct {
		const struct address *prefix;
		uint8_t bits;
		uint32_t valid_s, preferred_s;
	} none[] = {
		{ &prefix_a, 64, HOUR, HOUR + 1 }, { &prefix_a, 64, 0, 0 },
		{ &prefix_a, 63, HOUR, HOUR },     { &prefix_a, 65, HOUR, HOUR },
		{ &prefix_a, 128, HOUR, HOUR },    { &prefix_a, 0, HOUR, HOUR },
		{ &router_a, 64, HOUR, HOUR },     { &all_nodes, 64, HOUR, HOUR },
	};
	uint32_t before = world->link->address_count;

	for (size_t index = 0; index < COUNT_OF(none); index++)
		CHECK_EQUAL(DELIVERED,
			    hear_prefix(world, none[index].prefix, none[index].bits, AUTONOMOUS,
					none[index].valid_s, none[index].preferred_s));
	CHECK_EQUAL(before, world->link->address_count);
}

/* RFC 4862, 5.5.3 e. */
static void a_life_is_not_cut_below_two_hours_by_a_strangers_word(void **state)
{
	struct world *world = *state;
	const uint64_t hour = HOUR * SECOND;

	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, UINT32_MAX, UINT32_MAX);
	CHECK_EQUAL(NEVER, formed(world)->valid_until);
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, 10 * HOUR, HOUR);
	CHECK_EQUAL(10 * hour, formed(world)->valid_until);
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, 1, 1);
	CHECK_EQUAL(2 * hour, formed(world)->valid_until);
	CHECK_EQUAL(1 * SECOND, formed(world)->preferred_until);
	world_advance(world, hour);
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, 0, 0);
	CHECK_EQUAL(2 * hour, formed(world)->valid_until); /* one hour is left: so it stays */
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, HOUR + 1, 0);
	CHECK_EQUAL(2 * hour + SECOND, formed(world)->valid_until); /* longer than what is left */
}

/* RFC 4191, 3.1; RFC 4861, 6.3.4. */
static void the_preferred_router_is_the_default_until_it_ends(void **state)
{
	struct world *world = *state;

	hear_router(world, &router_a, 1800, NDP_MEDIUM);
	check_router(world, &router_a, &far6);
	hear_router(world, &router_b, 600, NDP_MEDIUM);
	check_router(world, &router_a, &far6);
	hear_router(world, &router_b, 600, NDP_HIGH);
	check_router(world, &router_b, &far6);
	world_advance(world, 600 * SECOND);
	check_router(world, &router_a, &far6);
	hear_router(world, &router_b, 600, NDP_LOW);
	check_router(world, &router_a, &far6);
	hear_router(world, &router_a, 0, NDP_MEDIUM); /* its farewell */
	check_router(world, &router_b, &far6);
	struct ndp_message retired = advertisement(&router_b, OVERRIDE, &peer_mac);
	CHECK_EQUAL(DELIVERED, hear(world, &router_b, &all_nodes, &retired));
	assert_null(route_to(world, &far6)); /* RFC 4861, 7.2.5: it is no router any more */
}

/* RFC 4861, 6.3.6. */
static void a_router_that_does_not_answer_gives_way_to_one_that_may(void **state)
{
	struct world *world = *state;
	struct address a = address_in_zone(router_a, 2), b = address_in_zone(router_b, 2);

	hear_router(world, &router_a, 9000, NDP_HIGH);
	hear_router(world, &router_b, 9000, NDP_LOW);
	world_send6(world, &nobody6, &far6);
	for (uint64_t second = 5; second <= 8; second++)
		world_advance(world, second * SECOND);
	CHECK_EQUAL(NEIGHBOUR_UNREACHABLE, neighbour_find(&world->ip, world->link, &a)->state);
	check_router(world, &router_b, &far6);
	world_send6(world, &nobody6, &far6);
	for (uint64_t second = 13; second <= 16; second++)
		world_advance(world, second * SECOND);
	assert_true(!neighbour_find(&world->ip, world->link, &b) ||
		    neighbour_find(&world->ip, world->link, &b)->state == NEIGHBOUR_UNREACHABLE);
	check_router(world, &router_a, &far6); /* in turn */

	world_send6(world, &nobody6, &far6);
	struct ndp_message answer =
		advertisement(&router_a, ROUTER | SOLICITED | OVERRIDE, &peer_mac);
	CHECK_EQUAL(DELIVERED, hear(world, &router_a, &my_link_local, &answer));
	check_router(world, &router_a, &far6);
}

static void routes_behind_routers_are_learned(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(0, NDP_MEDIUM);
	struct options options = { 0 };

	options.size = ndp_write_route(options.bytes, &(struct ndp_route){ .prefix = prefix_a,
									   .bits = 48,
									   .preference = NDP_LOW,
									   .lifetime_s = 60 });
	hear_with(world, &router_a, &said, &options);
	check_router(world, &router_a, &formed_a);
	assert_null(route_to(world, &far6));
	hear_router(world, &router_b, 9000, NDP_HIGH);
	check_router(world, &router_a, &formed_a); /* the longer prefix */
	world_advance(world, 60 * SECOND);
	check_router(world, &router_b, &formed_a);
}

static void a_route_that_was_given_wins_over_what_routers_say(void **state)
{
	struct world *world = *state;
	struct address gateway = { .bytes = { 0xfe, 0x80, [15] = 0x77 } };

	hear_router(world, &router_a, 9000, NDP_HIGH);
	CHECK_EQUAL(0, ip_route_add(&world->ip, &nobody6, 0, &gateway, 2));
	check_router(world, &gateway, &far6);
	hear_router(world, &router_b, 9000, NDP_HIGH);
	check_router(world, &gateway, &far6);
}

static void parameters_are_taken_within_bounds(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(0, NDP_MEDIUM);
	const struct options none = { 0 };

	hear_with(world, &router_a, &said, &none);
	CHECK_EQUAL(0, world->link->hop_limit);
	CHECK_EQUAL(1500, interface_mtu_to(world->link, &far6));
	said.hop_limit = 17;
	said.reachable_ms = 10000;
	said.retransmit_ms = 2000;
	said.mtu = 1400;
	hear_with(world, &router_a, &said, &none);
	CHECK_EQUAL(17, world->link->hop_limit);
	CHECK_EQUAL(10 * SECOND, world->link->reachable_ns);
	CHECK_EQUAL(2 * SECOND, interface_retransmit_ns(world->link));
	CHECK_EQUAL(1400, interface_mtu_to(world->link, &far6));
	said.reachable_ms = said.retransmit_ms = UINT32_MAX;
	said.mtu = 1501;
	hear_with(world, &router_a, &said, &none);
	CHECK_EQUAL(10 * SECOND, world->link->reachable_ns);
	CHECK_EQUAL(60 * SECOND, interface_retransmit_ns(world->link));
	said.retransmit_ms = 1;
	said.mtu = 1279;
	hear_with(world, &router_a, &said, &none);
	CHECK_EQUAL(100 * MILLISECOND, interface_retransmit_ns(world->link));
	CHECK_EQUAL(1400, interface_mtu_to(world->link, &far6));

	hear_router(world, &router_a, 9000, NDP_MEDIUM);
	hear_prefix(world, &prefix_a, 64, AUTONOMOUS, HOUR, HOUR);
	world->sent_count = 0;
	CHECK_EQUAL(DELIVERED, world_send6(world, &nobody6, &far6));
	CHECK_EQUAL(17, sent_ipv6(world, 0).hop_limit);
}

/* RFC 8106. */
static void name_servers_are_kept_bounded_and_as_long_as_said(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(0, NDP_MEDIUM);
	struct options options = { 0 };
	struct autoconf *autoconf = world->link->autoconf;
	struct address servers[12];

	for (uint8_t index = 0; index < 12; index++) {
		servers[index] = prefix_a;
		servers[index].bytes[15] = index;
	}
	servers[0] = router_a;
	options.size = ndp_write_name_servers(options.bytes, 60, servers, 12);
	hear_with(world, &router_a, &said, &options);
	CHECK_EQUAL(AUTOCONF_SERVERS_MOST, autoconf->server_count);
	CHECK_EQUAL(2, address_zone(&autoconf->servers[0].address));
	options.size = ndp_write_name_servers(options.bytes, 0, servers, 1);
	hear_with(world, &router_a, &said, &options);
	CHECK_EQUAL(AUTOCONF_SERVERS_MOST - 1u,
		    (world_advance(world, SECOND), autoconf->server_count));
	world_advance(world, 60 * SECOND);
	CHECK_EQUAL(0, autoconf->server_count);
}

/* Rows 24: floods of made-up prefixes, routers and routes. */
static void floods_of_advertisements_are_bounded_and_leave_what_is_known(void **state)
{
	struct world *world = *state;

	hear_router(world, &router_a, 9000, NDP_MEDIUM);
	hear_prefix(world, &prefix_a, 64, ON_LINK | AUTONOMOUS, 10 * HOUR, HOUR);
	for (uint32_t index = 0; index < 10000; index++) {
		struct address router = router_b, prefix = prefix_a;
		struct ndp_message said = default_router(9000, NDP_LOW);
		struct options options = { 0 };
		put32(router.bytes + 8, index);
		put16(prefix.bytes + 4, 0xb);
		put16(prefix.bytes + 6, (uint16_t)index);
		add_prefix(&options, &prefix, 64, ON_LINK | AUTONOMOUS, HOUR, HOUR);
		options.size += ndp_write_route(
			options.bytes + options.size,
			&(struct ndp_route){ .prefix = prefix, .bits = 60, .lifetime_s = HOUR });
		world->sent_count = 0;
		hear_with(world, &router, &said, &options);
	}
	CHECK_EQUAL(2 + AUTOCONF_ADDRESSES_MOST, world->link->address_count);
	assert_true(world->link->autoconf->offers.count <= OFFERS_MOST);
	check_router(world, &router_a, &far6);
	assert_non_null(formed(world));
}

static void what_is_no_routers_word_is_refused(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(9000, NDP_HIGH);
	struct made made = make_ndp(&prefix_a, &all_nodes, &said); /* not link-local: 6.1.2 */

	CHECK_EQUAL(DROP_MALFORMED, world_receive_made(world, &made));
	made = make_ndp(&router_a, &all_nodes, &said);
	made.bytes[ETHERNET_HEADER_SIZE + IPV6_HOP_LIMIT_AT] = 254;
	CHECK_EQUAL(DROP_FROM_AFAR, world_receive_made(world, &made));
	assert_null(route_to(world, &far6));
}

static void a_host_that_was_not_told_to_takes_nothing(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(9000, NDP_HIGH);

	CHECK_EQUAL(DROP_IGNORED, hear(world, &router_a, &all_nodes, &said));
	CHECK_EQUAL(0, autoconf_begin(&world->ip, 2));
	CHECK_EQUAL(-EALREADY, autoconf_begin(&world->ip, 2));
	CHECK_EQUAL(-ENODEV, autoconf_begin(&world->ip, 1));
	CHECK_EQUAL(-ENODEV, autoconf_begin(&world->ip, 7));
	hear_router(world, &router_a, 9000, NDP_HIGH);
	CHECK_EQUAL(0, interface_remove(&world->ip, 2));
	assert_null(route_to(world, &far6));
}

static void every_truncation_and_every_flipped_bit_is_survived(void **state)
{
	struct world *world = *state;
	struct ndp_message said = default_router(9000, NDP_HIGH);
	struct options options = { 0 };

	said.mtu = 1400;
	add_prefix(&options, &prefix_a, 64, ON_LINK | AUTONOMOUS, HOUR, HOUR);
	options.size += ndp_write_route(options.bytes + options.size,
					&(struct ndp_route){ .prefix = prefix_a, .bits = 48 });
	options.size += ndp_write_name_servers(options.bytes + options.size, 60, &prefix_a, 1);
	struct made good = make_ndp_with(&router_a, &all_nodes, &said,
					 (struct bytes){ options.bytes, options.size });
	for (uint32_t size = ICMP6_AT + ICMP6_HEADER_SIZE; size <= good.size; size++) {
		struct made cut = good;
		cut.size = size;
		put16(cut.bytes + ETHERNET_HEADER_SIZE + IPV6_PAYLOAD_SIZE_AT,
		      (uint16_t)(size - ICMP6_AT));
		finish_icmp6(&cut, ICMP6_AT);
		world_receive_made(world, &cut);
	}
	for (uint32_t bit = ICMP6_AT * 8; bit < good.size * 8; bit++) {
		struct made flipped = good;
		flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		finish_icmp6(&flipped, ICMP6_AT);
		world->sent_count = 0;
		world_receive_made(world, &flipped);
		world_advance(world, world->clock.now);
	}
	CHECK_EQUAL(DELIVERED, world_receive_made(world, &good));
	assert_non_null(formed(world));
}

/* RFC 4861, 8. */
static void a_redirect_is_believed_of_the_router_on_the_way(void **state)
{
	struct world *world = *state;
	struct ndp_message redirect = { .type = ICMP6_REDIRECT,
					.target = router_b,
					.destination = far6,
					.has_target_mac = true,
					.target_mac = other_mac };

	hear_router(world, &router_a, 9000, NDP_MEDIUM);
	CHECK_EQUAL(DROP_IGNORED, hear(world, &router_b, &my_link_local, &redirect));
	CHECK_EQUAL(DROP_MALFORMED, hear(world, &prefix_a, &my_link_local, &redirect));
	check_router(world, &router_a, &far6);
	CHECK_EQUAL(DELIVERED, hear(world, &router_a, &my_link_local, &redirect));
	check_router(world, &router_b, &far6);
	check_router(world, &router_a, &prefix_a);
	check_mac(other_mac, neighbour_at(world, &router_b)->mac);

	redirect.target = redirect.destination; /* on the link itself */
	CHECK_EQUAL(DROP_IGNORED, hear(world, &router_a, &my_link_local, &redirect));
	CHECK_EQUAL(DELIVERED, hear(world, &router_b, &my_link_local, &redirect));
	assert_true(address_is_any(&route_to(world, &far6)->gateway));
}

static void redirects_are_bounded_and_end_with_their_router(void **state)
{
	struct world *world = *state;
	struct ndp_message redirect = { .type = ICMP6_REDIRECT, .target = router_b };
	struct address b = address_in_zone(router_b, 2);

	hear_router(world, &router_a, 9000, NDP_MEDIUM);
	uint32_t before = world->ip.routes.count;
	for (uint32_t index = 0; index < 10 * REDIRECTS_MOST; index++) {
		redirect.destination = far6;
		put32(redirect.destination.bytes + 8, index);
		CHECK_EQUAL(DELIVERED, hear(world, &router_a, &my_link_local, &redirect));
	}
	CHECK_EQUAL(before + REDIRECTS_MOST, world->ip.routes.count);
	check_router(world, &router_b, &redirect.destination);
	router_fails(&world->ip, world->link, &b);
	CHECK_EQUAL(before, world->ip.routes.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		AUTOCONF_TEST(routers_are_asked_for_less_and_less_often_until_one_answers),
		AUTOCONF_TEST(an_address_is_formed_of_a_routers_prefix_and_asked_for),
		AUTOCONF_TEST(a_deprecated_address_is_preferred_again_when_it_is_said_again),
		AUTOCONF_TEST(autonomous_is_not_on_link_and_on_link_is_not_autonomous),
		AUTOCONF_TEST(prefixes_that_make_no_address_are_passed_over),
		AUTOCONF_TEST(a_life_is_not_cut_below_two_hours_by_a_strangers_word),
		AUTOCONF_TEST(the_preferred_router_is_the_default_until_it_ends),
		AUTOCONF_TEST(a_router_that_does_not_answer_gives_way_to_one_that_may),
		AUTOCONF_TEST(routes_behind_routers_are_learned),
		AUTOCONF_TEST(a_route_that_was_given_wins_over_what_routers_say),
		AUTOCONF_TEST(parameters_are_taken_within_bounds),
		AUTOCONF_TEST(name_servers_are_kept_bounded_and_as_long_as_said),
		AUTOCONF_TEST(floods_of_advertisements_are_bounded_and_leave_what_is_known),
		AUTOCONF_TEST(what_is_no_routers_word_is_refused),
		WORLD_TEST(a_host_that_was_not_told_to_takes_nothing),
		AUTOCONF_TEST(every_truncation_and_every_flipped_bit_is_survived),
		AUTOCONF_TEST(a_redirect_is_believed_of_the_router_on_the_way),
		AUTOCONF_TEST(redirects_are_bounded_and_end_with_their_router),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
