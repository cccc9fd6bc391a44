/* What our ACKs say of what came early (RFC 2018) and of what came twice (RFC 2883), byte for byte as Linux says it. */
#include "unit/tcp_world.h"

enum { PIECE = 100 };

static void in_established_with_sack(struct world *world, bool timestamps)
{
	tcp_in_syn_sent(world);
	world->timestamps = timestamps;
	world->timestamp = 7;
	PEER_SENDS(world, .flags = TCP_SYN | TCP_ACK, .acknowledgment = 1,
		   .options = { .has_mss = true, .mss = MSS, .has_sack_permitted = true });
	world_forget_sent(world);
}

/* The peer sends the number-th piece of 100 bytes; what the ACK says then, in pieces: left and right of each block. */
static void check_told(struct world *world, uint32_t acknowledged, uint32_t count,
		       const uint32_t (*blocks)[2])
{
	const struct sent *sent = SENDS(world, .flags = TCP_ACK, .sequence = 1,
					.acknowledgment = 1 + acknowledged * PIECE);
	const struct tcp_options *options = &sent->header.options;

	expect_silence(world);
	CHECK_EQUAL(count, options->sack_count);
	for (uint32_t index = 0; index < count; index++) {
		CHECK_EQUAL(1 + blocks[index][0] * PIECE,
			    options->sack[index].left - world->peer_isn);
		CHECK_EQUAL(1 + blocks[index][1] * PIECE,
			    options->sack[index].right - world->peer_isn);
	}
}

static void peer_sends_pieces(struct world *world, uint32_t first, uint32_t end)
{
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + first * PIECE, .acknowledgment = 1,
		   .size = (end - first) * PIECE);
}

#define TELLS(world, acknowledged, ...)                                                            \
	check_told(world, acknowledged,                                                            \
		   sizeof((uint32_t[][2]){ __VA_ARGS__ }) / sizeof(uint32_t[2]),                   \
		   (const uint32_t[][2]){ __VA_ARGS__ })
#define TELLS_NOTHING(world, acknowledged) check_told(world, acknowledged, 0, NULL)

/* RFC 2018, 4: "The first SACK block MUST specify the contiguous block of data containing the segment which triggered this
 * ACK"; then those reported last. */
static void the_block_that_was_added_to_last_comes_first(void **state)
{
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_sends_pieces(world, 1, 2);
	TELLS(world, 0, { 1, 2 });
	peer_sends_pieces(world, 3, 4);
	TELLS(world, 0, { 3, 4 }, { 1, 2 });
	peer_sends_pieces(world, 5, 6);
	TELLS(world, 0, { 5, 6 }, { 3, 4 }, { 1, 2 });
	peer_sends_pieces(world, 4, 5);
	TELLS(world, 0, { 3, 6 }, { 1, 2 });
	peer_sends_pieces(world, 0, 1);
	TELLS(world, 2, { 3, 6 });
	peer_sends_pieces(world, 2, 3);
	TELLS_NOTHING(world, 6);
}

/* The peer's FIN behind its number-th piece, alone or with that piece. */
static void peer_ends(struct world *world, uint32_t piece, bool alone)
{
	PEER_SENDS(world, .flags = TCP_ACK | TCP_FIN, .sequence = 1 + piece * PIECE + alone * PIECE,
		   .acknowledgment = 1, .size = alone ? 0 : PIECE);
}

/* The blocks that the last ACK told, in bytes from the peer's first. */
static void check_bytes_told(struct world *world, uint32_t count, const uint32_t (*blocks)[2])
{
	const struct tcp_options *options =
		&SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1)->header.options;

	CHECK_EQUAL(count, options->sack_count);
	for (uint32_t index = 0; index < count; index++) {
		CHECK_EQUAL(1 + blocks[index][0], options->sack[index].left - world->peer_isn);
		CHECK_EQUAL(1 + blocks[index][1], options->sack[index].right - world->peer_isn);
	}
}

/* It has a number (RFC 9293, 3.4), and so is told of as text is. */
static void a_fin_that_came_early_is_told_of(void **state)
{
	static const uint32_t with_text[][2] = { { 300, 401 } };
	static const uint32_t alone[][2] = { { 400, 401 } };
	static const uint32_t after_a_run[][2] = { { 400, 401 }, { 100, 200 } };
	static const uint32_t before_a_run[][2] = { { 100, 200 }, { 400, 401 } };
	static const uint32_t joined[][2] = { { 300, 401 }, { 100, 200 } };
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_ends(world, 3, false);
	check_bytes_told(world, 1, with_text);

	world_again(world);
	in_established_with_sack(world, false);
	peer_ends(world, 3, true);
	check_bytes_told(world, 1, alone);
	peer_sends_pieces(world, 1, 2);
	check_bytes_told(world, 2, before_a_run);
	peer_sends_pieces(world, 3, 4);
	check_bytes_told(world, 2, joined);
	peer_sends_pieces(world, 0, 1);
	world_forget_sent(world);
	peer_sends_pieces(world, 2, 3);
	const struct sent *sent =
		SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 402);
	CHECK_EQUAL(0, sent->header.options.sack_count);

	world_again(world);
	in_established_with_sack(world, false);
	peer_sends_pieces(world, 1, 2);
	world_forget_sent(world);
	peer_ends(world, 3, true);
	check_bytes_told(world, 2, after_a_run);
}

/* RFC 2018, 3: four blocks without timestamps, three with. */
static void as_many_blocks_are_told_as_there_is_room_for(void **state)
{
	struct world *world = *state;

	for (int timestamps = 0; timestamps < 2; timestamps++) {
		in_established_with_sack(world, timestamps);
		for (uint32_t piece = 1; piece < 13; piece += 2)
			peer_sends_pieces(world, piece, piece + 1);
		world->expected = world->sent_count - 1;
		if (timestamps)
			TELLS(world, 0, { 11, 12 }, { 9, 10 }, { 7, 8 });
		else
			TELLS(world, 0, { 11, 12 }, { 9, 10 }, { 7, 8 }, { 5, 6 });
		world_again(world);
	}
}

/* Two nops, kind 5, length: behind the timestamps where there are any. */
static void the_option_lies_behind_two_nops(void **state)
{
	static const uint8_t one_block[] = { 1, 1, 5, 10, 0x20, 0, 0, 101, 0x20, 0, 0, 201 };
	struct world *world = *state;

	for (int timestamps = 0; timestamps < 2; timestamps++) {
		in_established_with_sack(world, timestamps);
		peer_sends_pieces(world, 1, 2);
		const struct sent *sent =
			SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1);
		size_t before = timestamps ? 32 : 20;
		CHECK_EQUAL(before + sizeof one_block, sent->raw_size);
		assert_memory_equal(sent->raw + before, one_block, sizeof one_block);
		world_again(world);
	}
}

/* RFC 2018, 2: "MUST NOT be sent" by who was not allowed to. */
static void nothing_is_told_to_who_did_not_permit_it(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_sends_pieces(world, 1, 2);
	TELLS_NOTHING(world, 0);
	peer_sends_pieces(world, 1, 2);
	TELLS_NOTHING(world, 0);
}

static void nothing_is_offered_where_the_host_has_it_off(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.sack = false;
	user_opens(world);
	user_connects(world);
	CHECK_EQUAL(false, SENDS(world, .flags = TCP_SYN)->header.options.has_sack_permitted);
}

/* RFC 2883, 4.1.1: what lies below the cumulative acknowledgment. */
static void an_old_segment_is_told_as_a_duplicate(void **state)
{
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_sends_pieces(world, 0, 3);
	TELLS_NOTHING(world, 3);
	peer_sends_pieces(world, 0, 1);
	TELLS(world, 3, { 0, 1 });
	peer_sends_pieces(world, 3, 4);
	TELLS_NOTHING(world, 4); /* once: RFC 2883, 4, rule 1 */
}

/* RFC 2883, 4.2.1: above it, and the block that it lies in follows. */
static void a_duplicate_of_what_came_early_is_told_ahead_of_its_block(void **state)
{
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_sends_pieces(world, 1, 4);
	TELLS(world, 0, { 1, 4 });
	peer_sends_pieces(world, 6, 7);
	TELLS(world, 0, { 6, 7 }, { 1, 4 });
	peer_sends_pieces(world, 2, 3);
	TELLS(world, 0, { 2, 3 }, { 1, 4 }, { 6, 7 });
}

/* RFC 2883, 4.3: only what was there of it. */
static void of_a_segment_that_was_here_in_part_that_part_is_told(void **state)
{
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_sends_pieces(world, 2, 4);
	TELLS(world, 0, { 2, 4 });
	peer_sends_pieces(world, 3, 6);
	TELLS(world, 0, { 3, 4 }, { 2, 6 });
	peer_sends_pieces(world, 1, 3);
	TELLS(world, 0, { 2, 3 }, { 1, 6 });
	peer_sends_pieces(world, 0, 2);
	TELLS(world, 6, { 1, 2 });
}

static void no_duplicate_is_told_where_the_host_has_it_off(void **state)
{
	struct world *world = *state;

	world->host->tcp.tunables.dsack = false;
	in_established_with_sack(world, false);
	peer_sends_pieces(world, 0, 3);
	TELLS_NOTHING(world, 3);
	peer_sends_pieces(world, 0, 1);
	TELLS_NOTHING(world, 3);
}

/* RFC 6691: what the option takes is taken off the text. */
static void a_segment_with_text_and_blocks_is_no_longer_than_one_without(void **state)
{
	struct world *world = *state;

	in_established_with_sack(world, false);
	peer_sends_pieces(world, 1, 2);
	TELLS(world, 0, { 1, 2 });
	user_writes(world, MSS);
	const struct sent *sent = SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1,
					.size = MSS - 12);
	CHECK_EQUAL(1, sent->header.options.sack_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_block_that_was_added_to_last_comes_first),
		WORLD_TEST(a_fin_that_came_early_is_told_of),
		WORLD_TEST(as_many_blocks_are_told_as_there_is_room_for),
		WORLD_TEST(the_option_lies_behind_two_nops),
		WORLD_TEST(nothing_is_told_to_who_did_not_permit_it),
		WORLD_TEST(nothing_is_offered_where_the_host_has_it_off),
		WORLD_TEST(an_old_segment_is_told_as_a_duplicate),
		WORLD_TEST(a_duplicate_of_what_came_early_is_told_ahead_of_its_block),
		WORLD_TEST(of_a_segment_that_was_here_in_part_that_part_is_told),
		WORLD_TEST(no_duplicate_is_told_where_the_host_has_it_off),
		WORLD_TEST(a_segment_with_text_and_blocks_is_no_longer_than_one_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
