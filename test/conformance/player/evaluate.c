#include "conformance/player/evaluate.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 64, DEPTH_MOST = 64 };

struct reader {
	const char *at;
	const struct evaluation_names *names;
	bool unknown;
	int depth; /* of brackets, in which a line's end is a blank */
	int nested;
};

static void skip_blanks(struct reader *reader)
{
	while (*reader->at == ' ' || *reader->at == '\t' ||
	       (reader->depth > 0 && *reader->at == '\n') ||
	       (*reader->at == '\\' && reader->at[1] == '\n'))
		reader->at += *reader->at == '\\' ? 2 : 1;
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool accept(struct reader *reader, const char *sign)
{
	skip_blanks(reader);
	size_t size = strlen(sign);
	if (strncmp(reader->at, sign, size) != 0)
		return false;
	if (is_name(*sign) && is_name(reader->at[size]))
		return false;
	reader->at += size;
	return true;
}

static double unknown(struct reader *reader)
{
	reader->unknown = true;
	return 0;
}

static double read_either(struct reader *reader);

static double read_number(struct reader *reader)
{
	char *end;
	bool hexadecimal = reader->at[0] == '0' && (reader->at[1] == 'x' || reader->at[1] == 'X');
	double value =
		hexadecimal ? (double)strtoull(reader->at, &end, 16) : strtod(reader->at, &end);

	if (end == reader->at)
		return unknown(reader);
	reader->at = end;
	return value;
}

static double read_name(struct reader *reader)
{
	char name[NAME_MOST];
	size_t size = 0;
	double value;

	while (is_name(*reader->at) && size + 1 < sizeof name)
		name[size++] = *reader->at++;
	name[size] = '\0';
	if (strcmp(name, "True") == 0 || strcmp(name, "False") == 0)
		return *name == 'T';
	skip_blanks(reader);
	bool is_plain = *reader->at != '(' && *reader->at != '[' && *reader->at != '.';
	if (strcmp(name, "abs") == 0 && accept(reader, "(")) {
		reader->depth++;
		value = fabs(read_either(reader));
		reader->depth--;
		return accept(reader, ")") ? value : unknown(reader);
	}
	if (!is_plain || !reader->names->get(reader->names->context, name, &value))
		return unknown(reader);
	return value;
}

static double read_atom(struct reader *reader)
{
	skip_blanks(reader);
	if (reader->unknown || reader->nested == DEPTH_MOST)
		return unknown(reader);
	if (accept(reader, "(")) {
		reader->depth++;
		reader->nested++;
		double value = read_either(reader);
		reader->nested--;
		bool closed = accept(reader, ")");
		reader->depth--;
		return closed ? value : unknown(reader);
	}
	if ((*reader->at >= '0' && *reader->at <= '9') || *reader->at == '.')
		return read_number(reader);
	return is_name(*reader->at) ? read_name(reader) : unknown(reader);
}

static double read_signed(struct reader *reader)
{
	int signs = 0;

	for (; signs < DEPTH_MOST && accept(reader, "-"); signs++)
		;
	if (accept(reader, "~"))
		return (signs % 2 ? 1 : -1) * (read_atom(reader) + 1);
	double value = read_atom(reader);
	return signs % 2 ? -value : value;
}

/* ** is left to Python. */
static double read_product(struct reader *reader)
{
	double value = read_signed(reader);

	while (!reader->unknown) {
		skip_blanks(reader);
		if (strncmp(reader->at, "**", 2) == 0)
			return unknown(reader);
		bool floor_division = accept(reader, "//");
		char sign = floor_division ? 'f' : *reader->at;
		if (!floor_division && sign != '*' && sign != '/' && sign != '%')
			break;
		reader->at += !floor_division;
		double right = read_signed(reader);
		if (sign != '*' && right == 0)
			return unknown(reader);
		if (sign == '*')
			value *= right;
		else if (sign == '/')
			value /= right;
		else if (sign == 'f')
			value = floor(value / right);
		else
			value -= floor(value / right) * right;
	}
	return value;
}

static double read_sum(struct reader *reader)
{
	double value = read_product(reader);

	while (!reader->unknown) {
		if (accept(reader, "+"))
			value += read_product(reader);
		else if (accept(reader, "-"))
			value -= read_product(reader);
		else
			break;
	}
	return value;
}

/* Whole numbers that a double holds exactly. */
static int64_t whole(struct reader *reader, double value)
{
	if (value != floor(value) || fabs(value) > 9007199254740992.0)
		unknown(reader);
	return reader->unknown ? 0 : (int64_t)value;
}

static double read_shift(struct reader *reader)
{
	double value = read_sum(reader);

	while (!reader->unknown) {
		bool left = accept(reader, "<<");
		if (!left && !accept(reader, ">>"))
			break;
		int64_t count = whole(reader, read_sum(reader));
		if (count < 0 || count > 60)
			return unknown(reader);
		value = left ? value * (double)(INT64_C(1) << count)
			     : floor(value / (double)(INT64_C(1) << count));
	}
	return value;
}

static double read_and_bits(struct reader *reader)
{
	double value = read_shift(reader);

	while (!reader->unknown && accept(reader, "&")) {
		int64_t left = whole(reader, value);
		value = (double)(left & whole(reader, read_shift(reader)));
	}
	return value;
}

static double read_or_bits(struct reader *reader)
{
	double value = read_and_bits(reader);

	while (!reader->unknown && accept(reader, "|")) {
		int64_t left = whole(reader, value);
		value = (double)(left | whole(reader, read_and_bits(reader)));
	}
	return value;
}

static const char *const comparisons[] = { "==", "!=", "<=", ">=", "<", ">" };

static bool compare(size_t comparison, double left, double right)
{
	switch (comparison) {
	case 0:
		return left == right;
	case 1:
		return left != right;
	case 2:
		return left <= right;
	case 3:
		return left >= right;
	case 4:
		return left < right;
	default:
		return left > right;
	}
}

/* a < b <= c holds where each pair does. */
static double read_comparison(struct reader *reader)
{
	double value = read_or_bits(reader);
	bool compared = false, holds = true;

	while (!reader->unknown) {
		size_t index = 0;
		while (index < 6 && !accept(reader, comparisons[index]))
			index++;
		if (index == 6)
			break;
		double right = read_or_bits(reader);
		holds = compare(index, value, right) && holds;
		value = right;
		compared = true;
	}
	return compared ? holds : value;
}

static double read_negation(struct reader *reader)
{
	int negations = 0;

	while (negations < DEPTH_MOST && accept(reader, "not"))
		negations++;
	double value = read_comparison(reader);
	if (negations == 0)
		return value;
	return (value == 0) == (negations % 2 == 1);
}

static double read_both(struct reader *reader)
{
	double value = read_negation(reader);

	while (!reader->unknown && accept(reader, "and")) {
		double right = read_negation(reader);
		value = value != 0 ? right : value;
	}
	return value;
}

static double read_either(struct reader *reader)
{
	double value = read_both(reader);

	while (!reader->unknown && accept(reader, "or")) {
		double right = read_both(reader);
		value = value != 0 ? value : right;
	}
	return value;
}

static bool at_end(struct reader *reader)
{
	skip_blanks(reader);
	return *reader->at == '\0' || *reader->at == '\n' || *reader->at == ';' ||
	       *reader->at == '#';
}

/* Up to the line's end, whatever it says: messages are only for reading. */
static void skip_message(struct reader *reader)
{
	char quote = '\0';
	int brackets = 0;

	for (; *reader->at; reader->at++) {
		char c = *reader->at;
		if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '(' || c == '[') {
			brackets++;
		} else if (c == ')' || c == ']') {
			brackets--;
		} else if (brackets <= 0 && (c == '\n' || c == ';')) {
			return;
		}
	}
}

static enum evaluation run_assertion(struct reader *reader, char *message, size_t message_size)
{
	const char *start = reader->at;
	double value = read_either(reader);
	int size = (int)(reader->at - start);

	if (reader->unknown)
		return EVALUATION_UNKNOWN;
	bool says = accept(reader, ",");
	if (!says && !at_end(reader))
		return EVALUATION_UNKNOWN;
	struct reader said = *reader;
	double told = says ? read_either(&said) : 0;
	if (says)
		skip_message(reader);
	if (value != 0)
		return EVALUATION_HOLDS;
	if (says && !said.unknown && at_end(&said))
		snprintf(message, message_size, "assert%.*s: it is %.15g", size, start, told);
	else
		snprintf(message, message_size, "assert%.*s", size, start);
	return EVALUATION_FAILS;
}

static enum evaluation run_assignment(struct reader *reader)
{
	char name[NAME_MOST];
	size_t size = 0;

	while (is_name(*reader->at) && size + 1 < sizeof name)
		name[size++] = *reader->at++;
	name[size] = '\0';
	if (size == 0 || !accept(reader, "=") || *reader->at == '=')
		return EVALUATION_UNKNOWN;
	double value = read_either(reader);
	if (reader->unknown || !at_end(reader) ||
	    !reader->names->set(reader->names->context, name, value))
		return EVALUATION_UNKNOWN;
	return EVALUATION_HOLDS;
}

static enum evaluation run_statement(struct reader *reader, char *message, size_t message_size)
{
	if (accept(reader, "assert"))
		return run_assertion(reader, message, message_size);
	if (accept(reader, "print")) {
		skip_message(reader);
		return EVALUATION_HOLDS;
	}
	if (accept(reader, "pass"))
		return at_end(reader) ? EVALUATION_HOLDS : EVALUATION_UNKNOWN;
	return run_assignment(reader);
}

enum evaluation evaluate(const char *text, const struct evaluation_names *names, char *message,
			 size_t message_size)
{
	struct reader reader = { .at = text, .names = names };

	for (;;) {
		while (at_end(&reader) && *reader.at) {
			if (*reader.at == '#')
				reader.at += strcspn(reader.at, "\n");
			else
				reader.at++;
		}
		if (*reader.at == '\0')
			return EVALUATION_HOLDS;
		enum evaluation result = run_statement(&reader, message, message_size);
		if (result != EVALUATION_HOLDS)
			return result;
	}
}
