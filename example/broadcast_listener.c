/* broadcast_listener: prints what is sent to its port until "the end" comes. Plain POSIX; it knows nothing of Berth. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc != 2) {
		fprintf(stderr, "usage: %s PORT\n", argv[0]);
		return EXIT_FAILURE;
	}
	address.sin_port = htons((uint16_t)atoi(argv[1]));

	int listener = socket(AF_INET, SOCK_DGRAM, 0);
	if (listener < 0)
		return fail("socket");
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
		return fail("bind");
	puts("listening");
	fflush(stdout);

	char text[1500];
	do {
		ssize_t size = recv(listener, text, sizeof text - 1, 0);
		if (size < 0)
			return fail("recv");
		text[size] = '\0';
		puts(text);
		fflush(stdout);
	} while (strcmp(text, "the end") != 0);
	return EXIT_SUCCESS;
}
