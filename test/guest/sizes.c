/* Every size and count of every call that Berth answers: none, negative, one too many, huge. And families that are wrong. */
#include "guest.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static const long sizes[] = { 0,   1,   2,   15,      16,       17,         27,       28,
			      127, 128, 129, INT_MAX, 1L << 31, UINT32_MAX, 1L << 32, -1 };

#define EACH(call)                                                                                 \
	do {                                                                                       \
		for (size_t each = 0; each < sizeof(sizes) / sizeof(sizes[0]); each++) {           \
			long size = sizes[each];                                                   \
			printf("%ld: ", size);                                                     \
			SAY_NUMBER(call);                                                          \
		}                                                                                  \
	} while (0)

static const sa_family_t families[] = {
	AF_UNSPEC, AF_UNIX, AF_INET6, AF_NETLINK, AF_PACKET, 0xffff
};

static void addresses(int made)
{
	struct sockaddr_storage room = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&room;
	*in = guest_nobody();
	EACH(syscall(SYS_connect, guest_socket(), &room, size));
	EACH(syscall(SYS_connect, made, &room, size));
	EACH(syscall(SYS_bind, made, &room, size));
	in->sin_port = 0;
	EACH(syscall(SYS_bind, guest_socket(), &room, size));
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		printf("family %u\n", families[i]);
		room.ss_family = families[i];
		EACH(syscall(SYS_bind, guest_socket(), &room, size));
		if (families[i] == AF_UNSPEC)
			continue;
		EACH(syscall(SYS_connect, guest_socket(), &room, size));
	}
	EACH(syscall(SYS_listen, guest_socket(), size));
}

static void options(int made)
{
	char room[256];
	socklen_t told;
	memset(room, 0, sizeof(room));
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_KEEPALIVE, room, size));
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_LINGER, room, size));
	EACH(syscall(SYS_setsockopt, made, SOL_SOCKET, SO_RCVTIMEO, room, size));
	EACH(syscall(SYS_setsockopt, made, IPPROTO_TCP, TCP_NODELAY, room, size));
	EACH((told = (socklen_t)size,
	      syscall(SYS_getsockopt, made, SOL_SOCKET, SO_TYPE, room, &told)));
	EACH((told = (socklen_t)size,
	      syscall(SYS_getsockopt, made, IPPROTO_TCP, TCP_NODELAY, room, &told)));
	EACH((told = (socklen_t)size,
	      syscall(SYS_getsockopt, made, SOL_SOCKET, SO_LINGER, room, &told)));
	printf("%u\n", told);
	EACH((told = (socklen_t)size, syscall(SYS_getpeername, made, room, &told)));
	EACH(syscall(SYS_getsockopt, made, size, SO_TYPE, room, &told));
	EACH(syscall(SYS_setsockopt, made, IPPROTO_TCP, 4000 + size, room, 4));
}

static void await_bytes(int made, int size)
{
	int there = 0;
	for (int i = 0; i < 4000 && there < size; i++) {
		usleep(500);
		MUST(ioctl(made, FIONREAD, &there));
	}
}

static void put(int from, int made)
{
	MUST(write(from, "0123456789", 10));
	await_bytes(made, 10);
}

static void take_all(int made)
{
	char text[256];
	usleep(5000);
	while (recv(made, text, sizeof(text), MSG_DONTWAIT) > 0)
		continue;
}

static void messages(int from, int made)
{
	static char text[1 << 16];
	static struct iovec pieces[1025];
	struct sockaddr_in address = guest_address(9);
	socklen_t told = sizeof(address);
	struct msghdr message = { .msg_name = &address, .msg_iov = pieces };
	union {
		struct cmsghdr header;
		char room[256];
	} control = { .header = { 0, SOL_SOCKET, SCM_RIGHTS } };

	EACH(syscall(SYS_sendto, from, text, 1, 0, &address, size));
	EACH((message.msg_namelen = (socklen_t)size, syscall(SYS_sendmsg, from, &message, 0)));
	message.msg_namelen = sizeof(address);
	usleep(5000);
	take_all(made);
	for (size_t i = 0; i < 1025; i++)
		pieces[i] = (struct iovec){ text + i, i < 4 };
	static const size_t counts[] = {
		0, 1, 4, 1023, 1024, 1025, 1UL << 31, 1UL << 32, SIZE_MAX
	};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		message.msg_iovlen = counts[i];
		printf("%zu pieces: ", counts[i]);
		SAY_NUMBER(sendmsg(from, &message, 0));
		printf("%zu pieces: ", counts[i]);
		message.msg_namelen = sizeof(address);
		SAY_NUMBER((put(from, made), recvmsg(made, &message, 0)));
		message.msg_name = NULL;
		printf("%zu pieces: ", counts[i]);
		SAY_NUMBER((put(from, made), recvmsg(made, &message, 0)));
		message.msg_name = &address;
		take_all(made);
	}
	message.msg_iovlen = 2;
	static const size_t lengths[] = { SIZE_MAX, (size_t)SSIZE_MAX + 1 };
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		pieces[1].iov_len = lengths[i];
		message.msg_namelen = sizeof(address);
		SAY_NUMBER(sendmsg(from, &message, 0));
		SAY_NUMBER((put(from, made), recvmsg(made, &message, 0)));
		take_all(made);
	}
	message.msg_iovlen = 1;
	message.msg_control = &control;
	EACH((message.msg_controllen = (size_t)size & 255, control.header.cmsg_len = 0,
	      syscall(SYS_sendmsg, from, &message, 0)));
	message.msg_controllen = sizeof(control);
	EACH((control.header.cmsg_len = (size_t)size, syscall(SYS_sendmsg, from, &message, 0)));
	take_all(made);
	EACH((put(from, made), told = (socklen_t)size,
	      syscall(SYS_recvfrom, made, text, 10, 0, &address, &told)));
	take_all(made);
	message.msg_control = NULL;
	EACH((put(from, made), message.msg_namelen = (socklen_t)size,
	      syscall(SYS_recvmsg, made, &message, 0)));
	take_all(made);
}

static void many(int from, int made)
{
	char text[4] = { 0 };
	struct iovec piece = { text, 1 };
	static struct mmsghdr messages[1025];
	for (size_t i = 0; i < 1025; i++)
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &piece, .msg_iovlen = 1 };
	static const unsigned counts[] = { 0, 1, 2, 1024, 1025, UINT32_MAX };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) - 1; i++)
		SAY_NUMBER(sendmmsg(from, messages, counts[i], 0));
	await_bytes(made, 0 + 1 + 2 + 1024 + 1024);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]) - 2; i++)
		SAY_NUMBER(recvmmsg(made, messages, counts[i], MSG_DONTWAIT, NULL));
	struct timespec bad = { 0, -1 };
	SAY_NUMBER(recvmmsg(made, messages, 1, MSG_DONTWAIT, &bad));
}

int main(void)
{
	int ends[2];
	signal(SIGPIPE, SIG_IGN);
	guest_pair(ends);
	addresses(ends[0]);
	options(ends[0]);
	messages(ends[0], ends[1]);
	many(ends[0], ends[1]);
	return 0;
}
