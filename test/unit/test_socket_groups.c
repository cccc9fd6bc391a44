/* Groups as programs see them: memberships, source filters, and who hears what. */
#include "unit/socket_world.h"

#define GROUP UINT32_C(0xef010203)
#define OTHER UINT32_C(0xef010204)

enum { GROUP_PORT = 5000 };
enum { CLIENT = FIRST_ADDRESS, SERVER = FIRST_ADDRESS + 1, LINK = 2 };

static int bound(struct berth_host *host)
{
	int descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0), on = 1;
	assert_true(descriptor >= 0);
	assert_int_equal(
		berth_setsockopt(host, descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	assert_int_equal(bind_to(host, descriptor, INADDR_ANY, GROUP_PORT), 0);
	return descriptor;
}

static int set(struct berth_host *host, int descriptor, int name, int value)
{
	return berth_setsockopt(host, descriptor, IPPROTO_IP, name, &value, sizeof value);
}

static int membership(struct berth_host *host, int descriptor, int name, uint32_t group,
		      uint32_t interface)
{
	struct ip_mreq request = { { htonl(group) }, { htonl(interface) } };
	return berth_setsockopt(host, descriptor, IPPROTO_IP, name, &request, sizeof request);
}

static int source_membership(struct berth_host *host, int descriptor, int name, uint32_t source)
{
	struct ip_mreq_source request = { { htonl(GROUP) }, { 0 }, { htonl(source) } };
	return berth_setsockopt(host, descriptor, IPPROTO_IP, name, &request, sizeof request);
}

static struct sockaddr_storage storage_of(uint32_t address)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in name = name_of(address, 0);
	memcpy(&storage, &name, sizeof name);
	return storage;
}

static int group_request(struct berth_host *host, int descriptor, int name)
{
	struct group_req request = { .gr_interface = LINK, .gr_group = storage_of(GROUP) };
	return berth_setsockopt(host, descriptor, IPPROTO_IP, name, &request, sizeof request);
}

static int source_request(struct berth_host *host, int descriptor, int name, uint32_t source)
{
	struct group_source_req request = { .gsr_interface = LINK,
					    .gsr_group = storage_of(GROUP),
					    .gsr_source = storage_of(source) };
	return berth_setsockopt(host, descriptor, IPPROTO_IP, name, &request, sizeof request);
}

static void send_to_group(struct world *world, struct berth_host *host, int descriptor)
{
	struct sockaddr_in name = name_of(GROUP, GROUP_PORT);
	assert_int_equal(
		berth_sendto(host, descriptor, "hi!", 3, 0, (struct sockaddr *)&name, sizeof name),
		3);
	pass(world, SECOND_NS);
}

static bool hears(struct berth_host *host, int descriptor)
{
	char text[8];
	return berth_recv(host, descriptor, text, sizeof text, MSG_DONTWAIT) == 3;
}

static void begin(struct world *world)
{
	world_on_lan(world);
	world->client = bound(world->client_host);
	world->server = bound(world->server_host);
}

static void a_member_hears_and_a_stranger_does_not(void **state)
{
	struct world world;
	(void)state;
	begin(&world);

	send_to_group(&world, world.client_host, world.client);
	assert_false(hears(world.server_host, world.server));
	assert_int_equal(membership(world.server_host, world.server, IP_ADD_MEMBERSHIP, GROUP, 0),
			 0);
	send_to_group(&world, world.client_host, world.client);
	assert_true(hears(world.server_host, world.server));
	assert_false(hears(world.client_host, world.client));
	assert_int_equal(membership(world.server_host, world.server, IP_DROP_MEMBERSHIP, GROUP, 0),
			 0);
	send_to_group(&world, world.client_host, world.client);
	assert_false(hears(world.server_host, world.server));
	world_close(&world);
}

static void a_member_hears_itself_unless_it_would_not(void **state)
{
	struct world world;
	(void)state;
	begin(&world);

	assert_int_equal(membership(world.client_host, world.client, IP_ADD_MEMBERSHIP, GROUP, 0),
			 0);
	send_to_group(&world, world.client_host, world.client);
	assert_true(hears(world.client_host, world.client));
	assert_false(hears(world.client_host, world.client));
	assert_int_equal(set(world.client_host, world.client, IP_MULTICAST_LOOP, 0), 0);
	send_to_group(&world, world.client_host, world.client);
	assert_false(hears(world.client_host, world.client));
	world_close(&world);
}

static void a_time_to_live_of_nothing_stays_on_the_host(void **state)
{
	struct world world;
	(void)state;
	begin(&world);

	membership(world.client_host, world.client, IP_ADD_MEMBERSHIP, GROUP, 0);
	membership(world.server_host, world.server, IP_ADD_MEMBERSHIP, GROUP, 0);
	assert_int_equal(set(world.client_host, world.client, IP_MULTICAST_TTL, 0), 0);
	send_to_group(&world, world.client_host, world.client);
	assert_true(hears(world.client_host, world.client));
	assert_false(hears(world.server_host, world.server));
	assert_int_equal(set(world.client_host, world.client, IP_MULTICAST_TTL, -1), 0);
	send_to_group(&world, world.client_host, world.client);
	assert_true(hears(world.server_host, world.server));
	world_close(&world);
}

/* IP_MULTICAST_ALL, which is on at first. */
static void a_socket_hears_of_another_s_group_unless_it_would_not(void **state)
{
	struct world world;
	(void)state;
	begin(&world);

	int other = bound(world.server_host);
	membership(world.server_host, world.server, IP_ADD_MEMBERSHIP, GROUP, 0);
	send_to_group(&world, world.client_host, world.client);
	assert_true(hears(world.server_host, other));
	assert_int_equal(set(world.server_host, other, IP_MULTICAST_ALL, 0), 0);
	send_to_group(&world, world.client_host, world.client);
	assert_false(hears(world.server_host, other));
	assert_int_equal(set(world.server_host, other, IP_MULTICAST_ALL, 2), -EINVAL);
	world_close(&world);
}

/* By both of RFC 3678's interfaces. */
static void only_the_sources_asked_for_are_heard(void **state)
{
	(void)state;
	for (int newer = 0; newer < 2; newer++) {
		int (*ask)(struct berth_host *, int, int, uint32_t) =
			newer ? source_request : source_membership;
		int add = newer ? MCAST_JOIN_SOURCE_GROUP : IP_ADD_SOURCE_MEMBERSHIP;
		int drop = newer ? MCAST_LEAVE_SOURCE_GROUP : IP_DROP_SOURCE_MEMBERSHIP;
		struct world world;
		begin(&world);

		assert_int_equal(ask(world.server_host, world.server, add, SERVER + 1), 0);
		send_to_group(&world, world.client_host, world.client);
		assert_false(hears(world.server_host, world.server));
		assert_int_equal(ask(world.server_host, world.server, add, CLIENT), 0);
		assert_int_equal(ask(world.server_host, world.server, add, CLIENT), -EADDRNOTAVAIL);
		send_to_group(&world, world.client_host, world.client);
		assert_true(hears(world.server_host, world.server));
		assert_int_equal(ask(world.server_host, world.server, drop, CLIENT), 0);
		send_to_group(&world, world.client_host, world.client);
		assert_false(hears(world.server_host, world.server));
		world_close(&world);
	}
}

static void a_blocked_source_is_not_heard(void **state)
{
	(void)state;
	for (int newer = 0; newer < 2; newer++) {
		int (*ask)(struct berth_host *, int, int, uint32_t) =
			newer ? source_request : source_membership;
		int block = newer ? MCAST_BLOCK_SOURCE : IP_BLOCK_SOURCE;
		int unblock = newer ? MCAST_UNBLOCK_SOURCE : IP_UNBLOCK_SOURCE;
		struct world world;
		begin(&world);

		assert_int_equal(ask(world.server_host, world.server, block, CLIENT), -EINVAL);
		assert_int_equal(group_request(world.server_host, world.server, MCAST_JOIN_GROUP),
				 0);
		assert_int_equal(ask(world.server_host, world.server, block, CLIENT), 0);
		send_to_group(&world, world.client_host, world.client);
		assert_false(hears(world.server_host, world.server));
		assert_int_equal(ask(world.server_host, world.server, unblock, CLIENT), 0);
		send_to_group(&world, world.client_host, world.client);
		assert_true(hears(world.server_host, world.server));
		assert_int_equal(group_request(world.server_host, world.server, MCAST_LEAVE_GROUP),
				 0);
		world_close(&world);
	}
}

static void requests_that_cannot_be_are_answered_as_linux_does(void **state)
{
	struct world world;
	(void)state;
	begin(&world);
	struct berth_host *host = world.server_host;
	int server = world.server;

	assert_int_equal(membership(host, server, IP_ADD_MEMBERSHIP, SERVER, 0), -EINVAL);
	assert_int_equal(membership(host, server, IP_ADD_MEMBERSHIP, GROUP, CLIENT), -ENODEV);
	assert_int_equal(membership(host, server, IP_ADD_MEMBERSHIP, GROUP, SERVER), 0);
	assert_int_equal(membership(host, server, IP_ADD_MEMBERSHIP, GROUP, 0), -EADDRINUSE);
	assert_int_equal(membership(host, server, IP_DROP_MEMBERSHIP, OTHER, 0), -EADDRNOTAVAIL);
	assert_int_equal(source_membership(host, server, IP_ADD_SOURCE_MEMBERSHIP, CLIENT), 0);
	assert_int_equal(source_membership(host, server, IP_BLOCK_SOURCE, CLIENT), -EINVAL);
	assert_int_equal(
		berth_setsockopt(host, server, IPPROTO_IP, IP_ADD_MEMBERSHIP, "1234567", 7),
		-EINVAL);
	assert_int_equal(set(host, server, IP_MULTICAST_TTL, 256), -EINVAL);
	world_close(&world);
}

static void a_socket_joins_twenty_groups(void **state)
{
	struct world world;
	(void)state;
	begin(&world);

	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(membership(world.server_host, world.server, IP_ADD_MEMBERSHIP,
					    OTHER + i, 0),
				 0);
	assert_int_equal(membership(world.server_host, world.server, IP_ADD_MEMBERSHIP, GROUP, 0),
			 -ENOBUFS);
	world_close(&world);
}

static void the_interface_to_send_by_is_chosen_by_address(void **state)
{
	struct world world;
	struct in_addr own = { htonl(CLIENT) }, strange = { htonl(SERVER) }, told;
	socklen_t size = sizeof told;
	(void)state;
	begin(&world);

	assert_int_equal(berth_setsockopt(world.client_host, world.client, IPPROTO_IP,
					  IP_MULTICAST_IF, &strange, sizeof strange),
			 -EADDRNOTAVAIL);
	assert_int_equal(berth_setsockopt(world.client_host, world.client, IPPROTO_IP,
					  IP_MULTICAST_IF, &own, sizeof own),
			 0);
	assert_int_equal(berth_getsockopt(world.client_host, world.client, IPPROTO_IP,
					  IP_MULTICAST_IF, &told, &size),
			 0);
	assert_int_equal(own.s_addr, told.s_addr);
	world_close(&world);
}

/* The same of IPv6. */

static const char group6_text[] = "ff15::42";

static struct in6_addr in6_of(const char *text)
{
	struct in6_addr address;
	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static struct sockaddr_in6 name6_of(const char *text, uint16_t port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6,
				      .sin6_addr = in6_of(text),
				      .sin6_port = htons(port) };
}

static struct sockaddr_storage storage6_of(const char *text)
{
	struct sockaddr_storage storage = { 0 };
	struct sockaddr_in6 name = name6_of(text, 0);
	memcpy(&storage, &name, sizeof name);
	return storage;
}

static int bound6(struct berth_host *host)
{
	int descriptor = berth_socket(host, AF_INET6, SOCK_DGRAM, 0), on = 1;
	struct sockaddr_in6 name = name6_of("::", GROUP_PORT);
	assert_true(descriptor >= 0);
	assert_int_equal(
		berth_setsockopt(host, descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
	assert_int_equal(berth_bind(host, descriptor, (struct sockaddr *)&name, sizeof name), 0);
	return descriptor;
}

static void begin6(struct world *world)
{
	static const char *const own[] = { "fd77::1", "fd77::2" };

	world_on_lan(world);
	for (int i = 0; i < 2; i++) {
		struct in6_addr address = in6_of(own[i]);
		assert_int_equal(berth_address6_add(world->hosts[i], LINK, &address, 64), 0);
	}
	world->client = bound6(world->client_host);
	world->server = bound6(world->server_host);
}

static int set6(struct berth_host *host, int descriptor, int name, int value)
{
	return berth_setsockopt(host, descriptor, IPPROTO_IPV6, name, &value, sizeof value);
}

static int membership6(struct berth_host *host, int descriptor, int name, const char *group)
{
	struct ipv6_mreq request = { in6_of(group), LINK };
	return berth_setsockopt(host, descriptor, IPPROTO_IPV6, name, &request, sizeof request);
}

static int source_request6(struct berth_host *host, int descriptor, int name, const char *source)
{
	struct group_source_req request = { .gsr_interface = LINK,
					    .gsr_group = storage6_of(group6_text),
					    .gsr_source = storage6_of(source) };
	return berth_setsockopt(host, descriptor, IPPROTO_IPV6, name, &request, sizeof request);
}

static void send_to_group6(struct world *world, const char *group, uint32_t scope)
{
	struct sockaddr_in6 name = name6_of(group, GROUP_PORT);
	name.sin6_scope_id = scope;
	assert_int_equal(berth_sendto(world->client_host, world->client, "hi!", 3, 0,
				      (struct sockaddr *)&name, sizeof name),
			 3);
	pass(world, SECOND_NS);
}

static bool server_hears6(struct world *world, const char *group)
{
	send_to_group6(world, group, 0);
	return hears(world->server_host, world->server);
}

static void a_member_of_a_group_of_ipv6_hears_and_a_stranger_does_not(void **state)
{
	static const char *const groups[] = { "ff15::42", "ff02::4:2" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		struct world world;
		begin6(&world);
		struct berth_host *host = world.server_host;
		assert_false(server_hears6(&world, groups[i]));
		assert_int_equal(membership6(host, world.server, IPV6_ADD_MEMBERSHIP, groups[i]),
				 0);
		assert_true(server_hears6(&world, groups[i]));
		assert_false(hears(world.client_host, world.client));
		assert_int_equal(membership6(host, world.server, IPV6_DROP_MEMBERSHIP, groups[i]),
				 0);
		assert_false(server_hears6(&world, groups[i]));
		world_close(&world);
	}
}

/* IPV6_MULTICAST_LOOP, _HOPS and the scope of the group itself (RFC 4291, 2.7). */
static void what_is_sent_to_a_group_of_ipv6_goes_as_far_as_it_may(void **state)
{
	static const char of_the_host[] = "ff01::42";
	struct world world;
	(void)state;
	begin6(&world);
	struct berth_host *client = world.client_host, *server = world.server_host;

	membership6(client, world.client, IPV6_ADD_MEMBERSHIP, group6_text);
	membership6(server, world.server, IPV6_ADD_MEMBERSHIP, group6_text);
	assert_true(server_hears6(&world, group6_text));
	assert_true(hears(client, world.client));
	assert_int_equal(set6(client, world.client, IPV6_MULTICAST_LOOP, 0), 0);
	assert_true(server_hears6(&world, group6_text));
	assert_false(hears(client, world.client));
	assert_int_equal(set6(client, world.client, IPV6_MULTICAST_LOOP, 1), 0);
	assert_int_equal(set6(client, world.client, IPV6_MULTICAST_HOPS, 0), 0);
	assert_false(server_hears6(&world, group6_text));
	assert_true(hears(client, world.client));
	assert_int_equal(set6(client, world.client, IPV6_MULTICAST_HOPS, -1), 0);
	membership6(client, world.client, IPV6_ADD_MEMBERSHIP, of_the_host);
	membership6(server, world.server, IPV6_ADD_MEMBERSHIP, of_the_host);
	assert_false(server_hears6(&world, of_the_host));
	assert_true(hears(client, world.client));
	world_close(&world);
}

/* IPV6_MULTICAST_ALL, which is on at first. */
static void a_socket_hears_of_another_s_group_of_ipv6_unless_it_would_not(void **state)
{
	struct world world;
	(void)state;
	begin6(&world);

	int other = bound6(world.server_host);
	membership6(world.server_host, other, IPV6_ADD_MEMBERSHIP, group6_text);
	assert_true(server_hears6(&world, group6_text));
	assert_int_equal(set6(world.server_host, world.server, IPV6_MULTICAST_ALL, 0), 0);
	assert_false(server_hears6(&world, group6_text));
	world_close(&world);
}

static void only_the_sources_of_ipv6_asked_for_are_heard(void **state)
{
	struct world world;
	(void)state;
	begin6(&world);
	struct berth_host *host = world.server_host;
	int server = world.server;

	assert_int_equal(source_request6(host, server, MCAST_JOIN_SOURCE_GROUP, "fd77::3"), 0);
	assert_false(server_hears6(&world, group6_text));
	assert_int_equal(source_request6(host, server, MCAST_JOIN_SOURCE_GROUP, "fd77::1"), 0);
	assert_true(server_hears6(&world, group6_text));
	assert_int_equal(source_request6(host, server, MCAST_LEAVE_SOURCE_GROUP, "fd77::1"), 0);
	assert_false(server_hears6(&world, group6_text));
	assert_int_equal(source_request6(host, server, MCAST_LEAVE_SOURCE_GROUP, "fd77::3"), 0);
	assert_int_equal(membership6(host, server, IPV6_ADD_MEMBERSHIP, group6_text), 0);
	assert_int_equal(source_request6(host, server, MCAST_BLOCK_SOURCE, "fd77::1"), 0);
	assert_false(server_hears6(&world, group6_text));
	assert_int_equal(source_request6(host, server, MCAST_UNBLOCK_SOURCE, "fd77::1"), 0);
	assert_true(server_hears6(&world, group6_text));
	world_close(&world);
}

/* A link-local source is of the membership's link, whether it is said or not. */
static void a_filter_set_as_a_whole_is_heard_by_and_read_back(void **state)
{
	uint8_t space[GROUP_FILTER_SIZE(3)] = { 0 };
	struct group_filter *filter = (struct group_filter *)(void *)space;
	socklen_t size = sizeof space;
	struct world world;
	(void)state;
	begin6(&world);

	assert_int_equal(
		membership6(world.server_host, world.server, IPV6_ADD_MEMBERSHIP, group6_text), 0);
	*filter = (struct group_filter){ .gf_interface = LINK,
					 .gf_group = storage6_of(group6_text),
					 .gf_fmode = MCAST_EXCLUDE,
					 .gf_numsrc = 2 };
	filter->gf_slist[0] = storage6_of("fe80::ff:fe00:1");
	filter->gf_slist[1] = storage6_of("fd77::1");
	assert_int_equal(berth_setsockopt(world.server_host, world.server, IPPROTO_IPV6,
					  MCAST_MSFILTER, filter, GROUP_FILTER_SIZE(2)),
			 0);
	assert_false(server_hears6(&world, group6_text));
	filter->gf_numsrc = 3;
	memset(filter->gf_slist, 0, 3 * sizeof filter->gf_slist[0]);
	assert_int_equal(berth_getsockopt(world.server_host, world.server, IPPROTO_IPV6,
					  MCAST_MSFILTER, filter, &size),
			 0);
	assert_int_equal(size, GROUP_FILTER_SIZE(2));
	assert_int_equal(filter->gf_numsrc, 2);
	assert_int_equal(filter->gf_fmode, MCAST_EXCLUDE);
	struct sockaddr_storage expected = storage6_of("fe80::ff:fe00:1");
	assert_memory_equal(&filter->gf_slist[0], &expected, sizeof expected);
	world_close(&world);
}

static void a_group_of_the_link_is_sent_to_by_the_interface_it_is_named_with(void **state)
{
	struct world world;
	(void)state;
	begin6(&world);

	membership6(world.server_host, world.server, IPV6_ADD_MEMBERSHIP, "ff02::42");
	send_to_group6(&world, "ff02::42", LINK);
	assert_true(hears(world.server_host, world.server));
	struct sockaddr_in6 name = name6_of("ff02::42", GROUP_PORT);
	name.sin6_scope_id = LINK + 1;
	assert_int_equal(berth_sendto(world.client_host, world.client, "hi!", 3, 0,
				      (struct sockaddr *)&name, sizeof name),
			 -ENETUNREACH);
	world_close(&world);
}

static void each_family_has_its_own_settings(void **state)
{
	struct world world;
	int value = 0;
	socklen_t size = sizeof value;
	(void)state;
	begin6(&world);

	assert_int_equal(set6(world.client_host, world.client, IPV6_MULTICAST_HOPS, 7), 0);
	assert_int_equal(berth_getsockopt(world.client_host, world.client, IPPROTO_IP,
					  IP_MULTICAST_TTL, &value, &size),
			 0);
	assert_int_equal(value, 1);
	world_close(&world);
}

static void count_group6(void *context, const struct berth_group_info *info)
{
	const struct sockaddr_in6 *name = (const struct sockaddr_in6 *)&info->group;
	struct in6_addr group = in6_of(group6_text);
	uint32_t *users = context;

	assert_int_equal(name->sin6_family, AF_INET6);
	assert_memory_equal(&name->sin6_addr, &group, sizeof group);
	*users += info->users;
}

static void groups_of_ipv6_are_listed_but_not_those_of_addresses(void **state)
{
	struct world world;
	uint32_t users = 0;
	(void)state;
	begin6(&world);

	membership6(world.server_host, world.server, IPV6_ADD_MEMBERSHIP, group6_text);
	berth_host_groups(world.server_host, count_group6, &users);
	assert_int_equal(users, 1);
	world_close(&world);
}

static void count_group(void *context, const struct berth_group_info *info)
{
	uint32_t *users = context;
	assert_string_equal(info->interface, "eth0");
	const struct sockaddr_in *name = (const struct sockaddr_in *)&info->group;
	assert_int_equal(name->sin_family, AF_INET);
	assert_int_equal(ntohl(name->sin_addr.s_addr), GROUP);
	*users += info->users;
}

static void groups_are_listed_with_their_users(void **state)
{
	struct world world;
	uint32_t users = 0;
	(void)state;
	begin(&world);

	int other = bound(world.server_host);
	membership(world.server_host, world.server, IP_ADD_MEMBERSHIP, GROUP, 0);
	membership(world.server_host, other, IP_ADD_MEMBERSHIP, GROUP, 0);
	berth_host_groups(world.server_host, count_group, &users);
	assert_int_equal(users, 2);
	berth_close(world.server_host, other);
	berth_close(world.server_host, world.server);
	users = 0;
	berth_host_groups(world.server_host, count_group, &users);
	assert_int_equal(users, 0);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_hears_and_a_stranger_does_not),
		cmocka_unit_test(a_member_hears_itself_unless_it_would_not),
		cmocka_unit_test(a_time_to_live_of_nothing_stays_on_the_host),
		cmocka_unit_test(a_socket_hears_of_another_s_group_unless_it_would_not),
		cmocka_unit_test(only_the_sources_asked_for_are_heard),
		cmocka_unit_test(a_blocked_source_is_not_heard),
		cmocka_unit_test(requests_that_cannot_be_are_answered_as_linux_does),
		cmocka_unit_test(a_socket_joins_twenty_groups),
		cmocka_unit_test(the_interface_to_send_by_is_chosen_by_address),
		cmocka_unit_test(groups_are_listed_with_their_users),
		cmocka_unit_test(a_member_of_a_group_of_ipv6_hears_and_a_stranger_does_not),
		cmocka_unit_test(what_is_sent_to_a_group_of_ipv6_goes_as_far_as_it_may),
		cmocka_unit_test(a_socket_hears_of_another_s_group_of_ipv6_unless_it_would_not),
		cmocka_unit_test(only_the_sources_of_ipv6_asked_for_are_heard),
		cmocka_unit_test(a_filter_set_as_a_whole_is_heard_by_and_read_back),
		cmocka_unit_test(a_group_of_the_link_is_sent_to_by_the_interface_it_is_named_with),
		cmocka_unit_test(each_family_has_its_own_settings),
		cmocka_unit_test(groups_of_ipv6_are_listed_but_not_those_of_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
