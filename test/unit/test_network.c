/* Hosts that come and go on a LAN. */
#include "unit/check.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <errno.h>

enum { PORT = 80, CONNECTIONS = 200, EPHEMERAL = 40000 };

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_host_at_a_reused_address_connects_through_its_predecessors_time_wait),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
