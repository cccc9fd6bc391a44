/* A socket is a descriptor like others: flags, numbers and limits, dup, fork, vfork and exec, and its way to another process. */
#include "guest.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void say_flags(const char *what, int made)
{
	printf("%s: %s %s\n", what, fcntl(made, F_GETFL) & O_NONBLOCK ? "nonblock" : "block",
	       fcntl(made, F_GETFD) & FD_CLOEXEC ? "cloexec" : "kept");
}

static void flags(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5);
	say_flags("socket", listener);
	say_flags("nonblock", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	say_flags("cloexec", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
	guest_connect(&address);
	guest_connect(&address);
	say_flags("accept", accept(listener, NULL, NULL));
	say_flags("accept4", accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
	MUST(fcntl(listener, F_SETFL, O_NONBLOCK));
	SAY(accept(listener, NULL, NULL));
}

static void numbers(void)
{
	struct sockaddr_in address;
	int listener = guest_listen(&address, 5), client = guest_connect(&address);
	struct rlimit before, tight;
	int low = dup(0);
	close(low);
	printf("lowest %d\n", guest_socket() == low);
	MUST(getrlimit(RLIMIT_NOFILE, &before));
	tight = before;
	tight.rlim_cur = (rlim_t)dup(0);
	MUST(setrlimit(RLIMIT_NOFILE, &tight));
	close((int)tight.rlim_cur);
	int last = (int)tight.rlim_cur - 1;
	while (dup(0) >= 0)
		continue;
	SAY(socket(AF_INET, SOCK_STREAM, 0));
	SAY(accept(listener, NULL, NULL));
	MUST(setrlimit(RLIMIT_NOFILE, &before));
	int accepted = accept(listener, NULL, NULL);
	SAY_NUMBER(write(client, "kept", 4));
	char text[8] = { 0 };
	SAY_NUMBER(read(accepted, text, sizeof(text)));
	printf("%s %d\n", text, last > 0);
}

static void duplicates(void)
{
	int ends[2];
	char text[16] = { 0 };
	guest_pair(ends);
	int twin = dup(ends[0]), moved = dup2(ends[0], 77);
	close(ends[0]);
	SAY_NUMBER(write(twin, "twin", 4));
	close(twin);
	SAY_NUMBER(write(moved, "moved", 5));
	SAY_NUMBER(recv(ends[1], text, 9, MSG_WAITALL));
	printf("%s\n", text);
	struct sockaddr_in peer, local;
	socklen_t size = sizeof(peer);
	MUST(getpeername(moved, (struct sockaddr *)&peer, &size));
	MUST(getsockname(ends[1], (struct sockaddr *)&local, &size));
	printf("names agree %d\n", memcmp(&peer, &local, sizeof(peer)) == 0);
	close(moved);
	SAY_NUMBER(read(ends[1], text, sizeof(text)));
}

static void send_descriptor(int channel, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec piece = { "d", 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
	MUST(sendmsg(channel, &message, 0));
}

static int receive_descriptor(int channel)
{
	char byte;
	int descriptor = -1;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec piece = { &byte, 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	MUST(recvmsg(channel, &message, 0));
	memcpy(&descriptor, CMSG_DATA(&control.header), sizeof(descriptor));
	return descriptor;
}

/* The connection's only holder in the end is a process that never made a socket. */
static void passed(void)
{
	int ends[2], channel[2];
	char text[32] = { 0 };
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
	pid_t child = fork();
	if (child == 0) {
		int got = receive_descriptor(channel[1]);
		struct sockaddr_in peer;
		socklen_t size = sizeof(peer);
		dprintf(got, "passed, %s",
			getpeername(got, (struct sockaddr *)&peer, &size) < 0
				? strerrorname_np(errno)
				: "peer known");
		_exit(0);
	}
	guest_pair(ends);
	send_descriptor(channel[0], ends[0]);
	close(ends[0]);
	waitpid(child, NULL, 0);
	ssize_t size = recv(ends[1], text, sizeof(text) - 1, MSG_WAITALL);
	printf("%zd %s\n", size, text);
}

static void executed(void)
{
	int ends[2];
	char text[32] = { 0 };
	guest_pair(ends);
	fflush(stdout);
	pid_t child = vfork();
	if (child == 0) {
		dup2(ends[0], 1);
		close(ends[1]);
		execl("/bin/echo", "echo", "from exec", (char *)NULL);
		_exit(127);
	}
	close(ends[0]);
	waitpid(child, NULL, 0);
	ssize_t size = recv(ends[1], text, sizeof(text) - 1, MSG_WAITALL);
	printf("%zd %s", size, text);
}

int main(void)
{
	flags();
	numbers();
	duplicates();
	passed();
	executed();
	return 0;
}
