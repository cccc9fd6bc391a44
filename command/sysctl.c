/* berth sysctl: a host's tunables, told and set, as sysctl(8) does it. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* { "host", "words": [...] }; NULL: a word is no text. */
static char *write_question(const char *host, char **words)
{
	json_t *array = json_array();
	char *text = NULL;

	for (; *words; words++)
		if (json_array_append_new(array, json_string(*words)) < 0) {
			json_decref(array);
			return NULL;
		}
	json_t *question = json_pack("{s:s, s:o}", "host", host, "words", array);
	if (question)
		text = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	return text;
}

static void print_rows(const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		printf("%s = %s\n", json_text(json_array_get(rows, i), "key"),
		       json_text(json_array_get(rows, i), "value"));
}

static int answer(const char *lan, const char *question, bool json)
{
	char *text = NULL;
	int daemon = ask_connect(lan);

	if (daemon < 0 || ask(daemon, CONTROL_SYSCTL, question, -1, &text) < 0)
		return FAILED;
	close(daemon);
	int status = print_answer(text, json, print_rows);
	free(text);
	return status;
}

int command_sysctl(int argc, char **argv)
{
	struct options options;
	int operand = options_read(argc, argv, "j", &options);
	if (operand < 0)
		return FAILED;
	if (operand >= argc)
		return fail("sysctl needs a host: \"berth ps\" lists them");

	char *question = write_question(argv[operand], argv + operand + 1);
	if (!question)
		return fail("a sysctl is named in ASCII: \"berth sysctl %s\" lists them",
			    argv[operand]);
	int status = answer(options.lan, question, options.json);
	free(question);
	return status;
}
