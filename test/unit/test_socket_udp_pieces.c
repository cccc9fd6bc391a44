/* Many datagrams by one call (UDP_SEGMENT), one by many (MSG_MORE, UDP_CORK), several read at once (UDP_GRO): each as
 * udp(7) has it and as Linux was seen to do it. */
#include "unit/socket_world.h"

#include <netinet/udp.h>

enum { SERVER_PORT = 5000 };

static int set(struct berth_host *host, int descriptor, int name, int value)
{
	return berth_setsockopt(host, descriptor, IPPROTO_UDP, name, &value, sizeof value);
}

/* The client's socket is connected to the server's. */
static void begin(struct world *world)
{
	world_on_lan(world);
	world->server = berth_socket(world->server_host, AF_INET, SOCK_DGRAM, 0);
	world->client = berth_socket(world->client_host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind_to(world->server_host, world->server, INADDR_ANY, SERVER_PORT), 0);
	assert_int_equal(
		connect_to(world->client_host, world->client, world->server_address, SERVER_PORT),
		0);
}

static ssize_t say(struct world *world, const void *data, size_t size, int flags)
{
	ssize_t sent = berth_send(world->client_host, world->client, data, size, flags);
	carry(world);
	return sent;
}

/* The sizes that arrive, up to what is nothing. */
static void check_sizes(struct world *world, const ssize_t *sizes, size_t count)
{
	static uint8_t bytes[65536];
	for (size_t index = 0; index < count; index++)
		assert_int_equal(
			berth_recv(world->server_host, world->server, bytes, sizeof bytes, 0),
			sizes[index]);
	assert_int_equal(berth_recv(world->server_host, world->server, bytes, sizeof bytes, 0),
			 -EAGAIN);
}

static void a_large_piece_goes_as_datagrams_of_the_size_asked_for(void **state)
{
	static uint8_t bytes[65536];
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(set(world.client_host, world.client, UDP_SEGMENT, -1), -EINVAL);
	assert_int_equal(set(world.client_host, world.client, UDP_SEGMENT, 65536), -EINVAL);
	assert_int_equal(set(world.client_host, world.client, UDP_SEGMENT, 100), 0);
	assert_int_equal(say(&world, bytes, 250, 0), 250);
	check_sizes(&world, (ssize_t[]){ 100, 100, 50 }, 3);
	assert_int_equal(say(&world, bytes, 100, 0), 100);
	assert_int_equal(say(&world, bytes, 0, 0), 0);
	check_sizes(&world, (ssize_t[]){ 100, 0 }, 2);
	assert_int_equal(say(&world, bytes, 100 * UINT64_C(128) + 1, 0), -EINVAL);
	assert_int_equal(set(world.client_host, world.client, UDP_SEGMENT, 1473), 0);
	assert_int_equal(say(&world, bytes, 3000, 0), -EMSGSIZE); /* none of them is cut */
	world_close(&world);
}

static void a_control_message_says_the_size_for_one_call(void **state)
{
	struct world world;
	uint8_t bytes[25] = { 0 };
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = { 0 };
	struct iovec piece = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	const uint16_t segment = 10;
	(void)state;

	begin(&world);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	*header = (struct cmsghdr){ .cmsg_level = IPPROTO_UDP,
				    .cmsg_type = UDP_SEGMENT,
				    .cmsg_len = CMSG_LEN(sizeof segment) };
	memcpy(CMSG_DATA(header), &segment, sizeof segment);
	assert_int_equal(berth_sendmsg(world.client_host, world.client, &message, 0), 25);
	carry(&world);
	check_sizes(&world, (ssize_t[]){ 10, 10, 5 }, 3);
	header->cmsg_type = UDP_GRO;
	assert_int_equal(berth_sendmsg(world.client_host, world.client, &message, 0), -EINVAL);
	world_close(&world);
}

static void what_more_is_to_come_for_waits(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(say(&world, "abc", 3, MSG_MORE), 3);
	assert_int_equal(say(&world, "def", 3, MSG_MORE), 3);
	check_sizes(&world, NULL, 0);
	assert_int_equal(say(&world, "g", 1, 0), 1);
	check_sizes(&world, (ssize_t[]){ 7 }, 1);
	world_close(&world);
}

static void a_cork_holds_until_it_is_pulled(void **state)
{
	static uint8_t bytes[65507];
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(set(world.client_host, world.client, UDP_CORK, 1), 0);
	assert_int_equal(say(&world, "abc", 3, 0), 3);
	assert_int_equal(say(&world, "def", 3, 0), 3);
	check_sizes(&world, NULL, 0);
	assert_int_equal(set(world.client_host, world.client, UDP_CORK, 0), 0);
	carry(&world);
	check_sizes(&world, (ssize_t[]){ 6 }, 1);

	/* An addition for which there is no room takes all of it with it. */
	assert_int_equal(set(world.client_host, world.client, UDP_CORK, 1), 0);
	assert_int_equal(say(&world, "abc", 3, 0), 3);
	assert_int_equal(say(&world, bytes, sizeof bytes, 0), -EMSGSIZE);
	assert_int_equal(say(&world, "x", 1, 0), 1);
	assert_int_equal(set(world.client_host, world.client, UDP_CORK, 0), 0);
	carry(&world);
	check_sizes(&world, (ssize_t[]){ 1 }, 1);
	world_close(&world);
}

static void what_waits_goes_where_its_first_piece_did(void **state)
{
	struct world world;
	struct sockaddr_in other = name_of(FIRST_ADDRESS + 1, 9);
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	(void)state;

	begin(&world);
	assert_int_equal(say(&world, "abc", 3, MSG_MORE), 3);
	assert_int_equal(berth_sendto(world.client_host, world.client, "def", 3, 0,
				      (struct sockaddr *)&other, sizeof other),
			 3);
	carry(&world);
	check_sizes(&world, (ssize_t[]){ 6 }, 1);
	assert_int_equal(say(&world, "abc", 3, MSG_MORE), 3);
	assert_int_equal(berth_connect(world.client_host, world.client, &nobody, sizeof nobody), 0);
	assert_int_equal(say(&world, "z", 1, 0), 1);
	check_sizes(&world, (ssize_t[]){ 4 }, 1);
	world_close(&world);
}

static void a_socket_that_closes_sends_nothing_of_what_waited(void **state)
{
	struct world world;
	(void)state;

	begin(&world);
	assert_int_equal(say(&world, "abc", 3, MSG_MORE), 3);
	assert_int_equal(berth_close(world.client_host, world.client), 0);
	carry(&world);
	check_sizes(&world, NULL, 0);
	world_close(&world);
}

static ssize_t receive_run(struct world *world, size_t room, int *segment)
{
	static uint8_t bytes[65536];
	_Alignas(struct cmsghdr) uint8_t control[64];
	struct iovec piece = { bytes, room };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	ssize_t size = berth_recvmsg(world->server_host, world->server, &message, 0);
	struct cmsghdr *header = size >= 0 ? CMSG_FIRSTHDR(&message) : NULL;

	*segment = 0;
	if (header) {
		assert_int_equal(header->cmsg_level, IPPROTO_UDP);
		assert_int_equal(header->cmsg_type, UDP_GRO);
		memcpy(segment, CMSG_DATA(header), sizeof *segment);
	}
	return size;
}

static void datagrams_of_one_size_are_read_at_once_where_asked_for(void **state)
{
	static uint8_t bytes[5000];
	struct world world;
	int segment;
	(void)state;

	begin(&world);
	assert_int_equal(set(world.server_host, world.server, UDP_GRO, 1), 0);
	assert_int_equal(set(world.client_host, world.client, UDP_SEGMENT, 1000), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(say(&world, bytes, 2500, 0), 2500);
	assert_int_equal(receive_run(&world, 65536, &segment), 2500); /* a smaller one ends it */
	assert_int_equal(segment, 1000);
	assert_int_equal(receive_run(&world, 2100, &segment), 2000); /* and so does room */
	assert_int_equal(segment, 1000);
	assert_int_equal(receive_run(&world, 65536, &segment), 500);
	assert_int_equal(segment, 0);
	assert_int_equal(receive_run(&world, 65536, &segment), -EAGAIN);
	world_close(&world);
}

static void datagrams_of_others_and_empty_ones_are_read_apart(void **state)
{
	struct world world;
	int segment;
	(void)state;

	begin(&world);
	assert_int_equal(set(world.server_host, world.server, UDP_GRO, 1), 0);
	int other = berth_socket(world.client_host, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(connect_to(world.client_host, other, world.server_address, SERVER_PORT),
			 0);
	assert_int_equal(say(&world, "a", 1, 0), 1);
	assert_int_equal(berth_send(world.client_host, other, "b", 1, 0), 1);
	carry(&world);
	assert_int_equal(say(&world, "", 0, 0), 0);
	assert_int_equal(say(&world, "c", 1, 0), 1);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(receive_run(&world, 100, &segment), i == 2 ? 0 : 1);
		assert_int_equal(segment, 0);
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_large_piece_goes_as_datagrams_of_the_size_asked_for),
		cmocka_unit_test(a_control_message_says_the_size_for_one_call),
		cmocka_unit_test(what_more_is_to_come_for_waits),
		cmocka_unit_test(a_cork_holds_until_it_is_pulled),
		cmocka_unit_test(what_waits_goes_where_its_first_piece_did),
		cmocka_unit_test(a_socket_that_closes_sends_nothing_of_what_waited),
		cmocka_unit_test(datagrams_of_one_size_are_read_at_once_where_asked_for),
		cmocka_unit_test(datagrams_of_others_and_empty_ones_are_read_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
