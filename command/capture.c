/* berth capture: the LAN's packets as a pcapng file, until it is interrupted or the LAN ends.
 *
 * The daemon writes to one end of a pair, and what it writes is copied from the other. An interrupt shuts our half down:
 * the daemon then writes the capture's last blocks and closes, and the file is whole. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COPY_SIZE = 256 * 1024 };

/* pcapng's block types: draft-ietf-opsawg-pcapng, 11.1. */
enum { ENHANCED_PACKET_BLOCK = 6 };

/* Counts packets in a stream of blocks, of which each begins with its type and its size. */
struct counter {
	uint8_t head[8];
	size_t head_size;
	uint64_t skip; /* of the block's rest */
	uint64_t packets, bytes;
};

static void begin_block(struct counter *counter)
{
	uint32_t type, size;

	memcpy(&type, counter->head, sizeof type);
	memcpy(&size, counter->head + 4, sizeof size);
	if (type == ENHANCED_PACKET_BLOCK)
		counter->packets++;
	counter->skip = size > sizeof counter->head ? size - sizeof counter->head : 0;
	counter->head_size = 0;
}

static void count(struct counter *counter, const uint8_t *data, size_t size)
{
	counter->bytes += size;
	while (size > 0) {
		size_t part = counter->skip < size ? (size_t)counter->skip : size;
		counter->skip -= part;
		data += part;
		size -= part;
		if (size == 0)
			return;
		counter->head[counter->head_size++] = *data++;
		size--;
		if (counter->head_size == sizeof counter->head)
			begin_block(counter);
	}
}

static int open_file(const char *path)
{
	if (strcmp(path, "-") == 0) {
		if (isatty(STDOUT_FILENO))
			return -fail("a capture is no text for a terminal: \"berth capture -w - | "
				     "tshark -r -\", or -w FILE");
		return STDOUT_FILENO;
	}
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	return file < 0 ? -fail("%s cannot be written: %s", path, strerror(errno)) : file;
}

/* { "hosts": [names] } */
static char *write_wish(char **names, int count_of_names)
{
	json_t *hosts = json_array();

	for (int i = 0; i < count_of_names; i++)
		json_array_append_new(hosts, json_string(names[i]));
	json_t *wish = json_pack("{s:o}", "hosts", hosts);
	char *text = json_dumps(wish, JSON_COMPACT);
	json_decref(wish);
	return text;
}

static int ask_for_packets(const char *lan, char **names, int count_of_names)
{
	int ends[2];
	int daemon = ask_connect(lan);
	if (daemon < 0)
		return daemon;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -fail("no socket for the packets: %s", strerror(errno));

	char *wish = write_wish(names, count_of_names);
	int result = ask(daemon, CONTROL_CAPTURE, wish, ends[1], NULL);
	free(wish);
	close(daemon);
	close(ends[1]);
	return result < 0 ? result : ends[0];
}

static bool write_all(int file, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(file, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		data += written;
		size -= (size_t)written;
	}
	return true;
}

/* One piece. False at the end, and where it cannot be written: then *error says why. */
static bool copy(int packets, int file, struct counter *counter, int *error)
{
	static uint8_t data[COPY_SIZE];
	ssize_t size = read(packets, data, sizeof data);

	if (size <= 0)
		return false;
	count(counter, data, (size_t)size);
	if (write_all(file, data, (size_t)size))
		return true;
	*error = errno;
	return false;
}

static int interrupts(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A second interrupt is taken at its word. */
static void stop(struct pollfd *interrupt, int packets)
{
	sigset_t none;

	shutdown(packets, SHUT_WR);
	interrupt->fd = -1;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int copy_all(int packets, int file, struct counter *counter)
{
	struct pollfd waits[] = {
		{ .fd = packets, .events = POLLIN },
		{ .fd = interrupts(), .events = POLLIN },
	};
	int error = 0;

	for (;;) {
		if (poll(waits, 2, -1) < 0)
			return errno;
		if (waits[1].revents) {
			struct signalfd_siginfo taken;
			ssize_t size = read(waits[1].fd, &taken, sizeof taken);
			(void)size;
			stop(&waits[1], packets);
		}
		if (waits[0].revents && !copy(packets, file, counter, &error))
			return error;
	}
}

int command_capture(int argc, char **argv)
{
	struct options options;
	int operand = options_read(argc, argv, "w", &options);
	if (operand < 0)
		return FAILED;
	if (!options.write_to)
		return fail("a capture needs a place: \"berth capture -w FILE\"");
	int packets = ask_for_packets(options.lan, argv + operand, argc - operand);
	if (packets < 0)
		return FAILED;
	int file = open_file(options.write_to);
	if (file < 0)
		return FAILED;

	struct counter counter = { 0 };
	int error = copy_all(packets, file, &counter);
	fprintf(stderr, "berth: %llu packets, %llu bytes\n", (unsigned long long)counter.packets,
		(unsigned long long)counter.bytes);
	if (error == 0 || error == EPIPE)
		return 0;
	return fail("%s could not be written: %s", options.write_to, strerror(error));
}
