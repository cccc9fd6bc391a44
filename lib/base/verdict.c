#include "base/verdict.h"

#include "base/assert.h"

const char *verdict_words(enum verdict verdict)
{
	static const char *const words[] = {
#define VERDICT_WORDS(name, text) text,
		VERDICTS(VERDICT_WORDS)
#undef VERDICT_WORDS
	};
	assert(verdict < VERDICT_COUNT);
	return words[verdict];
}
