/* guest_crr: connect, request, response, close, a second.
 *
 *   guest_crr server PORT                     accepts, reads one byte, writes one, closes
 *   guest_crr client ADDRESS PORT COUNT       does so COUNT times, one after another, and prints how many that is a second
 *
 * The server closes first, so that TIME-WAIT is its own, as with most servers. */
#include "posix/stream.h"
#include "sides/sample.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void serve(const struct role *role)
{
	for (int listener = stream_listen(role);;) {
		int descriptor = stream_accept(listener);
		uint8_t byte;

		if (read(descriptor, &byte, 1) == 1 && write(descriptor, &byte, 1) != 1)
			perror("write of the response");
		close(descriptor);
	}
}

static void request(int descriptor)
{
	uint8_t byte = 0;

	errno = EPROTO; /* where no call fails, but more or less than the byte comes */
	if (write(descriptor, &byte, 1) != 1 || read(descriptor, &byte, 1) != 1 ||
	    read(descriptor, &byte, 1) != 0)
		fail("request");
	close(descriptor);
}

static void run_client(const struct role *role)
{
	request(stream_connect_first(role));
	uint64_t begin = sample_clock();
	for (int index = 0; index < role->number; index++)
		request(stream_connect(role));
	printf("%.1f\n", role->number * 1e9 / (double)(sample_clock() - begin));
}

int main(int argc, char **argv)
{
	struct role role = role_read(argc, argv);

	if (role.is_server)
		serve(&role);
	run_client(&role);
	return 0;
}
