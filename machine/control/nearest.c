#include "control/nearest.h"

#include <string.h>

enum { LONGEST = 48 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t word_distance(const char *a, const char *b)
{
	size_t row[LONGEST + 1], width = strnlen(b, LONGEST);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; i < strnlen(a, LONGEST); i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t changed = diagonal + (a[i] != b[j]);
			diagonal = row[j + 1];
			row[j + 1] = least(changed, least(row[j], row[j + 1]) + 1);
		}
	}
	return row[width];
}
