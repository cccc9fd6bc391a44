/* What calls are given: numbers, names, text, lists, records, and names with brackets behind them. */
#include "conformance/player/parser.h"

#include <string.h>

static struct expression *new_expression(struct parser *parser, enum expression_kind kind)
{
	struct expression *expression = arena_take(&parser->script->arena, sizeof *expression);
	expression->kind = kind;
	expression->line = parser->token.line;
	return expression;
}

/* What it says of itself where it is a field: name=value, name(count)=value. The name has been read as an expression. */
static struct expression *parse_field(struct parser *parser, struct expression *name)
{
	if (!parser_accept(parser, '='))
		return name;
	if (name->kind != EXPRESSION_NAME && name->kind != EXPRESSION_APPLY) {
		parser_fail(parser, "a name before =");
		return NULL;
	}
	struct expression *value = expression_parse(parser);
	if (!value)
		return NULL;
	value->field = name->text;
	value->counted = name->first;
	return value;
}

static bool parse_rest(struct parser *parser, char closing, bool fields, struct expression *list)
{
	struct expression **end = &list->first;

	if (parser_accept(parser, closing))
		return true;
	do {
		struct expression *next = expression_parse(parser);
		if (next && fields)
			next = parse_field(parser, next);
		if (!next)
			return false;
		*end = next;
		end = &next->next;
		list->size++;
	} while (parser_accept(parser, ','));
	return parser_expect(parser, closing);
}

static struct expression *parse_bracketed(struct parser *parser, enum expression_kind kind,
					  char closing)
{
	struct expression *list = new_expression(parser, kind);
	bool fields = kind == EXPRESSION_RECORD;

	parser_next(parser);
	return parse_rest(parser, closing, fields, list) ? list : NULL;
}

static struct expression *parse_name(struct parser *parser)
{
	struct expression *name = new_expression(parser, EXPRESSION_NAME);

	name->text = parser_text(parser);
	parser_next(parser);
	if (!parser_accept(parser, '('))
		return name;
	name->kind = EXPRESSION_APPLY;
	return parse_rest(parser, ')', false, name) ? name : NULL;
}

/* "a" "b" is one text; what \x and the like stand for is put in their place. */
static struct expression *parse_text(struct parser *parser)
{
	struct expression *text = new_expression(parser, EXPRESSION_TEXT);
	char *to = arena_take(&parser->script->arena, 1);
	size_t size = 0;

	while (parser->token.kind == TOKEN_TEXT) {
		char *longer = arena_take(&parser->script->arena, size + parser->token.size + 1);
		memcpy(longer, to, size);
		to = longer;
		for (size_t index = 0; index < parser->token.size; index++) {
			char c = parser->token.at[index];
			if (c == '\\' && index + 1 < parser->token.size) {
				static const char names[] = "nrt0", values[] = "\n\r\t";
				c = parser->token.at[++index];
				const char *known = c ? strchr(names, c) : NULL;
				c = known ? values[known - names] : c;
			}
			to[size++] = c;
		}
		parser_next(parser);
	}
	if (parser->token.kind == TOKEN_ELLIPSIS) /* "begins like this"... */
		parser_next(parser);
	text->text = to;
	text->size = size;
	return text;
}

static struct expression *parse_one(struct parser *parser)
{
	struct expression *expression;

	switch (parser->token.kind) {
	case TOKEN_ELLIPSIS:
		expression = new_expression(parser, EXPRESSION_ANY);
		parser_next(parser);
		return expression;
	case TOKEN_NUMBER:
		expression = new_expression(parser, EXPRESSION_NUMBER);
		expression->number = parser->token.number;
		parser_next(parser);
		return expression;
	case TOKEN_WORD:
		return parse_name(parser);
	case TOKEN_TEXT:
		return parse_text(parser);
	default:
		break;
	}
	if (token_is_sign(&parser->token, '['))
		return parse_bracketed(parser, EXPRESSION_LIST, ']');
	if (token_is_sign(&parser->token, '{'))
		return parse_bracketed(parser, EXPRESSION_RECORD, '}');
	parser_fail(parser, "a value");
	return NULL;
}

static struct expression *parse_either(struct parser *parser)
{
	struct expression *first = parse_one(parser);
	if (!first || !token_is_sign(&parser->token, '|'))
		return first;

	struct expression *either = new_expression(parser, EXPRESSION_EITHER);
	struct expression **end = &first->next;
	either->first = first;
	either->size = 1;
	while (parser_accept(parser, '|')) {
		struct expression *next = parse_one(parser);
		if (!next)
			return NULL;
		*end = next;
		end = &next->next;
		either->size++;
	}
	return either;
}

struct expression *expression_parse(struct parser *parser)
{
	if (parser->depth == PARSER_DEPTH_MOST) {
		parser_fail(parser, "fewer brackets in brackets");
		return NULL;
	}
	parser->depth++;
	struct expression *expression = parse_either(parser);
	parser->depth--;
	return expression;
}

bool arguments_parse(struct parser *parser, struct expression **first)
{
	struct expression list = { 0 };

	bool parsed = parser_expect(parser, '(') && parse_rest(parser, ')', false, &list);
	*first = list.first;
	return parsed;
}
