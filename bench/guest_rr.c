/* guest_rr: how long one byte takes there and back.
 *
 *   guest_rr server PORT                     sends back what comes
 *   guest_rr client ADDRESS PORT COUNT       prints the 50th and the 99th percentile of COUNT exchanges, nanoseconds */
#include "posix/stream.h"
#include "sides/sample.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WARM_UP = 200 };

static void serve(const struct role *role)
{
	for (int listener = stream_listen(role);;) {
		int descriptor = stream_accept(listener);
		uint8_t byte;

		setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		while (read(descriptor, &byte, 1) == 1)
			if (write(descriptor, &byte, 1) != 1)
				break;
		close(descriptor);
	}
}

static uint64_t exchange_ns(int descriptor)
{
	uint64_t begin = sample_clock();
	uint8_t byte = 0;

	if (write(descriptor, &byte, 1) != 1 || read(descriptor, &byte, 1) != 1)
		fail("exchange");
	return sample_clock() - begin;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void run_client(const struct role *role)
{
	size_t count = (size_t)role->number;
	uint64_t *times = calloc(count, sizeof(*times));
	int descriptor = stream_connect_first(role);

	if (!times)
		fail("calloc");
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	for (int index = 0; index < WARM_UP; index++)
		exchange_ns(descriptor);
	for (size_t index = 0; index < count; index++)
		times[index] = exchange_ns(descriptor);
	qsort(times, count, sizeof(*times), compare);
	printf("%llu %llu\n", (unsigned long long)times[count / 2],
	       (unsigned long long)times[count * 99 / 100]);
	free(times);
}

int main(int argc, char **argv)
{
	struct role role = role_read(argc, argv);

	if (role.is_server)
		serve(&role);
	run_client(&role);
	return 0;
}
