#include "tcp/connection.h"

#include "base/assert.h"
#include "tcp/listen.h"
#include "tcp/tcp.h"
#include "tcp/timers.h"

/* Linux's tcp_select_initial_window: as much as the field needs to reach the largest window there may be. */
static uint8_t window_shift(const struct tcp *tcp)
{
	uint32_t most = tcp->tunables.receive_most;
	uint8_t shift = 0;

	while (most > UINT16_MAX && shift < TCP_WINDOW_SHIFT_MOST) {
		most >>= 1;
		shift++;
	}
	return shift;
}

static uint32_t within(uint32_t size, uint32_t least, uint32_t most)
{
	uint32_t cut = size < most ? size : most;
	return cut > least ? cut : least;
}

/* tcp_wmem and tcp_rmem: as much as is said, between the two bounds. */
static uint32_t first_send_buffer(const struct tcp *tcp)
{
	uint32_t size =
		within(tcp->config.send_buffer, tcp->tunables.send_least, tcp->tunables.send_most);
	return within(size, TCP_SEND_BUFFER_LEAST, UINT32_MAX);
}

static uint32_t first_receive_buffer(const struct tcp *tcp)
{
	uint32_t size = within(tcp->config.receive_buffer, tcp->tunables.receive_least,
			       tcp->tunables.receive_most);
	return within(size, TCP_RECEIVE_BUFFER_LEAST, UINT32_MAX);
}

struct tcp_connection *connection_new(struct tcp *tcp, void *owner)
{
	struct tcp_connection *connection = memory_take(tcp->allocator, sizeof *connection);
	if (!connection)
		return NULL;

	connection->tcp = tcp;
	if (!tcp_timers_init(connection)) {
		memory_give(tcp->allocator, connection, sizeof *connection);
		return NULL;
	}
	connection->owner = owner;
	connection->state = STATE_CLOSED;
	connection->settings = (struct tcp_settings){
		.send_buffer = first_send_buffer(tcp),
		.receive_buffer = first_receive_buffer(tcp),
		.receive_low_water = 1,
		.keepalive_idle = tcp->tunables.keepalive_idle_s * SECOND,
		.keepalive_interval = tcp->tunables.keepalive_interval_s * SECOND,
		.keepalive_count = tcp->tunables.keepalive_count,
		.syn_retries = tcp->tunables.syn_retries,
	};
	connection->mss = connection->peer_mss = TCP_DEFAULT_MSS;
	connection->own_shift = window_shift(tcp);
	port_holder_init(&connection->holder);
	connection->peer.address = connection->holder.unbound;
	list_init(&connection->in_queue);
	list_append(&tcp->all, &connection->link);
	connection->congestion.control = tcp->tunables.congestion_control;
	rto_init(&connection->rto);
	rack_init(&connection->rack, tcp->tunables.reordering);
	return connection;
}

void connection_turn_v6(struct tcp_connection *connection)
{
	port_holder_turn_v6(&connection->holder);
	connection->peer.address = connection->holder.unbound;
}

bool connection_orphan(struct tcp_connection *connection)
{
	struct tcp *tcp = connection->tcp;

	if (connection->send.size > TCP_ORPHAN_BYTES_MOST - tcp->orphan_bytes)
		return false;
	connection->orphan_bytes = connection->send.size;
	tcp->orphan_bytes += connection->orphan_bytes;
	return true;
}

void connection_orphan_settled(struct tcp_connection *connection)
{
	connection->tcp->orphan_bytes -= connection->orphan_bytes;
	connection->orphan_bytes = 0;
}

static void drop_queues(struct tcp_connection *connection)
{
	connection_orphan_settled(connection);
	queue_close(&connection->send, connection->tcp->pool);
	scoreboard_close(&connection->board, &connection->tcp->sendings);
	connection->recovery.assumed = 0;
	reassembly_close(&connection->early, connection->tcp->pool);
}

static void leave_table(struct tcp_connection *connection)
{
	if (connection->in_table)
		table_remove(&connection->tcp->connections, &connection->by_tuple);
	connection->in_table = false;
	if (connection->tcp->recent == connection)
		connection->tcp->recent = NULL;
}

void connection_free(struct tcp_connection *connection)
{
	struct tcp *tcp = connection->tcp;

	listen_forget(connection);
	leave_table(connection);
	ports_release(&tcp->ports, &connection->holder);
	drop_queues(connection);
	queue_close(&connection->receive, tcp->pool);
	congestion_close(&connection->congestion, tcp->allocator);
	tcp_timers_close(connection);
	list_remove(&connection->link);
	memory_give(tcp->allocator, connection, sizeof *connection);
}

void connection_move(struct tcp_connection *connection, enum tcp_event event)
{
	enum tcp_state state = state_next(connection->state, event);
	assert(state != STATE_ILLEGAL);
	connection->state = state;
}

void connection_enter(struct tcp_connection *connection)
{
	struct tcp *tcp = connection->tcp;
	table_insert(&tcp->connections, &connection->by_tuple,
		     tcp_tuple_hash(tcp, &connection->holder.local, &connection->peer));
	connection->in_table = true;
}

void connection_acknowledge_quickly(struct tcp_connection *connection)
{
	enum { QUICK_ACKS = 16 }; /* Linux's TCP_MAX_QUICKACKS */

	connection->quick_acks = QUICK_ACKS;
	connection->interactive = false;
}

void connection_wake(struct tcp_connection *connection)
{
	if (connection->owner)
		connection->tcp->config.wake(connection->tcp->config.context, connection->owner);
}

void connection_end(struct tcp_connection *connection, int error)
{
	tcp_timers_stop(connection);
	leave_table(connection);
	if (connection->state != STATE_CLOSED)
		connection_move(connection, connection->state == STATE_TIME_WAIT && !error
						    ? EVENT_TIME_WAIT_OVER
						    : EVENT_ABORT);
	/* One that waits to be accepted is still handed out, with its error, as on Linux. */
	bool acceptable = connection->parent && !connection->half_open;
	if (!connection->owner && !acceptable) {
		connection_free(connection);
		return;
	}
	drop_queues(connection);
	if (!connection->bound)
		ports_release(&connection->tcp->ports, &connection->holder);
	if (error)
		connection->error = error;
	connection_wake(connection);
}

/* Of IP and TCP, without options (RFC 9293, 3.7.1). */
static uint32_t headers_of(const struct tcp_connection *connection)
{
	enum { TCP_HEADER = 20, IPV4_HEADER = 20, IPV6_HEADER = 40 };
	return TCP_HEADER + (address_is_v4(&connection->peer.address) ? IPV4_HEADER : IPV6_HEADER);
}

void connection_set_mss(struct tcp_connection *connection, uint32_t mtu)
{
	enum { TIMESTAMPS = 12, OPTIONS_MOST = 40, IP_MOST = 65535 };
	uint32_t headers = headers_of(connection);
	uint32_t mss = mtu - headers;

	if (mss > connection->peer_mss)
		mss = connection->peer_mss;
	if (connection->settings.most_segment && mss > connection->settings.most_segment)
		mss = connection->settings.most_segment;
	if (connection->timestamps)
		mss -= TIMESTAMPS; /* RFC 6691: what options take comes off here, never off the announcement */
	connection->mss = (uint16_t)mss;
	connection->congestion.mss = mss;

	uint32_t largest = connection->path_largest;
	if (largest > IP_MOST - headers - OPTIONS_MOST)
		largest = IP_MOST - headers - OPTIONS_MOST;
	connection->largest_segment = largest > mss ? largest - largest % mss : mss;
}

int connection_find_path(struct tcp_connection *connection)
{
	struct ip_path path;
	int result = ip_find_path_by(connection->tcp->ip, connection->holder.interface,
				     &connection->holder.local.address, &connection->peer.address,
				     &path);
	if (result < 0)
		return result;

	enum { MSS_MOST = 65495 };
	uint32_t own = path.mtu - headers_of(connection);
	if (connection->settings.most_segment && own > connection->settings.most_segment)
		own = connection->settings.most_segment;
	connection->own_mss = (uint16_t)(own < MSS_MOST ? own : MSS_MOST);
	connection->holder.local.address = path.source;
	connection->path_mtu = path.mtu;
	connection->path_largest = path.largest_segment;
	connection->mss_estimate = TCP_DEFAULT_MSS;
	connection_set_mss(connection, path.mtu);
	return 0;
}

uint32_t connection_window(const struct tcp_connection *connection)
{
	uint32_t standing = connection->rcv_edge - connection->rcv_nxt;
	uint32_t held = connection->receive.size;
	uint32_t buffer = connection->settings.receive_buffer;
	uint32_t room = buffer > held ? buffer - held : 0;
	uint32_t step =
		connection->mss_estimate < buffer / 2 ? connection->mss_estimate : buffer / 2;

	uint32_t window = room >= standing + step ? room : standing;

	/* The field counts in units: rounded up, so that the edge stays where it was, but not past what the buffer holds,
	 * or single bytes would push it on for ever. Then less is shown than is taken (RFC 7323, 2.4). */
	uint32_t unit = 1u << connection->rcv_shift;
	uint32_t most = (uint32_t)UINT16_MAX << connection->rcv_shift;
	uint32_t up = (window + unit - 1) & ~(unit - 1);
	uint32_t shown = up <= room ? up : window & ~(unit - 1);
	return shown < most ? shown : most;
}
