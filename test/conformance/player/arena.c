#include "conformance/player/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 16 << 10 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;
	max_align_t bytes[];
};

static void add_chunk(struct arena *arena, size_t least)
{
	size_t size = least > CHUNK_SIZE ? least : CHUNK_SIZE;
	struct arena_chunk *chunk = calloc(1, sizeof *chunk + size);

	if (!chunk) {
		fputs("script: no memory\n", stderr);
		abort();
	}
	*chunk = (struct arena_chunk){ .next = arena->chunks, .size = size };
	arena->chunks = chunk;
	arena->room = size;
}

void *arena_take(struct arena *arena, size_t size)
{
	size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!arena->chunks || arena->room < size)
		add_chunk(arena, size);
	char *at = (char *)arena->chunks->bytes + arena->chunks->size - arena->room;
	arena->room -= size;
	return at;
}

char *arena_text(struct arena *arena, const char *at, size_t size)
{
	char *copy = arena_take(arena, size + 1);
	memcpy(copy, at, size);
	return copy;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		free(chunk);
	}
	arena->room = 0;
}
