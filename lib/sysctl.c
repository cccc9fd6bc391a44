/* sysctl: the host's tunables, by the names that Linux gives them: a table of where each is kept and between which bounds it
 * may be. What Linux has and is not in the table has no meaning here, and is unknown.
 *
 * A value is one to three whole numbers with blanks between, in C's notation. Fewer than there are leave the rest as it was,
 * as on Linux. One value is a name: that of the usual congestion controller. */
#include "host.h"

#include <berth/host.h>
#include <errno.h>

enum {
	VALUES_MOST = 3,
	CONTROL_NAME_MOST = 16,       /* Linux's TCP_CA_NAME_MAX, with the end */
	TIME_MOST = INT32_MAX / 1000, /* seconds; Linux counts them in ticks of an int */
	BUFFER_MOST = 1 << 30,        /* no window is larger (RFC 7323, 2.3) */
};

struct field {
	size_t offset; /* in struct berth_host */
	size_t size;
};

enum shape {
	NUMBERS,
	ASCENDING, /* none is less than the one before */
	CONTROL,   /* the name of a congestion controller, and no fields */
};

struct tunable {
	const char *name;
	uint32_t least, most;
	struct field fields[VALUES_MOST]; /* size 0: there are no more */
	enum shape shape;
};

/* clang-format off */
#define FIELD(place) { offsetof(struct berth_host, place), sizeof((struct berth_host *)0)->place }
#define TCP(name, least, most, field) \
	{ "net.ipv4.tcp_" name, least, most, { FIELD(tcp.tunables.field) }, NUMBERS }
#define ONE(name, least, most, place) { name, least, most, { FIELD(place) }, NUMBERS }

static const struct tunable tunables[] = {
	ONE("net.core.rmem_default", 2304, BUFFER_MOST, sockets.receive_first),
	ONE("net.core.rmem_max", 2304, BUFFER_MOST, sockets.receive_most),
	ONE("net.core.somaxconn", 0, INT32_MAX, tcp.tunables.backlog_most),
	ONE("net.core.wmem_default", 4608, BUFFER_MOST, sockets.send_first),
	ONE("net.core.wmem_max", 4608, BUFFER_MOST, sockets.send_most),
	ONE("net.ipv4.icmp_echo_ignore_all", 0, 1, ip.echo_ignore_all),
	ONE("net.ipv4.icmp_echo_ignore_broadcasts", 0, 1, ip.echo_ignore_broadcasts),
	ONE("net.ipv4.ip_default_ttl", 1, UINT8_MAX, ip.ttl4),
	ONE("net.ipv4.ip_forward", 0, 1, ip.forwarding4),
	{ "net.ipv4.ip_local_port_range", 1024, UINT16_MAX,
	  { FIELD(tcp.ports.first), FIELD(tcp.ports.last) }, ASCENDING },
	{ "net.ipv4.tcp_congestion_control", 0, 0, { { 0, 0 } }, CONTROL },
	TCP("dsack", 0, 1, dsack),
	TCP("early_retrans", 0, 4, early_retrans),
	TCP("ecn", 0, 2, ecn),
	TCP("ecn_fallback", 0, 1, ecn_fallback),
	TCP("fin_timeout", 0, TIME_MOST, fin_timeout_s),
	TCP("frto", 0, UINT8_MAX, frto),
	TCP("invalid_ratelimit", 0, INT32_MAX, challenge_interval_ms),
	TCP("keepalive_intvl", 1, TIME_MOST, keepalive_interval_s),
	TCP("keepalive_probes", 0, UINT8_MAX, keepalive_count),
	TCP("keepalive_time", 1, TIME_MOST, keepalive_idle_s),
	TCP("max_reordering", 1, UINT16_MAX, max_reordering),
	TCP("max_syn_backlog", 1, INT32_MAX, half_open_most),
	TCP("min_rtt_wlen", 0, 86400, least_rtt_window_s),
	TCP("orphan_retries", 0, UINT8_MAX, orphan_retries),
	TCP("recovery", 0, UINT8_MAX, recovery),
	TCP("reordering", 1, 300, reordering),
	TCP("retries2", 0, UINT8_MAX, retries),
	{ "net.ipv4.tcp_rmem", 1, BUFFER_MOST,
	  { FIELD(tcp.tunables.receive_least), FIELD(tcp.config.receive_buffer), FIELD(tcp.tunables.receive_most) }, ASCENDING },
	TCP("sack", 0, 1, sack),
	TCP("slow_start_after_idle", 0, 1, slow_start_after_idle),
	TCP("syn_retries", 1, 127, syn_retries),
	TCP("synack_retries", 0, UINT8_MAX, syn_ack_retries),
	TCP("syncookies", 0, 2, syn_cookies),
	TCP("timestamps", 0, 1, timestamps),
	TCP("window_scaling", 0, 1, window_scaling),
	{ "net.ipv4.tcp_wmem", 1, BUFFER_MOST,
	  { FIELD(tcp.tunables.send_least), FIELD(tcp.config.send_buffer), FIELD(tcp.tunables.send_most) }, ASCENDING },
	ONE("net.ipv6.conf.all.forwarding", 0, 1, ip.forwarding6),
	ONE("net.ipv6.conf.all.hop_limit", 1, UINT8_MAX, ip.ttl6),
	ONE("net.ipv6.icmp.echo_ignore_all", 0, 1, ip.echo6_ignore_all),
	ONE("net.ipv6.icmp.echo_ignore_multicast", 0, 1, ip.echo6_ignore_multicast),
};
/* clang-format on */

enum { TUNABLES = sizeof tunables / sizeof tunables[0] };

/* sysctl(8) takes slashes for dots. */
static bool is_name(const char *asked, const char *name)
{
	while (*asked && (*asked == *name || (*asked == '/' && *name == '.'))) {
		asked++;
		name++;
	}
	return *asked == '\0' && *name == '\0';
}

static const struct tunable *find(const char *name)
{
	for (int index = 0; index < TUNABLES; index++) {
		if (is_name(name, tunables[index].name))
			return &tunables[index];
	}
	return NULL;
}

static int count_of(const struct tunable *tunable)
{
	int count = 0;
	while (count < VALUES_MOST && tunable->fields[count].size > 0)
		count++;
	return count;
}

static uint32_t read_field(const struct berth_host *host, const struct field *field)
{
	const uint8_t *at = (const uint8_t *)host + field->offset;
	uint16_t two;
	uint32_t four;

	switch (field->size) {
	case sizeof(uint8_t):
		return *at;
	case sizeof two:
		memcpy(&two, at, sizeof two);
		return two;
	default:
		memcpy(&four, at, sizeof four);
		return four;
	}
}

static void write_field(struct berth_host *host, const struct field *field, uint32_t value)
{
	uint8_t *at = (uint8_t *)host + field->offset;
	const uint16_t two = (uint16_t)value;

	switch (field->size) {
	case sizeof(uint8_t):
		*at = (uint8_t)value;
		break;
	case sizeof two:
		memcpy(at, &two, sizeof two);
		break;
	default:
		memcpy(at, &value, sizeof value);
		break;
	}
}

static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\n';
}

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	return character >= 'A' && character <= 'F' ? character - 'A' + 10 : 16;
}

/* C's: 0x is hexadecimal, and 0 octal. */
static int take_base(const char **text)
{
	if (**text != '0')
		return 10;
	if ((*text)[1] != 'x' && (*text)[1] != 'X')
		return 8;
	*text += 2;
	return 16;
}

/* One number, and *text is behind it; false: there is none, or it is too large for any. */
static bool take_number(const char **text, uint32_t *number)
{
	const int base = take_base(text);
	uint64_t sum = 0;
	const char *start = *text;

	for (; digit_of(**text) < base; (*text)++) {
		sum = sum * (uint64_t)base + (uint64_t)digit_of(**text);
		if (sum > UINT32_MAX)
			return false;
	}
	*number = (uint32_t)sum;
	return *text > start && (**text == '\0' || is_blank(**text));
}

static const char *behind_blanks(const char *text)
{
	while (is_blank(*text))
		text++;
	return text;
}

/* The controller that is named, with blanks around it or none; NULL: there is no such. */
static const struct congestion_control *take_control(const char *text)
{
	char name[CONTROL_NAME_MOST] = { 0 };
	size_t size = 0;

	text = behind_blanks(text);
	for (; *text && !is_blank(*text); text++) {
		if (size + 1 == sizeof name)
			return NULL;
		name[size++] = *text;
	}
	return *behind_blanks(text) ? NULL : congestion_find(name);
}

static int set_control(struct tcp *tcp, const char *value)
{
	const struct congestion_control *control = take_control(value);
	if (!control)
		return -EINVAL;
	tcp->tunables.congestion_control = control;
	return 0;
}

/* How many there are; negative: what is no such list, or beyond the bounds. */
static int take_values(const struct tunable *tunable, const char *text,
		       uint32_t values[VALUES_MOST])
{
	const int most = count_of(tunable);
	int count = 0;

	for (text = behind_blanks(text); *text; text = behind_blanks(text)) {
		uint32_t value;
		if (count == most || !take_number(&text, &value) || value < tunable->least ||
		    value > tunable->most)
			return -EINVAL;
		values[count++] = value;
	}
	return count > 0 ? count : -EINVAL;
}

int berth_sysctl_set(struct berth_host *host, const char *name, const char *value)
{
	const struct tunable *tunable = find(name);
	uint32_t values[VALUES_MOST];

	if (!tunable)
		return -ENOENT;
	if (tunable->shape == CONTROL)
		return set_control(&host->tcp, value);
	const int all = count_of(tunable);
	for (int index = 0; index < all; index++)
		values[index] = read_field(host, &tunable->fields[index]);
	const int given = take_values(tunable, value, values);
	if (given < 0)
		return given;
	for (int index = 1; index < all && tunable->shape == ASCENDING; index++) {
		if (values[index] < values[index - 1])
			return -EINVAL;
	}
	for (int index = 0; index < all; index++)
		write_field(host, &tunable->fields[index], values[index]);
	host->udp.ports.first = host->tcp.ports.first; /* one range for both */
	host->udp.ports.last = host->tcp.ports.last;
	return 0;
}

/* In decimal; the count of bytes. */
static size_t put_number(char *to, uint32_t number)
{
	char digits[10];
	size_t count = 0, size = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (count > 0)
		to[size++] = digits[--count];
	return size;
}

int berth_sysctl_get(const struct berth_host *host, const char *name,
		     char value[BERTH_SYSCTL_VALUE_SIZE])
{
	const struct tunable *tunable = find(name);
	size_t size = 0;

	if (!tunable)
		return -ENOENT;
	if (tunable->shape == CONTROL) {
		const char *control = host->tcp.tunables.congestion_control->name;
		while (*control)
			value[size++] = *control++;
	}
	for (int index = 0; index < count_of(tunable); index++) {
		if (index > 0)
			value[size++] = '\t';
		size += put_number(value + size, read_field(host, &tunable->fields[index]));
	}
	value[size] = '\0';
	return 0;
}

int berth_sysctl_info(int index, struct berth_sysctl_info *info)
{
	if (index < 0 || index >= TUNABLES)
		return -ENOENT;
	*info = (struct berth_sysctl_info){
		.name = tunables[index].name,
		.values = count_of(&tunables[index]),
		.least = tunables[index].least,
		.most = tunables[index].most,
	};
	return 0;
}
