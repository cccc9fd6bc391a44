/* Many small writes in a row, faster than anybody looks at them: all arrive, in order, and a writer that waits goes on. */
#include "guest.h"

#include <sys/wait.h>

enum { WRITES = 3000 };

static void write_all(int made, int size)
{
	char text[64];
	for (int i = 0; i < WRITES; i++) {
		memset(text, i, sizeof(text));
		MUST(write(made, text, (size_t)size));
	}
}

static void ask(int size, int no_delay)
{
	static unsigned char text[64 * WRITES];
	int ends[2], wrong = 0;
	guest_pair(ends);
	MUST(setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof(no_delay)));
	fflush(stdout);
	if (fork() == 0) {
		write_all(ends[0], size);
		_exit(0);
	}
	close(ends[0]);
	ssize_t got = recv(ends[1], text, sizeof(text), MSG_WAITALL);
	for (int i = 0; i < got; i++)
		wrong += text[i] != (unsigned char)(i / size);
	printf("%d bytes each: %zd, wrong %d\n", size, got, wrong);
	close(ends[1]);
	wait(NULL);
}

int main(void)
{
	static const int sizes[] = { 1, 2, 7, 64 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ask(sizes[i], 0);
		ask(sizes[i], 1);
	}
	return 0;
}
