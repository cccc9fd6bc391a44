/* Many bytes each way at once, in odd sizes: every byte arrives once and in order. */
#include "guest.h"

#include <poll.h>
#include <sys/wait.h>

enum { TOTAL = 32 << 20 };

static unsigned char byte_at(long at, int direction)
{
	return (unsigned char)((at * 2654435761u >> 13) + (unsigned)direction);
}

static void write_all(int end, int direction)
{
	static unsigned char bytes[100003];
	for (long at = 0; at < TOTAL;) {
		long size = TOTAL - at < (long)sizeof(bytes) ? TOTAL - at : (long)sizeof(bytes);
		for (long i = 0; i < size; i++)
			bytes[i] = byte_at(at + i, direction);
		for (long done = 0; done < size;) {
			ssize_t sent = write(end, bytes + done, (size_t)(size - done));
			MUST(sent);
			done += sent;
		}
		at += size;
	}
	MUST(shutdown(end, SHUT_WR));
}

static long read_all(int end, int direction)
{
	static unsigned char bytes[77777];
	long at = 0;
	for (ssize_t size; (size = read(end, bytes, sizeof(bytes))) > 0;)
		for (ssize_t i = 0; i < size; i++, at++)
			if (bytes[i] != byte_at(at, direction))
				return -at;
	return at;
}

int main(void)
{
	int ends[2];
	guest_pair(ends);
	for (int i = 0; i < 2; i++) {
		if (fork() != 0)
			continue;
		close(ends[!i]);
		write_all(ends[i], i);
		_exit(0);
	}
	if (fork() == 0) {
		close(ends[1]);
		_exit(read_all(ends[0], 1) == TOTAL ? 0 : 1);
	}
	close(ends[0]);
	printf("%ld\n", read_all(ends[1], 0));
	for (int status, i = 0; i < 3; i++)
		if (wait(&status) > 0)
			printf("child %d\n", WEXITSTATUS(status));
	return 0;
}
