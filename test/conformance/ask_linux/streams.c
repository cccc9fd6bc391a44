/* Bytes, their end, and violent ends. */
#include "ask.h"

#include <string.h>

static void bytes(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_recv(asked, "nothing yet", pair.server, 0);
	say_send(asked, "client", pair.client, "hello, world", 0);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say(asked, "recv of 0 bytes", asked->calls->recv(asked->context, pair.server, NULL, 0, 0));
	say_recv(asked, "peek", pair.server, MSG_PEEK);
	say_recv(asked, "dontwait", pair.server, MSG_DONTWAIT | MSG_PEEK);
	char four[5] = "";
	say(asked, "recv of 4", asked->calls->recv(asked->context, pair.server, four, 4, 0));
	say_text(asked, "they are", four);
	say(asked, "discard 2",
	    asked->calls->recv(asked->context, pair.server, NULL, 2, MSG_TRUNC));
	say_recv(asked, "the rest", pair.server, 0);
	say_recv(asked, "no more", pair.server, 0);
	say_recv(asked, "no more, all", pair.server, MSG_WAITALL);
	say_send(asked, "nothing", pair.client, "", 0);
	say_send(asked, "with MSG_DONTWAIT and MSG_NOSIGNAL", pair.client, "x",
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	say_send(asked, "with MSG_MORE", pair.client, "y", MSG_MORE);
	say_send(asked, "with MSG_EOR", pair.client, "z", MSG_EOR);
	ask_settle(asked);
	say_recv(asked, "server", pair.server, 0);
	ask_close_pair(asked, &pair);
}

static void half_closed(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_send(asked, "client", pair.client, "last", 0);
	say(asked, "shutdown WR", ask_shutdown(asked, pair.client, SHUT_WR));
	ask_settle(asked);
	say_poll(asked, "client", pair.client);
	say_poll(asked, "server", pair.server);
	say_send(asked, "client", pair.client, "x", 0);
	say_error(asked, "client", pair.client);
	say_recv(asked, "server", pair.server, 0);
	say_recv(asked, "server", pair.server, 0);
	say_recv(asked, "server", pair.server, 0);
	say_send(asked, "server", pair.server, "reply", 0);
	ask_settle(asked);
	say_recv(asked, "client", pair.client, 0);
	say(asked, "shutdown WR again", ask_shutdown(asked, pair.client, SHUT_WR));
	say(asked, "the server's", ask_shutdown(asked, pair.server, SHUT_WR));
	ask_settle(asked);
	say_all(asked, "client", pair.client);
	say_all(asked, "server", pair.server);
	say(asked, "client's again", ask_shutdown(asked, pair.client, SHUT_WR));
	say(asked, "server's again", ask_shutdown(asked, pair.server, SHUT_WR));
	say(asked, "server's RD", ask_shutdown(asked, pair.server, SHUT_RD));
	ask_close_pair(asked, &pair);
}

static void shut_for_reading(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_send(asked, "client", pair.client, "before", 0);
	ask_settle(asked);
	say(asked, "shutdown RD", ask_shutdown(asked, pair.server, SHUT_RD));
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	say_recv(asked, "server", pair.server, 0);
	say_poll(asked, "client", pair.client);
	say_send(asked, "client", pair.client, "after", 0);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	say_all(asked, "server", pair.server);
	ask_settle(asked);
	say_all(asked, "client", pair.client);
	ask_close_pair(asked, &pair);
}

static void shut_both_ways(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say(asked, "shutdown RDWR", ask_shutdown(asked, pair.client, SHUT_RDWR));
	ask_settle(asked);
	say_all(asked, "client", pair.client);
	say_all(asked, "server", pair.server);
	ask_settle(asked);
	say_all(asked, "client", pair.client);
	say_all(asked, "server", pair.server);
	say(asked, "client again", ask_shutdown(asked, pair.client, SHUT_RDWR));
	say(asked, "server again", ask_shutdown(asked, pair.server, SHUT_RDWR));
	ask_close_pair(asked, &pair);
}

static void peer_closed(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	ask_close(asked, pair.client);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	say_send(asked, "server", pair.server, "x", 0);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_send(asked, "server", pair.server, "x", 0);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	say_send(asked, "server", pair.server, "x", 0);
	say(asked, "shutdown", ask_shutdown(asked, pair.server, SHUT_WR));
	say_all(asked, "server", pair.server);
	ask_close(asked, pair.server);
	ask_close(asked, pair.listener);
}

static void peer_closed_with_words_unread(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_send(asked, "server", pair.server, "unread", 0);
	say_send(asked, "client", pair.client, "sent", 0);
	ask_settle(asked);
	ask_close(asked, pair.client);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	say_recv(asked, "server", pair.server, 0);
	say_recv(asked, "server", pair.server, 0);
	say_send(asked, "server", pair.server, "x", 0);
	say_all(asked, "server", pair.server);
	ask_close(asked, pair.server);
	ask_close(asked, pair.listener);
}

static void peer_aborted(struct asked *asked)
{
	for (int order = 0; order < 3; order++) {
		struct pair pair = ask_pair(asked);
		ask_abort(asked, pair.client);
		ask_settle(asked);
		say_poll(asked, "server", pair.server);
		if (order == 0)
			say_recv(asked, "server", pair.server, 0);
		if (order == 1)
			say_send(asked, "server", pair.server, "x", 0);
		if (order == 2)
			say_error(asked, "server", pair.server);
		say_poll(asked, "server", pair.server);
		say_recv(asked, "server", pair.server, 0);
		say_send(asked, "server", pair.server, "x", 0);
		say(asked, "shutdown", ask_shutdown(asked, pair.server, SHUT_WR));
		struct sockaddr_in name;
		socklen_t size = sizeof name;
		say(asked, "getpeername",
		    asked->calls->getpeername(asked->context, pair.server, (struct sockaddr *)&name,
					      &size));
		say(asked, "has a port", ask_port(asked, pair.server) != 0);
		say(asked, "connect", ask_connect(asked, pair.server, INADDR_LOOPBACK, 1));
		say(asked, "listen", ask_listen(asked, pair.server, 1));
		say_all(asked, "server", pair.server);
		ask_close(asked, pair.server);
		ask_close(asked, pair.listener);
	}
}

static void peer_aborted_after_half_closing(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	ask_shutdown(asked, pair.client, SHUT_WR);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	ask_abort(asked, pair.client);
	ask_settle(asked);
	say_all(asked, "server", pair.server);
	ask_close(asked, pair.server);
	ask_close(asked, pair.listener);
}

static void we_half_closed_peer_aborted(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	ask_shutdown(asked, pair.server, SHUT_WR);
	ask_settle(asked);
	ask_abort(asked, pair.client);
	ask_settle(asked);
	say_all(asked, "server", pair.server);
	ask_close(asked, pair.server);
	ask_close(asked, pair.listener);
}

/* Both have closed their half; the one that did so first waits in TIME-WAIT. */
static void both_closed(struct asked *asked)
{
	for (int first = 0; first < 2; first++) {
		struct pair pair = ask_pair(asked);
		ask_shutdown(asked, first ? pair.client : pair.server, SHUT_WR);
		ask_settle(asked);
		ask_shutdown(asked, first ? pair.server : pair.client, SHUT_WR);
		ask_settle(asked);
		say_all(asked, "client", pair.client);
		struct sockaddr_in name;
		socklen_t size = sizeof name;
		say(asked, "getpeername",
		    asked->calls->getpeername(asked->context, pair.client, (struct sockaddr *)&name,
					      &size));
		say(asked, "bind", ask_bind(asked, pair.client, INADDR_LOOPBACK, 0));
		say(asked, "listen", ask_listen(asked, pair.client, 1));
		say(asked, "connect",
		    ask_connect(asked, pair.client, INADDR_LOOPBACK,
				ask_port(asked, pair.listener)));
		say(asked, "AF_UNSPEC", ask_unspecific(asked, pair.client));
		say(asked, "connect",
		    ask_connect(asked, pair.client, INADDR_LOOPBACK,
				ask_port(asked, pair.listener)));
		ask_close_pair(asked, &pair);
	}
}

static void full_buffers(struct asked *asked)
{
	static const char many[65536];
	struct pair pair = ask_pair(asked);
	ssize_t result = 0;
	for (int turn = 0; turn < 1000 && result >= 0; turn++) {
		result = asked->calls->send(asked->context, pair.client, many, sizeof many, 0);
		ask_settle(asked);
	}
	say(asked, "at last", result);
	say_poll(asked, "client", pair.client);
	say_send(asked, "nothing", pair.client, "", 0);
	say_poll(asked, "server", pair.server);
	say(asked, "shutdown", ask_shutdown(asked, pair.client, SHUT_WR));
	say_poll(asked, "client", pair.client);
	say_send(asked, "client", pair.client, "x", 0);
	ask_abort(asked, pair.client);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	ask_close(asked, pair.server);
	ask_close(asked, pair.listener);
}

static void low_water(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say(asked, "SO_RCVLOWAT", ask_set(asked, pair.server, SOL_SOCKET, SO_RCVLOWAT, 4));
	say_send(asked, "client", pair.client, "abc", 0);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, MSG_PEEK);
	say_send(asked, "client", pair.client, "d", 0);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	say_recv(asked, "server", pair.server, 0);
	ask_shutdown(asked, pair.client, SHUT_WR);
	ask_settle(asked);
	say_poll(asked, "server", pair.server);
	ask_close_pair(asked, &pair);
}

static void urgent_words_that_are_none(struct asked *asked)
{
	struct pair pair = ask_pair(asked);
	say_recv(asked, "MSG_OOB", pair.server, MSG_OOB);
	ask_close_pair(asked, &pair);
}

const struct question questions_about_streams[] = {
	{ "bytes", bytes },
	{ "half closed", half_closed },
	{ "shut for reading", shut_for_reading },
	{ "shut both ways", shut_both_ways },
	{ "the peer closed", peer_closed },
	{ "the peer closed with words unread", peer_closed_with_words_unread },
	{ "the peer aborted", peer_aborted },
	{ "the peer half closed, then aborted", peer_aborted_after_half_closing },
	{ "we half closed, the peer aborted", we_half_closed_peer_aborted },
	{ "both closed", both_closed },
	{ "full buffers", full_buffers },
	{ "SO_RCVLOWAT", low_water },
	{ "urgent words that are none", urgent_words_that_are_none },
	{ 0 },
};
