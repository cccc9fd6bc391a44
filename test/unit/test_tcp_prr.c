/* Proportional Rate Reduction by itself (RFC 9937), in segments of 1,000; and the delivery rate. */
#include "unit/check.h"

#include "base/clock.h"
#include "tcp/prr.h"
#include "tcp/rate.h"

enum { SEGMENT = 1000 };

/* RFC 9937, 5: from 20 to 14 while one of 20 is missing: what leaves is to what arrives as 14 to 20. */
static void the_window_comes_down_as_fast_as_acks_come(void **state)
{
	struct prr prr = { .prior_window = 20 * SEGMENT };
	uint32_t in_flight = 18 * SEGMENT, sent = 0;
	(void)state;

	for (int ack = 0; ack < 19; ack++) {
		struct prr_ack told = { .delivered = SEGMENT, .in_flight = in_flight };
		uint32_t window = prr_window(&prr, &told, 14 * SEGMENT, SEGMENT);
		uint32_t room = (window - in_flight) / SEGMENT * SEGMENT;
		prr.out += room;
		sent += room;
		in_flight += room;
		CHECK_EQUAL(0, room % SEGMENT);
		in_flight -= SEGMENT;
	}
	assert_in_range(sent, 13 * SEGMENT, 14 * SEGMENT);
	assert_in_range(in_flight, 12 * SEGMENT, 14 * SEGMENT);
}

/* "Force a fast retransmit upon entering recovery". */
static void the_first_ack_lets_one_segment_go(void **state)
{
	struct prr prr = { .prior_window = 20 * SEGMENT };
	struct prr_ack told = { .delivered = 1, .in_flight = 19 * SEGMENT };
	(void)state;

	CHECK_EQUAL(20 * SEGMENT, prr_window(&prr, &told, 10 * SEGMENT, SEGMENT));
}

/* Where so much was lost that less is in flight than the threshold: conservation of packets, and one more for an ACK that is
 * safe. */
static void below_the_threshold_it_grows_no_faster_than_slow_start(void **state)
{
	struct prr prr = { .prior_window = 20 * SEGMENT, .out = SEGMENT };
	struct prr_ack told = { .delivered = 2 * SEGMENT, .in_flight = 4 * SEGMENT };
	(void)state;

	CHECK_EQUAL(6 * SEGMENT, prr_window(&prr, &told, 10 * SEGMENT, SEGMENT));
	prr.out += 2 * SEGMENT;
	told.safe = true;
	CHECK_EQUAL(7 * SEGMENT, prr_window(&prr, &told, 10 * SEGMENT, SEGMENT));
	prr.out += 3 * SEGMENT;
	told.delivered = 8 * SEGMENT;
	told.in_flight = 9 * SEGMENT;
	CHECK_EQUAL(10 * SEGMENT, prr_window(&prr, &told, 10 * SEGMENT, SEGMENT));
}

/* Ten segments a round trip of 100 ms. */
static void the_rate_is_what_arrives_between_sending_and_acknowledgment(void **state)
{
	struct rate rate = { 0 };
	uint64_t now = SECOND;
	(void)state;

	for (int round = 0; round < 5; round++) {
		struct rate_newest newest = { 0 }, sent = {
			.mark = rate_sent(&rate, round == 0, now),
			.sent_at = now,
			.order = (uint32_t)round,
		};
		now += 100 * MILLISECOND;
		rate_arrived(&rate, &newest, &sent);
		struct rate_sample sample =
			rate_take(&rate, &newest, 10 * SEGMENT, 100 * MILLISECOND, now);
		CHECK_EQUAL(10 * SEGMENT, sample.delivered);
		CHECK_EQUAL(100 * MILLISECOND, sample.interval_ns);
		CHECK_EQUAL(round * 10 * SEGMENT, sample.prior_delivered);
		CHECK_EQUAL(false, sample.limited);
	}
}

static void what_was_sent_for_want_of_more_is_marked_until_it_has_arrived(void **state)
{
	struct rate rate = { 0 };
	struct rate_newest none = { 0 };
	(void)state;

	rate_limited(&rate, 5 * SEGMENT);
	CHECK_EQUAL(true, rate_sent(&rate, false, SECOND).limited);
	rate_take(&rate, &none, 5 * SEGMENT, 0, SECOND);
	CHECK_EQUAL(true, rate_sent(&rate, false, SECOND).limited);
	rate_take(&rate, &none, 1, 0, SECOND);
	CHECK_EQUAL(false, rate_sent(&rate, false, SECOND).limited);
}

/* ACKs that come in a heap show no rate (section 3.3). */
static void an_interval_shorter_than_any_round_trip_is_no_sample(void **state)
{
	struct rate rate = { 0 };
	struct rate_newest newest = { .mark = rate_sent(&rate, true, SECOND), .sent_at = SECOND };
	(void)state;

	CHECK_EQUAL(0,
		    rate_take(&rate, &newest, SEGMENT, 10 * MILLISECOND, SECOND + 9 * MILLISECOND)
			    .interval_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_comes_down_as_fast_as_acks_come),
		cmocka_unit_test(the_first_ack_lets_one_segment_go),
		cmocka_unit_test(below_the_threshold_it_grows_no_faster_than_slow_start),
		cmocka_unit_test(the_rate_is_what_arrives_between_sending_and_acknowledgment),
		cmocka_unit_test(what_was_sent_for_want_of_more_is_marked_until_it_has_arrived),
		cmocka_unit_test(an_interval_shorter_than_any_round_trip_is_no_sample),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
