#include "conformance/player/icmp_names.h"

#include <stdio.h>
#include <string.h>

struct type_name {
	uint8_t type;
	const char *name;
};

struct code_name {
	uint8_t type, code;
	const char *name;
};

static const struct type_name types4[] = {
	{ 0, "echo_reply" },          { 3, "unreachable" },
	{ 4, "source_quench" },       { 5, "redirect" },
	{ 8, "echo_request" },        { 11, "time_exceeded" },
	{ 12, "parameter_problem" },  { 13, "timestamp_request" },
	{ 14, "timestamp_reply" },    { 15, "information_request" },
	{ 16, "information_reply" },  { 17, "address_mask_request" },
	{ 18, "address_mask_reply" }, { 0, NULL },
};

static const struct code_name codes4[] = {
	{ 3, 0, "net_unreachable" },
	{ 3, 1, "host_unreachable" },
	{ 3, 2, "protocol_unreachable" },
	{ 3, 3, "port_unreachable" },
	{ 3, 4, "frag_needed" },
	{ 3, 5, "source_route_failed" },
	{ 3, 6, "net_unknown" },
	{ 3, 7, "host_unknown" },
	{ 3, 8, "source_host_isolated" },
	{ 3, 9, "net_prohibited" },
	{ 3, 10, "host_prohibited" },
	{ 3, 11, "net_unreachable_for_tos" },
	{ 3, 12, "host_unreachable_for_tos" },
	{ 3, 13, "packet_filtered" },
	{ 3, 14, "precedence_violation" },
	{ 3, 15, "precedence_cutoff" },
	{ 0, 0, NULL },
};

static const struct type_name types6[] = {
	{ 1, "unreachable" },
	{ 2, "packet_too_big" },
	{ 3, "time_exceeded" },
	{ 4, "parameter_problem" },
	{ 128, "echo_request" },
	{ 129, "echo_reply" },
	{ 0, NULL },
};

static const struct code_name codes6[] = {
	{ 1, 0, "net_unreachable" },     { 1, 0, "no_route" },
	{ 1, 1, "admin_prohibited" },    { 1, 2, "not_neighbour" },
	{ 1, 3, "address_unreachable" }, { 1, 4, "port_unreachable" },
	{ 3, 0, "exceeded_hop_limit" },  { 3, 1, "exceeded_frag_time" },
	{ 4, 0, "header_field" },        { 4, 1, "unknown_next_header" },
	{ 4, 2, "unknown_option" },      { 0, 0, NULL },
};

/* tcpdump's way: type_3. */
static bool is_numbered(const char *name, const char *format, uint8_t *number)
{
	unsigned read;
	if (sscanf(name, format, &read) != 1 || read > UINT8_MAX)
		return false;
	*number = (uint8_t)read;
	return true;
}

bool icmp_type_find(bool is_ipv6, const char *name, uint8_t *type)
{
	for (const struct type_name *row = is_ipv6 ? types6 : types4; row->name; row++) {
		if (strcmp(row->name, name) == 0) {
			*type = row->type;
			return true;
		}
	}
	return is_numbered(name, "type_%3u", type);
}

bool icmp_code_find(bool is_ipv6, uint8_t type, const char *name, uint8_t *code)
{
	*code = 0;
	if (!name)
		return true;
	for (const struct code_name *row = is_ipv6 ? codes6 : codes4; row->name; row++) {
		if (row->type == type && strcmp(row->name, name) == 0) {
			*code = row->code;
			return true;
		}
	}
	return is_numbered(name, "code_%3u", code);
}
