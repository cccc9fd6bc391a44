/* What Berth has not built is refused as by a kernel without it, and rings, which would go past it, as by an old one. Only on
 * Berth. */
#include "guest.h"

#include <linux/netlink.h>
#include <sys/syscall.h>

int main(void)
{
	char ring[128] = { 0 };
	SAY(syscall(SYS_io_uring_setup, 4, ring));
	SAY(syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0));
	SAY(syscall(SYS_io_uring_register, 0, 0, NULL, 0));
	SAY(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6));
	SAY(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	SAY(socket(AF_INET, SOCK_SEQPACKET, 0));
	SAY(socket(AF_INET6, SOCK_STREAM, 0));
	SAY(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC));
	SAY(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT));
	SAY(socket(AF_PACKET, SOCK_RAW, 0));
	SAY(socket(AF_VSOCK, SOCK_STREAM, 0));
	SAY(syscall(SYS_socket, 0x100000002, SOCK_STREAM, 0));
	SAY(socket(AF_UNIX, SOCK_STREAM, 0));

	struct sockaddr_in nobody = guest_nobody();
	SAY(sendto(guest_socket(), "x", 1, MSG_FASTOPEN, (struct sockaddr *)&nobody,
		   sizeof(nobody)));
	return 0;
}
