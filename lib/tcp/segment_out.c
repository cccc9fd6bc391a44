#include "tcp/segment_out.h"

#include "base/assert.h"
#include "tcp/negotiation.h"
#include "tcp/sack.h"
#include "tcp/timers.h"
#include "tcp/undo.h"
#include "tcp/urgent.h"
#include "wire/ipv4.h"

/* The one place where a segment meets IP; mark: ECN's, of its header. */
static enum verdict put_out(struct tcp_connection *connection, struct frame *frame,
			    struct tcp_header *header, uint8_t mark)
{
	header->source_port = connection->holder.local.port;
	header->destination_port = connection->peer.port;
	urgent_tell(connection, header);
	tcp_write(frame_push(frame, (uint32_t)tcp_header_size(header)), header);
	frame->checksum_left_out = true;

	const struct tcp_settings *settings = &connection->settings;
	bool v4 = address_is_v4(&connection->peer.address);
	struct ip_send send = {
		.source = connection->holder.local.address,
		.destination = connection->peer.address,
		.protocol = PROTOCOL_TCP,
		.interface = connection->holder.interface,
		.ttl = v4 ? settings->ttl : settings->ipv6.hop_limit,
		.tos = v4 ? settings->tos | mark : settings->ipv6.traffic_class | mark,
		/* RFC 6437, 3: of the connection, by a key */
		.flow = connection->timestamp_offset >> 12,
		.dont_fragment = true,
	};
	return ip_output(connection->tcp->ip, &send, frame);
}

/* What every segment but a RST says of our receive side, and what having said it means. */
static void tell_receive_side(struct tcp_connection *connection, struct tcp_header *header)
{
	uint32_t window = connection_window(connection);
	uint32_t edge = connection->rcv_nxt + window;

	header->flags |= ecn_flags(connection);
	header->acknowledgment = connection->rcv_nxt;
	header->window = (uint16_t)(window >> connection->rcv_shift);
	if (sequence_after(edge, connection->rcv_edge))
		connection->rcv_edge = edge;
	if (window > connection->rcv_widest)
		connection->rcv_widest = window;
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
		      !sequence_before(connection->snd_nxt, edge + unit);
	return beyond ? edge : connection->snd_nxt;
}

static void send_empty(struct tcp_connection *connection, uint8_t flags, uint32_t sequence)
{
	struct frame *frame = frame_new(connection->tcp->pool);
	if (!frame)
		return;
	struct tcp_header header = { .sequence = sequence, .flags = flags };
	tell_receive_side(connection, &header);
	negotiation_options(connection, &header);
	if (!sack_is_silent(connection))
		sack_tell(connection, &header.options);
	put_out(connection, frame, &header, ECN_NOT_CAPABLE);
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
	uint64_t interval = connection->tcp->tunables.challenge_interval_ms * MILLISECOND;

	if (connection->challenged_at && now - connection->challenged_at < interval)
		return;
	connection->challenged_at = now ? now : 1;
	send_empty(connection, TCP_ACK, empty_sequence(connection));
}

void segment_out_probe(struct tcp_connection *connection)
{
	if (urgent_is_unsent(connection))
		send_empty(connection, TCP_ACK, connection->snd_una);
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
	put_out(connection, frame, &header, ECN_NOT_CAPABLE);
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
	return sack_is_silent(connection) ? connection->mss
					  : connection->mss - sack_size(connection);
}

/* How much one segment may carry at once: a millisecond's worth where there is a pacing rate, but two segments (Linux's
 * tcp_tso_autosize). */
static uint32_t largest_piece(const struct tcp_connection *connection)
{
	uint64_t rate = connection->congestion.pacing_rate;
	uint32_t mss = mss_now(connection);
	uint32_t largest = connection->largest_segment;

	if (urgent_is_unsent(connection)) /* a pointer counts from its own segment's first */
		return mss;
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

/* What any sending means, of so many numbers. */
static void account(struct tcp_connection *connection, uint32_t size)
{
	congestion_sent(&connection->congestion, size);
	take_turn(connection, size);
	connection->last_sent = connection->tcp->clock->now;
}

static struct sending describe(struct tcp_connection *connection, uint32_t start, uint32_t size)
{
	uint64_t now = connection->tcp->clock->now;
	bool idle = connection->snd_una == connection->snd_nxt;

	return (struct sending){
		.start = start,
		.end = start + size,
		.mss = (uint16_t)mss_now(connection),
		.sent_at = now,
		.mark = rate_sent(&connection->rate, idle, now),
	};
}

static void account_first(struct tcp_connection *connection, uint32_t start, uint32_t size)
{
	struct sending sending = describe(connection, start, size);

	if (connection->snd_una == connection->snd_nxt)
		congestion_sends_again(&connection->congestion, connection->tcp->clock->now);
	scoreboard_sent(&connection->board, &connection->tcp->sendings, &sending);
	connection->snd_nxt = start + size;
	account(connection, size);
	tcp_timers_data_sent(connection);
}

static void account_again(struct tcp_connection *connection, uint32_t start, uint32_t size)
{
	struct sending sending = describe(connection, start, size);

	scoreboard_sent_again(&connection->board, &connection->tcp->sendings, &sending);
	undo_note_sent_again(connection, size);
	connection->retransmitted += (size + connection->mss - 1) / connection->mss;
	account(connection, size);
	if (start == connection->snd_una)
		tcp_timers_first_sent_again(connection);
}

/* It is never scaled (RFC 7323, 2.2), and whole segments where it takes one (Linux's tcp_select_initial_window). */
static uint16_t syn_window(const struct tcp_connection *connection)
{
	enum { TIMESTAMPS = 12 };
	uint32_t mss = connection->own_mss - (connection->timestamps ? TIMESTAMPS : 0u);
	uint32_t window = least(connection->settings.receive_buffer, UINT16_MAX);

	return (uint16_t)(window > mss ? window - window % mss : window);
}

void segment_out_syn(struct tcp_connection *connection)
{
	struct frame *frame = frame_new(connection->tcp->pool);
	struct tcp_header header = { .sequence = connection->iss, .flags = TCP_SYN };

	if (connection->state != STATE_SYN_SENT) {
		header.flags |= TCP_ACK;
		tell_receive_side(connection, &header);
	}
	header.flags |= ecn_offer(connection);
	header.window = syn_window(connection);
	connection->rcv_widest = header.window;
	connection->rcv_edge = connection->rcv_nxt + connection->rcv_widest;
	negotiation_offer(connection, &header);
	if (frame)
		put_out(connection, frame, &header, ECN_NOT_CAPABLE);
	if (connection->snd_nxt != connection->iss)
		connection->retransmitted++;
	else
		connection->snd_nxt++;
	account(connection, 1);
	tcp_timers_data_sent(connection);
}

void segment_out_syn_was_sent(struct tcp_connection *connection)
{
	connection->snd_nxt = connection->iss + 1;
	connection->rcv_widest = syn_window(connection);
	connection->rcv_edge = connection->rcv_nxt + connection->rcv_widest;
	connection->last_ack_sent = connection->rcv_nxt;
}

/* Text came so lately that its ACK might have waited for this (Linux's tcp_event_data_sent). */
static bool is_reply(const struct tcp_connection *connection)
{
	return connection->last_text &&
	       connection->tcp->clock->now - connection->last_text < TCP_DELAYED_ACK;
}

/* Takes slices for size bytes from sequence on, or for as many as one frame's slices hold, whole segments then. Returns how
 * many. */
static uint32_t fill(struct tcp_connection *connection, struct frame *frame, uint32_t sequence,
		     uint32_t size)
{
	uint32_t mss = mss_now(connection);
	uint32_t offset = sequence - connection_queue_start(connection);
	uint32_t asked = size;

	frame->slice_count = (uint8_t)queue_share(&connection->send, offset, size, frame->slices,
						  FRAME_SLICES, &size);
	frame->payload_size = size;
	if (size < asked && size > mss) {
		size -= size % mss;
		frame_trim(frame, size);
	}
	frame->segment_size = size > mss ? (uint16_t)mss : 0;
	return size;
}

/* The last of what is queued, unless its writer has more; and, of new text, what ends a piece of more than one segment, and what makes the rest more
 * than half of the largest window (Linux's forced_push). */
static bool is_pushed(const struct tcp_connection *connection, uint32_t sequence, uint32_t size)
{
	uint32_t end = sequence + size;
	uint32_t piece = connection->piece_end - connection->piece_start;

	if (size == 0)
		return false;
	if (end == connection_queue_end(connection) && !connection->more_follows)
		return true;
	if (!sequence_after(end, connection->pushed) || end != connection->snd_nxt)
		return false;
	return (end == connection->piece_end && piece > mss_now(connection)) ||
	       end - connection->pushed > connection->snd_wnd_most / 2;
}

static void send_text(struct tcp_connection *connection, struct frame *frame, uint32_t sequence,
		      bool fin, uint8_t mark)
{
	uint32_t size = frame->payload_size;
	struct tcp_header header = {
		.sequence = sequence,
		.flags = (uint8_t)(TCP_ACK | (fin ? TCP_FIN : 0)),
	};

	if (is_pushed(connection, sequence, size)) {
		header.flags |= TCP_PSH;
		if (sequence_after(sequence + size, connection->pushed))
			connection->pushed = sequence + size;
	}

	if (connection->unacknowledged > 0 && connection->quick_acks > 0)
		connection->quick_acks--;
	if (is_reply(connection)) /* replies carry the ACKs from here on */
		connection->interactive = true;
	if (mark)
		header.flags |= ecn_data_flags(connection);
	tell_receive_side(connection, &header);
	negotiation_options(connection, &header);
	if (!sack_is_silent(connection))
		sack_tell(connection, &header.options);
	put_out(connection, frame, &header, mark);
}

/* Sends up to size bytes of the queue from snd_nxt on, and the FIN behind them. False: no memory, and a timer will try
 * again. */
static bool send_first(struct tcp_connection *connection, uint32_t size, bool fin)
{
	uint32_t sequence = connection->snd_nxt;
	bool prepared = scoreboard_prepare(&connection->board, &connection->tcp->sendings);
	struct frame *frame = prepared ? frame_new(connection->tcp->pool) : NULL;

	if (!frame) {
		tcp_timers_sender_blocked(connection);
		return false;
	}
	uint32_t filled = fill(connection, frame, sequence, size);
	fin = fin && filled == size;
	if (filled % mss_now(connection))
		connection->snd_small = sequence + filled;
	account_first(connection, sequence, filled + fin);
	send_text(connection, frame, sequence, fin,
		  filled > 0 ? ecn_mark(connection) : ECN_NOT_CAPABLE);
	return true;
}

/* Sends a range again, or up to most of it and of those that wait behind it. False: no memory, and a timer will. */
static bool send_again(struct tcp_connection *connection, struct sending *sending, uint32_t most)
{
	struct scoreboard *board = &connection->board;
	struct sendings *sendings = &connection->tcp->sendings;
	struct frame *frame = frame_new(connection->tcp->pool);
	if (!frame)
		return false;

	uint32_t sequence = sending->start;
	uint32_t size = scoreboard_gather(board, sendings, sending, most);
	bool fin = sequence + size == connection_queue_end(connection) + 1;
	uint32_t filled = fill(connection, frame, sequence, size - fin);
	if (filled < size - fin) {
		fin = false;
		size = scoreboard_gather(board, sendings, sending, filled);
	}
	if (size == 0 || size != filled + fin) {
		frame_free(frame);
		return false;
	}
	account_again(connection, sequence, size);
	send_text(connection, frame, sequence, fin, ECN_NOT_CAPABLE);
	return true;
}

/* How much the congestion window lets go. */
static uint32_t congestion_room(const struct tcp_connection *connection)
{
	uint32_t window = connection->congestion.window;
	uint32_t in_flight = connection_in_flight(connection);
	return window > in_flight ? window - in_flight : 0;
}

/* How much the peer's window lets go from this sequence number on. */
static uint32_t peer_room(const struct tcp_connection *connection, uint32_t sequence)
{
	uint32_t offset = sequence - connection->snd_una;
	return connection->snd_wnd > offset ? connection->snd_wnd - offset : 0;
}

/* How much may go from snd_nxt on, by both windows. */
static uint32_t usable(const struct tcp_connection *connection)
{
	return least(congestion_room(connection), peer_room(connection, connection->snd_nxt));
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
	bool urgent = urgent_is_unsent(connection) && size == available;
	if (size >= mss_now(connection) || fin || urgent)
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

/* What is left of the piece that snd_nxt is in; a new one begins where less than a segment is, or nothing of it has gone.
 * Linux's are of at most half the congestion window, so that ACKs come in between (tcp_cwnd_test). */
static uint32_t rest_of_piece(struct tcp_connection *connection, uint32_t available, uint32_t room)
{
	uint32_t mss = mss_now(connection);
	uint32_t half = connection->congestion.window / 2;
	uint32_t gone = connection->snd_nxt - connection->piece_start;
	uint32_t piece = connection->piece_end - connection->piece_start;

	if (gone == 0 || gone >= piece || piece - gone < mss) {
		piece = least(least(available, room), half > mss ? half : mss);
		if (piece > mss && piece < available)
			piece -= piece % mss;
		connection->piece_start = connection->snd_nxt;
		connection->piece_end = connection->snd_nxt + piece;
		gone = 0;
	}
	return piece - gone;
}

/* One segment of new data, if there is any and it may go. */
static bool send_next(struct tcp_connection *connection, bool forced)
{
	uint32_t end = connection_queue_end(connection);
	if (sequence_after(connection->snd_nxt, end)) /* the FIN is out */
		return false;

	uint32_t available = end - connection->snd_nxt;
	uint32_t room = usable(connection);
	uint32_t size = least(least(available, room), rest_of_piece(connection, available, room));
	size = least(size, largest_piece(connection));
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
	return send_first(connection, size, fin);
}

/* One piece of what is lost. A peer that has shrunk its window refuses what lies beyond, but for the first. */
static bool send_lost(struct tcp_connection *connection)
{
	struct sending *sending = scoreboard_waiting(&connection->board);
	if (!sending)
		return false;

	uint32_t size = least(sending->end - sending->start, mss_now(connection));
	uint32_t room = least(congestion_room(connection), largest_piece(connection));
	uint32_t window = peer_room(connection, sending->start);
	if (sending->start == connection->snd_una && window < size)
		window = size;
	room = least(room, window);
	return room >= size && is_our_turn(connection) && send_again(connection, sending, room);
}

static bool is_waiting(const struct tcp_connection *connection)
{
	uint32_t end = connection_queue_end(connection) + connection->fin_queued;
	return sequence_before(connection->snd_nxt, end);
}

static void note_idleness(struct tcp_connection *connection)
{
	uint64_t now = connection->tcp->clock->now, rto = rto_wait(&connection->rto);
	bool idle = connection->snd_una == connection->snd_nxt && connection->last_sent &&
		    now - connection->last_sent > rto;
	if (idle && connection->tcp->tunables.slow_start_after_idle)
		congestion_idle(&connection->congestion, now - connection->last_sent, rto, now);
}

/* All that there was has gone, and the program could have given more. */
static void note_starvation(struct tcp_connection *connection)
{
	if (connection->tcp->tunables.slow_start_after_idle && tcp_send_room(connection) > 0)
		congestion_starved(&connection->congestion,
				   connection->snd_nxt - connection->snd_una,
				   rto_wait(&connection->rto), connection->tcp->clock->now);
}

/* Is the congestion window full, and the peer's not? */
static bool is_congested(const struct tcp_connection *connection)
{
	uint32_t window = connection->congestion.window;

	return connection_in_flight(connection) + connection->mss > window &&
	       window < connection->snd_wnd;
}

/* RFC 5682, 3, step 2b: after a time-out new data goes ahead of what seems lost, while it may only be late. */
static bool new_goes_first(const struct tcp_connection *connection)
{
	return connection->recovery.testing && connection->congestion.phase == PHASE_LOSS &&
	       connection->recovery.high == connection->snd_nxt;
}

static void send_all(struct tcp_connection *connection)
{
	note_idleness(connection);
	if (new_goes_first(connection))
		while (send_next(connection, false))
			;
	while (send_lost(connection))
		;
	while (send_next(connection, false))
		;
	congestion_filled(&connection->congestion, connection->snd_una, connection->snd_nxt,
			  is_congested(connection));
	if (!is_waiting(connection))
		note_starvation(connection);
	if (!is_waiting(connection) && congestion_room(connection) >= connection->mss)
		rate_limited(&connection->rate, connection_in_flight(connection));
	if (is_waiting(connection) && connection->snd_una == connection->snd_nxt)
		tcp_timers_sender_blocked(connection);
}

void segment_out_run(struct tcp_connection *connection)
{
	if (state_sends(connection->state) &&
	    (is_waiting(connection) || connection->board.lost > 0))
		send_all(connection);
	if (connection->ack_now)
		segment_out_ack(connection);
}

bool segment_out_has_new(const struct tcp_connection *connection)
{
	return is_waiting(connection) && peer_room(connection, connection->snd_nxt) > 0;
}

bool segment_out_forced(struct tcp_connection *connection)
{
	connection->more_follows = false; /* it has waited long enough: Linux's tcp_write_wakeup */
	return state_sends(connection->state) && send_next(connection, true);
}

bool segment_out_one(struct tcp_connection *connection)
{
	uint32_t end = connection_queue_end(connection);
	if (!state_sends(connection->state) || sequence_after(connection->snd_nxt, end))
		return false;

	uint32_t available = end - connection->snd_nxt;
	uint32_t room = peer_room(connection, connection->snd_nxt);
	uint32_t size = least(least(available, room), mss_now(connection));
	bool fin = connection->fin_queued && size == available && room > size;
	return (size > 0 || fin) && send_first(connection, size, fin);
}

bool segment_out_last_again(struct tcp_connection *connection)
{
	struct scoreboard *board = &connection->board;
	struct sending *last = scoreboard_last_missing(board);
	if (!last)
		return false;

	uint32_t size = last->end - last->start;
	uint32_t whole = (size - 1) / last->mss * last->mss;
	if (whole > 0) {
		if (!scoreboard_part(board, &connection->tcp->sendings, last, whole))
			return false;
		last = scoreboard_last_missing(board);
	}
	return send_again(connection, last, size);
}

void segment_out_retransmit(struct tcp_connection *connection)
{
	struct sending *first = scoreboard_first(&connection->board);

	if (!connection->syn_acknowledged)
		segment_out_syn(connection);
	else if (first)
		send_again(connection, first, mss_now(connection));
}
