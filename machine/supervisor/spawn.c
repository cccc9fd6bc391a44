#include "supervisor/spawn.h"

#include "supervisor/channel.h"
#include "supervisor/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char *compose(const struct session_order *order)
{
	json_t *words = words_of_order(order);
	char *directory = getcwd(NULL, 0);
	json_object_set_new(words, "lan", json_string(order->lan));
	json_object_set_new(words, "host", json_string(getenv("BERTH_HOST")));
	json_object_set_new(words, "command", words_of_strings(order->command));
	json_object_set_new(words, "environment", words_of_strings(environ));
	json_object_set_new(words, "directory", json_string(directory ? directory : "/"));
	bool whole = json_object_get(words, "environment") && json_object_get(words, "directory");
	char *text = whole ? json_dumps(words, JSON_COMPACT) : NULL;
	free(directory);
	json_decref(words);
	return text;
}

static int ask(int control, const char *text, int channel)
{
	static struct control_message reply;
	const struct control_header header = { .kind = CONTROL_SPAWN,
					       .id = 1,
					       .size = (uint32_t)strlen(text) };
	int descriptor = -1, result = control_send(control, &header, text, channel);
	ptrdiff_t size = result < 0 ? result : control_receive(control, &reply, &descriptor);
	if (descriptor >= 0)
		close(descriptor);
	if (size <= 0)
		return size < 0 ? (int)size : -ECONNRESET;
	return reply.header.a;
}

int spawn_ask(const struct session_order *order, int channel)
{
	const char *outer = getenv("BERTH_LAN");
	char *text = compose(order);
	if (!text || strlen(text) > CONTROL_DATA_MOST) {
		free(text);
		return -E2BIG;
	}
	int control = control_connect(outer ? outer : order->lan);
	int result = control < 0 ? control : ask(control, text, channel);
	if (control >= 0)
		close(control);
	free(text);
	return result;
}

/* What the front sends first. The descriptors become ours under the numbers they had there. */
static bool take_stdio(int channel)
{
	struct channel_message message;
	int stdio[CHANNEL_DESCRIPTORS];
	if (channel_receive(channel, &message, stdio) != 1 || message.kind != CHANNEL_STDIO)
		return false;
	for (int i = 0; i < CHANNEL_DESCRIPTORS; i++)
		if (stdio[i] < 0 || dup2(stdio[i], i) < 0)
			return false;
	return true;
}

/* A group of another terminal session cannot be joined; then the guest stays in ours. */
static void join_group(int channel)
{
	struct ucred front;
	socklen_t size = sizeof(front);
	if (getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &front, &size) == 0)
		setpgid(0, getpgid(front.pid));
}

static const char *text_of(const json_t *words, const char *key)
{
	return json_string_value(json_object_get(words, key));
}

/* In the new supervisor, which owns a copy of everything the old one has: it keeps the channel only. */
static _Noreturn void begin(const json_t *words, int channel)
{
	/* Above 0, 1 and 2, which the old supervisor has on /dev/null. */
	const int kept = 3;
	if (channel != kept)
		dup3(channel, kept, O_CLOEXEC);
	close_range((unsigned)kept + 1, ~0u, 0);

	char **command = words_to_strings(json_object_get(words, "command"));
	char **environment = words_to_strings(json_object_get(words, "environment"));
	const char *directory = text_of(words, "directory"), *lan = text_of(words, "lan");
	if (!command || !command[0] || !environment || !lan || !take_stdio(kept))
		_exit(1);
	join_group(kept);
	environ = environment;
	if (directory && chdir(directory) < 0)
		chdir("/");

	struct guest_inheritance inheritance;
	guest_inherit(&inheritance);
	sigemptyset(&inheritance.mask);
	const struct session_order order = {
		.lan = lan,
		.name = text_of(words, "name"),
		.ip = text_of(words, "ip"),
		.exec = json_is_true(json_object_get(words, "exec")),
		.no_files = json_is_true(json_object_get(words, "no_files")),
		.sysctls = words_to_strings(json_object_get(words, "sysctl")),
		.command = command
	};
	session_run(&order, kept, &inheritance);
}

void spawn_session(struct supervisor *supervisor, const struct control_message *message,
		   int channel)
{
	json_t *words = json_loadb((const char *)message->data, message->header.size, 0, NULL);
	if (words && fork() == 0)
		begin(words, channel);
	json_decref(words);
	supervisor->childless = false;
}
