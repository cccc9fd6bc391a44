#include "conformance/player/network.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_US INT64_C(1000)

/* As the kernel's own selftests have it: an address of a private range here, one for documentation there. */
struct network network_default(enum ip_version version)
{
	struct network network = {
		.version = version,
		.local = address_v4(0xc0a80001),  /* 192.168.0.1/16 */
		.remote = address_v4(0xc0000201), /* 192.0.2.1 */
		.bind_port = 8080,
		.connect_port = 8080,
		.mtu = version == OVER_IPV6 ? 1520 : 1500, /* so that the MSS is 1,460 over both */
		.tolerance = 4000 * NS_PER_US,
		.tolerance_percent = 12.5,
	};
	if (version == OVER_IPV6) {
		inet_pton(AF_INET6, "fd3d:0a0b:17d6::1", network.local.bytes);
		inet_pton(AF_INET6, "fd3d:fa7b:d17d::1", network.remote.bytes);
	}
	return network;
}

struct setting {
	struct network *network;
	struct arena *arena;
	const char *name;
	const char *value;
	int line;
	struct outcome *outcome;
};

static bool wrong(const struct setting *setting)
{
	return outcome_fail(setting->outcome, setting->line, "--%s=%s is not understood",
			    setting->name, setting->value ? setting->value : "");
}

static bool number(const struct setting *setting, double least, double most, double *value)
{
	char *end = NULL;
	*value = setting->value ? strtod(setting->value, &end) : 0;
	return (end && end != setting->value && *end == '\0' && *value >= least &&
		*value <= most) ||
	       wrong(setting);
}

static bool set_version(const struct setting *setting)
{
	static const char *const names[] = { "ipv4", "ipv4-mapped-ipv6", "ipv6" };
	unsigned version = 0;

	while (version < 3 && (!setting->value || strcmp(setting->value, names[version]) != 0))
		version++;
	if (version == 3)
		return wrong(setting);
	if (version == setting->network->version)
		return true;
	if (setting->network->version_is_fixed)
		return outcome_skip(setting->outcome, setting->line, "to be run over %s",
				    names[version]);
	struct network fresh = network_default((enum ip_version)version);
	setting->network->version = fresh.version;
	setting->network->local = fresh.local;
	setting->network->remote = fresh.remote;
	setting->network->mtu = fresh.mtu;
	return true;
}

static bool set_port(const struct setting *setting)
{
	double port;
	if (!number(setting, 1, UINT16_MAX, &port))
		return false;
	bool bind = strcmp(setting->name, "bind_port") == 0;
	*(bind ? &setting->network->bind_port : &setting->network->connect_port) = (uint16_t)port;
	return true;
}

/* Of the other family it is meant for another run. A prefix behind / is not ours to know. */
static bool set_address(const struct setting *setting)
{
	char text[64] = "";
	struct address address;
	uint8_t v4[4];

	if (setting->value)
		strncpy(text, setting->value, sizeof text - 1);
	text[strcspn(text, "/")] = '\0';
	bool is_v6 = strchr(text, ':') != NULL;
	if (is_v6 ? inet_pton(AF_INET6, text, address.bytes) != 1
		  : inet_pton(AF_INET, text, v4) != 1)
		return wrong(setting);
	if (is_v6 != (setting->network->version == OVER_IPV6))
		return true;
	if (!is_v6)
		address = address_v4(get32(v4));
	bool local = strcmp(setting->name, "local_ip") == 0;
	*(local ? &setting->network->local : &setting->network->remote) = address;
	return true;
}

static bool set_mtu(const struct setting *setting)
{
	double mtu;
	if (!number(setting, 576, UINT16_MAX, &mtu))
		return false;
	setting->network->mtu = (uint32_t)mtu;
	return true;
}

static bool set_tolerance(const struct setting *setting)
{
	double us;
	if (!number(setting, 0, 1e9, &us))
		return false;
	setting->network->tolerance = (int64_t)us * NS_PER_US;
	return true;
}

static bool set_tolerance_percent(const struct setting *setting)
{
	return number(setting, 0, 100, &setting->network->tolerance_percent);
}

static bool set_timestamp_tick(const struct setting *setting)
{
	double us;
	if (!number(setting, 0, 1e9, &us))
		return false;
	setting->network->timestamp_tick = (int64_t)us * NS_PER_US;
	return true;
}

static bool set_echoes_scaled(const struct setting *setting)
{
	setting->network->echoes_scaled = true;
	return true;
}

static bool set_strict_segments(const struct setting *setting)
{
	setting->network->strict_segments = true;
	return true;
}

static bool set_definition(const struct setting *setting)
{
	const char *equals = setting->value ? strchr(setting->value, '=') : NULL;
	if (!equals)
		return wrong(setting);
	struct definition *definition = arena_take(setting->arena, sizeof *definition);
	definition->name =
		arena_text(setting->arena, setting->value, (size_t)(equals - setting->value));
	definition->value = arena_text(setting->arena, equals + 1, strlen(equals + 1));
	definition->next = setting->network->definitions;
	setting->network->definitions = definition;
	return true;
}

/* Of packetdrill's own workings: what it sets up that is not there to set up, and how much it says. */
static bool say_nothing(const struct setting *setting)
{
	(void)setting;
	return true;
}

static bool need(const struct setting *setting)
{
	return outcome_skip(setting->outcome, setting->line, "the option --%s", setting->name);
}

struct network_option {
	const char *name;
	bool (*set)(const struct setting *setting);
};

static const struct network_option network_options[] = {
	{ "ip_version", set_version },
	{ "bind_port", set_port },
	{ "connect_port", set_port },
	{ "local_ip", set_address },
	{ "remote_ip", set_address },
	{ "gateway_ip", say_nothing },
	{ "netmask_ip", say_nothing },
	{ "mtu", set_mtu },
	{ "mss", say_nothing }, /* how a TUN device is told to cut what comes in */
	{ "tolerance_usecs", set_tolerance },
	{ "tolerance_percent", set_tolerance_percent },
	{ "tcp_ts_tick_usecs", set_timestamp_tick },
	{ "tcp_ts_ecr_scaled", set_echoes_scaled },
	{ "strict_segments", set_strict_segments },
	{ "define", set_definition },
	{ "speed", say_nothing },
	{ "verbose", say_nothing },
	{ "debug", say_nothing },
	{ "send_omit_free", say_nothing },
	{ "code_command", need },
	{ "code_format", need },
	{ "code_sockopt", need },
	{ "init_scripts", need },
	{ "is_anyip", need },
	{ "non_fatal", need },
	{ "so_filename", need },
	{ "wire_client", need },
	{ "wire_server", need },
};

bool network_option(struct network *network, struct arena *arena, const char *name,
		    const char *value, int line, struct outcome *outcome)
{
	const struct setting setting = { network, arena, name, value, line, outcome };

	for (size_t index = 0; index < sizeof network_options / sizeof network_options[0];
	     index++) {
		if (strcmp(network_options[index].name, name) == 0)
			return network_options[index].set(&setting);
	}
	return outcome_skip(outcome, line, "the option --%s", name);
}
