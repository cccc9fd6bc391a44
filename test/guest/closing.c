/* One thread waits in a call on a descriptor, and another closes it: the call goes on with the socket, as Linux has it. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

struct waiter {
	pthread_t thread;
	int descriptor, error;
	long result;
	struct sockaddr_in address;
	char text[8];
};

static void *in_accept(void *argument)
{
	struct waiter *waiter = argument;
	waiter->result = accept(waiter->descriptor, NULL, NULL);
	waiter->error = errno;
	return NULL;
}

static void *in_connect(void *argument)
{
	struct waiter *waiter = argument;
	waiter->result = connect(waiter->descriptor, (struct sockaddr *)&waiter->address,
				 sizeof(waiter->address));
	waiter->error = errno;
	return NULL;
}

static void *in_recv(void *argument)
{
	struct waiter *waiter = argument;
	waiter->result = recv(waiter->descriptor, waiter->text, sizeof(waiter->text), 0);
	waiter->error = errno;
	return NULL;
}

static void *in_recvfrom(void *argument)
{
	struct waiter *waiter = argument;
	socklen_t size = sizeof(waiter->address);
	waiter->result = recvfrom(waiter->descriptor, waiter->text, sizeof(waiter->text), 0,
				  (struct sockaddr *)&waiter->address, &size);
	waiter->error = errno;
	return NULL;
}

static void *in_poll(void *argument)
{
	struct waiter *waiter = argument;
	struct pollfd state = { .fd = waiter->descriptor, .events = POLLIN };
	waiter->result = poll(&state, 1, 5000);
	waiter->error = errno;
	return NULL;
}

static void wait_and_close(struct waiter *waiter, void *(*what)(void *))
{
	pthread_create(&waiter->thread, NULL, what, waiter);
	usleep(50000);
	SAY(close(waiter->descriptor));
	usleep(20000);
	SAY(fcntl(waiter->descriptor, F_GETFD));
}

static void tell(struct waiter *waiter, const char *what)
{
	pthread_join(waiter->thread, NULL);
	printf("%s: %s\n", what, waiter->result < 0 ? strerrorname_np(waiter->error) : "ok");
}

static void accepting(void)
{
	struct waiter waiter = { 0 };
	waiter.descriptor = guest_listen(&waiter.address, 5);
	wait_and_close(&waiter, in_accept);
	int client = guest_socket();
	SAY(connect(client, (struct sockaddr *)&waiter.address, sizeof(waiter.address)));
	tell(&waiter, "accept");
	SAY_NUMBER(write(client, "x", 1));
	SAY_NUMBER(read((int)waiter.result, waiter.text, 1));
	close(client);
	close((int)waiter.result);
	SAY(connect(guest_socket(), (struct sockaddr *)&waiter.address, sizeof(waiter.address)));
}

static void connecting(void)
{
	struct waiter waiter = { .descriptor = guest_socket() };
	int listener = guest_listen_full(&waiter.address);
	wait_and_close(&waiter, in_connect);
	MUST(accept(listener, NULL, NULL));
	MUST(accept(listener, NULL, NULL));
	tell(&waiter, "connect");
	close(listener);
}

static void receiving(void *(*what)(void *), const char *name)
{
	int ends[2];
	guest_pair(ends);
	struct waiter waiter = { .descriptor = ends[1] };
	wait_and_close(&waiter, what);
	SAY_NUMBER(write(ends[0], "late", 4));
	tell(&waiter, name);
	printf("%ld %s\n", waiter.result, waiter.text);
	usleep(20000);
	SAY_NUMBER(read(ends[0], waiter.text, 1));
	close(ends[0]);
}

int main(void)
{
	accepting();
	connecting();
	receiving(in_recv, "recv");
	receiving(in_recvfrom, "recvfrom");
	receiving(in_poll, "poll");
	return 0;
}
