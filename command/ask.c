/* ask: a question to the daemon, and its answer. */
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ask_connect_failed(const char *lan, int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return fail("no LAN named %s runs: \"berth run --lan %s -- CMD\" starts one", lan,
			    lan);
	case -EPERM:
		return fail("the directory of Berth's sockets is not yours alone: remove it, or "
			    "set XDG_RUNTIME_DIR to another");
	case -EPROTO:
		return fail("another version of berth runs LAN %s: use that one, or another --lan",
			    lan);
	default:
		return fail("LAN %s does not answer: %s", lan, strerror(-error));
	}
}

int ask_connect(const char *lan)
{
	int daemon = control_connect(lan);
	return daemon < 0 ? -ask_connect_failed(lan, daemon) : daemon;
}

static int append(char **text, size_t *size, const struct control_message *message)
{
	char *larger = realloc(*text, *size + message->header.size + 1);
	if (!larger)
		return -fail("no memory for the answer");
	memcpy(larger + *size, message->data, message->header.size);
	*size += message->header.size;
	larger[*size] = '\0';
	*text = larger;
	return 0;
}

/* The reply's a, or a negative number after a sentence. */
static int hear(int daemon, struct control_message *message)
{
	int descriptor;
	ptrdiff_t size = control_receive(daemon, message, &descriptor);

	if (descriptor >= 0)
		close(descriptor);
	if (size == 0)
		return -fail("the LAN ended before it answered");
	if (size < 0)
		return -fail("the LAN did not answer: %s", strerror((int)-size));
	int result = message->header.a;
	if (result < 0 && message->header.size > 0)
		return -fail("%.*s", (int)message->header.size, (const char *)message->data);
	return result < 0 ? -fail("the LAN refused: %s", strerror(-result)) : result;
}

int ask(int daemon, enum control_kind kind, const char *data, int descriptor, char **text)
{
	const struct control_header question = {
		.kind = kind,
		.size = data ? (uint32_t)strlen(data) : 0,
	};
	struct control_message message;
	char *gathered = NULL;
	size_t size = 0;
	int more = control_send(daemon, &question, data, descriptor);

	if (more < 0)
		return -fail("the LAN could not be asked: %s", strerror(-more));
	do {
		more = hear(daemon, &message);
		if (more >= 0 && append(&gathered, &size, &message) < 0)
			more = -FAILED;
	} while (more > 0);

	if (text && more == 0)
		*text = gathered;
	else
		free(gathered);
	return more;
}
