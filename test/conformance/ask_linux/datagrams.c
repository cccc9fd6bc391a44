/* Datagram sockets: UDP over 127.0.0.1. */
#include "ask.h"

#include <stdio.h>
#include <string.h>

/* Two sockets bound to ports that were free, and the first one's name. */
struct ends {
	int a, b;
	uint16_t a_port, b_port;
};

static int new_datagram(struct asked *asked)
{
	return asked->calls->socket(asked->context, AF_INET, SOCK_DGRAM, 0);
}

static int bound(struct asked *asked)
{
	int descriptor = new_datagram(asked);
	ask_bind(asked, descriptor, INADDR_LOOPBACK, 0);
	return descriptor;
}

static struct ends ask_ends(struct asked *asked)
{
	struct ends ends = { .a = bound(asked), .b = bound(asked) };
	ends.a_port = ask_port(asked, ends.a);
	ends.b_port = ask_port(asked, ends.b);
	return ends;
}

static void close_ends(struct asked *asked, const struct ends *ends)
{
	ask_close(asked, ends->a);
	ask_close(asked, ends->b);
}

static ssize_t send_to(struct asked *asked, int descriptor, const char *text, uint32_t address,
		       uint16_t port)
{
	struct sockaddr_in name = name_of(address, port);
	struct iovec piece = { (void *)(uintptr_t)text, strlen(text) };
	struct msghdr message = {
		.msg_name = &name,
		.msg_namelen = sizeof name,
		.msg_iov = &piece,
		.msg_iovlen = 1,
	};
	return asked->calls->sendmsg(asked->context, descriptor, &message, 0);
}

static uint16_t free_port(struct asked *asked)
{
	int descriptor = bound(asked);
	uint16_t port = ask_port(asked, descriptor);
	ask_close(asked, descriptor);
	return port;
}

static void say_names(struct asked *asked, int descriptor)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof name;
	say(asked, "getsockname",
	    asked->calls->getsockname(asked->context, descriptor, (struct sockaddr *)&name, &size));
	say(asked, "its address", name.sin_addr.s_addr);
	say(asked, "has a port", name.sin_port != 0);
	size = sizeof name;
	name = (struct sockaddr_in){ 0 };
	say(asked, "getpeername",
	    asked->calls->getpeername(asked->context, descriptor, (struct sockaddr *)&name, &size));
	say(asked, "its address", name.sin_addr.s_addr);
}

static void untouched(struct asked *asked)
{
	int descriptor = new_datagram(asked);
	say_all(asked, "new", descriptor);
	say_names(asked, descriptor);
	say(asked, "listen", ask_listen(asked, descriptor, 5));
	say(asked, "accept", ask_accept(asked, descriptor));
	say(asked, "bind", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	say(asked, "bind, bound by sending", ask_bind(asked, descriptor, INADDR_LOOPBACK, 0));
	ask_close(asked, descriptor);
}

static void connected(struct asked *asked)
{
	struct ends ends = ask_ends(asked);
	int other = bound(asked);

	say(asked, "connect", ask_connect(asked, ends.a, INADDR_LOOPBACK, ends.b_port));
	say_names(asked, ends.a);
	say(asked, "from the peer", send_to(asked, ends.b, "peer", INADDR_LOOPBACK, ends.a_port));
	say(asked, "from another", send_to(asked, other, "other", INADDR_LOOPBACK, ends.a_port));
	ask_settle(asked);
	say_all(asked, "connected", ends.a);
	say_recv(asked, "again", ends.a, 0);
	say(asked, "to another",
	    send_to(asked, ends.a, "x", INADDR_LOOPBACK, ask_port(asked, other)));
	ask_settle(asked);
	say_recv(asked, "another", other, 0);
	say(asked, "connect anew",
	    ask_connect(asked, ends.a, INADDR_LOOPBACK, ask_port(asked, other)));
	say_names(asked, ends.a);
	say(asked, "AF_UNSPEC", ask_unspecific(asked, ends.a));
	say_names(asked, ends.a);
	say_all(asked, "dissolved", ends.a);
	ask_close(asked, other);
	close_ends(asked, &ends);
}

static void chosen_names(struct asked *asked)
{
	static const uint32_t addresses[] = { INADDR_LOOPBACK, INADDR_LOOPBACK + 9, INADDR_ANY };

	for (size_t row = 0; row < sizeof addresses / sizeof addresses[0]; row++) {
		int descriptor = new_datagram(asked);
		say(asked, "connect", ask_connect(asked, descriptor, addresses[row], 9));
		say_names(asked, descriptor);
		say(asked, "bind", ask_bind(asked, descriptor, INADDR_ANY, 0));
		say(asked, "AF_UNSPEC", ask_unspecific(asked, descriptor));
		say_names(asked, descriptor);
		say(asked, "bind", ask_bind(asked, descriptor, INADDR_ANY, 0));
		ask_close(asked, descriptor);
	}
}

static void refused(struct asked *asked)
{
	int descriptor = new_datagram(asked);
	uint16_t nobodys = free_port(asked);

	say(asked, "connect", ask_connect(asked, descriptor, INADDR_LOOPBACK, nobodys));
	say_send(asked, "first", descriptor, "x", 0);
	ask_settle(asked);
	say_poll(asked, "told", descriptor);
	say_send(asked, "second", descriptor, "x", 0);
	say_poll(asked, "taken", descriptor);
	say_send(asked, "third", descriptor, "x", 0);
	ask_settle(asked);
	say_recv(asked, "third", descriptor, 0);
	say_recv(asked, "again", descriptor, 0);
	say_send(asked, "fourth", descriptor, "x", 0);
	ask_settle(asked);
	say_error(asked, "fourth", descriptor);
	say_error(asked, "again", descriptor);
	ask_unspecific(asked, descriptor);
	say(asked, "not connected", send_to(asked, descriptor, "x", INADDR_LOOPBACK, nobodys));
	ask_settle(asked);
	say_all(asked, "not connected", descriptor);
	ask_close(asked, descriptor);
}

/* An error is told before what has arrived. */
static void refused_and_heard(struct asked *asked)
{
	struct ends ends = ask_ends(asked);

	ask_connect(asked, ends.a, INADDR_LOOPBACK, ends.b_port);
	send_to(asked, ends.b, "word", INADDR_LOOPBACK, ends.a_port);
	ask_settle(asked);
	ask_close(asked, ends.b);
	say_send(asked, "to nobody", ends.a, "x", 0);
	ask_settle(asked);
	say_poll(asked, "both", ends.a);
	say_recv(asked, "first", ends.a, 0);
	say_recv(asked, "second", ends.a, 0);
	ask_close(asked, ends.a);
}

static void sizes(struct asked *asked)
{
	static const size_t rows[] = { 0, 1, 1472, 1473, 9000, 65506, 65507, 65508, 65535, 65536 };
	static char data[65536], received[65536];
	struct ends ends = ask_ends(asked);

	ask_connect(asked, ends.a, INADDR_LOOPBACK, ends.b_port);
	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		char label[48];
		snprintf(label, sizeof label, "send of %zu", rows[row]);
		say(asked, label, asked->calls->send(asked->context, ends.a, data, rows[row], 0));
		ask_settle(asked);
		say_poll(asked, "there", ends.b);
		say(asked, "peek",
		    asked->calls->recv(asked->context, ends.b, received, 10, MSG_PEEK));
		say(asked, "whole size",
		    asked->calls->recv(asked->context, ends.b, received, 10, MSG_PEEK | MSG_TRUNC));
		say(asked, "recv",
		    asked->calls->recv(asked->context, ends.b, received, sizeof received, 0));
		say(asked, "again",
		    asked->calls->recv(asked->context, ends.b, received, sizeof received, 0));
	}
	close_ends(asked, &ends);
}

static void cut_off(struct asked *asked)
{
	struct ends ends = ask_ends(asked);

	for (int flags = 0; flags <= MSG_TRUNC; flags += MSG_TRUNC) {
		char text[4];
		struct iovec pieces[] = { { text, 1 }, { text + 1, 2 } };
		struct sockaddr_storage from;
		struct msghdr message = { .msg_name = &from,
					  .msg_namelen = sizeof from,
					  .msg_iov = pieces,
					  .msg_iovlen = 2 };
		send_to(asked, ends.a, "abcdef", INADDR_LOOPBACK, ends.b_port);
		ask_settle(asked);
		say(asked, "recvmsg",
		    asked->calls->recvmsg(asked->context, ends.b, &message, flags));
		say(asked, "flags", message.msg_flags);
		say(asked, "size of the name", message.msg_namelen);
		say(asked, "size of controls", (long)message.msg_controllen);
	}
	close_ends(asked, &ends);
}

static void shutting(struct asked *asked)
{
	for (int how = SHUT_RD; how <= SHUT_RDWR; how++) {
		struct ends ends = ask_ends(asked);
		say(asked, "unconnected", ask_shutdown(asked, ends.a, how));
		say_poll(asked, "unconnected", ends.a);
		say_recv(asked, "unconnected", ends.a, MSG_DONTWAIT);
		say_send(asked, "unconnected", ends.a, "x", 0);
		say(asked, "to", send_to(asked, ends.a, "x", INADDR_LOOPBACK, ends.b_port));
		ask_connect(asked, ends.b, INADDR_LOOPBACK, ends.a_port);
		say(asked, "connected", ask_shutdown(asked, ends.b, how));
		send_to(asked, ends.a, "late", INADDR_LOOPBACK, ends.b_port);
		ask_settle(asked);
		say_poll(asked, "connected", ends.b);
		say_recv(asked, "connected", ends.b, MSG_DONTWAIT);
		say_recv(asked, "again", ends.b, MSG_DONTWAIT);
		say_send(asked, "connected", ends.b, "x", 0);
		close_ends(asked, &ends);
	}
}

static void addresses(struct asked *asked)
{
	static const sa_family_t families[] = { AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX, 99 };
	struct ends ends = ask_ends(asked);

	for (size_t row = 0; row < sizeof families / sizeof families[0]; row++) {
		struct sockaddr_storage name = { 0 };
		struct sockaddr_in v4 = name_of(INADDR_LOOPBACK, ends.b_port);
		struct iovec piece = { "x", 1 };
		struct msghdr message = { .msg_name = &name, .msg_iov = &piece, .msg_iovlen = 1 };
		memcpy(&name, &v4, sizeof v4);
		name.ss_family = families[row];
		for (socklen_t size = 2; size <= 28; size += 2) {
			message.msg_namelen = size;
			say(asked, "sendmsg",
			    asked->calls->sendmsg(asked->context, ends.a, &message, 0));
			if (families[row] != AF_UNSPEC)
				say(asked, "connect",
				    asked->calls->connect(asked->context, ends.a,
							  (struct sockaddr *)&name, size));
			ask_unspecific(asked, ends.a);
		}
	}
	say(asked, "port 0", send_to(asked, ends.a, "x", INADDR_LOOPBACK, 0));
	say(asked, "connect to port 0", ask_connect(asked, ends.a, INADDR_LOOPBACK, 0));
	say_send(asked, "port 0", ends.a, "x", 0);
	say_names(asked, ends.a);
	close_ends(asked, &ends);
}

/* May the second be bound beside the first; and who hears what is sent to one address? */
static void sharing(struct asked *asked)
{
	static const uint32_t places[] = { INADDR_ANY, INADDR_LOOPBACK, INADDR_LOOPBACK + 1 };
	static const int options[] = { 0, SO_REUSEADDR, SO_REUSEPORT };

	for (unsigned row = 0; row < 81; row++) {
		uint32_t first_place = places[row % 3], second_place = places[row / 3 % 3];
		int first_option = options[row / 9 % 3], second_option = options[row / 27];
		int first = new_datagram(asked), second = new_datagram(asked);
		int from = bound(asked);
		char label[48];

		if (first_option)
			ask_set(asked, first, SOL_SOCKET, first_option, 1);
		if (second_option)
			ask_set(asked, second, SOL_SOCKET, second_option, 1);
		ask_bind(asked, first, first_place, 0);
		uint16_t port = ask_port(asked, first);
		snprintf(label, sizeof label, "row %u", row);
		int result = ask_bind(asked, second, second_place, port);
		say(asked, label, result);
		send_to(asked, from, "x", INADDR_LOOPBACK, port);
		ask_settle(asked);
		if (first_option != SO_REUSEPORT || second_option != SO_REUSEPORT) {
			say_recv(asked, "first", first, 0);
			say_recv(asked, "second", second, 0);
		}
		ask_close(asked, first);
		ask_close(asked, second);
		ask_close(asked, from);
	}
}

/* The connected one before the bound one, whichever came first. */
static void connected_beside_bound(struct asked *asked)
{
	for (int order = 0; order < 2; order++) {
		int sockets[2], from = bound(asked);
		uint16_t port = 0;
		for (int index = 0; index < 2; index++) {
			sockets[index] = new_datagram(asked);
			ask_set(asked, sockets[index], SOL_SOCKET, SO_REUSEADDR, 1);
			say(asked, "bind", ask_bind(asked, sockets[index], INADDR_LOOPBACK, port));
			port = ask_port(asked, sockets[0]);
		}
		ask_connect(asked, sockets[order], INADDR_LOOPBACK, ask_port(asked, from));
		send_to(asked, from, "x", INADDR_LOOPBACK, port);
		ask_settle(asked);
		say_recv(asked, "first", sockets[0], 0);
		say_recv(asked, "second", sockets[1], 0);
		ask_close(asked, sockets[0]);
		ask_close(asked, sockets[1]);
		ask_close(asked, from);
	}
}

struct asked_option {
	const char *name;
	int level, number;
};

static void options(struct asked *asked)
{
	static const struct asked_option rows[] = {
		{ "SO_TYPE", SOL_SOCKET, SO_TYPE },
		{ "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL },
		{ "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN },
		{ "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN },
		{ "SO_BROADCAST", SOL_SOCKET, SO_BROADCAST },
		{ "SO_REUSEADDR", SOL_SOCKET, SO_REUSEADDR },
		{ "SO_TIMESTAMP", SOL_SOCKET, SO_TIMESTAMP },
		{ "SO_TIMESTAMPNS", SOL_SOCKET, SO_TIMESTAMPNS },
		{ "IP_TOS", IPPROTO_IP, IP_TOS },
		{ "IP_TTL", IPPROTO_IP, IP_TTL },
		{ "IP_MTU", IPPROTO_IP, IP_MTU },
		{ "IP_PKTINFO", IPPROTO_IP, IP_PKTINFO },
		{ "IP_RECVTTL", IPPROTO_IP, IP_RECVTTL },
		{ "IP_RECVTOS", IPPROTO_IP, IP_RECVTOS },
		{ "IP_MTU_DISCOVER", IPPROTO_IP, IP_MTU_DISCOVER },
		{ "TCP's", IPPROTO_TCP, 1 },
		{ "no level's", 77, 1 },
	};
	static const int values[] = { 1, 0, 2, 3, -1, 7, 256, 9999 };
	int descriptor = new_datagram(asked);

	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		int value = -1;
		socklen_t size = sizeof value;
		say(asked, rows[row].name,
		    asked->calls->getsockopt(asked->context, descriptor, rows[row].level,
					     rows[row].number, &value, &size));
		say(asked, rows[row].name, value);
		for (size_t index = 0; index < sizeof values / sizeof values[0]; index++) {
			char label[64];
			snprintf(label, sizeof label, "%s set %d", rows[row].name, values[index]);
			say(asked, label,
			    ask_set(asked, descriptor, rows[row].level, rows[row].number,
				    values[index]));
			asked->calls->getsockopt(asked->context, descriptor, rows[row].level,
						 rows[row].number, &value, &size);
			say(asked, label, value);
		}
	}
	ask_close(asked, descriptor);
}

static void say_controls(struct asked *asked, int descriptor, size_t room)
{
	_Alignas(struct cmsghdr) char controls[256];
	char text[4];
	struct iovec piece = { text, sizeof text };
	struct msghdr message = {
		.msg_iov = &piece, .msg_iovlen = 1, .msg_control = controls, .msg_controllen = room
	};

	say(asked, "recvmsg", asked->calls->recvmsg(asked->context, descriptor, &message, 0));
	say(asked, "flags", message.msg_flags);
	say(asked, "size", (long)message.msg_controllen);
	for (struct cmsghdr *control = CMSG_FIRSTHDR(&message); control;
	     control = CMSG_NXTHDR(&message, control)) {
		say(asked, "level", control->cmsg_level);
		say(asked, "type", control->cmsg_type);
		say(asked, "length", (long)control->cmsg_len);
		if (control->cmsg_level != IPPROTO_IP)
			continue;
		for (size_t at = 0; at < control->cmsg_len - CMSG_LEN(0); at++)
			say(asked, "byte", CMSG_DATA(control)[at]);
	}
}

static void controls_received(struct asked *asked)
{
	struct ends ends = ask_ends(asked);

	ask_set(asked, ends.a, IPPROTO_IP, IP_TTL, 9);
	ask_set(asked, ends.a, IPPROTO_IP, IP_TOS, 0x2b);
	ask_set(asked, ends.b, SOL_SOCKET, SO_TIMESTAMP, 1);
	ask_set(asked, ends.b, IPPROTO_IP, IP_RECVTOS, 1);
	ask_set(asked, ends.b, IPPROTO_IP, IP_RECVTTL, 1);
	ask_set(asked, ends.b, IPPROTO_IP, IP_PKTINFO, 1);
	for (size_t room = 0; room < 132; room += 4) {
		send_to(asked, ends.a, "x", INADDR_LOOPBACK, ends.b_port);
		ask_settle(asked);
		say_controls(asked, ends.b, room);
	}
	close_ends(asked, &ends);
}

static void controls_sent(struct asked *asked)
{
	static const struct {
		const char *name;
		int level, type;
		size_t size;
		int value;
	} rows[] = {
		{ "ttl", IPPROTO_IP, IP_TTL, 4, 5 },
		{ "ttl 0", IPPROTO_IP, IP_TTL, 4, 0 },
		{ "ttl 256", IPPROTO_IP, IP_TTL, 4, 256 },
		{ "ttl, a byte", IPPROTO_IP, IP_TTL, 1, 5 },
		{ "tos", IPPROTO_IP, IP_TOS, 4, 8 },
		{ "tos, a byte", IPPROTO_IP, IP_TOS, 1, 8 },
		{ "tos 256", IPPROTO_IP, IP_TOS, 4, 256 },
		{ "tos, two", IPPROTO_IP, IP_TOS, 2, 8 },
		{ "info, short", IPPROTO_IP, IP_PKTINFO, 8, 0 },
		{ "info, none", IPPROTO_IP, IP_PKTINFO, 12, 0 },
		{ "unknown", IPPROTO_IP, 999, 4, 0 },
		{ "of TCP", IPPROTO_TCP, 1, 4, 0 },
		{ "of sockets", SOL_SOCKET, 999, 4, 0 },
	};
	struct ends ends = ask_ends(asked);

	for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
		_Alignas(struct cmsghdr) char controls[64] = { 0 };
		struct sockaddr_in name = name_of(INADDR_LOOPBACK, ends.b_port);
		struct iovec piece = { "x", 1 };
		struct msghdr message = { .msg_name = &name,
					  .msg_namelen = sizeof name,
					  .msg_iov = &piece,
					  .msg_iovlen = 1,
					  .msg_control = controls,
					  .msg_controllen = CMSG_SPACE(rows[row].size) };
		struct cmsghdr *control = CMSG_FIRSTHDR(&message);
		control->cmsg_len = CMSG_LEN(rows[row].size);
		control->cmsg_level = rows[row].level;
		control->cmsg_type = rows[row].type;
		memcpy(CMSG_DATA(control), &rows[row].value,
		       rows[row].size < 4 ? rows[row].size : 4);
		say(asked, rows[row].name,
		    asked->calls->sendmsg(asked->context, ends.a, &message, 0));
		control->cmsg_len = 4;
		say(asked, "cut", asked->calls->sendmsg(asked->context, ends.a, &message, 0));
		control->cmsg_len = 100;
		say(asked, "long", asked->calls->sendmsg(asked->context, ends.a, &message, 0));
	}
	close_ends(asked, &ends);
}

const struct question questions_about_datagrams[] = {
	{ "datagrams: untouched", untouched },
	{ "datagrams: connected", connected },
	{ "datagrams: chosen names", chosen_names },
	{ "datagrams: refused", refused },
	{ "datagrams: refused and heard", refused_and_heard },
	{ "datagrams: sizes", sizes },
	{ "datagrams: cut off", cut_off },
	{ "datagrams: shutting", shutting },
	{ "datagrams: addresses", addresses },
	{ "datagrams: sharing a port", sharing },
	{ "datagrams: connected beside bound", connected_beside_bound },
	{ "datagrams: options", options },
	{ "datagrams: controls received", controls_received },
	{ "datagrams: controls sent", controls_sent },
	{ 0 },
};
