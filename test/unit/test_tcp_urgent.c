/* Urgent data (RFC 9293, MUST-30 to MUST-33 and MUST-62; RFC 6093; hostile row 33): what MSG_OOB sends, what a pointer of
 * any value makes of the stream, and what the user sees of it. */
#include "unit/tcp_world.h"

#include <sys/socket.h>

static void user_urges(struct world *world, const void *bytes, size_t size)
{
	assert_int_equal(berth_send(world->host, world->descriptor, bytes, size, MSG_OOB), size);
	world_settle(world);
}

/* The host sends so many bytes with this pointer, or, at 0, without URG. */
static void sends_urgent(struct world *world, uint32_t sequence, uint32_t size, uint16_t pointer)
{
	world_settle(world);
	assert_true(world->expected < world->sent_count);
	const struct sent *sent = &world->sent[world->expected++];
	CHECK_EQUAL(sequence, sent->header.sequence - world->my_isn);
	CHECK_EQUAL(size, sent->size);
	CHECK_EQUAL(pointer != 0, !!(sent->header.flags & TCP_URG));
	CHECK_EQUAL(pointer, sent->header.urgent);
}

static void acknowledges(struct world *world, uint32_t acknowledgment)
{
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = acknowledgment);
}

static void peer_urges(struct world *world, uint32_t sequence, uint32_t size, uint16_t pointer)
{
	PEER_SENDS(world, .flags = TCP_ACK | TCP_URG, .sequence = sequence, .acknowledgment = 1,
		   .size = size, .urgent = pointer);
}

static void check_received(struct world *world, int flags, ssize_t expected, uint32_t at)
{
	uint8_t bytes[200] = { 0 };

	assert_int_equal(berth_recv(world->host, world->descriptor, bytes, sizeof bytes, flags),
			 expected);
	for (ssize_t index = 0; index < expected; index++)
		assert_int_equal(bytes[index], pattern_at(at + (uint32_t)index));
}

static int bits_of(const struct world *world)
{
	return berth_poll(world->host, world->descriptor) & (POLLIN | POLLPRI);
}

/* MUST-62 in Linux's reading: the pointer is of the byte behind the last urgent one. */
static void the_pointer_sent_is_of_the_byte_behind(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	user_urges(world, "x", 1);
	sends_urgent(world, 1, 1, 1);
	acknowledges(world, 2);
	user_urges(world, "five!", 5);
	sends_urgent(world, 2, 5, 5);
	acknowledges(world, 7);
	assert_int_equal(berth_send(world->host, world->descriptor, "no", 2, 0), 2);
	sends_urgent(world, 7, 2, 0);
}

/* Nagle does not hold it, and until it is acknowledged each segment before its end points to it. */
static void urgent_data_goes_at_once_and_again_with_its_pointer(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	assert_int_equal(berth_send(world->host, world->descriptor, "ab", 2, 0), 2);
	sends_urgent(world, 1, 2, 0);
	user_urges(world, "c", 1);
	sends_urgent(world, 3, 1, 1);
	world_until_sent(world);
	world->expected = world->sent_count;
	const struct tcp_header *again = &world->sent[world->sent_count - 1].header;
	assert_true(again->flags & TCP_URG);
	CHECK_EQUAL(4, again->sequence - world->my_isn + again->urgent);
}

/* MUST-31: of any length; what the field cannot reach is said later. */
static void urgent_data_of_many_segments_points_to_one_end(void **state)
{
	struct world *world = *state;
	static uint8_t bytes[5 * MSS + 10];

	tcp_in_established(world);
	user_urges(world, bytes, sizeof bytes);
	for (uint32_t at = 0; at < 5; at++)
		sends_urgent(world, 1 + at * MSS, MSS, (uint16_t)(sizeof bytes - at * MSS));
	sends_urgent(world, 1 + 5 * MSS, 10, 10);
}

/* RFC 9293, 3.8.6.1: a closed window keeps the data, not the news of it. */
static void a_closed_window_is_probed_with_the_pointer(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .has_window = true);
	user_urges(world, "x", 1);
	world_until_sent(world);
	sends_urgent(world, 1, 0, 1);
	sends_urgent(world, 0, 0, 2);
}

/* MUST-32, MUST-33. */
static void the_user_is_told_and_takes_the_byte_out_of_line(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	check_received(world, MSG_OOB, -EINVAL, 0);
	peer_urges(world, 1, 10, 5);
	CHECK_EQUAL(POLLIN | POLLPRI, bits_of(world));
	CHECK_EQUAL(0, berth_at_mark(world->host, world->descriptor));
	check_received(world, MSG_OOB | MSG_PEEK, 1, 5);
	check_received(world, MSG_OOB, 1, 5);
	check_received(world, MSG_OOB, -EINVAL, 0);
	CHECK_EQUAL(POLLIN, bits_of(world));
	check_received(world, MSG_PEEK, 4, 1);
	check_received(world, 0, 4, 1);
	CHECK_EQUAL(1, berth_at_mark(world->host, world->descriptor));
	check_received(world, MSG_PEEK, 5, 6);
	check_received(world, 0, 5, 6);
	CHECK_EQUAL(0, berth_at_mark(world->host, world->descriptor));
	check_received(world, 0, -EAGAIN, 0);
}

static void in_line_the_byte_stays_and_the_mark_still_stops(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	set_option(world, SOL_SOCKET, SO_OOBINLINE, 1);
	peer_urges(world, 1, 10, 5);
	CHECK_EQUAL(POLLIN | POLLPRI, bits_of(world));
	check_received(world, MSG_OOB, -EINVAL, 0);
	check_received(world, 0, 4, 1);
	CHECK_EQUAL(1, berth_at_mark(world->host, world->descriptor));
	check_received(world, 0, 6, 5);
	CHECK_EQUAL(0, bits_of(world));
}

static void a_byte_announced_and_not_here_is_waited_for(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_urges(world, 1, 10, 15);
	CHECK_EQUAL(POLLIN, bits_of(world));
	check_received(world, MSG_OOB, -EAGAIN, 0);
	check_received(world, 0, 10, 1);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 11, .acknowledgment = 1, .size = 5);
	CHECK_EQUAL(POLLIN | POLLPRI, bits_of(world));
	check_received(world, MSG_OOB, 1, 15);
	check_received(world, 0, 4, 11);
	check_received(world, 0, -EAGAIN, 0);
	CHECK_EQUAL(0, the_connection(world)->receive.size);
}

/* One alone is nothing to read in line (Linux's tcp_poll). */
static void a_single_urgent_byte_is_no_data(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_urges(world, 1, 1, 1);
	CHECK_EQUAL(POLLPRI, bits_of(world));
	check_received(world, MSG_PEEK, -EAGAIN, 0);
	check_received(world, MSG_OOB, 1, 1);
	check_received(world, 0, -EAGAIN, 0);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 2, .acknowledgment = 1, .size = 9);
	check_received(world, 0, 9, 2);
}

static void reading_past_an_urgent_byte_forgets_it(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_urges(world, 1, 10, 1);
	check_received(world, 0, 9, 2);
	CHECK_EQUAL(0, bits_of(world));
	check_received(world, MSG_OOB, -EINVAL, 0);
}

/* RFC 9293, 3.10.7.4: it moves forward only. The one before becomes a byte like any other, unless it is read next. */
static void a_pointer_moves_forward_only(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_urges(world, 1, 10, 5);
	peer_urges(world, 11, 10, 5);
	PEER_SENDS(world, .flags = TCP_ACK | TCP_URG, .sequence = 21, .acknowledgment = 1,
		   .size = 10);
	check_received(world, MSG_OOB, 1, 21);
	peer_urges(world, 1, 10, 9); /* an old one again */
	check_received(world, MSG_OOB, -EINVAL, 0);
	check_received(world, 0, 20, 1);
	peer_urges(world, 31, 10, 10);
	check_received(world, 0, 18, 22);
	check_received(world, MSG_OOB, 1, 40);
}

/* MUST-66: at a closed window URG counts. */
static void at_a_closed_window_a_pointer_still_counts(void **state)
{
	struct world *world = *state;
	uint32_t filled = 0;

	tcp_in_established(world);
	while (filled < 65535) {
		uint32_t size = 65535 - filled < MSS ? 65535 - filled : MSS;
		PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1 + filled, .acknowledgment = 1,
			   .size = size);
		filled += size;
	}
	peer_urges(world, 1 + filled, 0, 100);
	check_received(world, MSG_OOB, -EAGAIN, 0);
}

/* Hostile row 33: every pointer in segments of every size; all bytes but the urgent ones come, once and in order. */
static void no_pointer_harms_the_stream(void **state)
{
	static const uint16_t pointers[] = { 0, 1, 9, 10, 11, 1000, 65534, 65535 };
	struct world *world = *state;

	for (int in_line = 0; in_line < 2; in_line++) {
		for (size_t index = 0; index < COUNT_OF(pointers); index++) {
			tcp_in_established(world);
			set_option(world, SOL_SOCKET, SO_OOBINLINE, in_line);
			peer_urges(world, 1, 0, pointers[index]);
			peer_urges(world, 1, 10, pointers[index]);
			PEER_SENDS(world, .flags = TCP_ACK | TCP_URG | TCP_FIN, .sequence = 11,
				   .acknowledgment = 1, .size = 10, .urgent = pointers[index]);
			uint32_t total = 0, last = 0;
			uint8_t bytes[30];
			ssize_t got;
			while ((got = berth_recv(world->host, world->descriptor, bytes,
						 sizeof bytes, 0)) > 0) {
				for (ssize_t at = 0; at < got; at++) {
					while (bytes[at] != pattern_at(++last))
						assert_true(last < 20);
				}
				total += (uint32_t)got;
			}
			assert_int_equal(got, 0);
			assert_true(total <= 20 && total >= (in_line ? 20 : 18));
			world_again(world);
		}
	}
}

/* The byte's place lies beyond 2^32. */
static void the_mark_is_found_across_the_wrap(void **state)
{
	struct world *world = *state;

	world->peer_isn = UINT32_MAX - 5;
	tcp_in_established(world);
	peer_urges(world, 1, 10, 8);
	check_received(world, MSG_OOB, 1, 8);
	check_received(world, 0, 7, 1);
	check_received(world, 0, 2, 9);
}

/* An urgent byte that overtook what comes before it can be taken; the stream keeps its order. */
static void an_urgent_byte_may_come_early(void **state)
{
	struct world *world = *state;

	tcp_in_established(world);
	peer_urges(world, 11, 10, 10);
	check_received(world, MSG_OOB, 1, 20);
	PEER_SENDS(world, .flags = TCP_ACK, .sequence = 1, .acknowledgment = 1, .size = 10);
	check_received(world, 0, 19, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(the_pointer_sent_is_of_the_byte_behind),
		WORLD_TEST(urgent_data_goes_at_once_and_again_with_its_pointer),
		WORLD_TEST(urgent_data_of_many_segments_points_to_one_end),
		WORLD_TEST(a_closed_window_is_probed_with_the_pointer),
		WORLD_TEST(the_user_is_told_and_takes_the_byte_out_of_line),
		WORLD_TEST(in_line_the_byte_stays_and_the_mark_still_stops),
		WORLD_TEST(a_byte_announced_and_not_here_is_waited_for),
		WORLD_TEST(a_single_urgent_byte_is_no_data),
		WORLD_TEST(reading_past_an_urgent_byte_forgets_it),
		WORLD_TEST(a_pointer_moves_forward_only),
		WORLD_TEST(at_a_closed_window_a_pointer_still_counts),
		WORLD_TEST(no_pointer_harms_the_stream),
		WORLD_TEST(the_mark_is_found_across_the_wrap),
		WORLD_TEST(an_urgent_byte_may_come_early),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
