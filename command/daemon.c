/* berth daemon: the LAN's daemon in the foreground. "berth run" starts it in the background (daemon/start.c). */
#include "command.h"

#include "daemon/daemon.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

int command_daemon(int argc, char **argv)
{
	static const struct option known[] = {
		{ "lan", required_argument, NULL, 'l' },
		{ "ready", required_argument, NULL, 'r' },
		{ 0 },
	};
	const char *lan = NULL;
	int ready = -1;

	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		if (option == 'l')
			lan = optarg;
		else if (option == 'r')
			ready = atoi(optarg);
		else
			return FAILED;
	}
	if (!lan || !control_name_holds(lan))
		return fail("a daemon needs --lan and a name of letters, digits and inner hyphens");
	int error = daemon_run(lan, ready);
	return error ? fail("the daemon of LAN %s could not run: %s", lan, strerror(-error)) : 0;
}
