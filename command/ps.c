/* berth ps: the hosts. */
#include "command.h"

#include <jansson.h>
#include <stdio.h>

static void write_pids(const json_t *pids, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "-");
	for (size_t i = 0; i < json_array_size(pids) && used < size; i++) {
		int written = snprintf(text + used, size - used, "%s%lld", i > 0 ? "," : "",
				       (long long)json_integer_value(json_array_get(pids, i)));
		used += written > 0 ? (size_t)written : 0;
	}
}

static void print_hosts(const json_t *hosts)
{
	static const char *const headings[] = {
		"NAME", "IP", "IPV6", "PIDS", "SOCKETS", "COMMAND"
	};
	struct table *table = table_new(sizeof headings / sizeof headings[0], headings);

	for (size_t i = 0; i < json_array_size(hosts); i++) {
		const json_t *host = json_array_get(hosts, i);
		char pids[64], sockets[24];
		write_pids(json_object_get(host, "pids"), pids, sizeof pids);
		snprintf(sockets, sizeof sockets, "%lld",
			 (long long)json_integer_value(json_object_get(host, "sockets")));
		table_add(table, (const char *[]){ json_text(host, "name"), json_text(host, "ip"),
						   json_text(host, "ip6"), pids, sockets,
						   json_text(host, "command") });
	}
	table_print(table, 1u << 4);
}

int command_ps(int argc, char **argv)
{
	struct options options;
	int operand = options_read(argc, argv, "j", &options);
	if (operand < 0)
		return FAILED;
	if (operand < argc)
		return fail("ps takes no operand: \"berth help ps\"");
	return print_list(options.lan, CONTROL_HOSTS, options.json, print_hosts);
}
