/* tcp_world: what a user of the host on tcp_link does, and a constructor for every state of a connection. */
#ifndef UNIT_TCP_WORLD_H
#define UNIT_TCP_WORLD_H

#include "unit/tcp_link.h"

/* The user writes so many bytes of the pattern; all are taken. */
static inline void user_writes(struct world *world, uint32_t size)
{
	static uint8_t bytes[1 << 20];

	assert_true(size <= sizeof bytes);
	for (uint32_t index = 0; index < size; index++)
		bytes[index] = pattern_at(1 + world->written + index);
	assert_int_equal(berth_send(world->host, world->descriptor, bytes, size, 0), size);
	world->written += size;
	world_settle(world);
}

/* The user reads all there is: so many bytes, and they are the pattern's. */
static inline void user_reads(struct world *world, uint32_t size)
{
	static uint8_t bytes[1 << 20];
	uint32_t total = 0;

	while (the_connection(world)->receive.size > 0) { /* an error behind it is left */
		ssize_t got = berth_recv(world->host, world->descriptor, bytes, sizeof bytes, 0);
		assert_true(got > 0);
		for (ssize_t index = 0; index < got; index++)
			assert_int_equal(bytes[index],
					 pattern_at(1 + world->read + (uint32_t)index));
		world->read += (uint32_t)got;
		total += (uint32_t)got;
	}
	assert_int_equal(total, size);
	world_settle(world);
}

static inline void set_option(struct world *world, int level, int name, int value)
{
	assert_int_equal(
		berth_setsockopt(world->host, world->descriptor, level, name, &value, sizeof value),
		0);
	world_settle(world);
}

static inline int take_error(struct world *world)
{
	int error = 0;
	socklen_t size = sizeof error;
	assert_int_equal(berth_getsockopt(world->host, world->descriptor, SOL_SOCKET, SO_ERROR,
					  &error, &size),
			 0);
	return error;
}

static inline void user_shuts(struct world *world)
{
	assert_int_equal(berth_shutdown(world->host, world->descriptor, SHUT_WR), 0);
	world_settle(world);
}

static inline void user_closes(struct world *world)
{
	assert_int_equal(berth_close(world->host, world->descriptor), 0);
	world->descriptor = -1;
	world_settle(world);
}

/* How many connections the host remembers, listeners and orphans included. */
static inline int connections_left(const struct world *world)
{
	int count = 0;
	LIST_EACH (node, &world->host->tcp.all)
		count++;
	return count;
}

/* Constructors. Each brings the world's socket, or its listener's child, to a state with nothing in flight but what the
 * state implies. Neither end has timestamps or a window scale unless the test says so. */

static inline void user_opens(struct world *world)
{
	world->descriptor = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
	assert_true(world->descriptor >= 0);
}

static inline void user_connects(struct world *world)
{
	struct sockaddr_in peer = address_of(PEER, SERVER_PORT);
	struct sockaddr_in mine = address_of(ME, CLIENT_PORT);

	world->my_port = CLIENT_PORT;
	world->peer_port = SERVER_PORT;
	if (!the_connection(world)->bound)
		assert_int_equal(berth_bind(world->host, world->descriptor,
					    (struct sockaddr *)&mine, sizeof mine),
				 0);
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&peer,
				       sizeof peer),
			 -EINPROGRESS);
	world->my_isn = the_connection(world)->iss;
	world_settle(world);
}

static inline void tcp_in_syn_sent(struct world *world)
{
	if (world->descriptor < 0)
		user_opens(world);
	user_connects(world);
	SENDS(world, .flags = TCP_SYN);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
}

static inline void tcp_in_established(struct world *world)
{
	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

static inline void tcp_in_fin_wait_1(struct world *world)
{
	tcp_in_established(world);
	user_shuts(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_1);
}

static inline void tcp_in_fin_wait_2(struct world *world)
{
	tcp_in_fin_wait_1(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	expect_silence(world);
	assert_int_equal(state_of(world), STATE_FIN_WAIT_2);
}

static inline void tcp_in_close_wait(struct world *world)
{
	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_CLOSE_WAIT);
}

static inline void tcp_in_closing(struct world *world)
{
	tcp_in_fin_wait_1(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_CLOSING);
}

static inline void tcp_in_last_ack(struct world *world)
{
	tcp_in_close_wait(world);
	user_shuts(world);
	SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_LAST_ACK);
}

static inline void tcp_in_time_wait(struct world *world)
{
	tcp_in_fin_wait_2(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
}

static inline void tcp_in_listen(struct world *world, int backlog)
{
	struct sockaddr_in mine = address_of(0, SERVER_PORT);

	world->my_port = SERVER_PORT;
	world->peer_port = CLIENT_PORT;
	world->listener = berth_socket(world->host, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(
		berth_bind(world->host, world->listener, (struct sockaddr *)&mine, sizeof mine), 0);
	assert_int_equal(berth_listen(world->host, world->listener, backlog), 0);
}

/* The peer's SYN, with nothing but an MSS; the child's own number is learned from its answer. */
static inline void peer_connects(struct world *world)
{
	PEER_SENDS(world, .flags = TCP_SYN, .options = { .has_mss = true, .mss = MSS });
	world_settle(world);
	assert_true(world->expected < world->sent_count);
	world->my_isn = world->sent[world->expected].header.sequence;
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
}

static inline void tcp_in_syn_received(struct world *world)
{
	tcp_in_listen(world, 8);
	peer_connects(world);
}

static inline void user_accepts(struct world *world)
{
	world->descriptor = berth_accept(world->host, world->listener, NULL, NULL);
	assert_true(world->descriptor >= 0);
}

static inline void tcp_in_accepted(struct world *world)
{
	tcp_in_syn_received(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	expect_silence(world);
	user_accepts(world);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
}

/* Both open at once: SYN-RECEIVED with an owner. */
static inline void tcp_in_crossed_syn(struct world *world)
{
	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN, .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	assert_int_equal(state_of(world), STATE_SYN_RECEIVED);
}

/* Lets time pass until a socket on (ME, CLIENT_PORT) would begin with this sequence number (RFC 6528's clock turns once
 * in 4.77 hours). */
static inline void world_await_isn(struct world *world, uint32_t wanted)
{
	struct endpoint local = { address_v4(ME), CLIENT_PORT };
	struct endpoint peer = { address_v4(PEER), SERVER_PORT };
	uint32_t now = tcp_isn(&world->host->tcp, &local, &peer);
	world_wait(world, (uint64_t)(wanted - now) * 4 * MICROSECOND);
	assert_int_equal(tcp_isn(&world->host->tcp, &local, &peer), wanted);
}

/* The tests that ask the same of every state: in which the socket (world->descriptor, or a listener's child) then is, and
 * what both ends would number next. */
struct state_row {
	const char *name;
	void (*enter)(struct world *world);
	enum tcp_state state;
	uint32_t sequence;       /* the peer's next */
	uint32_t acknowledgment; /* ours */
};

static const struct state_row state_rows[] = {
	{ "SYN-SENT", tcp_in_syn_sent, STATE_SYN_SENT, 0, 1 },
	{ "SYN-RECEIVED", tcp_in_syn_received, STATE_SYN_RECEIVED, 1, 1 },
	{ "crossed SYN", tcp_in_crossed_syn, STATE_SYN_RECEIVED, 1, 1 },
	{ "ESTABLISHED", tcp_in_established, STATE_ESTABLISHED, 1, 1 },
	{ "FIN-WAIT-1", tcp_in_fin_wait_1, STATE_FIN_WAIT_1, 1, 2 },
	{ "FIN-WAIT-2", tcp_in_fin_wait_2, STATE_FIN_WAIT_2, 1, 2 },
	{ "CLOSE-WAIT", tcp_in_close_wait, STATE_CLOSE_WAIT, 2, 1 },
	{ "CLOSING", tcp_in_closing, STATE_CLOSING, 2, 2 },
	{ "LAST-ACK", tcp_in_last_ack, STATE_LAST_ACK, 2, 2 },
	{ "TIME-WAIT", tcp_in_time_wait, STATE_TIME_WAIT, 2, 2 },
};

#define EACH_STATE(row)                                                                            \
	(const struct state_row *row = state_rows; row < state_rows + COUNT_OF(state_rows); row++)

#endif
