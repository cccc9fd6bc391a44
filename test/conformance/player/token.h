/* token: a script's text in words and signs, as packetdrill's users write it: C and C++ comments, numbers, names, "text",
 * `commands`, %{ code }%, --options, and single characters for the rest. */
#ifndef PLAYER_TOKEN_H
#define PLAYER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
	TOKEN_END,
	TOKEN_NUMBER, /* 12, -1, 0x1f */
	TOKEN_TIME,   /* .5, 0.25: number is nanoseconds where it is read as seconds */
	TOKEN_WORD,
	TOKEN_TEXT,    /* "..." */
	TOKEN_COMMAND, /* `...` */
	TOKEN_CODE,    /* %{ ... }% */
	TOKEN_OPTION,  /* --name */
	TOKEN_ELLIPSIS,
	TOKEN_ADDRESS, /* 192.0.2.1 */
	TOKEN_SIGN,
	TOKEN_BAD, /* text or code without an end, a number too large */
};

struct token {
	enum token_kind kind;
	const char *at; /* in the script; of what is quoted, what is between the quotes */
	size_t size;
	int64_t number;
	int line;
	bool hexadecimal;
};

struct lexer {
	const char *at, *end;
	int line;
};

struct token lexer_next(struct lexer *lexer);
/* What stands behind an option's = up to the next blank, quotes left as they are. */
struct token lexer_option_value(struct lexer *lexer);

bool token_is(const struct token *token, const char *word);
bool token_is_sign(const struct token *token, char sign);

#endif
