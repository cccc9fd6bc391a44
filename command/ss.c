/* berth ss: the sockets of all hosts, in the columns of ss -tan; or the groups they have joined. */
#include "command.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { ENDPOINT_SIZE = 64 };

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* Of what has no ports: a packet socket's protocol and interface. */
static bool is_packet(const json_t *row)
{
	return strncmp(json_text(row, "netid"), "p_", 2) == 0;
}

/* As ss: no port is a star, and an IPv6 address stands in brackets. */
static void write_endpoint(const json_t *row, const char *address_key, const char *port_key,
			   char *text)
{
	const char *address = json_text(row, address_key);
	bool brackets = strchr(address, ':') != NULL;
	long long port = number_of(row, port_key);
	char number[24] = "*";

	if (is_packet(row)) {
		snprintf(text, ENDPOINT_SIZE, "%s", address);
		return;
	}
	if (port > 0)
		snprintf(number, sizeof number, "%lld", port);
	snprintf(text, ENDPOINT_SIZE, "%s%s%s:%s", brackets ? "[" : "", address,
		 brackets ? "]" : "", number);
}

static void print_sockets(const json_t *rows)
{
	static const char *const headings[] = {
		"HOST", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port"
	};
	struct table *table = table_new(sizeof headings / sizeof headings[0], headings);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		char receive[24], send[24], local[ENDPOINT_SIZE], peer[ENDPOINT_SIZE];
		snprintf(receive, sizeof receive, "%lld", number_of(row, "recv_q"));
		snprintf(send, sizeof send, "%lld", number_of(row, "send_q"));
		write_endpoint(row, "local", "local_port", local);
		write_endpoint(row, "peer", "peer_port", peer);
		table_add(table, (const char *[]){ json_text(row, "host"), json_text(row, "state"),
						   receive, send, local, peer });
	}
	table_print(table, 1u << 2 | 1u << 3 | 1u << 4 | 1u << 5);
}

static void print_groups(const json_t *rows)
{
	static const char *const headings[] = { "HOST", "Interface", "Group", "Users" };
	struct table *table = table_new(sizeof headings / sizeof headings[0], headings);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		char users[24];
		snprintf(users, sizeof users, "%lld", number_of(row, "users"));
		table_add(table,
			  (const char *[]){ json_text(row, "host"), json_text(row, "interface"),
					    json_text(row, "group"), users });
	}
	table_print(table, 1u << 3);
}

int command_ss(int argc, char **argv)
{
	struct options options;
	int operand = options_read(argc, argv, "jg", &options);
	if (operand < 0)
		return FAILED;
	if (operand < argc)
		return fail("ss takes no operand: \"berth help ss\"");
	if (options.groups)
		return print_list(options.lan, CONTROL_GROUPS, options.json, print_groups);
	return print_list(options.lan, CONTROL_SOCKETS, options.json, print_sockets);
}
