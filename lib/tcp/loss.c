#include "tcp/loss.h"

#include "tcp/segment_out.h"
#include "tcp/timers.h"
#include "wire/tcp.h"

#include <errno.h>

/* Closed by its user; one that waits to be accepted is not. */
static bool is_orphan(const struct tcp_connection *connection)
{
	return !connection->owner && !connection->parent;
}

/* Linux's tcp_orphan_retries(): 0 is 8. */
static uint8_t orphan_retries(const struct tcp_tunables *tunables)
{
	return tunables->orphan_retries ? tunables->orphan_retries : 8;
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
		return is_orphan(connection) ? orphan_retries(tunables) : tunables->retries;
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
	if (connection->rto.backoff == 0)
		connection->retry_since = connection->last_sent;
	if (is_hopeless(connection))
		return give_up(connection);

	if (connection->syn_acknowledged)
		recovery_timed_out(connection);
	connection->retries++;
	rto_back_off(&connection->rto);
	segment_out_retransmit(connection);
	tcp_timers_first_sent_again(connection);
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
