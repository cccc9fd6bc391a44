/* Every pointer of every call that Berth answers: nowhere, in the kernel's half, where only some of the bytes can be had,
 * where they can be read only. */
#include "guest.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { PAGE = 4096 };

struct place {
	const char *name;
	char *at;
};

static struct place places[] = {
	{ "null", NULL },
	{ "low", (char *)8 },
	{ "kernel", (char *)-4096 },
	{ "noncanonical", (char *)0x8000000000000000 },
	{ "edge", NULL },
	{ "read-only", NULL },
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

static char *map(int protection)
{
	char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at[PAGE - 3] = 16; /* of a size, an address, a header: what fits */
	munmap(at + PAGE, PAGE);
	mprotect(at, PAGE, protection);
	return at;
}

#define EACH(call)                                                                                 \
	do {                                                                                       \
		for (size_t each = 0; each < PLACES; each++) {                                     \
			char *at = places[each].at;                                                \
			printf("%s: ", places[each].name);                                         \
			SAY_NUMBER(call);                                                          \
		}                                                                                  \
	} while (0)

static void names(int made)
{
	struct sockaddr_in address = guest_address(0);
	struct sockaddr *good = (struct sockaddr *)&address;
	socklen_t size = sizeof(address);
	EACH(syscall(SYS_bind, guest_socket(), at, 16));
	EACH(syscall(SYS_bind, guest_socket(), at, 2));
	EACH(syscall(SYS_bind, guest_socket(), at, 0));
	EACH(syscall(SYS_connect, guest_socket(), at, 16));
	EACH(syscall(SYS_getsockname, made, at, &size));
	EACH(syscall(SYS_getsockname, made, good, at));
	EACH(syscall(SYS_getsockname, made, at, at));
	EACH(syscall(SYS_getpeername, made, at, &size));
	EACH(syscall(SYS_getpeername, made, good, at));
	size = 0;
	EACH(syscall(SYS_getpeername, made, at, &size));
	printf("size %u\n", size);
}

static void options(int made)
{
	int value = 1;
	socklen_t size = sizeof(value);
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_KEEPALIVE, at, 4));
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_KEEPALIVE, at, 0));
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_LINGER, at, 8));
	EACH(syscall(SYS_setsockopt, made, 4711, 1, at, 4));
	EACH(syscall(SYS_getsockopt, made, SOL_SOCKET, SO_TYPE, at, &size));
	EACH(syscall(SYS_getsockopt, made, SOL_SOCKET, SO_TYPE, &value, at));
	EACH(syscall(SYS_getsockopt, made, IPPROTO_TCP, TCP_MAXSEG, at, &size));
	EACH(syscall(SYS_getsockopt, made, IPPROTO_TCP, TCP_MAXSEG, &value, at));
	EACH(syscall(SYS_getsockopt, made, IPPROTO_IP, IP_TTL, at, &size));
	EACH(syscall(SYS_getsockopt, made, IPPROTO_IP, IP_TTL, &value, at));
	EACH(syscall(SYS_getsockopt, made, SOL_SOCKET, 9999, &value, at));
	EACH(syscall(SYS_getsockopt, made, 4711, 1, at, at));
	size = 0;
	EACH(syscall(SYS_getsockopt, made, SOL_SOCKET, SO_TYPE, at, &size));
}

/* Linux loses the connection whose address it cannot write: so does Berth. */
static void acceptance(void)
{
	struct sockaddr_in address, peer;
	socklen_t size = sizeof(peer);
	int listener = guest_listen(&address, 5);
	for (size_t i = 0; i < 3 * PLACES; i++) {
		int client = guest_connect(&address);
		struct place *place = &places[i % PLACES];
		size = sizeof(peer);
		printf("%s: ", place->name);
		if (i < PLACES)
			SAY(syscall(SYS_accept, listener, place->at, &size));
		else if (i < 2 * PLACES)
			SAY(syscall(SYS_accept, listener, &peer, place->at));
		else
			SAY(syscall(SYS_accept4, listener, place->at, place->at, SOCK_CLOEXEC));
		close(client);
	}
	close(listener);
}

static void sending(int made)
{
	struct sockaddr_in address = guest_address(9);
	struct iovec piece = { "x", 1 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	struct mmsghdr messages[2] = { 0 };
	EACH(syscall(SYS_sendto, made, at, 16, 0, &address, sizeof(address)));
	EACH(syscall(SYS_sendto, made, "x", 1, 0, at, 16));
	EACH(syscall(SYS_sendmsg, made, at, 0));
	EACH(syscall(SYS_sendmsg, guest_socket(), at, MSG_NOSIGNAL));
	EACH((message.msg_name = at, message.msg_namelen = 16,
	      syscall(SYS_sendmsg, made, &message, 0)));
	message.msg_name = &address;
	EACH((message.msg_iov = (struct iovec *)(void *)at,
	      syscall(SYS_sendmsg, made, &message, 0)));
	message.msg_iov = &piece;
	EACH((piece.iov_base = at, piece.iov_len = 16, syscall(SYS_sendmsg, made, &message, 0)));
	piece = (struct iovec){ "x", 1 };
	EACH((message.msg_control = at, message.msg_controllen = 16,
	      syscall(SYS_sendmsg, made, &message, 0)));
	EACH((message.msg_control = at, message.msg_controllen = 20,
	      syscall(SYS_sendmsg, made, &message, 0)));
	EACH(syscall(SYS_sendmmsg, made, at, 1, 0));
	EACH(syscall(SYS_sendmmsg, made, at, 0, 0));
	messages[0].msg_hdr = (struct msghdr){ .msg_name = &address,
					       .msg_namelen = sizeof(address),
					       .msg_iov = &piece,
					       .msg_iovlen = 1 };
	EACH((messages[1].msg_hdr.msg_name = at, syscall(SYS_sendmmsg, made, messages, 1, 0)));
}

/* And it has arrived. */
static void put(int from, int made)
{
	int there = 0;
	MUST(write(from, "0123456789abcdef", 16));
	for (int i = 0; i < 2000 && there < 16; i++) {
		usleep(500);
		MUST(ioctl(made, FIONREAD, &there));
	}
}

static void take_all(int made)
{
	char text[256];
	usleep(5000);
	while (recv(made, text, sizeof(text), MSG_DONTWAIT) > 0)
		continue;
}

static void receiving(int from, int made)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	char text[16];
	struct iovec piece = { text, 16 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	EACH((put(from, made), syscall(SYS_recvfrom, made, at, 16, 0, &address, &size)));
	take_all(made);
	EACH((put(from, made), syscall(SYS_recvfrom, made, text, 16, 0, at, &size)));
	take_all(made);
	EACH((put(from, made), syscall(SYS_recvfrom, made, text, 16, 0, &address, at)));
	take_all(made);
	EACH((put(from, made), syscall(SYS_recvmsg, made, at, 0)));
	take_all(made);
	EACH((put(from, made), message.msg_name = at, message.msg_namelen = 16,
	      syscall(SYS_recvmsg, made, &message, 0)));
	take_all(made);
	message.msg_name = &address;
	EACH((put(from, made), message.msg_iov = (struct iovec *)(void *)at,
	      syscall(SYS_recvmsg, made, &message, 0)));
	take_all(made);
	message.msg_iov = &piece;
	EACH((put(from, made), piece.iov_base = at, syscall(SYS_recvmsg, made, &message, 0)));
	take_all(made);
	piece.iov_base = text;
	EACH((put(from, made), message.msg_control = at, message.msg_controllen = 16,
	      syscall(SYS_recvmsg, made, &message, 0)));
	take_all(made);
	EACH((put(from, made), syscall(SYS_recvmmsg, made, at, 1, 0, NULL)));
	take_all(made);
	EACH((put(from, made), syscall(SYS_recvmmsg, made, at, 0, 0, NULL)));
}

int main(void)
{
	int ends[2];
	signal(SIGPIPE, SIG_IGN);
	places[4].at = map(PROT_READ | PROT_WRITE) + PAGE - 3;
	places[5].at = map(PROT_READ) + 64;
	guest_pair(ends);
	names(ends[0]);
	options(ends[0]);
	acceptance();
	sending(ends[0]);
	take_all(ends[1]);
	receiving(ends[0], ends[1]);
	return 0;
}
