/* connect() that does not wait, under poll, select, and an edge-triggered epoll that knew the socket before. The listener's
 * queue is full at first, so that the handshake cannot end before we look. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>

static int error_of(int made)
{
	int error = -1;
	socklen_t size = sizeof(error);
	MUST(getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &size));
	return error;
}

static int hasty_socket(void)
{
	int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	MUST(made);
	return made;
}

static void under_poll(const struct sockaddr_in *address)
{
	int made = hasty_socket();
	SAY(connect(made, (const struct sockaddr *)address, sizeof(*address)));
	struct pollfd state = { .fd = made, .events = POLLOUT };
	SAY_NUMBER(poll(&state, 1, 5000));
	printf("writable %d, error %d\n", state.revents == POLLOUT, error_of(made));
	SAY(connect(made, (const struct sockaddr *)address, sizeof(*address)));
	close(made);
}

static void under_select(const struct sockaddr_in *address)
{
	int made = hasty_socket();
	SAY(connect(made, (const struct sockaddr *)address, sizeof(*address)));
	fd_set set;
	FD_ZERO(&set);
	FD_SET(made, &set);
	struct timeval patience = { 5, 0 };
	SAY_NUMBER(select(made + 1, NULL, &set, NULL, &patience));
	printf("writable %d, error %d\n", FD_ISSET(made, &set) != 0, error_of(made));
	close(made);
}

static void under_epoll(const struct sockaddr_in *address)
{
	int made = hasty_socket(), epoll = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	MUST(epoll);
	MUST(epoll_ctl(epoll, EPOLL_CTL_ADD, made, &event));
	while (epoll_wait(epoll, &event, 1, 0) == 1)
		continue; /* an unconnected one has an event of its own */
	SAY(connect(made, (const struct sockaddr *)address, sizeof(*address)));
	SAY_NUMBER(epoll_wait(epoll, &event, 1, 5000));
	printf("writable %d, hung up %d, error %d\n", (event.events & EPOLLOUT) != 0,
	       (event.events & (EPOLLHUP | EPOLLERR)) != 0, error_of(made));
	SAY_NUMBER(epoll_wait(epoll, &event, 1, 50));
	close(made);
	close(epoll);
}

/* A connection that waits for room in the queue is in progress, and says so. */
static void in_progress(void)
{
	struct sockaddr_in address;
	int listener = guest_listen_full(&address), made = hasty_socket();
	struct pollfd state = { .fd = made, .events = POLLIN | POLLOUT };
	SAY(connect(made, (struct sockaddr *)&address, sizeof(address)));
	SAY_NUMBER(poll(&state, 1, 50));
	SAY(connect(made, (struct sockaddr *)&address, sizeof(address)));
	MUST(accept(listener, NULL, NULL));
	MUST(accept(listener, NULL, NULL));
	SAY_NUMBER(poll(&state, 1, 8000));
	printf("writable %d, error %d\n", state.revents == POLLOUT, error_of(made));
	close(made);
}

int main(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 16);
	under_poll(&address);
	under_select(&address);
	under_epoll(&address);
	in_progress();
	close(listener);
	return 0;
}
