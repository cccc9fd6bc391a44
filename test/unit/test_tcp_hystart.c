/* HyStart++ (RFC 9406), in the slow start of CUBIC. */
#include "unit/congestion_path.h"

static void while_round_trips_stay_the_window_doubles(void **state)
{
	struct path *path = *state;

	for (int round = 0; round < 5; round++)
		round_trip(path);
	CHECK_EQUAL(320, segments(path));
}

/* 4.2: lastRoundMinRTT / 8 longer, but not less than 4 ms nor more than 16: then a quarter of the pace. */
static void a_longer_round_trip_makes_the_window_grow_at_a_quarter(void **state)
{
	static const struct {
		uint64_t before_ms, enough_ms;
	} rows[] = { { 8, 4 }, { 32, 4 }, { 80, 10 }, { 128, 16 }, { 1000, 16 } };

	for (size_t row = 0; row < COUNT_OF(rows); row++) {
		for (int enough = 0; enough < 2; enough++) {
			struct path *path = *state;
			path->rtt = rows[row].before_ms * MILLISECOND;
			round_trip(path);
			CHECK_EQUAL(20, segments(path));
			path->rtt += rows[row].enough_ms * MILLISECOND - !enough;
			round_trip(path);
			/* The eighth sample says it; thirteen ACKs of 20 are left then, itself one of them. */
			CHECK_EQUAL(enough ? 20 + 7 + 13 / 4 : 40, segments(path));
			path_end(state);
			path_begin(state);
		}
	}
}

/* 4.2: N_RTT_SAMPLE. */
static void seven_samples_are_too_few_to_tell(void **state)
{
	struct path *path = *state;

	round_trip(path);
	path->rtt *= 2;
	for (int ack = 0; ack < 7; ack++)
		acknowledge(path, MSS, true);
	CHECK_EQUAL(27, segments(path));
	for (int ack = 0; ack < 4; ack++)
		acknowledge(path, MSS, true);
	CHECK_EQUAL(28, segments(path));
}

/* 4.2: CSS_ROUNDS, of which the one it began in is the first. */
static void after_five_rounds_of_it_slow_start_is_over(void **state)
{
	struct path *path = *state;

	round_trip(path);
	path->rtt *= 2;
	int rounds = 0;
	while (path->congestion.threshold == CONGESTION_WINDOW_MOST) {
		round_trip(path);
		assert_true(++rounds < 10);
	}
	assert_in_range(rounds, 5, 6);
	assert_in_range(path->congestion.threshold, 40 * MSS, path->congestion.window);
}

/* 4.2: below the baseline again: it was none. */
static void round_trips_that_get_short_again_let_it_double_again(void **state)
{
	struct path *path = *state;

	round_trip(path);
	path->rtt *= 2;
	round_trip(path);
	path->rtt /= 2;
	round_trip(path);
	uint32_t before = segments(path);
	round_trip(path);
	CHECK_EQUAL(2 * before, segments(path));
}

/* 4.3: only the first slow start is so. */
static void after_a_loss_slow_start_is_the_plain_one(void **state)
{
	struct path *path = *state;

	avoiding(path, 100);
	congestion_timed_out(&path->congestion, 100 * MSS, 0, true, path->now);
	path->congestion.phase = PHASE_OPEN;
	for (int round = 0; round < 6; round++) {
		round_trip(path);
		path->rtt *= 2;
	}
	CHECK_EQUAL(64, segments(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PATH_TEST(while_round_trips_stay_the_window_doubles),
		PATH_TEST(a_longer_round_trip_makes_the_window_grow_at_a_quarter),
		PATH_TEST(seven_samples_are_too_few_to_tell),
		PATH_TEST(after_five_rounds_of_it_slow_start_is_over),
		PATH_TEST(round_trips_that_get_short_again_let_it_double_again),
		PATH_TEST(after_a_loss_slow_start_is_the_plain_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
