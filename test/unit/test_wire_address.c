#include "unit/check.h"

#include "wire/address.h"
#include "wire/ethernet.h"

#define V6(...)                                                                                    \
	{                                                                                          \
		.bytes = { __VA_ARGS__ }                                                           \
	}
#define V4(a, b, c, d)                                                                             \
	{                                                                                          \
		.bytes = { [10] = 0xff, 0xff, a, b, c, d }                                         \
	}

static void each_kind_of_address_is_told_in_both_families(void **state)
{
	static const struct {
		struct address address;
		bool v4, any, multicast, loopback, link_local, needs_zone;
	} rows[] = {
		{ V6(0), false, true, false, false, false, false },
		{ V6([15] = 1), false, false, false, true, false, false },
		{ V6([15] = 2), false, false, false, false, false, false },
		{ V6([14] = 1, 1), false, false, false, false, false, false },
		{ V6(0xfe, 0x80, [15] = 1), false, false, false, false, true, true },
		{ V6(0xfe, 0xbf, [15] = 1), false, false, false, false, true, true },
		{ V6(0xfe, 0xc0, [15] = 1), false, false, false, false, false, false },
		{ V6(0xff, 0x01, [15] = 1), false, false, true, false, false, true },
		{ V6(0xff, 0x02, [15] = 1), false, false, true, false, false, true },
		{ V6(0xff, 0x12, [15] = 1), false, false, true, false, false, true },
		{ V6(0xff, 0x05, [15] = 1), false, false, true, false, false, false },
		{ V6(0xff, 0x0e, [15] = 1), false, false, true, false, false, false },
		{ V6(0x20, 0x01, 0x0d, 0xb8), false, false, false, false, false, false },
		{ V4(0, 0, 0, 0), true, true, false, false, false, false },
		{ V4(127, 0, 0, 1), true, false, false, true, false, false },
		{ V4(127, 255, 255, 255), true, false, false, true, false, false },
		{ V4(128, 0, 0, 1), true, false, false, false, false, false },
		{ V4(169, 254, 0, 1), true, false, false, false, true, false },
		{ V4(169, 255, 0, 1), true, false, false, false, false, false },
		{ V4(224, 0, 0, 1), true, false, true, false, false, false },
		{ V4(240, 0, 0, 1), true, false, false, false, false, false },
		{ V4(10, 77, 0, 1), true, false, false, false, false, false },
	};
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		const struct address *address = &rows[index].address;
		CHECK_EQUAL(rows[index].v4, address_is_v4(address));
		CHECK_EQUAL(rows[index].any, address_is_any(address));
		CHECK_EQUAL(rows[index].any && !rows[index].v4, address_is_unspecified(address));
		CHECK_EQUAL(rows[index].multicast, address_is_multicast(address));
		CHECK_EQUAL(rows[index].loopback, address_is_loopback(address));
		CHECK_EQUAL(rows[index].link_local, address_is_link_local(address));
		CHECK_EQUAL(rows[index].needs_zone, address_needs_zone(address));
	}
}

static void an_ipv6_address_is_read_and_written_the_same(void **state)
{
	const uint8_t bytes[16] = { 0x20, 1, 0xd, 0xb8, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	uint8_t written[16];
	(void)state;
	struct address address = address_v6(bytes);
	address_write_v6(written, &address);
	assert_memory_equal(bytes, written, sizeof bytes);
}

/* RFC 4291, 2.7.1 has 4037::01:800:200e:8c6c and ff02::1:ff0e:8c6c. */
static void the_solicited_node_group_ends_as_the_address_does(void **state)
{
	const struct address address = V6(0x40, 0x37, [9] = 1, 0x08, 0x00, 0x20, 0x0e, 0x8c, 0x6c);
	const struct address expected = V6(0xff, 0x02, [11] = 1, 0xff, 0x0e, 0x8c, 0x6c);
	const struct address others[] = { V6(0xff, 0x02, [11] = 2, 0xff, 0x0e, 0x8c, 0x6c),
					  V6(0xff, 0x05, [11] = 1, 0xff, 0x0e, 0x8c, 0x6c),
					  V6(0xff, 0x02, [15] = 1) };
	struct address group = address_solicited_node(&address);
	(void)state;
	assert_true(address_equal(&expected, &group));
	assert_true(address_is_solicited_node(&group));
	CHECK_EQUAL(SCOPE_LINK, address_group_scope(&group));
	for (size_t index = 0; index < COUNT_OF(others); index++)
		assert_false(address_is_solicited_node(&others[index]));
}

/* RFC 2464, 7. */
static void a_groups_ethernet_address_ends_as_the_group_does(void **state)
{
	const struct address group = V6(0xff, 0x02, [11] = 1, 0xff, 0x0e, 0x8c, 0x6c);
	const struct mac expected = { { 0x33, 0x33, 0xff, 0x0e, 0x8c, 0x6c } };
	struct mac mac = mac_of_group_v6(group.bytes);
	(void)state;
	assert_true(mac_equal(&expected, &mac) && mac_is_group(&mac));
}

static void each_bit_that_differs_ends_the_common_prefix(void **state)
{
	const struct address address = V6(0x20, 1, 0xd, 0xb8, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
	(void)state;
	CHECK_EQUAL(128, address_common_bits(&address, &address));
	assert_true(address_has_prefix(&address, &address, 128));
	for (unsigned bit = 0; bit < 128; bit++) {
		struct address other = address;
		other.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		CHECK_EQUAL(bit, address_common_bits(&address, &other));
		assert_true(address_has_prefix(&other, &address, bit));
		assert_false(address_has_prefix(&other, &address, bit + 1));
	}
}

static void an_ipv4_prefix_counts_96_bits_in_front(void **state)
{
	const struct address address = V4(10, 77, 1, 9), network = V4(10, 77, 0, 0);
	const struct address v6 = V6(0x20, 1);
	(void)state;
	assert_true(address_has_prefix(&address, &network, 96 + 16));
	assert_false(address_has_prefix(&address, &network, 96 + 24));
	assert_true(address_has_prefix(&address, &network, 96));
	assert_false(address_has_prefix(&v6, &network, 96));
	assert_true(address_has_prefix(&v6, &network, 0));
}

static void a_prefix_is_the_address_with_zeros_behind(void **state)
{
	struct address ones;
	(void)state;
	memset(ones.bytes, 0xff, sizeof ones.bytes);
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct address prefix = address_prefix(&ones, bits);
		CHECK_EQUAL(bits, address_common_bits(&ones, &prefix));
		for (unsigned bit = bits; bit < 128; bit++)
			CHECK_EQUAL(0, prefix.bytes[bit / 8] & 0x80 >> bit % 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_address_is_told_in_both_families),
		cmocka_unit_test(an_ipv6_address_is_read_and_written_the_same),
		cmocka_unit_test(the_solicited_node_group_ends_as_the_address_does),
		cmocka_unit_test(a_groups_ethernet_address_ends_as_the_group_does),
		cmocka_unit_test(each_bit_that_differs_ends_the_common_prefix),
		cmocka_unit_test(an_ipv4_prefix_counts_96_bits_in_front),
		cmocka_unit_test(a_prefix_is_the_address_with_zeros_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
