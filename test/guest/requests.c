/* ioctl on our sockets: what belongs to a stream works, and the interfaces are the host's, not the machine's. Only on
 * Berth. */
#include "guest.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

static void of_a_stream(void)
{
	int ends[2], value = -1, one = 1;
	guest_pair(ends);
	MUST(write(ends[0], "seven b", 7));
	usleep(20000);
	SAY(ioctl(ends[1], FIONREAD, &value));
	printf("%d unread\n", value);
	SAY(ioctl(ends[1], SIOCATMARK, &value));
	printf("at mark %d\n", value);
	SAY(ioctl(ends[0], SIOCOUTQ, &value));
	SAY(ioctl(ends[0], FIONBIO, &one));
	printf("nonblocking %d\n", (fcntl(ends[0], F_GETFL) & O_NONBLOCK) != 0);
	value = getpid();
	SAY(ioctl(ends[0], FIOSETOWN, &value));
	printf("owner is us %d\n", fcntl(ends[0], F_GETOWN) == getpid());
	SAY(ioctl(ends[0], FIOCLEX));
}

/* Every number of the range, asked about an interface: how many are answered is the same on any socket, and with rubbish above
 * the 32 bits that the kernel looks at; nothing can be changed. */
static void of_interfaces(int made, long above)
{
	int worked = 0, refused = 0;
	for (unsigned long number = SIOCADDRT; number <= 0x89ff; number++) {
		struct ifreq request = { .ifr_name = "eth0" };
		if (number >= SIOCPROTOPRIVATE && number < SIOCPROTOPRIVATE + 16)
			continue;
		long result = syscall(SYS_ioctl, made, above | (long)number, &request);
		worked += result >= 0;
		refused += result < 0 && errno == EPERM;
	}
	printf("%d worked, %d are not allowed\n", worked, refused);
}

/* The machine's own would not have this one. */
static void of_the_link(int made)
{
	struct ifreq request = { .ifr_name = "eth0" };
	SAY(ioctl(made, SIOCGIFHWADDR, &request));
	printf("%02x:%02x:%02x:%02x\n", (uint8_t)request.ifr_hwaddr.sa_data[0],
	       (uint8_t)request.ifr_hwaddr.sa_data[1], (uint8_t)request.ifr_hwaddr.sa_data[2],
	       (uint8_t)request.ifr_hwaddr.sa_data[3]);
}

int main(void)
{
	of_a_stream();
	of_interfaces(guest_socket(), 0);
	of_interfaces(guest_socket(), 0x7fl << 32);
	of_interfaces(socket(AF_UNIX, SOCK_DGRAM, 0), 0);
	of_the_link(guest_socket());
	of_the_link(socket(AF_UNIX, SOCK_DGRAM, 0));
	printf("index %u\n", if_nametoindex("eth0"));
	SAY(ioctl(-1, SIOCGIFINDEX, NULL));
	SAY(ioctl(open("/dev/null", O_RDONLY), SIOCGIFINDEX, NULL));
	return 0;
}
