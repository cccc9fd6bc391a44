/* A connected datagram socket: plain calls, whom it hears, what it is told of errors, and how it stops being connected. */
#include "datagrams.h"

static struct sockaddr_in addresses[3];
static int server, client, other;

static const struct sockaddr *at(const struct sockaddr_in *address)
{
	return (const struct sockaddr *)address;
}

static void there_and_back(void)
{
	char text[16] = { 0 };
	struct sockaddr_in peer = { 0 };
	SAY(connect(client, at(&addresses[0]), sizeof(addresses[0])));
	SAY(getpeername(client, (struct sockaddr *)&peer, &(socklen_t){ sizeof(peer) }));
	printf("same %d\n", memcmp(&peer, &addresses[0], sizeof(peer)) == 0);
	SAY_NUMBER(send(client, "one", 3, 0));
	SAY_NUMBER(write(client, "", 0));
	SAY_NUMBER(write(client, "three", 5));
	for (int i = 0; i < 3; i++)
		say_from(server, addresses, 3);
	MUST(send_to(server, "answer", 6, &addresses[1]));
	await(client);
	SAY_NUMBER(read(client, text, sizeof(text)));
	MUST(send_to(server, "another", 7, &addresses[1]));
	say_from(client, addresses, 3);
}

static void only_its_peer(void)
{
	MUST(send_to(other, "from a stranger", 15, &addresses[1]));
	settle();
	printf("events %d\n", events_of(client));
	SAY_NUMBER(send_to(client, "elsewhere", 9, &addresses[2]));
	say_from(other, addresses, 3);
	MUST(send(client, "in", 2, 0));
	MUST(send_to(client, "order", 5, &addresses[0]));
	MUST(send(client, "still", 5, 0));
	for (int i = 0; i < 3; i++)
		say_from(server, addresses, 3);
}

static int error_of(int descriptor)
{
	int error = -1;
	MUST(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof(error) }));
	return error;
}

/* The error of a read or a write without an address is another on Berth's: doc/notes/datagram-errors.md. */
static void refused(void)
{
	struct sockaddr_in nobody, from;
	char text[4];
	int lonely = socket(AF_INET, SOCK_DGRAM, 0);
	close(guest_bound(&nobody));
	SAY(connect(lonely, at(&nobody), sizeof(nobody)));
	SAY_NUMBER(send(lonely, "x", 1, 0));
	await(lonely);
	printf("events %d\n", events_of(lonely));
	printf("%s\n", strerrorname_np(error_of(lonely)));
	SAY_NUMBER(send(lonely, "x", 1, 0));
	await(lonely);
	SAY_NUMBER(recvfrom(lonely, text, 4, MSG_DONTWAIT, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
	printf("error %d, events %d\n", error_of(lonely), events_of(lonely));
	SAY_NUMBER(send(lonely, "x", 1, 0));
	SAY_NUMBER(recvfrom(lonely, text, 4, 0, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
	SAY_NUMBER(send(lonely, "x", 1, 0));
	await(lonely);
	SAY(recv(lonely, text, 4, MSG_DONTWAIT) < 0 ? 0 : -1);
	printf("error %d, events %d\n", error_of(lonely), events_of(lonely));
	SAY_NUMBER(recv(lonely, text, 4, MSG_DONTWAIT));
	close(lonely);
}

static void say_port(int descriptor)
{
	struct sockaddr_in own;
	MUST(getsockname(descriptor, (struct sockaddr *)&own, &(socklen_t){ sizeof(own) }));
	printf("has its port %d, none %d\n", own.sin_port == addresses[1].sin_port,
	       own.sin_port == 0);
}

/* A port that the system chose goes with the connection; one that was asked for stays. */
static void connected_anew(void)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_in peer;
	SAY(connect(client, at(&addresses[2]), sizeof(addresses[2])));
	SAY_NUMBER(send(client, "to the other", 12, 0));
	say_from(other, addresses, 3);
	MUST(send_to(other, "back", 4, &addresses[1]));
	say_from(client, addresses, 3);
	SAY(connect(client, &nobody, sizeof(nobody)));
	SAY(getpeername(client, (struct sockaddr *)&peer, &(socklen_t){ sizeof(peer) }));
	say_port(client);
	SAY(bind(client, at(&addresses[1]), sizeof(addresses[1])));
	MUST(send_to(server, "all", 3, &addresses[1]));
	say_from(client, addresses, 3);
	SAY(connect(client, at(&addresses[0]), sizeof(addresses[0])));
	SAY(connect(client, &nobody, sizeof(nobody)));
	say_port(client);
	MUST(send_to(other, "again", 5, &addresses[1]));
	say_from(client, addresses, 3);
}

static void shut(void)
{
	struct sockaddr_in from;
	char text[4];
	SAY(shutdown(client, SHUT_RD));
	printf("events %d\n", events_of(client));
	SAY_NUMBER(recvfrom(client, text, 4, 0, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
	SAY_NUMBER(read(client, text, 4));
	SAY(connect(other, at(&addresses[0]), sizeof(addresses[0])));
	SAY(shutdown(other, SHUT_WR));
	SAY_NUMBER(send(other, "x", 1, 0));
	SAY_NUMBER(send_to(other, "x", 1, &addresses[0]));
	printf("events %d\n", events_of(other));
	SAY(shutdown(other, SHUT_RDWR));
	printf("events %d\n", events_of(other));
	SAY(shutdown(other, 3));
}

int main(void)
{
	server = guest_bound(&addresses[0]);
	client = guest_bound(&addresses[1]);
	other = guest_bound(&addresses[2]);
	there_and_back();
	only_its_peer();
	refused();
	connected_anew();
	shut();
	return 0;
}
