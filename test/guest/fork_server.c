/* A server that forks a child for each connection; the children serve on the descriptors they inherited. */
#include "guest.h"

#include <sys/wait.h>

static void serve(int connection)
{
	char text[64];
	ssize_t size = read(connection, text, sizeof(text));
	for (ssize_t i = 0; i < size; i++)
		text[i] = (char)(text[i] - 'a' + 'A');
	MUST(write(connection, text, (size_t)(size > 0 ? size : 0)));
}

int main(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 16);
	if (fork() == 0) {
		for (int i = 0; i < 10; i++) {
			int connection = accept(listener, NULL, NULL);
			MUST(connection);
			if (fork() == 0) {
				close(listener);
				serve(connection);
				_exit(0);
			}
			close(connection);
		}
		while (wait(NULL) > 0)
			continue;
		_exit(0);
	}
	close(listener);

	for (int i = 0; i < 10; i++) {
		char text[64] = { 0 }, back[64] = { 0 };
		int connection = guest_connect(&address);
		snprintf(text, sizeof(text), "client%c", 'a' + i);
		MUST(write(connection, text, strlen(text)));
		MUST(read(connection, back, sizeof(back) - 1));
		printf("%s then %zd\n", back, read(connection, text, sizeof(text)));
		close(connection);
	}
	MUST(wait(NULL));
	return 0;
}
