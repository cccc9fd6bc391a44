/* guest_udp: datagrams a second, and how long one takes there and back.
 *
 *   guest_udp server PORT
 *   guest_udp client ADDRESS PORT 1          both ends connected, send and recv: prints those of 64 bytes that arrived a second
 *   guest_udp client ADDRESS PORT 2          neither connected, sendto and recvfrom
 *   guest_udp client ADDRESS PORT COUNT      COUNT exchanges of one byte, connected: the 50th and the 99th percentile, nanoseconds
 *
 * The client says what it is about to do, and the server says that it has heard. The server counts, and tells at the end. The
 * time is BENCH_MS milliseconds, 300 unless said. */
#include "posix/stream.h"
#include "sides/sample.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { SIZE = 64, TRIES = 250, TRY_US = 20000, WARM_UP = 200 };

enum word { CONNECTED = 1, APART = 2, EXCHANGES = 3, END = 9 };

struct result {
	uint64_t count;
	uint64_t duration_ns;
};

static int new_socket(void)
{
	int descriptor = socket(AF_INET, SOCK_DGRAM, 0);

	if (descriptor < 0)
		fail("socket");
	return descriptor;
}

static struct sockaddr_in address_of(const struct role *role)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(role->port),
				     .sin_addr.s_addr = role->address };
}

/* The server's side. */

static struct result count_until_end(int descriptor, enum word mode)
{
	struct result result = { 0 };
	struct sockaddr_in from;
	socklen_t from_size = sizeof(from);
	uint8_t data[SIZE];
	uint64_t begin = 0, last = 0;

	for (;;) {
		ssize_t size = mode == APART ? recvfrom(descriptor, data, SIZE, 0,
							(struct sockaddr *)&from, &from_size)
					     : recv(descriptor, data, SIZE, 0);
		if (size == 1 && data[0] == END)
			break;
		if (size != SIZE)
			continue;
		if (result.count++ % 64 == 0)
			last = sample_clock();
		if (!begin)
			begin = last;
	}
	result.duration_ns = last - begin;
	return result;
}

static void echo_until_end(int descriptor)
{
	uint8_t byte;

	while (recv(descriptor, &byte, 1, 0) == 1 && byte != END)
		send(descriptor, &byte, 1, 0);
}

static void serve(const struct role *role)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_in address = address_of(role);
	struct sockaddr *peer = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);
	int descriptor = new_socket();
	struct result result = { 0 };
	uint8_t word;

	if (bind(descriptor, peer, size))
		fail("bind");
	for (;;) {
		if (recvfrom(descriptor, &word, 1, MSG_TRUNC, peer, &size) != 1)
			continue;
		if (word != END) {
			if (word != APART && connect(descriptor, peer, size))
				fail("connect");
			sendto(descriptor, &word, 1, 0, peer, size);
			if (word == EXCHANGES)
				echo_until_end(descriptor);
			else
				result = count_until_end(descriptor, word);
			connect(descriptor, &nobody, sizeof(nobody));
		}
		sendto(descriptor, &result, sizeof(result), 0, peer, size);
	}
}

/* The client's. */

/* Says a word until an answer of that size comes. */
static void ask(int descriptor, const struct sockaddr_in *server, uint8_t word, void *answer,
		size_t size)
{
	const struct timeval patience = { .tv_usec = TRY_US };
	uint8_t data[SIZE];

	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (int try = 0; try < TRIES; try++) {
		sendto(descriptor, &word, 1, 0, (const struct sockaddr *)server, sizeof(*server));
		ssize_t got = recv(descriptor, data, SIZE, 0);
		if (got == (ssize_t)size) {
			memcpy(answer, data, size);
			setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0 },
				   sizeof(struct timeval));
			return;
		}
		if (got < 0)
			usleep(TRY_US);
	}
	fail("no answer");
}

static uint64_t duration_ns(void)
{
	const char *milliseconds = getenv("BENCH_MS");
	return (uint64_t)atoi(milliseconds ? milliseconds : "300") * 1000000;
}

static void blast(int descriptor, const struct sockaddr_in *server, enum word mode)
{
	static const uint8_t data[SIZE];
	uint64_t until = sample_clock() + duration_ns();

	for (unsigned i = 0; i % 64 != 0 || sample_clock() < until; i++) {
		if (mode == APART)
			sendto(descriptor, data, SIZE, 0, (const struct sockaddr *)server,
			       sizeof(*server));
		else
			send(descriptor, data, SIZE, 0);
	}
}

static void measure_rate(int descriptor, const struct sockaddr_in *server, enum word mode)
{
	struct result result;

	blast(descriptor, server, mode);
	ask(descriptor, server, END, &result, sizeof(result));
	if (result.count < 2)
		fail("nothing arrived");
	printf("%.0f\n", (double)result.count * 1e9 / (double)result.duration_ns);
}

static uint64_t exchange_ns(int descriptor)
{
	uint64_t begin = sample_clock();
	uint8_t byte = 0;

	if (send(descriptor, &byte, 1, 0) != 1 || recv(descriptor, &byte, 1, 0) != 1)
		fail("exchange");
	return sample_clock() - begin;
}

static int compare(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void measure_exchanges(int descriptor, const struct sockaddr_in *server, size_t count)
{
	uint64_t *times = calloc(count, sizeof(*times));
	struct result unused;

	if (!times)
		fail("calloc");
	for (int index = 0; index < WARM_UP; index++)
		exchange_ns(descriptor);
	for (size_t index = 0; index < count; index++)
		times[index] = exchange_ns(descriptor);
	qsort(times, count, sizeof(*times), compare);
	printf("%llu %llu\n", (unsigned long long)times[count / 2],
	       (unsigned long long)times[count * 99 / 100]);
	free(times);
	ask(descriptor, server, END, &unused, sizeof(unused));
}

static void run_client(const struct role *role)
{
	struct sockaddr_in server = address_of(role);
	enum word mode = role->number < EXCHANGES ? (enum word)role->number : EXCHANGES;
	int descriptor = new_socket();
	uint8_t heard;

	if (mode != APART && connect(descriptor, (const struct sockaddr *)&server, sizeof(server)))
		fail("connect");
	ask(descriptor, &server, (uint8_t)mode, &heard, 1);
	if (mode == EXCHANGES)
		measure_exchanges(descriptor, &server, (size_t)role->number);
	else
		measure_rate(descriptor, &server, mode);
}

int main(int argc, char **argv)
{
	struct role role = role_read(argc, argv);

	if (role.is_server)
		serve(&role);
	run_client(&role);
	return 0;
}
