/* run: `berth run` starts a program on a host of its own. */
#include "command.h"
#include "supervisor/front.h"

#include <getopt.h>
#include <stdlib.h>

enum { SYSCTLS_MOST = 64 }; /* more than there are */

static int refuse_usage(void)
{
	return fail("usage: berth run [--lan L] [--name N] [--ip A] [--no-files] [--sysctl K=V]... "
		    "-- CMD...");
}

static const struct option options[] = {
	{ "lan", required_argument, NULL, 'l' },    { "name", required_argument, NULL, 'n' },
	{ "ip", required_argument, NULL, 'i' },     { "no-files", no_argument, NULL, 'f' },
	{ "sysctl", required_argument, NULL, 's' }, { 0 },
};

int command_run(int argc, char **argv)
{
	const char *lan = getenv("BERTH_LAN");
	char *sysctls[SYSCTLS_MOST + 1] = { NULL };
	int sysctl_count = 0;
	struct session_order order = { .lan = lan ? lan : "default", .sysctls = sysctls };

	for (int option; (option = getopt_long(argc, argv, "+", options, NULL)) != -1;) {
		if (option == 'l')
			order.lan = optarg;
		else if (option == 'n')
			order.name = optarg;
		else if (option == 'i')
			order.ip = optarg;
		else if (option == 'f')
			order.no_files = true;
		else if (option == 's' && sysctl_count < SYSCTLS_MOST)
			sysctls[sysctl_count++] = optarg;
		else
			return refuse_usage();
	}
	if (optind >= argc)
		return refuse_usage();
	order.command = argv + optind;
	return front_run(&order);
}
