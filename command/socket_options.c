/* berth options: which socket options work on which kind of socket, as sockets of a host made for it answer. Of a packet
 * socket's ring, which is the daemon's (daemon/ring.h), nothing is told.
 *
 * An option works where the answer to zeros is any but that there is no such option: what else is refused is the value. */
#include "command.h"
#include "option_names.h"

#include <berth/berth.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	int domain, type, protocol;
} kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM, 0 },
	{ "tcp6", AF_INET6, SOCK_STREAM, 0 },
	{ "udp", AF_INET, SOCK_DGRAM, 0 },
	{ "udp6", AF_INET6, SOCK_DGRAM, 0 },
	{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ "ping6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 },
	{ "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ "raw6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 },
	{ "packet", AF_PACKET, SOCK_RAW, 0 },
};

enum {
	KINDS = sizeof kinds / sizeof kinds[0],
	VALUE_ROOM = 512, /* more than the largest option */
};

static void *allocate(void *context, size_t size)
{
	(void)context;
	return malloc(size);
}

static void release(void *context, void *at, size_t size)
{
	(void)context;
	(void)size;
	free(at);
}

static const char *say(int result)
{
	if (result == -ENOPROTOOPT)
		return "ENOPROTOOPT";
	return result == -EOPNOTSUPP ? "EOPNOTSUPP" : "works";
}

struct verdict {
	const char *get, *set;
};

/* Of a new socket, so that no question changes the next one's answer. */
static struct verdict try_option(struct berth_host *host, int kind,
				 const struct option_name *option)
{
	uint8_t value[VALUE_ROOM] = { 0 };
	const uint8_t zeros[VALUE_ROOM] = { 0 };
	socklen_t size = sizeof value;
	int made = berth_socket(host, kinds[kind].domain, kinds[kind].type, kinds[kind].protocol);
	struct verdict verdict = {
		.get = say(
			berth_getsockopt(host, made, option->level, option->number, value, &size)),
		.set = say(berth_setsockopt(host, made, option->level, option->number, zeros,
					    sizeof zeros)),
	};

	berth_close(host, made);
	return verdict;
}

static void print_json(struct berth_host *host)
{
	json_t *rows = json_array();

	for (int i = 0; i < option_name_count; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			struct verdict verdict = try_option(host, kind, &option_names[i]);
			json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}",
							      "socket", kinds[kind].name, "level",
							      option_names[i].level_name, "option",
							      option_names[i].name, "number",
							      option_names[i].number, "get",
							      verdict.get, "set", verdict.set));
		}
	json_dumpf(rows, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(rows);
}

/* "get set", "get", "set", or why neither. */
static const char *summary(const struct verdict *verdict)
{
	bool gets = verdict->get[0] == 'w', sets = verdict->set[0] == 'w';

	if (gets)
		return sets ? "get set" : "get";
	return sets ? "set" : verdict->get;
}

static void print_table(struct berth_host *host)
{
	const char *cells[2 + KINDS] = { "LEVEL", "OPTION" };

	for (int kind = 0; kind < KINDS; kind++)
		cells[2 + kind] = kinds[kind].name;
	struct table *table = table_new(2 + KINDS, cells);
	for (int i = 0; i < option_name_count; i++) {
		cells[0] = option_names[i].level_name;
		cells[1] = option_names[i].name;
		for (int kind = 0; kind < KINDS; kind++) {
			struct verdict verdict = try_option(host, kind, &option_names[i]);
			cells[2 + kind] = summary(&verdict);
		}
		table_add(table, cells);
	}
	table_print(table, 0);
}

int command_options(int argc, char **argv)
{
	const struct berth_allocator allocator = { allocate, release, NULL };
	const struct berth_host_config config = { .allocator = &allocator };
	struct options options;
	int operand = options_read(argc, argv, "j", &options);
	if (operand < 0)
		return FAILED;
	if (operand < argc)
		return fail("options takes no operand: \"berth help options\"");

	struct berth_host *host = berth_host_new(&config);
	if (!host)
		return fail("no memory for a host to ask");
	(options.json ? print_json : print_table)(host);
	berth_host_free(host);
	return 0;
}
