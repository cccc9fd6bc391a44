/* The user's calls (RFC 9293, 3.9.1). */
#include "base/assert.h"
#include "tcp/listen.h"
#include "tcp/negotiation.h"
#include "tcp/segment_out.h"
#include "tcp/tcp.h"
#include "tcp/timers.h"
#include "tcp/urgent.h"

#include <errno.h>

int tcp_bind(struct tcp_connection *connection, const struct endpoint *local)
{
	if (connection->state != STATE_CLOSED || connection->bound)
		return -EINVAL;
	if (!address_is_any(&local->address) && !ip_is_own(connection->tcp->ip, &local->address))
		return -EADDRNOTAVAIL;

	int result = ports_bind(&connection->tcp->ports, &connection->holder, local);
	connection->bound = result == 0;
	return result;
}

/* RFC 6191: what is in TIME-WAIT may be used again once its timestamps have moved on: nothing old can be taken for new. */
static bool tuple_is_free(void *context, const struct endpoint *local, const struct endpoint *peer)
{
	struct tcp *tcp = context;
	struct tcp_connection *connection = tcp_find(tcp, local, peer);

	if (!connection)
		return true;
	if (connection->state != STATE_TIME_WAIT || connection->owner || !connection->timestamps ||
	    tcp->clock->now - connection->ts_recent_at <= SECOND)
		return false;
	connection_end(connection, 0);
	return true;
}

static int take_port(struct tcp_connection *connection)
{
	struct tcp *tcp = connection->tcp;

	if (connection->bound)
		return tcp_find(tcp, &connection->holder.local, &connection->peer) ? -EADDRNOTAVAIL
										   : 0;
	struct address local = connection->holder.local.address;
	return ports_use_any(&tcp->ports, &connection->holder, &local, &connection->peer,
			     tuple_is_free, tcp);
}

/* What an earlier attempt may have left behind. */
static void begin_anew(struct tcp_connection *connection)
{
	connection->error = connection->soft_error = 0;
	connection->retries = 0;
	connection->retransmitted = 0;
	connection->more_follows = connection->fin_queued = connection->fin_seen =
		connection->fin_received = false;
	connection->receive_shut = connection->syn_acknowledged = false;
	connection->ts_recent = 0; /* echoed by the SYN otherwise (RFC 7323, 3.2) */
	connection->interactive = false;
	connection->recovery = (struct recovery){ 0 };
	connection->ecn = (struct ecn){ 0 };
	congestion_close(&connection->congestion, connection->tcp->allocator);
	connection->challenged_at = connection->last_text = 0;
	connection->duplicate_left = connection->duplicate_right = 0;
	connection->snd_wnd = connection->snd_wnd_most = 0; /* the last peer's */
	rto_init(&connection->rto);
	rack_init(&connection->rack, connection->tcp->tunables.reordering);
	queue_close(&connection->receive, connection->tcp->pool);
}

int tcp_connect(struct tcp_connection *connection, const struct endpoint *peer)
{
	struct tcp *tcp = connection->tcp;
	bool was_any = address_is_any(&connection->holder.local.address);

	if (ip_is_broadcast(tcp->ip, &peer->address) || address_is_multicast(&peer->address))
		return -ENETUNREACH;

	connection->peer = *peer;
	if (address_is_any(&peer->address)) /* Linux: this host itself */
		connection->peer.address =
			address_is_v4(&peer->address) ? address_v4(LOOPBACK_V4) : loopback_v6;

	int result = connection_find_path(connection);
	if (result == 0)
		result = take_port(connection);
	if (result < 0) {
		if (was_any)
			connection->holder.local.address = connection->holder.unbound;
		connection->peer = (struct endpoint){ .address = connection->holder.unbound };
		return result;
	}

	begin_anew(connection);
	connection->address_chosen = was_any;
	connection->iss = tcp_isn(tcp, &connection->holder.local, &connection->peer);
	connection->timestamp_offset =
		tcp_timestamp_offset(tcp, &connection->holder.local, &connection->peer);
	connection->snd_una = connection->snd_nxt = connection->snd_small = connection->iss;
	connection->pushed = connection->piece_start = connection->piece_end = connection->iss;
	connection->urgent = (struct urgent){ .sent_end = connection->iss };
	connection->last_received = tcp->clock->now;
	connection_enter(connection);
	connection_move(connection, EVENT_OPEN);
	segment_out_syn(connection);
	return 0;
}

static void queue_fin(struct tcp_connection *connection)
{
	if (!state_may_send(connection->state))
		return;
	if (connection->state == STATE_SYN_SENT) {
		connection_end(connection, 0);
		return;
	}
	connection->fin_queued = true;
	connection_move(connection, EVENT_CLOSE);
	segment_out_run(connection);
}

void tcp_shutdown_send(struct tcp_connection *connection)
{
	queue_fin(connection);
}

void tcp_shutdown_receive(struct tcp_connection *connection)
{
	connection->receive_shut = true;
	connection_wake(connection);
}

static bool has_peer(const struct tcp_connection *connection)
{
	return connection->state != STATE_CLOSED && connection->state != STATE_LISTEN &&
	       connection->state != STATE_SYN_SENT;
}

static void abort_connection(struct tcp_connection *connection)
{
	if (has_peer(connection) && connection->state != STATE_TIME_WAIT)
		segment_out_reset(connection);
	connection_end(connection, 0);
}

/* Linux's tcp_disconnect leaves ECONNRESET behind where it cut something off, and else what error there was. */
void tcp_disconnect(struct tcp_connection *connection)
{
	bool cut_off = state_may_send(connection->state) || state_may_receive(connection->state);

	abort_connection(connection);
	listen_forget(connection);
	queue_close(&connection->receive, connection->tcp->pool);
	connection->fin_received = connection->receive_shut = false;
	connection->urgent.state = URGENT_NONE;
	if (cut_off)
		connection->error = ECONNRESET;
	connection->peer = (struct endpoint){ .address = connection->holder.unbound };
	if (connection->address_chosen)
		connection->holder.local.address = connection->holder.unbound;
	if (!connection->bound)
		connection->holder.local = connection->peer;
}

void tcp_close(struct tcp_connection *connection)
{
	/* RFC 2525, 2.17: unread data is lost, and the peer must not believe otherwise. */
	bool unread = connection->receive.size > 0;
	bool hard = connection->settings.linger && connection->settings.linger_seconds == 0;

	connection->owner = NULL;
	connection->receive_shut = true;
	/* All was said: what is left guards its sequence numbers to the end. */
	if (connection->state == STATE_TIME_WAIT) {
		queue_close(&connection->receive, connection->tcp->pool);
		return;
	}
	/* A peer that never reads would else keep what any number of users left behind: Linux's tcp_check_oom. */
	if (!has_peer(connection) || unread || hard || !connection_orphan(connection)) {
		abort_connection(connection);
		return;
	}
	if (connection->state == STATE_FIN_WAIT_2)
		tcp_timers_orphan_waits_for_fin(connection);
	queue_fin(connection);
}

uint32_t tcp_send_room(const struct tcp_connection *connection)
{
	uint32_t size = connection->send.size;
	uint32_t most = connection->settings.send_buffer;
	return size < most ? most - size : 0;
}

size_t tcp_send_copy(struct tcp_connection *connection, struct bytes bytes, bool more)
{
	const size_t asked = bytes.size;
	uint32_t room = tcp_send_room(connection);
	if (bytes.size > room)
		bytes.size = room;

	size_t taken = queue_append_copy(&connection->send, connection->tcp->pool, bytes);
	connection->more_follows = more && taken == asked;
	bool corked = connection->settings.cork;
	connection->settings.cork |= more;
	segment_out_run(connection);
	connection->settings.cork = corked;
	return taken;
}

void tcp_urge(struct tcp_connection *connection, size_t size)
{
	uint32_t room = tcp_send_room(connection);
	urgent_mark(connection, size < room ? (uint32_t)size : room);
}

int tcp_take_urgent(struct tcp_connection *connection, bool keep, uint8_t *octet)
{
	struct urgent *urgent = &connection->urgent;

	if (connection->settings.urgent_in_line || urgent->state == URGENT_NONE ||
	    urgent->state == URGENT_READ)
		return -EINVAL;
	if (urgent->state == URGENT_ANNOUNCED)
		return connection->receive_shut || connection->fin_received ||
				       connection->state == STATE_CLOSED
			       ? 0
			       : -EAGAIN;
	*octet = urgent->value;
	if (!keep)
		urgent->state = URGENT_READ;
	return 1;
}

bool tcp_send_slice(struct tcp_connection *connection, struct slice slice)
{
	if (!queue_append(&connection->send, connection->tcp->pool, slice))
		return false;
	connection->more_follows = false;
	segment_out_run(connection);
	return true;
}

/* Where no reply is likely to carry it, the ACK goes once everything is read: the peer's next small segment may wait for it
 * (Linux does this too, in tcp_cleanup_rbuf). */
static bool is_ack_awaited(const struct tcp_connection *connection)
{
	return connection->unacknowledged > 0 && connection->receive.size == 0 &&
	       !connection->interactive;
}

/* RFC 9293, 3.8.6.2.2: once the room has doubled, if it was half of the widest or less (Linux's rule, but that it takes half
 * of the buffer). So a SYN's narrow window is widened by the first ACK, and not by the first read. */
static bool is_update_due(const struct tcp_connection *connection)
{
	uint32_t standing = connection->rcv_edge - connection->rcv_nxt;
	uint32_t window;

	if (standing > connection->rcv_widest / 2)
		return false;
	window = connection_window(connection);
	return window > standing && window >= 2 * standing;
}

void tcp_received(struct tcp_connection *connection, uint32_t size)
{
	assert(size <= connection->receive.size);
	queue_drop_front(&connection->receive, connection->tcp->pool, size);
	urgent_passed(connection);
	if (state_may_receive(connection->state) &&
	    (is_ack_awaited(connection) || is_update_due(connection)))
		segment_out_ack(connection);
}

void tcp_set_quick_ack(struct tcp_connection *connection, int value)
{
	bool owed = state_may_receive(connection->state) && connection->unacknowledged > 0;

	connection->interactive = value == 0;
	if (!owed || value == 0)
		return;
	if (is_ack_awaited(connection))
		segment_out_ack(connection);
	connection->interactive = !(value & 1);
}

void tcp_push(struct tcp_connection *connection)
{
	segment_out_run(connection);
}

void tcp_keepalive_changed(struct tcp_connection *connection)
{
	tcp_timers_keepalive_changed(connection);
}
