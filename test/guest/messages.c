/* sendto, recvfrom, sendmsg, recvmsg and their kind on a stream: addresses are passed over, sizes come back as 0. */
#include "guest.h"

#include <signal.h>
#include <sys/uio.h>

static int ends[2];
static struct sockaddr_in other;

static void with_addresses(void)
{
	char text[16] = { 0 };
	struct sockaddr *address = (struct sockaddr *)&other;
	socklen_t size = sizeof(other);
	SAY_NUMBER(sendto(ends[0], "sendto", 6, 0, address, sizeof(other)));
	SAY_NUMBER(sendto(ends[0], "!", 1, 0, address, 0));
	SAY_NUMBER(sendto(ends[0], "!", 1, 0, address, 129));
	SAY_NUMBER(sendto(ends[0], "!", 1, 0, (struct sockaddr *)8, 16));
	SAY_NUMBER(sendto(ends[0], (char *)8, 1, 0, address, sizeof(other)));
	usleep(20000);
	SAY_NUMBER(recvfrom(ends[1], text, sizeof(text), 0, address, &size));
	printf("%s, size %u\n", text, size);
	SAY_NUMBER(recvfrom(ends[1], text, sizeof(text), MSG_DONTWAIT, address, &size));
	SAY_NUMBER(sendto(guest_socket(), "x", 1, MSG_NOSIGNAL, address, sizeof(other)));
	SAY_NUMBER(recvfrom(guest_socket(), text, 1, 0, address, &size));
	SAY_NUMBER(recv(ends[1], text, 1, MSG_ERRQUEUE));
}

static void discarded(void)
{
	char text[16] = "untouched";
	MUST(write(ends[0], "discarded", 9));
	usleep(20000);
	SAY_NUMBER(recv(ends[1], text, 9, MSG_TRUNC));
	printf("%s\n", text);
}

static void in_pieces(void)
{
	char first[4] = { 0 }, second[16] = { 0 };
	struct iovec out[] = { { "mess", 4 }, { "", 0 }, { "age", 3 } },
		     in[] = { { first, 3 }, { second, 15 } };
	struct msghdr message = { .msg_iov = out, .msg_iovlen = 3 };
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	message.msg_name = &other;
	message.msg_namelen = sizeof(other);
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	usleep(20000);
	message.msg_iov = in;
	message.msg_iovlen = 2;
	SAY_NUMBER(recvmsg(ends[1], &message, 0));
	printf("%s|%s, name %u, control %zu, flags %d\n", first, second, message.msg_namelen,
	       message.msg_controllen, message.msg_flags);
	message.msg_iovlen = 1025;
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	message.msg_name = NULL;
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	SAY_NUMBER(sendmsg(ends[0], (struct msghdr *)8, 0));
	SAY_NUMBER(recvmsg(ends[0], (struct msghdr *)8, 0));
}

/* Descriptors and credentials are not TCP's: passed over. The rest of the level is refused. */
static void with_control(void)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec piece = { "c", 1 };
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	char text[8];
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	control.header.cmsg_type = 99;
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	control.header.cmsg_len = 3;
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	control.header.cmsg_len = 1000;
	SAY_NUMBER(sendmsg(ends[0], &message, 0));
	SAY_NUMBER(read(ends[1], text, 1));
}

static void many(void)
{
	char texts[2][8] = { { 0 } };
	struct iovec out[] = { { "one", 3 }, { "two", 3 } },
		     in[] = { { texts[0], 3 }, { texts[1], 3 } };
	struct mmsghdr messages[2] = { { .msg_hdr = { .msg_iov = &out[0], .msg_iovlen = 1 } },
				       { .msg_hdr = { .msg_iov = &out[1], .msg_iovlen = 1 } } };
	SAY_NUMBER(sendmmsg(ends[0], messages, 2, 0));
	printf("%u %u\n", messages[0].msg_len, messages[1].msg_len);
	usleep(20000);
	messages[0].msg_hdr.msg_iov = &in[0];
	messages[1].msg_hdr.msg_iov = &in[1];
	SAY_NUMBER(recvmmsg(ends[1], messages, 2, MSG_WAITFORONE, NULL));
	printf("%s %s\n", texts[0], texts[1]);
}

/* More than the buffers hold, by a sendto that waits. */
static void large(void)
{
	enum { SIZE = 8 << 20 };
	char *bytes = malloc(SIZE), *back = malloc(SIZE);
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 7 >> 3);
	fflush(stdout);
	if (fork() == 0) {
		ssize_t sent =
			sendto(ends[0], bytes, SIZE, 0, (struct sockaddr *)&other, sizeof(other));
		_exit(sent == SIZE ? 0 : 1);
	}
	SAY_NUMBER(recvfrom(ends[1], back, SIZE, MSG_WAITALL, (struct sockaddr *)&other,
			    &(socklen_t){ sizeof(other) }));
	printf("same %d\n", memcmp(bytes, back, SIZE) == 0);
}

static void on_pipe(int signal)
{
	(void)signal;
	if (write(STDOUT_FILENO, "SIGPIPE\n", 8) < 0)
		_exit(1);
}

static void after_the_end(void)
{
	signal(SIGPIPE, on_pipe);
	MUST(shutdown(ends[0], SHUT_WR));
	fflush(stdout);
	SAY_NUMBER(sendto(ends[0], "x", 1, 0, (struct sockaddr *)&other, sizeof(other)));
	SAY_NUMBER(sendto(ends[0], "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&other, sizeof(other)));
}

int main(void)
{
	other = guest_address(9);
	guest_pair(ends);
	with_addresses();
	discarded();
	in_pieces();
	with_control();
	many();
	large();
	after_the_end();
	return 0;
}
