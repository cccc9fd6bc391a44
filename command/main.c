/* main: the table of subcommands, and help about them. */
#include "command.h"
#include "control/nearest.h"

#include <berth/berth.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct subcommand {
	const char *name;
	const char *arguments;
	const char *line; /* of help; NULL: not for people */
	const char *more;
	int (*function)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
	{ "run", "[--lan L] [--name N] [--ip A] [--no-files] [--sysctl K=V]... -- CMD...",
	  "run a program on a new host",
	  "  --name N   the host's name: letters, digits, inner hyphens (default host1, host2 "
	  "...)\n"
	  "  --ip A     its address, from 10.77.0.1 to 10.77.255.254 (default the first free)\n"
	  "  --no-files the machine's /proc/net, /etc/hosts and /etc/resolv.conf are read, not the "
	  "host's\n"
	  "  --sysctl K=V  a tunable of its, by Linux's name, as net.ipv4.tcp_sack=0; may be said "
	  "again\n"
	  "The exit status is the program's; 125 Berth's own failure, 126 not executable, 127 not "
	  "found,\n"
	  "128+n ended by signal n.\n",
	  command_run },
	{ "exec", "[--lan L] [--no-files] N -- CMD...", "run a program on the host named N", "",
	  command_exec },
	{ "ps", "[--lan L] [--json]", "list the hosts", "", command_ps },
	{ "ss", "[--lan L] [--groups] [--json]", "list the sockets of all hosts, as ss -tan",
	  "  --groups   the multicast groups they have joined instead\n", command_ss },
	{ "capture", "[--lan L] [N...] -w FILE|-",
	  "write the packets of all hosts, or of those named",
	  "  -w FILE    a pcapng file, - for standard output: berth capture -w - | tshark -r -\n"
	  "It goes on until it is interrupted or the LAN ends.\n",
	  command_capture },
	{ "sysctl", "[--lan L] [--json] N [KEY[=VALUE]]...",
	  "tell or set tunables of the host named N, by Linux's names",
	  "Without a KEY it lists all there are. A change is for connections made from then on.\n",
	  command_sysctl },
	{ "down", "[--lan L]", "end all programs and the LAN", "", command_down },
	{ "options", "[--json]", "tell which socket options work, on which sockets",
	  "An option that works neither way has the errno that getsockopt() answers.\n",
	  command_options },
	{ "doctor", "", "tell whether this machine can run Berth, and what to do if not",
	  "The exit status is 1 where it cannot.\n", command_doctor },
	{ "daemon", "--lan L [--ready FD]", NULL,
	  "Holds the LAN's hosts. \"berth run\" starts it, and it ends with the last host.\n",
	  command_daemon },
};

enum { SUBCOMMANDS = sizeof subcommands / sizeof subcommands[0] };

int fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("berth: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return FAILED;
}

static void help(FILE *out)
{
	fputs("berth runs programs on virtual hosts of a virtual LAN, without root.\n\n", out);
	for (int i = 0; i < SUBCOMMANDS; i++)
		if (subcommands[i].line)
			fprintf(out, "  berth %-8s %-40s %s\n", subcommands[i].name,
				subcommands[i].arguments, subcommands[i].line);
	fputs("\n  berth help COMMAND | --help | --version\n\n"
	      "  --lan L    the LAN's name (default $BERTH_LAN, else \"default\")\n\n"
	      "Try:  berth run --name server -- python3 -m http.server 80 &\n"
	      "      berth run -- curl http://10.77.0.1/\n",
	      out);
}

static const struct subcommand *find(const char *name)
{
	for (int i = 0; i < SUBCOMMANDS; i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

static int refuse_unknown(const char *name)
{
	const struct subcommand *nearest = &subcommands[0];

	for (int i = 1; i < SUBCOMMANDS; i++)
		if (word_distance(name, subcommands[i].name) < word_distance(name, nearest->name))
			nearest = &subcommands[i];
	if (word_distance(name, nearest->name) <= 2)
		return fail("there is no command \"%s\": did you mean \"berth %s\"?", name,
			    nearest->name);
	return fail("there is no command \"%s\": \"berth --help\" lists them", name);
}

static int help_about(const char *name)
{
	const struct subcommand *subcommand = find(name);
	if (!subcommand)
		return refuse_unknown(name);
	printf("berth %s %s\n%s%s%s", name, subcommand->arguments,
	       subcommand->line ? subcommand->line : "", subcommand->line ? "\n" : "",
	       subcommand->more);
	return 0;
}

/* Before any "--": what stands behind it is the program's. */
static bool asks_for_help(int argc, char **argv)
{
	return argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return FAILED;
	}
	const char *name = argv[1];
	if (strcmp(name, "--version") == 0) {
		puts("berth " BERTH_VERSION);
		return 0;
	}
	if (strcmp(name, "help") == 0 && argc > 2)
		return help_about(argv[2]);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
		help(stdout);
		return 0;
	}

	const struct subcommand *subcommand = find(name);
	if (!subcommand)
		return refuse_unknown(name);
	if (asks_for_help(argc - 1, argv + 1))
		return help_about(name);
	return subcommand->function(argc - 1, argv + 1);
}
