#include "tcp/segment_in.h"

#include "tcp/listen.h"
#include "tcp/negotiation.h"
#include "tcp/news.h"
#include "tcp/sack.h"
#include "tcp/segment_out.h"
#include "tcp/segment_text.h"
#include "tcp/timers.h"
#include "tcp/urgent.h"

#include <errno.h>

/* A timestamp this old may have wrapped (RFC 7323, 5.5). */
#define TIMESTAMP_LIFE (UINT64_C(24) * 24 * 3600 * SECOND)

/* A step's answer: DELIVERED goes on to the next; anything else is the segment's verdict, and the connection may be gone. */

static uint32_t receive_window(const struct tcp_connection *connection)
{
	return connection->rcv_edge - connection->rcv_nxt;
}

/* Older than the last good one, where that is not itself so old that their clock may have turned since. */
static bool timestamp_is_old(const struct tcp_connection *connection, uint32_t timestamp)
{
	return sequence_before(timestamp, connection->ts_recent) &&
	       connection->tcp->clock->now - connection->ts_recent_at < TIMESTAMP_LIFE;
}

/* First half of step one (RFC 7323, 5.3): a timestamp older than the last good one is an old duplicate's. */
static enum verdict check_timestamp(struct tcp_connection *connection, struct segment *segment)
{
	const struct tcp_options *options = &segment->header->options;

	if (!connection->timestamps || segment->header->flags & TCP_RST)
		return DELIVERED;
	if (!options->has_timestamps) /* RFC 7323, 3.2: SHOULD drop; Linux takes it */
		return DELIVERED;
	if (!timestamp_is_old(connection, options->timestamp))
		return DELIVERED;
	segment_out_challenge(connection);
	return DROP_PAWS;
}

static uint32_t segment_length(const struct segment *segment)
{
	return segment->size + segment->fin + !!(segment->header->flags & TCP_SYN);
}

/* Step one: RFC 9293, table 6. An empty segment may stand at the right edge itself: a peer that has filled our window has
 * no other sequence number to acknowledge with (Linux does this too). */
static bool is_acceptable(const struct tcp_connection *connection, const struct segment *segment)
{
	uint32_t window = receive_window(connection);
	uint32_t length = segment_length(segment);
	uint32_t first = segment->sequence - connection->rcv_nxt;
	bool reaches_in =
		0u - first < length; /* it begins before the window and ends behind its left edge */

	if (length == 0)
		return first <= window;
	return window > 0 && (first < window || reaches_in);
}

/* At a closed window only the text is refused; ACK, RST and a bare FIN still count (MUST-66). */
static bool is_window_probe(const struct tcp_connection *connection, const struct segment *segment)
{
	return receive_window(connection) == 0 && segment->sequence == connection->rcv_nxt;
}

/* Our ACK may have been lost, or theirs has timed out too early: RFC 2883 tells them which. */
static void answer_old_text(struct tcp_connection *connection, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment_length(segment);

	if (sequence_before(segment->sequence, connection->rcv_nxt)) {
		if (sequence_after(end, connection->rcv_nxt))
			end = connection->rcv_nxt;
		/* Linux tells neither of a SYN nor in TIME-WAIT. */
		if (!(segment->header->flags & TCP_SYN) && connection->state != STATE_TIME_WAIT)
			sack_note_duplicate(connection, segment->sequence, end);
		connection_acknowledge_quickly(connection);
	}
	segment_out_ack(connection);
}

static enum verdict check_sequence(struct tcp_connection *connection, struct segment *segment)
{
	if (is_acceptable(connection, segment))
		return DELIVERED;
	if (is_window_probe(connection, segment)) {
		segment->fin = segment->fin && segment->size == 0;
		segment->size = 0;
		connection->ack_now = true;
		return DELIVERED;
	}
	if (segment->header->flags & TCP_RST)
		return DROP_OUT_OF_WINDOW;
	if (connection->state == STATE_TIME_WAIT && segment->fin)
		tcp_timers_time_wait(connection);
	if (segment_length(segment) == 0)
		segment_out_challenge(
			connection); /* limited, lest two ends answer each other for ever */
	else
		answer_old_text(connection, segment);
	return sequence_before(segment->sequence, connection->rcv_nxt) ? DROP_DUPLICATE
								       : DROP_OUT_OF_WINDOW;
}

/* Step two, as RFC 5961, 3 has it: only the exact sequence number resets. */
static enum verdict check_reset(struct tcp_connection *connection, struct segment *segment)
{
	if (!(segment->header->flags & TCP_RST))
		return DELIVERED;
	if (segment->sequence != connection->rcv_nxt) {
		segment_out_challenge(connection);
		return DROP_CHALLENGED;
	}
	switch (connection->state) {
	case STATE_SYN_RECEIVED:
		connection_end(connection, ECONNREFUSED);
		break;
	case STATE_CLOSE_WAIT:
		connection_end(connection, EPIPE);
		break;
	case STATE_TIME_WAIT:
		connection_end(connection, 0);
		break;
	default:
		connection_end(connection, ECONNRESET);
	}
	return ENDED;
}

/* Step four, as RFC 5961, 4 has it. A SYN-RECEIVED child's own SYN, repeated, is answered by its SYN-ACK in step one's
 * ACK; Linux sends the SYN-ACK again, and so do we. */
static enum verdict check_syn(struct tcp_connection *connection, struct segment *segment)
{
	if (!(segment->header->flags & TCP_SYN))
		return DELIVERED;
	segment_out_challenge(connection);
	return DROP_CHALLENGED;
}

static enum verdict refuse(struct tcp_connection *connection, struct segment *segment)
{
	uint32_t length = segment->size + segment->fin;
	segment_out_refuse(connection->tcp, segment->packet, segment->header, length);
	return DROP_BAD_ACK;
}

static void take_window(struct tcp_connection *connection, const struct tcp_header *header,
			uint8_t shift)
{
	connection->snd_wnd = (uint32_t)header->window << shift;
	if (connection->snd_wnd > connection->snd_wnd_most)
		connection->snd_wnd_most = connection->snd_wnd;
	connection->snd_wl1 = header->sequence;
	connection->snd_wl2 = header->acknowledgment;
}

/* The handshake is over on our side. */
static void become_established(struct tcp_connection *connection)
{
	bool syn_was_lost = connection->retries > 0;

	connection_move(connection, EVENT_SYN_ACKED);
	congestion_init(&connection->congestion, connection->tcp->allocator, connection->mss,
			connection->tcp->clock->now);
	congestion_bound_rate(&connection->congestion, connection->settings.pacing_rate);
	if (syn_was_lost) { /* RFC 5681, 3.1; RFC 6298, 5.7 */
		connection->congestion.window = connection->mss;
		connection->rto.rto_ns = 3 * SECOND;
	}
	connection->retries = 0;
	rto_forget_backoff(&connection->rto);
	connection_acknowledge_quickly(connection);
	tcp_timers_keepalive_changed(connection);
	connection_wake(connection);
}

/* Drops what was acknowledged from the queue; true when that included our FIN. */
static bool drop_acknowledged(struct tcp_connection *connection, uint32_t acknowledgment)
{
	uint32_t start = connection_queue_start(connection);
	uint32_t octets = sequence_after(acknowledgment, start) ? acknowledgment - start : 0;
	bool fin_acknowledged = octets > connection->send.size;

	if (fin_acknowledged)
		octets = connection->send.size;
	queue_drop_front(&connection->send, connection->tcp->pool, octets);
	connection->snd_una = acknowledgment;
	urgent_acknowledged(connection, acknowledgment);
	connection->syn_acknowledged = true;
	return fin_acknowledged;
}

/* RFC 7323, 4: what was sent twice is timed by the timestamp that came back. Otherwise our own clock is finer. */
static void time_by_timestamp(struct tcp_connection *connection, const struct tcp_options *options)
{
	if (!connection->timestamps || !options->has_timestamps || options->timestamp_echo == 0)
		return;
	uint32_t ms = negotiation_timestamp(connection) - options->timestamp_echo;
	if (ms <= RTO_MOST / MILLISECOND) /* or it was none of ours */
		rto_sample(&connection->rto, ms * MILLISECOND);
}

/* A round trip by our own clock: of what was sent once (Karn: RFC 6298, 3). */
static void take_round_trip(struct tcp_connection *connection, uint64_t rtt_ns, uint64_t latest_ns)
{
	uint64_t window = connection->tcp->tunables.least_rtt_window_s * SECOND;

	rto_sample(&connection->rto, rtt_ns);
	rack_sample(&connection->rack, latest_ns, connection->tcp->clock->now, window);
}

static void time_round_trip(struct tcp_connection *connection, const struct news *news,
			    const struct tcp_header *header)
{
	uint64_t rtt = news_rtt(news);

	if (rtt)
		take_round_trip(connection, rtt, news_latest_rtt(news));
	else if (news->acknowledged > 0 && connection->rto.backoff > 0)
		time_by_timestamp(connection, &header->options);
}

static void time_handshake(struct tcp_connection *connection, const struct tcp_header *header)
{
	uint64_t rtt = connection->tcp->clock->now - connection->last_sent;

	if (connection->from_cookie) /* when the SYN-ACK went, only the timestamp knows */
		time_by_timestamp(connection, &header->options);
	else if (connection->retransmitted == 0)
		take_round_trip(connection, rtt, rtt);
	else if (connection->rto.backoff > 0)
		time_by_timestamp(connection, &header->options);
}

/* RFC 5681, 2: the definition of a duplicate. */
static bool is_duplicate_ack(const struct tcp_connection *connection, const struct segment *segment)
{
	const struct tcp_header *header = segment->header;
	return header->acknowledgment == connection->snd_una &&
	       connection->snd_una != connection->snd_nxt && segment->size == 0 && !segment->fin &&
	       (uint32_t)header->window << connection->snd_shift == connection->snd_wnd;
}

static void follow_acknowledgment(struct tcp_connection *connection, bool fin_acknowledged)
{
	ip_confirm(connection->tcp->ip, &connection->peer.address);
	if (fin_acknowledged) {
		connection_orphan_settled(connection);
		connection_move(connection, EVENT_FIN_ACKED);
	}
	connection_wake(connection);
}

/* What the ACK says of what was sent. One that is old may still SACK. */
static void take_news(struct tcp_connection *connection, const struct tcp_header *header,
		      bool duplicate)
{
	bool advances = sequence_after(header->acknowledgment, connection->snd_una);
	bool fin_acknowledged = false;
	struct news news;

	if (!advances && !duplicate && header->options.sack_count == 0)
		return;
	news_begin(&news, connection, header);
	news.duplicate_ack = duplicate;
	news_take_sack(&news, header);
	if (advances)
		news_take_acknowledgment(&news, header->acknowledgment);
	time_round_trip(connection, &news, header);
	if (advances) {
		rto_keep_backoff(&connection->rto);
		connection->soft_error = 0;
		connection->retries = 0;
		fin_acknowledged = drop_acknowledged(connection, header->acknowledgment);
	}
	recovery_take(connection, &news);
	if (advances)
		follow_acknowledgment(connection, fin_acknowledged);
}

/* RFC 9293, 3.10.7.4: "if SND.WL1 < SEG.SEQ or ..." */
static void update_window(struct tcp_connection *connection, const struct segment *segment)
{
	const struct tcp_header *header = segment->header;
	bool newer = sequence_before(connection->snd_wl1, header->sequence) ||
		     (connection->snd_wl1 == header->sequence &&
		      !sequence_after(connection->snd_wl2, header->acknowledgment));
	if (!newer)
		return;
	uint32_t before = connection->snd_wnd;
	take_window(connection, header, connection->snd_shift);
	if (connection->snd_wnd > before && connection->snd_una == connection->snd_nxt) {
		connection->retries = 0;
		rto_forget_backoff(&connection->rto);
		tcp_timers_sender_unblocked(connection);
	}
}

/* The ACK of our SYN in SYN-RECEIVED, or in FIN-WAIT-1 after a close there: the handshake's end. */
static enum verdict check_handshake_ack(struct tcp_connection *connection, struct segment *segment)
{
	const struct tcp_header *header = segment->header;

	if (!sequence_after(header->acknowledgment, connection->snd_una) ||
	    sequence_after(header->acknowledgment, connection->snd_nxt))
		return refuse(connection, segment);
	if (connection->parent && listen_is_full(connection->parent))
		return DROP_BACKLOG; /* the peer's data or our SYN-ACK, sent again, will try again */

	take_window(connection, header, connection->snd_shift);
	time_handshake(connection, header);
	struct news news;
	news_begin(&news, connection, header);
	news_take_acknowledgment(&news, header->acknowledgment);
	bool fin_acknowledged = drop_acknowledged(connection, header->acknowledgment);
	tcp_timers_data_acknowledged(connection);
	become_established(connection);
	if (connection->parent)
		listen_complete(connection);
	if (fin_acknowledged)
		connection_move(connection, EVENT_FIN_ACKED);
	return DELIVERED;
}

/* What follows when an ACK has moved the diagram. */
static enum verdict follow_state(struct tcp_connection *connection)
{
	switch (connection->state) {
	case STATE_CLOSED: /* LAST-ACK is over */
		connection_end(connection, 0);
		return ENDED;
	case STATE_TIME_WAIT:
		tcp_timers_time_wait(connection);
		return DELIVERED;
	case STATE_FIN_WAIT_2:
		if (!connection->owner)
			tcp_timers_orphan_waits_for_fin(connection);
		return DELIVERED;
	default:
		return DELIVERED;
	}
}

/* Step five. RFC 5961, 5 bounds how old an ACK may be. */
static enum verdict check_ack(struct tcp_connection *connection, struct segment *segment)
{
	const struct tcp_header *header = segment->header;
	uint32_t acknowledgment = header->acknowledgment;

	if (!(header->flags & TCP_ACK))
		return DROP_NO_ACK;
	if (!connection->syn_acknowledged)
		return check_handshake_ack(connection, segment);
	if (sequence_after(acknowledgment, connection->snd_nxt) ||
	    sequence_before(acknowledgment, connection->snd_una - connection->snd_wnd_most)) {
		segment_out_challenge(connection);
		return DROP_BAD_ACK;
	}

	enum tcp_state before = connection->state;
	bool duplicate = is_duplicate_ack(connection, segment);
	if (sequence_before(acknowledgment, connection->snd_una)) {
		take_news(connection, header, false);
		return DELIVERED; /* an old ACK's data may still be new */
	}
	update_window(connection, segment);
	if (connection->snd_wnd == 0)
		connection->retries = 0; /* an answer all the same: see is_hopeless */
	take_news(connection, header, duplicate);
	return connection->state == before ? DELIVERED : follow_state(connection);
}

/* RFC 7323, 4.3: the timestamp to echo is of the segment that the last ACK left off at. */
static void take_timestamp(struct tcp_connection *connection, const struct segment *segment)
{
	const struct tcp_options *options = &segment->header->options;

	if (!connection->timestamps || !options->has_timestamps)
		return;
	if (sequence_after(segment->header->sequence, connection->last_ack_sent) ||
	    timestamp_is_old(connection, options->timestamp))
		return;
	connection->ts_recent = options->timestamp;
	connection->ts_recent_at = connection->tcp->clock->now;
}

/* RFC 9293, 3.10.7.3. */
static enum verdict in_syn_sent(struct tcp_connection *connection, struct segment *segment)
{
	const struct tcp_header *header = segment->header;
	bool acknowledges = header->flags & TCP_ACK;

	if (acknowledges && (!sequence_after(header->acknowledgment, connection->iss) ||
			     sequence_after(header->acknowledgment, connection->snd_nxt))) {
		tcp_timers_syn_misunderstood(connection);
		return refuse(connection, segment);
	}
	if (header->flags & TCP_RST) {
		if (!acknowledges)
			return DROP_OUT_OF_WINDOW;
		connection_end(connection, ECONNREFUSED);
		return ENDED;
	}
	if (!(header->flags & TCP_SYN))
		return DROP_IGNORED;

	connection->irs = header->sequence;
	connection->rcv_nxt = connection->rcv_edge = header->sequence + 1;
	connection->last_received = connection->tcp->clock->now;
	negotiation_agree(connection, header);
	ecn_agree(connection, header, segment->packet->tos);
	connection_set_mss(connection, connection->path_mtu);
	take_window(connection, header, 0);
	if (!acknowledges) { /* both opened at once */
		connection_move(connection, EVENT_SYN);
		segment_out_syn(connection);
		return DELIVERED;
	}
	time_handshake(connection, header);
	drop_acknowledged(connection, header->acknowledgment);
	tcp_timers_data_acknowledged(connection);
	become_established(connection);
	ip_confirm(connection->tcp->ip, &connection->peer.address);
	connection->ack_now = true;
	/* Text or FIN that came with the SYN-ACK is let go: it comes again, behind our ACK. */
	segment_out_run(connection);
	return DELIVERED;
}

static bool is_repeated_syn(const struct tcp_connection *connection,
			    const struct tcp_header *header)
{
	return connection->state == STATE_SYN_RECEIVED && header->sequence == connection->irs &&
	       (header->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN;
}

static enum verdict in_other_states(struct tcp_connection *connection, struct segment *segment)
{
	static enum verdict (*const steps[])(struct tcp_connection *, struct segment *) = {
		check_timestamp, check_sequence, check_reset, check_syn, check_ack,
	};

	if (is_repeated_syn(connection, segment->header)) {
		segment_out_syn(connection);
		return DROP_DUPLICATE;
	}
	for (size_t step = 0; step < sizeof steps / sizeof steps[0]; step++) {
		enum verdict verdict = steps[step](connection, segment);
		if (verdict != DELIVERED)
			return verdict;
	}
	connection->last_received = connection->tcp->clock->now;
	connection->keepalive_probes = 0;
	take_timestamp(connection, segment);
	urgent_take(connection, segment);
	enum verdict verdict = segment_text(connection, segment);
	if (verdict != DROP_CLOSED)
		segment_out_run(connection);
	return verdict;
}

enum verdict segment_in(struct tcp_connection *connection, const struct ip_packet *packet,
			const struct tcp_header *header)
{
	struct segment segment = {
		.packet = packet,
		.header = header,
		.sequence = header->sequence,
		.size = frame_size(packet->frame) - header->header_size,
		.fin = header->flags & TCP_FIN,
	};
	return connection->state == STATE_SYN_SENT ? in_syn_sent(connection, &segment)
						   : in_other_states(connection, &segment);
}
