/* sample: what one measurement gave, many times over, and the one figure to show for it.
 *
 * The machine is shared and noisy, so that rounds of all measurements are taken in turn and each shows its median. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

enum { SAMPLE_MOST = 128 };

struct sample {
	double values[SAMPLE_MOST];
	size_t count;
};

/* Nanoseconds on the monotonic clock. From the vDSO: no system call where the machine has a clock to read. */
uint64_t sample_clock(void);

/* Past SAMPLE_MOST a value is left out. */
void sample_add(struct sample *sample, double value);

/* Sorts the values; 0 of none. */
double sample_median(struct sample *sample);

#endif
