/* What sysctl changes of libberth: the fields of its tunables, by their names; and what it does in any case, which to be
 * asked for is nothing. Anything else is a need. */
#include "conformance/player/library.h"

#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct setting {
	const char *name;
	size_t offset; /* in struct tcp_tunables */
	size_t size;
};

#define TUNABLE(setting, field)                                                                    \
	{                                                                                          \
		"net.ipv4." setting, offsetof(struct tcp_tunables, field),                         \
			sizeof(((struct tcp_tunables *)0)->field)                                  \
	}

static const struct setting settings[] = {
	TUNABLE("tcp_sack", sack),
	TUNABLE("tcp_dsack", dsack),
	TUNABLE("tcp_recovery", recovery),
	TUNABLE("tcp_early_retrans", early_retrans),
	TUNABLE("tcp_frto", frto),
	TUNABLE("tcp_reordering", reordering),
	TUNABLE("tcp_max_reordering", max_reordering),
	TUNABLE("tcp_min_rtt_wlen", least_rtt_window_s),
	TUNABLE("tcp_timestamps", timestamps),
	TUNABLE("tcp_window_scaling", window_scaling),
	TUNABLE("tcp_slow_start_after_idle", slow_start_after_idle),
	TUNABLE("tcp_ecn", ecn),
	TUNABLE("tcp_ecn_fallback", ecn_fallback),
	TUNABLE("tcp_syn_retries", syn_retries),
	TUNABLE("tcp_synack_retries", syn_ack_retries),
	TUNABLE("tcp_syncookies", syn_cookies),
	TUNABLE("tcp_retries2", retries),
	TUNABLE("tcp_orphan_retries", orphan_retries),
	TUNABLE("tcp_fin_timeout", fin_timeout_s),
};

struct given {
	const char *name;
	const char *value;
};

static const struct given given[] = {
	{ "net.ipv4.tcp_fack", "0" },
	{ "net.ipv4.tcp_notsent_lowat", "4294967295" },
	{ "net.ipv4.tcp_fastopen", "0x70403" },
	{ "net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4" },
};

/* These are about how large the pieces are that a link is given to cut, and how they are paced to it: this one takes single
 * frames, and the script's segments are gathered from them. */
static const char *const of_large_segments[] = {
	"net.ipv4.tcp_tso_win_divisor", "net.ipv4.tcp_min_tso_segs",
	"net.ipv4.tcp_tso_rtt_log",     "net.ipv4.tcp_pacing_ss_ratio",
	"net.ipv4.tcp_pacing_ca_ratio", "net.ipv4.tcp_limit_output_bytes",
};

static bool is_given(const char *name, const char *value)
{
	for (size_t index = 0; index < sizeof given / sizeof given[0]; index++) {
		if (strcmp(given[index].name, name) == 0 && strcmp(given[index].value, value) == 0)
			return true;
	}
	for (size_t index = 0; index < sizeof of_large_segments / sizeof of_large_segments[0];
	     index++) {
		if (strcmp(of_large_segments[index], name) == 0)
			return true;
	}
	return false;
}

static const struct setting *find(const char *name)
{
	for (size_t index = 0; index < sizeof settings / sizeof settings[0]; index++) {
		if (strcmp(settings[index].name, name) == 0)
			return &settings[index];
	}
	return NULL;
}

/* The least, what a socket begins with, and the most. */
static bool set_buffers(struct tcp *tcp, const char *name, const char *value)
{
	unsigned least, first, most;

	if (sscanf(value, "%u %u %u", &least, &first, &most) != 3)
		return false;
	if (strcmp(name, "net.ipv4.tcp_wmem") == 0) {
		tcp->config.send_buffer = first;
		return true;
	}
	if (strcmp(name, "net.ipv4.tcp_rmem") != 0)
		return false;
	tcp->config.receive_buffer = first;
	tcp->tunables.receive_most = most;
	return true;
}

static bool set_control(struct tcp *tcp, const char *name, const char *value)
{
	const struct congestion_control *control = congestion_find(value);

	if (strcmp(name, "net.ipv4.tcp_congestion_control") != 0 || !control)
		return false;
	tcp->tunables.congestion_control = control;
	return true;
}

bool library_setting(struct library *library, const char *name, const char *value, int line,
		     struct outcome *outcome)
{
	struct tcp *tcp = &library->host->tcp;
	const struct setting *setting = find(name);
	char *end;

	if (is_given(name, value) || set_buffers(tcp, name, value) || set_control(tcp, name, value))
		return true;
	unsigned long number = strtoul(value, &end, 0);
	if (!setting || end == value || *end != '\0')
		return outcome_skip(outcome, line, "%s = %s", name, value);
	uint8_t *field = (uint8_t *)&tcp->tunables + setting->offset;
	memcpy(field, &number, setting->size); /* little endian, as the machine */
	return true;
}
