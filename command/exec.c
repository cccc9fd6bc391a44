/* exec: `berth exec` starts one more program on a host that runs. */
#include "command.h"
#include "supervisor/front.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static int refuse_usage(void)
{
	return fail("usage: berth exec [--lan L] [--no-files] N -- CMD...");
}

static const struct option options[] = {
	{ "lan", required_argument, NULL, 'l' },
	{ "no-files", no_argument, NULL, 'f' },
	{ 0 },
};

int command_exec(int argc, char **argv)
{
	const char *lan = getenv("BERTH_LAN");
	struct session_order order = { .lan = lan ? lan : "default", .exec = true };

	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option == 'l')
			order.lan = optarg;
		else if (option == 'f')
			order.no_files = true;
		else
			return refuse_usage();
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
