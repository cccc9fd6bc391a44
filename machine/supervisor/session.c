#include "supervisor/session.h"

#include "control/control.h"
#include "daemon/start.h"
#include "supervisor/channel.h"
#include "supervisor/filter.h"
#include "supervisor/notify.h"
#include "supervisor/supervisor.h"
#include "supervisor/words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* Tells the front why there is no guest, and ends. */
__attribute__((format(printf, 2, 3))) static _Noreturn void fail(int channel, const char *format,
								 ...)
{
	struct channel_message message = { .kind = CHANNEL_FAILED };
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message.text, sizeof(message.text), format, arguments);
	va_end(arguments);
	channel_send(channel, &message, NULL);
	_exit(1);
}

static int reach_daemon(const struct session_order *order, int channel)
{
	int control = daemon_start(order->lan);
	if (control == -EINVAL)
		fail(channel, "'%s' cannot be a LAN's name: use letters, digits and hyphens",
		     order->lan);
	if (control < 0)
		fail(channel,
		     "the daemon of LAN '%s' cannot be reached or started (%s): `berth doctor` "
		     "says what is missing",
		     order->lan, strerror(-control));
	return control;
}

/* JOIN's reply, a JSON object; or, told to the front, why not. */
static json_t *join(int control, const struct session_order *order, int channel)
{
	static struct control_message message;
	json_t *question = words_of_order(order);
	json_object_set_new(question, "pid", json_integer(getpid()));
	char *text = json_dumps(question, JSON_COMPACT);
	json_decref(question);
	if (!text || strlen(text) > CONTROL_DATA_MOST)
		fail(channel, "the command is too long for the daemon: put it into a script");

	const struct control_header header = { .kind = CONTROL_JOIN,
					       .id = 1,
					       .size = (uint32_t)strlen(text) };
	int descriptor = -1, result = control_send(control, &header, text, -1);
	free(text);
	ptrdiff_t size = result < 0 ? result : control_receive(control, &message, &descriptor);
	if (descriptor >= 0)
		close(descriptor);
	if (size <= 0)
		fail(channel, "the daemon of LAN '%s' has gone: try again", order->lan);
	if (message.header.a < 0)
		fail(channel, "%.*s",
		     message.header.size ? (int)message.header.size : (int)strlen("refused"),
		     message.header.size ? (const char *)message.data : "refused");
	return json_loadb((const char *)message.data, message.header.size, 0, NULL);
}

static void set_environment(const json_t *joined, const struct session_order *order)
{
	const char *lan = json_string_value(json_object_get(joined, "lan"));
	const char *name = json_string_value(json_object_get(joined, "name"));
	setenv("BERTH_LAN", lan ? lan : order->lan, 1);
	setenv("BERTH_HOST", name ? name : "", 1);
}

static int open_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

static bool is_one_of(int descriptor, const int *kept, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i] == descriptor)
			return true;
	return false;
}

/* The guest holds what the shell gave it; were we to hold it too, a pipe's reader would wait for us. */
static void let_go(const int *kept, size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 3 && null >= 0; i++)
		if (!is_one_of(i, kept, count))
			dup2(null, i);
	int most = 2;
	for (size_t i = 0; i < count; i++)
		most = kept[i] > most ? kept[i] : most;
	for (int i = 3; i <= most; i++)
		if (!is_one_of(i, kept, count))
			close(i);
	close_range((unsigned)most + 1, ~0u, 0);
}

static pid_t start(const struct session_order *order, int channel,
		   const struct guest_inheritance *inheritance, int *notify)
{
	pid_t guest = guest_start(order->command, !order->no_files, inheritance, notify);
	if (guest == -EBUSY)
		fail(channel,
		     "another program's seccomp listener is above this one, and Linux allows one: "
		     "start berth outside of it");
	if (guest < 0)
		fail(channel,
		     "the system-call filter cannot be installed (%s): `berth doctor` says what is "
		     "missing",
		     strerror(-guest));
	return guest;
}

void session_run(const struct session_order *order, int channel,
		 const struct guest_inheritance *inheritance)
{
	int control = reach_daemon(order, channel);
	json_t *joined = join(control, order, channel);
	set_environment(joined, order);
	json_decref(joined);

	int notify = -1, signals = open_signals();
	if (signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail(channel, "the supervisor cannot start: %s", strerror(errno));
	pid_t guest = start(order, channel, inheritance, &notify);
	notify_set_up(notify);

	const int kept[] = { control, channel, signals, notify };
	let_go(kept, sizeof(kept) / sizeof(kept[0]));
	const struct channel_message started = { .kind = CHANNEL_STARTED };
	channel_send(channel, &started, NULL);

	static struct supervisor supervisor;
	if (supervisor_init(&supervisor, notify, control, channel, signals, guest) == 0)
		supervisor_run(&supervisor);
	_exit(0);
}
