/* Another thread changes and unmaps, all the time, what a call is reading and writing; a third shuffles the descriptors. Each
 * call does the one thing or the other; nothing else breaks. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/uio.h>

enum { PAGE = 4096, ROUNDS = 400 };

static atomic_bool over;
static char *page;
static int shuffled;

static void *change(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !over; i++) {
		mmap(page, PAGE, i & 1 ? PROT_READ | PROT_WRITE : PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (i & 1)
			memset(page, (int)i, i % PAGE);
	}
	return NULL;
}

static void *shuffle(void *others)
{
	const int *ends = others;
	for (unsigned i = 0; !over; i++)
		dup2(ends[i % 3], shuffled);
	return NULL;
}

/* What is in the page is anything, and the socket any of three. */
static void one_round(int listener, const struct sockaddr_in *listening)
{
	struct sockaddr *address = (struct sockaddr *)(void *)page;
	socklen_t *size = (socklen_t *)(void *)(page + 128);
	struct msghdr *message = (struct msghdr *)(void *)(page + 256);
	int value = 1, made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	bind(made, address, 16);
	connect(made, address, 16);
	close(made);
	getsockname(shuffled, address, size);
	getpeername(shuffled, address, size);
	setsockopt(shuffled, SOL_SOCKET, SO_KEEPALIVE, page, 4);
	getsockopt(shuffled, SOL_SOCKET, SO_TYPE, &value, size);
	sendto(shuffled, page, 64, MSG_DONTWAIT | MSG_NOSIGNAL, address, 16);
	recvfrom(shuffled, page, 64, MSG_DONTWAIT, address, size);
	sendmsg(shuffled, message, MSG_DONTWAIT | MSG_NOSIGNAL);
	recvmsg(shuffled, message, MSG_DONTWAIT);
	sendmmsg(shuffled, (struct mmsghdr *)message, 2, MSG_DONTWAIT | MSG_NOSIGNAL);
	recvmmsg(shuffled, (struct mmsghdr *)message, 2, MSG_DONTWAIT, NULL);

	made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(made, (const struct sockaddr *)listening, sizeof(*listening));
	int accepted = accept4(listener, address, size, SOCK_NONBLOCK);
	if (accepted >= 0)
		close(accepted);
	close(made);
}

int main(void)
{
	struct sockaddr_in address, other;
	pthread_t changer, shuffler;
	int listener = guest_listen(&address, 128), one = 1;
	int ends[3] = { listener, guest_socket(), socket(AF_UNIX, SOCK_STREAM, 0) };
	signal(SIGPIPE, SIG_IGN);
	MUST(fcntl(listener, F_SETFL, O_NONBLOCK));
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shuffled = dup(ends[1]);
	pthread_create(&changer, NULL, change, NULL);
	pthread_create(&shuffler, NULL, shuffle, ends);
	for (int i = 0; i < ROUNDS; i++)
		one_round(listener, &address);
	over = true;
	pthread_join(changer, NULL);
	pthread_join(shuffler, NULL);

	/* And all is well. */
	int fresh = guest_listen(&other, 5), client = guest_connect(&other);
	int made = accept(fresh, NULL, NULL);
	char text[8] = { 0 };
	SAY(setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	SAY_NUMBER(write(client, "well", 4));
	SAY_NUMBER(read(made, text, sizeof(text)));
	printf("%s\n", text);
	return 0;
}
