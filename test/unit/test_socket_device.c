/* SO_BINDTODEVICE and SO_BINDTOIFINDEX: a socket that speaks and hears by one interface alone. */
#include "unit/socket_world.h"

enum { BY_INDEX = 62 };

static int bind_device(struct berth_host *host, int descriptor, const char *name, socklen_t size)
{
	return berth_setsockopt(host, descriptor, SOL_SOCKET, SO_BINDTODEVICE, name, size);
}

static int datagram_on(struct berth_host *host, const char *device, uint16_t port)
{
	int descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_true(descriptor >= 0);
	assert_int_equal(bind_device(host, descriptor, device, 16), 0);
	assert_int_equal(bind_to(host, descriptor, INADDR_ANY, port), 0);
	return descriptor;
}

static ssize_t send_to(struct berth_host *host, int descriptor, uint32_t address, uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return berth_sendto(host, descriptor, "x", 1, 0, (struct sockaddr *)&name, sizeof name);
}

static void a_device_is_named_as_linux_has_it(void **state)
{
	static const char eth0[16] = "eth0", none[16] = "nope";
	struct world world;
	char name[32];
	int index = -1;
	socklen_t size = sizeof name;
	(void)state;

	world_on_lan(&world);
	struct berth_host *host = world.client_host;
	int socket = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(berth_getsockopt(host, socket, SOL_SOCKET, SO_BINDTODEVICE, name, &size),
			 0);
	CHECK_EQUAL(0, size);
	assert_int_equal(bind_device(host, socket, none, sizeof none), -ENODEV);
	assert_int_equal(bind_device(host, socket, eth0, 4), 0); /* no zero at the end is needed */
	size = 15;
	assert_int_equal(berth_getsockopt(host, socket, SOL_SOCKET, SO_BINDTODEVICE, name, &size),
			 -EINVAL);
	size = sizeof name;
	assert_int_equal(berth_getsockopt(host, socket, SOL_SOCKET, SO_BINDTODEVICE, name, &size),
			 0);
	CHECK_EQUAL(5, size);
	assert_string_equal(name, "eth0");
	size = sizeof index;
	assert_int_equal(berth_getsockopt(host, socket, SOL_SOCKET, BY_INDEX, &index, &size), 0);
	CHECK_EQUAL(2, index);
	assert_int_equal(bind_device(host, socket, "", 0), 0);
	index = 9;
	assert_int_equal(berth_setsockopt(host, socket, SOL_SOCKET, BY_INDEX, &index, sizeof index),
			 -ENODEV);
	world_close(&world);
}

static void each_device_has_its_own_holder_of_a_port(void **state)
{
	static const char eth0[16] = "eth0", lo[16] = "lo";
	struct world world;
	char text[4];
	(void)state;

	world_on_lan(&world);
	struct berth_host *server = world.server_host;
	int outside = datagram_on(server, eth0, 7), inside = datagram_on(server, lo, 7);
	int both = berth_socket(server, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(server, both, INADDR_ANY, 7), -EADDRINUSE);

	int client = berth_socket(world.client_host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(send_to(world.client_host, client, FIRST_ADDRESS + 1, 7), 1);
	carry(&world);
	assert_int_equal(berth_recv(server, inside, text, sizeof text, 0), -EAGAIN);
	assert_int_equal(berth_recv(server, outside, text, sizeof text, 0), 1);

	int local = berth_socket(server, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(send_to(server, local, FIRST_ADDRESS + 1, 7), 1);
	carry(&world);
	assert_int_equal(berth_recv(server, outside, text, sizeof text, 0), -EAGAIN);
	assert_int_equal(berth_recv(server, inside, text, sizeof text, 0), 1);
	world_close(&world);
}

/* Linux takes what no route leads to for on the link; of lo there is no link. */
static void what_is_sent_goes_by_the_device_alone(void **state)
{
	static const char eth0[16] = "eth0", lo[16] = "lo";
	struct world world;
	(void)state;

	world_on_lan(&world);
	struct berth_host *host = world.client_host;
	int inside = datagram_on(host, lo, 7), outside = datagram_on(host, eth0, 7);
	assert_int_equal(send_to(host, inside, FIRST_ADDRESS + 1, 7), -ENETUNREACH);
	assert_int_equal(send_to(host, outside, FIRST_ADDRESS + 1, 7), 1);
	assert_int_equal(send_to(host, outside, 0xc0a80101, 7), 1);
	int plain = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(send_to(host, plain, 0xc0a80101, 7), -ENETUNREACH);
	world_close(&world);
}

static void a_listener_hears_its_device_alone_and_so_do_its_children(void **state)
{
	static const char lo[16] = "lo", eth0[16] = "eth0";
	struct world world;
	char name[16];
	socklen_t size = sizeof name;
	(void)state;

	world_on_lan(&world);
	world.listener = new_socket(world.server_host);
	assert_int_equal(bind_device(world.server_host, world.listener, lo, sizeof lo), 0);
	assert_int_equal(bind_to(world.server_host, world.listener, INADDR_ANY, PORT), 0);
	assert_int_equal(berth_listen(world.server_host, world.listener, 5), 0);
	world.client = new_socket(world.client_host);
	assert_int_equal(connect_client(&world), -EINPROGRESS);
	carry(&world);
	assert_int_equal(connect_client(&world), -ECONNREFUSED);

	assert_int_equal(bind_device(world.server_host, world.listener, eth0, sizeof eth0), 0);
	assert_int_equal(connect_client(&world), -EINPROGRESS);
	carry(&world);
	world.server = berth_accept(world.server_host, world.listener, NULL, NULL);
	assert_true(world.server >= 0);
	assert_int_equal(berth_getsockopt(world.server_host, world.server, SOL_SOCKET,
					  SO_BINDTODEVICE, name, &size),
			 0);
	assert_string_equal(name, "eth0");
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_named_as_linux_has_it),
		cmocka_unit_test(each_device_has_its_own_holder_of_a_port),
		cmocka_unit_test(what_is_sent_goes_by_the_device_alone),
		cmocka_unit_test(a_listener_hears_its_device_alone_and_so_do_its_children),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
