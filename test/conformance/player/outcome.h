/* outcome: what became of a script, with the line it was decided in. The first word stands: what follows from it is not
 * worth telling. */
#ifndef PLAYER_OUTCOME_H
#define PLAYER_OUTCOME_H

#include <stdbool.h>

enum outcome_kind {
	PASSED,
	FAILED,
	SKIPPED, /* it needs something that is not there: the text says what */
};

struct outcome {
	enum outcome_kind kind;
	int line; /* 0: none in particular */
	char text[1024];
};

/* Both return false, so that a function can end with them. */
bool outcome_fail(struct outcome *outcome, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool outcome_skip(struct outcome *outcome, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
