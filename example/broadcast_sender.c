/* broadcast_sender: sends texts to everybody on a link, one a datagram. Plain POSIX; it knows nothing of Berth. */
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
	struct sockaddr_in everybody = { .sin_family = AF_INET };
	const int on = 1;

	if (argc < 4) {
		fprintf(stderr, "usage: %s BROADCAST-ADDRESS PORT TEXT...\n", argv[0]);
		return EXIT_FAILURE;
	}
	everybody.sin_addr.s_addr = inet_addr(argv[1]);
	everybody.sin_port = htons((uint16_t)atoi(argv[2]));

	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender < 0)
		return fail("socket");
	if (setsockopt(sender, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0)
		return fail("SO_BROADCAST");
	for (int text = 3; text < argc; text++) {
		if (sendto(sender, argv[text], strlen(argv[text]), 0, (struct sockaddr *)&everybody,
			   sizeof everybody) < 0)
			return fail("sendto");
	}
	return EXIT_SUCCESS;
}
