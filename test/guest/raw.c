/* Raw and ping sockets of an ordinary user, which the machine's own kernel keeps for root. Only on Berth. */
#include "datagrams.h"

enum { NOBODYS_PROTOCOL = 253, HEADER = 20, ECHO = 8 };

static void say_packet(int descriptor)
{
	unsigned char packet[100] = { 0 };
	struct sockaddr_in from = { 0 };
	long size = recvfrom(descriptor, packet, sizeof(packet), 0, (struct sockaddr *)&from,
			     &(socklen_t){ sizeof(from) });
	printf("%ld bytes from %s port %d, version and words %x, protocol %d, says %s\n", size,
	       inet_ntoa(from.sin_addr), ntohs(from.sin_port), packet[0], packet[9],
	       (char *)packet + HEADER);
}

static void raw(void)
{
	struct sockaddr_in self = guest_address(0), name;
	socklen_t size = sizeof(name);
	char text[100] = { 0 };
	int listener = socket(AF_INET, SOCK_RAW, NOBODYS_PROTOCOL), type = -1;
	MUST(listener);
	MUST(getsockname(listener, (struct sockaddr *)&name, &size));
	MUST(getsockopt(listener, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) }));
	printf("type %d, %s port %d\n", type, inet_ntoa(name.sin_addr), ntohs(name.sin_port));
	SAY_NUMBER(send_to(listener, "to all", 6, &self));
	MUST(await(listener));
	say_packet(listener);

	int connected = socket(AF_INET, SOCK_RAW, NOBODYS_PROTOCOL);
	SAY(connect(connected, (struct sockaddr *)&self, sizeof(self)));
	SAY_NUMBER(write(connected, "natively", 8));
	MUST(await(connected));
	SAY_NUMBER(read(connected, text, sizeof(text)));
	printf("%s\n", text + HEADER);
	MUST(await(listener));
	say_packet(listener);

	SAY(socket(AF_INET, SOCK_RAW, 0));
	SAY(listen(listener, 1));
	SAY(accept(listener, NULL, NULL));
}

static void included(void)
{
	struct sockaddr_in self = guest_address(0);
	char packet[HEADER + 4] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 9, (char)NOBODYS_PROTOCOL };
	memcpy(packet + 12, &self.sin_addr, 4);
	memcpy(packet + 16, &self.sin_addr, 4);
	memcpy(packet + HEADER, "made", 4);
	int listener = socket(AF_INET, SOCK_RAW, NOBODYS_PROTOCOL);
	int sender = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	SAY_NUMBER(send_to(sender, packet, sizeof(packet), &self));
	SAY_NUMBER(send_to(sender, packet, HEADER - 1, &self));
	MUST(await(listener));
	say_packet(listener);
}

static void ping(void)
{
	struct sockaddr_in self = guest_address(0), name = guest_address(77);
	unsigned char request[12] = { ECHO, 0, 0, 0, 0, 0, 0, 1, 'p', 'i', 'n', 'g' };
	unsigned char reply[100] = { 0 };
	int socket_of = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	SAY(bind(socket_of, (struct sockaddr *)&name, sizeof(name)));
	SAY_NUMBER(send_to(socket_of, request, sizeof(request), &self));
	MUST(await(socket_of));
	SAY_NUMBER(recv(socket_of, reply, sizeof(reply), 0));
	printf("type %d, identifier %d, sequence %d, %s\n", reply[0], reply[4] << 8 | reply[5],
	       reply[7], (char *)reply + 8);
	SAY_NUMBER(send_to(socket_of, request, 7, &self));
	request[0] = 0;
	SAY_NUMBER(send_to(socket_of, request, sizeof(request), &self));
}

int main(void)
{
	raw();
	included();
	ping();
	return 0;
}
