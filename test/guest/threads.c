/* Threads that accept from one listener at once: each connection goes to exactly one of them. */
#include "guest.h"

#include <pthread.h>

enum { THREADS = 8, CONNECTIONS = 64 };

static int listener;

static void *serve(void *unused)
{
	(void)unused;
	for (;;) {
		int connection = accept(listener, NULL, NULL);
		unsigned char number = 0;
		MUST(connection);
		MUST(read(connection, &number, 1));
		if (number == 255)
			return NULL;
		number++;
		MUST(write(connection, &number, 1));
		close(connection);
	}
}

static int ask(const struct sockaddr_in *address, unsigned char number)
{
	int connection = guest_connect(address);
	unsigned char back = 0;
	MUST(write(connection, &number, 1));
	ssize_t size = number == 255 ? 0 : read(connection, &back, 1);
	close(connection);
	return size == 1 ? back : -1;
}

int main(void)
{
	struct sockaddr_in address;
	pthread_t threads[THREADS];
	listener = guest_listen(&address, CONNECTIONS);
	for (int i = 0; i < THREADS; i++)
		MUST(-pthread_create(&threads[i], NULL, serve, NULL));
	for (int i = 0; i < CONNECTIONS; i++)
		printf("%d ", ask(&address, (unsigned char)i));
	for (int i = 0; i < THREADS; i++)
		ask(&address, 255);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("\nall threads ended\n");
	return 0;
}
