/* Children that are killed in the middle of every call, and children that pass sockets about and end; then the parent finds
 * everything as it was. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { KILLED = 240, PASSED = 60 };

static struct sockaddr_in listening, full, nobody;
static int listener;

static void in_connect(void)
{
	int made = guest_socket();
	connect(made, (struct sockaddr *)&listening, sizeof(listening));
	close(made);
}

static void in_connect_that_waits(void)
{
	connect(guest_socket(), (struct sockaddr *)&full, sizeof(full));
}

static void in_connect_that_fails(void)
{
	int made = guest_socket();
	connect(made, (struct sockaddr *)&nobody, sizeof(nobody));
	close(made);
}

static void in_hasty_connect(void)
{
	int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(made, (struct sockaddr *)&listening, sizeof(listening));
	close(made);
}

static void in_accept(void)
{
	int made = accept(listener, NULL, NULL);
	close(made);
}

static void in_names(void)
{
	struct sockaddr_in address = guest_address(0);
	socklen_t size = sizeof(address);
	int made = guest_socket(), one = 1;
	bind(made, (struct sockaddr *)&address, size);
	getsockname(made, (struct sockaddr *)&address, &size);
	setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	getsockopt(made, SOL_SOCKET, SO_REUSEADDR, &one, &size);
	listen(made, 5);
	close(made);
}

static void in_transfers(void)
{
	static char text[300000];
	struct iovec piece = { text, sizeof(text) };
	struct sockaddr_in address = listening;
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = sizeof(address),
				  .msg_iov = &piece,
				  .msg_iovlen = 1 };
	int made = guest_socket();
	socklen_t size = sizeof(address);
	if (connect(made, (struct sockaddr *)&listening, sizeof(listening)) == 0) {
		sendto(made, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&address, size);
		sendmsg(made, &message, MSG_DONTWAIT);
		recvfrom(made, text, 1, MSG_DONTWAIT, (struct sockaddr *)&address, &size);
		recvmsg(made, &message, MSG_DONTWAIT);
		shutdown(made, SHUT_WR);
	}
	close(made);
}

static void (*const calls[])(void) = {
	in_connect, in_connect_that_waits, in_connect_that_fails, in_hasty_connect, in_accept,
	in_names,   in_transfers
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static void kill_one(int which)
{
	pid_t child = fork();
	MUST(child);
	if (child == 0)
		for (;;)
			calls[which % CALLS]();
	usleep((useconds_t)(which * 37 % 4000));
	MUST(kill(child, SIGKILL));
	MUST(waitpid(child, NULL, 0));
}

static void drain(void)
{
	int made;
	MUST(fcntl(listener, F_SETFL, O_NONBLOCK));
	for (struct pollfd state = { .fd = listener, .events = POLLIN }; poll(&state, 1, 200) == 1;)
		if ((made = accept(listener, NULL, NULL)) >= 0)
			close(made);
	MUST(fcntl(listener, F_SETFL, 0));
}

/* A socket goes to a child by SCM_RIGHTS, which answers on it and ends, by way of exec each other time. */
static void pass_one(int which)
{
	int channel[2], client = guest_socket();
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	MUST(connect(client, (struct sockaddr *)&listening, sizeof(listening)));
	int made = accept(listener, NULL, NULL);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	char byte = 'd';
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	memcpy(CMSG_DATA(&control.header), &made, sizeof(made));
	MUST(sendmsg(channel[0], &message, 0));
	close(made);
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		MUST(recvmsg(channel[1], &message, 0));
		memcpy(&made, CMSG_DATA(&control.header), sizeof(made));
		dup2(made, 1);
		if (which & 1)
			execl("/bin/echo", "echo", "-n", "answer", NULL);
		_exit(write(made, "answer", 6) != 6);
	}
	char text[8] = { 0 };
	close(channel[0]);
	close(channel[1]);
	if (recv(client, text, 6, MSG_WAITALL) != 6 || strcmp(text, "answer") != 0)
		printf("%d: wrong answer\n", which);
	MUST(waitpid(child, NULL, 0));
	if (read(client, text, 1) != 0)
		printf("%d: no end\n", which);
	close(client);
}

int main(void)
{
	struct sockaddr_in other;
	signal(SIGPIPE, SIG_IGN);
	nobody = guest_nobody();
	listener = guest_listen(&listening, 128);
	int never = guest_listen_full(&full);
	for (int i = 0; i < KILLED; i++) {
		kill_one(i);
		if (i % 40 == 39)
			drain();
	}
	drain();
	for (int i = 0; i < PASSED; i++)
		pass_one(i);
	close(never);
	close(listener);

	int fresh = guest_listen(&other, 5), client = guest_connect(&other);
	char text[8] = { 0 };
	SAY_NUMBER(write(client, "well", 4));
	SAY_NUMBER(read(accept(fresh, NULL, NULL), text, sizeof(text)));
	printf("%s\n", text);
	return 0;
}
