/* A program that asks not to be looked into works all the same. */
#include "guest.h"

#include <sys/prctl.h>

int main(void)
{
	int ends[2];
	char text[8] = { 0 };
	SAY(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	guest_pair(ends);
	SAY_NUMBER(write(ends[0], "hidden", 6));
	SAY_NUMBER(read(ends[1], text, sizeof(text)));
	printf("%s\n", text);
	return 0;
}
