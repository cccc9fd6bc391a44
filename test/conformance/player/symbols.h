/* symbols: the numbers behind the names that scripts use: SOL_SOCKET, TCP_NODELAY, ECONNRESET, EPOLLIN ... */
#ifndef PLAYER_SYMBOLS_H
#define PLAYER_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

bool symbol_find(const char *name, int64_t *number);
/* ECONNRESET; the number in words where it has no name here. */
const char *symbol_of_error(int error);

#endif
