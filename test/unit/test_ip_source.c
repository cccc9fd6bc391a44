#include "unit/ip6_world.h"

#include "ip/source.h"

#include <arpa/inet.h>

static struct address parse(const char *text)
{
	struct address address;
	assert_int_equal(inet_pton(AF_INET6, text, address.bytes), 1);
	return address;
}

static void give(struct interface *interface, const char *text, bool deprecated)
{
	struct address address = address_in_zone(parse(text), interface->index);
	interface->addresses[interface->address_count++] = (struct interface_address){
		.address = address,
		.mask = address_mask(64),
		.prefix = 64,
		.state = deprecated ? ADDRESS_DEPRECATED : ADDRESS_PREFERRED,
	};
}

static void check_source(const struct world *world, const char *to, const char *expected)
{
	struct address destination = address_in_zone(parse(to), world->link->index);
	struct address source = address_in_zone(parse(expected), world->link->index);
	const struct address *chosen = source_select(&world->ip, world->link, &destination);
	assert_non_null(chosen);
	CHECK_ADDRESS(source, *chosen);
}

/* RFC 6724, 10.1; "!" in front of an address says that it is deprecated. Temporary addresses there are none. */
static void sources_are_chosen_as_in_the_rfcs_examples(void **state)
{
	struct world *world = *state;
	static const struct {
		const char *destination, *candidates[2], *source;
	} cases[] = {
		{ "2001:db8:1::1", { "2001:db8:3::1", "fe80::1" }, "2001:db8:3::1" },
		{ "ff05::1", { "2001:db8:3::1", "fe80::1" }, "2001:db8:3::1" },
		{ "2001:db8:1::1", { "!2001:db8:1::1", "2001:db8:2::1" }, "2001:db8:1::1" },
		{ "fe80::1", { "!fe80::2", "2001:db8:1::1" }, "fe80::2" },
		{ "2001:db8:1::1", { "2001:db8:1::2", "2001:db8:3::2" }, "2001:db8:1::2" },
		{ "2002:c633:6401::1",
		  { "2002:c633:6401::d5e3:7953:13eb:22e8", "2001:db8:1::2" },
		  "2002:c633:6401::d5e3:7953:13eb:22e8" },
		/* each rule once more */
		{ "2001:db8:1::1", { "!2001:db8:1::2", "2001:db8:9::1" }, "2001:db8:9::1" },
		{ "fd77::5", { "2001:db8:1::2", "fd00::2" }, "fd00::2" },
		{ "2001:db8:1::1", { "fd77::1", "2001:db8:9::1" }, "2001:db8:9::1" },
		{ "ff02::1", { "2001:db8:3::1", "fe80::1" }, "fe80::1" },
		{ "2001:db8:1::1", { "fe80::1", "!2001:db8:9::1" }, "2001:db8:9::1" },
		{ "2001:db8:1::1", { "fec0::1", "fe80::1" }, "fec0::1" },
	};
	for (size_t index = 0; index < COUNT_OF(cases); index++) {
		for (int turn = 0; turn < 2; turn++) { /* the order they are in is no rule */
			world->link->address_count = 0;
			for (int place = 0; place < 2; place++) {
				const char *text = cases[index].candidates[place ^ turn];
				give(world->link, text[0] == '!' ? text + 1 : text, text[0] == '!');
			}
			check_source(world, cases[index].destination, cases[index].source);
		}
	}
}

/* Rule 5, and section 4: which interfaces' addresses may be had. */
static void the_outgoing_interface_is_preferred_and_another_may_do(void **state)
{
	struct world *world = *state;
	int index = world_add_link(world, NULL, other_mac, true);
	struct interface *other = interface_find(&world->ip, index);

	other->address_count = world->link->address_count = 0;
	give(other, "2001:db8:1::2", false);
	give(other, "fe80::2", false);
	check_source(world, "2001:db8:1::1", "2001:db8:1::2");
	give(world->link, "fe80::1", false);
	check_source(world, "2001:db8:1::1", "2001:db8:1::2"); /* rule 2 is before rule 5 */
	give(world->link, "2001:db8:9::1", false);
	check_source(world, "2001:db8:1::1", "2001:db8:9::1");
	check_source(world, "fe80::9", "fe80::1");
	world->link->addresses[1].state = ADDRESS_OPTIMISTIC;
	check_source(world, "2001:db8:1::1", "2001:db8:1::2");
	other->addresses[0].state = ADDRESS_TENTATIVE;
	check_source(world, "2001:db8:1::1", "2001:db8:9::1");
	world->link->address_count = 0;
	struct address local = address_in_zone(parse("fe80::9"), world->link->index);
	struct address group = parse("ff02::1");
	assert_null(source_select(&world->ip, world->link, &local));
	assert_null(source_select(&world->ip, world->link, &group));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD6_TEST(sources_are_chosen_as_in_the_rfcs_examples),
		WORLD6_TEST(the_outgoing_interface_is_preferred_and_another_may_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
