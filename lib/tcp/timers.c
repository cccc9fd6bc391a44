/* A connection has one alarm in the host's heap for all its timers, standing at or before the earliest deadline. Moving a
 * deadline later only writes the array: the alarm, coming early, looks again. So a timer that is restarted by every ACK
 * costs the heap nothing. */
#include "tcp/timers.h"

#include "tcp/loss.h"
#include "tcp/probe.h"
#include "tcp/segment_out.h"

#include <errno.h>

#define RETRANSMIT_LEAST  (2 * MILLISECOND) /* Linux's TCP_TIMEOUT_MIN */
#define REORDERING_MARGIN RETRANSMIT_LEAST
#define RENEGED_LEAST     (10 * MILLISECOND)

static void arm(struct tcp_connection *connection, enum tcp_timer timer, uint64_t deadline)
{
	connection->deadlines[timer] = deadline;
	if (deadline < connection->alarm.node.deadline)
		clock_set(connection->tcp->clock, &connection->alarm, deadline);
}

static void disarm(struct tcp_connection *connection, enum tcp_timer timer)
{
	connection->deadlines[timer] = NEVER;
}

static bool armed(const struct tcp_connection *connection, enum tcp_timer timer)
{
	return connection->deadlines[timer] != NEVER;
}

static uint64_t now_of(const struct tcp_connection *connection)
{
	return connection->tcp->clock->now;
}

/* Not behind the end of the user's patience, once the first time-out has begun to try it (Linux does this too). */
static uint64_t next_attempt(const struct tcp_connection *connection)
{
	uint64_t deadline = now_of(connection) + rto_wait(&connection->rto);
	uint64_t patience = connection->settings.user_timeout;
	uint64_t end = connection->retry_since + patience;

	return patience && connection->rto.backoff > 0 && end < deadline ? end : deadline;
}

static bool is_recovery_armed(const struct tcp_connection *connection)
{
	return armed(connection, TIMER_RETRANSMIT) || armed(connection, TIMER_TAIL_PROBE) ||
	       armed(connection, TIMER_REORDERING);
}

static void disarm_recovery(struct tcp_connection *connection)
{
	disarm(connection, TIMER_RETRANSMIT);
	disarm(connection, TIMER_TAIL_PROBE);
	disarm(connection, TIMER_REORDERING);
}

static void arm_recovery(struct tcp_connection *connection, enum tcp_timer timer, uint64_t deadline)
{
	disarm_recovery(connection);
	arm(connection, timer, deadline);
}

/* The time-out of what was sent first, counted from when it was; from now, if that has passed. */
static uint64_t time_out_of_first(struct tcp_connection *connection)
{
	const struct sending *first = scoreboard_first(&connection->board);
	uint64_t wait = rto_wait(&connection->rto);

	if (first && first->sent_at + wait > now_of(connection))
		return first->sent_at + wait;
	return now_of(connection) + wait;
}

/* RFC 8985, 7.2: the probe, but no later than the time-out would be. */
static void arm_probe(struct tcp_connection *connection, uint64_t time_out)
{
	uint64_t deadline = now_of(connection) + probe_wait(connection);
	arm_recovery(connection, TIMER_TAIL_PROBE, deadline < time_out ? deadline : time_out);
}

void tcp_timers_data_sent(struct tcp_connection *connection)
{
	if (probe_is_possible(connection))
		arm_probe(connection, time_out_of_first(connection));
	else if (!is_recovery_armed(connection))
		arm_recovery(connection, TIMER_RETRANSMIT, next_attempt(connection));
	disarm(connection, TIMER_PERSIST);
}

void tcp_timers_syn_misunderstood(struct tcp_connection *connection)
{
	if (connection->retries == 0)
		arm_recovery(connection, TIMER_RETRANSMIT, now_of(connection) + RETRANSMIT_LEAST);
}

void tcp_timers_first_sent_again(struct tcp_connection *connection)
{
	if (!armed(connection, TIMER_REORDERING))
		arm_recovery(connection, TIMER_RETRANSMIT, next_attempt(connection));
	disarm(connection, TIMER_PERSIST);
}

void tcp_timers_data_acknowledged(struct tcp_connection *connection)
{
	uint64_t from_now = now_of(connection) + rto_wait(&connection->rto);
	bool early = armed(connection, TIMER_TAIL_PROBE) || armed(connection, TIMER_REORDERING);

	if (connection->snd_una == connection->snd_nxt)
		disarm_recovery(connection);
	else if (probe_is_possible(connection))
		arm_probe(connection, from_now);
	else
		arm_recovery(connection, TIMER_RETRANSMIT,
			     early ? time_out_of_first(connection) : from_now);
}

void tcp_timers_tail_probed(struct tcp_connection *connection)
{
	arm_recovery(connection, TIMER_RETRANSMIT, next_attempt(connection));
}

void tcp_timers_tail_not_probed(struct tcp_connection *connection)
{
	if (connection->snd_una != connection->snd_nxt)
		arm_recovery(connection, TIMER_RETRANSMIT, time_out_of_first(connection));
}

void tcp_timers_reordering_seen(struct tcp_connection *connection, uint64_t wait_ns)
{
	uint64_t wait = wait_ns + REORDERING_MARGIN;
	uint64_t longest = rto_wait(&connection->rto);

	arm_recovery(connection, TIMER_REORDERING,
		     now_of(connection) + (wait < longest ? wait : longest));
}

void tcp_timers_reordering_over(struct tcp_connection *connection)
{
	if (connection->snd_una != connection->snd_nxt && !is_recovery_armed(connection))
		arm_recovery(connection, TIMER_RETRANSMIT, time_out_of_first(connection));
}

void tcp_timers_reneged(struct tcp_connection *connection)
{
	uint64_t half = connection->rto.srtt_ns / 2;
	uint64_t wait = half > RENEGED_LEAST ? half : RENEGED_LEAST;

	arm_recovery(connection, TIMER_RETRANSMIT, now_of(connection) + wait);
}

void tcp_timers_sender_blocked(struct tcp_connection *connection)
{
	if (!armed(connection, TIMER_PERSIST) && !is_recovery_armed(connection))
		arm(connection, TIMER_PERSIST, next_attempt(connection));
}

void tcp_timers_sender_unblocked(struct tcp_connection *connection)
{
	disarm(connection, TIMER_PERSIST);
}

void tcp_timers_paced(struct tcp_connection *connection, uint64_t turn)
{
	arm(connection, TIMER_PACING, turn);
}

void tcp_timers_ack_owed(struct tcp_connection *connection)
{
	if (!armed(connection, TIMER_DELAYED_ACK))
		arm(connection, TIMER_DELAYED_ACK, now_of(connection) + TCP_DELAYED_ACK);
}

void tcp_timers_ack_sent(struct tcp_connection *connection)
{
	disarm(connection, TIMER_DELAYED_ACK);
}

void tcp_timers_keepalive_changed(struct tcp_connection *connection)
{
	const struct tcp_settings *settings = &connection->settings;

	disarm(connection, TIMER_KEEPALIVE);
	if (!settings->keepalive || !state_is_synchronized(connection->state) ||
	    connection->state == STATE_TIME_WAIT)
		return;
	uint64_t wait = connection->keepalive_probes ? settings->keepalive_interval
						     : settings->keepalive_idle;
	/* While data is in flight its retransmission is the probe, and silence is counted from now on (Linux does this too):
	 * counted from what came last it would be due for ever. */
	bool in_flight = connection->snd_una != connection->snd_nxt;
	uint64_t since = connection->keepalive_probes || in_flight ? now_of(connection)
								   : connection->last_received;
	arm(connection, TIMER_KEEPALIVE, since + wait);
}

void tcp_timers_time_wait(struct tcp_connection *connection)
{
	tcp_timers_stop(connection);
	arm(connection, TIMER_WAIT, now_of(connection) + 2 * TCP_MSL);
}

void tcp_timers_orphan_waits_for_fin(struct tcp_connection *connection)
{
	arm(connection, TIMER_WAIT,
	    now_of(connection) + connection->tcp->tunables.fin_timeout_s * SECOND);
}

void tcp_timers_stop(struct tcp_connection *connection)
{
	for (int timer = 0; timer < TIMER_COUNT; timer++)
		disarm(connection, (enum tcp_timer)timer);
	clock_set(connection->tcp->clock, &connection->alarm, NEVER);
}

static uint64_t earliest(const struct tcp_connection *connection)
{
	uint64_t deadline = NEVER;
	for (int timer = 0; timer < TIMER_COUNT; timer++) {
		if (connection->deadlines[timer] < deadline)
			deadline = connection->deadlines[timer];
	}
	return deadline;
}

/* Each returns false where the connection is gone. */
static bool delayed_ack_due(struct tcp_connection *connection)
{
	connection->interactive = false;
	connection->ack_now = true;
	segment_out_run(connection);
	return true;
}

static bool turn_has_come(struct tcp_connection *connection)
{
	segment_out_run(connection);
	return true;
}

static bool keepalive_due(struct tcp_connection *connection)
{
	const struct tcp_settings *settings = &connection->settings;
	uint64_t quiet = now_of(connection) - connection->last_received;
	bool in_flight = connection->snd_una != connection->snd_nxt;

	if (quiet < settings->keepalive_idle || in_flight)
		connection->keepalive_probes = 0;
	if (quiet >= settings->keepalive_idle && !in_flight) {
		bool too_many = settings->user_timeout
					? quiet >= settings->user_timeout &&
						  connection->keepalive_probes > 0
					: connection->keepalive_probes >= settings->keepalive_count;
		if (too_many) {
			segment_out_reset(connection);
			connection_end(connection,
				       connection->soft_error ? connection->soft_error : ETIMEDOUT);
			return false;
		}
		connection->keepalive_probes++;
		segment_out_probe(connection);
	}
	tcp_timers_keepalive_changed(connection);
	return true;
}

static bool wait_due(struct tcp_connection *connection)
{
	connection_end(connection, 0);
	return false;
}

static bool (*const handlers[])(struct tcp_connection *) = {
	[TIMER_RETRANSMIT] = loss_timed_out,
	[TIMER_TAIL_PROBE] = probe_due,
	[TIMER_REORDERING] = recovery_reordering_over,
	[TIMER_PERSIST] = loss_probe_due,
	[TIMER_PACING] = turn_has_come,
	[TIMER_DELAYED_ACK] = delayed_ack_due,
	[TIMER_KEEPALIVE] = keepalive_due,
	[TIMER_WAIT] = wait_due,
};

static void due(struct alarm *alarm)
{
	struct tcp_connection *connection = CONTAINER_OF(alarm, struct tcp_connection, alarm);

	for (int timer = 0; timer < TIMER_COUNT; timer++) {
		if (connection->deadlines[timer] > now_of(connection))
			continue;
		disarm(connection, (enum tcp_timer)timer);
		if (!handlers[timer](connection))
			return;
	}
	clock_set(connection->tcp->clock, alarm, earliest(connection));
}

bool tcp_timers_init(struct tcp_connection *connection)
{
	for (int timer = 0; timer < TIMER_COUNT; timer++)
		disarm(connection, (enum tcp_timer)timer);
	return clock_admit(connection->tcp->clock, &connection->alarm, due);
}

void tcp_timers_close(struct tcp_connection *connection)
{
	clock_dismiss(connection->tcp->clock, &connection->alarm);
}
