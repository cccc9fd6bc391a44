/* multicast_member: joins a group of either family, from any source or from one alone, and prints what is sent to it until
 * "the end" comes. Plain POSIX; it knows nothing of Berth. */
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

static struct sockaddr_storage name6_of(const char *text, const char *port)
{
	struct sockaddr_storage name = { 0 };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&name;

	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)atoi(port));
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1) {
		fprintf(stderr, "%s is no address\n", text);
		exit(EXIT_FAILURE);
	}
	return name;
}

/* IPv6's interfaces have names. */
static int join6(int member, const char *group, const char *interface, const char *source)
{
	struct group_source_req one = { .gsr_interface = if_nametoindex(interface),
					.gsr_group = name6_of(group, "0") };
	struct group_req any = { .gr_interface = one.gsr_interface, .gr_group = one.gsr_group };

	if (!source)
		return setsockopt(member, IPPROTO_IPV6, MCAST_JOIN_GROUP, &any, sizeof any);
	one.gsr_source = name6_of(source, "0");
	return setsockopt(member, IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, &one, sizeof one);
}

int main(int argc, char **argv)
{
	struct sockaddr_storage name = { 0 };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&name;
	const int on = 1;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: %s GROUP PORT INTERFACE [SOURCE]\n", argv[0]);
		return EXIT_FAILURE;
	}
	const int of_v6 = strchr(argv[1], ':') != NULL;
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = inet_addr(argv[1]);
	v4->sin_port = htons((uint16_t)atoi(argv[2]));
	if (of_v6)
		name = name6_of(argv[1], argv[2]);

	int member = socket(name.ss_family, SOCK_DGRAM, 0);
	if (member < 0)
		return fail("socket");
	if (setsockopt(member, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return fail("SO_REUSEADDR");
	if (bind(member, (struct sockaddr *)&name,
		 of_v6 ? sizeof(struct sockaddr_in6) : sizeof *v4) < 0)
		return fail("bind");
	if ((of_v6 ? join6 : join)(member, argv[1], argv[3], argv[4]) < 0)
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
