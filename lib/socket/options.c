/* options: one table of what getsockopt and setsockopt know. What is not in it is -ENOPROTOOPT; what is in it without a
 * setter is read only. */
#include "socket/socket.h"

#include <errno.h>
#include <netinet/tcp.h>

enum {
	BUFFER_ASKED_MOST =
		212992, /* net.core.rmem_max and wmem_max: more is cut to it, then doubled (socket(7)) */
};

/* Nearly every option is an int; the others say so by size. */
struct option {
	int level;
	int name;
	socklen_t size; /* 0: an int */
	int (*get)(struct socket *socket, void *value, socklen_t *size);
	int (*set)(struct socket *socket, const void *value, socklen_t size);
};

static int int_of(const void *value)
{
	int number;
	memcpy(&number, value, sizeof number);
	return number;
}

static int give_int(void *value, int number)
{
	memcpy(value, &number, sizeof number);
	return 0;
}

static struct tcp_settings *settings_of(struct socket *socket)
{
	return &socket->connection->settings;
}

/* An option that is a flag somewhere. */
#define FLAG(option, place, after)                                                                 \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		return give_int(value, (place) != 0);                                              \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		(void)size;                                                                        \
		(place) = int_of(value) != 0;                                                      \
		after;                                                                             \
		return 0;                                                                          \
	}

FLAG(reuse_address, socket->connection->holder.reuse_address, (void)0)
FLAG(reuse_port, socket->connection->holder.reuse_port, (void)0)
FLAG(keepalive, settings_of(socket)->keepalive, tcp_keepalive_changed(socket->connection))
FLAG(no_delay, settings_of(socket)->no_delay, tcp_push(socket->connection))
FLAG(cork, settings_of(socket)->cork, tcp_push(socket->connection))

/* An option that is a number somewhere, in a unit, between two bounds; outside them it is -EINVAL. */
#define NUMBER(option, place, unit, least, most, after)                                            \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		return give_int(value, (int)((place) / (unit)));                                   \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		int number = int_of(value);                                                        \
		(void)size;                                                                        \
		if (number < (least) || number > (most))                                           \
			return -EINVAL;                                                            \
		(place) = (__typeof__(place))number * (unit);                                      \
		after;                                                                             \
		return 0;                                                                          \
	}

NUMBER(keepalive_idle, settings_of(socket)->keepalive_idle, SECOND, 1, 32767,
       tcp_keepalive_changed(socket->connection))
NUMBER(keepalive_interval, settings_of(socket)->keepalive_interval, SECOND, 1, 32767,
       tcp_keepalive_changed(socket->connection))
NUMBER(keepalive_count, settings_of(socket)->keepalive_count, 1, 1, 127,
       tcp_keepalive_changed(socket->connection))
NUMBER(syn_retries, settings_of(socket)->syn_retries, 1, 1, 127, (void)0)
NUMBER(user_timeout, settings_of(socket)->user_timeout, MILLISECOND, 0, INT32_MAX, (void)0)

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
	return give_int(value, ttl ? ttl : 64);
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

/* Buffers: cut, doubled, floored, as socket(7) says. */
static uint32_t buffer_size(int asked, uint32_t least)
{
	uint32_t size =
		asked < 0 || asked > BUFFER_ASKED_MOST ? BUFFER_ASKED_MOST : (uint32_t)asked;
	return 2 * size > least ? 2 * size : least;
}

static int get_send_buffer(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, (int)settings_of(socket)->send_buffer);
}

static int set_send_buffer(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	settings_of(socket)->send_buffer = buffer_size(int_of(value), TCP_SEND_BUFFER_LEAST);
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
	settings_of(socket)->receive_buffer = buffer_size(int_of(value), TCP_RECEIVE_BUFFER_LEAST);
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

/* Linux counts them in ticks of a long. */
#define SECONDS_MOST (INT64_MAX / 1000 - 1)

static int set_timeout(struct timeval *timeout, const void *value)
{
	struct timeval asked;
	memcpy(&asked, value, sizeof asked);
	if (asked.tv_usec < 0 || asked.tv_usec >= 1000000)
		return -EDOM;
	bool for_ever = asked.tv_sec < 0 || asked.tv_sec >= SECONDS_MOST;
	*timeout = for_ever ? (struct timeval){ 0 } : asked;
	return 0;
}

#define TIMEOUT(option)                                                                            \
	static int get_##option(struct socket *socket, void *value, socklen_t *size)               \
	{                                                                                          \
		(void)size;                                                                        \
		memcpy(value, &socket->option, sizeof socket->option);                             \
		return 0;                                                                          \
	}                                                                                          \
	static int set_##option(struct socket *socket, const void *value, socklen_t size)          \
	{                                                                                          \
		(void)size;                                                                        \
		return set_timeout(&socket->option, value);                                        \
	}

TIMEOUT(receive_timeout)
TIMEOUT(send_timeout)

static int get_error(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, -socket_take_error(socket));
}

static int get_type(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->type);
}

static int get_domain(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->domain);
}

static int get_protocol(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->protocol);
}

static int get_listening(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->connection->state == STATE_LISTEN);
}

static int get_v6_only(struct socket *socket, void *value, socklen_t *size)
{
	(void)size;
	return give_int(value, socket->v6_only);
}

static int set_v6_only(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	if (socket->connection->holder.local.port != 0)
		return -EINVAL;
	socket->v6_only = int_of(value) != 0;
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
	return give_int(value, socket->connection->quick_acks > 0);
}

static int set_quick_ack(struct socket *socket, const void *value, socklen_t size)
{
	(void)size;
	socket->connection->quick_acks = int_of(value) ? UINT8_MAX : 0;
	return 0;
}

static int get_congestion(struct socket *socket, void *value, socklen_t *size)
{
	const struct congestion_control *control = socket->connection->congestion.control;
	const char *name = control ? control->name : newreno.name;
	char padded[16] = { 0 }; /* TCP_CA_NAME_MAX */

	for (size_t index = 0; index + 1 < sizeof padded && name[index]; index++)
		padded[index] = name[index];
	if (*size > sizeof padded)
		*size = sizeof padded;
	memcpy(value, padded, *size);
	return 0;
}

static int set_congestion(struct socket *socket, const void *value, socklen_t size)
{
	static const char only[] = "reno";
	(void)socket;
	bool same = size >= sizeof only - 1 && memcmp(value, only, sizeof only - 1) == 0 &&
		    (size == sizeof only - 1 || ((const char *)value)[sizeof only - 1] == '\0');
	return same ? 0 : -ENOENT;
}

static int get_info(struct socket *socket, void *value, socklen_t *size)
{
	const struct tcp_connection *connection = socket->connection;
	uint64_t now = connection->tcp->clock->now;
	const uint32_t mss = connection->mss;
	struct tcp_info info = {
		.tcpi_state = (uint8_t)connection->state,
		.tcpi_retransmits = connection->retries,
		.tcpi_probes = connection->keepalive_probes,
		.tcpi_backoff = connection->rto.backoff,
		.tcpi_options = (uint8_t)((connection->timestamps ? TCPI_OPT_TIMESTAMPS : 0) |
					  (connection->rcv_shift ? TCPI_OPT_WSCALE : 0)),
		.tcpi_rto = (uint32_t)(rto_wait(&connection->rto) / MICROSECOND),
		.tcpi_ato = 40000,
		.tcpi_snd_mss = mss,
		.tcpi_rcv_mss = connection->mss_estimate,
		.tcpi_unacked = (connection->snd_max - connection->snd_una + mss - 1) / mss,
		.tcpi_last_data_sent = (uint32_t)((now - connection->last_sent) / MILLISECOND),
		.tcpi_last_data_recv = (uint32_t)((now - connection->last_received) / MILLISECOND),
		.tcpi_last_ack_recv = (uint32_t)((now - connection->last_received) / MILLISECOND),
		.tcpi_pmtu = connection->path_mtu,
		.tcpi_rtt = (uint32_t)(connection->rto.srtt_ns / MICROSECOND),
		.tcpi_rttvar = (uint32_t)(connection->rto.rttvar_ns / MICROSECOND),
		.tcpi_snd_ssthresh = connection->congestion.threshold / mss,
		.tcpi_snd_cwnd = connection->congestion.window / mss,
		.tcpi_advmss = connection->own_mss,
		.tcpi_reordering = 3,
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
static const struct option options[] = {
	{ SOL_SOCKET,  SO_REUSEADDR,  0, BOTH(reuse_address) },
	{ SOL_SOCKET,  SO_REUSEPORT,  0, BOTH(reuse_port) },
	{ SOL_SOCKET,  SO_KEEPALIVE,  0, BOTH(keepalive) },
	{ SOL_SOCKET,  SO_SNDBUF,     0, BOTH(send_buffer) },
	{ SOL_SOCKET,  SO_RCVBUF,     0, BOTH(receive_buffer) },
	{ SOL_SOCKET,  SO_RCVLOWAT,   0, BOTH(low_water) },
	{ SOL_SOCKET,  SO_LINGER,     sizeof(struct linger), BOTH(linger) },
	{ SOL_SOCKET,  SO_RCVTIMEO,   sizeof(struct timeval), BOTH(receive_timeout) },
	{ SOL_SOCKET,  SO_SNDTIMEO,   sizeof(struct timeval), BOTH(send_timeout) },
	{ SOL_SOCKET,  SO_ERROR,      0, get_error, NULL },
	{ SOL_SOCKET,  SO_TYPE,       0, get_type, NULL },
	{ SOL_SOCKET,  SO_DOMAIN,     0, get_domain, NULL },
	{ SOL_SOCKET,  SO_PROTOCOL,   0, get_protocol, NULL },
	{ SOL_SOCKET,  SO_ACCEPTCONN, 0, get_listening, NULL },
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
	{ IPPROTO_IPV6, IPV6_V6ONLY,  0, BOTH(v6_only) },
};
/* clang-format on */

enum { VALUE_MOST = 256 }; /* more than the largest option */

/* What is IPv6's is no option of an IPv4 socket. */
static const struct option *find(const struct socket *socket, int level, int name)
{
	if (level == IPPROTO_IPV6 && socket->domain != AF_INET6)
		return NULL;
	for (size_t index = 0; index < sizeof options / sizeof options[0]; index++) {
		if (options[index].level == level && options[index].name == name)
			return &options[index];
	}
	return NULL;
}

/* Linux answers getsockopt of a level nobody has otherwise than setsockopt. */
static bool is_our_level(const struct socket *socket, int level)
{
	return level == SOL_SOCKET || level == IPPROTO_TCP || level == IPPROTO_IP ||
	       (level == IPPROTO_IPV6 && socket->domain == AF_INET6);
}

/* Linux takes an option of IP's from a single byte as well, and shows it in one where there is no room for four. */
static bool is_a_byte(const struct option *option, socklen_t size)
{
	return option->level == IPPROTO_IP && size > 0 && size < sizeof(int);
}

/* What Linux asks before it looks whether it has the option at all. */
static bool is_too_short(int level, socklen_t size)
{
	bool wants_int = level == SOL_SOCKET || level == IPPROTO_TCP;
	return (int)size < 0 || (wants_int && size < sizeof(int));
}

static socklen_t size_of(const struct option *option)
{
	return option->size ? option->size : (socklen_t)sizeof(int);
}

int berth_getsockopt(struct berth_host *host, int descriptor, int level, int name, void *value,
		     socklen_t *size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	uint8_t whole[VALUE_MOST];

	if (!socket)
		return -EBADF;
	const struct option *option = find(socket, level, name);
	if (is_our_level(socket, level) && (int)*size < 0)
		return -EINVAL;
	if (!option)
		return is_our_level(socket, level) ? -ENOPROTOOPT : -EOPNOTSUPP;

	/* Linux writes as much as there is room for, and says how much that was. */
	socklen_t full = option->size > 1 || option->size == 0 ? size_of(option) : VALUE_MOST;
	socklen_t room = *size < full ? *size : full;
	full = option->size == 1 ? room : full;
	int result = option->get(socket, whole, &full);
	if (result < 0)
		return result;
	if (room > full)
		room = full;
	if (is_a_byte(option, room))
		room = 1;
	memcpy(value, whole, room);
	*size = room;
	return 0;
}

int berth_setsockopt(struct berth_host *host, int descriptor, int level, int name,
		     const void *value, socklen_t size)
{
	struct socket *socket = socket_find(sockets_of(host), descriptor);
	if (!socket)
		return -EBADF;
	const struct option *option = find(socket, level, name);
	bool by_name = option && option->size == 1; /* a string, of any length */
	if (is_too_short(by_name ? IPPROTO_IP : level, size))
		return -EINVAL;
	if (!option || !option->set)
		return -ENOPROTOOPT;
	if (is_a_byte(option, size)) {
		int widened = *(const uint8_t *)value;
		return option->set(socket, &widened, sizeof widened);
	}
	if (size < size_of(option))
		return -EINVAL;
	return option->set(socket, value, size);
}
