/* A server that leaves its parent, session and terminal behind, as daemons do, and serves afterwards. */
#include "guest.h"

#include <fcntl.h>

/* The grandchild: one connection, then its end. */
static void serve(int listener)
{
	setsid();
	if (fork() != 0)
		_exit(0);
	usleep(100000);
	int connection = accept(listener, NULL, NULL);
	dprintf(connection, "served by an orphan\n");
	_exit(0);
}

int main(void)
{
	struct sockaddr_in address;
	char text[64] = { 0 };
	int listener = guest_listen(&address, 5);
	if (fork() == 0)
		serve(listener);
	close(listener);
	int connection = guest_connect(&address);
	ssize_t size = recv(connection, text, sizeof(text) - 1, MSG_WAITALL);
	printf("%zd %s", size, text);
	return 0;
}
