/* multicast_sender: sends texts to a group, one a datagram. Plain POSIX; it knows nothing of Berth. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct sockaddr_in group = { .sin_family = AF_INET };
	struct in_addr interface;

	if (argc < 5) {
		fprintf(stderr, "usage: %s GROUP PORT INTERFACE-ADDRESS TEXT...\n", argv[0]);
		return EXIT_FAILURE;
	}
	group.sin_addr.s_addr = inet_addr(argv[1]);
	group.sin_port = htons((uint16_t)atoi(argv[2]));
	interface.s_addr = inet_addr(argv[3]);

	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender < 0)
		return fail("socket");
	if (setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) < 0)
		return fail("IP_MULTICAST_IF");
	for (int text = 4; text < argc; text++) {
		if (sendto(sender, argv[text], strlen(argv[text]), 0, (struct sockaddr *)&group,
			   sizeof group) < 0)
			return fail("sendto");
	}
	return EXIT_SUCCESS;
}
