/* evaluate: the part of Python that scripts check with: assertions, assignments, arithmetic, comparisons.
 *
 * Statements are separated by line ends and semicolons. What is not in this part is told as such, and nothing is guessed:
 * python3 is asked then (code.c). */
#ifndef PLAYER_EVALUATE_H
#define PLAYER_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>

enum evaluation {
	EVALUATION_HOLDS,
	EVALUATION_FAILS,   /* an assertion: *message says which, and what its message comes to */
	EVALUATION_UNKNOWN, /* more than is understood here */
};

/* The value of a name, and its change. False: there is none; it cannot be remembered. */
struct evaluation_names {
	bool (*get)(void *context, const char *name, double *value);
	bool (*set)(void *context, const char *name, double value);
	void *context;
};

enum evaluation evaluate(const char *text, const struct evaluation_names *names, char *message,
			 size_t message_size);

#endif
