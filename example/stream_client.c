/* stream_client: connects, sends a text, ends its half, and prints what comes back. Plain POSIX; it knows nothing of
 * Berth. */
#include <arpa/inet.h>
#include <netinet/in.h>
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
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc != 4 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: %s ADDRESS PORT TEXT\n", argv[0]);
		return EXIT_FAILURE;
	}
	address.sin_port = htons((uint16_t)atoi(argv[2]));

	int connection = socket(AF_INET, SOCK_STREAM, 0);
	if (connection < 0)
		return fail("socket");
	if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0)
		return fail("connect");
	if (write(connection, argv[3], strlen(argv[3])) < 0)
		return fail("write");
	if (shutdown(connection, SHUT_WR) < 0)
		return fail("shutdown");

	char text[4096];
	ssize_t size;
	while ((size = read(connection, text, sizeof text)) > 0)
		fwrite(text, 1, (size_t)size, stdout);
	puts("");
	return size < 0 ? fail("read") : EXIT_SUCCESS;
}
