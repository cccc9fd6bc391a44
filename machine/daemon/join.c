/* join: how sessions come to hosts, how a guest's own "berth run" finds a supervisor, and how all of it is ended. */
#include "daemon/calls.h"
#include "daemon/host.h"
#include "daemon/sysctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { COMMAND_MOST = 1024 }; /* bytes of a command line that ps shows */

static json_t *parse(const struct call *call)
{
	json_t *wish = json_loadb((const char *)call->data, call->header->size, 0, NULL);
	if (json_is_object(wish))
		return wish;
	json_decref(wish);
	return NULL;
}

static const char *string_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The words with spaces between, cut where it gets long. */
static void write_command(const json_t *words, char *line, size_t size)
{
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < json_array_size(words) && used < size; i++) {
		const char *word = json_string_value(json_array_get(words, i));
		int written = snprintf(line + used, size - used, "%s%s", i > 0 ? " " : "",
				       word ? word : "");
		used += written > 0 ? (size_t)written : 0;
	}
}

int call_refuse_host(struct call *call, const char *name)
{
	char sentence[256];

	snprintf(sentence, sizeof sentence,
		 "no host named \"%.64s\" runs on LAN %s: \"berth ps\" lists those that do",
		 name ? name : "", call->session->daemon->name);
	return call_refuse(call, -ENOENT, sentence);
}

/* An existing host by name, or a new one. */
static int find_or_make(struct call *call, const json_t *wish, struct host **host)
{
	struct daemon *daemon = call->session->daemon;
	const char *name = string_of(wish, "name");
	struct refusal refusal = { "" };
	char command[COMMAND_MOST];

	if (json_is_true(json_object_get(wish, "exec"))) {
		*host = name ? host_find(daemon, name) : NULL;
		return *host ? 0 : call_refuse_host(call, name);
	}
	write_command(json_object_get(wish, "command"), command, sizeof command);
	int error = host_new(daemon, name, string_of(wish, "ip"), command, host, &refusal);
	if (error)
		return call_refuse(call, error, refusal.sentence);
	error = sysctl_set_all(*host, json_object_get(wish, "sysctl"), &refusal);
	if (!error)
		return 0;
	host_free(*host);
	return call_refuse(call, error, refusal.sentence);
}

static void describe(struct call *call, const struct host *host)
{
	char ip[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &host->address, ip, sizeof ip);
	json_t *reply = json_pack("{s:s, s:s, s:s}", "name", host->name, "ip", ip, "lan",
				  host->daemon->name);
	call->out_size = json_dumpb(reply, call->out, CONTROL_DATA_MOST, 0);
	json_decref(reply);
}

static int join(struct call *call, const json_t *wish)
{
	struct session *session = call->session;
	struct host *host = NULL;

	int error = find_or_make(call, wish, &host);
	if (error)
		return error;
	session->host = host;
	session->pid = (int32_t)json_integer_value(json_object_get(wish, "pid"));
	host_session_came(host);
	describe(call, host);
	return 0;
}

int call_join(struct call *call)
{
	if (call->session->host)
		return call_refuse(call, -EISCONN, "this session has joined a host already");
	if (call->session->daemon->going_down)
		return call_refuse(call, -ESHUTDOWN, "the LAN is going down: try again");
	json_t *wish = parse(call);
	if (!wish)
		return call_refuse(call, -EINVAL, "a JSON object was expected");
	int result = join(call, wish);
	json_decref(wish);
	return result;
}

static struct session *supervisor_of(struct daemon *daemon, const char *name)
{
	struct session *session;

	TAILQ_FOREACH(session, &daemon->sessions, link)
	if (session->host && name && strcmp(session->host->name, name) == 0)
		return session;
	return NULL;
}

int call_spawn(struct call *call)
{
	json_t *wish = parse(call);
	struct session *supervisor = supervisor_of(call->session->daemon, string_of(wish, "host"));
	json_decref(wish);

	call->session->onlooker = true;
	if (!supervisor || call->descriptor < 0)
		return -ENOENT;
	return session_pass(supervisor, call->header, call->data, call->descriptor);
}

/* The reply comes when all sessions have gone: daemon.c. */
int call_down(struct call *call)
{
	call->session->onlooker = true;
	call->session->asked_down = true;
	call->session->down_id = call->header->id;
	daemon_go_down(call->session->daemon);
	return CALL_NO_REPLY;
}
