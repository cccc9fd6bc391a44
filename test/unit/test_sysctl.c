/* The host's tunables by Linux's names: what each takes and refuses, and that what is set is what happens. */
#include "unit/socket_world.h"

#include <netinet/ip_icmp.h>
#include <stdio.h>

static const char *value_of(struct berth_host *host, const char *name)
{
	static char value[BERTH_SYSCTL_VALUE_SIZE];
	assert_int_equal(berth_sysctl_get(host, name, value), 0);
	return value;
}

static void set(struct berth_host *host, const char *name, const char *value)
{
	assert_int_equal(berth_sysctl_set(host, name, value), 0);
}

/* As a kernel of 6.12 has them, where memory does not decide. */
static const struct {
	const char *name, *value;
} defaults[] = {
	{ "net.core.rmem_default", "212992" },
	{ "net.core.rmem_max", "212992" },
	{ "net.core.somaxconn", "4096" },
	{ "net.core.wmem_default", "212992" },
	{ "net.core.wmem_max", "212992" },
	{ "net.ipv4.icmp_echo_ignore_all", "0" },
	{ "net.ipv4.icmp_echo_ignore_broadcasts", "1" },
	{ "net.ipv4.ip_default_ttl", "64" },
	{ "net.ipv4.ip_forward", "0" },
	{ "net.ipv4.ip_local_port_range", "32768\t60999" },
	{ "net.ipv4.tcp_congestion_control", "cubic" },
	{ "net.ipv4.tcp_dsack", "1" },
	{ "net.ipv4.tcp_early_retrans", "3" },
	{ "net.ipv4.tcp_ecn", "2" },
	{ "net.ipv4.tcp_ecn_fallback", "1" },
	{ "net.ipv4.tcp_fin_timeout", "60" },
	{ "net.ipv4.tcp_frto", "2" },
	{ "net.ipv4.tcp_invalid_ratelimit", "500" },
	{ "net.ipv4.tcp_keepalive_intvl", "75" },
	{ "net.ipv4.tcp_keepalive_probes", "9" },
	{ "net.ipv4.tcp_keepalive_time", "7200" },
	{ "net.ipv4.tcp_max_reordering", "300" },
	{ "net.ipv4.tcp_min_rtt_wlen", "300" },
	{ "net.ipv4.tcp_orphan_retries", "0" },
	{ "net.ipv4.tcp_recovery", "1" },
	{ "net.ipv4.tcp_reordering", "3" },
	{ "net.ipv4.tcp_retries2", "15" },
	{ "net.ipv4.tcp_sack", "1" },
	{ "net.ipv4.tcp_slow_start_after_idle", "1" },
	{ "net.ipv4.tcp_syn_retries", "6" },
	{ "net.ipv4.tcp_synack_retries", "5" },
	{ "net.ipv4.tcp_syncookies", "1" },
	{ "net.ipv4.tcp_timestamps", "1" },
	{ "net.ipv4.tcp_window_scaling", "1" },
	{ "net.ipv6.conf.all.forwarding", "0" },
	{ "net.ipv6.conf.all.hop_limit", "64" },
	{ "net.ipv6.icmp.echo_ignore_all", "0" },
	{ "net.ipv6.icmp.echo_ignore_multicast", "0" },
};

static void a_host_begins_as_linux_does(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	for (size_t index = 0; index < COUNT_OF(defaults); index++)
		assert_string_equal(value_of(world.client_host, defaults[index].name),
				    defaults[index].value);
	world_close(&world);
}

/* The bound itself, and what is beyond it; of a list, in each place. */
static void each_takes_what_is_within_its_bounds_and_nothing_else(void **state)
{
	struct world world;
	struct berth_sysctl_info info;
	const char *before = "";
	(void)state;
	world_alone(&world, 0);
	for (int index = 0; berth_sysctl_info(index, &info) == 0; index++) {
		char least[16], most[64] = "", text[64];
		assert_true(strcmp(before, info.name) < 0);
		before = info.name;
		if (info.values == 0)
			continue;
		for (int value = 0; value < info.values; value++)
			snprintf(most + strlen(most), sizeof most - strlen(most), "%u ", info.most);
		set(world.client_host, info.name, most);
		snprintf(text, sizeof text, "%llu", (unsigned long long)info.most + 1);
		assert_int_equal(berth_sysctl_set(world.client_host, info.name, text), -EINVAL);
		snprintf(least, sizeof least, "%u", info.least);
		set(world.client_host, info.name, least);
		snprintf(text, sizeof text, "%lld", (long long)info.least - 1);
		assert_int_equal(berth_sysctl_set(world.client_host, info.name, text), -EINVAL);
		const char *value = value_of(world.client_host, info.name);
		assert_int_equal(strcspn(value, "\t"), strlen(least));
		assert_memory_equal(value, least, strlen(least));
	}
	world_close(&world);
}

static void what_is_no_number_is_refused_and_changes_nothing(void **state)
{
	static const char *const bad[] = { "",   " ",     "x",  "1x", "1,2",        "-1",  "1 1",
					   "0x", "0x1 z", "08", "+1", "4294967296", "1.0", "0b1" };
	struct world world;
	(void)state;
	world_alone(&world, 0);
	for (size_t index = 0; index < COUNT_OF(bad); index++) {
		assert_int_equal(
			berth_sysctl_set(world.client_host, "net.ipv4.tcp_frto", bad[index]),
			-EINVAL);
		assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_frto"), "2");
	}
	set(world.client_host, "net.ipv4.tcp_frto", "0x10");
	assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_frto"), "16");
	set(world.client_host, "net/ipv4/tcp_frto", " 010\n");
	assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_frto"), "8");
	world_close(&world);
}

static void the_usual_controller_goes_by_its_name(void **state)
{
	static const char *const bad[] = { "",           "ren", "renoo",
					   "reno cubic", "1",   "a name that is longer than any" };
	struct world world;
	char name[16];
	socklen_t size = sizeof name;
	(void)state;
	world_alone(&world, 0);
	for (size_t index = 0; index < COUNT_OF(bad); index++)
		assert_int_equal(berth_sysctl_set(world.client_host,
						  "net.ipv4.tcp_congestion_control", bad[index]),
				 -EINVAL);
	set(world.client_host, "net.ipv4.tcp_congestion_control", " reno\n");
	assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_congestion_control"), "reno");
	assert_int_equal(berth_getsockopt(world.client_host, new_socket(world.client_host),
					  IPPROTO_TCP, TCP_CONGESTION, name, &size),
			 0);
	assert_string_equal(name, "reno");
	world_close(&world);
}

static void what_is_not_there_is_unknown(void **state)
{
	static const char *const unknown[] = { "", "net.ipv4.tcp_sac", "net.ipv4.tcp_sackk",
					       "tcp_sack", "net.ipv4.tcp_fack" };
	struct berth_sysctl_info info;
	struct world world;
	char value[BERTH_SYSCTL_VALUE_SIZE];
	(void)state;
	world_alone(&world, 0);
	for (size_t index = 0; index < COUNT_OF(unknown); index++) {
		assert_int_equal(berth_sysctl_set(world.client_host, unknown[index], "1"), -ENOENT);
		assert_int_equal(berth_sysctl_get(world.client_host, unknown[index], value),
				 -ENOENT);
	}
	assert_int_equal(berth_sysctl_info(-1, &info), -ENOENT);
	world_close(&world);
}

static void fewer_values_leave_the_rest_and_keep_their_order(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	set(world.client_host, "net.ipv4.tcp_wmem", "4096 16384 65536");
	set(world.client_host, "net.ipv4.tcp_wmem", "8192");
	assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_wmem"), "8192\t16384\t65536");
	assert_int_equal(berth_sysctl_set(world.client_host, "net.ipv4.tcp_wmem", "16385"),
			 -EINVAL);
	assert_int_equal(berth_sysctl_set(world.client_host, "net.ipv4.tcp_wmem", "1 2 3 4"),
			 -EINVAL);
	assert_string_equal(value_of(world.client_host, "net.ipv4.tcp_wmem"), "8192\t16384\t65536");
	world_close(&world);
}

static int option_of(struct berth_host *host, int descriptor, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof value;
	assert_int_equal(berth_getsockopt(host, descriptor, level, name, &value, &size), 0);
	return value;
}

/* What a new socket says of itself once this has been set. */
static void new_sockets_begin_with_what_is_set(void **state)
{
	static const struct {
		const char *name, *value;
		int domain, type, level, option, then;
	} rows[] = {
		{ "net.core.rmem_default", "10000", AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_RCVBUF,
		  10000 },
		{ "net.core.wmem_default", "10000", AF_INET6, SOCK_DGRAM, SOL_SOCKET, SO_SNDBUF,
		  10000 },
		{ "net.core.rmem_default", "10000", AF_PACKET, SOCK_RAW, SOL_SOCKET, SO_RCVBUF,
		  10000 },
		{ "net.ipv4.tcp_rmem", "4096 10000 20000", AF_INET, SOCK_STREAM, SOL_SOCKET,
		  SO_RCVBUF, 10000 },
		{ "net.ipv4.tcp_wmem", "4096 10000 20000", AF_INET, SOCK_STREAM, SOL_SOCKET,
		  SO_SNDBUF, 10000 },
		{ "net.ipv4.tcp_wmem", "1 1 1", AF_INET, SOCK_STREAM, SOL_SOCKET, SO_SNDBUF, 4608 },
		{ "net.ipv4.tcp_keepalive_time", "10", AF_INET, SOCK_STREAM, IPPROTO_TCP,
		  TCP_KEEPIDLE, 10 },
		{ "net.ipv4.tcp_keepalive_intvl", "10", AF_INET, SOCK_STREAM, IPPROTO_TCP,
		  TCP_KEEPINTVL, 10 },
		{ "net.ipv4.tcp_keepalive_probes", "3", AF_INET, SOCK_STREAM, IPPROTO_TCP,
		  TCP_KEEPCNT, 3 },
		{ "net.ipv4.tcp_syn_retries", "2", AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_SYNCNT,
		  2 },
		{ "net.ipv4.ip_default_ttl", "9", AF_INET, SOCK_STREAM, IPPROTO_IP, IP_TTL, 9 },
		{ "net.ipv4.ip_default_ttl", "9", AF_INET, SOCK_DGRAM, IPPROTO_IP, IP_TTL, 9 },
		{ "net.ipv6.conf.all.hop_limit", "9", AF_INET6, SOCK_DGRAM, IPPROTO_IPV6,
		  IPV6_UNICAST_HOPS, 9 },
	};
	(void)state;
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		struct world world;
		world_alone(&world, 0);
		set(world.client_host, rows[index].name, rows[index].value);
		int made = berth_socket(world.client_host, rows[index].domain, rows[index].type, 0);
		assert_true(made >= 0);
		assert_int_equal(
			option_of(world.client_host, made, rows[index].level, rows[index].option),
			rows[index].then);
		world_close(&world);
	}
}

static void a_buffer_asked_for_is_cut_to_the_hosts_most(void **state)
{
	struct world world;
	int asked = 1 << 20;
	(void)state;
	world_alone(&world, 0);
	set(world.client_host, "net.core.rmem_max", "300000");
	set(world.client_host, "net.core.wmem_max", "5000");
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		int made = berth_socket(world.client_host, AF_INET, type, 0);
		berth_setsockopt(world.client_host, made, SOL_SOCKET, SO_RCVBUF, &asked,
				 sizeof asked);
		berth_setsockopt(world.client_host, made, SOL_SOCKET, SO_SNDBUF, &asked,
				 sizeof asked);
		assert_int_equal(option_of(world.client_host, made, SOL_SOCKET, SO_RCVBUF), 600000);
		assert_int_equal(option_of(world.client_host, made, SOL_SOCKET, SO_SNDBUF), 10000);
	}
	world_close(&world);
}

static void chosen_ports_are_of_the_range_and_no_others(void **state)
{
	(void)state;
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		struct world world;
		world_alone(&world, 0);
		set(world.client_host, "net.ipv4.ip_local_port_range", "2000 2001");
		for (int count = 0; count < 2; count++) {
			struct sockaddr_in name;
			socklen_t size = sizeof name;
			int made = berth_socket(world.client_host, AF_INET, type, 0);
			assert_int_equal(bind_to(world.client_host, made, INADDR_ANY, 0), 0);
			berth_getsockname(world.client_host, made, (struct sockaddr *)&name, &size);
			assert_in_range(ntohs(name.sin_port), 2000, 2001);
		}
		int third = berth_socket(world.client_host, AF_INET, type, 0);
		assert_int_equal(bind_to(world.client_host, third, INADDR_ANY, 0), -EADDRINUSE);
		world_close(&world);
	}
}

/* A queue of n takes n + 1, as on Linux. */
static void a_backlog_is_cut_to_somaxconn(void **state)
{
	enum { MOST = 2 };
	struct world world;
	int clients[MOST + 2];
	(void)state;
	world_on_lan(&world);
	set(world.server_host, "net.core.somaxconn", "2");
	world_listen(&world);
	for (size_t index = 0; index < COUNT_OF(clients); index++) {
		clients[index] = new_socket(world.client_host);
		connect_to(world.client_host, clients[index], world.server_address, PORT);
		carry(&world);
	}
	for (int accepted = 0; accepted < MOST + 1; accepted++)
		assert_true(berth_accept(world.server_host, world.listener, NULL, NULL) >= 0);
	assert_int_equal(berth_accept(world.server_host, world.listener, NULL, NULL), -EAGAIN);
	world_close(&world);
}

static bool answers_echo(struct world *world, uint32_t address)
{
	const uint8_t echo[8] = { ICMP_ECHO, 0, 0, 0, 0, 0, 0, 1 };
	uint8_t reply[64];
	struct sockaddr_in to = name_of(address, 0);
	int ping = berth_socket(world->client_host, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	const int yes = 1;

	assert_true(ping >= 0);
	berth_setsockopt(world->client_host, ping, SOL_SOCKET, SO_BROADCAST, &yes, sizeof yes);
	assert_int_equal(berth_sendto(world->client_host, ping, echo, sizeof echo, 0,
				      (struct sockaddr *)&to, sizeof to),
			 sizeof echo);
	carry(world);
	bool answered = berth_recv(world->client_host, ping, reply, sizeof reply, 0) > 0;
	assert_int_equal(berth_close(world->client_host, ping), 0);
	return answered;
}

static void echo_requests_are_answered_as_is_set(void **state)
{
	const uint32_t broadcast = FIRST_ADDRESS | 0xff;
	struct world world;
	(void)state;
	world_on_lan(&world);
	assert_true(answers_echo(&world, world.server_address));
	assert_false(answers_echo(&world, broadcast));
	set(world.server_host, "net.ipv4.icmp_echo_ignore_broadcasts", "0");
	assert_true(answers_echo(&world, broadcast));
	set(world.server_host, "net.ipv4.icmp_echo_ignore_all", "1");
	assert_false(answers_echo(&world, world.server_address));
	assert_false(answers_echo(&world, broadcast));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_begins_as_linux_does),
		cmocka_unit_test(each_takes_what_is_within_its_bounds_and_nothing_else),
		cmocka_unit_test(what_is_no_number_is_refused_and_changes_nothing),
		cmocka_unit_test(the_usual_controller_goes_by_its_name),
		cmocka_unit_test(what_is_not_there_is_unknown),
		cmocka_unit_test(fewer_values_leave_the_rest_and_keep_their_order),
		cmocka_unit_test(new_sockets_begin_with_what_is_set),
		cmocka_unit_test(a_buffer_asked_for_is_cut_to_the_hosts_most),
		cmocka_unit_test(chosen_ports_are_of_the_range_and_no_others),
		cmocka_unit_test(a_backlog_is_cut_to_somaxconn),
		cmocka_unit_test(echo_requests_are_answered_as_is_set),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
