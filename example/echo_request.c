/* echo_request: sends an ICMP echo request by a raw socket, and prints what the answer says. Plain POSIX; it knows nothing of
 * Berth, which asks no privilege for it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ECHO_REPLY = 0, ECHO = 8, IDENTIFIER = 7, SEQUENCE = 1 };

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

/* What arrives is every ICMP packet of the host, each with its IP header in front. */
static int is_answer(const uint8_t *packet, ssize_t size, struct message *answer)
{
	size_t header = 4u * (packet[0] & 0xf);

	if (size < (ssize_t)(header + sizeof *answer))
		return 0;
	memcpy(answer, packet + header, sizeof *answer);
	return answer->type == ECHO_REPLY && answer->identifier == htons(IDENTIFIER);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct message message = {
		ECHO, 0, 0, htons(IDENTIFIER), htons(SEQUENCE), "is there anybody?"
	};
	uint8_t packet[1500];
	ssize_t size;

	if (argc != 2 || inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
		fprintf(stderr, "usage: %s ADDRESS\n", argv[0]);
		return EXIT_FAILURE;
	}
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (raw < 0)
		return fail("socket");
	message.checksum = checksum_of(&message);
	if (sendto(raw, &message, sizeof message, 0, (struct sockaddr *)&address, sizeof address) <
	    0)
		return fail("sendto");
	do {
		size = recv(raw, packet, sizeof packet, 0);
		if (size < 0)
			return fail("recv");
	} while (!is_answer(packet, size, &message));
	printf("%s answers echo %d: %s\n", argv[1], ntohs(message.sequence), message.text);
	return EXIT_SUCCESS;
}
