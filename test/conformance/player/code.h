/* code: %{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%, which is Python. What scripts write most, a small evaluator knows
 * (evaluate.c); the rest is left to a python3, as packetdrill leaves all of it. */
#ifndef PLAYER_CODE_H
#define PLAYER_CODE_H

struct play;

void code_run(struct play *play, const char *text, int line);
/* What was left to python3 is run, when the script is over. */
void code_finish(struct play *play);

#endif
