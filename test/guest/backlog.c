/* How many connections end their handshake before anybody accepts: the backlog and one more. And none of them is lost. */
#include "guest.h"

#include <poll.h>

enum { ASKED = 9 };

static void ask(int backlog)
{
	struct sockaddr_in address;
	struct pollfd made[ASKED];
	int listener = guest_listen(&address, backlog), established = 0;

	for (int i = 0; i < ASKED; i++) {
		made[i] = (struct pollfd){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0),
					   .events = POLLOUT };
		if (connect(made[i].fd, (struct sockaddr *)&address, sizeof(address)) < 0 &&
		    errno != EINPROGRESS)
			printf("connect: %s\n", strerrorname_np(errno));
		usleep(10000);
	}
	poll(made, ASKED, 100);
	for (int i = 0; i < ASKED; i++)
		established += (made[i].revents & POLLOUT) != 0;
	printf("backlog %d: %d\n", backlog, established);

	for (int i = 0; i < ASKED; i++)
		if (!(made[i].revents & POLLOUT))
			close(made[i].fd);
	for (int i = 0; i < established; i++)
		SAY(accept(listener, NULL, NULL));
}

int main(void)
{
	static const int backlogs[] = { 0, 1, 2, 5 };
	for (size_t i = 0; i < sizeof(backlogs) / sizeof(backlogs[0]); i++)
		ask(backlogs[i]);
	return 0;
}
