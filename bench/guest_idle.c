/* guest_idle: many connections that do nothing, for as long as somebody wants to weigh them.
 *
 *   guest_idle server PORT                     accepts and keeps
 *   guest_idle client ADDRESS PORT COUNT       opens COUNT, prints "open", and ends with its standard input */
#include "posix/stream.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* A descriptor a connection: as many as may be had. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		fail("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		fail("setrlimit");
}

int main(int argc, char **argv)
{
	struct role role = role_read(argc, argv);
	char rest;

	raise_limit();
	if (role.is_server)
		for (int listener = stream_listen(&role);;)
			stream_accept(listener);

	stream_connect_first(&role);
	for (int index = 1; index < role.number; index++)
		stream_connect(&role);
	puts("open");
	fflush(stdout);
	while (read(STDIN_FILENO, &rest, 1) > 0)
		;
	return 0;
}
