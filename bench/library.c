/* library: libberth alone, two hosts in one process, beside the machine's own TCP over loopback.
 *
 *   library [-r ROUNDS] [-t MILLISECONDS]
 *   library -c        prints only the congestion control that the kernel's sockets take
 *
 * Every round takes each measurement once, Berth's and the kernel's in turn; the table shows medians. A measurement
 * that failed is shown as such, and the exit status is then 1; a figure not reached is only marked. */
#include "sides/kernel.h"
#include "sides/sample.h"
#include "sides/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MEASUREMENTS = 7, ROUNDS_MOST = 25 };

static const struct world_link in_one_piece = { 0 };
static const struct world_link frames_with_checksums = { .largest_segment = 1, .checksums = true };
static const struct world_link frames = { .largest_segment = 1 };
static const struct world_link in_one_piece_ipv6 = { .ipv6 = true };
static const struct world_link frames_ipv6 = { .largest_segment = 1, .ipv6 = true };

struct measurement {
	const char *what;
	const char *unit;
	double scale; /* the figure by this, in the unit */
	const struct world_link *link;
	double (*berth)(const struct world_link *link, uint64_t duration_ns);
	double (*kernel)(uint64_t duration_ns);
	double least; /* the ratio to reach; 0: none is asked for */
};

/* What does not say otherwise is over large segments. */
static const struct measurement measurements[MEASUREMENTS] = {
	{ "stream, large segments", "GB/s", 1e-9, &in_one_piece, world_stream, kernel_stream, 1.5 },
	{ "stream, 1,500-byte frames, checksums", "GB/s", 1e-9, &frames_with_checksums,
	  world_stream, kernel_stream, 0.5 },
	{ "stream, 1,500-byte frames, none", "GB/s", 1e-9, &frames, world_stream, kernel_stream,
	  0 },
	{ "stream, large segments, IPv6", "GB/s", 1e-9, &in_one_piece_ipv6, world_stream,
	  kernel_stream, 1.5 },
	{ "stream, 1,500-byte frames, none, IPv6", "GB/s", 1e-9, &frames_ipv6, world_stream,
	  kernel_stream, 0 },
	{ "connect, accept, close both", "/s", 1, &in_one_piece, world_connect_close,
	  kernel_connect_close, 0 },
	{ "64 bytes there and back", "ns", 1, &in_one_piece, world_request_response,
	  kernel_request_response, 0 },
};

struct figures {
	struct sample berth, kernel;
};

/* Rows that are compared with the same thing share the samples of it, in the first of them. */
static int first_with_kernel_of(int index)
{
	for (int first = 0; first < index; first++)
		if (measurements[first].kernel == measurements[index].kernel)
			return first;
	return index;
}

static void take_round(struct figures *figures, uint64_t duration_ns)
{
	for (int index = 0; index < MEASUREMENTS; index++) {
		const struct measurement *measurement = &measurements[index];

		sample_add(&figures[first_with_kernel_of(index)].kernel,
			   measurement->kernel(duration_ns));
		sample_add(&figures[index].berth,
			   measurement->berth(measurement->link, duration_ns));
	}
}

/* True: both could be measured. */
static bool print_row(int index, struct figures *figures)
{
	const struct measurement *measurement = &measurements[index];
	struct sample *beside = &figures[first_with_kernel_of(index)].kernel;
	double berth = sample_median(&figures[index].berth) * measurement->scale;
	double kernel = sample_median(beside) * measurement->scale;
	int digits = measurement->scale < 1 ? 2 : 0;

	if (berth <= 0 || kernel <= 0) {
		printf("  %-38s not measured: %s failed\n", measurement->what,
		       berth <= 0 ? "Berth" : "the kernel's side");
		return false;
	}
	printf("  %-38s %9.*f %9.*f %-5s %6.2f", measurement->what, digits, berth, digits, kernel,
	       measurement->unit, berth / kernel);
	if (measurement->least > 0)
		printf("  >= %.2f  %s", measurement->least,
		       berth / kernel >= measurement->least ? "reached" : "NOT REACHED");
	printf("\n");
	return true;
}

/* value of an option; between 1 and most, or the program ends. */
static int number(const char *text, int most)
{
	int value = atoi(text);

	if (value >= 1 && value <= most)
		return value;
	fprintf(stderr, "library: %s: not between 1 and %d\n", text, most);
	exit(2);
}

int main(int argc, char **argv)
{
	struct figures figures[MEASUREMENTS] = { 0 };
	int rounds = 7, milliseconds = 250;
	bool all = true;

	for (int option; (option = getopt(argc, argv, "cr:t:")) != -1;) {
		if (option == 'r')
			rounds = number(optarg, ROUNDS_MOST);
		else if (option == 't')
			milliseconds = number(optarg, 10000);
		else if (option == 'c')
			return puts(kernel_congestion_control()) < 0;
		else
			return 2;
	}
	for (int round = 0; round < rounds; round++)
		take_round(figures, (uint64_t)milliseconds * 1000000);

	printf("The library alone: two hosts in one process; the kernel's loopback (%s): two "
	       "threads for a stream, "
	       "one for the rest.\n",
	       kernel_congestion_control());
	printf("Medians of %d rounds of %d ms.\n", rounds, milliseconds);
	printf("  %-38s %9s %9s %-5s %6s  %s\n", "what", "Berth", "kernel", "unit", "ratio",
	       "figure to reach");
	for (int index = 0; index < MEASUREMENTS; index++)
		all = print_row(index, figures) && all;
	return all ? 0 : 1;
}
