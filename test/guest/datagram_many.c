/* sendmmsg and recvmmsg of datagrams; one socket in several processes and threads; epoll. */
#include "datagrams.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { MANY = 8 };

static struct sockaddr_in addresses[2];
static int server, client;
static char texts[MANY][16];
static struct iovec pieces[MANY];
static struct mmsghdr messages[MANY];
static struct sockaddr_in names[MANY];

static void prepare(bool named, size_t size)
{
	for (int i = 0; i < MANY; i++) {
		pieces[i] = (struct iovec){ texts[i], size };
		messages[i] =
			(struct mmsghdr){ .msg_hdr = { .msg_iov = &pieces[i], .msg_iovlen = 1 } };
		if (named) {
			messages[i].msg_hdr.msg_name = &names[i];
			messages[i].msg_hdr.msg_namelen = sizeof(names[i]);
		}
	}
}

static void say_messages(int count)
{
	for (int i = 0; i < count; i++)
		printf("%u \"%.*s\" from %d\n", messages[i].msg_len, (int)messages[i].msg_len,
		       texts[i], names[i].sin_port == addresses[1].sin_port);
}

static void send_many(int count)
{
	prepare(true, 2);
	for (int i = 0; i < MANY; i++) {
		names[i] = addresses[0];
		memcpy(texts[i], "m0", 2);
		texts[i][1] = (char)('0' + i);
	}
	SAY_NUMBER(sendmmsg(client, messages, (unsigned)count, 0));
	printf("%u %u\n", messages[0].msg_len, messages[count - 1].msg_len);
	settle();
}

static void many(void)
{
	struct timespec soon = { .tv_nsec = 1 };
	send_many(MANY);
	prepare(true, sizeof(texts[0]));
	SAY_NUMBER(recvmmsg(server, messages, MANY, 0, NULL));
	say_messages(MANY);
	SAY_NUMBER(recvmmsg(server, messages, MANY, MSG_DONTWAIT, NULL));
	send_many(3);
	prepare(true, sizeof(texts[0]));
	SAY_NUMBER(recvmmsg(server, messages, MANY, MSG_DONTWAIT, NULL));
	say_messages(3);
	send_many(2);
	prepare(true, sizeof(texts[0]));
	SAY_NUMBER(recvmmsg(server, messages, MANY, MSG_WAITFORONE, NULL));
	send_many(2);
	prepare(true, sizeof(texts[0]));
	SAY_NUMBER(recvmmsg(server, messages, MANY, 0, &soon));
	SAY_NUMBER(recv(server, texts[0], 16, MSG_DONTWAIT));
	SAY_NUMBER(recvmmsg(server, messages, 0, MSG_DONTWAIT, NULL));
}

/* The third has no address that is one: two are sent, and then it is its turn. */
static void stopped(void)
{
	prepare(true, 2);
	for (int i = 0; i < MANY; i++)
		names[i] = addresses[0];
	names[2].sin_port = 0;
	SAY_NUMBER(sendmmsg(client, messages, MANY, 0));
	SAY_NUMBER(sendmmsg(client, messages + 2, 1, 0));
	settle();
	SAY_NUMBER(recv(server, texts[0], 16, MSG_DONTWAIT));
	SAY_NUMBER(recv(server, texts[0], 16, MSG_DONTWAIT));
	SAY_NUMBER(recv(server, texts[0], 16, MSG_DONTWAIT));
}

static void plain(void)
{
	SAY(connect(client, (struct sockaddr *)&addresses[0], sizeof(addresses[0])));
	prepare(false, 2);
	SAY_NUMBER(sendmmsg(client, messages, MANY, 0));
	settle();
	prepare(false, sizeof(texts[0]));
	SAY_NUMBER(recvmmsg(server, messages, MANY, 0, NULL));
	printf("flags %d, name %u\n", messages[0].msg_hdr.msg_flags,
	       messages[0].msg_hdr.msg_namelen);
}

static void in_two_processes(void)
{
	char text[16] = { 0 };
	fflush(stdout);
	if (fork() == 0)
		_exit(send_to(server, "child", 5, &addresses[1]) == 5 ? 0 : 1);
	int status = -1;
	wait(&status);
	printf("child %d\n", status);
	say_from(client, addresses, 2);
	int copy = dup(client);
	close(client);
	client = copy;
	MUST(send(client, "dup", 3, 0));
	say_from(server, addresses, 2);
	MUST(send_to(server, "d", 1, &addresses[1]));
	await(client);
	SAY_NUMBER(recv(client, text, 16, 0));
}

static void *receive(void *result)
{
	char text[16];
	struct sockaddr_in from;
	*(long *)result = recvfrom(server, text, 16, 0, (struct sockaddr *)&from,
				   &(socklen_t){ sizeof(from) });
	return NULL;
}

static void in_two_threads(void)
{
	pthread_t threads[2];
	long results[2] = { 0 };
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, receive, &results[i]);
	settle();
	MUST(send(client, "t", 1, 0));
	MUST(send(client, "t", 1, 0));
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("%ld %ld\n", results[0], results[1]);
}

static void edges(void)
{
	int watcher = epoll_create1(0);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	char text[16];
	MUST(epoll_ctl(watcher, EPOLL_CTL_ADD, server, &event));
	SAY_NUMBER(epoll_wait(watcher, &event, 1, 0));
	MUST(send(client, "e", 1, 0));
	SAY_NUMBER(epoll_wait(watcher, &event, 1, 1000));
	printf("events %u\n", event.events);
	SAY_NUMBER(epoll_wait(watcher, &event, 1, 0));
	SAY_NUMBER(recv(server, text, 16, MSG_DONTWAIT));
	SAY_NUMBER(recv(server, text, 16, MSG_DONTWAIT));
	SAY_NUMBER(epoll_wait(watcher, &event, 1, 0));
}

/* What the last of it sent before it closed arrives, and its port is free. */
static void closed(void)
{
	struct sockaddr_in last = addresses[1];
	MUST(send(client, "last", 4, 0));
	close(client);
	say_from(server, addresses, 2);
	client = socket(AF_INET, SOCK_DGRAM, 0);
	SAY(bind(client, (struct sockaddr *)&last, sizeof(last)));
}

int main(void)
{
	server = guest_bound(&addresses[0]);
	client = guest_bound(&addresses[1]);
	many();
	stopped();
	plain();
	in_two_processes();
	in_two_threads();
	edges();
	closed();
	return 0;
}
