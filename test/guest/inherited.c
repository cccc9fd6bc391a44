/* An accepted connection has the options of its listener: those the kernel's own reads and writes go by, and others. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/time.h>

static void say_time(int made, int name)
{
	struct timeval time = { 9, 9 };
	socklen_t size = sizeof(time);
	MUST(getsockopt(made, SOL_SOCKET, name, &time, &size));
	printf("time %d: %d.%06d\n", name, (int)time.tv_sec, (int)time.tv_usec);
}

static void say_int(int made, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);
	MUST(getsockopt(made, level, name, &value, &size));
	printf("option %d: %d\n", name, value);
}

static void say_all(int made)
{
	say_time(made, SO_RCVTIMEO);
	say_time(made, SO_SNDTIMEO);
	say_int(made, SOL_SOCKET, SO_RCVLOWAT);
	say_int(made, SOL_SOCKET, SO_KEEPALIVE);
	say_int(made, SOL_SOCKET, SO_REUSEADDR);
	say_int(made, SOL_SOCKET, SO_ACCEPTCONN);
	say_int(made, IPPROTO_TCP, TCP_NODELAY);
	say_int(made, IPPROTO_TCP, TCP_KEEPIDLE);
	say_int(made, IPPROTO_IP, IP_TTL);
	printf("nonblocking %d\n", (fcntl(made, F_GETFL) & O_NONBLOCK) != 0);
}

static int connection(int listener, const struct sockaddr_in *address, int *client)
{
	*client = guest_connect(address);
	int made = accept(listener, NULL, NULL);
	MUST(made);
	return made;
}

int main(void)
{
	struct sockaddr_in address;
	int client, listener = guest_listen(&address, 5), one = 1, four = 4, minute = 60;
	say_all(connection(listener, &address, &client));

	const struct timeval receive = { 0, 80000 }, send = { 3, 500000 };
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &receive, sizeof(receive)));
	MUST(setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &send, sizeof(send)));
	MUST(setsockopt(listener, SOL_SOCKET, SO_RCVLOWAT, &four, sizeof(four)));
	MUST(setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	MUST(setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)));
	MUST(setsockopt(listener, IPPROTO_TCP, TCP_KEEPIDLE, &minute, sizeof(minute)));
	MUST(setsockopt(listener, IPPROTO_IP, IP_TTL, &minute, sizeof(minute)));
	int made = connection(listener, &address, &client);
	say_all(made);

	char text[8];
	SAY_NUMBER(recv(made, text, sizeof(text), 0));
	SAY_NUMBER(accept(listener, NULL, NULL));
	SAY_NUMBER(write(client, "two", 3));
	usleep(20000);
	struct pollfd state = { .fd = made, .events = POLLIN };
	SAY_NUMBER(recv(made, text, sizeof(text), 0));
	SAY_NUMBER(write(client, "fourth", 6));
	SAY_NUMBER(poll(&state, 1, 2000));
	SAY_NUMBER(recv(made, text, sizeof(text), 0));
	return 0;
}
