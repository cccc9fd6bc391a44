/* stream_client: connects, sends a text, ends its half, and prints what comes back. The address is of either
 * family, or a name. Plain POSIX; it knows nothing of Berth. */
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
	struct addrinfo *to, wanted = { .ai_socktype = SOCK_STREAM };

	if (argc != 4 || getaddrinfo(argv[1], argv[2], &wanted, &to) != 0) {
		fprintf(stderr, "usage: %s ADDRESS PORT TEXT\n", argv[0]);
		return EXIT_FAILURE;
	}

	int connection = socket(to->ai_family, SOCK_STREAM, 0);
	if (connection < 0)
		return fail("socket");
	if (connect(connection, to->ai_addr, to->ai_addrlen) < 0)
		return fail("connect");
	freeaddrinfo(to);
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
