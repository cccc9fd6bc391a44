/* No number left for a descriptor: EMFILE at the right moment, nothing is lost, and all goes on when there is one again. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

enum { NUMBERS = 16 };

static int filled[NUMBERS], filled_count;

static void fill(void)
{
	for (filled_count = 0; filled_count < NUMBERS; filled_count++) {
		filled[filled_count] = socket(AF_INET, SOCK_STREAM, 0);
		if (filled[filled_count] < 0)
			break;
	}
	printf("last socket: %s\n", strerrorname_np(errno));
}

static void say_readable(int listener, int patience)
{
	struct pollfd state = { .fd = listener, .events = POLLIN };
	SAY_NUMBER(poll(&state, 1, patience));
}

static void full_table(int listener, const struct sockaddr_in *address)
{
	int client = guest_connect(address);
	char text[8] = { 0 };
	MUST(write(client, "waits", 5));
	say_readable(listener, 2000);
	fill();
	printf("made %d\n", filled_count);
	SAY(socket(AF_INET, SOCK_STREAM, 0));
	SAY(accept(listener, NULL, NULL));
	SAY(accept4(listener, NULL, NULL, SOCK_NONBLOCK));
	SAY(accept4(listener, NULL, NULL, 7));
	SAY(accept(client, NULL, NULL));
	SAY(accept(100, NULL, NULL));
	say_readable(listener, 0);
	usleep(1200000);
	say_readable(listener, 0);

	close(filled[--filled_count]);
	int lowest = filled[filled_count], accepted = accept(listener, NULL, NULL);
	printf("lowest %d\n", accepted == lowest);
	SAY_NUMBER(read(accepted, text, sizeof(text)));
	printf("%s\n", text);
	SAY(accept(listener, NULL, NULL));
	close(accepted);
	SAY(accept(listener, NULL, NULL));
	while (filled_count > 0)
		close(filled[--filled_count]);
}

int main(void)
{
	struct rlimit tight;
	struct sockaddr_in address;
	MUST(getrlimit(RLIMIT_NOFILE, &tight));
	tight.rlim_cur = NUMBERS;
	MUST(setrlimit(RLIMIT_NOFILE, &tight));
	int listener = guest_listen(&address, 5);
	MUST(fcntl(listener, F_SETFL, O_NONBLOCK));
	full_table(listener, &address);
	full_table(listener, &address);

	tight.rlim_cur = 4;
	MUST(setrlimit(RLIMIT_NOFILE, &tight));
	SAY(socket(AF_INET, SOCK_STREAM, 0));
	SAY(accept(listener, NULL, NULL));
	tight.rlim_cur = 0;
	MUST(setrlimit(RLIMIT_NOFILE, &tight));
	SAY(socket(AF_INET, SOCK_STREAM, 0));
	SAY(accept(listener, NULL, NULL));
	return 0;
}
