/* Any bytes as a script: the player reads files that users give. The evaluator of %{ }% has them as well. */
#include "conformance/player/evaluate.h"
#include "conformance/player/parser.h"

#include <stdlib.h>
#include <string.h>

static bool get(void *context, const char *name, double *value)
{
	(void)context;
	*value = name[0];
	return true;
}

static bool set(void *context, const char *name, double value)
{
	(void)context, (void)name, (void)value;
	return true;
}

static void run_evaluator(const uint8_t *at, size_t size)
{
	const struct evaluation_names names = { get, set, NULL };
	char message[64];
	char *text = malloc(size + 1);

	if (!text)
		return;
	memcpy(text, at, size);
	text[size] = '\0';
	evaluate(text, &names, message, sizeof message);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t size)
{
	struct script script = { 0 };
	struct outcome outcome = { 0 };
	const struct parse_input input = { .at = (const char *)at, .size = size };

	script_parse(&input, &script, &outcome);
	arena_free(&script.arena);
	run_evaluator(at, size);
	return 0;
}
