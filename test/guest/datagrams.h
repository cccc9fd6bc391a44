/* datagrams: what the guests that speak UDP share. */
#ifndef GUEST_DATAGRAMS_H
#define GUEST_DATAGRAMS_H

#include "guest.h"

#include <poll.h>

/* A datagram socket on a port of the system's choice, which lands in address. */
static inline int guest_bound(struct sockaddr_in *address)
{
	int made = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t size = sizeof(*address);
	*address = guest_address(0);
	MUST(made);
	MUST(bind(made, (struct sockaddr *)address, size));
	MUST(getsockname(made, (struct sockaddr *)address, &size));
	return made;
}

static inline long send_to(int from, const void *data, size_t size, const struct sockaddr_in *to)
{
	return sendto(from, data, size, 0, (const struct sockaddr *)to, sizeof(*to));
}

/* Datagrams take their time: waits for one, or for an error, a second at most. */
static inline int await(int descriptor)
{
	struct pollfd state = { .fd = descriptor, .events = POLLIN };
	return poll(&state, 1, 1000);
}

static inline int events_of(int descriptor)
{
	struct pollfd state = { .fd = descriptor, .events = POLLIN | POLLOUT | POLLRDHUP };
	return poll(&state, 1, 0) < 0 ? -1 : state.revents;
}

/* Long enough for an answer of the network's. */
static inline void settle(void)
{
	usleep(50000);
}

/* Receives one, and says which of the known addresses it is from. */
static inline void say_from(int descriptor, const struct sockaddr_in *known, int count)
{
	char text[64] = { 0 };
	struct sockaddr_in from = { 0 };
	socklen_t size = sizeof(from);
	int sender = -1;
	await(descriptor);
	long got = recvfrom(descriptor, text, sizeof(text) - 1, MSG_DONTWAIT,
			    (struct sockaddr *)&from, &size);
	for (int i = 0; i < count; i++)
		if (memcmp(&known[i], &from, sizeof(from)) == 0)
			sender = i;
	printf("%ld \"%s\" from %d, size %u\n", got, text, sender, size);
}

#endif
