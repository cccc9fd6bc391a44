/* run: `berth run` starts a program on a host of its own. */
#include "supervisor/front.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* argv[0] is "run". The program's exit status, or 125. */
int command_run(int argc, char **argv);

static int refuse_usage(void)
{
	fputs("usage: berth run [--lan LAN] [--name NAME] [--ip ADDRESS] -- COMMAND "
	      "[ARGUMENT...]\n",
	      stderr);
	return FRONT_FAILED;
}

static const struct option options[] = {
	{ "lan", required_argument, NULL, 'l' },
	{ "name", required_argument, NULL, 'n' },
	{ "ip", required_argument, NULL, 'i' },
	{ 0 },
};

int command_run(int argc, char **argv)
{
	const char *lan = getenv("BERTH_LAN");
	struct session_order order = { .lan = lan ? lan : "default" };

	optind = 0; /* main has read options of its own */
	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option == 'l')
			order.lan = optarg;
		else if (option == 'n')
			order.name = optarg;
		else if (option == 'i')
			order.ip = optarg;
		else
			return refuse_usage();
	}
	if (optind >= argc)
		return refuse_usage();
	order.command = argv + optind;
	return front_run(&order);
}
