/* nearest: which of some names was meant by one that is none of them. */
#ifndef CONTROL_NEAREST_H
#define CONTROL_NEAREST_H

#include <stddef.h>

/* How many letters are to be changed, taken or given to make one word the other (Levenshtein); of long words the first 48. */
size_t word_distance(const char *a, const char *b);

#endif
