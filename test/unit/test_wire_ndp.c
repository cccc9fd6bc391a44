#include "unit/check.h"

#include "wire/ndp.h"

#define TARGET  0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7
#define GLOBAL  0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9
#define MAC     2, 0x42, 0x0a, 0x4d, 0, 1
#define ZEROS_8 0, 0, 0, 0, 0, 0, 0, 0

static const struct address target = { .bytes = { TARGET } };
static const struct address global = { .bytes = { GLOBAL } };
static const struct mac mac = { { MAC } };

static const uint8_t router_solicitation[] = { 133, 0, 0, 0, 0, 0, 0, 0, 1, 1, MAC };

/* Hop limit 64, O flag, high preference, 1800 seconds; SLLA, MTU 1500, a prefix, a route, a name server, a search list. */
static const uint8_t router_advertisement[] = {
	134,  0,      0,    0,    64,   0x48, 0x07,    0x08, 0,    0,  0x75, 0x30, 0,   0,    0x03,
	0xe8, 1,      1,    MAC,  5,    1,    0,       0,    0,    0,  0x05, 0xdc, 3,   4,    64,
	0xc0, 0,      1,    0x51, 0x80, 0xff, 0xff,    0xff, 0xff, 0,  0,    0,    0,   0x20, 0x01,
	0x0d, 0xb8,   0,    0,    0,    5,    ZEROS_8, 24,   2,    48, 0x18, 0,    0,   0,    60,
	0x20, 0x01,   0x0d, 0xb8, 0,    9,    0,       0,    25,   3,  0,    0,    0,   0,    2,
	0x58, GLOBAL, 31,   3,    0,    0,    0,       0,    0,    0,  2,    'l',  'a', 3,    'o',
	'r',  'g',    0,    1,    'b',  0,    0,       0,    0,    0,  0,
};

static const uint8_t neighbour_solicitation[] = {
	135, 0, 0, 0, 0, 0, 0, 0, TARGET, 1, 1, MAC, 14, 1, 'n', 'o', 'n', 'c', 'e', '!',
};

static const uint8_t neighbour_advertisement[] = {
	136, 0, 0, 0, 0x60, 0, 0, 0, TARGET, 2, 1, MAC,
};

static const uint8_t redirect[] = {
	137, 0, 0, 0, 0, 0, 0,    0, TARGET, GLOBAL, 2, 1, MAC, 4,  2,
	0,   0, 0, 0, 0, 0, 0x60, 0, 0,      0,      0, 8, 6,   64,
};

#define MESSAGE(bytes)                                                                             \
	{                                                                                          \
		bytes, sizeof bytes                                                                \
	}

static const struct bytes messages[] = {
	MESSAGE(router_solicitation),
	MESSAGE(router_advertisement),
	MESSAGE(neighbour_solicitation),
	MESSAGE(neighbour_advertisement),
	MESSAGE(redirect),
};

static bool parse(const uint8_t *at, size_t size, struct ndp_message *ndp)
{
	uint8_t *copy = malloc(size + !size); /* what is read past it is read past what there is */
	memcpy(copy, at, size);
	bool parsed = ndp_parse((struct bytes){ copy, size }, ndp);
	if (parsed) {
		struct bytes options = ndp->options;
		struct ndp_option option;
		struct ndp_prefix prefix;
		struct ndp_route route;
		struct ndp_name_servers servers;
		struct ndp_search_list list;
		while (ndp_take_option(&options, &option)) {
			ndp_parse_prefix(&option, &prefix);
			ndp_parse_route(&option, &route);
			ndp_parse_name_servers(&option, &servers);
			ndp_parse_search_list(&option, &list);
		}
	}
	free(copy);
	return parsed;
}

static struct ndp_option option_of(const struct ndp_message *ndp, uint8_t type)
{
	struct bytes options = ndp->options;
	struct ndp_option option;
	while (ndp_take_option(&options, &option)) {
		if (option.type == type)
			return option;
	}
	fail_msg("no option %u", type);
	return option;
}

static void a_router_advertisement_is_read_with_all_its_options(void **state)
{
	struct ndp_message ndp;
	struct ndp_prefix prefix;
	struct ndp_route route;
	struct ndp_name_servers servers;
	struct ndp_search_list list;
	(void)state;

	assert_true(ndp_parse(messages[1], &ndp));
	CHECK_EQUAL(64, ndp.hop_limit);
	assert_true(!ndp.managed && ndp.other_configuration);
	CHECK_EQUAL(NDP_HIGH, ndp.preference);
	CHECK_EQUAL(1800, ndp.lifetime_s);
	CHECK_EQUAL(30000, ndp.reachable_ms);
	CHECK_EQUAL(1000, ndp.retransmit_ms);
	assert_true(ndp.has_source_mac && !ndp.has_target_mac && mac_equal(&mac, &ndp.source_mac));
	CHECK_EQUAL(1500, ndp.mtu);

	struct ndp_option option = option_of(&ndp, NDP_PREFIX);
	assert_true(ndp_parse_prefix(&option, &prefix));
	assert_true(prefix.on_link && prefix.autonomous);
	CHECK_EQUAL(64, prefix.bits);
	CHECK_EQUAL(86400, prefix.valid_s);
	CHECK_EQUAL(UINT32_MAX, prefix.preferred_s);
	CHECK_EQUAL(5, prefix.prefix.bytes[7]);

	option = option_of(&ndp, NDP_ROUTE);
	assert_true(ndp_parse_route(&option, &route));
	CHECK_EQUAL(48, route.bits);
	CHECK_EQUAL(NDP_LOW, route.preference);
	CHECK_EQUAL(60, route.lifetime_s);
	CHECK_EQUAL(9, route.prefix.bytes[5]);

	option = option_of(&ndp, NDP_NAME_SERVERS);
	assert_true(ndp_parse_name_servers(&option, &servers));
	CHECK_EQUAL(600, servers.lifetime_s);
	CHECK_EQUAL(1, servers.count);
	assert_memory_equal(global.bytes, servers.addresses.at, 16);

	option = option_of(&ndp, NDP_SEARCH_LIST);
	assert_true(ndp_parse_search_list(&option, &list));
	CHECK_EQUAL(0, list.lifetime_s);
	CHECK_EQUAL(2, list.names.at[0]);
}

static void messages_of_neighbours_are_read_field_by_field(void **state)
{
	struct ndp_message ndp;
	(void)state;

	assert_true(ndp_parse(messages[2], &ndp));
	assert_true(address_equal(&target, &ndp.target));
	assert_true(ndp.has_source_mac && mac_equal(&mac, &ndp.source_mac));
	CHECK_EQUAL(NDP_NONCE_SIZE, ndp.nonce.size);
	assert_memory_equal("nonce!", ndp.nonce.at, NDP_NONCE_SIZE);

	assert_true(ndp_parse(messages[3], &ndp));
	assert_true(address_equal(&target, &ndp.target));
	assert_true(!ndp.router && ndp.solicited && ndp.override);
	assert_true(ndp.has_target_mac && mac_equal(&mac, &ndp.target_mac));

	assert_true(ndp_parse(messages[4], &ndp));
	assert_true(address_equal(&target, &ndp.target));
	assert_true(address_equal(&global, &ndp.destination));
	CHECK_EQUAL(8, ndp.redirected.size);
}

/* But for options that come more than once, which are written one by one. */
static void a_message_is_written_as_it_was_read(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(messages); index++) {
		struct ndp_message ndp;
		uint8_t written[NDP_MOST];
		assert_true(ndp_parse(messages[index], &ndp));
		size_t size = ndp_write(written, &ndp);
		CHECK_EQUAL(index == 1 ? 32 : messages[index].size, size);
		assert_memory_equal(messages[index].at, written, size);
	}
}

static void options_are_written_as_they_were_read(void **state)
{
	uint8_t written[NDP_PREFIX_SIZE];
	struct ndp_message ndp;
	struct ndp_prefix prefix;
	struct ndp_route route;
	(void)state;

	assert_true(ndp_parse(messages[1], &ndp));
	struct ndp_option option = option_of(&ndp, NDP_PREFIX);
	assert_true(ndp_parse_prefix(&option, &prefix));
	CHECK_EQUAL(option.bytes.size, ndp_write_prefix(written, &prefix));
	assert_memory_equal(option.bytes.at, written, option.bytes.size);

	option = option_of(&ndp, NDP_ROUTE);
	assert_true(ndp_parse_route(&option, &route));
	CHECK_EQUAL(option.bytes.size, ndp_write_route(written, &route));
	assert_memory_equal(option.bytes.at, written, option.bytes.size);

	option = option_of(&ndp, NDP_NAME_SERVERS);
	CHECK_EQUAL(option.bytes.size, ndp_write_name_servers(written, 600, &global, 1));
	assert_memory_equal(option.bytes.at, written, option.bytes.size);

	option = option_of(&ndp, NDP_SEARCH_LIST);
	struct bytes names = { option.bytes.at + 8, 11 };
	CHECK_EQUAL(option.bytes.size, ndp_write_search_list(written, 0, names));
	assert_memory_equal(option.bytes.at, written, option.bytes.size);
}

/* A message may end behind any of its options, and nowhere else. */
static void every_truncation_is_refused_but_between_options(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(messages); index++) {
		struct ndp_message ndp;
		assert_true(ndp_parse(messages[index], &ndp));
		struct bytes options = ndp.options;
		struct ndp_option option;
		for (size_t size = 0; size < messages[index].size; size++) {
			bool between = size == messages[index].size - options.size;
			CHECK_EQUAL(between, parse(messages[index].at, size, &ndp));
			if (between)
				assert_true(ndp_take_option(&options, &option));
		}
	}
}

static void no_flipped_bit_makes_a_parser_read_past_the_end(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(messages); index++) {
		uint8_t bytes[256];
		size_t size = messages[index].size;
		memcpy(bytes, messages[index].at, size);
		for (size_t bit = 0; bit < 8 * size; bit++) {
			struct ndp_message ndp;
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			parse(bytes, size, &ndp);
			bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* Row 24; RFC 4861, 4.6. */
static void an_option_of_length_zero_refuses_the_message(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(messages); index++) {
		uint8_t bytes[256];
		struct ndp_message ndp;
		assert_true(ndp_parse(messages[index], &ndp));
		size_t options_at = messages[index].size - ndp.options.size;
		memcpy(bytes, messages[index].at, messages[index].size);
		bytes[options_at] = 200; /* even if it is not known */
		assert_true(parse(bytes, messages[index].size, &ndp));
		bytes[options_at + 1] = 0;
		assert_false(parse(bytes, messages[index].size, &ndp));
	}
}

static void a_code_that_is_not_zero_refuses_the_message(void **state)
{
	(void)state;
	for (size_t index = 0; index < COUNT_OF(messages); index++) {
		uint8_t bytes[256];
		struct ndp_message ndp;
		memcpy(bytes, messages[index].at, messages[index].size);
		bytes[1] = 1;
		assert_false(parse(bytes, messages[index].size, &ndp));
	}
}

static void a_target_that_is_no_nodes_address_refuses_the_message(void **state)
{
	const struct address group = { .bytes = { 0xff, 2, [15] = 1 } };
	const struct address mapped = address_v4(0x0a4d0001);
	(void)state;
	for (size_t index = 2; index < COUNT_OF(messages); index++) {
		uint8_t bytes[256];
		struct ndp_message ndp;
		memcpy(bytes, messages[index].at, messages[index].size);
		memcpy(bytes + 8, group.bytes, 16);
		assert_false(parse(bytes, messages[index].size, &ndp));
		memcpy(bytes + 8, mapped.bytes, 16);
		assert_false(parse(bytes, messages[index].size, &ndp));
	}
}

/* RFC 4861, 8.1. */
static void a_redirect_leads_to_a_router_of_the_link_or_the_destination(void **state)
{
	uint8_t bytes[sizeof redirect];
	struct ndp_message ndp;
	(void)state;
	memcpy(bytes, redirect, sizeof redirect);
	memcpy(bytes + 8, global.bytes, 16);
	assert_true(parse(bytes, sizeof bytes, &ndp));
	bytes[8 + 15] = 8;
	assert_false(parse(bytes, sizeof bytes, &ndp));
	memcpy(bytes, redirect, sizeof redirect);
	bytes[24] = 0xff; /* to a group */
	assert_false(parse(bytes, sizeof bytes, &ndp));
}

struct option_row {
	bool holds;
	uint8_t bytes[32];
};

static const struct option_row prefixes[] = {
	{ true, { 3, 4, 0 } },    { true, { 3, 4, 128, [16] = 0x20 } },
	{ false, { 3, 4, 129 } }, { false, { 3, 3, 64 } },
	{ false, { 4, 4, 64 } },  { false, { 3, 4, 96, [26] = 0xff, 0xff } }, /* IPv4's */
};

static const struct option_row routes[] = {
	{ true, { 24, 1, 0, 0x08 } },  { true, { 24, 2, 0, 0 } },    { true, { 24, 3, 0, 0 } },
	{ false, { 24, 1, 1, 0 } },    { true, { 24, 2, 64, 0 } },   { false, { 24, 2, 65, 0 } },
	{ true, { 24, 3, 128, 0 } },   { false, { 24, 3, 129, 0 } }, { false, { 24, 4, 128, 0 } },
	{ false, { 24, 1, 0, 0x10 } }, /* the reserved preference */
};

static const struct option_row name_servers[] = {
	{ true, { 25, 3 } },
	{ false, { 25, 1 } },
	{ false, { 25, 2 } },
	{ false, { 25, 4 } },
};

static const struct option_row search_lists[] = {
	{ true, { 31, 2, [8] = 6, 'd', 'o', 'm', 'a', 'i', 'n', 0 } },
	{ false, { 31, 2, [8] = 7, 'd', 'o', 'm', 'a', 'i', 'n', 's' } }, /* not ended */
	{ false, { 31, 2, [8] = 8, 'd' } },
	{ false, { 31, 2, [8] = 0xc0, 8 } }, /* a pointer */
	{ false, { 31, 2, [8] = 0 } },       /* no name */
	{ false, { 31, 1 } },
	{ true, { 31, 3, [8] = 1, 'a', 0, 1, 'b', 0 } },
};

static void an_option_that_contradicts_itself_counts_for_nothing(void **state)
{
	struct ndp_prefix prefix;
	struct ndp_route route;
	struct ndp_name_servers servers;
	struct ndp_search_list list;
	(void)state;
#define EACH(rows, call)                                                                           \
	for (size_t index = 0; index < COUNT_OF(rows); index++) {                                  \
		const uint8_t *at = rows[index].bytes;                                             \
		const struct ndp_option option = { at[0], { at, at[1] * (size_t)8 } };             \
		if (call != rows[index].holds)                                                     \
			fail_msg(#rows " %zu", index);                                             \
	}
	EACH(prefixes, ndp_parse_prefix(&option, &prefix))
	EACH(routes, ndp_parse_route(&option, &route))
	EACH(name_servers, ndp_parse_name_servers(&option, &servers))
	EACH(search_lists, ndp_parse_search_list(&option, &list))
#undef EACH
}

static void preferences_are_read_and_the_reserved_one_is_medium(void **state)
{
	static const enum ndp_preference values[] = { NDP_MEDIUM, NDP_HIGH, NDP_MEDIUM, NDP_LOW };
	uint8_t bytes[16] = { 134, [7] = 1 };
	struct ndp_message ndp;
	(void)state;
	for (uint8_t bits = 0; bits < 4; bits++) {
		bytes[5] = (uint8_t)(bits << 3);
		bytes[7] = 1;
		assert_true(parse(bytes, sizeof bytes, &ndp));
		assert_int_equal(values[bits], ndp.preference);
		bytes[7] = 0; /* RFC 4191, 2.2: no default router, no preference */
		assert_true(parse(bytes, sizeof bytes, &ndp));
		assert_int_equal(NDP_MEDIUM, ndp.preference);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_router_advertisement_is_read_with_all_its_options),
		cmocka_unit_test(messages_of_neighbours_are_read_field_by_field),
		cmocka_unit_test(a_message_is_written_as_it_was_read),
		cmocka_unit_test(options_are_written_as_they_were_read),
		cmocka_unit_test(every_truncation_is_refused_but_between_options),
		cmocka_unit_test(no_flipped_bit_makes_a_parser_read_past_the_end),
		cmocka_unit_test(an_option_of_length_zero_refuses_the_message),
		cmocka_unit_test(a_code_that_is_not_zero_refuses_the_message),
		cmocka_unit_test(a_target_that_is_no_nodes_address_refuses_the_message),
		cmocka_unit_test(a_redirect_leads_to_a_router_of_the_link_or_the_destination),
		cmocka_unit_test(an_option_that_contradicts_itself_counts_for_nothing),
		cmocka_unit_test(preferences_are_read_and_the_reserved_one_is_medium),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
