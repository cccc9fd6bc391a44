/* words: what a session is to be, as the JSON of CONTROL_JOIN and CONTROL_SPAWN. */
#ifndef SUPERVISOR_WORDS_H
#define SUPERVISOR_WORDS_H

#include "supervisor/session.h"

#include <jansson.h>

/* { "name", "ip", "exec", "no_files", "sysctl", "command" }. What of it is not UTF-8 is shown as '?'. */
json_t *words_of_order(const struct session_order *order);

/* An array of strings; NULL where one is not UTF-8: JSON has no other. */
json_t *words_of_strings(char *const *strings);

/* Back: a new array, NULL at the end, of the texts in words, which must live as long; NULL: words is no array of
 * strings, or no memory. */
char **words_to_strings(const json_t *words);

#endif
