/* MSG_ZEROCOPY: which sends are told of, when, and in what shape. That Linux says the same, Debian's linux-source plays on
 * it (test/conformance/scripts.sh, tcp_zerocopy_*.pkt). */
#include "unit/socket_world.h"

#include <linux/errqueue.h>

static void set_zerocopy(struct berth_host *host, int descriptor, int value)
{
	assert_int_equal(
		berth_setsockopt(host, descriptor, SOL_SOCKET, SO_ZEROCOPY, &value, sizeof value),
		0);
}

static ssize_t send_zerocopy(struct world *world, const char *text)
{
	return berth_send(world->client_host, world->client, text, strlen(text), MSG_ZEROCOPY);
}

/* What the client's queue of errors says next, in this much room. */
static ssize_t next_message(struct world *world, uint8_t *control, size_t room,
			    struct msghdr *message)
{
	struct sockaddr_in name = { 0 };
	char byte = 'x';
	struct iovec piece = { &byte, 1 };

	*message = (struct msghdr){ .msg_name = &name,
				    .msg_namelen = sizeof name,
				    .msg_iov = &piece,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = room };
	ssize_t size = berth_recvmsg(world->client_host, world->client, message, MSG_ERRQUEUE);
	assert_int_equal(message->msg_namelen, 0);
	assert_int_equal(byte, 'x');
	return size;
}

static void expect_range(struct world *world, uint32_t first, uint32_t last)
{
	_Alignas(struct cmsghdr) uint8_t control[128];
	static const uint8_t nowhere[sizeof(struct sockaddr_in)];
	struct msghdr message;
	struct sock_extended_err error;

	assert_int_equal(next_message(world, control, sizeof control, &message), 0);
	assert_int_equal(message.msg_flags, MSG_ERRQUEUE);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	assert_int_equal(header->cmsg_level, IPPROTO_IP);
	assert_int_equal(header->cmsg_type, IP_RECVERR);
	assert_int_equal(header->cmsg_len, CMSG_LEN(sizeof error + sizeof nowhere));
	memcpy(&error, CMSG_DATA(header), sizeof error);
	assert_memory_equal(CMSG_DATA(header) + sizeof error, nowhere, sizeof nowhere);
	CHECK_EQUAL(0, error.ee_errno);
	CHECK_EQUAL(SO_EE_ORIGIN_ZEROCOPY, error.ee_origin);
	CHECK_EQUAL(0, error.ee_type);
	CHECK_EQUAL(SO_EE_CODE_ZEROCOPY_COPIED, error.ee_code);
	CHECK_EQUAL(first, error.ee_info);
	CHECK_EQUAL(last, error.ee_data);
}

static void expect_nothing_told(struct world *world)
{
	uint8_t control[128];
	struct msghdr message;

	assert_int_equal(next_message(world, control, sizeof control, &message), -EAGAIN);
	assert_false(poll_of(world->client_host, world->client) & POLLERR);
}

static void sends_are_numbered_and_told_as_one_range(void **state)
{
	struct world world;
	(void)state;
	IN_BOTH_WORLDS(world)
	{
		world_connect(&world);
		set_zerocopy(world.client_host, world.client, 1);
		expect_nothing_told(&world);
		assert_int_equal(send_zerocopy(&world, "one"), 3);
		assert_true(poll_of(world.client_host, world.client) & POLLERR);
		expect_range(&world, 0, 0);
		expect_nothing_told(&world);
		assert_int_equal(send_zerocopy(&world, "two"), 3);
		assert_int_equal(berth_send(world.client_host, world.client, "plain", 5, 0), 5);
		assert_int_equal(send_zerocopy(&world, "three"), 5);
		carry(&world);
		expect_range(&world, 1, 2);
		expect_nothing_told(&world);
		assert_int_equal(error_of(world.client_host, world.client), 0);
	}
}

/* A send that took nothing has no number; nor has one of a socket without the option, which Linux takes as any other. */
static void what_sends_nothing_or_asks_for_nothing_has_no_number(void **state)
{
	struct world world;
	(void)state;
	world_alone(&world, 0);
	world.client = new_socket(world.client_host);
	set_zerocopy(world.client_host, world.client, 1);
	assert_int_equal(send_zerocopy(&world, "early"), -EPIPE);
	expect_nothing_told(&world);
	berth_close(world.client_host, world.client);

	world_connect(&world);
	assert_int_equal(send_zerocopy(&world, "plain"), 5);
	expect_nothing_told(&world);
	set_zerocopy(world.client_host, world.client, 1);
	assert_int_equal(send_zerocopy(&world, ""), 0);
	expect_nothing_told(&world);
	while (berth_send(world.client_host, world.client, "full", 4, 0) > 0)
		;
	assert_int_equal(send_zerocopy(&world, "no room"), -EAGAIN);
	expect_nothing_told(&world);
	carry(&world);
	world_close(&world);
}

static void what_is_told_wakes_and_outlives_the_connection(void **state)
{
	struct world world;
	struct berth_event event;
	(void)state;
	world_alone(&world, 0);
	world_connect(&world);
	set_zerocopy(world.client_host, world.client, 1);
	while (berth_events(world.client_host, &event, 1) > 0)
		;
	assert_int_equal(send_zerocopy(&world, "one"), 3);
	assert_int_equal(berth_events(world.client_host, &event, 1), 1);
	assert_int_equal(event.descriptor, world.client);
	carry(&world);
	abort_socket(world.server_host, world.server);
	carry(&world);
	expect_range(&world, 0, 0);
	assert_int_equal(error_of(world.client_host, world.client), ECONNRESET);
	expect_nothing_told(&world);
	world_close(&world);
}

static void what_finds_no_room_is_cut_and_says_so(void **state)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_LEN(4)];
	struct world world;
	struct msghdr message;
	(void)state;
	world_alone(&world, 0);
	world_connect(&world);
	set_zerocopy(world.client_host, world.client, 1);
	for (size_t room = 0; room <= sizeof control; room++) {
		assert_int_equal(send_zerocopy(&world, "x"), 1);
		assert_int_equal(next_message(&world, control, room, &message), 0);
		assert_int_equal(message.msg_flags, MSG_ERRQUEUE | MSG_CTRUNC);
		assert_true(message.msg_controllen <= room);
		expect_nothing_told(&world);
	}
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_are_numbered_and_told_as_one_range),
		cmocka_unit_test(what_sends_nothing_or_asks_for_nothing_has_no_number),
		cmocka_unit_test(what_is_told_wakes_and_outlives_the_connection),
		cmocka_unit_test(what_finds_no_room_is_cut_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
