/* What stands between backquotes: shell, of which only the part that scripts of TCP use is understood, and that is done to
 * the stack under test. sysctl, writes to /proc/sys, defaults.sh and set_sysctls.py; anything else is a need. */
#include "conformance/player/play.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MOST = 256, WORDS_MOST = 64 };

struct words {
	size_t count;
	char at[WORDS_MOST][WORD_MOST];
};

/* The defaults that scripts for Linux are written against: gtests/net/common/defaults.sh. */
static const char *const defaults[] = {
	"net.ipv4.tcp_rmem=4096 540000 15728640",
	"net.ipv4.tcp_wmem=4096 262144 4194304",
	"net.ipv4.tcp_timestamps=1",
	"net.ipv4.tcp_syn_retries=5",
	"net.ipv4.tcp_synack_retries=5",
	"net.ipv4.tcp_frto=2",
	"net.ipv4.tcp_sack=1",
	"net.ipv4.tcp_dsack=1",
	"net.ipv4.tcp_fack=0",
	"net.ipv4.tcp_reordering=3",
	"net.ipv4.tcp_congestion_control=cubic",
	"net.ipv4.tcp_slow_start_after_idle=0",
	"net.ipv4.tcp_early_retrans=4",
	"net.ipv4.tcp_recovery=1",
	"net.ipv4.tcp_tso_win_divisor=3",
	"net.ipv4.tcp_ecn=0",
	"net.ipv4.tcp_pacing_ss_ratio=200",
	"net.ipv4.tcp_pacing_ca_ratio=120",
	"net.ipv4.tcp_notsent_lowat=4294967295",
	"net.ipv4.tcp_fastopen=0x70403",
	"net.ipv4.tcp_fastopen_key=a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4",
	"net.ipv4.tcp_syncookies=1",
};

/* /proc/sys/net/ipv4/tcp_sack and net/ipv4/tcp_sack are net.ipv4.tcp_sack. */
static const char *setting_name(char *name)
{
	static const char prefix[] = "/proc/sys/";
	if (strncmp(name, prefix, sizeof prefix - 1) == 0)
		name += sizeof prefix - 1;
	for (char *slash = strchr(name, '/'); slash; slash = strchr(slash, '/'))
		*slash = '.';
	return name;
}

/* name=value */
static bool apply(struct play *play, const char *assignment, int line)
{
	char name[WORD_MOST];
	const char *equals = strchr(assignment, '=');

	if (!equals || (size_t)(equals - assignment) >= sizeof name)
		return outcome_skip(play->outcome, line, "the command sysctl %s", assignment);
	memcpy(name, assignment, (size_t)(equals - assignment));
	name[equals - assignment] = '\0';
	return play->stack->operations->set(play->stack, setting_name(name), equals + 1, line,
					    play->outcome);
}

static bool apply_defaults(struct play *play, int line)
{
	for (size_t index = 0; index < sizeof defaults / sizeof defaults[0]; index++) {
		if (!apply(play, defaults[index], line))
			return false;
	}
	return true;
}

/* One word of a shell's, quotes taken off; NULL: there is none, or it is too long. */
static const char *next_word(const char *at, char *word)
{
	size_t size = 0;
	char quote = '\0';

	while (*at == ' ' || *at == '\t')
		at++;
	if (*at == '\0')
		return NULL;
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = quote ? '\0' : *at;
			continue;
		}
		if (size + 1 == WORD_MOST)
			return NULL;
		word[size++] = *at;
	}
	word[size] = '\0';
	return at;
}

static void split(const char *line, struct words *words)
{
	words->count = 0;
	while (words->count < WORDS_MOST) {
		line = next_word(line, words->at[words->count]);
		if (!line)
			return;
		words->count++;
	}
}

static bool run_sysctl(struct play *play, struct words *words, int line)
{
	for (size_t index = 1; index < words->count; index++) {
		const char *word = words->at[index];
		if (*word != '-' && !apply(play, word, line))
			return false;
	}
	return true;
}

static bool run_assignments(struct play *play, struct words *words, int line)
{
	for (size_t index = 1; index < words->count; index++) {
		if (!apply(play, words->at[index], line))
			return false;
	}
	return true;
}

/* echo VALUE... > FILE */
static bool run_echo(struct play *play, struct words *words, int line)
{
	char value[WORD_MOST] = "";
	size_t size = 0;

	for (size_t index = 1; index < words->count; index++) {
		const char *word = words->at[index];
		if (*word == '>') {
			char *file = word[1] ? words->at[index] + 1 : words->at[index + 1];
			bool is_setting = index + (word[1] ? 1 : 2) == words->count &&
					  strncmp(file, "/proc/sys/", 10) == 0;
			return is_setting ? play->stack->operations->set(play->stack,
									 setting_name(file), value,
									 line, play->outcome)
					  : outcome_skip(play->outcome, line, "the command echo");
		}
		if (strcmp(word, "-n") != 0)
			size += (size_t)snprintf(value + size, sizeof value - size, "%s%s",
						 size ? " " : "", word);
		if (size >= sizeof value)
			break;
	}
	return outcome_skip(play->outcome, line, "the command echo");
}

static bool run_nothing(struct play *play, struct words *words, int line)
{
	(void)play, (void)words, (void)line;
	return true;
}

static bool run_defaults(struct play *play, struct words *words, int line)
{
	(void)words;
	return apply_defaults(play, line);
}

struct command_row {
	const char *name; /* of the program, without its path */
	bool (*run)(struct play *play, struct words *words, int line);
};

static const struct command_row commands[] = {
	{ "sysctl", run_sysctl },
	{ "defaults.sh", run_defaults },
	{ "set_sysctls.py", run_assignments },
	{ "echo", run_echo },
	{ "sleep", run_nothing },
	{ "true", run_nothing },
	{ ":", run_nothing },
};

/* What a host that is made anew for each script needs no undoing of. */
static bool is_restoring(const char *program)
{
	return strncmp(program, "sysctl_restore_", 15) == 0;
}

static bool run_line(struct play *play, const char *text, int line)
{
	static struct words words;

	split(text, &words);
	if (words.count == 0 || words.at[0][0] == '#')
		return true;
	const char *program = strrchr(words.at[0], '/');
	program = program ? program + 1 : words.at[0];
	if (is_restoring(program))
		return true;
	for (size_t index = 0; index < sizeof commands / sizeof commands[0]; index++) {
		if (strcmp(commands[index].name, program) == 0)
			return commands[index].run(play, &words, line);
	}
	if (!play->stack->operations->shell)
		return outcome_skip(play->outcome, line, "the command %s", program);
	int status = play->stack->operations->shell(play->stack, text);
	return status == 0 ||
	       outcome_fail(play->outcome, line, "%s: status 0x%x", program, (unsigned)status);
}

void command_run(struct play *play, const char *command, int line)
{
	char text[1024];
	size_t size = 0;

	for (;; command++) {
		bool continued = *command == '\\' && command[1] == '\n';
		bool ends = *command == '\0' || *command == '\n' || *command == ';' ||
			    (*command == '&' && command[1] == '&');
		if (continued) {
			command++;
			continue;
		}
		if (!ends && size + 1 < sizeof text) {
			text[size++] = *command;
			continue;
		}
		text[size] = '\0';
		size = 0;
		if (!run_line(play, text, line) || *command == '\0')
			return;
		command += *command == '&';
	}
}
