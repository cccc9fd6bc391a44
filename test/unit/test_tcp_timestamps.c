/* RFC 7323's timestamps: which are echoed, and PAWS (hostile row 32). */
#include "unit/tcp_world.h"

#define FIRST UINT32_C(1000000)

static void in_established_with_timestamps(struct world *world)
{
	tcp_in_syn_sent(world);
	world->timestamps = true;
	world->timestamp = FIRST;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS });
	SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
}

static enum verdict peer_says(struct world *world, uint32_t timestamp, uint32_t sequence,
			      uint32_t size)
{
	world->timestamp = timestamp;
	return PEER_SENDS(world, .flags = TCP_ACK, .sequence = sequence, .acknowledgment = 1,
			  .size = size);
}

/* RFC 7323, 5.3, R1. */
static void a_timestamp_is_old_by_less_than_half_its_space(void **state)
{
	static const struct {
		uint32_t timestamp;
		bool taken;
	} rows[] = {
		{ FIRST, true },
		{ FIRST + 1, true },
		{ FIRST - 1, false },
		{ 0, false },
		{ FIRST + 0x7fffffff, true },
		{ FIRST + 0x80000000, false },
		{ FIRST + 0x80000001, false },
	};
	struct world *world = *state;

	for (size_t index = 0; index < COUNT_OF(rows); index++) {
		in_established_with_timestamps(world);
		enum verdict verdict = peer_says(world, rows[index].timestamp, 1, 10);
		CHECK_EQUAL(rows[index].taken ? DELIVERED : DROP_PAWS, verdict);
		const struct sent *sent = SENDS(world, .flags = TCP_ACK, .sequence = 1,
						.acknowledgment = rows[index].taken ? 11 : 1);
		CHECK_EQUAL(rows[index].taken ? rows[index].timestamp : FIRST,
			    sent->header.options.timestamp_echo);
		user_reads(world, rows[index].taken ? 10 : 0);
		world_again(world);
	}
}

/* RFC 7323, 5.2: a reset is never too old; the sequence number judges it alone. */
static void a_reset_without_timestamps_still_resets(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1);
	assert_int_equal(take_error(world), ECONNRESET);
}

static void a_reset_with_an_old_timestamp_still_resets(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1,
		   .options = { .has_timestamps = true, .timestamp = FIRST - 1000 });
	assert_int_equal(take_error(world), ECONNRESET);
}

/* RFC 7323, 3.2 would drop it; Linux takes it, and so do we. */
static void a_segment_that_lost_its_timestamps_is_taken(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	world->timestamps = false;
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	user_reads(world, 10);
}

static void timestamps_that_were_not_agreed_on_are_not_looked_at(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	world->timestamps = true;
	CHECK_EQUAL(DELIVERED, peer_says(world, 5, 1, 10));
	CHECK_EQUAL(DELIVERED, peer_says(world, 4, 11, 10));
	user_reads(world, 20);
	CHECK_EQUAL(20, world->sent[world->sent_count - 1].raw_size);
}

/* RFC 7323, 4.3: the earliest segment that the ACK speaks of is the one that is echoed. */
static void a_delayed_ack_echoes_the_first_segment_it_is_about(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	set_option(world, IPPROTO_TCP, TCP_QUICKACK, 0);
	peer_says(world, FIRST + 10, 1, 1000);
	peer_says(world, FIRST + 20, 1001, 1000);
	CHECK_EQUAL(FIRST + 10,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2001)
			    ->header.options.timestamp_echo);
}

static void what_lies_behind_a_gap_is_not_echoed_until_it_closes(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	peer_says(world, FIRST + 20, 101, 100);
	CHECK_EQUAL(FIRST, SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1)
				   ->header.options.timestamp_echo);
	peer_says(world, FIRST + 30, 1, 100);
	CHECK_EQUAL(FIRST + 30, SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 201)
					->header.options.timestamp_echo);
}

/* RFC 7323, 5.5: after 24 days the clock may have turned, and what it says counts afresh. */
static void a_timestamp_of_before_a_long_silence_is_no_measure(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	world_wait(world, UINT64_C(25) * 24 * 3600 * SECOND);
	CHECK_EQUAL(DELIVERED, peer_says(world, FIRST - 1000, 1, 10));
	CHECK_EQUAL(FIRST - 1000,
		    SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 11)
			    ->header.options.timestamp_echo);
	CHECK_EQUAL(DROP_PAWS, peer_says(world, FIRST - 2000, 11, 10));
}

static void our_timestamps_count_milliseconds(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	user_writes(world, 1);
	uint32_t before = world->sent[world->sent_count - 1].header.options.timestamp;
	world_forget_sent(world);
	peer_says(world, FIRST + 1, 1, 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 2);
	world_wait(world, 12345 * MILLISECOND);
	user_writes(world, 1);
	CHECK_EQUAL(before + 12345, world->sent[world->sent_count - 1].header.options.timestamp);
}

/* RFC 7323, 3.2: a first SYN echoes nothing, whatever an earlier attempt heard. */
static void a_syn_echoes_nothing(void **state)
{
	struct world *world = *state;

	in_established_with_timestamps(world);
	PEER_SENDS(world, .flags = TCP_RST, .sequence = 1);
	struct sockaddr_in nobody = { .sin_family = AF_UNSPEC };
	assert_int_equal(berth_connect(world->host, world->descriptor, (struct sockaddr *)&nobody,
				       sizeof nobody),
			 0);
	user_connects(world);
	CHECK_EQUAL(0, SENDS(world, .flags = TCP_SYN)->header.options.timestamp_echo);
}

static void timestamps_may_wrap(void **state)
{
	struct world *world = *state;

	tcp_in_syn_sent(world);
	world->timestamps = true;
	world->timestamp = UINT32_MAX - 1;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1);
	for (uint32_t index = 0; index < 4; index++)
		CHECK_EQUAL(DELIVERED, peer_says(world, UINT32_MAX + index, 1 + index, 1));
	CHECK_EQUAL(DROP_PAWS, peer_says(world, UINT32_MAX, 5, 1));
}

/* RFC 6191: in TIME-WAIT a SYN with a later timestamp opens, whatever its number; one with an earlier
 * does not (RFC 9293, SHLD-4). */
static void in_time_wait_the_timestamp_of_a_syn_decides(void **state)
{
	struct world *world = *state;

	tcp_in_listen(world, 8);
	world->timestamps = true;
	world->timestamp = FIRST;
	peer_connects(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
	user_accepts(world);
	user_shuts(world);
	PEER_SENDS(world, .flags = TCP_FIN | TCP_ACK, .sequence = 1, .acknowledgment = 2);
	assert_int_equal(state_of(world), STATE_TIME_WAIT);
	world_forget_sent(world);

	world->timestamp = FIRST - 1;
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = 100);
	SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 2);
	world->timestamp = FIRST + 1;
	PEER_SENDS(world, .flags = TCP_SYN, .sequence = (uint32_t)-500);
	CHECK_EQUAL(TCP_SYN | TCP_ACK, world->sent[world->sent_count - 1].header.flags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_timestamp_is_old_by_less_than_half_its_space),
		WORLD_TEST(a_reset_without_timestamps_still_resets),
		WORLD_TEST(a_reset_with_an_old_timestamp_still_resets),
		WORLD_TEST(a_segment_that_lost_its_timestamps_is_taken),
		WORLD_TEST(timestamps_that_were_not_agreed_on_are_not_looked_at),
		WORLD_TEST(a_delayed_ack_echoes_the_first_segment_it_is_about),
		WORLD_TEST(what_lies_behind_a_gap_is_not_echoed_until_it_closes),
		WORLD_TEST(a_timestamp_of_before_a_long_silence_is_no_measure),
		WORLD_TEST(our_timestamps_count_milliseconds),
		WORLD_TEST(a_syn_echoes_nothing),
		WORLD_TEST(timestamps_may_wrap),
		WORLD_TEST(in_time_wait_the_timestamp_of_a_syn_decides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
