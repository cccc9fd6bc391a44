/* datagram_server: answers each datagram with the same in capitals, to whoever sent it, until an empty one comes. The
 * address is of either family. Plain POSIX; it knows nothing of Berth. */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct addrinfo *at, wanted = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_PASSIVE };

	if (argc != 3 || getaddrinfo(argv[1], argv[2], &wanted, &at) != 0) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return EXIT_FAILURE;
	}

	int server = socket(at->ai_family, SOCK_DGRAM, 0);
	if (server < 0)
		return fail("socket");
	if (bind(server, at->ai_addr, at->ai_addrlen) < 0)
		return fail("bind");
	freeaddrinfo(at);
	puts("listening");
	fflush(stdout);

	for (;;) {
		char text[2048];
		struct sockaddr_storage client;
		socklen_t client_size = sizeof client;
		ssize_t size = recvfrom(server, text, sizeof text, 0, (struct sockaddr *)&client,
					&client_size);
		if (size < 0)
			return fail("recvfrom");
		printf("%zd bytes\n", size);
		if (size == 0)
			return EXIT_SUCCESS;
		for (ssize_t index = 0; index < size; index++)
			text[index] = (char)toupper((unsigned char)text[index]);
		if (sendto(server, text, (size_t)size, 0, (struct sockaddr *)&client, client_size) <
		    0)
			return fail("sendto");
	}
}
