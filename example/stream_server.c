/* stream_server: accepts one connection, answers what comes with the same in capitals until the client ends, and says how
 * much there was. The address is of either family. Plain POSIX; it knows nothing of Berth. */
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct addrinfo *at, wanted = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };

	if (argc != 3 || getaddrinfo(argv[1], argv[2], &wanted, &at) != 0) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return EXIT_FAILURE;
	}

	int listener = socket(at->ai_family, SOCK_STREAM, 0);
	if (listener < 0)
		return fail("socket");
	if (bind(listener, at->ai_addr, at->ai_addrlen) < 0)
		return fail("bind");
	freeaddrinfo(at);
	if (listen(listener, 1) < 0)
		return fail("listen");
	puts("listening");
	fflush(stdout);

	int connection = accept(listener, NULL, NULL);
	if (connection < 0)
		return fail("accept");
	char text[4096];
	long count = 0;
	ssize_t size;
	while ((size = read(connection, text, sizeof text)) > 0) {
		for (ssize_t index = 0; index < size; index++)
			text[index] = (char)toupper((unsigned char)text[index]);
		if (write(connection, text, (size_t)size) != size)
			return fail("write");
		count += size;
	}
	printf("%ld bytes\n", count);
	return size < 0 ? fail("read") : EXIT_SUCCESS;
}
