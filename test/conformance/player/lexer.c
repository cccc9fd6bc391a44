#include "conformance/player/token.h"

#include <string.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define NUMBER_MOST   (INT64_MAX / 16)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static char look(const struct lexer *lexer, size_t ahead)
{
	return (size_t)(lexer->end - lexer->at) > ahead ? lexer->at[ahead] : '\0';
}

static bool stands(const struct lexer *lexer, const char *text)
{
	size_t size = strlen(text);
	return (size_t)(lexer->end - lexer->at) >= size && memcmp(lexer->at, text, size) == 0;
}

static void step(struct lexer *lexer, size_t size)
{
	for (; size > 0; size--)
		lexer->line += *lexer->at++ == '\n';
}

static void skip_blanks_and_comments(struct lexer *lexer)
{
	while (lexer->at < lexer->end) {
		if (is_blank(*lexer->at)) {
			step(lexer, 1);
		} else if (stands(lexer, "//")) {
			while (lexer->at < lexer->end && *lexer->at != '\n')
				step(lexer, 1);
		} else if (stands(lexer, "/*")) {
			step(lexer, 2);
			while (lexer->at < lexer->end && !stands(lexer, "*/"))
				step(lexer, 1);
			if (lexer->at < lexer->end)
				step(lexer, 2);
		} else {
			return;
		}
	}
}

/* Up to closing, which is passed over; a backslash keeps one from closing where escapes are known. */
static struct token quoted(struct lexer *lexer, const char *opening, const char *closing,
			   enum token_kind kind, bool escapes)
{
	struct token token = { .kind = kind, .line = lexer->line };

	step(lexer, strlen(opening));
	token.at = lexer->at;
	while (lexer->at < lexer->end && !stands(lexer, closing))
		step(lexer, escapes && *lexer->at == '\\' && lexer->end - lexer->at > 1 ? 2 : 1);
	token.size = (size_t)(lexer->at - token.at);
	if (lexer->at == lexer->end)
		token.kind = TOKEN_BAD;
	else
		step(lexer, strlen(closing));
	return token;
}

static int digit_of(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* False: something else than digits of this base is among them, or they are too many. */
static bool read_number(const char *at, size_t size, int base, int64_t *number)
{
	*number = 0;
	for (size_t index = 0; index < size; index++) {
		if (digit_of(at[index]) >= base || *number > NUMBER_MOST)
			return false;
		*number = *number * base + digit_of(at[index]);
	}
	return size > 0;
}

/* [digits].digits, as seconds. */
static struct token time_token(struct lexer *lexer, size_t whole)
{
	struct token token = { .kind = TOKEN_TIME, .at = lexer->at, .line = lexer->line };
	int64_t unit = NS_PER_SECOND;
	size_t size = whole + 1;

	if (whole > 9)
		token.kind = TOKEN_BAD;
	for (size_t index = 0; index < whole && index < 9; index++)
		token.number = token.number * 10 + digit_of(lexer->at[index]);
	token.number *= NS_PER_SECOND;
	for (; is_digit(look(lexer, size)); size++) {
		unit /= 10;
		token.number += unit * digit_of(lexer->at[size]);
	}
	token.size = size;
	step(lexer, size);
	return token;
}

/* The length of what reads as an IPv4 address; 0: none does. */
static size_t address_size(const struct lexer *lexer)
{
	size_t size = 0;

	for (int part = 0; part < 4; part++) {
		if (part > 0 && look(lexer, size++) != '.')
			return 0;
		if (!is_digit(look(lexer, size)))
			return 0;
		while (is_digit(look(lexer, size)))
			size++;
	}
	return size;
}

static struct token take(struct lexer *lexer, enum token_kind kind, size_t size)
{
	struct token token = { .kind = kind, .at = lexer->at, .size = size, .line = lexer->line };
	step(lexer, size);
	return token;
}

/* Letters and digits: a name, a number, or the beginning of a time or an address. */
static struct token word(struct lexer *lexer, bool negative)
{
	size_t address = negative ? 0 : address_size(lexer);
	if (address > 0)
		return take(lexer, TOKEN_ADDRESS, address);

	size_t digits = 0, size = 0;
	while (is_digit(look(lexer, digits)))
		digits++;
	if (look(lexer, digits) == '.' && is_digit(look(lexer, digits + 1)))
		return time_token(lexer, digits);
	while (is_word(look(lexer, size)))
		size++;

	struct token token = take(lexer, TOKEN_WORD, size);
	if (digits == size) {
		bool fits = read_number(token.at, size, 10, &token.number);
		token.kind = fits ? TOKEN_NUMBER : TOKEN_WORD;
	} else if (size > 2 && memcmp(token.at, "0x", 2) == 0 &&
		   read_number(token.at + 2, size - 2, 16, &token.number)) {
		token.kind = TOKEN_NUMBER;
		token.hexadecimal = true;
	}
	return token;
}

struct token lexer_next(struct lexer *lexer)
{
	skip_blanks_and_comments(lexer);
	if (lexer->at == lexer->end)
		return (struct token){ .kind = TOKEN_END, .at = lexer->at, .line = lexer->line };

	if (stands(lexer, "..."))
		return take(lexer, TOKEN_ELLIPSIS, 3);
	if (stands(lexer, "%{"))
		return quoted(lexer, "%{", "}%", TOKEN_CODE, false);
	if (*lexer->at == '"')
		return quoted(lexer, "\"", "\"", TOKEN_TEXT, true);
	if (*lexer->at == '`')
		return quoted(lexer, "`", "`", TOKEN_COMMAND, true);
	if (stands(lexer, "--") && is_word(look(lexer, 2))) {
		step(lexer, 2);
		size_t size = 0;
		while (is_word(look(lexer, size)))
			size++;
		return take(lexer, TOKEN_OPTION, size);
	}
	if (*lexer->at == '.' && is_digit(look(lexer, 1)))
		return time_token(lexer, 0);
	if (*lexer->at == '-' && is_digit(look(lexer, 1))) {
		step(lexer, 1);
		struct token token = word(lexer, true);
		token.number = -token.number;
		token.at--;
		token.size++;
		return token;
	}
	if (is_word(*lexer->at))
		return word(lexer, false);
	return take(lexer, TOKEN_SIGN, 1);
}

struct token lexer_option_value(struct lexer *lexer)
{
	size_t size = 0;
	char quote = '\0';

	for (; look(lexer, size) != '\0'; size++) {
		char c = look(lexer, size);
		if (quote == '\0' && is_blank(c))
			break;
		if (c == quote)
			quote = '\0';
		else if (quote == '\0' && (c == '"' || c == '`'))
			quote = c;
	}
	return take(lexer, TOKEN_WORD, size);
}

bool token_is(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && strlen(word) == token->size &&
	       memcmp(token->at, word, token->size) == 0;
}

bool token_is_sign(const struct token *token, char sign)
{
	return token->kind == TOKEN_SIGN && *token->at == sign;
}
