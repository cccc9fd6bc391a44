/* stream: what the guest_* programs share: plain POSIX, the same binary over the machine's TCP and over Berth's. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdint.h>

/* Which side of a measurement a program plays, from its arguments: server PORT, or client ADDRESS PORT NUMBER. What number
 * is, each program says. */
struct role {
	int is_server;
	uint32_t address; /* network order */
	uint16_t port;
	int number;
};

/* Ends the program where the arguments make no sense. */
struct role role_read(int argc, char **argv);

/* A listener on that port of every address. Ends the program where there is none. */
int stream_listen(const struct role *role);

/* The next connection. Ends the program where there will be none. */
int stream_accept(int listener);

/* A connection, or the program ends. */
int stream_connect(const struct role *role);

/* The same, but waits for a server that has not begun to listen, for 5 seconds at most. */
int stream_connect_first(const struct role *role);

/* Prints what failed, with errno, and ends the program. */
_Noreturn void fail(const char *what);

#endif
