#include "kernel.h"
#include "sample.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WRITE_SIZE = 65536, REQUEST_SIZE = 64 };

struct pair {
	int listener, client, server;
};

/* Loss-based ones are the like of ours; BBR paces, and would be slower here. Where neither is allowed, what there is. */
static void choose_congestion_control(int descriptor)
{
	if (setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5))
		setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
}

const char *kernel_congestion_control(void)
{
	static char name[16];
	socklen_t size = sizeof(name) - 1;
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	if (descriptor < 0)
		return "unknown";
	choose_congestion_control(descriptor);
	bool known = !getsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name, &size);
	close(descriptor);
	return known ? name : "unknown";
}

/* Each listener has an address of its own out of 127.0.0.0/8, so that no TIME-WAIT of an earlier one stands in the way. */
static int listen_on(struct sockaddr_in *local)
{
	static uint32_t next = 0x7f010001;
	socklen_t size = sizeof(*local);
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	*local = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(next++) };
	if (descriptor >= 0 && !bind(descriptor, (struct sockaddr *)local, size) &&
	    !listen(descriptor, 16) && !getsockname(descriptor, (struct sockaddr *)local, &size))
		return descriptor;
	close(descriptor);
	return -1;
}

/* Over loopback the handshake is over when connect returns, before anybody has accepted. */
static bool converse(struct pair *pair, const struct sockaddr_in *peer)
{
	pair->client = socket(AF_INET, SOCK_STREAM, 0);
	if (pair->client < 0)
		return false;
	choose_congestion_control(pair->client);
	if (!connect(pair->client, (const struct sockaddr *)peer, sizeof(*peer))) {
		pair->server = accept(pair->listener, NULL, NULL);
		if (pair->server >= 0)
			return true;
	}
	close(pair->client);
	return false;
}

static bool pair_open(struct pair *pair)
{
	struct sockaddr_in local;

	pair->listener = listen_on(&local);
	if (pair->listener < 0)
		return false;
	if (converse(pair, &local))
		return true;
	close(pair->listener);
	return false;
}

static void pair_close(const struct pair *pair)
{
	close(pair->client);
	close(pair->server);
	close(pair->listener);
}

static void *write_until_refused(void *context)
{
	static const uint8_t data[WRITE_SIZE];
	const int *descriptor = context;

	while (send(*descriptor, data, sizeof(data), MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static double read_for(int descriptor, uint64_t duration_ns)
{
	static uint8_t data[WRITE_SIZE];
	uint64_t begin = sample_clock(), now = begin, bytes = 0;

	while (now < begin + duration_ns) {
		ssize_t size = recv(descriptor, data, sizeof(data), 0);
		if (size <= 0)
			return 0;
		bytes += (uint64_t)size;
		now = sample_clock();
	}
	return (double)bytes * 1e9 / (double)(now - begin);
}

double kernel_stream(uint64_t duration_ns)
{
	struct pair pair;
	pthread_t writer;
	double figure = 0;

	if (!pair_open(&pair))
		return 0;
	if (!pthread_create(&writer, NULL, write_until_refused, &pair.client)) {
		figure = read_for(pair.server, duration_ns);
		shutdown(pair.client, SHUT_RDWR);
		shutdown(pair.server, SHUT_RDWR);
		pthread_join(writer, NULL);
	}
	pair_close(&pair);
	return figure;
}

double kernel_connect_close(uint64_t duration_ns)
{
	struct sockaddr_in local;
	struct pair pair = { .listener = listen_on(&local) };

	if (pair.listener < 0)
		return 0;
	uint64_t begin = sample_clock(), now = begin, count = 0;
	for (; now < begin + duration_ns; now = sample_clock(), count++) {
		if (!converse(&pair, &local)) {
			count = 0;
			break;
		}
		close(pair.client);
		close(pair.server);
	}
	close(pair.listener);
	return count ? (double)count * 1e9 / (double)(now - begin) : 0;
}

static bool carry(int sender, int receiver)
{
	uint8_t data[REQUEST_SIZE] = { 0 };

	return send(sender, data, sizeof(data), MSG_NOSIGNAL) == REQUEST_SIZE &&
	       recv(receiver, data, sizeof(data), MSG_WAITALL) == REQUEST_SIZE;
}

double kernel_request_response(uint64_t duration_ns)
{
	struct pair pair;

	if (!pair_open(&pair))
		return 0;
	uint64_t begin = sample_clock(), now = begin, count = 0;
	for (; now < begin + duration_ns; now = sample_clock(), count++) {
		if (!carry(pair.client, pair.server) || !carry(pair.server, pair.client)) {
			count = 0;
			break;
		}
	}
	pair_close(&pair);
	return count ? (double)(now - begin) / (double)count : 0;
}
