/* ask-linux: puts each question to the machine's kernel and to libberth and compares what they said, line by line. A
 * difference is a failure, unless it is listed below with its reason. With --verbose every line is shown. */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A difference that is meant: lines of this question that contain this. */
struct difference {
	const char *question;
	const char *line;
	const char *reason;
};

static const struct difference differences[] = {
#define NOT_BUILT "Berth is without it, as a kernel may be"
	{ "socket's arguments", "protocol 262: 0", NOT_BUILT " (MPTCP)" },
	{ "urgent words that are none", "MSG_OOB", NOT_BUILT " (urgent data)" },
#define NO_GROUPS                                                                                  \
	"TCP has no groups (RFC 9293, MUST-57): told when it is asked for, not when nothing comes"
	{ "bind's arguments", "a group", NO_GROUPS },
	{ "bind's arguments", "broadcast", NO_GROUPS },
#define OLD_NAME                                                                                   \
	"Linux goes on showing the name of a connection that is gone, though the port is not held"
	{ "a refused connection", "has a port", OLD_NAME },
	{ "AF_UNSPEC", "has a port", OLD_NAME },
	{ "AF_UNSPEC on a connection", "has a port", OLD_NAME },
	{ "AF_UNSPEC on a connection", "local", OLD_NAME },
	{ "both closed", "bind: 0",
	  "a connection in TIME-WAIT has a name; Linux's socket has lost it" },
#define OWN_DEFAULT "chosen by whoever runs the host, as by sysctl on Linux"
	{ "options: defaults", "SO_SNDBUF", OWN_DEFAULT },
	{ "options: defaults", "SO_RCVBUF", OWN_DEFAULT },
	{ "options: defaults", "TCP_CONGESTION", OWN_DEFAULT },
	{ "options: values", "TCP_CONGESTION after", OWN_DEFAULT },
	{ "options: sizes", "SO_SNDBUF", OWN_DEFAULT },
	{ "options: sizes", "SO_RCVBUF", OWN_DEFAULT },
	{ "options: sizes", "TCP_CONGESTION", OWN_DEFAULT },
	{ "options: inherited", "TCP_CONGESTION", OWN_DEFAULT },
#define OWN_BOUND "cut to the host's bound, as to net.core's on Linux"
	{ "options: values", "SO_SNDBUF after 1000000", OWN_BOUND },
	{ "options: values", "SO_SNDBUF after -1", OWN_BOUND },
	{ "options: values", "SO_SNDBUF after 2147483647", OWN_BOUND },
	{ "options: values", "SO_SNDBUF after -2147483648", OWN_BOUND },
	{ "options: values", "SO_RCVBUF after 1000000", OWN_BOUND },
	{ "options: values", "SO_RCVBUF after -1", OWN_BOUND },
	{ "options: values", "SO_RCVBUF after 2147483647", OWN_BOUND },
	{ "options: values", "SO_RCVBUF after -2147483648", OWN_BOUND },
	{ "options: values", "SO_RCVLOWAT after 1000000", OWN_BOUND },
	{ "options: values", "SO_RCVLOWAT after -1", OWN_BOUND },
	{ "options: values", "SO_RCVLOWAT after 2147483647", OWN_BOUND },
	{ "options: values", "SO_RCVLOWAT after -2147483648", OWN_BOUND },
	{ "options: defaults", "TCP_MAXSEG",
	  "Linux sends at most half the window it was ever offered" },
	{ "options: sizes", "IP_TOS set 100 as 0 bytes", "no value is not 0" },
	{ "options: SO_LINGER", "seconds: -", "Linux overflows" },
	{ 0 },
};

static const struct question *const themes[] = {
	questions_about_beginnings, questions_about_connecting, questions_about_streams,
	questions_about_ports,      questions_about_options,    questions_about_datagrams,
	questions_about_groups,
};

static bool is_meant(const char *question, const char *line)
{
	for (const struct difference *row = differences; row->question; row++) {
		if (strcmp(row->question, question) == 0 && strstr(line, row->line))
			return true;
	}
	return false;
}

static unsigned compare(const struct question *question, const struct asked *a,
			const struct asked *b, bool verbose)
{
	unsigned different = 0;

	for (unsigned line = 0; line < a->count && line < b->count; line++) {
		bool same = strcmp(a->lines[line], b->lines[line]) == 0;
		bool meant = !same && is_meant(question->name, a->lines[line]);
		if (verbose || (!same && !meant))
			printf("%s%s%s%s\n", a->lines[line], same ? "" : "   BUT BERTH SAYS   ",
			       same ? "" : b->lines[line] + strlen(question->name) + 2,
			       meant ? "   (meant)" : "");
		different += !same && !meant;
	}
	if (a->count != b->count) {
		printf("%s: %u lines and %u\n", question->name, a->count, b->count);
		different++;
	}
	return different;
}

static unsigned ask_both(const struct question *question, bool verbose)
{
	static struct asked of_linux, of_berth;

	of_linux = (struct asked){ .calls = &linux_calls, .question = question->name };
	of_berth = (struct asked){ .calls = &berth_calls,
				   .context = berth_system_new(),
				   .question = question->name };
	question->ask(&of_linux);
	question->ask(&of_berth);
	berth_system_free(of_berth.context);
	return compare(question, &of_linux, &of_berth, verbose);
}

int main(int count, char **words)
{
	bool verbose = count > 1 && strcmp(words[1], "--verbose") == 0;
	unsigned passed = 0, failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t theme = 0; theme < sizeof themes / sizeof themes[0]; theme++) {
		for (const struct question *question = themes[theme]; question->name; question++) {
			unsigned different = ask_both(question, verbose);
			printf("%s %s\n", different ? "not ok" : "ok", question->name);
			passed += different == 0;
			failed += different > 0;
		}
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
