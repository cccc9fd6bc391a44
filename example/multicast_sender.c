/* multicast_sender: sends texts to a group of either family, one a datagram. Plain POSIX; it knows nothing of Berth. */
#include <arpa/inet.h>
#include <net/if.h>
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

/* IPv4's interfaces are told by an address of theirs, IPv6's by name. */
static int send_by(int sender, int family, const char *interface)
{
	struct in_addr address = { inet_addr(interface) };
	int index = (int)if_nametoindex(interface);

	if (family == AF_INET)
		return setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &address, sizeof address);
	return setsockopt(sender, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index);
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (argc < 5) {
		fprintf(stderr, "usage: %s GROUP PORT INTERFACE TEXT...\n", argv[0]);
		return EXIT_FAILURE;
	}
	const int family = inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1 ? AF_INET6 : AF_INET;
	v4.sin_addr.s_addr = inet_addr(argv[1]);
	v4.sin_port = v6.sin6_port = htons((uint16_t)atoi(argv[2]));
	const struct sockaddr *group =
		family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	const socklen_t size = family == AF_INET6 ? sizeof v6 : sizeof v4;

	int sender = socket(family, SOCK_DGRAM, 0);
	if (sender < 0)
		return fail("socket");
	if (send_by(sender, family, argv[3]) < 0)
		return fail("the interface to send by");
	for (int text = 4; text < argc; text++) {
		if (sendto(sender, argv[text], strlen(argv[text]), 0, group, size) < 0)
			return fail("sendto");
	}
	return EXIT_SUCCESS;
}
