/* SYN cookies (RFC 4987; hostile row 37): when they are given, what they hold, how long they are good, and what a flood
 * does to those who mean it. Linux 6.18 was asked the same through a TUN device. */
#include "tcp/cookie.h"
#include "unit/tcp_world.h"

enum { BACKLOG = 4, FLOOD = 100000, ROUTER = 0x0a4d0002 };

#define LOW_BITS 63

static struct tcp *tcp_of(const struct world *world)
{
	return &world->host->tcp;
}

static const struct endpoint tuples[][2] = {
	{ { .address = { .bytes = { [10] = 0xff, 0xff, 10, 77, 0, 1 } }, .port = 80 },
	  { .address = { .bytes = { [10] = 0xff, 0xff, 10, 77, 0, 2 } }, .port = 40000 } },
	{ { .address = { .bytes = { 0xfd, [15] = 1 } }, .port = 80 },
	  { .address = { .bytes = { 0xfd, [15] = 2 } }, .port = 40000 } },
};

static const struct tcp_header plain_syn = {
	.sequence = 0x12345678,
	.flags = TCP_SYN,
	.options = { .has_mss = true, .mss = 1450 },
};

static struct tcp_header ack_of(const struct tcp_header *syn, uint32_t cookie)
{
	return (struct tcp_header){ .sequence = syn->sequence + 1,
				    .acknowledgment = cookie + 1,
				    .flags = TCP_ACK };
}

/* Linux's msstab, both families. */
static void a_cookie_brings_back_the_mss_rounded_down(void **state)
{
	struct world *world = *state;
	static const struct {
		uint16_t said, v4, v6;
	} rows[] = {
		{ 0, 536, 1220 },     { 100, 536, 1220 },   { 536, 536, 1220 },
		{ 1219, 536, 1220 },  { 1220, 536, 1220 },  { 1300, 1300, 1220 },
		{ 1419, 1300, 1220 }, { 1420, 1300, 1420 }, { 1439, 1300, 1420 },
		{ 1440, 1440, 1440 }, { 1459, 1440, 1440 }, { 1460, 1460, 1440 },
		{ 8939, 1460, 1440 }, { 8940, 1460, 8940 }, { 65535, 1460, 8940 },
	};

	for (size_t family = 0; family < COUNT_OF(tuples); family++) {
		const struct endpoint *local = &tuples[family][0], *peer = &tuples[family][1];
		for (size_t row = 0; row < COUNT_OF(rows); row++) {
			struct tcp_header syn = plain_syn, got;
			syn.options.has_mss = rows[row].said > 0;
			syn.options.mss = rows[row].said;
			uint32_t cookie = cookie_make(tcp_of(world), local, peer, &syn);
			struct tcp_header ack = ack_of(&syn, cookie);
			assert_true(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
			CHECK_EQUAL(family == 0 ? rows[row].v4 : rows[row].v6, got.options.mss);
			CHECK_EQUAL(syn.sequence, got.sequence);
			assert_false(got.options.has_timestamps || got.options.has_window_shift ||
				     got.options.has_sack_permitted);
		}
	}
}

/* The lowest two bits of both numbers are the MSS's index, and may only move it. */
static void every_flipped_bit_of_a_cookie_is_refused(void **state)
{
	struct world *world = *state;

	for (size_t family = 0; family < COUNT_OF(tuples); family++) {
		const struct endpoint *local = &tuples[family][0], *peer = &tuples[family][1];
		struct tcp_header got;
		uint32_t cookie = cookie_make(tcp_of(world), local, peer, &plain_syn);
		for (int bit = 2; bit < 32; bit++) {
			struct tcp_header ack = ack_of(&plain_syn, cookie);
			ack.acknowledgment ^= UINT32_C(1) << bit;
			assert_false(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
			ack = ack_of(&plain_syn, cookie);
			ack.sequence ^= UINT32_C(1) << bit;
			assert_false(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
		}
	}
}

static void a_cookie_is_good_for_its_tuple_only(void **state)
{
	struct world *world = *state;

	for (size_t family = 0; family < COUNT_OF(tuples); family++) {
		struct endpoint ends[2] = { tuples[family][0], tuples[family][1] };
		struct tcp_header got;
		uint32_t cookie = cookie_make(tcp_of(world), &ends[0], &ends[1], &plain_syn);
		struct tcp_header ack = ack_of(&plain_syn, cookie);
		for (int end = 0; end < 2; end++) {
			for (int bit = 0; bit < 16; bit++) {
				ends[end].port ^= (uint16_t)(1 << bit);
				assert_false(cookie_recover_syn(tcp_of(world), &ends[0], &ends[1],
								&ack, &got));
				ends[end].port ^= (uint16_t)(1 << bit);
			}
			for (int bit = 0; bit < 32; bit++) {
				uint8_t *byte = &ends[end].address.bytes[12 + bit / 8];
				*byte ^= (uint8_t)(1 << bit % 8);
				assert_false(cookie_recover_syn(tcp_of(world), &ends[0], &ends[1],
								&ack, &got));
				*byte ^= (uint8_t)(1 << bit % 8);
			}
		}
	}
}

static void a_cookie_is_good_in_its_minute_and_the_next(void **state)
{
	struct world *world = *state;
	const struct endpoint *local = &tuples[0][0], *peer = &tuples[0][1];
	struct tcp_header got;

	world_advance_to(world, 2000 * 60 * SECOND);
	uint32_t cookie = cookie_make(tcp_of(world), local, peer, &plain_syn);
	struct tcp_header ack = ack_of(&plain_syn, cookie);
	world_wait(world, 2 * 60 * SECOND - 1);
	assert_true(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
	world_wait(world, 1);
	assert_false(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
	/* The minute's eight bits come round again; its hash does not. */
	world_wait(world, (256 - 2) * 60 * SECOND);
	assert_false(cookie_recover_syn(tcp_of(world), local, peer, &ack, &got));
}

/* The peer's SYN from a port of its own, unanswered by it afterwards. */
static enum verdict stranger_knocks(struct world *world, uint16_t port)
{
	world->peer_port = port;
	enum verdict verdict = PEER_SENDS(world, .flags = TCP_SYN);
	world_forget_sent(world);
	return verdict;
}

/* A listener whose SYN queue is full: Linux has so many in it, and one more. */
static void listen_besieged(struct world *world)
{
	tcp_in_listen(world, BACKLOG);
	for (uint16_t port = 1000; port <= 1000 + BACKLOG; port++)
		stranger_knocks(world, port);
	CHECK_EQUAL(1 + BACKLOG + 1, connections_left(world));
	world->peer_port = CLIENT_PORT;
}

/* The next SYN-ACK's number is the child's first. */
static const struct sent *learn_syn_ack(struct world *world)
{
	world_settle(world);
	assert_true(world->expected < world->sent_count);
	world->my_isn = world->sent[world->expected].header.sequence;
	return SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
}

#define OFFER                                                                                      \
	{                                                                                          \
		.has_mss = true, .mss = MSS, .has_sack_permitted = true, .has_window_shift = true, \
		.window_shift = 7                                                                  \
	}

/* Linux: 020405b4 0402 080a ...... 01 030303, the timestamp's low bits x10111, x: ECN. */
static void the_timestamp_carries_window_scale_sack_and_ecn(void **state)
{
	struct world *world = *state;

	listen_besieged(world);
	world->timestamps = true;
	world->timestamp = 4096;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ECE | TCP_CWR, .options = OFFER);
	world->my_isn = world->sent[world->expected].header.sequence;
	const struct sent *sent =
		SENDS(world, .flags = TCP_SYN | TCP_ACK | TCP_ECE, .acknowledgment = 1);
	const struct tcp_options *options = &sent->header.options;
	assert_true(options->has_sack_permitted && options->has_window_shift);
	CHECK_EQUAL(4096, options->timestamp_echo);
	CHECK_EQUAL(1 + BACKLOG + 1, connections_left(world)); /* nothing is kept */

	uint32_t stamp = options->timestamp -
			 tcp_timestamp_offset(tcp_of(world), &tuples[0][0], &tuples[0][1]);
	CHECK_EQUAL(0x37, stamp & LOW_BITS);
	assert_true((uint32_t)(world->now / MILLISECOND) - stamp <= LOW_BITS);

	world->timestamp = 4100;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .options = { .has_timestamps = true,
				.timestamp = 4100,
				.timestamp_echo = options->timestamp });
	user_accepts(world);
	const struct tcp_connection *child = the_connection(world);
	CHECK_EQUAL(STATE_ESTABLISHED, child->state);
	assert_true(child->sack && child->timestamps && child->window_scaling && child->ecn.agreed);
	CHECK_EQUAL(7, child->snd_shift);
	CHECK_EQUAL(65535u << 7, child->snd_wnd);
	CHECK_EQUAL(MSS - 12, child->mss);
	CHECK_EQUAL(4100, child->ts_recent);
	assert_true(child->rto.srtt_ns <= LOW_BITS * MILLISECOND);
	user_writes(world, 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 100);
}

static void a_peer_without_timestamps_gets_neither(void **state)
{
	struct world *world = *state;

	listen_besieged(world);
	PEER_SENDS(world, .flags = TCP_SYN, .options = OFFER);
	const struct sent *sent = learn_syn_ack(world);
	CHECK_EQUAL(TCP_HEADER_SIZE + 4, sent->raw_size); /* the MSS alone */
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
	const struct tcp_connection *child = the_connection(world);
	assert_false(child->sack || child->timestamps || child->window_scaling);
	CHECK_EQUAL(MSS, child->mss);
	CHECK_EQUAL(65535, child->snd_wnd);
}

static void text_and_fin_with_the_cookies_ack_count(void **state)
{
	struct world *world = *state;

	listen_besieged(world);
	PEER_SENDS(world, .flags = TCP_SYN, .options = OFFER);
	learn_syn_ack(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 1,
		   .size = 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 102);
	user_accepts(world);
	CHECK_EQUAL(STATE_CLOSE_WAIT, state_of(world));
	user_reads(world, 100);
}

/* tcp_syncookies 0. */
static void without_cookies_a_full_syn_queue_lets_syns_fall(void **state)
{
	struct world *world = *state;

	tcp_of(world)->tunables.syn_cookies = COOKIES_NEVER;
	listen_besieged(world);
	CHECK_EQUAL(DROP_SYN_QUEUE, PEER_SENDS(world, .flags = TCP_SYN));
	expect_silence(world);
}

/* tcp_syncookies 2. */
static void cookies_may_be_given_always(void **state)
{
	struct world *world = *state;

	tcp_of(world)->tunables.syn_cookies = COOKIES_ALWAYS;
	tcp_in_listen(world, BACKLOG);
	PEER_SENDS(world, .flags = TCP_SYN, .options = OFFER);
	learn_syn_ack(world);
	CHECK_EQUAL(1, connections_left(world));
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
}

/* Guessing is only worth while when there is something to guess. */
static void a_listener_that_has_given_none_believes_none(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, BACKLOG);
	world->peer_port = CLIENT_PORT;
	struct tcp_header syn = plain_syn;
	syn.sequence = world->peer_isn;
	world->my_isn = cookie_make(tcp_of(world), &tuples[0][0], &tuples[0][1], &syn);
	CHECK_EQUAL(DROP_BAD_ACK,
		    PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1));
	SENDS(world, .flags = TCP_RST, .sequence = 1);
	CHECK_EQUAL(1, connections_left(world));
}

static void a_wrong_or_late_cookie_is_reset(void **state)
{
	struct world *world = *state;

	listen_besieged(world);
	PEER_SENDS(world, .flags = TCP_SYN, .options = OFFER);
	learn_syn_ack(world);
	CHECK_EQUAL(DROP_BAD_ACK,
		    PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1000));
	SENDS(world, .flags = TCP_RST, .sequence = 1000);
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_RST, .sequence = 1);
	world_wait(world, COOKIE_LIFE + 1);
	world_forget_sent(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	SENDS(world, .flags = TCP_RST, .sequence = 1);
}

/* As with any other handshake's ACK, what the peer sends next tries again. */
static void a_cookie_that_finds_the_accept_queue_full_may_come_again(void **state)
{
	struct world *world = *state;

	tcp_of(world)->tunables.syn_cookies = COOKIES_ALWAYS;
	tcp_in_listen(world, 0);
	PEER_SENDS(world, .flags = TCP_SYN);
	learn_syn_ack(world);
	uint32_t waiting_isn = world->my_isn;
	world->peer_port = 1000;
	PEER_SENDS(world, .flags = TCP_SYN);
	learn_syn_ack(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);

	world->peer_port = CLIENT_PORT;
	world->my_isn = waiting_isn;
	CHECK_EQUAL(DROP_BACKLOG,
		    PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1));
	expect_silence(world);
	user_accepts(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	user_accepts(world);
	user_reads(world, 10);
}

/* It holds its room already, and has proved where it is (Linux too). */
static void what_comes_back_from_time_wait_needs_no_cookie(void **state)
{
	struct world *world = *state;

	tcp_in_accepted(world);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	CHECK_EQUAL(STATE_TIME_WAIT, state_of(world));
	user_closes(world);
	world_forget_sent(world);
	tcp_of(world)->tunables.syn_cookies = COOKIES_ALWAYS;
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 100000);
	CHECK_EQUAL(2, connections_left(world));
}

static void without_memory_a_cookies_syn_and_ack_are_dropped(void **state)
{
	struct world *world = *state;

	listen_besieged(world);
	world->memory.refusals_after = 0;
	CHECK_EQUAL(DROP_MEMORY, PEER_SENDS(world, .flags = TCP_SYN));
	world->memory.refusals_after = UNLIMITED;
	world_forget_sent(world);
	PEER_SENDS(world, .flags = TCP_SYN);
	learn_syn_ack(world);
	world->memory.refusals_after = 0;
	CHECK_EQUAL(DROP_MEMORY,
		    PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1));
	world->memory.refusals_after = UNLIMITED;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
}

/* A SYN from anywhere: the frame's source and ports bent, its checksums made good. */
static void anybody_knocks(struct world *world, uint32_t source, uint16_t port)
{
	uint8_t frame[FRAME_MOST];
	size_t size = make_segment(world, frame, &(struct segment){ .flags = TCP_SYN });
	uint8_t *ip = frame + ETHERNET_HEADER_SIZE, *tcp = ip + IPV4_HEADER_SIZE;
	size_t segment = size - ETHERNET_HEADER_SIZE - IPV4_HEADER_SIZE;
	struct address from = address_v4(source), to = address_v4(ME);
	struct checksum sum = { 0 };

	ipv4_write(ip, &(struct ipv4_header){ .total_size = (uint16_t)(IPV4_HEADER_SIZE + segment),
					      .ttl = 64,
					      .protocol = PROTOCOL_TCP,
					      .source = source,
					      .destination = ME });
	put16(tcp, port);
	put16(tcp + 16, 0);
	checksum_add_pseudo(&sum, &from, &to, PROTOCOL_TCP, (uint32_t)segment);
	checksum_add(&sum, (struct bytes){ tcp, segment });
	put16(tcp + 16, checksum_finish(&sum));
	world_receive(world, frame, size);
	assert_true(world->sent_count > 0);
	world_forget_sent(world);
}

/* Hostile row 37. What 100,000 SYNs from random sources make a host hold: a SYN queue: 9 KiB for a backlog of 8,
 * 1 MiB for any (bounds are twice that); and once it is full, not a byte more. */
static void a_flood_of_syns_is_bounded_and_harms_nobody(void **state)
{
	static const struct {
		int backlog;
		uint32_t half_open;
		size_t bytes;
	} rows[] = { { 8, 9, 16 << 10 }, { 4096, 1024, 2 << 20 } };

	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct world *world = *state;
		struct random random;
		random_init(&random, (const uint8_t[16]){ 4, 9, 8, 7 }, 0);
		assert_int_equal(berth_route_add(world->host, (struct in_addr){ 0 }, 0,
						 (struct in_addr){ htonl(ROUTER) }, world->link),
				 0);
		tcp_in_listen(world, rows[row].backlog);
		peer_connects(world);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		user_accepts(world);
		uint32_t established_isn = world->my_isn;
		world_forget_sent(world);

		size_t before = world->memory.outstanding, full = 0;
		for (int count = 0; count < FLOOD; count++) {
			uint32_t source = 0x0b000000 + random_below(&random, 0x60000000);
			anybody_knocks(world, source, (uint16_t)random_below(&random, 65535) + 1);
			if (count == FLOOD / 2)
				full = world->memory.outstanding;
		}
		CHECK_EQUAL(2 + rows[row].half_open, connections_left(world));
		CHECK_EQUAL(full, world->memory.outstanding);
		assert_true(full - before < rows[row].bytes);

		world->peer_port = 50000;
		PEER_SENDS(world, .flags = TCP_SYN);
		learn_syn_ack(world);
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
		int first = world->descriptor;
		user_accepts(world);
		user_reads(world, 10);
		world->descriptor = first;
		world->peer_port = CLIENT_PORT;
		world->my_isn = established_isn;
		world->read = 0;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
		user_reads(world, 10);
		world_again(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_cookie_brings_back_the_mss_rounded_down),
		WORLD_TEST(every_flipped_bit_of_a_cookie_is_refused),
		WORLD_TEST(a_cookie_is_good_for_its_tuple_only),
		WORLD_TEST(a_cookie_is_good_in_its_minute_and_the_next),
		WORLD_TEST(the_timestamp_carries_window_scale_sack_and_ecn),
		WORLD_TEST(a_peer_without_timestamps_gets_neither),
		WORLD_TEST(text_and_fin_with_the_cookies_ack_count),
		WORLD_TEST(without_cookies_a_full_syn_queue_lets_syns_fall),
		WORLD_TEST(cookies_may_be_given_always),
		WORLD_TEST(a_listener_that_has_given_none_believes_none),
		WORLD_TEST(a_wrong_or_late_cookie_is_reset),
		WORLD_TEST(a_cookie_that_finds_the_accept_queue_full_may_come_again),
		WORLD_TEST(what_comes_back_from_time_wait_needs_no_cookie),
		WORLD_TEST(without_memory_a_cookies_syn_and_ack_are_dropped),
		WORLD_TEST(a_flood_of_syns_is_bounded_and_harms_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
