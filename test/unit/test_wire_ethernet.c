#include "unit/check.h"

#include "wire/arp.h"
#include "wire/ethernet.h"

static const uint8_t ethernet_bytes[ETHERNET_HEADER_SIZE] = {
	0x02, 0x42, 0x0a, 0x4d, 0x00, 0x02, 0x02, 0x42, 0x0a, 0x4d, 0x00, 0x01, 0x08, 0x00,
};

static const uint8_t arp_bytes[ARP_SIZE] = {
	0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x02, 0x02, 0x42, 0x0a, 0x4d, 0x00, 0x01,
	10,   77,   0,    1,    0x02, 0x42, 0x0a, 0x4d, 0x00, 0x02, 10,   77,   0,    2,
};

static void an_ethernet_header_is_read_and_written_the_same(void **state)
{
	struct ethernet_header ethernet;
	uint8_t written[ETHERNET_HEADER_SIZE];
	(void)state;

	assert_true(
		ethernet_parse((struct bytes){ ethernet_bytes, sizeof ethernet_bytes }, &ethernet));
	assert_memory_equal(ethernet.destination.bytes, ethernet_bytes, 6);
	assert_memory_equal(ethernet.source.bytes, ethernet_bytes + 6, 6);
	CHECK_EQUAL(ETHERTYPE_IPV4, ethernet.type);
	ethernet_write(written, &ethernet);
	assert_memory_equal(written, ethernet_bytes, sizeof written);
}

static void a_frame_shorter_than_an_ethernet_header_is_refused(void **state)
{
	struct ethernet_header ethernet;
	(void)state;
	for (size_t size = 0; size < ETHERNET_HEADER_SIZE; size++)
		assert_false(ethernet_parse((struct bytes){ ethernet_bytes, size }, &ethernet));
}

static void broadcast_is_a_group_and_a_station_is_not(void **state)
{
	const struct mac all = { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } };
	const struct mac group = { { 0x01, 0x00, 0x5e, 0, 0, 1 } };
	const struct mac station = { { 0x02, 0xff, 0xff, 0xff, 0xff, 0xff } };
	(void)state;
	assert_true(mac_is_broadcast(&all) && mac_is_group(&all));
	assert_true(!mac_is_broadcast(&group) && mac_is_group(&group));
	assert_true(!mac_is_broadcast(&station) && !mac_is_group(&station));
	assert_true(mac_equal(&all, &all) && !mac_equal(&all, &group));
}

static void an_arp_packet_is_read_and_written_the_same(void **state)
{
	struct arp_packet arp;
	uint8_t written[ARP_SIZE];
	(void)state;

	assert_true(arp_parse((struct bytes){ arp_bytes, sizeof arp_bytes }, &arp));
	CHECK_EQUAL(ARP_REPLY, arp.operation);
	assert_memory_equal(arp.sender_mac.bytes, arp_bytes + 8, 6);
	CHECK_EQUAL(0x0a4d0001, arp.sender);
	assert_memory_equal(arp.target_mac.bytes, arp_bytes + 18, 6);
	CHECK_EQUAL(0x0a4d0002, arp.target);
	arp_write(written, &arp);
	assert_memory_equal(written, arp_bytes, sizeof written);
}

static void an_arp_packet_cut_short_is_refused_and_one_padded_is_taken(void **state)
{
	struct arp_packet arp;
	uint8_t padded[60] = { 0 };
	(void)state;
	for (size_t size = 0; size < ARP_SIZE; size++)
		assert_false(arp_parse((struct bytes){ arp_bytes, size }, &arp));
	memcpy(padded, arp_bytes, ARP_SIZE);
	assert_true(arp_parse((struct bytes){ padded, sizeof padded }, &arp));
}

/* The first six bytes say what kind of ARP this is, and may be nothing else; the others are values. */
static void a_flipped_bit_in_arps_kind_is_refused_and_elsewhere_is_seen(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < ARP_SIZE * 8; bit++) {
		struct arp_packet arp;
		uint8_t flipped[ARP_SIZE], written[ARP_SIZE];
		memcpy(flipped, arp_bytes, ARP_SIZE);
		flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bool taken = arp_parse((struct bytes){ flipped, ARP_SIZE }, &arp);
		CHECK_EQUAL(bit / 8 >= 6, taken);
		if (!taken)
			continue;
		arp_write(written, &arp);
		assert_memory_equal(written, flipped, ARP_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ethernet_header_is_read_and_written_the_same),
		cmocka_unit_test(a_frame_shorter_than_an_ethernet_header_is_refused),
		cmocka_unit_test(broadcast_is_a_group_and_a_station_is_not),
		cmocka_unit_test(an_arp_packet_is_read_and_written_the_same),
		cmocka_unit_test(an_arp_packet_cut_short_is_refused_and_one_padded_is_taken),
		cmocka_unit_test(a_flipped_bit_in_arps_kind_is_refused_and_elsewhere_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
