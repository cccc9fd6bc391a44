/* getsockopt and setsockopt: each option that Berth has, by any value and any size, on sockets of every kind. */
#include "ask.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

struct row {
	const char *name;
	int level, option;
};

static const struct row rows[] = {
	{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR },
	{ "SO_REUSEPORT", SOL_SOCKET, SO_REUSEPORT },
	{ "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE },
	{ "SO_SNDBUF", SOL_SOCKET, SO_SNDBUF },
	{ "SO_RCVBUF", SOL_SOCKET, SO_RCVBUF },
	{ "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT },
	{ "SO_LINGER", SOL_SOCKET, SO_LINGER },
	{ "SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO },
	{ "SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO },
	{ "SO_ERROR", SOL_SOCKET, SO_ERROR },
	{ "SO_TYPE", SOL_SOCKET, SO_TYPE },
	{ "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN },
	{ "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL },
	{ "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN },
	{ "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY },
	{ "TCP_CORK", IPPROTO_TCP, TCP_CORK },
	{ "TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG },
	{ "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "TCP_KEEPINTVL", IPPROTO_TCP, TCP_KEEPINTVL },
	{ "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT },
	{ "TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT },
	{ "TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK },
	{ "TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION },
	{ "TCP_INFO", IPPROTO_TCP, TCP_INFO },
	{ "IP_TOS", IPPROTO_IP, IP_TOS },
	{ "IP_TTL", IPPROTO_IP, IP_TTL },
	{ "an option of nobody's", SOL_SOCKET, 9999 },
	{ "one of TCP", IPPROTO_TCP, 9999 },
	{ "one of IP", IPPROTO_IP, 9999 },
	{ "a level of nobody's", 9999, 1 },
	{ "another family's", IPPROTO_IPV6, 26 },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void say_get(struct asked *asked, const struct row *row, int descriptor, const char *what,
		    socklen_t room)
{
	uint8_t value[512] = { 0 };
	socklen_t size = room;
	char label[64];
	int first = 0;
	int result = asked->calls->getsockopt(asked->context, descriptor, row->level, row->option,
					      value, &size);
	memcpy(&first, value, sizeof first);
	snprintf(label, sizeof label, "%s %s get %d", row->name, what, (int)room);
	say(asked, label, result < 0 ? result : first);
	if (result < 0)
		return;
	snprintf(label, sizeof label, "%s %s get %d size", row->name, what, (int)room);
	say(asked, label, (int)size);
}

static void say_set(struct asked *asked, const struct row *row, int descriptor, int value,
		    socklen_t size)
{
	int words[64] = { value, value };
	char label[64];
	int result = asked->calls->setsockopt(asked->context, descriptor, row->level, row->option,
					      words, size);
	snprintf(label, sizeof label, "%s set %d as %d bytes", row->name, value, (int)size);
	say(asked, label, result);
}

static void defaults(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	int fresh = ask_socket(asked);

	for (int row = 0; row < ROWS; row++) {
		say_get(asked, &rows[row], fresh, "new", sizeof(int));
		say_get(asked, &rows[row], pair.listener, "listener", sizeof(int));
		say_get(asked, &rows[row], pair.client, "client", sizeof(int));
		say_get(asked, &rows[row], pair.server, "server", sizeof(int));
	}
	ask_close(asked, fresh);
	ask_close_pair(asked, &pair);
}

static void values(struct asked *asked)
{
	static const int tried[] = { 0,     1,     -1,      2,         3,        7,   20,
				     87,    88,    127,     128,       255,      256, 1000,
				     32767, 32768, 1000000, INT32_MAX, INT32_MIN };

	for (int row = 0; row < ROWS; row++) {
		for (size_t index = 0; index < sizeof tried / sizeof tried[0]; index++) {
			int descriptor = ask_socket(asked);
			say_set(asked, &rows[row], descriptor, tried[index], 16);
			char after[24];
			snprintf(after, sizeof after, "after %d", tried[index]);
			say_get(asked, &rows[row], descriptor, after, 4);
			ask_close(asked, descriptor);
		}
	}
}

static void sizes(struct asked *asked)
{
	static const socklen_t tried[] = { 0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 100, (socklen_t)-1 };

	for (int row = 0; row < ROWS; row++) {
		for (size_t index = 0; index < sizeof tried / sizeof tried[0]; index++) {
			int descriptor = ask_socket(asked);
			say_get(asked, &rows[row], descriptor, "", tried[index]);
			say_set(asked, &rows[row], descriptor, 100, tried[index]);
			say_get(asked, &rows[row], descriptor, "then", 4);
			ask_close(asked, descriptor);
		}
	}
}

static void inherited(struct asked *asked)
{
	for (int row = 0; row < ROWS; row++) {
		int descriptor = ask_listener(asked, 5), client = ask_socket(asked);
		say_set(asked, &rows[row], descriptor, 100, 16);
		ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, descriptor));
		ask_settle(asked);
		int server = ask_accept(asked, descriptor);
		say_get(asked, &rows[row], server, "inherited", 4);
		ask_close(asked, client);
		ask_close(asked, server);
		ask_close(asked, descriptor);
	}
}

static void info(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	struct tcp_info told = { 0 };
	socklen_t size = 8;
	int sockets[] = { pair.listener, pair.client, pair.server };

	for (int index = 0; index < 3; index++) {
		size = sizeof told;
		asked->calls->getsockopt(asked->context, sockets[index], IPPROTO_TCP, TCP_INFO,
					 &told, &size);
		say(asked, "state", told.tcpi_state);
		say(asked, "retransmits", told.tcpi_retransmits);
		say(asked, "unacked", told.tcpi_unacked);
		say(asked, "sacked", told.tcpi_sacked);
	}
	ask_close_pair(asked, &pair);
}

static void linger(struct asked *asked)
{
	static const struct linger tried[] = { { 0, 0 }, { 1, 0 },  { 1, 5 },
					       { 0, 5 }, { 2, -1 }, { 1, INT32_MAX } };
	int descriptor = ask_socket(asked);

	for (size_t index = 0; index < sizeof tried / sizeof tried[0]; index++) {
		struct linger told = { 0 };
		socklen_t size = sizeof told;
		say(asked, "set",
		    asked->calls->setsockopt(asked->context, descriptor, SOL_SOCKET, SO_LINGER,
					     &tried[index], sizeof told));
		asked->calls->getsockopt(asked->context, descriptor, SOL_SOCKET, SO_LINGER, &told,
					 &size);
		say(asked, "on", told.l_onoff);
		say(asked, "seconds", told.l_linger);
	}
	ask_close(asked, descriptor);
}

static void timeouts(struct asked *asked)
{
	static const struct timeval tried[] = { { 0, 0 },  { 1, 500000 }, { 0, 1000000 },
						{ 0, -1 }, { -1, 0 },     { 100000, 4000 } };
	static const int options[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	int descriptor = ask_socket(asked);

	for (size_t index = 0; index < 2 * sizeof tried / sizeof tried[0]; index++) {
		struct timeval told = { 0 };
		socklen_t size = sizeof told;
		int option = options[index % 2];
		say(asked, "set",
		    asked->calls->setsockopt(asked->context, descriptor, SOL_SOCKET, option,
					     &tried[index / 2], sizeof told));
		asked->calls->getsockopt(asked->context, descriptor, SOL_SOCKET, option, &told,
					 &size);
		say(asked, "seconds", told.tv_sec);
		say(asked, "microseconds", told.tv_usec);
	}
	ask_close(asked, descriptor);
}

static void congestion(struct asked *asked)
{
	static const char *const tried[] = { "reno", "", "nobody's", "renoandmore" };
	int descriptor = ask_socket(asked);

	for (size_t index = 0; index < sizeof tried / sizeof tried[0]; index++) {
		char told[20] = "";
		socklen_t size = sizeof told;
		say(asked, tried[index],
		    asked->calls->setsockopt(asked->context, descriptor, IPPROTO_TCP,
					     TCP_CONGESTION, tried[index],
					     (socklen_t)strlen(tried[index])));
		if (index > 0)
			continue;
		asked->calls->getsockopt(asked->context, descriptor, IPPROTO_TCP, TCP_CONGESTION,
					 told, &size);
		say_text(asked, "is", told);
		say(asked, "size", size);
	}
	ask_close(asked, descriptor);
}

const struct question questions_about_options[] = {
	{ "options: defaults", defaults },
	{ "options: values", values },
	{ "options: sizes", sizes },
	{ "options: inherited", inherited },
	{ "options: TCP_INFO", info },
	{ "options: SO_LINGER", linger },
	{ "options: time-outs", timeouts },
	{ "options: TCP_CONGESTION", congestion },
	{ 0 },
};
