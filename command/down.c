/* berth down: ends every program of the LAN, then the LAN. One that does not run is down already. */
#include "command.h"

#include <errno.h>

int command_down(int argc, char **argv)
{
	struct options options;
	int operand = options_read(argc, argv, "", &options);
	if (operand < 0)
		return FAILED;
	if (operand < argc)
		return fail("down takes no operand: \"berth help down\"");

	int daemon = control_connect(options.lan);
	if (daemon == -ENOENT || daemon == -ECONNREFUSED)
		return 0;
	if (daemon < 0)
		return ask_connect_failed(options.lan, daemon);
	return ask(daemon, CONTROL_DOWN, NULL, -1, NULL) < 0 ? FAILED : 0;
}
