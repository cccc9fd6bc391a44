#include "ask.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void say_text(struct asked *asked, const char *what, const char *text)
{
	if (asked->count == LINES_MOST)
		abort();
	snprintf(asked->lines[asked->count++], LINE_SIZE, "%s: %s: %s", asked->question, what,
		 text);
}

void say(struct asked *asked, const char *what, long answer)
{
	char number[24];
	snprintf(number, sizeof number, "%ld", answer);
	const char *name = answer < 0 ? strerrorname_np((int)-answer) : NULL;
	say_text(asked, what, name ? name : number);
}

void say_poll(struct asked *asked, const char *what, int descriptor)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = { { POLLIN, "IN " },   { POLLPRI, "PRI " }, { POLLOUT, "OUT " },
		      { POLLERR, "ERR " }, { POLLHUP, "HUP " }, { POLLRDHUP, "RDHUP " } };
	int bits = asked->calls->poll(asked->context, descriptor);
	char text[64] = "", label[48];

	snprintf(label, sizeof label, "%s poll", what);
	if (bits < 0) {
		say(asked, label, bits);
		return;
	}
	for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
		if (bits & names[index].bit)
			strcat(text, names[index].name);
	}
	say_text(asked, label, text);
}

void say_error(struct asked *asked, const char *what, int descriptor)
{
	int error = 0;
	socklen_t size = sizeof error;
	char label[48];
	int result = asked->calls->getsockopt(asked->context, descriptor, SOL_SOCKET, SO_ERROR,
					      &error, &size);
	snprintf(label, sizeof label, "%s SO_ERROR", what);
	say(asked, label, result < 0 ? result : -error);
}

void say_recv(struct asked *asked, const char *what, int descriptor, int flags)
{
	char bytes[17] = "", label[48];
	ssize_t result = asked->calls->recv(asked->context, descriptor, bytes, 16, flags);

	snprintf(label, sizeof label, "%s recv", what);
	if (result > 0 && !(flags & MSG_TRUNC))
		say_text(asked, label, bytes);
	else
		say(asked, label, result);
}

void say_send(struct asked *asked, const char *what, int descriptor, const char *text, int flags)
{
	char label[48];
	ssize_t result = asked->calls->send(asked->context, descriptor, text, strlen(text), flags);

	snprintf(label, sizeof label, "%s send", what);
	say(asked, label, result);
}

void say_all(struct asked *asked, const char *what, int descriptor)
{
	say_poll(asked, what, descriptor);
	say_error(asked, what, descriptor);
	say_recv(asked, what, descriptor, 0);
	say_send(asked, what, descriptor, "x", 0);
	say_poll(asked, what, descriptor);
}

struct sockaddr_in name_of(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(address),
		.sin_port = htons(port),
	};
}

int ask_socket(struct asked *asked)
{
	return asked->calls->socket(asked->context, AF_INET, SOCK_STREAM, 0);
}

int ask_bind(struct asked *asked, int descriptor, uint32_t address, uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return asked->calls->bind(asked->context, descriptor, (struct sockaddr *)&name,
				  sizeof name);
}

int ask_connect(struct asked *asked, int descriptor, uint32_t address, uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	return asked->calls->connect(asked->context, descriptor, (struct sockaddr *)&name,
				     sizeof name);
}

int ask_unspecific(struct asked *asked, int descriptor)
{
	struct sockaddr name = { .sa_family = AF_UNSPEC };
	return asked->calls->connect(asked->context, descriptor, &name, sizeof name);
}

int ask_set(struct asked *asked, int descriptor, int level, int name, int value)
{
	return asked->calls->setsockopt(asked->context, descriptor, level, name, &value,
					sizeof value);
}

int ask_accept(struct asked *asked, int descriptor)
{
	return asked->calls->accept(asked->context, descriptor, NULL, NULL);
}

int ask_listen(struct asked *asked, int descriptor, int backlog)
{
	return asked->calls->listen(asked->context, descriptor, backlog);
}

int ask_shutdown(struct asked *asked, int descriptor, int how)
{
	return asked->calls->shutdown(asked->context, descriptor, how);
}

void ask_close(struct asked *asked, int descriptor)
{
	asked->calls->close(asked->context, descriptor);
}

void ask_abort(struct asked *asked, int descriptor)
{
	struct linger at_once = { 1, 0 };
	asked->calls->setsockopt(asked->context, descriptor, SOL_SOCKET, SO_LINGER, &at_once,
				 sizeof at_once);
	ask_close(asked, descriptor);
}

void ask_settle(struct asked *asked)
{
	asked->calls->settle(asked->context);
}

uint16_t ask_port(struct asked *asked, int descriptor)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof name;
	asked->calls->getsockname(asked->context, descriptor, (struct sockaddr *)&name, &size);
	return ntohs(name.sin_port);
}

uint16_t ask_free_port(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	ask_bind(asked, descriptor, INADDR_LOOPBACK, 0);
	uint16_t port = ask_port(asked, descriptor);
	ask_close(asked, descriptor);
	return port;
}

int ask_listener(struct asked *asked, int backlog)
{
	int descriptor = ask_socket(asked);
	ask_bind(asked, descriptor, INADDR_LOOPBACK, 0);
	ask_listen(asked, descriptor, backlog);
	return descriptor;
}

struct pair ask_pair(struct asked *asked)
{
	struct pair pair = { .listener = ask_listener(asked, 5), .client = ask_socket(asked) };
	ask_connect(asked, pair.client, INADDR_LOOPBACK, ask_port(asked, pair.listener));
	ask_settle(asked);
	ask_connect(asked, pair.client, INADDR_LOOPBACK, ask_port(asked, pair.listener));
	pair.server = ask_accept(asked, pair.listener);
	if (pair.server < 0)
		abort();
	return pair;
}

void ask_close_pair(struct asked *asked, const struct pair *pair)
{
	ask_close(asked, pair->client);
	ask_settle(asked);
	ask_close(asked, pair->server);
	ask_close(asked, pair->listener);
}
