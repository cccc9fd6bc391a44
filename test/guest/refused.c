/* Nobody listens: a connect that waits, one that does not, what SO_ERROR says, and trying again on the same descriptor. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>

static int error_of(int made)
{
	int error = -1;
	socklen_t size = sizeof(error);
	MUST(getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size));
	return error;
}

static void wait_for(int made)
{
	struct pollfd state = { .fd = made, .events = POLLIN | POLLOUT };
	MUST(poll(&state, 1, 5000));
	printf("poll: %s%s%s%s\n", state.revents & POLLIN ? "IN " : "",
	       state.revents & POLLOUT ? "OUT " : "", state.revents & POLLERR ? "ERR " : "",
	       state.revents & POLLHUP ? "HUP" : "");
}

int main(void)
{
	struct sockaddr_in nobody = guest_nobody(), somebody;
	const struct sockaddr *there = (const struct sockaddr *)&nobody;
	int waiting = guest_socket();
	SAY(connect(waiting, there, sizeof(nobody)));
	SAY(connect(waiting, there, sizeof(nobody)));
	printf("SO_ERROR: %d\n", error_of(waiting));

	int hasty = guest_socket();
	MUST(fcntl(hasty, F_SETFL, O_NONBLOCK));
	SAY(connect(hasty, there, sizeof(nobody)));
	wait_for(hasty);
	printf("SO_ERROR: %s\n", strerrorname_np(error_of(hasty)));
	printf("SO_ERROR: %d\n", error_of(hasty));

	int again = guest_socket();
	MUST(fcntl(again, F_SETFL, O_NONBLOCK));
	MUST(fcntl(again, F_SETFD, FD_CLOEXEC));
	SAY(connect(again, there, sizeof(nobody)));
	wait_for(again);
	SAY(connect(again, there, sizeof(nobody)));

	int listener = guest_listen(&somebody, 5);
	SAY(connect(again, (struct sockaddr *)&somebody, sizeof(somebody)));
	struct pollfd state = { .fd = again, .events = POLLOUT };
	SAY_NUMBER(poll(&state, 1, 5000));
	printf("SO_ERROR: %d\n", error_of(again));
	SAY_NUMBER(write(again, "x", 1));
	printf("flags: %s %s\n", fcntl(again, F_GETFL) & O_NONBLOCK ? "nonblock" : "block",
	       fcntl(again, F_GETFD) & FD_CLOEXEC ? "cloexec" : "kept");

	SAY(connect(waiting, (struct sockaddr *)&somebody, sizeof(somebody)));
	SAY(connect(waiting, (struct sockaddr *)&somebody, sizeof(somebody)));
	close(listener);
	return 0;
}
