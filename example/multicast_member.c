/* multicast_member: joins a group, from any source or from one alone, and prints what is sent to it until "the end" comes.
 * Plain POSIX; it knows nothing of Berth. */
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

/* The interface that has this address is where it joins. */
static int join(int member, const char *group, const char *interface, const char *source)
{
	struct ip_mreq any = { .imr_multiaddr.s_addr = inet_addr(group),
			       .imr_interface.s_addr = inet_addr(interface) };
	struct ip_mreq_source one = { .imr_multiaddr = any.imr_multiaddr,
				      .imr_interface = any.imr_interface };

	if (!source)
		return setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &any, sizeof any);
	one.imr_sourceaddr.s_addr = inet_addr(source);
	return setsockopt(member, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &one, sizeof one);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const int on = 1;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: %s GROUP PORT INTERFACE-ADDRESS [SOURCE]\n", argv[0]);
		return EXIT_FAILURE;
	}
	address.sin_addr.s_addr = inet_addr(argv[1]);
	address.sin_port = htons((uint16_t)atoi(argv[2]));

	int member = socket(AF_INET, SOCK_DGRAM, 0);
	if (member < 0)
		return fail("socket");
	if (setsockopt(member, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return fail("SO_REUSEADDR");
	if (bind(member, (struct sockaddr *)&address, sizeof address) < 0)
		return fail("bind");
	if (join(member, argv[1], argv[3], argv[4]) < 0)
		return fail("join");
	puts("joined");
	fflush(stdout);

	char text[1500];
	do {
		ssize_t size = recv(member, text, sizeof text - 1, 0);
		if (size < 0)
			return fail("recv");
		text[size] = '\0';
		puts(text);
		fflush(stdout);
	} while (strcmp(text, "the end") != 0);
	return EXIT_SUCCESS;
}
