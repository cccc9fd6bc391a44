/* The scoreboard by itself: what SACK takes apart, what is counted, what is bounded (hostile rows 28 and 29), and random
 * events beside a model that keeps a letter a byte. */
#include "unit/check.h"

#include "base/random.h"
#include "tcp/scoreboard.h"

enum { SEGMENT = 10 };
#define BASE UINT32_C(0xfffffe00) /* so that numbers wrap */

struct fixture {
	struct counted_memory memory;
	struct sendings sendings;
	struct scoreboard board;
	uint32_t delivered;
};

static int begin(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof fixture);
	counted_memory_init(&fixture.memory);
	sendings_init(&fixture.sendings, &fixture.memory.allocator);
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	scoreboard_close(&fixture->board, &fixture->sendings);
	sendings_close(&fixture->sendings);
	check_nothing_leaked(&fixture->memory);
	return 0;
}

#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* Every count is what the ranges add up to, they lie end to end, and those in flight are in order of sending. */
static void check_whole(const struct fixture *fixture)
{
	const struct scoreboard *board = &fixture->board;
	uint32_t count = 0, sacked = 0, lost = 0, again = 0, in_flight = 0, segments = 0;
	const struct sending *before = NULL;

	if (board->count == 0) {
		CHECK_EQUAL(0, board->sacked + board->lost + board->again);
		return;
	}
	LIST_EACH (node, &board->sendings) {
		const struct sending *sending = sending_of(node);
		uint32_t size = sending->end - sending->start;
		assert_true(size > 0 && (!before || before->end == sending->start));
		assert_false(before && before->sacked && sending->sacked);
		assert_false(sending->sacked && (sending->lost || sending->again));
		count++;
		sacked += sending->sacked ? size : 0;
		segments += sending->sacked ? sending->sacked_segments : 0;
		lost += sending->lost ? size : 0;
		again += sending->again ? size : 0;
		in_flight += !sending->sacked && (!sending->lost || sending->again);
		before = sending;
	}
	CHECK_EQUAL(count, board->count);
	CHECK_EQUAL(sacked, board->sacked);
	CHECK_EQUAL(segments, board->sacked_segments);
	CHECK_EQUAL(lost, board->lost);
	CHECK_EQUAL(again, board->again);
	before = NULL;
	LIST_EACH (node, &board->by_time) {
		const struct sending *sending = CONTAINER_OF(node, struct sending, by_time);
		assert_true(!before || before->sent_at <= sending->sent_at);
		before = sending;
		in_flight--;
	}
	CHECK_EQUAL(0, in_flight);
}

/* Segments first to end, at this moment. */
static void sends(struct fixture *fixture, uint32_t first, uint32_t last, uint64_t now)
{
	assert_true(scoreboard_prepare(&fixture->board, &fixture->sendings));
	scoreboard_sent(&fixture->board, &fixture->sendings,
			&(struct sending){ .start = BASE + first * SEGMENT,
					   .end = BASE + last * SEGMENT,
					   .mss = SEGMENT,
					   .sent_at = now });
	check_whole(fixture);
}

static void count_delivered(void *context, const struct sending *sending)
{
	struct fixture *fixture = context;
	fixture->delivered += sending->end - sending->start;
}

static void sack_bytes(struct fixture *fixture, uint32_t left, uint32_t right)
{
	scoreboard_sack(&fixture->board, &fixture->sendings, BASE + left, BASE + right,
			count_delivered, fixture);
	check_whole(fixture);
}

static void sack(struct fixture *fixture, uint32_t first, uint32_t last)
{
	sack_bytes(fixture, first * SEGMENT, last * SEGMENT);
}

static void acknowledge(struct fixture *fixture, uint32_t bytes)
{
	scoreboard_acknowledge(&fixture->board, &fixture->sendings, BASE + bytes, count_delivered,
			       fixture);
	check_whole(fixture);
}

static struct sending *range_at(struct fixture *fixture, uint32_t segment)
{
	LIST_EACH (node, &fixture->board.sendings) {
		if (sequence_after(sending_of(node)->end, BASE + segment * SEGMENT))
			return sending_of(node);
	}
	fail();
	return NULL;
}

static void lose(struct fixture *fixture, uint32_t segment)
{
	scoreboard_lose(&fixture->board, range_at(fixture, segment));
	check_whole(fixture);
}

static void send_waiting_again(struct fixture *fixture, uint32_t most, uint64_t now)
{
	struct sending *waiting = scoreboard_waiting(&fixture->board);
	assert_non_null(waiting);
	uint32_t start = waiting->start;
	uint32_t size = scoreboard_gather(&fixture->board, &fixture->sendings, waiting, most);
	assert_in_range(size, 1, most);
	scoreboard_sent_again(
		&fixture->board, &fixture->sendings,
		&(struct sending){
			.start = start, .end = start + size, .mss = SEGMENT, .sent_at = now });
	check_whole(fixture);
}

static void what_was_sent_in_one_go_is_one_range_until_sack_takes_it_apart(void **state)
{
	struct fixture *fixture = *state;

	sends(fixture, 0, 10, 5);
	sends(fixture, 10, 20, 5);
	CHECK_EQUAL(1, fixture->board.count);
	sends(fixture, 20, 30, 6);
	CHECK_EQUAL(2, fixture->board.count);
	sack(fixture, 5, 6);
	CHECK_EQUAL(4, fixture->board.count);
	CHECK_EQUAL(SEGMENT, fixture->board.sacked);
	sack(fixture, 6, 7); /* neighbours become one */
	CHECK_EQUAL(4, fixture->board.count);
	acknowledge(fixture, 5 * SEGMENT);
	acknowledge(fixture, 30 * SEGMENT);
	CHECK_EQUAL(0, fixture->board.count);
	CHECK_EQUAL(30 * SEGMENT, fixture->delivered); /* each byte once */
}

/* Linux does this too: it keeps a peer from making a range of each byte. */
static void sack_takes_ranges_apart_in_whole_segments_only(void **state)
{
	struct fixture *fixture = *state;

	sends(fixture, 0, 10, 5);
	for (uint32_t byte = 1; byte < 100; byte += 2)
		sack_bytes(fixture, byte, byte + 1);
	CHECK_EQUAL(1, fixture->board.count);
	CHECK_EQUAL(0, fixture->board.sacked);
	sack_bytes(fixture, 15, 45);
	CHECK_EQUAL(2 * SEGMENT, fixture->board.sacked);
	sack_bytes(fixture, 91, 100);
	CHECK_EQUAL(2 * SEGMENT, fixture->board.sacked);
}

/* Hostile row 29, SACK Panic: every second segment of a window full of them. */
static void the_number_of_ranges_is_bounded(void **state)
{
	struct fixture *fixture = *state;
	enum { SEGMENTS = 3 * SENDINGS_MOST };

	sends(fixture, 0, SEGMENTS, 5);
	for (uint32_t segment = 1; segment < SEGMENTS; segment += 2) {
		scoreboard_sack(&fixture->board, &fixture->sendings, BASE + segment * SEGMENT,
				BASE + (segment + 1) * SEGMENT, count_delivered, fixture);
		assert_in_range(fixture->board.count, 1, SENDINGS_MOST);
	}
	check_whole(fixture);
	sends(fixture, SEGMENTS, SEGMENTS + 1, 6); /* still written down */
	assert_in_range(fixture->board.count, 1, SENDINGS_MOST);
	acknowledge(fixture, (SEGMENTS + 1) * SEGMENT);
	CHECK_EQUAL(0, fixture->board.count);
	assert_in_range(fixture->memory.outstanding, 0, SENDINGS_SPARE_MOST * 200);
}

static void what_is_lost_waits_in_order_of_sequence(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t segment = 0; segment < 10; segment++)
		sends(fixture, segment, segment + 1, segment);
	lose(fixture, 7);
	lose(fixture, 2);
	CHECK_EQUAL(2 * SEGMENT, fixture->board.lost);
	CHECK_EQUAL(BASE + 2 * SEGMENT, scoreboard_waiting(&fixture->board)->start);
	send_waiting_again(fixture, SEGMENT, 20);
	CHECK_EQUAL(BASE + 7 * SEGMENT, scoreboard_waiting(&fixture->board)->start);
	send_waiting_again(fixture, SEGMENT, 20);
	assert_null(scoreboard_waiting(&fixture->board));
	CHECK_EQUAL(2 * SEGMENT, fixture->board.again);
	lose(fixture, 2); /* the retransmission too */
	CHECK_EQUAL(SEGMENT, fixture->board.again);
	CHECK_EQUAL(2 * SEGMENT, fixture->board.lost);
	CHECK_EQUAL(BASE + 2 * SEGMENT, scoreboard_waiting(&fixture->board)->start);
}

static void neighbours_that_wait_go_again_in_one_piece(void **state)
{
	struct fixture *fixture = *state;

	for (uint32_t segment = 0; segment < 10; segment++)
		sends(fixture, segment, segment + 1, segment);
	for (uint32_t segment = 2; segment < 7; segment++)
		lose(fixture, segment);
	send_waiting_again(fixture, 3 * SEGMENT + 5, 20);
	CHECK_EQUAL(3 * SEGMENT, fixture->board.again);
	CHECK_EQUAL(8, fixture->board.count);
	send_waiting_again(fixture, 100 * SEGMENT, 21);
	CHECK_EQUAL(5 * SEGMENT, fixture->board.again);
	assert_null(scoreboard_waiting(&fixture->board));
}

/* RFC 2018, 8: what was SACKed may be given up by the receiver. */
static void what_was_sacked_can_be_lost_after_all(void **state)
{
	struct fixture *fixture = *state;

	sends(fixture, 0, 10, 5);
	sack(fixture, 4, 8);
	scoreboard_renege(&fixture->board);
	check_whole(fixture);
	CHECK_EQUAL(0, fixture->board.sacked);
	lose(fixture, 4);
	CHECK_EQUAL(4 * SEGMENT, fixture->board.lost);
}

static void without_memory_nothing_is_taken_apart(void **state)
{
	struct fixture *fixture = *state;

	fixture->memory.refusals_after = 0;
	assert_false(scoreboard_prepare(&fixture->board, &fixture->sendings));
	fixture->memory.refusals_after = 1;
	sends(fixture, 0, 10, 5);
	sends(fixture, 10, 11, 6); /* joins the last */
	CHECK_EQUAL(1, fixture->board.count);
	sack(fixture, 3, 4);
	CHECK_EQUAL(0, fixture->board.sacked);
	sack(fixture, 0, 11);
	CHECK_EQUAL(11 * SEGMENT, fixture->board.sacked);
	sends(fixture, 11, 12, 7); /* and is not SACKed then */
	CHECK_EQUAL(0, fixture->board.sacked);
}

/* A letter a byte: what the scoreboard should believe of it. */
struct model {
	char bytes[1 << 14];
	uint32_t una, nxt;
};

static void check_model(const struct fixture *fixture, const struct model *model)
{
	check_whole(fixture);
	if (fixture->board.count == 0) {
		CHECK_EQUAL(model->una, model->nxt);
		return;
	}
	LIST_EACH (node, &fixture->board.sendings) {
		const struct sending *sending = sending_of(node);
		char believed = sending->sacked                   ? 's'
				: sending->lost && sending->again ? 'a'
				: sending->lost                   ? 'l'
								  : 'o';
		for (uint32_t at = sending->start - BASE; at < sending->end - BASE; at++)
			assert_int_equal(model->bytes[at], believed);
	}
	CHECK_EQUAL(BASE + model->una, sending_of(fixture->board.sendings.next)->start);
	CHECK_EQUAL(BASE + model->nxt, sending_of(fixture->board.sendings.previous)->end);
}

/* One event, in whole segments, so that the model needs not know how ranges are cut. */
static void play(struct fixture *fixture, struct model *model, struct random *random, uint64_t now)
{
	uint32_t una = model->una / SEGMENT, nxt = model->nxt / SEGMENT;
	uint32_t first = una + (nxt > una ? random_below(random, nxt - una) : 0);
	uint32_t last = first + (nxt > first ? 1 + random_below(random, nxt - first) : 0);

	switch (random_below(random, 6)) {
	case 0:
	case 1:
		last = nxt + 1 + random_below(random, 8);
		if (last * SEGMENT > sizeof model->bytes)
			return;
		sends(fixture, nxt, last, now);
		memset(model->bytes + model->nxt, 'o', last * SEGMENT - model->nxt);
		model->nxt = last * SEGMENT;
		return;
	case 2:
		sack(fixture, first, last);
		memset(model->bytes + first * SEGMENT, 's', (last - first) * SEGMENT);
		return;
	case 3: {
		if (nxt == una)
			return;
		struct sending *sending = range_at(fixture, first);
		if (!sending->sacked)
			memset(model->bytes + (sending->start - BASE), 'l',
			       sending->end - sending->start);
		scoreboard_lose(&fixture->board, sending);
		return;
	}
	case 4: {
		struct sending *waiting = scoreboard_waiting(&fixture->board);
		if (!waiting)
			return;
		uint32_t start = waiting->start - BASE;
		send_waiting_again(fixture, SEGMENT * (1 + random_below(random, 4)), now);
		struct sending *again = range_at(fixture, start / SEGMENT);
		memset(model->bytes + start, 'a', again->end - again->start);
		return;
	}
	default:
		if (random_below(random, 3) > 0 || nxt == una)
			return;
		acknowledge(fixture, last * SEGMENT);
		model->una = last * SEGMENT;
	}
}

static void random_events_leave_what_the_model_says(void **state)
{
	struct fixture *fixture = *state;
	static struct model model;

	for (uint8_t seed = 0; seed < 100; seed++) {
		struct random random;
		random_init(&random, (uint8_t[16]){ seed }, 0);
		model = (struct model){ 0 };
		for (uint64_t now = 1; now < 400; now++) {
			play(fixture, &model, &random, now);
			check_model(fixture, &model);
		}
		scoreboard_close(&fixture->board, &fixture->sendings);
		check_whole(fixture);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(what_was_sent_in_one_go_is_one_range_until_sack_takes_it_apart),
		FIXTURE_TEST(sack_takes_ranges_apart_in_whole_segments_only),
		FIXTURE_TEST(the_number_of_ranges_is_bounded),
		FIXTURE_TEST(what_is_lost_waits_in_order_of_sequence),
		FIXTURE_TEST(neighbours_that_wait_go_again_in_one_piece),
		FIXTURE_TEST(what_was_sacked_can_be_lost_after_all),
		FIXTURE_TEST(without_memory_nothing_is_taken_apart),
		FIXTURE_TEST(random_events_leave_what_the_model_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
