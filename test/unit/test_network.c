/* Hosts that come and go on a LAN. */
#include "unit/check.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>

enum { PORT = 80, CONNECTIONS = 200, EPHEMERAL = 40000 };

#define GROUP UINT32_C(0xef010203)

static const uint8_t lineage[16] = "one lan, one key";

static struct berth_host *plug(const struct berth_allocator *allocator, struct berth_lan *lan,
			       uint8_t number, uint8_t seed)
{
	const struct berth_host_config config = {
		.allocator = allocator, .seed = { seed }, .lineage = lineage, .name = "host"
	};
	struct berth_host *host = berth_host_new(&config);
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, number };
	int interface = berth_lan_plug(lan, host, mac);

	assert_int_equal(2, interface);
	struct in_addr address = { htonl(0x0a000000u + number) };
	assert_int_equal(0, berth_address_add(host, interface, address, 24));
	return host;
}

static int socket_on(struct berth_host *host, uint8_t number, uint16_t port)
{
	const struct sockaddr_in name = { .sin_family = AF_INET,
					  .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(0x0a000000u + number) };
	int descriptor = berth_socket(host, AF_INET, SOCK_STREAM, 0);
	const int on = 1;

	berth_setsockopt(host, descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	assert_int_equal(0,
			 berth_bind(host, descriptor, (const struct sockaddr *)&name, sizeof name));
	return descriptor;
}

/* Connects from that port, and lets the server close first, so that the TIME-WAIT is the server's. */
static void connect_and_let_close(struct berth_lan *lan, struct berth_host *server, int listener,
				  struct berth_host *client, uint16_t port, uint64_t now)
{
	const struct sockaddr_in name = { .sin_family = AF_INET,
					  .sin_port = htons(PORT),
					  .sin_addr.s_addr = htonl(0x0a000001) };
	int near_end = socket_on(client, 2, port);

	assert_int_equal(-EINPROGRESS, berth_connect(client, near_end,
						     (const struct sockaddr *)&name, sizeof name));
	berth_lan_advance(lan, now);
	int far_end = berth_accept(server, listener, NULL, NULL);
	assert_true(far_end >= 0);
	berth_close(server, far_end);
	berth_lan_advance(lan, now);
	berth_close(client, near_end);
	berth_lan_advance(lan, now);
}

/* Seen as one connect in 17 that took a second: the old host's tuple stood in TIME-WAIT, and the new host's first sequence
 * number and timestamp were before the old one's. */
static void a_host_at_a_reused_address_connects_through_its_predecessors_time_wait(void **state)
{
	(void)state;
	struct counted_memory memory;
	counted_memory_init(&memory);
	const struct berth_lan_config config = { .allocator = &memory.allocator };
	struct berth_lan *lan = berth_lan_new(&config);
	struct berth_host *server = plug(&memory.allocator, lan, 1, 1);
	struct berth_host *client = plug(&memory.allocator, lan, 2, 2);
	int listener = socket_on(server, 1, PORT);

	assert_int_equal(0, berth_listen(server, listener, 8));
	for (uint16_t i = 0; i < CONNECTIONS; i++)
		connect_and_let_close(lan, server, listener, client, (uint16_t)(EPHEMERAL + i),
				      1000000);
	berth_host_free(client);
	client = plug(&memory.allocator, lan, 2, 3);
	for (uint16_t i = 0; i < CONNECTIONS; i++)
		connect_and_let_close(lan, server, listener, client, (uint16_t)(EPHEMERAL + i),
				      50000000);

	berth_host_free(client);
	berth_host_free(server);
	berth_lan_free(lan);
	check_nothing_leaked(&memory);
}

/* Two LANs beside each other, with a host in both (10.0.0.1 and 10.0.1.1) and one in each (10.0.0.2, 10.0.1.2). */
struct two_lans {
	struct counted_memory memory;
	struct berth_lan *lans[2];
	struct berth_host *both, *ends[2];
	int interfaces[2];
	uint64_t now;
};

static struct berth_host *new_host(const struct berth_allocator *allocator, uint8_t seed)
{
	return berth_host_new(&(struct berth_host_config){
		.allocator = allocator, .seed = { seed }, .name = "host" });
}

static int plug_at(struct berth_lan *lan, struct berth_host *host, uint32_t address)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, (uint8_t)(address >> 8), (uint8_t)address };
	int interface = berth_lan_plug(lan, host, mac);
	if (interface < 0)
		return interface;
	struct in_addr own = { htonl(address) };
	assert_int_equal(0, berth_address_add(host, interface, own, 24));
	return interface;
}

static int two_lans_begin(void **state)
{
	struct two_lans *world = calloc(1, sizeof *world);
	counted_memory_init(&world->memory);
	const struct berth_allocator *allocator = &world->memory.allocator;

	for (unsigned side = 0; side < 2; side++)
		world->lans[side] = berth_lan_new(&(struct berth_lan_config){
			.allocator = allocator, .beside = side ? world->lans[0] : NULL });
	world->both = new_host(allocator, 1);
	for (uint8_t side = 0; side < 2; side++) {
		uint32_t subnet = 0x0a000000u + side * 0x100u;
		world->ends[side] = new_host(allocator, (uint8_t)(2 + side));
		world->interfaces[side] = plug_at(world->lans[side], world->both, subnet + 1);
		plug_at(world->lans[side], world->ends[side], subnet + 2);
	}
	*state = world;
	return 0;
}

static int two_lans_end(void **state)
{
	struct two_lans *world = *state;
	for (unsigned side = 0; side < 2; side++) {
		berth_lan_free(world->lans[side]);
		berth_host_free(world->ends[side]);
	}
	berth_host_free(world->both);
	check_nothing_leaked(&world->memory);
	free(world);
	return 0;
}

static int datagram_socket(struct berth_host *host)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(0,
			 berth_bind(host, descriptor, (const struct sockaddr *)&any, sizeof any));
	return descriptor;
}

/* How many datagrams of one byte arrive when one is sent there; the LANs are moved by the one that is named. */
static unsigned arriving(struct two_lans *world, struct berth_host *from, struct berth_host *to,
			 uint32_t address, unsigned moved)
{
	const struct sockaddr_in name = { .sin_family = AF_INET,
					  .sin_port = htons(PORT),
					  .sin_addr.s_addr = htonl(address) };
	int source = datagram_socket(from), sink = datagram_socket(to);
	unsigned count = 0;
	char byte = 'x';

	berth_sendto(from, source, &byte, 1, 0, (const struct sockaddr *)&name, sizeof name);
	berth_lan_advance(world->lans[moved], world->now += 1000000);
	while (berth_recv(to, sink, &byte, 1, 0) == 1)
		count++;
	berth_close(from, source);
	berth_close(to, sink);
	return count;
}

static void a_host_speaks_on_every_lan_it_is_plugged_into(void **state)
{
	struct two_lans *world = *state;
	for (unsigned side = 0; side < 2; side++) {
		uint32_t subnet = 0x0a000000u + side * 0x100u;
		CHECK_EQUAL(1, arriving(world, world->both, world->ends[side], subnet + 2, 0));
		CHECK_EQUAL(1, arriving(world, world->ends[side], world->both, subnet + 1, 0));
	}
}

static void lans_beside_each_other_move_together(void **state)
{
	struct two_lans *world = *state;
	CHECK_EQUAL(1, arriving(world, world->both, world->ends[1], 0x0a000102, 0));
	CHECK_EQUAL(1, arriving(world, world->both, world->ends[0], 0x0a000002, 1));
	CHECK_EQUAL(world->now, berth_host_now(world->both));
	CHECK_EQUAL(world->now, berth_host_now(world->ends[1]));
}

static void what_is_sent_on_one_lan_does_not_reach_another(void **state)
{
	struct two_lans *world = *state;
	CHECK_EQUAL(0, arriving(world, world->ends[0], world->ends[1], 0x0a000102, 0));
	CHECK_EQUAL(0, arriving(world, world->ends[0], world->ends[1], UINT32_MAX, 0));
}

static void a_host_is_plugged_once_into_a_lan_and_not_into_one_that_moves_by_itself(void **state)
{
	struct two_lans *world = *state;
	struct berth_lan *apart =
		berth_lan_new(&(struct berth_lan_config){ .allocator = &world->memory.allocator });

	assert_int_equal(-EBUSY, plug_at(world->lans[1], world->both, 0x0a000109));
	assert_int_equal(-EXDEV, plug_at(apart, world->both, 0x0a000209));
	assert_int_equal(-EINVAL, berth_lan_plug(world->lans[1], world->ends[0],
						 (const uint8_t[6]){ 0xff }));
	berth_lan_free(apart);
}

static void pulling_one_plug_leaves_the_other(void **state)
{
	struct two_lans *world = *state;
	berth_lan_unplug(world->lans[0], world->both);
	CHECK_EQUAL(0, arriving(world, world->ends[0], world->both, 0x0a000001, 0));
	CHECK_EQUAL(1, arriving(world, world->ends[1], world->both, 0x0a000101, 0));
	berth_lan_unplug(world->lans[1], world->both);
	assert_true(plug_at(world->lans[0], world->both, 0x0a000003) > world->interfaces[1]);
	CHECK_EQUAL(1, arriving(world, world->ends[0], world->both, 0x0a000003, 0));
}

static void a_lan_that_ends_leaves_those_beside_it(void **state)
{
	struct two_lans *world = *state;
	berth_lan_free(world->lans[0]);
	world->lans[0] = NULL;
	CHECK_EQUAL(1, arriving(world, world->both, world->ends[1], 0x0a000102, 1));
}

static void without_memory_a_plug_is_refused_and_nothing_is_left_behind(void **state)
{
	struct two_lans *world = *state;
	struct berth_host *host = new_host(&world->memory.allocator, 9);
	size_t before = world->memory.outstanding;

	for (size_t most = 0;; most++) {
		world->memory.refusals_after = most;
		int index = berth_lan_plug(world->lans[0], host,
					   (const uint8_t[6]){ 2, 0, 0, 0, 9, 9 });
		world->memory.refusals_after = UNLIMITED;
		if (index >= 0)
			break;
		assert_int_equal(-ENOMEM, index);
		CHECK_EQUAL(before, world->memory.outstanding);
	}
	berth_host_free(host);
}

struct counted_file {
	unsigned packets;
};

/* pcapng: an enhanced packet block's type is 6. */
static int count_packet(void *context, const void *data, size_t size)
{
	struct counted_file *file = context;
	const uint8_t *bytes = data;
	file->packets += size >= 4 && bytes[0] == 6 && !bytes[1] && !bytes[2] && !bytes[3];
	return 0;
}

static void a_capture_sees_its_own_lan(void **state)
{
	struct two_lans *world = *state;
	struct counted_file files[2] = { 0 };
	struct berth_capture *captures[2];
	berth_lan_advance(world->lans[0], world->now += 1000000);
	for (unsigned side = 0; side < 2; side++)
		captures[side] = berth_capture_start(
			world->lans[side],
			&(struct berth_capture_config){ .write = count_packet,
							.context = &files[side] });
	CHECK_EQUAL(1, arriving(world, world->both, world->ends[1], 0x0a000102, 0));
	CHECK_EQUAL(0, files[0].packets);
	assert_true(files[1].packets > 0);
	for (unsigned side = 0; side < 2; side++)
		berth_capture_stop(captures[side]);
}

static int join(struct berth_host *host, int interface, int descriptor)
{
	const struct ip_mreqn request = { .imr_multiaddr.s_addr = htonl(GROUP),
					  .imr_ifindex = interface };
	return berth_setsockopt(host, descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request,
				sizeof request);
}

struct found {
	unsigned count;
	struct berth_lan_group_info last;
};

static void note_group(void *context, const struct berth_lan_group_info *info)
{
	struct found *found = context;
	found->count++;
	found->last = *info;
}

static void a_lan_lists_the_groups_its_switch_has_heard_of(void **state)
{
	struct two_lans *world = *state;
	int descriptor = datagram_socket(world->both);
	struct found found[2] = { 0 };

	assert_int_equal(0, join(world->both, world->interfaces[1], descriptor));
	berth_lan_advance(world->lans[0], world->now += 1000000);
	for (unsigned side = 0; side < 2; side++)
		berth_lan_groups(world->lans[side], note_group, &found[side]);
	CHECK_EQUAL(0, found[0].count);
	CHECK_EQUAL(1, found[1].count);
	const struct sockaddr_in *group = (const struct sockaddr_in *)&found[1].last.group;
	CHECK_EQUAL(AF_INET, group->sin_family);
	CHECK_EQUAL(GROUP, ntohl(group->sin_addr.s_addr));
	assert_ptr_equal(world->both, found[1].last.host);
	CHECK_EQUAL(world->now + UINT64_C(260000000000), found[1].last.until);
}

/* Where all are looked at, each frame is seen once, as sent; where one is, as it got it. */
static void what_the_switch_asks_is_captured(void **state)
{
	struct two_lans *world = *state;
	struct counted_file files[3] = { 0 };
	struct berth_capture *captures[3];
	struct berth_host *const chosen[2][1] = { { world->both }, { world->ends[0] } };
	int descriptor = datagram_socket(world->both);

	berth_lan_advance(world->lans[0], world->now += 1000000);
	for (unsigned index = 0; index < 3; index++)
		captures[index] = berth_capture_start(
			world->lans[1],
			&(struct berth_capture_config){ .write = count_packet,
							.context = &files[index],
							.hosts = index ? chosen[index - 1] : NULL,
							.host_count = index > 0 });
	assert_int_equal(0, join(world->both, world->interfaces[1], descriptor));
	berth_lan_advance(world->lans[0], world->now += 1);
	CHECK_EQUAL(2, files[0].packets); /* the report, and the query that it begins */
	CHECK_EQUAL(2, files[1].packets);
	CHECK_EQUAL(0, files[2].packets); /* not plugged in here */
	for (unsigned index = 0; index < 3; index++)
		berth_capture_stop(captures[index]);
}

static void a_lan_asked_not_to_snoop_knows_no_groups(void **state)
{
	struct two_lans *world = *state;
	struct berth_lan *plain =
		berth_lan_new(&(struct berth_lan_config){ .allocator = &world->memory.allocator,
							  .beside = world->lans[0],
							  .no_snooping = 1 });
	int interface = plug_at(plain, world->both, 0x0a000201);
	int descriptor = datagram_socket(world->both);
	struct found found = { 0 };

	assert_int_equal(0, join(world->both, interface, descriptor));
	berth_lan_advance(plain, world->now += 1000000);
	berth_lan_groups(plain, note_group, &found);
	CHECK_EQUAL(0, found.count);
	berth_lan_free(plain);
}

static void note_claim(void *context, const struct berth_claim_info *info)
{
	*(struct berth_claim_info *)context = *info;
}

static struct berth_claim_info claim_of(struct berth_host *host)
{
	struct berth_claim_info info = { 0 };
	berth_host_claims(host, note_claim, &info);
	return info;
}

static void pass(struct two_lans *world, uint64_t ns)
{
	uint64_t until = world->now + ns, next;
	while ((next = berth_lan_advance(world->lans[0], world->now)) <= until)
		world->now = next;
	world->now = until;
}

static void hosts_find_link_local_addresses_and_speak_with_them(void **state)
{
	struct two_lans *world = *state;
	struct berth_host *hosts[2] = { world->both, world->ends[1] };
	struct berth_claim_info claims[2];
	const int interfaces[2] = { world->interfaces[1], 2 };

	for (unsigned number = 0; number < 2; number++)
		assert_int_equal(0, berth_link_local(hosts[number], interfaces[number]));
	pass(world, UINT64_C(10000000000));
	for (unsigned number = 0; number < 2; number++) {
		claims[number] = claim_of(hosts[number]);
		CHECK_EQUAL(BERTH_CLAIM_HELD, claims[number].state);
		CHECK_EQUAL(interfaces[number], claims[number].interface);
		CHECK_EQUAL(1, claims[number].link_local);
	}
	CHECK_EQUAL(1, arriving(world, hosts[0], hosts[1], ntohl(claims[1].address.s_addr), 0));
}

static void an_address_that_another_host_has_is_claimed_in_vain(void **state)
{
	struct two_lans *world = *state;
	struct in_addr taken = { htonl(0x0a000102) };

	assert_int_equal(0, berth_address_claim(world->both, world->interfaces[1], taken, 24));
	pass(world, UINT64_C(10000000000));
	CHECK_EQUAL(BERTH_CLAIM_LOST, claim_of(world->both).state);
	CHECK_EQUAL(taken.s_addr, claim_of(world->both).address.s_addr);
	CHECK_EQUAL(1, claim_of(world->both).conflicts);
}

#define TWO_LANS(name) cmocka_unit_test_setup_teardown(name, two_lans_begin, two_lans_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_host_at_a_reused_address_connects_through_its_predecessors_time_wait),
		TWO_LANS(a_host_speaks_on_every_lan_it_is_plugged_into),
		TWO_LANS(lans_beside_each_other_move_together),
		TWO_LANS(what_is_sent_on_one_lan_does_not_reach_another),
		TWO_LANS(a_host_is_plugged_once_into_a_lan_and_not_into_one_that_moves_by_itself),
		TWO_LANS(pulling_one_plug_leaves_the_other),
		TWO_LANS(a_lan_that_ends_leaves_those_beside_it),
		TWO_LANS(without_memory_a_plug_is_refused_and_nothing_is_left_behind),
		TWO_LANS(a_capture_sees_its_own_lan),
		TWO_LANS(a_lan_lists_the_groups_its_switch_has_heard_of),
		TWO_LANS(what_the_switch_asks_is_captured),
		TWO_LANS(hosts_find_link_local_addresses_and_speak_with_them),
		TWO_LANS(an_address_that_another_host_has_is_claimed_in_vain),
		TWO_LANS(a_lan_asked_not_to_snoop_knows_no_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
