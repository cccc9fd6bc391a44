/* command: what berth's subcommands share. Each is a file and a function; main.c has the table of them.
 *
 * Every failure of Berth's own ends with 125 and a sentence on standard error that says what to do. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "control/control.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { FAILED = 125 }; /* as env(1), nice(1) and docker have it */

/* argv[0] is the subcommand's name. */
int command_run(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_ps(int argc, char **argv);
int command_ss(int argc, char **argv);
int command_capture(int argc, char **argv);
int command_down(int argc, char **argv);
int command_sysctl(int argc, char **argv);
int command_options(int argc, char **argv);
int command_doctor(int argc, char **argv);
int command_daemon(int argc, char **argv);

/* "berth: sentence" on standard error. Returns FAILED. */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What most take. */
struct options {
	const char *lan;      /* --lan, else $BERTH_LAN, else "default" */
	const char *write_to; /* -w */
	bool json;
	bool groups; /* --groups */
};

/* Reads the options that are allowed, a string of 'j' (--json), 'g' (--groups) and 'w' (-w FILE); --lan always is. The index of the first
 * operand, or a negative number after a sentence. */
int options_read(int argc, char **argv, const char *allowed, struct options *options);

/* A connection to the LAN's daemon that runs, or a negative number after a sentence. */
int ask_connect(const char *lan);
/* The sentence about what control_connect says. Returns FAILED. */
int ask_connect_failed(const char *lan, int error);

/* Asks, and gathers the reply's data from all its messages into *text, the caller's to free (NULL where the caller does not
 * care). 0 or more as the daemon has it; where it says no, or is gone, FAILED is what to return after a sentence: negative. */
int ask(int daemon, enum control_kind kind, const char *data, int descriptor, char **text);

/* A listing of the daemon's, as it is (json) or printed. Where no daemon runs the list is empty: that is an answer and no
 * failure. Returns the exit status. */
int print_list(const char *lan, enum control_kind kind, bool json,
	       void (*print)(const json_t *list));

/* An answer's text, a JSON list, as it is (json) or printed. Returns the exit status. */
int print_answer(const char *text, bool json, void (*print)(const json_t *list));

/* The string under that key, "-" where there is none. */
const char *json_text(const json_t *object, const char *key);

/* A table on standard output: cells as text, a column as wide as its widest, the last one free. */
struct table;
struct table *table_new(size_t columns, const char *const *headings);
/* As many cells as columns; copied. rights is a bit a column that is set to the right. */
void table_add(struct table *table, const char *const *cells);
void table_print(struct table *table, unsigned rights);

#endif
