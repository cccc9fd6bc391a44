/* echo_request: sends an echo request of ICMP, or, to an address of IPv6, of ICMPv6, by a raw socket, and prints what the
 * answer says. Plain POSIX; it knows nothing of Berth, which asks no privilege for it. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ECHO_REPLY = 0, ECHO = 8, ECHO6 = 128, ECHO6_REPLY = 129, IDENTIFIER = 7, SEQUENCE = 1 };

struct message {
	uint8_t type, code;
	uint16_t checksum, identifier, sequence;
	char text[24];
};

static int fail(const char *call)
{
	perror(call);
	return EXIT_FAILURE;
}

/* RFC 1071: the complement of the sum of all words, its carry added in. */
static uint16_t checksum_of(const struct message *message)
{
	uint16_t words[sizeof *message / 2];
	uint32_t sum = 0;

	memcpy(words, message, sizeof words);
	for (size_t index = 0; index < sizeof words / 2; index++)
		sum += words[index];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* What arrives is every ICMP packet of the host, those of IPv4 with their IP header in front. */
static int is_answer(const uint8_t *packet, ssize_t size, int family, struct message *answer)
{
	size_t header = family == AF_INET ? 4u * (packet[0] & 0xf) : 0;

	if (size < (ssize_t)(header + sizeof *answer))
		return 0;
	memcpy(answer, packet + header, sizeof *answer);
	return answer->type == (family == AF_INET ? ECHO_REPLY : ECHO6_REPLY) &&
	       answer->identifier == htons(IDENTIFIER);
}

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST }, *to;
	struct message message = { 0, 0, 0, htons(IDENTIFIER), htons(SEQUENCE), "anybody there?" };
	uint8_t packet[1500];
	ssize_t size;

	if (argc != 2 || getaddrinfo(argv[1], NULL, &hints, &to) != 0) {
		fprintf(stderr, "usage: %s ADDRESS\n", argv[0]);
		return EXIT_FAILURE;
	}
	const int family = to->ai_family;
	int raw = socket(family, SOCK_RAW, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (raw < 0)
		return fail("socket");
	message.type = family == AF_INET ? ECHO : ECHO6;
	if (family == AF_INET)
		message.checksum = checksum_of(&message); /* IPv6's is the system's to fill in */
	if (sendto(raw, &message, sizeof message, 0, to->ai_addr, to->ai_addrlen) < 0)
		return fail("sendto");
	freeaddrinfo(to);
	do {
		size = recv(raw, packet, sizeof packet, 0);
		if (size < 0)
			return fail("recv");
	} while (!is_answer(packet, size, family, &message));
	printf("%s answers echo %d: %s\n", argv[1], ntohs(message.sequence), message.text);
	return EXIT_SUCCESS;
}
