/* Bad news about a connection: ICMP errors, believed or not (RFC 1122, 4.2.3.9; RFC 5461; RFC 5927; RFC 1191), and our own
 * that a neighbour does not answer (hostile rows 21, 22, 41). */
#include "unit/tcp_world.h"

/* An ICMP error about a packet of so many octets that the host sent with this sequence number. */
struct report {
	uint8_t type, code;
	uint32_t rest;
	uint32_t sequence;
	uint16_t lost_size;
	uint16_t port; /* of ours, where it is not the world's */
};

static void router_reports(struct world *world, const struct report *report)
{
	enum { QUOTE = IPV4_HEADER_SIZE + 8, SIZE = ICMP_HEADER_SIZE + QUOTE };
	uint8_t frame[ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE + SIZE];
	uint8_t *ip = frame + ETHERNET_HEADER_SIZE, *icmp = ip + IPV4_HEADER_SIZE;
	uint8_t *quote = icmp + ICMP_HEADER_SIZE, *tcp = quote + IPV4_HEADER_SIZE;

	ethernet_write(frame, &(struct ethernet_header){ { { 2, 0, 0, 0, 0, 1 } },
							 { { 2, 0, 0, 0, 0, 2 } },
							 ETHERTYPE_IPV4 });
	ipv4_write(ip, &(struct ipv4_header){ .total_size = IPV4_HEADER_SIZE + SIZE,
					      .ttl = 64,
					      .protocol = PROTOCOL_ICMP,
					      .source = PEER,
					      .destination = ME });
	icmp_write(icmp, report->type, report->code, report->rest);
	ipv4_write(quote,
		   &(struct ipv4_header){ .total_size = report->lost_size ? report->lost_size : 40,
					  .ttl = 60,
					  .dont_fragment = true,
					  .protocol = PROTOCOL_TCP,
					  .source = ME,
					  .destination = PEER });
	put16(tcp, report->port ? report->port : world->my_port);
	put16(tcp + 2, world->peer_port);
	put32(tcp + 4, world->my_isn + report->sequence);
	struct checksum sum = { 0 };
	checksum_add(&sum, (struct bytes){ icmp, SIZE });
	put16(icmp + 2, checksum_finish(&sum));
	world_settle(world);
	world_receive(world, frame, sizeof frame);
	world_settle(world);
}

#define REPORT(world, ...) router_reports(world, &(struct report){ __VA_ARGS__ })

enum { UNREACHABLE = 3, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12 };

static const struct {
	uint8_t type, code;
	int error;
} reports[] = {
	{ UNREACHABLE, 0, ENETUNREACH },   { UNREACHABLE, 1, EHOSTUNREACH },
	{ UNREACHABLE, 2, ENOPROTOOPT },   { UNREACHABLE, 3, ECONNREFUSED },
	{ UNREACHABLE, 13, EHOSTUNREACH }, { TIME_EXCEEDED, 0, EHOSTUNREACH },
	{ PARAMETER_PROBLEM, 0, EPROTO },
};

/* Linux; RFC 5461, 4 says why. RFC 9293, MUST-56 would have it go on. */
static void in_a_handshake_every_error_ends_it(void **state)
{
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(reports); index++) {
		for (int crossed = 0; crossed < 2; crossed++) {
			crossed ? tcp_in_crossed_syn(world) : tcp_in_syn_sent(world);
			REPORT(world, .type = reports[index].type, .code = reports[index].code);
			assert_int_equal(state_of(world), STATE_CLOSED);
			CHECK_EQUAL(reports[index].error, take_error(world));
			expect_silence(world);
			world_again(world);
		}
	}
}

static void an_error_forgets_a_half_open_child(void **state)
{
	struct world *world = *state;

	tcp_in_syn_received(world);
	REPORT(world, .type = UNREACHABLE, .code = 1);
	assert_int_equal(connections_left(world), 1);
}

/* RFC 9293, MUST-56; RFC 5461: not even a hard one does, whatever the state. */
static void once_established_no_error_ends_a_connection(void **state)
{
	struct world *world = *state;

	for
		EACH_STATE(row)
		{
			if (!state_is_synchronized(row->state))
				continue;
			row->enter(world);
			for (size_t index = 0; index < COUNT_OF(reports); index++)
				REPORT(world, .type = reports[index].type,
				       .code = reports[index].code,
				       .sequence = row->acknowledgment);
			assert_int_equal(state_of(world), row->state);
			CHECK_EQUAL(0, take_error(world));
			expect_silence(world);
			world_again(world);
		}
}

/* RFC 9293, SHLD-25: what was heard on the way is why it timed out. */
static void a_time_out_tells_the_last_soft_error(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	REPORT(world, .type = UNREACHABLE, .code = 0, .sequence = 1);
	world_wait(world, 1000 * SECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), ENETUNREACH);
}

static void progress_forgets_a_soft_error(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 10);
	REPORT(world, .type = UNREACHABLE, .code = 0, .sequence = 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11);
	user_writes(world, 10);
	world_wait(world, 1000 * SECOND);
	assert_int_equal(take_error(world), ETIMEDOUT);
}

/* RFC 9293, MUST-54; RFC 5927, 4.1. */
static void only_news_of_what_is_in_flight_is_believed(void **state)
{
	static const struct {
		int32_t sequence;
		bool believed;
	} rows[] = { { 0, false },  { 1, true },   { 10, true },        { 11, true },
		     { 12, false }, { -1, false }, { INT32_MIN, false } };
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		tcp_in_established(world);
		user_writes(world, 10);
		REPORT(world, .type = UNREACHABLE, .code = 1,
		       .sequence = (uint32_t)rows[index].sequence);
		CHECK_EQUAL(rows[index].believed ? EHOSTUNREACH : 0,
			    the_connection(world)->soft_error);
		world_again(world);
	}
}

static void a_report_with_the_wrong_sequence_does_not_stop_a_handshake(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	REPORT(world, .type = UNREACHABLE, .code = 3, .sequence = (uint32_t)-1);
	REPORT(world, .type = UNREACHABLE, .code = 3, .sequence = 2);
	REPORT(world, .type = UNREACHABLE, .code = 3, .port = CLIENT_PORT + 1);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
}

/* RFC 9293, MUST-55; hostile row 22. */
static void quench_redirect_and_questions_are_ignored(void **state)
{
	static const uint8_t types[] = { 4, 5, 9, 10, 13, 14, 17, 18, 42, 255 };
	struct world *world = *state;

	tcp_in_syn_sent(world);
	for (size_t index = 0; index < COUNT_OF(types); index++)
		REPORT(world, .type = types[index]);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	CHECK_EQUAL(0, the_connection(world)->soft_error);
}

static void a_report_to_a_listener_or_to_nobody_does_nothing(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 8);
	for (size_t index = 0; index < COUNT_OF(reports); index++) {
		REPORT(world, .type = reports[index].type, .code = reports[index].code);
		REPORT(world, .type = reports[index].type, .code = reports[index].code, .port = 9);
	}
	REPORT(world, .type = UNREACHABLE, .code = 4, .rest = 600, .lost_size = 1500);
	expect_silence(world);
	peer_connects(world);
}

/* Hostile row 21; RFC 1191, with Linux's floor of 552. */
static void a_narrower_path_is_believed_down_to_a_floor(void **state)
{
	static const struct {
		uint32_t says;
		uint32_t mtu;
	} rows[] = {
		{ 0, 1492 }, /* RFC 1191, 7.1: the next plateau */
		{ 1, 552 },     { 68, 552 },    { 552, 552 },   { 576, 576 },
		{ 1279, 1279 }, { 1499, 1499 }, { 1500, 1500 }, { 9000, 1500 },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		tcp_in_established(world);
		user_writes(world, 2 * MSS);
		world_forget_sent(world);
		REPORT(world, .type = UNREACHABLE, .code = 4, .rest = rows[index].says,
		       .sequence = 1, .lost_size = 1500);
		CHECK_EQUAL(rows[index].mtu - 40, the_connection(world)->mss);
		if (rows[index].mtu == 1500) {
			expect_silence(world);
		} else {
			uint32_t at = 1; /* all of it again, cut smaller */
			while (at < 1 + 2 * MSS) {
				uint32_t left = 1 + 2 * MSS - at;
				uint32_t mss = rows[index].mtu - 40;
				at += SENDS(world, .flags = TCP_ACK, .sequence = at,
					    .acknowledgment = 1, .size = left < mss ? left : mss)
					      ->size;
			}
		}
		world_again(world);
	}
}

static void news_of_a_narrower_path_that_quotes_the_wrong_sequence_is_not_believed(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, 2 * MSS);
	world_forget_sent(world);
	REPORT(world, .type = UNREACHABLE, .code = 4, .rest = 600, .sequence = 0,
	       .lost_size = 1500);
	REPORT(world, .type = UNREACHABLE, .code = 4, .rest = 600, .sequence = 2 * MSS + 2,
	       .lost_size = 1500);
	CHECK_EQUAL(MSS, the_connection(world)->mss);
	expect_silence(world);
}

/* What a narrower path makes us send again says nothing of the round trip, and is acknowledged as ever. */
static void a_stream_goes_on_over_a_narrower_path(void **state)
{
	struct world *world = *state;
	uint32_t at = 1;

	tcp_in_established(world);
	user_writes(world, 65000);
	REPORT(world, .type = UNREACHABLE, .code = 4, .rest = 576, .sequence = 1,
	       .lost_size = 1500);
	user_shuts(world);
	for (int round = 0; round < 200 && at < 65001; round++) {
		for (; world->expected < world->sent_count; world->expected++) {
			const struct sent *sent = &world->sent[world->expected];
			assert_true(sent->right_bytes);
			if (sent->header.sequence - world->my_isn == at && sent->size <= 536)
				at += sent->size;
		}
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = at);
		if (world->expected == world->sent_count && at < 65001)
			world_wait(world, SECOND);
	}
	CHECK_EQUAL(65001, at);
}

/* RFC 1122, 2.3.2.2, 3.2.1.6: nobody answers ARP. */
static void a_neighbour_that_does_not_answer_ends_a_connect(void **state)
{
	struct world *world = *state;

	world->peer_is_deaf = true;
	user_opens(world);
	user_connects(world);
	world_wait(world, 2 * SECOND);
	assert_int_equal(state_of(world), STATE_SYN_SENT);
	world_wait(world, 3 * SECOND);
	assert_int_equal(state_of(world), STATE_CLOSED);
	assert_int_equal(take_error(world), EHOSTUNREACH);
	expect_silence(world);
}

static void a_neighbour_that_is_gone_is_why_a_connection_times_out(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world_wait(world, 3600 * SECOND);
	world->peer_is_deaf = true;
	user_writes(world, 10);
	world_wait(world, 60 * SECOND);
	assert_int_equal(state_of(world), STATE_ESTABLISHED);
	world_wait(world, 1000 * SECOND);
	assert_int_equal(take_error(world), EHOSTUNREACH);
}

static void an_orphan_whose_neighbour_is_gone_is_forgotten(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world_wait(world, 3600 * SECOND);
	world->peer_is_deaf = true;
	user_closes(world);
	world_wait(world, 1000 * SECOND);
	assert_int_equal(connections_left(world), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(in_a_handshake_every_error_ends_it),
		WORLD_TEST(an_error_forgets_a_half_open_child),
		WORLD_TEST(once_established_no_error_ends_a_connection),
		WORLD_TEST(a_time_out_tells_the_last_soft_error),
		WORLD_TEST(progress_forgets_a_soft_error),
		WORLD_TEST(only_news_of_what_is_in_flight_is_believed),
		WORLD_TEST(a_report_with_the_wrong_sequence_does_not_stop_a_handshake),
		WORLD_TEST(quench_redirect_and_questions_are_ignored),
		WORLD_TEST(a_report_to_a_listener_or_to_nobody_does_nothing),
		WORLD_TEST(a_narrower_path_is_believed_down_to_a_floor),
		WORLD_TEST(news_of_a_narrower_path_that_quotes_the_wrong_sequence_is_not_believed),
		WORLD_TEST(a_stream_goes_on_over_a_narrower_path),
		WORLD_TEST(a_neighbour_that_does_not_answer_ends_a_connect),
		WORLD_TEST(a_neighbour_that_is_gone_is_why_a_connection_times_out),
		WORLD_TEST(an_orphan_whose_neighbour_is_gone_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
