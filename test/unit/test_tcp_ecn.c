/* ECN: RFC 3168's rules for TCP, with Linux's choices (net.ipv4.tcp_ecn). */
#include "unit/tcp_world.h"

enum { ASKS = TCP_SYN | TCP_ECE | TCP_CWR, AGREES = TCP_SYN | TCP_ACK | TCP_ECE };

static const struct tcp_options mss_only = { .has_mss = true, .mss = MSS };

static struct congestion *window_of(const struct world *world)
{
	return &the_connection(world)->congestion;
}

/* We have asked, and the peer has agreed. */
static void with_ecn(struct world *world)
{
	world->host->tcp.tunables.ecn = ECN_ASK;
	user_opens(world);
	user_connects(world);
	CHECK_EQUAL(ECN_NOT_CAPABLE, SENDS(world, .flags = ASKS)->tos);
	PEER_SENDS(world, .flags = AGREES, .acknowledgment = 1, .options = mss_only);
	CHECK_EQUAL(ECN_NOT_CAPABLE,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1)->tos);
}

static void peer_says(struct world *world, uint8_t flags, uint32_t acknowledgment)
{
	PEER_SENDS(world, .flags = TCP_ACK | flags, .sequence = 1,
		   .acknowledgment = acknowledgment);
}

/* A byte that the peer sends, in a packet of this mark. */
static void peer_writes(struct world *world, uint32_t sequence, uint8_t flags, uint8_t tos)
{
	PEER_SENDS(world, .flags = TCP_ACK | flags, .sequence = sequence, .acknowledgment = 1,
		   .size = 1, .tos = tos);
}

static void by_default_we_do_not_ask(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_writes(world, MSS);
	CHECK_EQUAL(ECN_NOT_CAPABLE,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS)
			    ->tos);
}

/* 6.1.1: an answer that sets both, or neither, has not understood. */
static void only_ece_alone_agrees(void **state)
{
	static const struct {
		uint8_t flags;
		bool agreed;
	} rows[] = {
		{ 0, false }, { TCP_ECE, true }, { TCP_CWR, false }, { TCP_ECE | TCP_CWR, false }
	};

	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct world *world = *state;
		world->host->tcp.tunables.ecn = ECN_ASK;
		user_opens(world);
		user_connects(world);
		SENDS(world, .flags = ASKS);
		PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK | rows[row].flags, .acknowledgment = 1,
			   .options = mss_only);
		CHECK_EQUAL(rows[row].agreed, the_connection(world)->ecn.agreed);
		world_again(world);
	}
}

static void who_has_not_asked_is_not_agreed_with(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	PEER_SENDS(world, .flags = AGREES, .acknowledgment = 1, .options = mss_only);
	CHECK_EQUAL(false, the_connection(world)->ecn.agreed);
}

/* 6.1.1; tcp_ecn of 0, 1, 2. A SYN that is marked itself comes through a network that marks anything. */
static void a_listener_agrees_where_it_is_asked(void **state)
{
	static const struct {
		uint8_t setting, flags, tos;
		bool agreed;
	} rows[] = {
		{ ECN_ANSWER, ASKS, 0, true },
		{ ECN_ASK, ASKS, 0, true },
		{ ECN_OFF, ASKS, 0, false },
		{ ECN_ANSWER, TCP_SYN, 0, false },
		{ ECN_ANSWER, TCP_SYN | TCP_ECE, 0, false },
		{ ECN_ANSWER, TCP_SYN | TCP_CWR, 0, false },
		{ ECN_ANSWER, ASKS, ECN_MARKED, false },
		{ ECN_ANSWER, ASKS, ECN_CAPABLE, false },
	};

	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		struct world *world = *state;
		world->host->tcp.tunables.ecn = rows[row].setting;
		tcp_in_listen(world, 8);
		PEER_SENDS(world, .flags = rows[row].flags, .tos = rows[row].tos,
			   .options = mss_only);
		world_settle(world);
		CHECK_EQUAL(1, world->sent_count);
		CHECK_EQUAL(rows[row].agreed ? AGREES : TCP_SYN | TCP_ACK,
			    world->sent[0].header.flags);
		CHECK_EQUAL(ECN_NOT_CAPABLE, world->sent[0].tos);
		world_again(world);
	}
}

/* 6.1.1.1; tcp_ecn_fallback. */
static void a_syn_that_goes_again_does_not_ask(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.ecn = ECN_ASK;
	user_opens(world);
	user_connects(world);
	SENDS(world, .flags = ASKS);
	world_until_sent(world);
	SENDS(world, .flags = TCP_SYN);
	world->host->tcp.tunables.ecn_fallback = false;
	world_until_sent(world);
	SENDS(world, .flags = ASKS);
}

/* 6.1.2, 6.1.4, 6.1.5. */
static void only_new_data_is_marked_as_capable(void **state)
{
	struct world *world = *state;

	with_ecn(world);
	user_writes(world, MSS);
	CHECK_EQUAL(ECN_CAPABLE,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS)
			    ->tos);
	world_until_sent(world); /* again */
	CHECK_EQUAL(ECN_NOT_CAPABLE,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = MSS)
			    ->tos);
	peer_says(world, 0, 1 + MSS);
	user_shuts(world);
	CHECK_EQUAL(ECN_NOT_CAPABLE, SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1 + MSS,
					   .acknowledgment = 1)
					     ->tos);
}

/* 6.1.3: CE is echoed by every ACK until CWR. */
static void what_was_marked_is_echoed_until_the_sender_has_heard(void **state)
{
	struct world *world = *state;

	with_ecn(world);
	peer_writes(world, 1, 0, ECN_CAPABLE);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	peer_writes(world, 2, 0, ECN_MARKED);
	SENDS(world, .flags = TCP_ACK | TCP_ECE, .sequence = 1, .acknowledgment = 3);
	peer_writes(world, 3, 0, ECN_CAPABLE);
	SENDS(world, .flags = TCP_ACK | TCP_ECE, .sequence = 1, .acknowledgment = 4);
	user_writes(world, 10);
	SENDS(world, .flags = TCP_ACK | TCP_ECE, .sequence = 1, .acknowledgment = 4, .size = 10);
	peer_writes(world, 4, TCP_CWR, ECN_CAPABLE);
	SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 5);
}

/* 6.1.3: a mark that comes with the CWR is a new one. */
static void a_mark_on_the_cwr_itself_is_echoed(void **state)
{
	struct world *world = *state;

	with_ecn(world);
	peer_writes(world, 1, 0, ECN_MARKED);
	SENDS(world, .flags = TCP_ACK | TCP_ECE, .sequence = 1, .acknowledgment = 2);
	peer_writes(world, 2, TCP_CWR, ECN_MARKED);
	SENDS(world, .flags = TCP_ACK | TCP_ECE, .sequence = 1, .acknowledgment = 3);
}

static void a_mark_without_an_agreement_is_nothing(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_writes(world, 1, 0, ECN_MARKED);
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	user_writes(world, 4 * MSS);
	world_forget_sent(world);
	peer_says(world, TCP_ECE, 1 + MSS);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
}

/* 6.1.2: as for a loss, but nothing goes again; CWR says so, once, on new data. */
static void an_echo_brings_the_window_down_once_a_round_trip(void **state)
{
	struct world *world = *state;

	with_ecn(world);
	user_writes(world, 40 * MSS);
	world_forget_sent(world); /* 10 segments */
	for (uint32_t index = 1; index <= 10; index++)
		peer_says(world, TCP_ECE, 1 + index * MSS);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
	assert_true(world->sent_count > 0);
	for (int index = 0; index < world->sent_count; index++) {
		const struct sent *sent = &world->sent[index];
		CHECK_EQUAL(index == 0 ? TCP_CWR : 0, sent->header.flags & TCP_CWR);
		CHECK_EQUAL(ECN_CAPABLE, sent->tos);
		assert_true(sent->header.sequence - world->my_isn > 10 * MSS);
	}
	CHECK_EQUAL(PHASE_REDUCING, window_of(world)->phase);
	peer_says(world, 0, 1 + 11 * MSS);
	CHECK_EQUAL(PHASE_OPEN, window_of(world)->phase);
	CHECK_EQUAL(5 * MSS, window_of(world)->threshold);
	assert_in_range(window_of(world)->window, 5 * MSS, 6 * MSS);
}

static void cubic_keeps_seven_tenths_of_it(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.congestion_control = &cubic;
	with_ecn(world);
	user_writes(world, 20 * MSS);
	peer_says(world, TCP_ECE, 1 + MSS);
	CHECK_EQUAL(7 * MSS, window_of(world)->threshold);
}

/* 6.1.2: a loss is told too. */
static void a_time_out_is_announced_by_cwr(void **state)
{
	struct world *world = *state;

	with_ecn(world);
	user_writes(world, MSS);
	world_forget_sent(world);
	world_until_sent(world);
	world_forget_sent(world);
	peer_says(world, 0, 1 + MSS);
	user_writes(world, 2 * MSS);
	SENDS(world, .flags = TCP_ACK | TCP_CWR, .sequence = 1 + MSS, .acknowledgment = 1,
	      .size = MSS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(by_default_we_do_not_ask),
		WORLD_TEST(only_ece_alone_agrees),
		WORLD_TEST(who_has_not_asked_is_not_agreed_with),
		WORLD_TEST(a_listener_agrees_where_it_is_asked),
		WORLD_TEST(a_syn_that_goes_again_does_not_ask),
		WORLD_TEST(only_new_data_is_marked_as_capable),
		WORLD_TEST(what_was_marked_is_echoed_until_the_sender_has_heard),
		WORLD_TEST(a_mark_on_the_cwr_itself_is_echoed),
		WORLD_TEST(a_mark_without_an_agreement_is_nothing),
		WORLD_TEST(an_echo_brings_the_window_down_once_a_round_trip),
		WORLD_TEST(cubic_keeps_seven_tenths_of_it),
		WORLD_TEST(a_time_out_is_announced_by_cwr),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
