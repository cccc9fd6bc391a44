#include "tcp/loss.h"

#include "tcp/segment_out.h"
#include "tcp/timers.h"
#include "wire/tcp.h"

#include <errno.h>

enum { DUPLICATE_THRESHOLD = 3 };

static uint64_t now_of(const struct tcp_connection *connection)
{
	return connection->tcp->clock->now;
}

/* Closed by its user; one that waits to be accepted is not. */
static bool is_orphan(const struct tcp_connection *connection)
{
	return !connection->owner && !connection->parent;
}

static uint8_t retries_most(const struct tcp_connection *connection)
{
	const struct tcp_tunables *tunables = &connection->tcp->tunables;

	switch (connection->state) {
	case STATE_SYN_SENT:
		return connection->settings.syn_retries;
	case STATE_SYN_RECEIVED:
		return connection->parent ? tunables->syn_ack_retries
					  : connection->settings.syn_retries;
	default:
		return is_orphan(connection) ? tunables->orphan_retries : tunables->retries;
	}
}

/* RFC 9293, 3.8.3: R2; or the time that TCP_USER_TIMEOUT allows (RFC 5482). A peer that answers, if only that its window
 * is closed, begins retries anew (MUST-37), but not for an orphan: nobody is left to be that patient. */
static bool is_hopeless(const struct tcp_connection *connection)
{
	uint64_t patience = connection->settings.user_timeout;
	uint64_t waited = connection->tcp->clock->now - connection->retry_since;
	uint8_t retries = is_orphan(connection) ? connection->rto.backoff : connection->retries;

	if (patience && waited >= patience)
		return true;
	if (patience && state_is_synchronized(connection->state))
		return false;
	return retries >= retries_most(connection);
}

static bool give_up(struct tcp_connection *connection)
{
	connection_end(connection, connection->soft_error ? connection->soft_error : ETIMEDOUT);
	return false;
}

bool loss_timed_out(struct tcp_connection *connection)
{
	bool first = connection->rto.backoff == 0;
	if (first)
		connection->retry_since = connection->last_sent;
	if (is_hopeless(connection))
		return give_up(connection);

	/* RFC 5681, 3.1: the threshold stays as it is while the same data is lost again. */
	if (connection->syn_acknowledged)
		congestion_timed_out(&connection->congestion,
				     connection->snd_max - connection->snd_una, first,
				     now_of(connection));
	connection->retries++;
	rto_back_off(&connection->rto);
	connection->duplicate_acks = 0;
	connection->recovering = false;
	connection->recover =
		connection->snd_max; /* RFC 6582, 4.1: no fast retransmit for what is sent again */
	connection->snd_nxt = connection->snd_una;
	segment_out_retransmit(connection);
	tcp_timers_data_sent(connection);
	return true;
}

bool loss_probe_due(struct tcp_connection *connection)
{
	if (segment_out_forced(
		    connection)) /* the window is open after all: only silly-window avoidance waited */
		return true;
	if (connection->rto.backoff == 0)
		connection->retry_since = connection->tcp->clock->now;
	if (is_hopeless(connection))
		return give_up(connection);
	connection->retries++;
	rto_back_off(&connection->rto);
	segment_out_probe(connection);
	tcp_timers_sender_blocked(connection);
	return true;
}

void loss_duplicate_ack(struct tcp_connection *connection)
{
	struct congestion *congestion = &connection->congestion;

	if (connection->recovering) { /* RFC 5681, 3.2 step 4 */
		congestion->window += congestion->mss;
		return;
	}
	if (++connection->duplicate_acks != DUPLICATE_THRESHOLD)
		return;
	/* RFC 6582, 3.2 step 2: not for what was in flight at the last time-out or recovery. */
	if (!sequence_after(connection->snd_una, connection->recover))
		return;
	congestion_reduce(congestion, PHASE_RECOVERY, connection->snd_max - connection->snd_una,
			  now_of(connection));
	congestion->window = congestion->threshold + DUPLICATE_THRESHOLD * congestion->mss;
	connection->recovering = true;
	connection->recover = connection->snd_max;
	segment_out_retransmit(connection);
}

/* RFC 6582, 3.2, step 3's partial acknowledgment of so many bytes. */
static void deflate(struct congestion *congestion, uint32_t bytes)
{
	congestion->window -= bytes < congestion->window ? bytes : congestion->window;
	if (bytes >= congestion->mss || congestion->window < congestion->mss)
		congestion->window += congestion->mss;
}

static void leave_recovery(struct tcp_connection *connection)
{
	struct congestion *congestion = &connection->congestion;
	uint32_t in_flight = connection_in_flight(connection);
	uint32_t quiet =
		(in_flight > congestion->mss ? in_flight : congestion->mss) + congestion->mss;

	connection->recovering = false;
	congestion_reduced(congestion, now_of(connection));
	if (congestion->window > quiet)
		congestion->window = quiet;
}

void loss_acknowledged(struct tcp_connection *connection, uint32_t bytes)
{
	struct congestion *congestion = &connection->congestion;

	connection->duplicate_acks = 0;
	connection->retries = 0;
	if (!connection->recovering) {
		/* It follows at a distance, or after 2 GiB without a loss it would lie ahead and forbid recovery. */
		if (sequence_after(connection->snd_una, connection->recover))
			connection->recover = connection->snd_una - 1;
		congestion_acked(congestion,
				 &(struct congestion_ack){
					 .now = now_of(connection),
					 .acknowledged = bytes,
					 .delivered = bytes,
					 .in_flight = connection_in_flight(connection),
					 .snd_una = connection->snd_una,
					 .snd_nxt = connection->snd_nxt,
					 .srtt_ns = connection->rto.srtt_ns,
					 .window_limited = congestion_is_limited(congestion),
				 });
		return;
	}
	if (sequence_before(connection->snd_una, connection->recover)) { /* RFC 6582: partial */
		deflate(congestion, bytes);
		segment_out_retransmit(connection);
		return;
	}
	leave_recovery(connection);
}
