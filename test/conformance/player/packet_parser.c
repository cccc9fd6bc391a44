/* Packets: < [ect0] P. 1:1001(1000) ack 1 win 257 <nop,nop,TS val 1 ecr 2>, < udp (10), < icmp unreachable ... */
#include "base/bytes.h"
#include "conformance/player/icmp_names.h"
#include "conformance/player/parser.h"
#include "wire/tcp.h"

#include <string.h>

static bool parse_ports(struct parser *parser, struct packet_spec *packet)
{
	int64_t source, destination;

	if (parser->token.kind != TOKEN_NUMBER)
		return true;
	if (!parser_number(parser, 0, UINT16_MAX, &source) || !parser_expect(parser, '>') ||
	    !parser_number(parser, 0, UINT16_MAX, &destination))
		return false;
	packet->source = (uint16_t)source;
	packet->destination = (uint16_t)destination;
	return true;
}

struct ecn_name {
	const char *name;
	enum tos_check check;
	uint8_t bits;
};

static const struct ecn_name ecn_names[] = {
	{ "noecn", TOS_ECN, 0 },        { "ect1", TOS_ECN, 1 }, { "ect0", TOS_ECN, 2 },
	{ "ect01", TOS_ECN_EITHER, 0 }, { "ce", TOS_ECN, 3 },
};

static bool parse_ecn(struct parser *parser, struct packet_spec *packet)
{
	for (size_t index = 0; index < sizeof ecn_names / sizeof ecn_names[0]; index++) {
		if (!parser_accept_word(parser, ecn_names[index].name))
			continue;
		packet->tos_check = ecn_names[index].check;
		packet->tos = ecn_names[index].bits;
		return true;
	}
	return false;
}

/* [ect0], [tos 0x10], [ttl 255], [ect0, flowlabel 0x3]; round brackets do as well. */
static bool parse_ip(struct parser *parser, struct packet_spec *packet)
{
	bool square = token_is_sign(&parser->token, '[');
	int64_t number;

	if (!square && !token_is_sign(&parser->token, '('))
		return true;
	parser_next(parser);
	do {
		if (parse_ecn(parser, packet))
			continue;
		if (parser_accept_word(parser, "tos")) {
			if (!parser_number(parser, 0, UINT8_MAX, &number))
				return false;
			packet->tos_check = TOS_WHOLE;
			packet->tos = (uint8_t)number;
		} else if (parser_accept_word(parser, "ttl")) {
			if (!parser_number(parser, 1, UINT8_MAX, &number))
				return false;
			packet->ttl = (int)number;
		} else if (token_is(&parser->token, "flowlabel")) {
			return outcome_skip(parser->outcome, packet->line, "flow labels");
		} else {
			return parser_fail(parser, "ect0, ect1, ect01, ce, noecn, tos or ttl");
		}
	} while (parser_accept(parser, ','));
	return parser_expect(parser, square ? ']' : ')');
}

struct flag_name {
	char letter;
	uint16_t flag;
};

static const struct flag_name flag_names[] = {
	{ 'F', TCP_FIN }, { 'S', TCP_SYN }, { 'R', TCP_RST }, { 'P', TCP_PSH }, { '.', TCP_ACK },
	{ 'U', TCP_URG }, { 'E', TCP_ECE }, { 'W', TCP_CWR }, { 'C', TCP_CWR }, { 'A', FLAG_AE },
};

static bool add_flags(struct parser *parser, struct packet_spec *packet)
{
	for (size_t index = 0; index < parser->token.size; index++) {
		const struct flag_name *row = flag_names;
		const struct flag_name *end = row + sizeof flag_names / sizeof flag_names[0];
		while (row < end && row->letter != parser->token.at[index])
			row++;
		if (row == end)
			return parser_fail(parser, "flags of F S R P . U E W A");
		packet->flags |= row->flag;
	}
	parser_next(parser);
	return true;
}

/* S, S., P., ., F.5 (an ACK, and ACE is 5), - (none at all). */
static bool parse_flags(struct parser *parser, struct packet_spec *packet)
{
	packet->counter = -1;
	if (parser_accept(parser, '-'))
		return true;
	if (parser->token.kind == TOKEN_WORD && !add_flags(parser, packet))
		return false;
	if (parser_accept(parser, '.')) {
		packet->flags |= TCP_ACK;
	} else if (parser->token.kind == TOKEN_TIME && parser->token.size == 2) {
		packet->counter = parser->token.at[1] - '0';
		if (packet->counter > 7)
			return parser_fail(parser, "a counter from 0 to 7");
		packet->flags |= (uint16_t)(TCP_ACK | (packet->counter & 4 ? FLAG_AE : 0) |
					    (packet->counter & 2 ? TCP_CWR : 0) |
					    (packet->counter & 1 ? TCP_ECE : 0));
		parser_next(parser);
	} else if (packet->flags == 0) {
		return parser_fail(parser, "a packet's flags");
	}
	return true;
}

/* 1:1001(1000) */
static bool parse_sequence(struct parser *parser, struct packet_spec *packet)
{
	int64_t first, behind, size;
	int line = parser->token.line;

	if (!parser_number(parser, 0, UINT32_MAX, &first) || !parser_expect(parser, ':') ||
	    !parser_number(parser, 0, UINT32_MAX, &behind) || !parser_expect(parser, '(') ||
	    !parser_number(parser, 0, UINT16_MAX, &size) || !parser_expect(parser, ')'))
		return false;
	if ((uint32_t)(first + size) != (uint32_t)behind)
		return outcome_fail(parser->outcome, line, "%lld and %lld bytes do not make %lld",
				    (long long)first, (long long)size, (long long)behind);
	packet->sequence = (uint32_t)first;
	packet->size = (uint32_t)size;
	return true;
}

static bool parse_tcp(struct parser *parser, struct packet_spec *packet)
{
	int64_t number;

	packet->window = -1;
	if (!parse_ports(parser, packet) || !parse_flags(parser, packet) ||
	    !parse_sequence(parser, packet))
		return false;
	if (parser_accept_word(parser, "ack")) {
		if (!parser_number(parser, 0, UINT32_MAX, &number))
			return false;
		packet->acknowledgment = (uint32_t)number;
	}
	if (parser_accept_word(parser, "win")) {
		if (!parser_number(parser, 0, UINT16_MAX, &number))
			return false;
		packet->window = (int)number;
	}
	if (parser_accept_word(parser, "urg")) {
		if (!parser_number(parser, 0, UINT16_MAX, &number))
			return false;
		packet->urgent = (uint16_t)number;
	}
	if (!token_is_sign(&parser->token, '<'))
		return true;
	return segment_options_parse(parser, packet);
}

static bool parse_udp(struct parser *parser, struct packet_spec *packet)
{
	int64_t size;

	packet->protocol = PACKET_UDP;
	if (!parse_ports(parser, packet) || !parser_expect(parser, '(') ||
	    !parser_number(parser, 0, UINT16_MAX, &size))
		return false;
	packet->size = (uint32_t)size;
	return parser_expect(parser, ')');
}

/* [1:1461(1460)], [S 0:0(0)], [udp (100)] or [raw (8)]: whose packet it was. */
static bool parse_echoed(struct parser *parser, struct packet_spec *packet)
{
	int64_t size;

	packet->echoes = true;
	if (!parser_accept(parser, '[')) /* a header all the same, of a segment at 0 */
		return true;
	if (parser_accept_word(parser, "udp")) {
		packet->echoed = PACKET_UDP;
	} else if (parser_accept_word(parser, "raw")) {
		packet->echoes = false;
	} else {
		if (parser->token.kind == TOKEN_WORD)
			parser_next(parser); /* the flags: they are not among what is echoed */
		parser_accept(parser, '.');
		return parse_sequence(parser, packet) && parser_expect(parser, ']');
	}
	if (!parser_expect(parser, '(') || !parser_number(parser, 0, UINT16_MAX, &size) ||
	    !parser_expect(parser, ')'))
		return false;
	packet->size = (uint32_t)size;
	return parser_expect(parser, ']');
}

static bool parse_icmp_names(struct parser *parser, bool is_ipv6, struct packet_spec *packet)
{
	if (parser->token.kind != TOKEN_WORD)
		return parser_fail(parser, "a type of ICMP");
	const char *type = parser_text(parser);
	if (!icmp_type_find(is_ipv6, type, &packet->icmp_type))
		return parser_fail(parser, "a type of ICMP");
	parser_next(parser);

	bool has_code = parser->token.kind == TOKEN_WORD && !token_is(&parser->token, "mtu") &&
			!token_is(&parser->token, "id");
	const char *code = has_code ? parser_text(parser) : NULL;
	if (!icmp_code_find(is_ipv6, packet->icmp_type, code, &packet->icmp_code))
		return parser_fail(parser, "a code of ICMP");
	if (has_code)
		parser_next(parser);
	return true;
}

static bool parse_icmp(struct parser *parser, bool is_ipv6, struct packet_spec *packet)
{
	int64_t number;

	packet->protocol = PACKET_ICMP;
	packet->mtu = -1;
	if (!parse_icmp_names(parser, is_ipv6, packet))
		return false;
	if (parser_accept_word(parser, "mtu") &&
	    !parser_number(parser, 0, is_ipv6 ? UINT32_MAX : UINT16_MAX, &packet->mtu))
		return false;
	if (parser_accept_word(parser, "id")) {
		if (!parser_number(parser, 0, UINT16_MAX, &number))
			return false;
		packet->identifier = (uint16_t)number;
	}
	return parse_echoed(parser, packet);
}

bool packet_parse(struct parser *parser, bool is_ipv6, struct packet_spec *packet)
{
	static const char *const elsewhere[] = { "ipv4", "ipv6", "gre", "GREv0", "mpls", "sctp" };

	*packet = (struct packet_spec){ .inbound = token_is_sign(&parser->token, '<'),
					.line = parser->token.line,
					.counter = -1,
					.window = -1,
					.mtu = -1 };
	parser_next(parser);
	for (size_t index = 0; index < sizeof elsewhere / sizeof elsewhere[0]; index++) {
		if (token_is(&parser->token, elsewhere[index]))
			return outcome_skip(parser->outcome, packet->line, "packets of %s",
					    elsewhere[index]);
	}
	if (!parse_ip(parser, packet))
		return false;
	if (packet->inbound && packet->tos_check == TOS_ECN_EITHER)
		return outcome_fail(parser->outcome, packet->line,
				    "an inbound packet is not [ect01]");
	if (parser_accept_word(parser, "udp"))
		return parse_udp(parser, packet);
	if (parser_accept_word(parser, "icmp"))
		return parse_icmp(parser, is_ipv6, packet);
	if (!parse_tcp(parser, packet))
		return false;
	if (token_is_sign(&parser->token, '{'))
		return outcome_skip(parser->outcome, packet->line, "packets mutated");
	if (packet->inbound && packet->any_options)
		return outcome_fail(parser->outcome, packet->line,
				    "an inbound packet's options are to be told");
	return true;
}
