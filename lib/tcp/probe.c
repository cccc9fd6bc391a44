#include "tcp/probe.h"

#include "tcp/segment_out.h"
#include "tcp/timers.h"

#define PROBE_MARGIN (2 * MILLISECOND) /* Linux's TCP_TIMEOUT_MIN */

bool probe_is_possible(const struct tcp_connection *connection)
{
	enum congestion_phase phase = connection->congestion.phase;
	uint8_t setting = connection->tcp->tunables.early_retrans;

	return connection->sack && connection->board.count > 0 &&
	       (setting == EARLY_RETRANS_PROBE || setting == EARLY_RETRANS_PROBE + 1) &&
	       (phase == PHASE_OPEN || phase == PHASE_REDUCING);
}

/* Two round trips; with but one segment in flight its ACK may be delayed (RFC 8985, 7.2). */
uint64_t probe_wait(const struct tcp_connection *connection)
{
	uint64_t srtt = connection->rto.srtt_ns;
	bool single = connection->snd_nxt - connection->snd_una <= connection->mss;

	return srtt ? 2 * srtt + (single ? RTO_LEAST : PROBE_MARGIN) : RTO_FIRST;
}

/* New data if there is any, else the last segment again (7.3). */
static bool send_probe(struct tcp_connection *connection)
{
	connection->recovery.probe_repeats = false;
	if (segment_out_one(connection))
		return true;
	connection->recovery.probe_repeats = true;
	return segment_out_last_again(connection);
}

bool probe_due(struct tcp_connection *connection)
{
	struct recovery *recovery = &connection->recovery;

	if (recovery->probing || !send_probe(connection)) { /* one at a time */
		tcp_timers_tail_not_probed(connection);
		return true;
	}
	recovery->probing = true;
	recovery->probe_end = connection->snd_nxt;
	tcp_timers_tail_probed(connection);
	return true;
}

void probe_take(struct tcp_connection *connection, const struct news *news)
{
	struct recovery *recovery = &connection->recovery;
	struct congestion *congestion = &connection->congestion;
	uint64_t now = connection->tcp->clock->now;

	if (!recovery->probing || sequence_before(connection->snd_una, recovery->probe_end))
		return;
	if (!recovery->probe_repeats || news->probe_came_twice) {
		recovery->probing = false;
	} else if (sequence_after(connection->snd_una, recovery->probe_end)) {
		/* Had the last not been lost, D-SACK would have told before more was acknowledged. */
		recovery->probing = false;
		recovery->high = connection->snd_nxt;
		congestion_reduce(congestion, PHASE_REDUCING, news->in_flight, now);
		congestion_reduced(congestion, now);
	} else if (news->duplicate_ack && news->sacked == 0 && !news->came_twice) {
		recovery->probing = false; /* both arrived */
	}
}
