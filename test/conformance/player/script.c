/* script: plays packetdrill's scripts on libberth, in virtual time.
 *
 *   script [--kernel] [--strict] [--ip_version=ipv4|ipv4-mapped-ipv6|ipv6] [packetdrill's options] FILE...
 *
 * Prints a line a script that does not pass, as compilers do: file:line: what was expected, what came; and at the end one
 * line, N passed, N failed, N skipped. Without --ip_version each is played over IPv4, over IPv4 by sockets of IPv6, and
 * over IPv6. --kernel: on the machine's own TCP, behind a TUN device, in real time (root). --strict: nothing may be left
 * over when a script ends, and the echoes of timestamps are compared too. Exits 1 where a script failed. */
#include "conformance/player/parser.h"
#include "conformance/player/play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	bool on_kernel, verbose, strict;
	int only; /* one version of IP; -1: all */
	struct arena arena;
	struct script_option *given, **given_end;
};

struct counts {
	int passed, failed, skipped;
};

static const char *const version_names[] = { "ipv4", "ipv4-mapped-ipv6", "ipv6" };

/* What the kernel's own ksft_runner.sh defines, so that a script reads the same over both. A socket of IPv6 speaks as one
 * over mapped addresses too. */
static void define_for(struct network *network, struct arena *arena)
{
	bool is_ipv6 = network->version != OVER_IPV4;
	struct outcome outcome = { 0 };

	network_option(network, arena, "define",
		       is_ipv6 ? "CMSG_LEVEL_IP=SOL_IPV6" : "CMSG_LEVEL_IP=SOL_IP", 0, &outcome);
	network_option(network, arena, "define",
		       is_ipv6 ? "CMSG_TYPE_RECVERR=IPV6_RECVERR" : "CMSG_TYPE_RECVERR=IP_RECVERR",
		       0, &outcome);
}

/* NULL: it cannot be read. */
static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	size_t room = 0;
	char *text = NULL;

	*size = 0;
	while (file && !ferror(file) && !feof(file)) {
		if (*size == room) {
			room = room ? 2 * room : 16384;
			text = realloc(text, room);
			if (!text)
				abort();
		}
		*size += fread(text + *size, 1, room - *size, file);
	}
	if (!file || ferror(file)) {
		free(text);
		text = NULL;
	}
	if (file)
		fclose(file);
	return text;
}

static bool apply(struct network *network, struct arena *arena, const struct script_option *option,
		  struct outcome *outcome)
{
	for (; option; option = option->next) {
		if (!network_option(network, arena, option->name, option->value, option->line,
				    outcome))
			return false;
	}
	return true;
}

static void play_text(struct options *options, const char *text, size_t size,
		      enum ip_version version, struct outcome *outcome)
{
	struct script script = { 0 };
	struct arena arena = { 0 };
	struct network network = network_default(version);

	network.strict = options->strict;
	network.version_is_fixed = true;
	define_for(&network, &arena);
	struct parse_input input = { text, size, network.definitions, version == OVER_IPV6 };
	if (apply(&network, &arena, options->given, outcome)) {
		input.definitions = network.definitions;
		struct outcome of_text = { 0 };
		bool parsed = script_parse(&input, &script, &of_text);
		/* One that is for another version of IP may well not read over this one. */
		if (apply(&network, &arena, script.options, outcome) && !parsed)
			*outcome = of_text;
		if (outcome->kind == PASSED)
			play_script(&script, &network, options->on_kernel, outcome);
	}
	arena_free(&script.arena);
	arena_free(&arena);
}

static void report(const struct options *options, const char *path, enum ip_version version,
		   const struct outcome *outcome)
{
	static const char *const says[] = { "passed", "failed", "skipped, needs" };

	if (outcome->kind == PASSED && !options->verbose)
		return;
	if (outcome->line > 0)
		printf("%s:%d: %s: ", path, outcome->line, version_names[version]);
	else
		printf("%s: %s: ", path, version_names[version]);
	printf("%s%s%s\n", says[outcome->kind], outcome->kind == FAILED ? ": " : " ",
	       outcome->text);
}

static void play_file(struct options *options, const char *path, struct counts *counts)
{
	size_t size;
	char *text = read_file(path, &size);

	for (int version = OVER_IPV4; version <= OVER_IPV6; version++) {
		struct outcome outcome = { 0 };
		if (options->only >= 0 && options->only != version)
			continue;
		if (text)
			play_text(options, text, size, (enum ip_version)version, &outcome);
		else
			outcome_fail(&outcome, 0, "%s", strerror(errno));
		report(options, path, (enum ip_version)version, &outcome);
		counts->passed += outcome.kind == PASSED;
		counts->failed += outcome.kind == FAILED;
		counts->skipped += outcome.kind == SKIPPED;
	}
	free(text);
}

/* Those of packetdrill's are kept, to be applied in front of each script's own. */
static void keep_option(struct options *options, char *text)
{
	struct script_option *option = arena_take(&options->arena, sizeof *option);
	char *equals = strchr(text, '=');

	if (equals)
		*equals++ = '\0';
	option->name = text;
	option->value = equals;
	*options->given_end = option;
	options->given_end = &option->next;
}

static bool read_option(struct options *options, char *text)
{
	static const char version[] = "--ip_version=";

	if (strcmp(text, "--kernel") == 0) {
		options->on_kernel = true;
	} else if (strcmp(text, "--strict") == 0) {
		options->strict = true;
	} else if (strcmp(text, "--verbose") == 0 || strcmp(text, "-v") == 0) {
		options->verbose = true;
	} else if (strncmp(text, version, sizeof version - 1) == 0) {
		for (int index = 0; index < 3; index++) {
			if (strcmp(version_names[index], text + sizeof version - 1) == 0)
				options->only = index;
		}
		return options->only >= 0;
	} else {
		keep_option(options, text + 2);
	}
	return true;
}

int main(int count, char **arguments)
{
	struct options options = { .only = -1 };
	struct counts counts = { 0 };
	int index = 1;

	options.given_end = &options.given;
	for (; index < count && arguments[index][0] == '-' && arguments[index][1]; index++) {
		if (!read_option(&options, arguments[index])) {
			fprintf(stderr, "script: %s is not understood\n", arguments[index]);
			return 2;
		}
	}
	if (index == count) {
		fputs("usage: script [--kernel] [--strict] [--ip_version=ipv4] [-v] FILE...\n",
		      stderr);
		return 2;
	}
	for (; index < count; index++)
		play_file(&options, arguments[index], &counts);
	printf("%d passed, %d failed, %d skipped\n", counts.passed, counts.failed, counts.skipped);
	arena_free(&options.arena);
	return counts.failed > 0;
}
