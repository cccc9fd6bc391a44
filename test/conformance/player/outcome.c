#include "conformance/player/outcome.h"

#include <stdarg.h>
#include <stdio.h>

static void decide(struct outcome *outcome, enum outcome_kind kind, int line, const char *format,
		   va_list arguments)
{
	if (outcome->kind != PASSED)
		return;
	outcome->kind = kind;
	outcome->line = line;
	vsnprintf(outcome->text, sizeof outcome->text, format, arguments);
}

bool outcome_fail(struct outcome *outcome, int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	decide(outcome, FAILED, line, format, arguments);
	va_end(arguments);
	return false;
}

bool outcome_skip(struct outcome *outcome, int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	decide(outcome, SKIPPED, line, format, arguments);
	va_end(arguments);
	return false;
}
