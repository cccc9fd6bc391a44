/* stream_server: accepts one connection, answers what comes with the same in capitals until the client ends, and says how
 * much there was. Plain POSIX; it knows nothing of Berth. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
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
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (argc != 3 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: %s ADDRESS PORT\n", argv[0]);
		return EXIT_FAILURE;
	}
	address.sin_port = htons((uint16_t)atoi(argv[2]));

	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0)
		return fail("socket");
	if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
		return fail("bind");
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
