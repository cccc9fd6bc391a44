/* options: what most subcommands take. */
#include "command.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { LAN = 'l', JSON = 'j', WRITE_TO = 'w', GROUPS = 'g' };

static bool take(int option, const char *allowed, struct options *options)
{
	if (option == LAN) {
		options->lan = optarg;
		return true;
	}
	if (option == '?' || !strchr(allowed, option))
		return false;
	if (option == JSON)
		options->json = true;
	if (option == GROUPS)
		options->groups = true;
	if (option == WRITE_TO)
		options->write_to = optarg;
	return true;
}

int options_read(int argc, char **argv, const char *allowed, struct options *options)
{
	static const struct option known[] = {
		{ "lan", required_argument, NULL, LAN },
		{ "json", no_argument, NULL, JSON },
		{ "groups", no_argument, NULL, GROUPS },
		{ 0 },
	};
	const char *lan = getenv("BERTH_LAN");

	*options = (struct options){ .lan = lan && lan[0] != '\0' ? lan : "default" };
	opterr = 0;
	for (int option; (option = getopt_long(argc, argv, "w:", known, NULL)) != -1;)
		if (!take(option, allowed, options))
			return -fail("\"berth help %s\" says what %s takes: not %s", argv[0],
				     argv[0], argv[optind - 1]);
	if (!control_name_holds(options->lan))
		return -fail(
			"\"%s\" is no name for a LAN: 1 to 63 letters, digits and inner hyphens",
			options->lan);
	return optind;
}
