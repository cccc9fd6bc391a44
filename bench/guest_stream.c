/* guest_stream: bytes a second over one connection or several at once.
 *
 *   guest_stream server PORT                     reads whatever comes, one thread a connection
 *   guest_stream client ADDRESS PORT STREAMS     writes for a time; prints the bytes a second that were read
 *
 * The server counts, since what a writer has written may stand in buffers yet: at the end of each connection it answers
 * with the bytes it read and the time from the first to the last. The time is BENCH_MS milliseconds, 300 unless said. */
#include "posix/stream.h"
#include "sides/sample.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STREAMS_MOST = 64, WRITE_SIZE = 65536 };

struct result {
	uint64_t bytes;
	uint64_t duration_ns;
};

struct writer {
	pthread_t thread;
	int descriptor;
	uint64_t until;
	struct result result;
};

static void *read_all(void *context)
{
	int descriptor = *(int *)context;
	uint8_t data[WRITE_SIZE];
	struct result result = { 0 };
	uint64_t begin = 0;
	ssize_t size;

	free(context);
	while ((size = read(descriptor, data, sizeof(data))) > 0) {
		if (!begin)
			begin = sample_clock();
		result.bytes += (uint64_t)size;
	}
	result.duration_ns = sample_clock() - begin;
	if (write(descriptor, &result, sizeof(result)) != sizeof(result))
		perror("write of the result");
	close(descriptor);
	return NULL;
}

static void serve(const struct role *role)
{
	for (int listener = stream_listen(role);;) {
		int *descriptor = malloc(sizeof(*descriptor));
		pthread_t thread;

		if (!descriptor)
			fail("malloc");
		*descriptor = stream_accept(listener);
		if (pthread_create(&thread, NULL, read_all, descriptor))
			fail("pthread_create");
		pthread_detach(thread);
	}
}

static void *write_until(void *context)
{
	static const uint8_t data[WRITE_SIZE];
	struct writer *writer = context;

	while (sample_clock() < writer->until)
		if (write(writer->descriptor, data, sizeof(data)) < 0)
			fail("write");
	shutdown(writer->descriptor, SHUT_WR);
	if (recv(writer->descriptor, &writer->result, sizeof(writer->result), MSG_WAITALL) !=
	    sizeof(writer->result))
		fail("read of the result");
	return NULL;
}

static void run_client(const struct role *role)
{
	static struct writer writers[STREAMS_MOST];
	const char *milliseconds = getenv("BENCH_MS");
	uint64_t duration_ns = (uint64_t)atoi(milliseconds ? milliseconds : "300") * 1000000;
	int count = role->number < STREAMS_MOST ? role->number : STREAMS_MOST;
	double sum = 0;

	for (int index = 0; index < count; index++)
		writers[index].descriptor = stream_connect_first(role);
	uint64_t until = sample_clock() + duration_ns;
	for (int index = 0; index < count; index++) {
		writers[index].until = until;
		if (pthread_create(&writers[index].thread, NULL, write_until, &writers[index]))
			fail("pthread_create");
	}
	for (int index = 0; index < count; index++) {
		const struct result *result = &writers[index].result;

		pthread_join(writers[index].thread, NULL);
		sum += (double)result->bytes * 1e9 / (double)result->duration_ns;
	}
	printf("%.0f\n", sum);
}

int main(int argc, char **argv)
{
	struct role role = role_read(argc, argv);

	if (role.is_server)
		serve(&role);
	run_client(&role);
	return 0;
}
