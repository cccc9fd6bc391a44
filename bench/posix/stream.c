#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, TRIES = 250, TRY_NS = 20000000 };

_Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

struct role role_read(int argc, char **argv)
{
	struct role role = { .is_server = argc == 3 && !strcmp(argv[1], "server") };

	if (role.is_server) {
		role.port = (uint16_t)atoi(argv[2]);
	} else if (argc == 5 && !strcmp(argv[1], "client")) {
		role.port = (uint16_t)atoi(argv[3]);
		role.number = atoi(argv[4]);
		inet_pton(AF_INET, argv[2], &role.address);
	}
	if (role.port && (role.is_server || (role.address && role.number > 0)))
		return role;
	fprintf(stderr, "usage: %s server PORT | client ADDRESS PORT NUMBER\n", argv[0]);
	exit(2);
}

static struct sockaddr_in address_of(const struct role *role)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(role->port),
				     .sin_addr.s_addr = role->address };
}

/* BBR, which some machines start with, paces: it is not what ours is to be compared with. Inherited by what is accepted.
 * Where there is no choosing, what there is. */
static int stream_new(void)
{
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	if (descriptor < 0)
		fail("socket");
	if (setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5))
		setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	return descriptor;
}

int stream_listen(const struct role *role)
{
	struct sockaddr_in local = address_of(role);
	int descriptor = stream_new();

	setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (bind(descriptor, (struct sockaddr *)&local, sizeof(local)) ||
	    listen(descriptor, BACKLOG))
		fail("listen");
	return descriptor;
}

int stream_accept(int listener)
{
	int descriptor = accept(listener, NULL, NULL);

	if (descriptor < 0)
		fail("accept");
	return descriptor;
}

/* -1 where it is refused. */
static int try_connect(const struct role *role, int descriptor)
{
	struct sockaddr_in peer = address_of(role);

	if (!connect(descriptor, (struct sockaddr *)&peer, sizeof(peer)))
		return descriptor;
	close(descriptor);
	return -1;
}

int stream_connect(const struct role *role)
{
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	descriptor = descriptor < 0 ? -1 : try_connect(role, descriptor);
	if (descriptor < 0)
		fail("connect");
	return descriptor;
}

int stream_connect_first(const struct role *role)
{
	for (int try = 0; try < TRIES; try++) {
		int descriptor = try_connect(role, stream_new());
		if (descriptor >= 0)
			return descriptor;
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = TRY_NS }, NULL);
	}
	fail("connect");
}
