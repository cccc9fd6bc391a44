/* option_names: the socket options that Linux knows, by name. */
#ifndef COMMAND_OPTION_NAMES_H
#define COMMAND_OPTION_NAMES_H

struct option_name {
	int level;
	const char *level_name;
	int number;
	const char *name;
};

extern const struct option_name option_names[];
extern const int option_name_count;

#endif
