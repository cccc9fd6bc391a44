/* A server that is killed while it waits in accept, and started again on the same port at once. */
#include "guest.h"

#include <signal.h>
#include <sys/wait.h>

static pid_t serve(const struct sockaddr_in *address)
{
	pid_t child = fork();
	if (child != 0)
		return child;
	int listener = guest_socket();
	MUST(bind(listener, (const struct sockaddr *)address, sizeof(*address)));
	MUST(listen(listener, 5));
	accept(listener, NULL, NULL);
	_exit(0);
}

int main(void)
{
	const struct sockaddr_in address = guest_nobody();
	for (int i = 0; i < 5; i++) {
		int status, made = guest_socket();
		pid_t child = serve(&address);
		usleep(150000);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		SAY(bind(made, (const struct sockaddr *)&address, sizeof(address)));
		close(made);
	}
	return 0;
}
