/* Who may have a port beside whom. */
#include "ask.h"

#include <stdio.h>

struct way {
	const char *name;
	uint32_t address;
	int reuse_address, reuse_port;
	bool listens;
};

static const struct way ways[] = {
	{ "127.0.0.1", INADDR_LOOPBACK, 0, 0, false },
	{ "any", INADDR_ANY, 0, 0, false },
	{ "127.0.0.2", 0x7f000002, 0, 0, false },
	{ "127.0.0.1 reusing", INADDR_LOOPBACK, 1, 0, false },
	{ "any reusing", INADDR_ANY, 1, 0, false },
	{ "127.0.0.1 sharing", INADDR_LOOPBACK, 0, 1, false },
	{ "any sharing", INADDR_ANY, 0, 1, false },
	{ "127.0.0.1 listening", INADDR_LOOPBACK, 0, 0, true },
	{ "127.0.0.1 reusing, listening", INADDR_LOOPBACK, 1, 0, true },
	{ "any reusing, listening", INADDR_ANY, 1, 0, true },
	{ "127.0.0.1 sharing, listening", INADDR_LOOPBACK, 0, 1, true },
	{ "any sharing, listening", INADDR_ANY, 0, 1, true },
	{ "127.0.0.1 both, listening", INADDR_LOOPBACK, 1, 1, true },
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static int prepare(struct asked *asked, const struct way *way)
{
	int descriptor = ask_socket(asked);
	ask_set(asked, descriptor, SOL_SOCKET, SO_REUSEADDR, way->reuse_address);
	ask_set(asked, descriptor, SOL_SOCKET, SO_REUSEPORT, way->reuse_port);
	return descriptor;
}

static void beside(struct asked *asked, const struct way *first, const struct way *second)
{
	char label[80];
	int a = prepare(asked, first), b = prepare(asked, second);

	ask_bind(asked, a, first->address, 0);
	if (first->listens)
		ask_listen(asked, a, 1);
	int bound = ask_bind(asked, b, second->address, ask_port(asked, a));
	int listening = bound == 0 && second->listens ? ask_listen(asked, b, 1) : 0;
	snprintf(label, sizeof label, "%s, then %s: bind", first->name, second->name);
	say(asked, label, bound);
	snprintf(label, sizeof label, "%s, then %s: listen", first->name, second->name);
	say(asked, label, listening);
	ask_close(asked, a);
	ask_close(asked, b);
}

static void two(struct asked *asked)
{
	for (int first = 0; first < WAYS; first++) {
		for (int second = 0; second < WAYS; second++)
			beside(asked, &ways[first], &ways[second]);
	}
}

/* A server that closed first leaves its port in TIME-WAIT; a living connection holds it too. */
static void after_a_server(struct asked *asked)
{
	for (int alive = 0; alive < 2; alive++) {
		for (int reuse = 0; reuse < 2; reuse++) {
			struct pair pair;
			pair.listener = ask_socket(asked);
			ask_set(asked, pair.listener, SOL_SOCKET, SO_REUSEADDR, reuse);
			ask_bind(asked, pair.listener, INADDR_LOOPBACK, 0);
			ask_listen(asked, pair.listener, 1);
			uint16_t port = ask_port(asked, pair.listener);
			pair.client = ask_socket(asked);
			ask_connect(asked, pair.client, INADDR_LOOPBACK, port);
			ask_settle(asked);
			pair.server = ask_accept(asked, pair.listener);
			ask_close(asked, pair.listener);
			if (!alive) {
				ask_close(asked, pair.server);
				ask_settle(asked);
				ask_close(asked, pair.client);
				ask_settle(asked);
			}
			int next = ask_socket(asked);
			say(asked, "plain", ask_bind(asked, next, INADDR_LOOPBACK, port));
			ask_close(asked, next);
			next = ask_socket(asked);
			ask_set(asked, next, SOL_SOCKET, SO_REUSEADDR, 1);
			say(asked, "reusing", ask_bind(asked, next, INADDR_LOOPBACK, port));
			say(asked, "listen", ask_listen(asked, next, 1));
			ask_close(asked, next);
			if (alive) {
				ask_abort(asked, pair.client);
				ask_close(asked, pair.server);
			}
		}
	}
}

/* A connection's own port, taken by bind or by connect. */
static void after_a_client(struct asked *asked)
{
	for (int bound = 0; bound < 2; bound++) {
		struct pair pair = { .listener = ask_listener(asked, 5),
				     .client = ask_socket(asked) };
		uint16_t port = ask_port(asked, pair.listener);
		if (bound)
			ask_bind(asked, pair.client, INADDR_LOOPBACK, 0);
		ask_connect(asked, pair.client, INADDR_LOOPBACK, port);
		ask_settle(asked);
		uint16_t own = ask_port(asked, pair.client);
		int other = ask_socket(asked);
		say(asked, "bind to a client's port", ask_bind(asked, other, INADDR_LOOPBACK, own));
		ask_close(asked, other);
		other = ask_socket(asked);
		ask_set(asked, other, SOL_SOCKET, SO_REUSEADDR, 1);
		say(asked, "reusing", ask_bind(asked, other, INADDR_LOOPBACK, own));
		say(asked, "connect from it", ask_connect(asked, other, INADDR_LOOPBACK, port));
		ask_close(asked, other);
		ask_abort(asked, pair.client);
		ask_close(asked, pair.listener);
	}
}

/* The same four numbers twice. */
static void same_tuple(struct asked *asked)
{
	int descriptor = ask_listener(asked, 5), a = ask_socket(asked), b = ask_socket(asked);
	uint16_t port = ask_port(asked, descriptor);
	ask_set(asked, a, SOL_SOCKET, SO_REUSEADDR, 1);
	ask_set(asked, b, SOL_SOCKET, SO_REUSEADDR, 1);
	ask_bind(asked, a, INADDR_LOOPBACK, 0);
	say(asked, "bind", ask_bind(asked, b, INADDR_LOOPBACK, ask_port(asked, a)));
	say(asked, "the first", ask_connect(asked, a, INADDR_LOOPBACK, port));
	ask_settle(asked);
	say(asked, "the second", ask_connect(asked, b, INADDR_LOOPBACK, port));
	say_poll(asked, "it", b);
	ask_abort(asked, a);
	ask_settle(asked);
	say(asked, "then", ask_connect(asked, b, INADDR_LOOPBACK, port));
	ask_close(asked, b);
	ask_close(asked, descriptor);
}

const struct question questions_about_ports[] = {
	{ "two on a port", two },
	{ "a port after its server", after_a_server },
	{ "a port after its client", after_a_client },
	{ "the same tuple", same_tuple },
	{ 0 },
};
