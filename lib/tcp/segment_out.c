#include "tcp/segment_out.h"

#include "base/assert.h"
#include "tcp/negotiation.h"
#include "tcp/sack.h"
#include "tcp/timers.h"
#include "wire/ipv4.h"

/* The one place where a segment meets IP. */
static enum verdict put_out(struct tcp_connection *connection, struct frame *frame,
			    struct tcp_header *header)
{
	header->source_port = connection->holder.local.port;
	header->destination_port = connection->peer.port;
	tcp_write(frame_push(frame, (uint32_t)tcp_header_size(header)), header);
	frame->checksum_left_out = true;

	struct ip_send send = {
		.source = connection->holder.local.address,
		.destination = connection->peer.address,
		.protocol = PROTOCOL_TCP,
		.ttl = connection->settings.ttl,
		.tos = connection->settings.tos,
		.dont_fragment = true,
	};
	return ip_output(connection->tcp->ip, &send, frame);
}

/* What every segment but a RST says of our receive side, and what having said it means. */
static void tell_receive_side(struct tcp_connection *connection, struct tcp_header *header)
{
	uint32_t window = connection_window(connection);
	uint32_t edge = connection->rcv_nxt + window;

	header->acknowledgment = connection->rcv_nxt;
	header->window = (uint16_t)(window >> connection->rcv_shift);
	if (sequence_after(edge, connection->rcv_edge))
		connection->rcv_edge = edge;
	connection->last_ack_sent = connection->rcv_nxt;
	connection->unacknowledged = 0;
	connection->ack_now = false;
	tcp_timers_ack_sent(connection);
}

/* Where a segment without text stands: behind all that was ever sent, not at snd_nxt, which goes back after a time-out.
 * Two ends that both went back would else refuse each other's ACKs as old for ever. Not beyond the window though: a peer
 * that has shrunk it refuses that. By less than the window's unit it only seems to have: the field was rounded down
 * (RFC 7323, 2.4). Linux's tcp_acceptable_seq does all three. */
static uint32_t empty_sequence(const struct tcp_connection *connection)
{
	uint32_t edge = connection->snd_una + connection->snd_wnd;
	uint32_t unit = 1u << connection->snd_shift;
	bool beyond = state_is_synchronized(connection->state) &&
		      !sequence_before(connection->snd_max, edge + unit);
	return beyond ? edge : connection->snd_max;
}

static void send_empty(struct tcp_connection *connection, uint8_t flags, uint32_t sequence)
{
	struct frame *frame = frame_new(connection->tcp->pool);
	if (!frame)
		return;
	struct tcp_header header = { .sequence = sequence, .flags = flags };
	tell_receive_side(connection, &header);
	negotiation_options(connection, &header);
	sack_tell(connection, &header.options);
	put_out(connection, frame, &header);
}

void segment_out_ack(struct tcp_connection *connection)
{
	if (connection->quick_acks > 0)
		connection->quick_acks--;
	send_empty(connection, TCP_ACK, empty_sequence(connection));
}

void segment_out_challenge(struct tcp_connection *connection)
{
	uint64_t now = connection->tcp->clock->now;

	if (connection->challenged_at && now - connection->challenged_at < TCP_CHALLENGE_INTERVAL)
		return;
	connection->challenged_at = now ? now : 1;
	send_empty(connection, TCP_ACK, empty_sequence(connection));
}

void segment_out_probe(struct tcp_connection *connection)
{
	send_empty(connection, TCP_ACK, connection->snd_una - 1);
}

void segment_out_reset(struct tcp_connection *connection)
{
	struct frame *frame = frame_new(connection->tcp->pool);
	if (!frame)
		return;
	struct tcp_header header = {
		.sequence = empty_sequence(connection),
		.acknowledgment = connection->rcv_nxt,
		.flags = TCP_RST | TCP_ACK,
	};
	put_out(connection, frame, &header);
}

void segment_out_refuse(struct tcp *tcp, const struct ip_packet *packet,
			const struct tcp_header *header, uint32_t length)
{
	if (header->flags & TCP_RST || packet->to_group)
		return;

	struct frame *frame = frame_new(tcp->pool);
	if (!frame)
		return;
	struct tcp_header reset = {
		.source_port = header->destination_port,
		.destination_port = header->source_port,
		.flags = TCP_RST,
	};
	if (header->flags & TCP_ACK) {
		reset.sequence = header->acknowledgment;
	} else {
		reset.flags = TCP_RST | TCP_ACK;
		reset.acknowledgment = header->sequence + length;
	}
	tcp_write(frame_push(frame, TCP_HEADER_SIZE), &reset);
	frame->checksum_left_out = true;
	struct ip_send send = {
		.source = packet->destination,
		.destination = packet->source,
		.protocol = PROTOCOL_TCP,
		.dont_fragment = true,
	};
	ip_output(tcp->ip, &send, frame);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What SACK blocks leave of a segment (RFC 6691). */
static uint32_t mss_now(const struct tcp_connection *connection)
{
	return connection->mss - sack_size(connection);
}

/* How much one segment may carry at once: a millisecond's worth where there is a pacing rate, but two segments (Linux's
 * tcp_tso_autosize). */
static uint32_t largest_piece(const struct tcp_connection *connection)
{
	uint64_t rate = connection->congestion.pacing_rate;
	uint32_t mss = mss_now(connection);
	uint32_t largest = connection->largest_segment;

	if (mss < connection->mss)
		largest = largest / connection->mss * mss;
	if (rate == 0 || rate / 1024 >= largest)
		return largest;
	uint32_t piece = (uint32_t)(rate / 1024);
	return least(largest, piece > 2 * mss ? piece : 2 * mss);
}

/* Data may go now, or the timer says when. */
static bool is_our_turn(struct tcp_connection *connection)
{
	if (connection->congestion.pacing_rate == 0 ||
	    connection->turn <= connection->tcp->clock->now)
		return true;
	tcp_timers_paced(connection, connection->turn);
	return false;
}

static void take_turn(struct tcp_connection *connection, uint32_t size)
{
	uint64_t rate = connection->congestion.pacing_rate;
	uint64_t now = connection->tcp->clock->now;

	if (rate == 0)
		return;
	if (connection->turn < now)
		connection->turn = now;
	connection->turn += size * SECOND / rate;
}

/* What sending up to this sequence number means, for the first time or again. */
static void account(struct tcp_connection *connection, uint32_t start, uint32_t end)
{
	uint64_t now = connection->tcp->clock->now;

	if (sequence_before(start, connection->snd_max)) {
		connection->retransmitted++;
		connection->timing = false; /* Karn: RFC 6298, 3 */
	} else if (!connection->timing) {
		connection->timing = true;
		connection->timed_sequence = end;
		connection->timed_at = now;
	}
	congestion_sent(&connection->congestion, end - start);
	take_turn(connection, end - start);
	connection->snd_nxt = end;
	if (sequence_after(end, connection->snd_max))
		connection->snd_max = end;
	connection->last_sent = now;
	tcp_timers_data_sent(connection);
}

void segment_out_syn(struct tcp_connection *connection)
{
	struct frame *frame = frame_new(connection->tcp->pool);
	struct tcp_header header = { .sequence = connection->iss, .flags = TCP_SYN };

	if (connection->state != STATE_SYN_SENT) {
		header.flags |= TCP_ACK;
		tell_receive_side(connection, &header);
	}
	/* The window of a SYN is never scaled (RFC 7323, 2.2). */
	uint32_t window = connection->settings.receive_buffer;
	header.window = window < UINT16_MAX ? (uint16_t)window : UINT16_MAX;
	connection->rcv_edge = connection->rcv_nxt + header.window;
	negotiation_offer(connection, &header);
	if (frame)
		put_out(connection, frame, &header);
	account(connection, connection->iss, connection->iss + 1);
}

/* Text came so lately that its ACK might have waited for this (Linux's tcp_event_data_sent). */
static bool is_reply(const struct tcp_connection *connection)
{
	return connection->last_text &&
	       connection->tcp->clock->now - connection->last_text < TCP_DELAYED_ACK;
}

/* Sends size bytes of the queue from sequence on, or as many as one frame's slices hold, whole segments then. Returns how
 * many; 0: no memory, and the retransmission timer will try again. */
static uint32_t send_data(struct tcp_connection *connection, uint32_t sequence, uint32_t size,
			  bool fin)
{
	uint32_t mss = mss_now(connection);
	struct frame *frame = frame_new(connection->tcp->pool);
	if (!frame) {
		tcp_timers_sender_blocked(connection);
		return 0;
	}

	uint32_t offset = sequence - connection_queue_start(connection);
	uint32_t asked = size;
	frame->slice_count = (uint8_t)queue_share(&connection->send, offset, size, frame->slices,
						  FRAME_SLICES, &size);
	frame->payload_size = size;
	if (size < asked) {
		fin = false;
		if (size > mss) {
			size -= size % mss;
			frame_trim(frame, size);
		}
	}
	bool last = sequence + size == connection_queue_end(connection);
	struct tcp_header header = {
		.sequence = sequence,
		.flags =
			(uint8_t)(TCP_ACK | (last && size > 0 ? TCP_PSH : 0) | (fin ? TCP_FIN : 0)),
	};
	frame->segment_size = size > mss ? (uint16_t)mss : 0;
	if (is_reply(connection)) { /* replies carry the ACKs from here on */
		connection->interactive = true;
		connection->quick_acks = 0;
	}
	tell_receive_side(connection, &header);
	negotiation_options(connection, &header);
	sack_tell(connection, &header.options);
	put_out(connection, frame, &header);
	if (size % mss)
		connection->snd_small = sequence + size;
	account(connection, sequence, sequence + size + fin);
	return size + fin;
}

/* How much may go from snd_nxt on, by both windows. */
static uint32_t usable(const struct tcp_connection *connection)
{
	uint32_t window = least(connection->snd_wnd, connection->congestion.window);
	uint32_t in_flight = connection_in_flight(connection);
	return window > in_flight ? window - in_flight : 0;
}

static bool state_sends(enum tcp_state state)
{
	return state_is_synchronized(state) && state != STATE_TIME_WAIT &&
	       state != STATE_FIN_WAIT_2;
}

/* RFC 9293, 3.8.6.2.1 and 3.7.4 (Nagle): is a piece this small worth a segment? */
static bool is_worth_it(const struct tcp_connection *connection, uint32_t size, uint32_t available,
			bool fin)
{
	if (size >= mss_now(connection) || fin)
		return true;
	if (sequence_before(connection->snd_nxt, connection->snd_max))
		return true;
	if (size < available)
		return size >= connection->snd_wnd_most / 2;
	if (connection->settings.cork)
		return false;
	/* Minshall's reading of Nagle, as Linux has it: only a small segment in flight keeps the next one back. */
	return connection->settings.no_delay ||
	       !sequence_after(connection->snd_small, connection->snd_una) ||
	       sequence_after(connection->snd_small, connection->snd_nxt);
}

/* One segment of new data, if there is any and it may go. */
static bool send_next(struct tcp_connection *connection, bool forced)
{
	uint32_t end = connection_queue_end(connection);
	if (sequence_after(connection->snd_nxt, end)) /* the FIN is out */
		return false;

	uint32_t available = end - connection->snd_nxt;
	uint32_t room = usable(connection);
	uint32_t size = least(least(available, room), largest_piece(connection));
	bool fin = connection->fin_queued && size == available && room > size;

	uint32_t mss = mss_now(connection);
	if (size > mss && size < available)
		size -= size % mss;
	if (size == 0 && !fin)
		return false;
	if (!forced && !is_worth_it(connection, size, available, fin))
		return false;
	if (!forced && !is_our_turn(connection))
		return false;
	return send_data(connection, connection->snd_nxt, size, fin) > 0;
}

static bool is_waiting(const struct tcp_connection *connection)
{
	uint32_t end = connection_queue_end(connection) + connection->fin_queued;
	return sequence_before(connection->snd_nxt, end);
}

/* RFC 5681, 4.1. */
static void note_idleness(struct tcp_connection *connection)
{
	bool idle =
		connection->snd_una == connection->snd_max && connection->last_sent &&
		connection->tcp->clock->now - connection->last_sent > rto_wait(&connection->rto);
	if (idle && connection->tcp->tunables.slow_start_after_idle)
		congestion_idle(&connection->congestion);
}

/* Is the congestion window full, and the peer's not? */
static bool is_congested(const struct tcp_connection *connection)
{
	uint32_t window = connection->congestion.window;

	return connection_in_flight(connection) + connection->mss > window &&
	       window < connection->snd_wnd;
}

void segment_out_run(struct tcp_connection *connection)
{
	if (state_sends(connection->state) && is_waiting(connection)) {
		note_idleness(connection);
		while (send_next(connection, false))
			;
		congestion_filled(&connection->congestion, connection->snd_una, connection->snd_nxt,
				  is_congested(connection));
		if (is_waiting(connection) && connection->snd_una == connection->snd_max)
			tcp_timers_sender_blocked(connection);
	}
	if (connection->ack_now)
		segment_out_ack(connection);
}

bool segment_out_forced(struct tcp_connection *connection)
{
	return state_sends(connection->state) && send_next(connection, true);
}

void segment_out_retransmit(struct tcp_connection *connection)
{
	if (!connection->syn_acknowledged) {
		segment_out_syn(connection);
		return;
	}

	uint32_t resume = connection->snd_nxt;
	uint32_t size = least(connection->send.size, mss_now(connection));
	size = least(size, connection->snd_max - connection->snd_una);
	bool fin = connection->fin_queued && size == connection->send.size &&
		   connection->snd_max == connection_queue_end(connection) + 1;

	send_data(connection, connection->snd_una, size, fin);
	if (sequence_after(resume, connection->snd_nxt))
		connection->snd_nxt = resume;
}
