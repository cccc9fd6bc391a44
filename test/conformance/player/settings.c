/* What sysctl changes of libberth: its tunables; and what it does in any case, which to be asked for is nothing. Anything
 * else is a need. */
#include "conformance/player/library.h"

#include <berth/host.h>
#include <string.h>

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

bool library_setting(struct library *library, const char *name, const char *value, int line,
		     struct outcome *outcome)
{
	if (is_given(name, value) || berth_sysctl_set(library->host, name, value) == 0)
		return true;
	return outcome_skip(outcome, line, "%s = %s", name, value);
}
