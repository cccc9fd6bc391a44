#include "sample.h"

#include <stdlib.h>
#include <time.h>

uint64_t sample_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void sample_add(struct sample *sample, double value)
{
	if (sample->count < SAMPLE_MOST)
		sample->values[sample->count++] = value;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double sample_median(struct sample *sample)
{
	if (!sample->count)
		return 0;

	qsort(sample->values, sample->count, sizeof(double), compare);
	size_t middle = sample->count / 2;
	if (sample->count % 2)
		return sample->values[middle];
	return (sample->values[middle - 1] + sample->values[middle]) / 2;
}
