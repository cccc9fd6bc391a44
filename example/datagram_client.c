/* datagram_client: sends each text as a datagram, prints what comes back for it, and ends with an empty one. It connects
 * its socket, so that read and write do, and so that it hears of a port where nobody listens. Plain POSIX; it knows
 * nothing of Berth. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct addrinfo *to, wanted = { .ai_socktype = SOCK_DGRAM };

	if (argc < 4 || getaddrinfo(argv[1], argv[2], &wanted, &to) != 0) {
		fprintf(stderr, "usage: %s ADDRESS PORT TEXT...\n", argv[0]);
		return EXIT_FAILURE;
	}

	int client = socket(to->ai_family, SOCK_DGRAM, 0);
	if (client < 0)
		return fail("socket");
	if (connect(client, to->ai_addr, to->ai_addrlen) < 0)
		return fail("connect");
	freeaddrinfo(to);

	for (int number = 3; number < argc; number++) {
		char text[2048];
		if (write(client, argv[number], strlen(argv[number])) < 0)
			return fail("write");
		ssize_t size = read(client, text, sizeof text);
		if (size < 0)
			return fail("read");
		printf("%.*s\n", (int)size, text);
	}
	if (send(client, "", 0, 0) < 0)
		return fail("send");
	return EXIT_SUCCESS;
}
