/* To an address that nobody has, on one's own network. Only on Berth: the machine's loopback has no such place. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>

int main(void)
{
	struct sockaddr_in nobody = guest_address(80);
	inet_pton(AF_INET, "10.77.255.254", &nobody.sin_addr);
	int waiting = guest_socket();
	SAY(connect(waiting, (struct sockaddr *)&nobody, sizeof(nobody)));

	int hasty = guest_socket(), error = 0;
	socklen_t size = sizeof(error);
	MUST(fcntl(hasty, F_SETFL, O_NONBLOCK));
	SAY(connect(hasty, (struct sockaddr *)&nobody, sizeof(nobody)));
	struct pollfd state = { .fd = hasty, .events = POLLOUT };
	SAY_NUMBER(poll(&state, 1, 10000));
	MUST(getsockopt(hasty, SOL_SOCKET, SO_ERROR, &error, &size));
	printf("SO_ERROR: %s\n", strerrorname_np(error));

	nobody.sin_addr.s_addr = htonl(0x08080808);
	SAY(connect(guest_socket(), (struct sockaddr *)&nobody, sizeof(nobody)));
	return 0;
}
