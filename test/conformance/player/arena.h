/* arena: memory that is given back all at once, when the script it belongs to is done with. */
#ifndef PLAYER_ARENA_H
#define PLAYER_ARENA_H

#include <stddef.h>

struct arena {
	struct arena_chunk *chunks; /* the newest first */
	size_t room;                /* left in it */
};

/* Zeroed, aligned as malloc's. There always is some: without, the program ends. */
void *arena_take(struct arena *arena, size_t size);
/* A copy with a zero behind it. */
char *arena_text(struct arena *arena, const char *at, size_t size);
void arena_free(struct arena *arena);

#endif
