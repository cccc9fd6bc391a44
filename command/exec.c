/* exec: `berth exec` starts one more program on a host that runs. */
#include "supervisor/front.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* argv[0] is "exec". The program's exit status, or 125. */
int command_exec(int argc, char **argv);

static int refuse_usage(void)
{
	fputs("usage: berth exec [--lan LAN] NAME -- COMMAND [ARGUMENT...]\n", stderr);
	return FRONT_FAILED;
}

static const struct option options[] = {
	{ "lan", required_argument, NULL, 'l' },
	{ 0 },
};

int command_exec(int argc, char **argv)
{
	const char *lan = getenv("BERTH_LAN");
	struct session_order order = { .lan = lan ? lan : "default", .exec = true };

	optind = 0; /* main has read options of its own */
	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option != 'l')
			return refuse_usage();
		order.lan = optarg;
	}
	if (optind >= argc)
		return refuse_usage();
	order.name = argv[optind++];
	if (optind < argc && strcmp(argv[optind], "--") == 0)
		optind++;
	if (optind >= argc)
		return refuse_usage();
	order.command = argv + optind;
	return front_run(&order);
}
