/* Sockets that nothing has happened to yet, names, and listeners. */
#include "ask.h"

#include <fcntl.h>

static void socket_arguments(struct asked *asked)
{
	static const struct {
		const char *name;
		int domain, type, protocol;
	} rows[] = {
		{ "plain", AF_INET, SOCK_STREAM, 0 },
		{ "tcp by number", AF_INET, SOCK_STREAM, IPPROTO_TCP },
		{ "a stream of UDP", AF_INET, SOCK_STREAM, IPPROTO_UDP },
		{ "type 0", AF_INET, 0, 0 },
		{ "type 7", AF_INET, 7, 0 },
		{ "type 11", AF_INET, 11, 0 },
		{ "type 99", AF_INET, 0x99, 0 },
		{ "type -1", AF_INET, -1, 0 },
		{ "protocol -1", AF_INET, SOCK_STREAM, -1 },
		{ "protocol 254", AF_INET, SOCK_STREAM, 254 },
		{ "protocol 262", AF_INET, SOCK_STREAM, 262 },
		{ "protocol 1000", AF_INET, SOCK_STREAM, 1000 },
		{ "seqpacket", AF_INET, SOCK_SEQPACKET, IPPROTO_TCP },
		{ "datagrams of TCP", AF_INET, SOCK_DGRAM, IPPROTO_TCP },
		{ "family 0", 0, SOCK_STREAM, 0 },
		{ "family 999", 999, SOCK_STREAM, 0 },
		{ "family -1", -1, SOCK_STREAM, 0 },
	};

	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		int result = asked->calls->socket(asked->context, rows[row].domain, rows[row].type,
						  rows[row].protocol);
		say(asked, rows[row].name, result < 0 ? result : 0);
		if (result >= 0)
			ask_close(asked, result);
	}
}

static void say_names(struct asked *asked, int descriptor)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof name;
	say(asked, "getsockname",
	    asked->calls->getsockname(asked->context, descriptor, (struct sockaddr *)&name, &size));
	say(asked, "its size", size);
	say(asked, "its address", name.sin_addr.s_addr);
	say(asked, "has a port", name.sin_port != 0);
	size = sizeof name;
	name = (struct sockaddr_in){ 0 };
	say(asked, "getpeername",
	    asked->calls->getpeername(asked->context, descriptor, (struct sockaddr *)&name, &size));
	say(asked, "its address", name.sin_addr.s_addr);
	say(asked, "has a port", name.sin_port != 0);
}

static void every_call_on(struct asked *asked, int descriptor)
{
	say_names(asked, descriptor);
	say_all(asked, "it", descriptor);
	say_send(asked, "nothing", descriptor, "", 0);
	say(asked, "recv of nothing", asked->calls->recv(asked->context, descriptor, NULL, 0, 0));
	say(asked, "accept", ask_accept(asked, descriptor));
	say(asked, "shutdown RD", ask_shutdown(asked, descriptor, SHUT_RD));
	say(asked, "shutdown WR", ask_shutdown(asked, descriptor, SHUT_WR));
	say(asked, "shutdown 3", ask_shutdown(asked, descriptor, 3));
	say(asked, "shutdown -1", ask_shutdown(asked, descriptor, -1));
	say_all(asked, "then", descriptor);
}

static void new_socket(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	every_call_on(asked, descriptor);
	ask_close(asked, descriptor);
}

static void bound_socket(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	say(asked, "bind", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	every_call_on(asked, descriptor);
	ask_close(asked, descriptor);
}

static void no_socket(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	ask_close(asked, descriptor);
	every_call_on(asked, descriptor);
	say(asked, "close", asked->calls->close(asked->context, descriptor));
	say(asked, "bind", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	say(asked, "listen", ask_listen(asked, descriptor, 1));
	say(asked, "connect", ask_connect(asked, descriptor, INADDR_LOOPBACK, 1));
	say(asked, "setsockopt", ask_set(asked, descriptor, SOL_SOCKET, SO_REUSEADDR, 1));
	every_call_on(asked, -1);
}

static void say_bind(struct asked *asked, const char *what, const struct sockaddr_in *name,
		     socklen_t size)
{
	int descriptor = ask_socket(asked);
	say(asked, what,
	    asked->calls->bind(asked->context, descriptor, (const struct sockaddr *)name, size));
	ask_close(asked, descriptor);
}

static void bind_arguments(struct asked *asked)
{
	struct sockaddr_in name = name_of(INADDR_LOOPBACK, 0);
	say_bind(asked, "size 0", &name, 0);
	say_bind(asked, "size 1", &name, 1);
	say_bind(asked, "size 2", &name, 2);
	say_bind(asked, "size 15", &name, 15);
	say_bind(asked, "size 100", &name, 100);
	name.sin_family = AF_UNSPEC;
	say_bind(asked, "AF_UNSPEC and an address", &name, sizeof name);
	name.sin_addr.s_addr = INADDR_ANY;
	say_bind(asked, "AF_UNSPEC and none", &name, sizeof name);
	name.sin_family = AF_INET6;
	say_bind(asked, "AF_INET6", &name, sizeof name);
	name = name_of(0xc0000201, 0);
	say_bind(asked, "an address of nobody", &name, sizeof name);
	name = name_of(0x7f010203, 0);
	say_bind(asked, "127.1.2.3", &name, sizeof name);
	name = name_of(0xe0000001, 0);
	say_bind(asked, "a group", &name, sizeof name);
	name = name_of(INADDR_BROADCAST, 0);
	say_bind(asked, "broadcast", &name, sizeof name);
}

static void bind_twice(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	say(asked, "bind", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	say(asked, "again", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	ask_close(asked, descriptor);

	struct pair pair = ask_pair(asked);
	say(asked, "a connected one", ask_bind(asked, pair.client, INADDR_LOOPBACK, 0));
	say(asked, "an accepted one", ask_bind(asked, pair.server, INADDR_LOOPBACK, 0));
	say(asked, "a listener", ask_bind(asked, pair.listener, INADDR_LOOPBACK, 0));
	ask_close_pair(asked, &pair);
}

static void listener(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	say(asked, "listen without a name", ask_listen(asked, descriptor, 1));
	say_names(asked, descriptor);
	say_all(asked, "it", descriptor);
	say(asked, "accept", ask_accept(asked, descriptor));
	say(asked, "listen again", ask_listen(asked, descriptor, -1));
	say(asked, "and with 0", ask_listen(asked, descriptor, 0));
	say(asked, "connect", ask_connect(asked, descriptor, INADDR_LOOPBACK, 1));
	ask_close(asked, descriptor);
}

static void listening_where_it_cannot_be(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say(asked, "a connected one", ask_listen(asked, pair.client, 1));
	say(asked, "an accepted one", ask_listen(asked, pair.server, 1));
	ask_close_pair(asked, &pair);
	int descriptor = ask_socket(asked);
	say(asked, "connect",
	    ask_connect(asked, descriptor, INADDR_LOOPBACK, ask_free_port(asked)));
	ask_settle(asked);
	say(asked, "a refused one", ask_listen(asked, descriptor, 1));
	say_error(asked, "it", descriptor);
	say(asked, "then", ask_listen(asked, descriptor, 1));
	ask_close(asked, descriptor);
}

static void listener_shut(struct asked *asked)
{
	static const int ways[] = { SHUT_RD, SHUT_WR, SHUT_RDWR };

	for (int way = 0; way < 3; way++) {
		int descriptor = ask_listener(asked, 5), client = ask_socket(asked);
		uint16_t port = ask_port(asked, descriptor);
		ask_connect(asked, client, INADDR_LOOPBACK, port);
		ask_settle(asked);
		say(asked, "shutdown", ask_shutdown(asked, descriptor, ways[way]));
		ask_settle(asked);
		say_poll(asked, "it", descriptor);
		say_poll(asked, "its client", client);
		say(asked, "its port stays", ask_port(asked, descriptor) == port);
		int accepted = ask_accept(asked, descriptor);
		say(asked, "accept", accepted < 0 ? accepted : 0);
		if (accepted >= 0)
			ask_close(asked, accepted);
		say(asked, "listen", ask_listen(asked, descriptor, 5));
		say_poll(asked, "listening again", descriptor);
		ask_close(asked, client);
		ask_close(asked, descriptor);
	}
}

static void accepting_into_little_room(struct asked *asked)
{
	static const socklen_t sizes[] = { 0, 1, 8, 16, 100, (socklen_t)-1 };
	int descriptor = ask_listener(asked, 10);

	for (size_t index = 0; index < sizeof sizes / sizeof sizes[0]; index++) {
		struct sockaddr_in name[8] = { 0 };
		int client = ask_socket(asked);
		ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, descriptor));
		ask_settle(asked);
		socklen_t size = sizes[index];
		int accepted = asked->calls->accept(asked->context, descriptor,
						    (struct sockaddr *)name, &size);
		say(asked, "accept", accepted < 0 ? accepted : 0);
		say(asked, "family", name[0].sin_family);
		say(asked, "address", name[0].sin_addr.s_addr);
		say(asked, "size", (int)size);
		ask_close(asked, client);
		if (accepted >= 0)
			ask_close(asked, accepted);
	}
	ask_close(asked, descriptor);
}

const struct question questions_about_beginnings[] = {
	{ "socket's arguments", socket_arguments },
	{ "a new socket", new_socket },
	{ "a bound socket", bound_socket },
	{ "no socket", no_socket },
	{ "bind's arguments", bind_arguments },
	{ "binding twice", bind_twice },
	{ "a listener", listener },
	{ "listening where it cannot be", listening_where_it_cannot_be },
	{ "a listener shut down", listener_shut },
	{ "accepting into little room", accepting_into_little_room },
	{ 0 },
};
