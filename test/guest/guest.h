/* guest: what the small programs here share. Each asks questions of sockets and prints the answers; it is run on the
 * machine's own TCP and on Berth's, and the two texts must be the same (run.sh). They know nothing of Berth. */
#ifndef GUEST_H
#define GUEST_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a call returned: its errno's name, or for success "ok" and the number where it is told. */
#define SAY(call)                                                                                  \
	do {                                                                                       \
		errno = 0;                                                                         \
		long said = (long)(call);                                                          \
		printf("%s: %s\n", #call, said < 0 ? strerrorname_np(errno) : "ok");               \
	} while (0)

#define SAY_NUMBER(call)                                                                           \
	do {                                                                                       \
		errno = 0;                                                                         \
		long said = (long)(call);                                                          \
		printf("%s: %ld %s\n", #call, said, said < 0 ? strerrorname_np(errno) : "");       \
	} while (0)

/* What must work for the questions to make sense. */
#define MUST(call)                                                                                 \
	do {                                                                                       \
		if ((long)(call) < 0) {                                                            \
			printf("line %d: %s: %s\n", __LINE__, #call, strerror(errno));             \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static inline struct sockaddr_in guest_address(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline int guest_socket(void)
{
	int made = socket(AF_INET, SOCK_STREAM, 0);
	MUST(made);
	return made;
}

/* A listener on a port of the system's choice, which lands in address. */
static inline int guest_listen(struct sockaddr_in *address, int backlog)
{
	int listener = guest_socket();
	socklen_t size = sizeof(*address);
	*address = guest_address(0);
	MUST(bind(listener, (struct sockaddr *)address, size));
	MUST(listen(listener, backlog));
	MUST(getsockname(listener, (struct sockaddr *)address, &size));
	return listener;
}

static inline int guest_connect(const struct sockaddr_in *address)
{
	int made = guest_socket();
	MUST(connect(made, (const struct sockaddr *)address, sizeof(*address)));
	return made;
}

/* The two ends of a connection. */
static inline void guest_pair(int ends[2])
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5);
	ends[0] = guest_connect(&address);
	ends[1] = accept(listener, NULL, NULL);
	MUST(ends[1]);
	close(listener);
}

/* A listener whose queue is full: a backlog of one leaves room for two, and there they are. */
static inline int guest_listen_full(struct sockaddr_in *address)
{
	int listener = guest_listen(address, 1);
	guest_connect(address);
	guest_connect(address);
	return listener;
}

/* A port where nobody listens. */
static inline struct sockaddr_in guest_nobody(void)
{
	struct sockaddr_in address;
	close(guest_listen(&address, 1));
	return address;
}

#endif
