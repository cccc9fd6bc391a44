#include "simulation/invariants.h"

#include "tcp/connection.h"

struct counts {
	uint32_t ranges, sacked, lost, again;
};

static bool is_in_flight(const struct sending *sending)
{
	return !sending->sacked && (!sending->lost || sending->again);
}

/* What is outstanding lies on the scoreboard end to end, but for the SYN. */
static const char *lies_end_to_end(const struct tcp_connection *connection, struct counts *counts)
{
	const struct scoreboard *board = &connection->board;
	uint32_t at = connection_queue_start(connection);

	for (const struct list *node = board->count ? board->sendings.next : NULL;
	     node && node != &board->sendings; node = node->next) {
		const struct sending *sending = CONTAINER_OF(node, struct sending, link);
		uint32_t size = sending->end - sending->start;
		if (sending->start != at || size == 0)
			return "the scoreboard has a gap";
		at = sending->end;
		counts->ranges++;
		counts->sacked += sending->sacked ? size : 0;
		counts->lost += sending->lost ? size : 0;
		counts->again += sending->again ? size : 0;
	}
	bool syn_is_out = !connection->syn_acknowledged && connection->snd_nxt != connection->iss;
	bool whole = at == connection->snd_nxt || (!syn_is_out && !connection->syn_acknowledged);
	return whole ? NULL : "the scoreboard ends elsewhere than snd_nxt";
}

static const char *counts_are_right(const struct tcp_connection *connection)
{
	const struct scoreboard *board = &connection->board;
	struct counts counts = { 0 };
	uint32_t outstanding = connection->snd_nxt - connection->snd_una;
	const char *broken = lies_end_to_end(connection, &counts);

	if (broken)
		return broken;
	if (counts.ranges != board->count || counts.sacked != board->sacked ||
	    counts.lost != board->lost || counts.again != board->again)
		return "the scoreboard's counts are not what its ranges add up to";
	if (board->sacked + board->lost + connection->recovery.assumed > outstanding)
		return "more is SACKed, assumed or lost than was sent";
	if (board->again > outstanding)
		return "more went again than was sent";
	return NULL;
}

static const char *order_is_right(const struct tcp_connection *connection)
{
	const struct scoreboard *board = &connection->board;
	const struct sending *before = NULL;

	if (board->count == 0)
		return NULL;
	for (const struct list *node = board->by_time.next; node != &board->by_time;
	     node = node->next) {
		const struct sending *sending = CONTAINER_OF(node, struct sending, by_time);
		if (!is_in_flight(sending))
			return "what is not in flight stands in the order of sending";
		if (before && sending->sent_at < before->sent_at)
			return "the order of sending is broken";
		before = sending;
	}
	return NULL;
}

/* RFC 6298, 5.1 and 5.2; RFC 8985, 8: one of the three runs while something is outstanding, and none otherwise. */
static const char *timers_are_right(const struct tcp_connection *connection)
{
	int armed = (connection->deadlines[TIMER_RETRANSMIT] != NEVER) +
		    (connection->deadlines[TIMER_TAIL_PROBE] != NEVER) +
		    (connection->deadlines[TIMER_REORDERING] != NEVER);
	bool outstanding = connection->snd_nxt != connection->snd_una;

	if (connection->state == STATE_CLOSED || connection->state == STATE_TIME_WAIT)
		return armed ? "a timer runs for a connection that has ended" : NULL;
	if (outstanding && armed != 1)
		return "not one timer runs for what is outstanding";
	return !outstanding && armed ? "a timer runs though nothing is outstanding" : NULL;
}

/* Nothing is sent beyond the largest window they ever offered; no window of ours is less than a segment. */
static const char *windows_are_kept(const struct tcp_connection *connection)
{
	if (!connection->syn_acknowledged)
		return NULL;
	if (connection->snd_nxt - connection->snd_una > connection->snd_wnd_most + 1)
		return "more was sent than any window took";
	if (connection->congestion.window < connection->mss)
		return "the congestion window is less than a segment";
	return NULL;
}

const char *invariants_broken(const struct berth_host *host)
{
	static const char *(*const rules[])(const struct tcp_connection *) = {
		counts_are_right,
		order_is_right,
		timers_are_right,
		windows_are_kept,
	};

	for (const struct list *node = host->tcp.all.next; node != &host->tcp.all;
	     node = node->next) {
		const struct tcp_connection *connection =
			CONTAINER_OF(node, struct tcp_connection, link);
		if (connection->state == STATE_CLOSED || connection->state == STATE_LISTEN)
			continue;
		for (size_t rule = 0; rule < sizeof rules / sizeof rules[0]; rule++) {
			const char *broken = rules[rule](connection);
			if (broken)
				return broken;
		}
	}
	return NULL;
}
