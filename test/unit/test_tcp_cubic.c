/* CUBIC (RFC 9438) by itself. */
#include "unit/congestion_path.h"

/* 4.6: beta is 0.7, and the threshold at least two segments. */
static void a_loss_leaves_seven_tenths_but_two_segments(void **state)
{
	struct path *path = *state;

	avoiding(path, 100);
	lose(path);
	CHECK_EQUAL(70, segments(path));
	CHECK_EQUAL(70 * MSS, path->congestion.threshold);
	avoiding(path, 2);
	lose(path);
	CHECK_EQUAL(2, segments(path));
}

/* 4.2: K = cbrt((1000 - 700) / 0.4) = 9.086 s. */
static void the_window_comes_back_to_where_it_was_when_the_curve_says(void **state)
{
	struct path *path = *state;
	uint32_t before_k;

	avoiding(path, 1000);
	lose(path);
	for (int round = 0; round < 45; round++) /* W(4.5 s) = 1000 - 0.4 * 4.586^3 = 961 */
		round_trip(path);
	assert_in_range(segments(path), 955, 965);
	for (int round = 45; round < 90; round++)
		round_trip(path);
	before_k = segments(path);
	assert_in_range(before_k, 995, 1001);
	for (int round = 90; round < 136; round++) /* W(13.6 s) = 1000 + 0.4 * 4.514^3 = 1037 */
		round_trip(path);
	assert_in_range(segments(path), 1030, 1045);
}

/* 4.4, 4.5: "target" is at most 1.5 of the window: one segment for two that are acknowledged. */
static void it_grows_by_no_more_than_half_in_a_round_trip(void **state)
{
	struct path *path = *state;

	avoiding(path, 1000);
	lose(path);
	round_trip(path); /* the curve begins */
	path->now += 60 * SECOND;
	uint32_t before = segments(path);
	round_trip(path);
	assert_in_range(segments(path), before + 1, before + before / 2 + 1);
}

/* 4.3: alpha is 0.53 segments a round trip below cwnd_prior, and 1 from there on. On so short a curve Reno is faster. */
static void a_small_window_grows_as_renos_would(void **state)
{
	struct path *path = *state;

	avoiding(path, 10);
	lose(path);
	CHECK_EQUAL(7, segments(path));
	path->congestion.window = 7 * MSS;
	uint64_t began = path->now;
	for (int round = 0; round < 5; round++)
		round_trip(path);
	/* W(0.5 s) = 10 - 0.4 * (1.957 - 0.5)^3 = 8.8; Reno's would be 9.7 */
	assert_in_range(segments(path), 8, 10);
	assert_true(path->now - began == 5 * ROUND);
}

static void reno_friendly_growth_is_one_a_round_trip_beyond_the_prior_window(void **state)
{
	struct path *path = *state;

	avoiding(path, 8);
	lose(path); /* 5 segments */
	for (int round = 0; round < 8; round++)
		round_trip(path);
	uint32_t before = segments(path);
	assert_true(before >= 8);
	for (int round = 0; round < 4; round++)
		round_trip(path);
	assert_true(segments(path) >= before + 3);
}

/* 4.7: W_max is (1 + 0.7) / 2 of the window. K = cbrt((595 - 490) / 0.4) = 6.4 s. */
static void a_flow_that_lost_before_it_was_back_rests_lower(void **state)
{
	struct path *path = *state;

	avoiding(path, 1000);
	lose(path);
	lose(path); /* 700 is below 1000: W_max is 595 */
	CHECK_EQUAL(490, segments(path));
	for (int round = 0; round < 64; round++)
		round_trip(path);
	assert_in_range(segments(path), 590, 597);
}

/* 4.8: no W_max is left; the curve begins where slow start ends. */
static void after_a_time_out_the_curve_begins_at_the_threshold(void **state)
{
	struct path *path = *state;

	avoiding(path, 100);
	congestion_timed_out(&path->congestion, 100 * MSS, 0, true, path->now);
	CHECK_EQUAL(1, segments(path));
	CHECK_EQUAL(70 * MSS, path->congestion.threshold);
	path->congestion.phase = PHASE_OPEN;
	for (int round = 0; round < 6; round++) /* 2, 4, 8, 16, 32, 64 */
		round_trip(path);
	CHECK_EQUAL(64, segments(path));
	round_trip(path);
	assert_in_range(segments(path), 70, 75);
	for (int round = 0; round < 5; round++)
		round_trip(path);
	assert_in_range(segments(path), 74, 95);
}

/* Linux: before the first loss slow start's end is left behind by 5 % a round trip at least. */
static void before_the_first_loss_it_grows_by_a_twentieth_at_least(void **state)
{
	struct path *path = *state;

	avoiding(path, 100);
	round_trip(path);
	round_trip(path);
	assert_in_range(segments(path), 109, 112);
}

/* 4.2: "The elapsed time MUST NOT include periods during which cwnd has not been updated due to application-limited
 * behavior". */
static void time_in_which_the_program_sends_little_does_not_count(void **state)
{
	struct path *path = *state;

	avoiding(path, 1000);
	lose(path);
	for (int round = 0; round < 20; round++)
		round_trip(path);
	uint32_t before = segments(path);
	for (int second = 0; second < 100; second++) {
		path->now += SECOND;
		acknowledge(path, MSS, false);
	}
	CHECK_EQUAL(before, segments(path));
	round_trip(path);
	assert_in_range(segments(path), before,
			before + 15); /* the curve, as if nothing had been */
}

/* Linux's CA_EVENT_TX_START. */
static void time_in_which_nothing_is_sent_does_not_count(void **state)
{
	struct path *path = *state;

	avoiding(path, 1000);
	lose(path);
	for (int round = 0; round < 20; round++)
		round_trip(path);
	uint32_t before = segments(path);
	path->now += 1000 * SECOND;
	congestion_sends_again(&path->congestion, path->now);
	round_trip(path);
	assert_in_range(segments(path), before, before + 15);
}

/* 4.9: window, threshold, W_max, K and epoch are what they were. */
static void an_undo_goes_on_along_the_old_curve(void **state)
{
	struct path *path = *state;

	avoiding(path, 1000);
	lose(path);
	for (int round = 0; round < 80; round++)
		round_trip(path);
	uint32_t before = segments(path);
	uint32_t threshold = path->congestion.threshold;
	congestion_reduce(&path->congestion, PHASE_RECOVERY, path->congestion.window, path->now);
	congestion_undo(&path->congestion, path->now);
	path->congestion.phase = PHASE_OPEN;
	CHECK_EQUAL(before, segments(path));
	assert_true(path->congestion.threshold >= threshold);
	for (int round = 80; round < 136; round++)
		round_trip(path);
	assert_in_range(segments(path), 1030, 1045);
}

/* Hostile row 39: byte counting. */
static void acks_of_single_bytes_earn_no_more_than_whole_ones(void **state)
{
	struct path *path = *state;

	for (int index = 0; index < MSS; index++)
		acknowledge(path, 1, true);
	CHECK_EQUAL(11, segments(path));
	avoiding(path, 10);
	for (int index = 0; index < 10 * MSS; index++)
		acknowledge(path, 1, true);
	assert_in_range(segments(path), 10, 11);
}

/* The largest numbers: nothing overflows, and the window stays a window. */
static void the_largest_window_and_the_longest_time_are_no_trouble(void **state)
{
	struct path *path = *state;

	path->congestion.window = path->congestion.threshold = CONGESTION_WINDOW_MOST;
	lose(path);
	CHECK_EQUAL(CONGESTION_WINDOW_MOST / 1024 * 717 / MSS, segments(path));
	acknowledge(path, MSS, true);
	path->now += UINT64_C(1) << 62;
	for (int index = 0; index < 100; index++)
		acknowledge(path, UINT32_C(1) << 28, true);
	CHECK_EQUAL(CONGESTION_WINDOW_MOST, path->congestion.window);
}

static void without_memory_it_is_newreno(void **state)
{
	struct path *path = *state;
	struct congestion second = { .control = &cubic };

	path->memory.refusals_after = 0;
	congestion_init(&second, &path->memory.allocator, MSS, path->now);
	assert_ptr_equal(second.control, &newreno);
	CHECK_EQUAL(10 * MSS, second.window);
	congestion_close(&second, &path->memory.allocator);
}

static void another_controller_takes_over_with_the_window_as_it_is(void **state)
{
	struct path *path = *state;

	avoiding(path, 20);
	congestion_use(&path->congestion, &path->memory.allocator, &newreno, path->now);
	CHECK_EQUAL(20, segments(path));
	round_trip(path);
	CHECK_EQUAL(21, segments(path));
	congestion_use(&path->congestion, &path->memory.allocator, &cubic, path->now);
	lose(path);
	CHECK_EQUAL(14, segments(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PATH_TEST(a_loss_leaves_seven_tenths_but_two_segments),
		PATH_TEST(the_window_comes_back_to_where_it_was_when_the_curve_says),
		PATH_TEST(it_grows_by_no_more_than_half_in_a_round_trip),
		PATH_TEST(a_small_window_grows_as_renos_would),
		PATH_TEST(reno_friendly_growth_is_one_a_round_trip_beyond_the_prior_window),
		PATH_TEST(a_flow_that_lost_before_it_was_back_rests_lower),
		PATH_TEST(after_a_time_out_the_curve_begins_at_the_threshold),
		PATH_TEST(before_the_first_loss_it_grows_by_a_twentieth_at_least),
		PATH_TEST(time_in_which_the_program_sends_little_does_not_count),
		PATH_TEST(time_in_which_nothing_is_sent_does_not_count),
		PATH_TEST(an_undo_goes_on_along_the_old_curve),
		PATH_TEST(acks_of_single_bytes_earn_no_more_than_whole_ones),
		PATH_TEST(the_largest_window_and_the_longest_time_are_no_trouble),
		PATH_TEST(without_memory_it_is_newreno),
		PATH_TEST(another_controller_takes_over_with_the_window_as_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
