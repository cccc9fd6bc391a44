/* IP_RECVERR: what became of datagrams, told by MSG_ERRQUEUE, on sockets connected and not. */
#include "datagrams.h"

#include <linux/errqueue.h>
#include <sys/uio.h>

static void say_failure(int descriptor, const struct sockaddr_in *to)
{
	char text[64] = { 0 };
	_Alignas(struct cmsghdr) char control[256];
	struct sockaddr_in name = { 0 };
	struct iovec piece = { text, sizeof(text) };
	struct msghdr message = { .msg_name = &name,
				  .msg_namelen = sizeof(name),
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	SAY_NUMBER(recvmsg(descriptor, &message, MSG_ERRQUEUE));
	if (!(message.msg_flags & MSG_ERRQUEUE))
		return;
	printf("\"%s\" to it %d, flags %x\n", text, memcmp(&name, to, sizeof(name)) == 0,
	       (unsigned)message.msg_flags);
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct sock_extended_err error;
	struct sockaddr_in offender;
	if (!header || header->cmsg_len < CMSG_LEN(sizeof(error) + sizeof(offender)))
		return;
	memcpy(&error, CMSG_DATA(header), sizeof(error));
	memcpy(&offender, CMSG_DATA(header) + sizeof(error), sizeof(offender));
	printf("level %d type %d, %s by %d: %d.%d info %u, from %s\n", header->cmsg_level,
	       header->cmsg_type, strerrorname_np((int)error.ee_errno), error.ee_origin,
	       error.ee_type, error.ee_code, error.ee_info, inet_ntoa(offender.sin_addr));
}

static void say_error(int descriptor)
{
	int error = -1;
	MUST(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof(error) }));
	printf("error %d\n", error);
}

int main(void)
{
	const int on = 1, off = 0;
	struct sockaddr_in nobody, from;
	char text[8];
	int apart = socket(AF_INET, SOCK_DGRAM, 0);
	close(guest_bound(&nobody));
	say_failure(apart, &nobody);
	SAY(setsockopt(apart, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	MUST(send_to(apart, "one", 3, &nobody));
	await(apart);
	say_failure(apart, &nobody);
	say_failure(apart, &nobody);
	say_error(apart);

	MUST(send_to(apart, "two", 3, &nobody));
	await(apart);
	SAY_NUMBER(recvfrom(apart, text, 8, MSG_DONTWAIT, (struct sockaddr *)&from,
			    &(socklen_t){ sizeof(from) }));
	say_failure(apart, &nobody);
	say_error(apart);

	MUST(send_to(apart, "three", 5, &nobody));
	await(apart);
	say_error(apart);
	SAY(setsockopt(apart, IPPROTO_IP, IP_RECVERR, &off, sizeof(off)));
	say_failure(apart, &nobody);
	MUST(send_to(apart, "four", 4, &nobody));
	settle();
	say_error(apart);

	int connected = socket(AF_INET, SOCK_DGRAM, 0);
	SAY(setsockopt(connected, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)));
	MUST(connect(connected, (struct sockaddr *)&nobody, sizeof(nobody)));
	MUST(send(connected, "five", 4, 0));
	await(connected);
	say_failure(connected, &nobody);
	say_error(connected);
	return 0;
}
