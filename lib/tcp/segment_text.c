#include "tcp/segment_text.h"

#include "base/assert.h"
#include "tcp/sack.h"
#include "tcp/segment_out.h"
#include "tcp/timers.h"

#include <errno.h>

/* Nothing follows a FIN, and the first one counts. */
static void trim_behind_fin(const struct tcp_connection *connection, struct segment *segment)
{
	if (!connection->fin_seen)
		return;
	if (!sequence_before(segment->sequence, connection->fin_sequence))
		segment->size = 0;
	else if (segment->size > connection->fin_sequence - segment->sequence)
		segment->size = connection->fin_sequence - segment->sequence;
}

/* Cuts off what was received before, what lies beyond the window, and what should not be at all. */
static void trim(struct tcp_connection *connection, struct segment *segment)
{
	if (sequence_before(segment->sequence, connection->rcv_nxt)) {
		uint32_t known = connection->rcv_nxt - segment->sequence;
		uint32_t cut = known < segment->size ? known : segment->size;
		sack_note_duplicate(connection, segment->sequence, segment->sequence + cut);
		segment->skip += cut;
		segment->size -= cut;
		segment->sequence += cut;
		if (known > cut) /* the FIN too was received before */
			segment->fin = false;
	}
	uint32_t room = connection->rcv_edge - segment->sequence;
	if (segment->size > room) {
		segment->size = room;
		segment->fin = false;
	}
	trim_behind_fin(connection, segment);
}

/* What is left of the payload, as slices whose references are the caller's. -1: no memory. */
static int share_text(const struct segment *segment, struct slice slices[FRAME_SLICES + 1])
{
	int count =
		frame_share_payload(segment->packet->frame, segment->header->header_size, slices);
	uint32_t skip = segment->skip;
	uint32_t left = segment->size;
	int kept = 0;

	for (int index = 0; index < count; index++) {
		struct slice slice = slices[index];
		uint32_t cut = skip < slice.size ? skip : slice.size;
		skip -= cut;
		slice.at += cut;
		slice.size -= cut;
		if (slice.size > left)
			slice.size = left;
		left -= slice.size;
		if (slice.size > 0)
			slices[kept++] = slice;
		else
			block_release(slice.block);
	}
	return count < 0 ? -1 : kept;
}

/* Appends in-order text to the receive queue; returns how many octets found memory. */
static uint32_t append_text(struct tcp_connection *connection, struct slice *slices, int count)
{
	uint32_t before = connection->receive.size;
	int index = 0;

	while (index < count &&
	       queue_append(&connection->receive, connection->tcp->pool, slices[index]))
		index++;
	for (; index < count; index++)
		block_release(slices[index].block);
	return connection->receive.size - before;
}

/* What waited behind the gap that has just closed. */
static void take_early(struct tcp_connection *connection)
{
	struct tcp_sack_block known;
	uint32_t taken = reassembly_take(&connection->early, connection->tcp->pool,
					 connection->rcv_nxt, &connection->receive, &known);
	sack_note_duplicate(connection, known.left, known.right);
	connection->rcv_nxt += taken;
	if (taken > 0)
		connection->ack_now = true;
	if (connection->fin_seen && sequence_after(connection->rcv_nxt, connection->fin_sequence)) {
		uint32_t beyond = connection->rcv_nxt - connection->fin_sequence;
		queue_drop_back(&connection->receive, connection->tcp->pool, beyond);
		connection->rcv_nxt = connection->fin_sequence;
	}
}

/* RFC 5681, 4.2 and RFC 1122, 4.2.3.2: every second full segment at once, the rest within a delay. */
static void owe_ack(struct tcp_connection *connection, uint32_t size)
{
	if (size > connection->mss_estimate)
		connection->mss_estimate = size < connection->own_mss ? size : connection->own_mss;
	connection->last_text = connection->tcp->clock->now;
	connection->unacknowledged += size;
	bool quick = connection->quick_acks > 0 && !connection->interactive;
	if (quick || connection->unacknowledged > connection->mss_estimate)
		connection->ack_now = true;
	else
		tcp_timers_ack_owed(connection);
}

static enum verdict take_in_order(struct tcp_connection *connection, struct slice *slices,
				  int count)
{
	bool gap = connection->early.size > 0;
	uint32_t size = append_text(connection, slices, count);

	connection->rcv_nxt += size;
	owe_ack(connection, size);
	if (gap) {
		connection->ack_now =
			true; /* RFC 5681, 4.2: what fills a gap is acknowledged at once */
		take_early(connection);
	}
	connection_wake(connection);
	return size > 0 ? DELIVERED : DROP_MEMORY;
}

/* Data for a reader who has gone is answered by RST (RFC 1122, 4.2.2.13; Linux counts it as TCPAbortOnData). Gone is who
 * has closed, or has shut both ways; one who has only shut the reading one may still read (Linux does this too). */
static bool has_reader(const struct tcp_connection *connection)
{
	bool shut_both = connection->receive_shut && !state_may_send(connection->state);
	return (connection->owner || connection->parent) && !shut_both;
}

static enum verdict refuse_text(struct tcp_connection *connection, struct segment *segment)
{
	segment_out_refuse(connection->tcp, segment->packet, segment->header, segment->size);
	connection_end(connection, ECONNRESET);
	return DROP_CLOSED;
}

/* Step seven. */
static enum verdict take_text(struct tcp_connection *connection, struct segment *segment)
{
	if (segment->size == 0)
		return DELIVERED;
	assert(state_may_receive(connection->state)); /* behind their FIN all was trimmed */
	if (!has_reader(connection))
		return refuse_text(connection, segment);
	ecn_take(connection, segment->header, segment->packet->tos);

	struct slice slices[FRAME_SLICES + 1];
	int count = share_text(segment, slices);
	if (count < 0)
		return DROP_MEMORY;
	if (segment->sequence == connection->rcv_nxt)
		return take_in_order(connection, slices, count);

	connection->ack_now = true;
	connection->fin_is_latest = segment->fin;
	connection_acknowledge_quickly(connection);
	struct tcp_sack_block known;
	bool taken = reassembly_insert(&connection->early, connection->tcp->pool, segment->sequence,
				       slices, count, &known);
	sack_note_duplicate(connection, known.left, known.right);
	return taken ? DELIVERED : DROP_BUFFER_FULL;
}

/* Where their stream ends, known before its last text is taken: what lies behind is none of it. */
static void note_fin(struct tcp_connection *connection, const struct segment *segment)
{
	if (!segment->fin || connection->fin_received)
		return;
	if (!connection->fin_seen)
		connection->fin_sequence = segment->sequence + segment->size;
	connection->fin_seen = connection->fin_is_latest = true;
	connection->ack_now = true;
}

/* Step eight: the FIN counts once everything before it is here. */
static void take_fin(struct tcp_connection *connection)
{
	if (!connection->fin_seen || connection->fin_received ||
	    connection->fin_sequence != connection->rcv_nxt)
		return;

	connection->rcv_nxt++;
	if (sequence_before(connection->rcv_edge, connection->rcv_nxt))
		connection->rcv_edge = connection->rcv_nxt;
	connection->fin_received = true;
	reassembly_close(&connection->early, connection->tcp->pool);
	connection_move(connection, EVENT_FIN);
	if (connection->state == STATE_TIME_WAIT) {
		segment_out_ack(connection);
		tcp_timers_time_wait(connection);
	}
	connection_wake(connection);
}

enum verdict segment_text(struct tcp_connection *connection, struct segment *segment)
{
	trim(connection, segment);
	note_fin(connection, segment);
	enum verdict verdict = take_text(connection, segment);
	if (verdict != DROP_CLOSED)
		take_fin(connection);
	return verdict;
}
