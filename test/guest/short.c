/* Thousands of connections that are over as soon as they began: the server takes one byte, gives one and closes. The client
 * sees that byte and the end, and never another: what the house says to itself on a carrier must not get into the stream. */
#include "guest.h"

#include <sys/wait.h>

enum { COUNT = 3000 };

static void serve(int listener)
{
	for (int i = 0; i < COUNT; i++) {
		char byte;
		int connection = accept(listener, NULL, NULL);
		MUST(connection);
		if (read(connection, &byte, 1) != 1 || write(connection, &byte, 1) != 1)
			printf("connection %d: %s\n", i, strerror(errno));
		close(connection);
	}
}

static bool one_byte_and_the_end(const struct sockaddr_in *address, char byte)
{
	char back[16];
	int connection = guest_connect(address);

	MUST(write(connection, &byte, 1));
	bool good = read(connection, back, sizeof(back)) == 1 && back[0] == byte &&
		    read(connection, back, sizeof(back)) == 0;
	close(connection);
	return good;
}

int main(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 64), good = 0;

	fflush(stdout);
	if (fork() == 0) {
		serve(listener);
		fflush(stdout);
		_exit(0);
	}
	close(listener);
	for (int i = 0; i < COUNT; i++)
		good += one_byte_and_the_end(&address, (char)('a' + i % 26));
	MUST(wait(NULL));
	printf("%d of %d\n", good, COUNT);
	return 0;
}
