/* parser: recursive descent over a script's tokens. A file a part of the language: script.c the whole and its events,
 * expression.c what calls are given, segment.c packets and their options.
 *
 * Functions return false (or NULL) once the outcome has been decided: by an error, or because the script needs what is
 * not here. */
#ifndef PLAYER_PARSER_H
#define PLAYER_PARSER_H

#include "conformance/player/outcome.h"
#include "conformance/player/syntax.h"
#include "conformance/player/token.h"

enum {
	PARSER_DEPTH_MOST = 64
}; /* of brackets in brackets: the parser's own stack is the machine's */

struct parser {
	struct script *script;
	struct outcome *outcome;
	struct lexer lexer;
	struct token token; /* the one that is looked at */
	int depth;
};

/* What -D says before the script does, and what it reads. */
struct parse_input {
	const char *at;
	size_t size;
	const struct definition *definitions;
	bool is_ipv6; /* ICMP's types and codes are called alike, and are others */
};

/* Fills *script, whose arena is the caller's to free in any case. False: *outcome says why. */
bool script_parse(const struct parse_input *input, struct script *script, struct outcome *outcome);

void parser_next(struct parser *parser);
/* Passes over this sign, if it is the next; over this word. */
bool parser_accept(struct parser *parser, char sign);
bool parser_accept_word(struct parser *parser, const char *word);
/* The same, and else an error: "what" is not there. */
bool parser_expect(struct parser *parser, char sign);
bool parser_number(struct parser *parser, int64_t least, int64_t most, int64_t *number);
bool parser_fail(struct parser *parser, const char *what);
char *parser_text(struct parser *parser); /* of the token looked at */

struct expression *expression_parse(struct parser *parser);
/* (a, b, c), as a chain; *empty tells NULL without an error. */
bool arguments_parse(struct parser *parser, struct expression **first);

/* From the < or > on. */
bool packet_parse(struct parser *parser, bool is_ipv6, struct packet_spec *packet);

/* From the < of <mss 1460, ...> on. */
bool segment_options_parse(struct parser *parser, struct packet_spec *packet);

#endif
