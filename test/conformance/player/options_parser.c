/* A segment's options, in their order and byte for byte: <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>. */
#include "base/bytes.h"
#include "conformance/player/parser.h"

#include <stdio.h>
#include <string.h>

enum {
	KIND_MD5 = 19,
	KIND_FAST_OPEN = 34,
	KIND_ACCECN_0 = 172, /* RFC 9768, 3.2.3 */
	KIND_ACCECN_1 = 174,
	KIND_EXPERIMENT = 254,
	MAGIC_FAST_OPEN = 0xf989,
};

static bool add(struct parser *parser, struct packet_spec *packet, const uint8_t *at, size_t size)
{
	if (packet->options_size + size > PACKET_OPTIONS_MOST)
		return outcome_fail(parser->outcome, packet->line,
				    "the options are longer than 40 bytes");
	memcpy(packet->options + packet->options_size, at, size);
	packet->options_size = (uint8_t)(packet->options_size + size);
	return true;
}

static bool parse_mss(struct parser *parser, struct packet_spec *packet)
{
	int64_t mss;
	uint8_t option[4] = { 2, 4 };

	if (!parser_number(parser, 0, UINT16_MAX, &mss))
		return false;
	put16(option + 2, (uint16_t)mss);
	return add(parser, packet, option, sizeof option);
}

static bool parse_window_scale(struct parser *parser, struct packet_spec *packet)
{
	int64_t shift;

	if (!parser_number(parser, 0, UINT8_MAX, &shift))
		return false;
	return add(parser, packet, (uint8_t[]){ 3, 3, (uint8_t)shift }, 3);
}

static bool parse_sack_permitted(struct parser *parser, struct packet_spec *packet)
{
	return add(parser, packet, (uint8_t[]){ 4, 2 }, 2);
}

static bool parse_sack(struct parser *parser, struct packet_spec *packet)
{
	uint8_t option[PACKET_OPTIONS_MOST + 8] = { 5, 2 };

	do {
		int64_t left, right;
		if (!parser_number(parser, 0, UINT32_MAX, &left) || !parser_expect(parser, ':') ||
		    !parser_number(parser, 0, UINT32_MAX, &right))
			return false;
		put32(option + option[1], (uint32_t)left);
		put32(option + option[1] + 4, (uint32_t)right);
		option[1] = (uint8_t)(option[1] + 8);
	} while (parser->token.kind == TOKEN_NUMBER && option[1] < PACKET_OPTIONS_MOST);
	return add(parser, packet, option, option[1]);
}

static bool parse_timestamps(struct parser *parser, struct packet_spec *packet)
{
	int64_t value, echo;
	uint8_t option[10] = { 8, 10 };

	if (!parser_accept_word(parser, "val"))
		return parser_fail(parser, "val");
	if (!parser_number(parser, 0, UINT32_MAX, &value))
		return false;
	if (!parser_accept_word(parser, "ecr"))
		return parser_fail(parser, "ecr");
	if (!parser_number(parser, 0, UINT32_MAX, &echo))
		return false;
	put32(option + 2, (uint32_t)value);
	put32(option + 6, (uint32_t)echo);
	return add(parser, packet, option, sizeof option);
}

/* An option whose rest is written as hexadecimal digits, or is nothing. */
static bool parse_digits(struct parser *parser, struct packet_spec *packet, uint8_t *option,
			 uint8_t size)
{
	const struct token *token = &parser->token;
	bool there = token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER;

	if (there && (token->size % 2 != 0 || size + token->size / 2 > PACKET_OPTIONS_MOST))
		return parser_fail(parser, "an even number of hexadecimal digits");
	for (size_t index = 0; there && index < token->size; index += 2) {
		const char digits[] = { token->at[index], token->at[index + 1], '\0' };
		unsigned byte;
		int read = 0;
		if (sscanf(digits, "%2x%n", &byte, &read) != 1 || read != 2)
			return parser_fail(parser, "hexadecimal digits");
		option[size++] = (uint8_t)byte;
	}
	if (there)
		parser_next(parser);
	option[1] = size;
	return add(parser, packet, option, size);
}

static bool parse_fast_open(struct parser *parser, struct packet_spec *packet)
{
	uint8_t option[PACKET_OPTIONS_MOST] = { KIND_FAST_OPEN };
	return parse_digits(parser, packet, option, 2);
}

static bool parse_fast_open_experiment(struct parser *parser, struct packet_spec *packet)
{
	uint8_t option[PACKET_OPTIONS_MOST] = { KIND_EXPERIMENT };
	put16(option + 2, MAGIC_FAST_OPEN);
	return parse_digits(parser, packet, option, 4);
}

static bool parse_md5(struct parser *parser, struct packet_spec *packet)
{
	uint8_t option[PACKET_OPTIONS_MOST] = { KIND_MD5 };
	return parse_digits(parser, packet, option, 2);
}

/* Counters of 24 bits in the order they are written in, which tells the kind: e0b first, or e1b. */
static bool parse_accecn(struct parser *parser, struct packet_spec *packet)
{
	static const char *const names[] = { "e0b", "ceb", "e1b" };
	uint8_t option[11] = { KIND_ACCECN_0, 2 };

	for (int place = 0; place < 3; place++) {
		int64_t count;
		bool swapped = option[0] == KIND_ACCECN_1;
		if (place == 0 && token_is(&parser->token, "e1b")) {
			option[0] = KIND_ACCECN_1;
			swapped = true;
		}
		if (!parser_accept_word(parser, names[swapped ? 2 - place : place]))
			break;
		if (!parser_number(parser, 0, 0xffffff, &count))
			return false;
		option[option[1]++] = (uint8_t)(count >> 16);
		option[option[1]++] = (uint8_t)(count >> 8);
		option[option[1]++] = (uint8_t)count;
	}
	return add(parser, packet, option, option[1]);
}

static bool parse_nop(struct parser *parser, struct packet_spec *packet)
{
	return add(parser, packet, (uint8_t[]){ 1 }, 1);
}

static bool parse_end(struct parser *parser, struct packet_spec *packet)
{
	return add(parser, packet, (uint8_t[]){ 0 }, 1);
}

struct option_name {
	const char *name;
	bool (*parse)(struct parser *parser, struct packet_spec *packet);
};

static const struct option_name option_names[] = {
	{ "mss", parse_mss },
	{ "wscale", parse_window_scale },
	{ "sackOK", parse_sack_permitted },
	{ "sack", parse_sack },
	{ "TS", parse_timestamps },
	{ "nop", parse_nop },
	{ "eol", parse_end },
	{ "FO", parse_fast_open },
	{ "FOEXP", parse_fast_open_experiment },
	{ "md5", parse_md5 },
	{ "ECN", parse_accecn },
	{ "AccECN", parse_accecn },
};

static bool parse_option(struct parser *parser, struct packet_spec *packet)
{
	for (size_t index = 0; index < sizeof option_names / sizeof option_names[0]; index++) {
		if (parser_accept_word(parser, option_names[index].name))
			return option_names[index].parse(parser, packet);
	}
	if (parser->token.kind != TOKEN_WORD)
		return parser_fail(parser, "an option");
	return outcome_skip(parser->outcome, packet->line, "the TCP option %.*s",
			    (int)parser->token.size, parser->token.at);
}

bool segment_options_parse(struct parser *parser, struct packet_spec *packet)
{
	parser_next(parser);
	if (parser->token.kind == TOKEN_ELLIPSIS) {
		packet->any_options = true;
		parser_next(parser);
		return parser_expect(parser, '>');
	}
	do {
		if (!parse_option(parser, packet))
			return false;
	} while (parser_accept(parser, ','));
	if (packet->options_size % 4 != 0)
		return outcome_fail(parser->outcome, packet->line,
				    "the options are %u bytes, no multiple of 4: nops are missing",
				    packet->options_size);
	return parser_expect(parser, '>');
}
