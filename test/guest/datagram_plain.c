/* Datagrams of a socket that is not connected: order, sizes, addresses, and what is refused. */
#include "datagrams.h"

#include <sys/ioctl.h>
#include <sys/uio.h>

static struct sockaddr_in addresses[3];
static int server, clients[2];

static void two_peers(void)
{
	for (int i = 0; i < 3; i++) {
		MUST(send_to(clients[0], "first", 5, &addresses[0]));
		MUST(send_to(clients[1], "second", 6, &addresses[0]));
		MUST(send_to(clients[0], "", 0, &addresses[0]));
	}
	for (int i = 0; i < 9; i++)
		say_from(server, addresses, 3);
	say_from(server, addresses, 3);
}

static void plain_reads(void)
{
	char text[16] = { 0 };
	int waiting = 0;
	MUST(send_to(clients[0], "plain", 5, &addresses[0]));
	MUST(send_to(clients[1], "", 0, &addresses[0]));
	MUST(send_to(clients[1], "longer", 6, &addresses[0]));
	settle();
	SAY(ioctl(server, FIONREAD, &waiting));
	SAY_NUMBER(waiting);
	SAY_NUMBER(read(server, text, sizeof(text)));
	SAY_NUMBER(recv(server, text, sizeof(text), 0));
	SAY_NUMBER(recv(server, text, 3, MSG_TRUNC));
	printf("%s\n", text);
	SAY_NUMBER(recv(server, text, 3, MSG_DONTWAIT));
}

static void looked_at(void)
{
	char text[16] = { 0 };
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	MUST(send_to(clients[1], "peeked at", 9, &addresses[0]));
	await(server);
	SAY_NUMBER(recv(server, text, 4, MSG_PEEK));
	SAY_NUMBER(
		recvfrom(server, text, 4, MSG_PEEK | MSG_TRUNC, (struct sockaddr *)&from, &size));
	printf("%s from %d\n", text, from.sin_port == addresses[2].sin_port);
	SAY_NUMBER(recvfrom(server, text, 4, MSG_TRUNC, (struct sockaddr *)&from, &size));
	SAY_NUMBER(recv(server, text, 4, MSG_PEEK | MSG_DONTWAIT));
}

static void large(void)
{
	enum { MOST = 65507 };
	static char out[MOST + 1000], in[MOST + 1000];
	for (int i = 0; i < MOST; i++)
		out[i] = (char)(i * 7 >> 3);
	SAY_NUMBER(send_to(clients[0], out, MOST, &addresses[0]));
	await(server);
	SAY_NUMBER(read(server, in, sizeof(in)));
	printf("same %d\n", memcmp(in, out, MOST) == 0);
	SAY_NUMBER(send_to(clients[0], out, 20000, &addresses[0]));
	await(server);
	struct sockaddr_in from;
	SAY_NUMBER(recvfrom(server, in, sizeof(in), 0, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
	printf("same %d\n", memcmp(in, out, 20000) == 0);
	SAY_NUMBER(send_to(clients[0], out, MOST + 1, &addresses[0]));
	SAY_NUMBER(send_to(clients[0], out, 65536, &addresses[0]));
}

static void messages(void)
{
	char first[4] = { 0 }, second[8] = { 0 };
	struct sockaddr_in from;
	struct iovec out[] = { { "mess", 4 }, { "", 0 }, { "age too long", 12 } },
		     in[] = { { first, 3 }, { second, 7 } };
	struct msghdr message = { .msg_name = &addresses[0],
				  .msg_namelen = sizeof(addresses[0]),
				  .msg_iov = out,
				  .msg_iovlen = 3 };
	SAY_NUMBER(sendmsg(clients[0], &message, 0));
	await(server);
	message = (struct msghdr){
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = in, .msg_iovlen = 2
	};
	SAY_NUMBER(recvmsg(server, &message, MSG_PEEK | MSG_TRUNC));
	SAY_NUMBER(recvmsg(server, &message, 0));
	printf("%s|%s, name %u, control %zu, flags %s, from %d\n", first, second,
	       message.msg_namelen, message.msg_controllen,
	       message.msg_flags == MSG_TRUNC ? "truncated" : "other",
	       from.sin_port == addresses[1].sin_port);
	message.msg_iovlen = 1025;
	SAY_NUMBER(recvmsg(server, &message, MSG_DONTWAIT));
	message.msg_iovlen = 2;
	SAY_NUMBER(recvmsg(server, &message, MSG_DONTWAIT));
	SAY_NUMBER(recvmsg(server, (struct msghdr *)8, MSG_DONTWAIT));
	SAY_NUMBER(sendmsg(clients[0], (struct msghdr *)8, 0));
}

static void refused(void)
{
	struct sockaddr_in to = addresses[0];
	char text[4];
	SAY_NUMBER(sendto(clients[0], "x", 1, 0, (struct sockaddr *)&to, 15));
	SAY_NUMBER(sendto(clients[0], "x", 1, 0, (struct sockaddr *)&to, 0));
	SAY_NUMBER(sendto(clients[0], "x", 1, 0, (struct sockaddr *)&to, 129));
	SAY_NUMBER(sendto(clients[0], "x", 1, 0, (struct sockaddr *)8, 16));
	SAY_NUMBER(sendto(clients[0], (char *)8, 1, 0, (struct sockaddr *)&to, sizeof(to)));
	to.sin_port = 0;
	SAY_NUMBER(send_to(clients[0], "x", 1, &to));
	to = addresses[0];
	to.sin_family = AF_INET6;
	SAY_NUMBER(send_to(clients[0], "x", 1, &to));
	to.sin_family = AF_INET;
	to.sin_addr.s_addr = htonl(0x7fffffff);
	SAY_NUMBER(send_to(clients[0], "x", 1, &to));
	SAY_NUMBER(sendto(clients[0], "x", 1, MSG_OOB, (struct sockaddr *)&addresses[0], 16));
	SAY_NUMBER(recv(server, text, 1, MSG_ERRQUEUE));
	SAY(listen(server, 1));
	SAY(accept(server, NULL, NULL));
	SAY(connect(server, (struct sockaddr *)&to, 15));
	SAY(getpeername(server, (struct sockaddr *)&to, &(socklen_t){ sizeof(to) }));
	SAY(bind(server, (struct sockaddr *)&addresses[0], sizeof(addresses[0])));
	SAY(bind(socket(AF_INET, SOCK_DGRAM, 0), (struct sockaddr *)&addresses[0],
		 sizeof(addresses[0])));
	SAY(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	SAY(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	SAY(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP));
}

/* To a port where nobody is: a socket that is not connected never hears of it. */
static void unheard(void)
{
	struct sockaddr_in nobody;
	int error = 1;
	close(guest_bound(&nobody));
	SAY_NUMBER(send_to(clients[0], "x", 1, &nobody));
	settle();
	SAY_NUMBER(send_to(clients[0], "x", 1, &nobody));
	SAY(getsockopt(clients[0], SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof(error) }));
	printf("error %d, events %d\n", error, events_of(clients[0]));
}

static void timed(void)
{
	struct timeval soon = { .tv_usec = 50000 };
	char text[4];
	struct sockaddr_in from;
	MUST(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)));
	SAY_NUMBER(recv(server, text, 4, 0));
	SAY_NUMBER(recvfrom(server, text, 4, 0, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
}

int main(void)
{
	server = guest_bound(&addresses[0]);
	clients[0] = guest_bound(&addresses[1]);
	clients[1] = guest_bound(&addresses[2]);
	printf("events %d\n", events_of(server));
	two_peers();
	plain_reads();
	looked_at();
	large();
	messages();
	refused();
	unheard();
	timed();
	return 0;
}
