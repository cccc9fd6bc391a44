#include "tcp/recovery.h"

#include "base/assert.h"
#include "tcp/probe.h"
#include "tcp/segment_out.h"
#include "tcp/timers.h"
#include "tcp/undo.h"

static uint64_t now_of(const struct tcp_connection *connection)
{
	return connection->tcp->clock->now;
}

static uint32_t outstanding(const struct tcp_connection *connection)
{
	return connection->snd_nxt - connection->snd_una;
}

static enum congestion_phase phase_of(const struct tcp_connection *connection)
{
	return connection->congestion.phase;
}

static void set_phase(struct tcp_connection *connection, enum congestion_phase phase)
{
	connection->congestion.phase = phase;
}

static bool is_acknowledged(const struct tcp_connection *connection, uint32_t sequence)
{
	return !sequence_before(connection->snd_una, sequence);
}

/* Without SACK a duplicate ACK says that something arrived, but not what (RFC 5681, 3.2, step 4). At least one segment is
 * still missing. */
static void assume_arrived(struct tcp_connection *connection, struct news *news)
{
	struct recovery *recovery = &connection->recovery;
	uint32_t mss = connection->mss;
	uint32_t missing = connection->board.lost > mss ? connection->board.lost : mss;
	uint32_t all = outstanding(connection);
	uint32_t most = all > missing ? all - missing : 0;
	uint32_t before = recovery->assumed;

	recovery->duplicate_acks++;
	recovery->assumed += mss;
	if (recovery->assumed > most) {
		recovery->assumed = most;
		rack_overtaken(&connection->rack, all, mss,
			       connection->tcp->tunables.max_reordering);
	}
	if (recovery->assumed > before)
		news->delivered += recovery->assumed - before;
}

/* What a duplicate ACK told ahead is told again now, all but the segment that was missing. And of what was acknowledged
 * together with a retransmission it cannot be said which of them it was for. */
static void forget_assumed(struct tcp_connection *connection, struct news *news)
{
	struct recovery *recovery = &connection->recovery;

	recovery->duplicate_acks = 0;
	if (news->again)
		news->original = false;
	uint32_t mss = connection->mss;
	uint32_t told = news->acknowledged > mss ? news->acknowledged - mss : 0;

	if (told > recovery->assumed)
		told = recovery->assumed;
	recovery->assumed -= told;
	news->delivered -= told < news->delivered ? told : news->delivered;
}

static bool has_missing(const struct tcp_connection *connection)
{
	return connection->board.sacked > 0 || connection->board.lost > 0 ||
	       connection->board.again > 0 || connection->recovery.assumed > 0;
}

/* Linux's tcp_try_keep_open. */
static void keep_open(struct tcp_connection *connection)
{
	enum congestion_phase phase = has_missing(connection) ? PHASE_DISORDER : PHASE_OPEN;

	if (phase == phase_of(connection))
		return;
	set_phase(connection, phase);
	connection->recovery.high = connection->snd_nxt;
}

/* RFC 3168, 6.1.2: as for a loss, once a round trip; and there is nothing to undo. */
static void enter_reduction(struct tcp_connection *connection, const struct news *news)
{
	uint32_t sent = outstanding(connection) + news->acknowledged; /* when the ACK came */

	connection->recovery.may_undo = false;
	congestion_reduce(&connection->congestion, PHASE_REDUCING, sent, now_of(connection));
	connection->recovery.high = connection->snd_nxt;
}

static void enter_recovery(struct tcp_connection *connection)
{
	undo_begin(connection);
	congestion_reduce(&connection->congestion, PHASE_RECOVERY, outstanding(connection),
			  now_of(connection));
	connection->recovery.high = connection->snd_nxt;
	connection->recovery.probing = false;
}

/* The phase is over. Without SACK nothing may be taken for lost again before more is acknowledged than what was in flight
 * (RFC 6582, 3.2, step 2): true, then it stays. */
static bool try_undo_recovery(struct tcp_connection *connection, const struct news *news)
{
	if (undo_is_due(connection, news))
		undo_run(connection, false);
	else
		rack_recovered(&connection->rack);
	if (!connection->sack && connection->snd_una == connection->recovery.high)
		return true;
	if (phase_of(connection) == PHASE_LOSS)
		set_phase(connection, PHASE_OPEN);
	return false;
}

static void leave_reduction(struct tcp_connection *connection)
{
	bool undone = phase_of(connection) == PHASE_RECOVERY && !connection->recovery.may_undo;

	if (undone)
		set_phase(connection, PHASE_OPEN);
	else
		congestion_reduced(&connection->congestion, now_of(connection));
}

/* All that was in flight when the phase began has been acknowledged; true: nothing else follows from this ACK. */
static bool end_phase(struct tcp_connection *connection, const struct news *news)
{
	switch (phase_of(connection)) {
	case PHASE_REDUCING:
		if (connection->snd_una != connection->recovery.high)
			leave_reduction(connection);
		return false;
	case PHASE_RECOVERY:
		connection->recovery.assumed = 0;
		if (try_undo_recovery(connection, news))
			return true;
		leave_reduction(connection);
		return false;
	default:
		return false;
	}
}

static void try_undo_by_duplicates(struct tcp_connection *connection)
{
	if (!undo_all_came_twice(connection))
		return;
	rack_was_wrong(&connection->rack);
	undo_run(connection, false);
	if (phase_of(connection) == PHASE_RECOVERY)
		keep_open(connection);
}

/* A hole was filled by what had been delayed, not by what was sent again; true: what went again is still out, and nothing
 * more is found lost before it is clear what became of it. */
static bool try_undo_partly(struct tcp_connection *connection, const struct news *news)
{
	if (!connection->recovery.may_undo || !undo_is_delayed(connection, news))
		return false;
	rack_overtaken(&connection->rack, news->highest_sacked - news->una, connection->mss,
		       connection->tcp->tunables.max_reordering);
	if (connection->board.again > 0)
		return true;
	undo_run(connection, true);
	keep_open(connection);
	return false;
}

/* RFC 6582, 3.2, steps 2 and 5: the third duplicate, and then each partial acknowledgment, name the first segment. */
static void find_first_lost(struct tcp_connection *connection, struct news *news)
{
	bool recovering = phase_of(connection) == PHASE_RECOVERY;
	bool third = phase_of(connection) < PHASE_RECOVERY &&
		     connection->recovery.duplicate_acks >= connection->rack.degree;
	struct sending *first = scoreboard_first(&connection->board);

	if (!first || !(third || (recovering && news->acknowledged > 0)))
		return;
	if (first->lost)
		return;
	if (first->end - first->start > connection->mss &&
	    !scoreboard_part(&connection->board, &connection->tcp->sendings, first,
			     connection->mss))
		return;
	news->lost += scoreboard_lose(&connection->board, first);
}

static bool is_impatient(const struct tcp_connection *connection)
{
	if (phase_of(connection) >= PHASE_RECOVERY)
		return true;
	if (connection->tcp->tunables.recovery & RECOVERY_NO_COUNT)
		return false;
	return connection->board.sacked_segments >= connection->rack.degree;
}

/* RFC 8985, 6.2, step 5, and its timer. */
static uint32_t find_late(struct tcp_connection *connection, bool *waits)
{
	struct rack *rack = &connection->rack;
	uint64_t window = rack_window(rack, connection->rto.srtt_ns, is_impatient(connection));
	uint64_t wait;
	uint32_t lost = rack_find_lost(rack, &connection->board, window, now_of(connection), &wait);

	*waits = wait > 0;
	if (wait > 0)
		tcp_timers_reordering_seen(connection, wait);
	return lost;
}

/* The timer goes on from what has arrived; not from SACK alone, unless the first that is missing was sent after what that
 * shows, or it would be put off for as long as anything arrives (Linux does this too). */
static void restart_timer(struct tcp_connection *connection, const struct news *news)
{
	const struct sending *first = scoreboard_first(&connection->board);

	if (news->acknowledged > 0 ||
	    (first && news->first_sacked_at && news->first_sacked_at < first->sent_at))
		tcp_timers_data_acknowledged(connection);
}

static void find_lost(struct tcp_connection *connection, struct news *news)
{
	if (!connection->sack) {
		find_first_lost(connection, news);
		return;
	}
	if (!connection->rack.advanced)
		return;
	uint32_t again = connection->board.again;
	news->lost += find_late(connection, &news->waits);
	news->retransmission_lost = connection->board.again < again;
}

static void in_recovery(struct tcp_connection *connection, struct news *news)
{
	if (news->acknowledged > 0) {
		if (try_undo_partly(connection, news))
			return;
	} else if (!connection->sack && news->duplicate_ack) {
		assume_arrived(connection, news);
	}
	try_undo_by_duplicates(connection);
	find_lost(connection, news);
	if (phase_of(connection) != PHASE_RECOVERY && connection->board.lost > 0)
		enter_recovery(connection);
}

/* False: it was none, or that is not known yet. */
static bool try_undo_time_out(struct tcp_connection *connection, const struct news *news,
			      bool certain)
{
	if (!certain && !undo_is_due(connection, news))
		return false;
	undo_run(connection, true);
	connection->retries = 0;
	if (certain || connection->sack)
		set_phase(connection, PHASE_OPEN);
	return true;
}

/* RFC 5682, 3: after a time-out new data goes first, and what its ACKs say tells whether the old was lost at all. */
static void test_time_out(struct tcp_connection *connection, const struct news *news)
{
	struct recovery *recovery = &connection->recovery;
	bool new_is_out = sequence_after(connection->snd_nxt, recovery->high);

	if (new_is_out) {
		if (news->sacked > 0 || news->duplicate_ack)
			recovery->testing = false; /* step 3a: the loss was real */
	} else if (news->acknowledged > 0 && !is_acknowledged(connection, recovery->high)) {
		recovery->high = connection->snd_nxt; /* step 2b */
		recovery->testing = segment_out_has_new(connection);
	}
}

static void in_loss(struct tcp_connection *connection, struct news *news)
{
	struct recovery *recovery = &connection->recovery;
	bool over = is_acknowledged(connection, recovery->high);

	if (news->acknowledged > 0 && try_undo_time_out(connection, news, false))
		return;
	if (recovery->testing) {
		if (news->original && try_undo_time_out(connection, news, true)) /* step 3b */
			return;
		test_time_out(connection, news);
	}
	if (over) {
		recovery->testing = false;
		try_undo_recovery(connection, news);
		return;
	}
	if (connection->sack)
		return;
	if (news->acknowledged > 0)
		recovery->assumed = 0;
	else if (news->duplicate_ack && sequence_after(connection->snd_nxt, recovery->high))
		assume_arrived(connection, news);
}

static void in_order(struct tcp_connection *connection, struct news *news)
{
	if (!connection->sack) {
		if (news->acknowledged > 0)
			connection->recovery.assumed = 0;
		else if (news->duplicate_ack)
			assume_arrived(connection, news);
	}
	if (phase_of(connection) <= PHASE_DISORDER)
		try_undo_by_duplicates(connection);
	find_lost(connection, news);
	if (connection->board.lost > 0)
		enter_recovery(connection);
	else if (news->marked && phase_of(connection) <= PHASE_DISORDER)
		enter_reduction(connection, news);
	else if (phase_of(connection) != PHASE_REDUCING)
		keep_open(connection);
}

/* Nothing is to be asked where an ACK just acknowledges, and nothing is amiss: Linux's tcp_ack_is_dubious. */
static bool is_dubious(const struct tcp_connection *connection, const struct news *news)
{
	return news->duplicate_ack || news->sacked > 0 || news->came_twice || news->marked ||
	       phase_of(connection) != PHASE_OPEN;
}

static void follow_phase(struct tcp_connection *connection, struct news *news)
{
	if (news->marked)
		connection->recovery.may_undo = false;
	if (phase_of(connection) == PHASE_OPEN)
		connection->recovery.stamped = false;
	else if (is_acknowledged(connection, connection->recovery.high) &&
		 end_phase(connection, news))
		return;

	switch (phase_of(connection)) {
	case PHASE_RECOVERY:
		in_recovery(connection, news);
		return;
	case PHASE_LOSS:
		in_loss(connection, news);
		find_lost(connection, news);
		if (phase_of(connection) == PHASE_OPEN || news->retransmission_lost)
			in_order(connection, news);
		return;
	default:
		in_order(connection, news);
	}
}

static void tell_congestion(struct tcp_connection *connection, const struct news *news)
{
	struct congestion *congestion = &connection->congestion;
	struct rack *rack = &connection->rack;
	struct rate_sample rate = rate_take(&connection->rate, &news->newest, news->delivered,
					    rack->least_rtt_ns, now_of(connection));

	congestion_acked(congestion, &(struct congestion_ack){
					     .now = now_of(connection),
					     .acknowledged = news->acknowledged,
					     .delivered = news->delivered,
					     .lost = news->lost,
					     .in_flight_before = news->in_flight,
					     .in_flight = connection_in_flight(connection),
					     .snd_una = connection->snd_una,
					     .snd_nxt = connection->snd_nxt,
					     .rtt_ns = news_latest_rtt(news),
					     .srtt_ns = connection->rto.srtt_ns,
					     .least_rtt_ns = rack->least_rtt_ns,
					     .window_limited = congestion_is_limited(congestion),
					     .rate = rate,
				     });
}

void recovery_take(struct tcp_connection *connection, struct news *news)
{
	struct rack *rack = &connection->rack;

	if (news->reordered)
		rack_overtaken(rack, news->highest_sacked - news->lowest, connection->mss,
			       connection->tcp->tunables.max_reordering);
	if (news->newest.sent_at && !(connection->tcp->tunables.recovery & RECOVERY_STATIC_WINDOW))
		rack_adapt(rack, news->newest.mark.delivered, connection->rate.delivered);
	if (!connection->sack && news->acknowledged > 0)
		forget_assumed(connection, news);
	probe_take(connection, news);
	if (is_dubious(connection, news))
		follow_phase(connection, news);
	if (!news->waits)
		restart_timer(connection, news);
	if (news->reneged)
		tcp_timers_reneged(connection);
	tell_congestion(connection, news);
}

bool recovery_reordering_over(struct tcp_connection *connection)
{
	bool waits;

	if (find_late(connection, &waits) > 0 && phase_of(connection) != PHASE_RECOVERY) {
		enter_recovery(connection);
		congestion_began(&connection->congestion, connection_in_flight(connection));
	}
	segment_out_run(connection);
	tcp_timers_reordering_over(connection);
	return true;
}

/* RFC 8985, 6.3: what was sent so lately that its ACK may still come is not lost. */
static void lose_all(struct tcp_connection *connection)
{
	struct scoreboard *board = &connection->board;
	struct sending *first = scoreboard_first(board);

	if (first && first->sacked)
		scoreboard_renege(board);
	LIST_EACH (node, &board->sendings) {
		struct sending *sending = sending_of(node);
		bool late = rack_time_left(&connection->rack, sending, 0, now_of(connection)) == 0;
		if (sending == first || !connection->sack || late)
			scoreboard_lose(board, sending);
	}
}

void recovery_timed_out(struct tcp_connection *connection)
{
	struct recovery *recovery = &connection->recovery;
	enum congestion_phase phase = phase_of(connection);
	/* RFC 5681, 3.1: the threshold stays as it is while the same data is lost again. */
	bool first = phase <= PHASE_DISORDER || is_acknowledged(connection, recovery->high) ||
		     (phase == PHASE_LOSS && connection->retries == 0);

	recovery->assumed = recovery->duplicate_acks = 0;
	if (connection->board.count > 0)
		lose_all(connection);
	if (first)
		undo_begin(connection);
	congestion_timed_out(&connection->congestion, outstanding(connection),
			     connection_in_flight(connection), first, now_of(connection));
	recovery->high = connection->snd_nxt;
	recovery->probing = false;
	recovery->testing = connection->tcp->tunables.frto > 0 &&
			    (phase < PHASE_RECOVERY || connection->retries > 0);
}

void recovery_path_narrowed(struct tcp_connection *connection)
{
	struct recovery *recovery = &connection->recovery;
	struct scoreboard *board = &connection->board;

	if (board->count == 0)
		return;
	LIST_EACH (node, &board->sendings) {
		struct sending *sending = sending_of(node);
		if (sending->mss > connection->mss &&
		    sending->end - sending->start > connection->mss)
			scoreboard_lose(board, sending);
	}
	if (phase_of(connection) == PHASE_LOSS)
		return;
	recovery->high = connection->snd_nxt;
	recovery->may_undo = false;
	set_phase(connection, PHASE_LOSS);
}
