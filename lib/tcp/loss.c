#include "tcp/loss.h"

#include "tcp/segment_out.h"
#include "tcp/timers.h"
#include "wire/tcp.h"

#include <errno.h>

enum { DUPLICATE_THRESHOLD = 3 };

static uint8_t retries_most(const struct tcp_connection *connection)
{
	switch (connection->state) {
	case STATE_SYN_SENT:
		return connection->settings.syn_retries;
	case STATE_SYN_RECEIVED:
		return connection->parent ? TCP_SYN_ACK_RETRIES : connection->settings.syn_retries;
	default:
		return connection->owner ? TCP_RETRIES : TCP_ORPHAN_RETRIES;
	}
}

/* RFC 9293, 3.8.3: R2; or the time that TCP_USER_TIMEOUT allows (RFC 5482). */
static bool is_hopeless(struct tcp_connection *connection)
{
	uint64_t now = connection->tcp->clock->now;

	if (connection->retries == 0)
		connection->retry_since = connection->last_sent;
	if (connection->settings.user_timeout && state_is_synchronized(connection->state))
		return now - connection->retry_since >= connection->settings.user_timeout;
	return connection->retries >= retries_most(connection);
}

static bool give_up(struct tcp_connection *connection)
{
	connection_end(connection, connection->soft_error ? connection->soft_error : ETIMEDOUT);
	return false;
}

bool loss_timed_out(struct tcp_connection *connection)
{
	if (is_hopeless(connection))
		return give_up(connection);

	/* RFC 5681, 3.1: the threshold stays as it is while the same data is lost again. */
	if (connection->retries == 0 && connection->syn_acknowledged)
		congestion_timed_out(&connection->congestion,
				     connection->snd_max - connection->snd_una);
	connection->retries++;
	rto_back_off(&connection->rto);
	connection->timing = false;
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
	if (is_hopeless(connection) && !connection->owner)
		return give_up(connection);
	/* A peer that answers probes keeps the connection, however long its window is closed (RFC 9293, MUST-37); one
	 * that does not is as dead as one that does not acknowledge data. */
	bool silent = connection->tcp->clock->now - connection->last_received >
		      rto_wait(&connection->rto) * 2;
	if (silent && is_hopeless(connection))
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
	congestion_enter_recovery(congestion, connection->snd_max - connection->snd_una);
	connection->recovering = true;
	connection->recover = connection->snd_max;
	connection->timing = false;
	segment_out_retransmit(connection);
}

void loss_acknowledged(struct tcp_connection *connection, uint32_t bytes)
{
	struct congestion *congestion = &connection->congestion;

	connection->duplicate_acks = 0;
	connection->retries = 0;
	if (!connection->recovering) {
		congestion_acknowledged(congestion, bytes, connection->tcp->clock->now);
		return;
	}
	if (sequence_before(connection->snd_una, connection->recover)) { /* RFC 6582: partial */
		congestion_partial(congestion, bytes);
		segment_out_retransmit(connection);
		return;
	}
	connection->recovering = false;
	congestion_leave_recovery(congestion, connection_in_flight(connection));
}
