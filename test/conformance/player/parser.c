/* The whole of a script: options, a command, events in time, a command. */
#include "conformance/player/parser.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND INT64_C(1000000000)

static const struct definition *find_definition(const struct parser *parser)
{
	const struct definition *definition = parser->script->definitions;
	while (definition && !token_is(&parser->token, definition->name))
		definition = definition->next;
	return definition;
}

/* What a definition stands for is one token, which is not looked up again. */
static void replace(struct parser *parser, const struct definition *definition)
{
	struct lexer lexer = { .at = definition->value,
			       .end = definition->value + strlen(definition->value),
			       .line = parser->token.line };
	struct token token = lexer_next(&lexer);
	token.line = parser->token.line;
	if (token.kind != TOKEN_END)
		parser->token = token;
}

void parser_next(struct parser *parser)
{
	parser->token = lexer_next(&parser->lexer);
	if (parser->token.kind != TOKEN_WORD)
		return;
	const struct definition *definition = find_definition(parser);
	if (definition)
		replace(parser, definition);
}

bool parser_fail(struct parser *parser, const char *what)
{
	const struct token *token = &parser->token;
	if (token->kind == TOKEN_END)
		return outcome_fail(parser->outcome, token->line, "expected %s, not the end", what);
	int size = token->size < 40 ? (int)token->size : 40;
	return outcome_fail(parser->outcome, token->line, "expected %s, not \"%.*s\"", what, size,
			    token->at);
}

bool parser_accept(struct parser *parser, char sign)
{
	bool there = token_is_sign(&parser->token, sign);
	if (there)
		parser_next(parser);
	return there;
}

bool parser_accept_word(struct parser *parser, const char *word)
{
	bool there = token_is(&parser->token, word);
	if (there)
		parser_next(parser);
	return there;
}

bool parser_expect(struct parser *parser, char sign)
{
	const char what[] = { '"', sign, '"', '\0' };
	return parser_accept(parser, sign) || parser_fail(parser, what);
}

bool parser_number(struct parser *parser, int64_t least, int64_t most, int64_t *number)
{
	if (parser->token.kind != TOKEN_NUMBER)
		return parser_fail(parser, "a number");
	if (parser->token.number < least || parser->token.number > most) {
		char what[64];
		snprintf(what, sizeof what, "a number from %lld to %lld", (long long)least,
			 (long long)most);
		return parser_fail(parser, what);
	}
	*number = parser->token.number;
	parser_next(parser);
	return true;
}

char *parser_text(struct parser *parser)
{
	return arena_text(&parser->script->arena, parser->token.at, parser->token.size);
}

static void define(struct parser *parser, const char *name, size_t name_size, const char *value)
{
	struct definition *definition = arena_take(&parser->script->arena, sizeof *definition);

	definition->name = arena_text(&parser->script->arena, name, name_size);
	definition->value = arena_text(&parser->script->arena, value, strlen(value));
	definition->next = parser->script->definitions;
	parser->script->definitions = definition;
}

static void add_option(struct parser *parser, struct script_option ***end)
{
	struct script_option *option = arena_take(&parser->script->arena, sizeof *option);
	const char *equals;

	option->line = parser->token.line;
	option->name = parser_text(parser);
	if (parser->lexer.at < parser->lexer.end && *parser->lexer.at == '=') {
		parser->lexer.at++;
		struct token value = lexer_option_value(&parser->lexer);
		option->value = arena_text(&parser->script->arena, value.at, value.size);
	}
	if (strcmp(option->name, "define") == 0 && option->value &&
	    (equals = strchr(option->value, '=')))
		define(parser, option->value, (size_t)(equals - option->value), equals + 1);
	**end = option;
	*end = &option->next;
	parser_next(parser);
}

static bool parse_time(struct parser *parser, int64_t *time)
{
	const struct token *token = &parser->token;
	enum { SECONDS_MOST = 1000000000 };

	if (token->kind == TOKEN_TIME)
		*time = token->number;
	else if (token->kind == TOKEN_NUMBER && token->number >= 0 && token->number <= SECONDS_MOST)
		*time = token->number * NS_PER_SECOND;
	else
		return parser_fail(parser, "a time");
	parser_next(parser);
	return true;
}

/* +.1, 0.3, +.1~+.2, 0.3~0.4 or *. */
static bool parse_event_time(struct parser *parser, struct event *event)
{
	event->line = parser->token.line;
	if (parser_accept(parser, '*')) {
		event->time_kind = TIME_ANY;
		return true;
	}
	bool relative = parser_accept(parser, '+');
	event->time_kind = relative ? TIME_RELATIVE : TIME_ABSOLUTE;
	if (!parse_time(parser, &event->time))
		return false;
	if (!parser_accept(parser, '~'))
		return true;
	event->time_kind = relative ? TIME_RELATIVE_RANGE : TIME_ABSOLUTE_RANGE;
	if (relative && !parser_expect(parser, '+'))
		return false;
	if (!parse_time(parser, &event->time_end))
		return false;
	if (event->time_end < event->time)
		return outcome_fail(parser->outcome, event->line, "the range of time is backwards");
	return true;
}

/* ECONNRESET (Connection reset by peer) */
static bool parse_error(struct parser *parser, struct call *call)
{
	if (parser->token.kind == TOKEN_WORD) {
		call->error = parser_text(parser);
		parser_next(parser);
	}
	if (!parser_accept(parser, '('))
		return true;
	while (parser->token.kind != TOKEN_END && !token_is_sign(&parser->token, ')'))
		parser_next(parser);
	return parser_expect(parser, ')');
}

static bool parse_call(struct parser *parser, struct event *event)
{
	struct call *call = &event->call;

	event->kind = EVENT_CALL;
	if (parser->token.kind == TOKEN_ELLIPSIS) {
		parser_next(parser);
		call->blocks = true;
		if (!parse_time(parser, &call->end))
			return false;
	}
	if (parser->token.kind != TOKEN_WORD)
		return parser_fail(parser, "a call, a packet, a command or code");
	call->name = parser_text(parser);
	parser_next(parser);
	if (!arguments_parse(parser, &call->arguments) || !parser_expect(parser, '='))
		return false;
	call->result = expression_parse(parser);
	return call->result && parse_error(parser, call);
}

static bool parse_action(struct parser *parser, bool is_ipv6, struct event *event)
{
	enum token_kind kind = parser->token.kind;

	if (kind == TOKEN_COMMAND || kind == TOKEN_CODE) {
		event->kind = kind == TOKEN_COMMAND ? EVENT_COMMAND : EVENT_CODE;
		event->text = parser_text(parser);
		parser_next(parser);
		return true;
	}
	if (!token_is_sign(&parser->token, '<') && !token_is_sign(&parser->token, '>'))
		return parse_call(parser, event);
	event->kind = EVENT_PACKET;
	return packet_parse(parser, is_ipv6, &event->packet);
}

static bool parse_event(struct parser *parser, bool is_ipv6, struct event *event)
{
	if (!parse_event_time(parser, event) || !parse_action(parser, is_ipv6, event))
		return false;
	bool expects = event->kind == EVENT_PACKET && !event->packet.inbound;
	bool exact = event->time_kind == TIME_ABSOLUTE || event->time_kind == TIME_RELATIVE;
	if (!exact && !expects)
		return outcome_fail(parser->outcome, event->line,
				    "only outbound packets may come at any time or in a range");
	return true;
}

static bool parse_events(struct parser *parser, bool is_ipv6)
{
	struct event **end = &parser->script->events;

	while (parser->token.kind != TOKEN_END && parser->token.kind != TOKEN_COMMAND) {
		struct event *event = arena_take(&parser->script->arena, sizeof *event);
		if (!parse_event(parser, is_ipv6, event))
			return false;
		*end = event;
		end = &event->next;
	}
	return true;
}

static void parse_command(struct parser *parser, const char **command, int *line)
{
	if (parser->token.kind != TOKEN_COMMAND)
		return;
	*line = parser->token.line;
	*command = parser_text(parser);
	parser_next(parser);
}

bool script_parse(const struct parse_input *input, struct script *script, struct outcome *outcome)
{
	struct parser parser = {
		.script = script,
		.outcome = outcome,
		.lexer = { .at = input->at, .end = input->at + input->size, .line = 1 },
	};
	struct script_option **options = &script->options;

	for (const struct definition *given = input->definitions; given; given = given->next)
		define(&parser, given->name, strlen(given->name), given->value);
	parser_next(&parser);
	while (parser.token.kind == TOKEN_OPTION)
		add_option(&parser, &options);
	parse_command(&parser, &script->first_command, &script->first_command_line);
	if (!parse_events(&parser, input->is_ipv6))
		return false;
	parse_command(&parser, &script->last_command, &script->last_command_line);
	if (parser.token.kind != TOKEN_END)
		return parser_fail(&parser, "the end");
	if (!script->events)
		return outcome_fail(outcome, 0, "there is no event in it");
	return true;
}
