/* Who speaks to whom, and what IP is asked for: local addresses, those no connection can have, ports that are shared,
 * Diffserv and TTL (RFC 9293, 3.9). */
#include "unit/tcp_world.h"

#define MY_OTHER   UINT32_C(0x0a580001) /* 10.88.0.1/16, on the same link */
#define PEER_OTHER UINT32_C(0x0a580002)

enum { TCP_AT = ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE };

static void with_two_addresses(struct world *world)
{
	struct in_addr other = { htonl(MY_OTHER) };
	assert_int_equal(berth_address_add(world->host, world->link, other, 16), 0);
}

/* A SYN between any two addresses. */
static void receive_syn(struct world *world, uint32_t from, uint32_t to)
{
	uint8_t frame[100];
	size_t size = make_segment(world, frame, &(struct segment){ .flags = TCP_SYN });
	struct address source = address_v4(from), target = address_v4(to);
	struct checksum sum = { 0 };

	ipv4_write(frame + ETHERNET_HEADER_SIZE,
		   &(struct ipv4_header){ .total_size = (uint16_t)(size - ETHERNET_HEADER_SIZE),
					  .ttl = 64,
					  .protocol = PROTOCOL_TCP,
					  .source = from,
					  .destination = to });
	put16(frame + TCP_AT + 16, 0);
	checksum_add_pseudo(&sum, &source, &target, PROTOCOL_TCP, (uint32_t)(size - TCP_AT));
	checksum_add(&sum, (struct bytes){ frame + TCP_AT, size - TCP_AT });
	put16(frame + TCP_AT + 16, checksum_finish(&sum));
	world_receive(world, frame, size);
	world_settle(world);
}

static const struct sent *connect_from(struct world *world, uint32_t local, uint32_t peer)
{
	struct sockaddr_in mine = address_of(local, 0), theirs = address_of(peer, SERVER_PORT);

	user_opens(world);
	if (local)
		assert_int_equal(berth_bind(world->host, world->descriptor,
					    (struct sockaddr *)&mine, sizeof mine),
				 0);
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&theirs,
				       sizeof theirs),
			 -EINPROGRESS);
	world->my_port = the_connection(world)->holder.local.port;
	world->peer_port = SERVER_PORT;
	world->my_isn = the_connection(world)->iss;
	return SENDS(world, .flags = TCP_SYN);
}

/* RFC 9293, MUST-43 and 44: the user's, or else the one that IP would send from. */
static void a_syn_comes_from_the_users_address_or_the_routes(void **state)
{
	static const struct {
		uint32_t local, peer, source;
	} rows[] = {
		{ 0, PEER, ME },
		{ 0, PEER_OTHER, MY_OTHER },
		{ ME, PEER_OTHER, ME },
		{ MY_OTHER, PEER, MY_OTHER },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		with_two_addresses(world);
		const struct sent *sent = connect_from(world, rows[index].local, rows[index].peer);
		CHECK_EQUAL(rows[index].source, sent->source);
		CHECK_EQUAL(rows[index].peer, sent->destination);
		world_again(world);
	}
}

/* RFC 9293, MUST-45. */
static void one_that_was_called_answers_from_the_address_it_was_called_by(void **state)
{
	static const uint32_t called[] = { ME, MY_OTHER };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(called); index++) {
		with_two_addresses(world);
		tcp_in_listen(world, 8);
		receive_syn(world, PEER, called[index]);
		world_wait(world, 10 * SECOND);
		assert_true(world->sent_count >= 3); /* and when it answers again */
		for (int answer = 0; answer < world->sent_count; answer++) {
			CHECK_EQUAL(TCP_SYN | TCP_ACK, world->sent[answer].header.flags);
			CHECK_EQUAL(called[index], world->sent[answer].source);
			CHECK_EQUAL(PEER, world->sent[answer].destination);
		}
		world_again(world);
	}
}

/* RFC 9293, MUST-46. */
static void nobody_connects_to_many(void **state)
{
	static const uint32_t many[] = { 0xffffffff, 0x0a4dffff, 0xe0000001, 0xefffffff };
	struct world *world = *state;

	user_opens(world);
	for (size_t index = 0; index < COUNT_OF(many); index++) {
		struct sockaddr_in peer = address_of(many[index], SERVER_PORT);
		assert_int_equal(berth_connect(world->host, world->descriptor,
					       (struct sockaddr *)&peer, sizeof peer),
				 -ENETUNREACH);
	}
	expect_silence(world);
}

/* RFC 9293, MUST-57 and 63: neither connection nor RST, whether somebody listens or not. */
static void a_syn_to_many_or_from_nobody_is_dropped_in_silence(void **state)
{
	static const struct {
		uint32_t from, to;
	} rows[] = {
		{ PEER, 0xffffffff },
		{ PEER, 0x0a4dffff },
		{ PEER, 0xe0000001 },
		{ PEER, 0xefffffff },
		{ 0, ME },
		{ 0xffffffff, ME },
		{ 0x0a4dffff, ME },
		{ 0xe0000001, ME },
		{ 0x7f000001, ME },
		{ PEER, 0x7f000001 },
		{ ME, ME },
	};
	struct world *world = *state;

	tcp_in_listen(world, 8);
	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		world->my_port = SERVER_PORT;
		receive_syn(world, rows[index].from, rows[index].to);
		world->my_port = SERVER_PORT + 1;
		receive_syn(world, rows[index].from, rows[index].to);
		world_wait(world, SECOND);
		expect_silence(world);
		assert_int_equal(connections_left(world), 1);
	}
}

/* RFC 9293, MUST-41 and 42. */
static void one_may_listen_on_the_port_from_which_another_connects(void **state)
{
	struct world *world = *state;
	struct sockaddr_in any = address_of(0, CLIENT_PORT);
	int listener = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);

	user_opens(world);
	set_option(world, SOL_SOCKET, SO_REUSEADDR, 1);
	tcp_in_syn_sent(world);
	assert_int_equal(berth_setsockopt(world->host, listener, SOL_SOCKET, SO_REUSEADDR,
					  &(int){ 1 }, sizeof(int)),
			 0);
	assert_int_equal(berth_bind(world->host, listener, (struct sockaddr *)&any, sizeof any), 0);
	assert_int_equal(berth_listen(world->host, listener, 8), 0);

	world->peer_port = SERVER_PORT + 1; /* a stranger's SYN is the listener's */
	receive_syn(world, PEER, ME);
	CHECK_EQUAL(TCP_SYN | TCP_ACK, world->sent[world->expected].header.flags);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	world_forget_sent(world);
	world->peer_port = SERVER_PORT; /* and the answer the other's */
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

/* RFC 9293, MUST-48 and 49, SHLD-21 and 22: as the user says, and from the moment it does; the two bits of ECN are TCP's. */
static void the_users_diffserv_and_ttl_are_in_every_segment(void **state)
{
	struct world *world = *state;

	user_opens(world);
	set_option(world, IPPROTO_IP, IP_TOS, 0x48);
	user_connects(world);
	const struct sent *sent = SENDS(world, .flags = TCP_SYN);
	CHECK_EQUAL(0x48, sent->tos);
	CHECK_EQUAL(64, sent->ttl);
	set_option(world, IPPROTO_IP, IP_TOS, 0xbb);
	set_option(world, IPPROTO_IP, IP_TTL, 7);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	sent = SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	CHECK_EQUAL(0xb8, sent->tos);
	CHECK_EQUAL(7, sent->ttl);
	user_writes(world, 10);
	sent = SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	CHECK_EQUAL(0xb8, sent->tos);
	CHECK_EQUAL(7, sent->ttl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_syn_comes_from_the_users_address_or_the_routes),
		WORLD_TEST(one_that_was_called_answers_from_the_address_it_was_called_by),
		WORLD_TEST(nobody_connects_to_many),
		WORLD_TEST(a_syn_to_many_or_from_nobody_is_dropped_in_silence),
		WORLD_TEST(one_may_listen_on_the_port_from_which_another_connects),
		WORLD_TEST(the_users_diffserv_and_ttl_are_in_every_segment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
