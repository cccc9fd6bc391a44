#include "observe/counters.h"

int counters_list(const uint64_t counts[VERDICT_COUNT], struct berth_counter *counters, int most)
{
	for (int index = 0; index < VERDICT_COUNT && index < most; index++)
		counters[index] =
			(struct berth_counter){ verdict_words((enum verdict)index), counts[index] };
	return VERDICT_COUNT;
}
