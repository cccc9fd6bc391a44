/* connect, from the first call to the last. */
#include "ask.h"

static void say_peer(struct asked *asked, const char *what, int descriptor)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof name;
	say(asked, what,
	    asked->calls->getpeername(asked->context, descriptor, (struct sockaddr *)&name, &size));
	say(asked, "its address", name.sin_addr.s_addr);
}

static void say_local(struct asked *asked, const char *what, int descriptor)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof name;
	asked->calls->getsockname(asked->context, descriptor, (struct sockaddr *)&name, &size);
	say(asked, what, name.sin_addr.s_addr);
	say(asked, "has a port", name.sin_port != 0);
}

static void accepted_connection(struct asked *asked)
{
	int descriptor = ask_listener(asked, 5), client = ask_socket(asked);
	uint16_t port = ask_port(asked, descriptor);
	say(asked, "connect", ask_connect(asked, client, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say_poll(asked, "client", client);
	say_poll(asked, "listener", descriptor);
	say(asked, "again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	say(asked, "and again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	say_error(asked, "client", client);
	say_peer(asked, "peer", client);
	say_local(asked, "local", client);
	int server = ask_accept(asked, descriptor);
	say_poll(asked, "server", server);
	say_poll(asked, "listener", descriptor);
	say(asked, "connecting the server", ask_connect(asked, server, INADDR_LOOPBACK, port));
	say(asked, "accepting from it", ask_accept(asked, server));
	ask_close(asked, client);
	ask_close(asked, server);
	ask_close(asked, descriptor);
}

static void refused_connection(struct asked *asked)
{
	int client = ask_socket(asked);
	uint16_t port = ask_free_port(asked);
	say(asked, "connect", ask_connect(asked, client, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say_poll(asked, "client", client);
	say_peer(asked, "peer", client);
	say(asked, "again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	say_poll(asked, "client", client);
	say_local(asked, "local", client);
	say(asked, "and again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say_all(asked, "client", client);
	say(asked, "and again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	say(asked, "and again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	ask_close(asked, client);
}

static void refused_then_used(struct asked *asked)
{
	int client = ask_socket(asked);
	ask_connect(asked, client, INADDR_LOOPBACK, ask_free_port(asked));
	ask_settle(asked);
	say_send(asked, "client", client, "x", 0);
	say_send(asked, "client", client, "x", 0);
	say_recv(asked, "client", client, 0);
	say(asked, "shutdown", ask_shutdown(asked, client, SHUT_RDWR));
	say_all(asked, "then", client);
	ask_close(asked, client);
	client = ask_socket(asked);
	ask_connect(asked, client, INADDR_LOOPBACK, ask_free_port(asked));
	ask_settle(asked);
	say_recv(asked, "client", client, 0);
	say_recv(asked, "client", client, 0);
	say_send(asked, "client", client, "x", 0);
	say(asked, "accept", ask_accept(asked, client));
	say(asked, "bind", ask_bind(asked, client, INADDR_LOOPBACK, 0));
	say(asked, "shutdown", ask_shutdown(asked, client, SHUT_WR));
	ask_close(asked, client);
}

/* A second connect that would go elsewhere, while the first is not yet told. */
static void another_peer(struct asked *asked)
{
	int first = ask_listener(asked, 5), second = ask_listener(asked, 5),
	    client = ask_socket(asked);
	ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, first));
	ask_settle(asked);
	say(asked, "another", ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, second)));
	say(asked, "again", ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, second)));
	ask_close(asked, client);
	ask_close(asked, first);
	ask_close(asked, second);
}

static void say_connect(struct asked *asked, const char *what, const struct sockaddr_in *name,
			socklen_t size)
{
	int descriptor = ask_socket(asked);
	say(asked, what,
	    asked->calls->connect(asked->context, descriptor, (const struct sockaddr *)name, size));
	ask_settle(asked);
	say_all(asked, what, descriptor);
	ask_close(asked, descriptor);
}

static void connect_arguments(struct asked *asked)
{
	struct sockaddr_in name = name_of(INADDR_LOOPBACK, ask_free_port(asked));
	say_connect(asked, "size 0", &name, 0);
	say_connect(asked, "size 1", &name, 1);
	say_connect(asked, "size 2", &name, 2);
	say_connect(asked, "size 15", &name, 15);
	say_connect(asked, "size 100", &name, 100);
	name.sin_family = AF_INET6;
	say_connect(asked, "AF_INET6", &name, sizeof name);
	name.sin_family = AF_UNIX;
	say_connect(asked, "AF_UNIX", &name, sizeof name);
	name = name_of(INADDR_LOOPBACK, 0);
	say_connect(asked, "port 0", &name, sizeof name);
	name = name_of(0x7f090909, ask_free_port(asked));
	say_connect(asked, "127.9.9.9", &name, sizeof name);
	name = name_of(INADDR_ANY, ask_free_port(asked));
	say_connect(asked, "0.0.0.0", &name, sizeof name);
	name = name_of(INADDR_BROADCAST, 7);
	say_connect(asked, "broadcast", &name, sizeof name);
}

static void unspecific(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	say(asked, "a new one", ask_unspecific(asked, descriptor));
	say_all(asked, "it", descriptor);
	ask_close(asked, descriptor);

	descriptor = ask_socket(asked);
	ask_bind(asked, descriptor, INADDR_LOOPBACK, 0);
	say(asked, "a bound one", ask_unspecific(asked, descriptor));
	say_local(asked, "local", descriptor);
	ask_close(asked, descriptor);

	descriptor = ask_socket(asked);
	ask_connect(asked, descriptor, INADDR_LOOPBACK, ask_free_port(asked));
	ask_settle(asked);
	say(asked, "a refused one", ask_unspecific(asked, descriptor));
	say_local(asked, "local", descriptor);
	say_all(asked, "it", descriptor);
	ask_close(asked, descriptor);
}

static void unspecific_on_a_listener(struct asked *asked)
{
	int descriptor = ask_listener(asked, 5), client = ask_socket(asked);
	uint16_t port = ask_port(asked, descriptor);
	ask_connect(asked, client, INADDR_LOOPBACK, port);
	ask_settle(asked);
	say(asked, "connect", ask_unspecific(asked, descriptor));
	ask_settle(asked);
	say_poll(asked, "client", client);
	say_poll(asked, "it", descriptor);
	say(asked, "the port stays", ask_port(asked, descriptor) == port);
	say(asked, "accept", ask_accept(asked, descriptor));
	say(asked, "listen", ask_listen(asked, descriptor, 5));
	ask_close(asked, client);
	ask_close(asked, descriptor);
}

static void unspecific_on_a_connection(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_send(asked, "server", pair.server, "abc", 0);
	ask_settle(asked);
	say(asked, "the client", ask_unspecific(asked, pair.client));
	ask_settle(asked);
	say_local(asked, "local", pair.client);
	say_peer(asked, "peer", pair.client);
	say_all(asked, "client", pair.client);
	say_all(asked, "server", pair.server);
	say(asked, "the server", ask_unspecific(asked, pair.server));
	say_local(asked, "local", pair.server);
	say_all(asked, "server", pair.server);
	say(asked, "anew",
	    ask_connect(asked, pair.client, INADDR_LOOPBACK, ask_port(asked, pair.listener)));
	ask_settle(asked);
	say(asked, "anew",
	    ask_connect(asked, pair.client, INADDR_LOOPBACK, ask_port(asked, pair.listener)));
	ask_close_pair(asked, &pair);
}

static void oneself(struct asked *asked)
{
	int descriptor = ask_socket(asked);
	ask_bind(asked, descriptor, INADDR_LOOPBACK, 0);
	uint16_t port = ask_port(asked, descriptor);
	say(asked, "connect", ask_connect(asked, descriptor, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say(asked, "again", ask_connect(asked, descriptor, INADDR_LOOPBACK, port));
	say_peer(asked, "peer", descriptor);
	say_send(asked, "it", descriptor, "echo", 0);
	ask_settle(asked);
	say_all(asked, "it", descriptor);
	ask_settle(asked);
	say(asked, "shutdown", ask_shutdown(asked, descriptor, SHUT_WR));
	ask_settle(asked);
	say_all(asked, "it", descriptor);
	ask_close(asked, descriptor);
}

/* As many as the backlog, and one more; the others wait for a SYN to be heard. */
static void full_backlog(struct asked *asked)
{
	enum { CLIENTS = 5 };
	int descriptor = ask_listener(asked, 1), clients[CLIENTS];
	uint16_t port = ask_port(asked, descriptor);

	for (int index = 0; index < CLIENTS; index++) {
		clients[index] = ask_socket(asked);
		say(asked, "connect", ask_connect(asked, clients[index], INADDR_LOOPBACK, port));
		ask_settle(asked);
		say(asked, "again", ask_connect(asked, clients[index], INADDR_LOOPBACK, port));
		say_all(asked, "client", clients[index]);
	}
	say(asked, "shutdown of one that waits",
	    ask_shutdown(asked, clients[CLIENTS - 1], SHUT_WR));
	say_all(asked, "it", clients[CLIENTS - 1]);
	say(asked, "AF_UNSPEC on one that waits", ask_unspecific(asked, clients[CLIENTS - 2]));
	say_all(asked, "it", clients[CLIENTS - 2]);
	say_peer(asked, "peer of one that waits", clients[CLIENTS - 3]);
	say_local(asked, "local of one that waits", clients[CLIENTS - 3]);
	say(asked, "listen on one that waits", ask_listen(asked, clients[CLIENTS - 3], 1));
	say(asked, "bind of one that waits", ask_bind(asked, clients[CLIENTS - 3], INADDR_ANY, 0));
	for (int index = 0; index < CLIENTS; index++) {
		int server = ask_accept(asked, descriptor);
		say(asked, "accept", server < 0 ? server : 0);
		if (server >= 0)
			ask_close(asked, server);
	}
	for (int index = 0; index < CLIENTS; index++)
		ask_close(asked, clients[index]);
	ask_close(asked, descriptor);
}

static void gone_before_it_is_accepted(struct asked *asked)
{
	for (int aborted = 0; aborted < 2; aborted++) {
		int descriptor = ask_listener(asked, 5), client = ask_socket(asked);
		struct sockaddr_in name = { 0 };
		socklen_t size = sizeof name;
		ask_connect(asked, client, INADDR_LOOPBACK, ask_port(asked, descriptor));
		ask_settle(asked);
		say_send(asked, "client", client, "last words", 0);
		ask_settle(asked);
		if (aborted)
			ask_abort(asked, client);
		else
			ask_close(asked, client);
		ask_settle(asked);
		say_poll(asked, "listener", descriptor);
		int server = asked->calls->accept(asked->context, descriptor,
						  (struct sockaddr *)&name, &size);
		say(asked, "accept", server < 0 ? server : 0);
		say(asked, "address", name.sin_addr.s_addr);
		say_peer(asked, "peer", server);
		say_poll(asked, "server", server);
		say_recv(asked, "server", server, 0);
		say_all(asked, "server", server);
		ask_settle(asked);
		say_all(asked, "server", server);
		ask_close(asked, server);
		ask_close(asked, descriptor);
	}
}

static void listener_closed_before_accepting(struct asked *asked)
{
	int descriptor = ask_listener(asked, 5), client = ask_socket(asked),
	    late = ask_socket(asked);
	uint16_t port = ask_port(asked, descriptor);
	ask_connect(asked, client, INADDR_LOOPBACK, port);
	ask_settle(asked);
	ask_close(asked, descriptor);
	ask_settle(asked);
	say_poll(asked, "client", client);
	say(asked, "connect again", ask_connect(asked, client, INADDR_LOOPBACK, port));
	say_all(asked, "client", client);
	say(asked, "a late one", ask_connect(asked, late, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say_error(asked, "a late one", late);
	ask_close(asked, client);
	ask_close(asked, late);
}

const struct question questions_about_connecting[] = {
	{ "an accepted connection", accepted_connection },
	{ "a refused connection", refused_connection },
	{ "a refused connection, used", refused_then_used },
	{ "another peer", another_peer },
	{ "connect's arguments", connect_arguments },
	{ "AF_UNSPEC", unspecific },
	{ "AF_UNSPEC on a listener", unspecific_on_a_listener },
	{ "AF_UNSPEC on a connection", unspecific_on_a_connection },
	{ "connecting to oneself", oneself },
	{ "a full backlog", full_backlog },
	{ "gone before it is accepted", gone_before_it_is_accepted },
	{ "a listener closed before accepting", listener_closed_before_accepting },
	{ 0 },
};
