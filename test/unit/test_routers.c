/* A host that is told to be a router, and hosts that are told to believe it, on a LAN. */
#include "unit/check.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>
#include <linux/if_addr.h>

#define SECOND UINT64_C(1000000000)

static struct berth_host *plug(const struct berth_allocator *allocator, struct berth_lan *lan,
			       uint8_t number, const struct berth_host_config *like)
{
	struct berth_host_config config = *like;
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, number };

	config.allocator = allocator;
	config.seed[0] = number;
	struct berth_host *host = berth_host_new(&config);
	assert_int_equal(2, berth_lan_plug(lan, host, mac));
	return host;
}

static struct in6_addr v6(const char *text)
{
	struct in6_addr address;
	assert_int_equal(1, inet_pton(AF_INET6, text, &address));
	return address;
}

static void advertise(struct berth_host *host)
{
	const struct in6_addr own = v6("fd99::1"), server = v6("fd99::35");
	const struct berth_advertised_prefix prefix = { .prefix = v6("fd99::"),
							.bits = 64,
							.on_link = 1,
							.autonomous = 1,
							.valid_s = 7200,
							.preferred_s = 3600 };
	const struct berth_advertisement says = { .lifetime_s = 1800,
						  .prefixes = &prefix,
						  .prefix_count = 1,
						  .name_servers = &server,
						  .name_server_count = 1,
						  .name_server_lifetime_s = BERTH_FOR_EVER };

	assert_int_equal(0, berth_address6_add(host, 2, &own, 64));
	assert_int_equal(0, berth_advertise(host, 2, &says));
}

struct seen {
	char address[INET6_ADDRSTRLEN];
	unsigned flags;
	uint32_t valid_s;
	char server[INET6_ADDRSTRLEN];
	int default_routes;
};

static void see_address(void *context, const struct berth_address_info *info)
{
	static const uint8_t prefix[8] = { 0xfd, 0x99 };
	struct seen *seen = context;

	if (memcmp(info->address.bytes, prefix, sizeof prefix) != 0)
		return;
	inet_ntop(AF_INET6, info->address.bytes, seen->address, sizeof seen->address);
	seen->flags = info->flags;
	seen->valid_s = info->valid;
}

static void see_server(void *context, const struct sockaddr_in6 *server)
{
	struct seen *seen = context;
	inet_ntop(AF_INET6, &server->sin6_addr, seen->server, sizeof seen->server);
}

static void see_route(void *context, const struct berth_route_info *info)
{
	struct seen *seen = context;
	seen->default_routes += info->prefix == 0 && info->gateway.family == AF_INET6;
}

static struct seen look_at(struct berth_host *host)
{
	struct seen seen = { .default_routes = 0 };
	berth_host_addresses(host, see_address, &seen);
	berth_host_name_servers(host, see_server, &seen);
	berth_host_routes(host, see_route, &seen);
	return seen;
}

static void run(struct berth_lan *lan, uint64_t *now, uint64_t until)
{
	while (*now < until) {
		uint64_t next = berth_lan_advance(lan, *now);
		*now = next < until ? next : until;
	}
	berth_lan_advance(lan, *now);
}

static void a_host_configures_itself_by_a_router_that_is_a_host(void **state)
{
	(void)state;
	struct counted_memory memory;
	counted_memory_init(&memory);
	const struct berth_lan_config config = { .allocator = &memory.allocator };
	const struct berth_host_config plain = { .name = "host" };
	struct berth_lan *lan = berth_lan_new(&config);
	struct berth_host *router = plug(&memory.allocator, lan, 1, &plain);
	struct berth_host *host = plug(&memory.allocator, lan, 2, &plain);
	uint64_t now = 0;

	advertise(router);
	assert_int_equal(-EBUSY, berth_autoconfigure(router, 2));
	run(lan, &now, 5 * SECOND); /* who comes later asks */
	assert_int_equal(0, berth_autoconfigure(host, 2));
	assert_int_equal(-EALREADY, berth_autoconfigure(host, 2));
	run(lan, &now, 10 * SECOND);

	struct seen seen = look_at(host);
	assert_string_equal("fd99::ff:fe00:2", seen.address);
	CHECK_EQUAL(0, seen.flags);
	assert_in_range(seen.valid_s, 7190, 7200);
	assert_string_equal("fd99::35", seen.server);
	CHECK_EQUAL(1, seen.default_routes);

	assert_int_equal(0, berth_advertise(router, 2, NULL)); /* it says farewell */
	berth_lan_advance(lan, now);
	seen = look_at(host);
	CHECK_EQUAL(0, seen.default_routes);
	assert_string_equal("fd99::ff:fe00:2", seen.address);
	berth_host_free(router);
	berth_host_free(host);
	berth_lan_free(lan);
	check_nothing_leaked(&memory);
}

/* RFC 4862, 5.4.3: who hears it asked for before he has asked himself loses it. */
static void one_of_those_who_want_one_address_has_it(void **state)
{
	(void)state;
	struct counted_memory memory;
	counted_memory_init(&memory);
	const struct berth_lan_config config = { .allocator = &memory.allocator };
	const struct berth_host_config asks = { .duplicate_detection = BERTH_DETECT_ALL };
	struct berth_lan *lan = berth_lan_new(&config);
	struct berth_host *hosts[3];
	const struct in6_addr wanted = v6("fd99::7");
	uint64_t now = 0;

	for (uint8_t number = 0; number < 3; number++)
		hosts[number] = plug(&memory.allocator, lan, (uint8_t)(number + 1), &asks);
	for (int number = 0; number < 2; number++) {
		assert_int_equal(0, berth_address6_add(hosts[number], 2, &wanted, 64));
		CHECK_EQUAL(IFA_F_TENTATIVE | IFA_F_PERMANENT, look_at(hosts[number]).flags);
	}
	run(lan, &now, 5 * SECOND);
	const unsigned lost = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_PERMANENT;
	unsigned first = look_at(hosts[0]).flags, second = look_at(hosts[1]).flags;
	assert_true((first == lost && second == IFA_F_PERMANENT) ||
		    (second == lost && first == IFA_F_PERMANENT));
	assert_int_equal(0, berth_address6_add(hosts[2], 2, &wanted, 64));
	run(lan, &now, 10 * SECOND);
	CHECK_EQUAL(lost, look_at(hosts[2]).flags); /* its owner says so */
	for (int number = 0; number < 3; number++)
		berth_host_free(hosts[number]);
	berth_lan_free(lan);
	check_nothing_leaked(&memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_configures_itself_by_a_router_that_is_a_host),
		cmocka_unit_test(one_of_those_who_want_one_address_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
