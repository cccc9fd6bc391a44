/* shutdown: one direction ends, the other goes on; and what is left of each after it. */
#include "guest.h"

#include <poll.h>
#include <signal.h>

static void say_events(int made)
{
	struct pollfd state = { .fd = made, .events = POLLIN | POLLOUT | POLLRDHUP };
	usleep(50000);
	MUST(poll(&state, 1, 1000));
	printf("poll: %s%s%s%s%s\n", state.revents & POLLIN ? "IN " : "",
	       state.revents & POLLOUT ? "OUT " : "", state.revents & POLLRDHUP ? "RDHUP " : "",
	       state.revents & POLLHUP ? "HUP " : "", state.revents & POLLERR ? "ERR" : "");
}

int main(void)
{
	int ends[2];
	char text[16] = { 0 };
	guest_pair(ends);
	signal(SIGPIPE, SIG_IGN);
	SAY_NUMBER(write(ends[0], "question", 8));
	SAY(shutdown(ends[0], SHUT_WR));
	SAY_NUMBER(write(ends[0], "x", 1));
	SAY_NUMBER(recv(ends[1], text, sizeof(text), MSG_WAITALL));
	say_events(ends[1]);
	SAY_NUMBER(read(ends[1], text, sizeof(text)));
	SAY_NUMBER(write(ends[1], "answer", 6));
	SAY_NUMBER(recv(ends[0], text, 6, MSG_WAITALL));
	say_events(ends[0]);
	close(ends[1]);
	say_events(ends[0]);
	SAY_NUMBER(read(ends[0], text, sizeof(text)));

	guest_pair(ends);
	SAY(shutdown(ends[0], SHUT_RDWR));
	SAY_NUMBER(read(ends[0], text, sizeof(text)));
	SAY_NUMBER(read(ends[1], text, sizeof(text)));

	guest_pair(ends);
	MUST(write(ends[0], "unread", 6));
	usleep(50000);
	close(ends[1]);
	say_events(ends[0]);
	SAY_NUMBER(read(ends[0], text, sizeof(text)));
	SAY_NUMBER(write(ends[0], "x", 1));
	return 0;
}
