#include "daemon/sysctl.h"

#include "control/nearest.h"
#include "daemon/calls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MOST = 128 };

static int refuse_key(const char *key, struct refusal *refusal)
{
	struct berth_sysctl_info info, nearest = { .name = NULL };

	for (int i = 0; berth_sysctl_info(i, &info) == 0; i++)
		if (!nearest.name ||
		    word_distance(key, info.name) < word_distance(key, nearest.name))
			nearest = info;
	snprintf(refusal->sentence, sizeof refusal->sentence,
		 "a host has no sysctl \"%.64s\": the nearest is %s, and \"berth sysctl HOST\" "
		 "lists all",
		 key, nearest.name);
	return -ENOENT;
}

static int refuse_value(const char *key, const char *value, struct refusal *refusal)
{
	struct berth_sysctl_info info = { 0 };
	char tail[64] = "a number";

	for (int i = 0; berth_sysctl_info(i, &info) == 0; i++)
		if (strcmp(key, info.name) == 0)
			break;
	if (info.values == 0) {
		snprintf(refusal->sentence, sizeof refusal->sentence,
			 "%s cannot be \"%.64s\": it takes a name, as \"reno\" or \"cubic\"", key,
			 value);
		return -EINVAL;
	}
	if (info.values > 1)
		snprintf(tail, sizeof tail, "up to %d numbers that do not fall, each", info.values);
	snprintf(refusal->sentence, sizeof refusal->sentence,
		 "%s cannot be \"%.64s\": it takes %s from %u to %u", key, value, tail, info.least,
		 info.most);
	return -EINVAL;
}

/* Dots for slashes, as the table has it; false: it is longer than any. */
static bool copy_key(char key[WORD_MOST], const char *word, size_t size)
{
	if (size >= WORD_MOST)
		return false;
	for (size_t i = 0; i < size; i++)
		key[i] = word[i] == '/' ? '.' : word[i];
	key[size] = '\0';
	return true;
}

/* "KEY=VALUE", or "KEY", which sets nothing. */
static int set(struct host *host, const char *word, char key[WORD_MOST], struct refusal *refusal)
{
	char value[BERTH_SYSCTL_VALUE_SIZE];
	const size_t size = strcspn(word, "=");

	if (!copy_key(key, word, size))
		return refuse_key(word, refusal);
	if (berth_sysctl_get(host->stack, key, value) < 0)
		return refuse_key(key, refusal);
	if (word[size] == '\0')
		return 0;
	const char *asked = word + size + 1;
	return berth_sysctl_set(host->stack, key, asked) < 0 ? refuse_value(key, asked, refusal)
							     : 0;
}

int sysctl_set_all(struct host *host, const json_t *words, struct refusal *refusal)
{
	char key[WORD_MOST];

	for (size_t i = 0; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));
		int error = set(host, word ? word : "", key, refusal);
		if (!error && !strchr(word, '='))
			error = refuse_value(key, "", refusal);
		if (error)
			return error;
	}
	return 0;
}

static void add_row(const struct host *host, const char *key, json_t *rows)
{
	char value[BERTH_SYSCTL_VALUE_SIZE];

	if (berth_sysctl_get(host->stack, key, value) == 0)
		json_array_append_new(rows, json_pack("{s:s, s:s}", "key", key, "value", value));
}

/* Sets what is to be set, and tells of each that was named; of all, where none was. */
static int answer(struct host *host, const json_t *words, json_t *rows, struct refusal *refusal)
{
	struct berth_sysctl_info info;
	char key[WORD_MOST];

	for (int i = 0; json_array_size(words) == 0 && berth_sysctl_info(i, &info) == 0; i++)
		add_row(host, info.name, rows);
	for (size_t i = 0; i < json_array_size(words); i++) {
		const char *word = json_string_value(json_array_get(words, i));
		int error = set(host, word ? word : "", key, refusal);
		if (error)
			return error;
		add_row(host, key, rows);
	}
	return 0;
}

int call_sysctl(struct call *call)
{
	json_t *question = json_loadb((const char *)call->data, call->header->size, 0, NULL);
	const char *name = json_string_value(json_object_get(question, "host"));
	struct host *host = name ? host_find(call->session->daemon, name) : NULL;
	json_t *rows = json_array();
	struct refusal refusal;

	call->session->onlooker = true;
	int error = host ? answer(host, json_object_get(question, "words"), rows, &refusal)
			 : call_refuse_host(call, name);
	json_decref(question);
	if (!error)
		return call_reply_list(call, rows);
	json_decref(rows);
	return host ? call_refuse(call, error, refusal.sentence) : error;
}
