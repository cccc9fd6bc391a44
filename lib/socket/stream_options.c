/* The options of a stream: SOL_SOCKET's, IP's and TCP's. */
#include "socket/option.h"

#include <errno.h>
#include <netinet/tcp.h>

static struct tcp_settings *settings_of(struct socket *socket)
{
	return &socket->connection->settings;
}

FLAG(keepalive, settings_of(socket)->keepalive, tcp_keepalive_changed(socket->connection))
FLAG(urgent_in_line, settings_of(socket)->urgent_in_line, (void)0)
FLAG(no_delay, settings_of(socket)->no_delay, tcp_push(socket->connection))
FLAG(cork, settings_of(socket)->cork, tcp_push(socket->connection))

NUMBER(keepalive_idle, settings_of(socket)->keepalive_idle, SECOND, 1, 32767,
       tcp_keepalive_changed(socket->connection))
NUMBER(keepalive_interval, settings_of(socket)->keepalive_interval, SECOND, 1, 32767,
       tcp_keepalive_changed(socket->connection))
NUMBER(keepalive_count, settings_of(socket)->keepalive_count, 1, 1, 127,
       tcp_keepalive_changed(socket->connection))
NUMBER(syn_retries, settings_of(socket)->syn_retries, 1, 1, 127, (void)0)
NUMBER(user_timeout, settings_of(socket)->user_timeout, MILLISECOND, 0, INT32_MAX, (void)0)

NUMBER(zerocopy, settings_of(socket)->zerocopy, 1, 0, 1, (void)0)

static int get_tos(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, settings_of(socket)->tos);
}

/* The low two bits are ECN's, and not the user's where TCP has them (RFC 3168; Linux cuts them off too). */
static int set_tos(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->tos = (uint8_t)(int_of(value) & 0xfc);
	return 0;
}

static int get_ttl(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	uint8_t ttl = settings_of(socket)->ttl;
	return give_int(value, ttl ? ttl : socket->home->tcp->ip->ttl4);
}

static int set_ttl(struct socket *socket, const void *value, socklen_t size)
{
	int ttl = int_of(value);
	(void)size;
	if (ttl != -1 && (ttl < 1 || ttl > 255))
		return -EINVAL;
	settings_of(socket)->ttl = ttl == -1 ? 0 : (uint8_t)ttl;
	return 0;
}

static int get_send_buffer(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, (int)settings_of(socket)->send_buffer);
}

static int set_send_buffer(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->send_buffer =
		option_buffer_size(int_of(value), socket->home->send_most, TCP_SEND_BUFFER_LEAST);
	socket_wake(socket->home, socket);
	return 0;
}

static int get_receive_buffer(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, (int)settings_of(socket)->receive_buffer);
}

static int set_receive_buffer(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->receive_buffer = option_buffer_size(
		int_of(value), socket->home->receive_most, TCP_RECEIVE_BUFFER_LEAST);
	return 0;
}

static int get_low_water(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, (int)settings_of(socket)->receive_low_water);
}

static int set_low_water(struct socket *socket, const void *value, socklen_t size)
{
	int asked = int_of(value);
	uint32_t most =
		settings_of(socket)->receive_buffer / 2; /* more might never come together */
	uint32_t bytes = asked == 0 ? 1 : (uint32_t)asked;
	(void)size;
	settings_of(socket)->receive_low_water = bytes < most ? bytes : most;
	return 0;
}

static int get_linger(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	struct linger linger = { settings_of(socket)->linger,
				 (int)settings_of(socket)->linger_seconds };
	memcpy(value, &linger, sizeof linger);
	return 0;
}

static int set_linger(struct socket *socket, const void *value, socklen_t size)
{
	struct linger linger;
	(void)size;
	memcpy(&linger, value, sizeof linger);
	settings_of(socket)->linger = linger.l_onoff != 0;
	settings_of(socket)->linger_seconds =
		linger.l_linger < 0 ? INT32_MAX : (uint32_t)linger.l_linger;
	return 0;
}

/* Before there is a path Linux shows the user's bound, or RFC 9293's default. */
static int get_most_segment(struct socket *socket, void *value, socklen_t *size)
{
	const struct tcp_connection *connection = socket->connection;
	uint16_t asked = connection->settings.most_segment;
	(void)size;
	bool has_path = connection->state != STATE_CLOSED && connection->state != STATE_LISTEN;
	return give_int(value, asked && !has_path ? asked : connection->mss);
}

static int set_most_segment(struct socket *socket, const void *value, socklen_t size)
{
	int mss = int_of(value);
	(void)size;
	if (mss != 0 && (mss < 88 || mss > 32767)) /* Linux's TCP_MIN_MSS and MAX_TCP_WINDOW */
		return -EINVAL;
	settings_of(socket)->most_segment = (uint16_t)mss;
	return 0;
}

static int get_quick_ack(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, !socket->connection->interactive);
}

static int set_quick_ack(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	tcp_set_quick_ack(socket->connection, int_of(value));
	return 0;
}

enum { CONTROL_NAME_MOST = 16 }; /* Linux's TCP_CA_NAME_MAX, with the end */

static int get_congestion(struct socket *socket, void *value, socklen_t *size)
{
	const char *name = socket->connection->congestion.control->name;
	char padded[CONTROL_NAME_MOST] = { 0 };

	for (size_t index = 0; index + 1 < sizeof padded && name[index]; index++)
		padded[index] = name[index];
	if (*size > sizeof padded)
		*size = sizeof padded;
	memcpy(value, padded, *size);
	return 0;
}

/* What is longer than a name may be is cut. */
static int set_congestion(struct socket *socket, const void *value, socklen_t size)
{
	struct tcp_connection *connection = socket->connection;
	char name[CONTROL_NAME_MOST] = { 0 };

	if (size == 0)
		return -EINVAL;
	memcpy(name, value, size < sizeof name ? size : sizeof name - 1);
	const struct congestion_control *control = congestion_find(name);
	if (!control)
		return -ENOENT;
	connection->settings.congestion_control = control;
	congestion_use(&connection->congestion, connection->tcp->allocator, control,
		       connection->tcp->clock->now);
	return 0;
}

/* Of no bound it is all ones, in four bytes or, where there is room, in eight. */
static int get_pacing_rate(struct socket *socket, void *value, socklen_t *size)
{
	uint64_t rate =
		settings_of(socket)->pacing_rate ? settings_of(socket)->pacing_rate : UINT64_MAX;
	uint32_t cut = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;

	if (*size >= sizeof rate) {
		*size = sizeof rate;
		memcpy(value, &rate, sizeof rate);
		return 0;
	}
	if (*size > sizeof cut)
		*size = sizeof cut;
	memcpy(value, &cut, *size);
	return 0;
}

static int set_pacing_rate(struct socket *socket, const void *value, socklen_t size)
{
	struct tcp_connection *connection = socket->connection;
	uint64_t rate;

	if (size < sizeof(int))
		return -EINVAL;
	if (size >= sizeof rate)
		memcpy(&rate, value, sizeof rate);
	else
		rate = int_of(value) == -1 ? UINT64_MAX : (uint32_t)int_of(value);
	connection->settings.pacing_rate = rate == UINT64_MAX ? 0 : rate;
	if (connection->congestion.window > 0)
		congestion_bound_rate(&connection->congestion, connection->settings.pacing_rate);
	tcp_push(connection);
	return 0;
}

static uint32_t segments(uint32_t bytes, uint32_t mss)
{
	return (bytes + mss - 1) / mss;
}

static int get_info(struct socket *socket, void *value, socklen_t *size)
{
	const struct tcp_connection *connection = socket->connection;
	uint64_t now = connection->tcp->clock->now;
	const uint32_t mss = connection->mss;
	const struct scoreboard *board = &connection->board;
	struct tcp_info info = {
		.tcpi_state = (uint8_t)connection->state,
		.tcpi_ca_state = (uint8_t)connection->congestion.phase,
		.tcpi_retransmits = connection->retries,
		.tcpi_probes = connection->keepalive_probes,
		.tcpi_backoff = connection->rto.backoff,
		.tcpi_options = (uint8_t)((connection->timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
					  (connection->sack ? TCPI_OPT_SACK : 0) |
					  (connection->rcv_shift ? TCPI_OPT_WSCALE : 0) |
					  (connection->ecn.agreed ? TCPI_OPT_ECN : 0) |
					  (connection->ecn.seen ? TCPI_OPT_ECN_SEEN : 0)),
		.tcpi_rto = (uint32_t)(rto_wait(&connection->rto) / MICROSECOND),
		.tcpi_ato = 40000,
		.tcpi_snd_mss = mss,
		.tcpi_rcv_mss = connection->mss_estimate,
		.tcpi_unacked = segments(connection->snd_nxt - connection->snd_una, mss),
		.tcpi_sacked = segments(board->sacked + connection->recovery.assumed, mss),
		.tcpi_lost = segments(board->lost, mss),
		.tcpi_retrans = segments(board->again, mss),
		.tcpi_last_data_sent = (uint32_t)((now - connection->last_sent) / MILLISECOND),
		.tcpi_last_data_recv = (uint32_t)((now - connection->last_received) / MILLISECOND),
		.tcpi_last_ack_recv = (uint32_t)((now - connection->last_received) / MILLISECOND),
		.tcpi_pmtu = connection->path_mtu,
		.tcpi_rtt = (uint32_t)(connection->rto.srtt_ns / MICROSECOND),
		.tcpi_rttvar = (uint32_t)(connection->rto.rttvar_ns / MICROSECOND),
		.tcpi_snd_ssthresh = connection->congestion.threshold / mss,
		.tcpi_snd_cwnd = connection->congestion.window / mss,
		.tcpi_advmss = connection->own_mss,
		.tcpi_reordering = connection->rack.degree,
		.tcpi_rcv_space = connection->settings.receive_buffer,
		.tcpi_total_retrans = connection->retransmitted,
	};

	/* Bit fields: assigned through a mask, which is what tells the compiler that nothing is lost. */
	info.tcpi_snd_wscale = (unsigned char)(connection->snd_shift & 0xfu) & 0xfu;
	info.tcpi_rcv_wscale = (unsigned char)(connection->rcv_shift & 0xfu) & 0xfu;
	if (connection->state == STATE_LISTEN) { /* as Linux fills them for ss(8) */
		info.tcpi_unacked = connection->listener->complete_count;
		info.tcpi_sacked = (uint32_t)connection->listener->backlog;
	}
	if (*size > sizeof info)
		*size = sizeof info;
	memcpy(value, &info, *size);
	return 0;
}

/* clang-format off */
#define BOTH(name) get_##name, set_##name
const struct option stream_options[] = {
	{ SOL_SOCKET,  SO_KEEPALIVE,  0, BOTH(keepalive) },
	{ SOL_SOCKET,  SO_OOBINLINE,  0, BOTH(urgent_in_line) },
	{ SOL_SOCKET,  SO_SNDBUF,     0, BOTH(send_buffer) },
	{ SOL_SOCKET,  SO_RCVBUF,     0, BOTH(receive_buffer) },
	{ SOL_SOCKET,  SO_RCVLOWAT,   0, BOTH(low_water) },
	{ SOL_SOCKET,  SO_ZEROCOPY,   0, BOTH(zerocopy) },
	{ SOL_SOCKET,  SO_MAX_PACING_RATE, 1, BOTH(pacing_rate) },
	{ SOL_SOCKET,  SO_LINGER,     sizeof(struct linger), BOTH(linger) },
	{ IPPROTO_TCP, TCP_NODELAY,   0, BOTH(no_delay) },
	{ IPPROTO_TCP, TCP_CORK,      0, BOTH(cork) },
	{ IPPROTO_TCP, TCP_MAXSEG,    0, BOTH(most_segment) },
	{ IPPROTO_TCP, TCP_KEEPIDLE,  0, BOTH(keepalive_idle) },
	{ IPPROTO_TCP, TCP_KEEPINTVL, 0, BOTH(keepalive_interval) },
	{ IPPROTO_TCP, TCP_KEEPCNT,   0, BOTH(keepalive_count) },
	{ IPPROTO_TCP, TCP_SYNCNT,    0, BOTH(syn_retries) },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, 0, BOTH(user_timeout) },
	{ IPPROTO_TCP, TCP_QUICKACK,  0, BOTH(quick_ack) },
	{ IPPROTO_TCP, TCP_CONGESTION, 1, BOTH(congestion) },
	{ IPPROTO_TCP, TCP_INFO,      sizeof(struct tcp_info), get_info, NULL },
	{ IPPROTO_IP,  IP_TOS,        0, BOTH(tos) },
	{ IPPROTO_IP,  IP_TTL,        0, BOTH(ttl) },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0, BOTH(hop_limit) },
	{ IPPROTO_IPV6, IPV6_TCLASS,  0, BOTH(traffic_class) },
};
/* clang-format on */
const size_t stream_option_count = sizeof stream_options / sizeof stream_options[0];
