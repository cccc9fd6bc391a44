/* ioctl on our sockets: what belongs to a stream works, and the machine's interfaces are not shown as the host's. Only on
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

/* Every number of the range: none may work. Also with rubbish above the 32 bits that the kernel looks at. */
static void of_interfaces(int made, long above)
{
	struct ifreq request = { .ifr_name = "lo" };
	int worked = 0, other = 0;
	for (unsigned long number = SIOCADDRT; number <= 0x89ff; number++) {
		if (number >= SIOCPROTOPRIVATE && number < SIOCPROTOPRIVATE + 16)
			continue;
		long result = syscall(SYS_ioctl, made, above | (long)number, &request);
		worked += result >= 0;
		other += result < 0 && errno != ENOTTY;
	}
	printf("%d worked, %d failed for another reason\n", worked, other);
	SAY(ioctl(made, SIOCGIFFLAGS, &request));
	SAY(ioctl(made, SIOCGIFINDEX, &request));
}

int main(void)
{
	of_a_stream();
	of_interfaces(guest_socket(), 0);
	of_interfaces(guest_socket(), 0x7fl << 32);
	of_interfaces(socket(AF_UNIX, SOCK_DGRAM, 0), 0);
	SAY(if_nametoindex("lo"));
	printf("index %u\n", if_nametoindex("lo"));
	SAY(ioctl(-1, SIOCGIFINDEX, NULL));
	SAY(ioctl(open("/dev/null", O_RDONLY), SIOCGIFINDEX, NULL));
	return 0;
}
