#include "supervisor/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* For people to read, in listings. */
static json_t *legible(const char *string)
{
	json_t *exact = json_string(string);
	if (exact)
		return exact;

	char *copy = strdup(string);
	for (char *at = copy; at && *at; at++)
		if (*at & 0x80)
			*at = '?';
	json_t *result = json_string(copy ? copy : "?");
	free(copy);
	return result;
}

static json_t *legible_list(char **strings)
{
	json_t *array = json_array();

	for (; *strings; strings++)
		json_array_append_new(array, legible(*strings));
	return array;
}

json_t *words_of_order(const struct session_order *order)
{
	json_t *object = json_object();
	json_object_set_new(object, "command", legible_list(order->command));
	if (order->name)
		json_object_set_new(object, "name", legible(order->name));
	if (order->ip)
		json_object_set_new(object, "ip", legible(order->ip));
	if (order->sysctls)
		json_object_set_new(object, "sysctl", legible_list(order->sysctls));
	json_object_set_new(object, "exec", json_boolean(order->exec));
	json_object_set_new(object, "no_files", json_boolean(order->no_files));
	return object;
}

json_t *words_of_strings(char *const *strings)
{
	json_t *array = json_array();
	for (; *strings; strings++) {
		if (json_array_append_new(array, json_string(*strings)) == 0)
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

char **words_to_strings(const json_t *words)
{
	size_t count = json_array_size(words);
	char **strings = json_is_array(words) ? calloc(count + 1, sizeof(*strings)) : NULL;
	for (size_t i = 0; strings && i < count; i++) {
		const char *string = json_string_value(json_array_get(words, i));
		if (!string) {
			free(strings);
			return NULL;
		}
		strings[i] = (char *)(uintptr_t)string; /* as argv and environ have it */
	}
	return strings;
}
