#include "daemon/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct origin {
	TAILQ_ENTRY(origin) link;
	struct index_node by_content;
	int file;
	struct carrier_origin content;
};

size_t origin_size(const struct carrier_origin *content)
{
	return offsetof(struct carrier_origin, control) + content->control_size;
}

/* FNV-1a by words of four bytes; never 0. Peers choose their addresses and may collide: then they share one place, and
 * pay with a file a datagram. */
static uint64_t key_of(const struct carrier_origin *content)
{
	const uint8_t *at = (const uint8_t *)content;
	uint64_t key = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < origin_size(content); i += sizeof(uint32_t)) {
		uint32_t word;
		memcpy(&word, at + i, sizeof word);
		key = (key ^ word) * UINT64_C(0x100000001b3);
	}
	return key | 1;
}

int origins_open(struct origins *origins)
{
	*origins = (struct origins){ 0 };
	TAILQ_INIT(&origins->latest);
	return index_open(&origins->by_content);
}

static void drop(struct origins *origins, struct origin *origin)
{
	index_remove(&origins->by_content, &origin->by_content);
	TAILQ_REMOVE(&origins->latest, origin, link);
	origins->count--;
	close(origin->file);
	free(origin);
}

void origins_close(struct origins *origins)
{
	struct origin *origin;

	if (!origins->by_content.chains)
		return;
	while ((origin = TAILQ_FIRST(&origins->latest)))
		drop(origins, origin);
	index_close(&origins->by_content);
}

static int write_file(const struct carrier_origin *content)
{
	int file = memfd_create("berth-origin", MFD_CLOEXEC);
	if (file < 0)
		return -errno;
	if (write(file, content, sizeof *content) == (ssize_t)sizeof *content)
		return file;
	close(file);
	return -ENOSPC;
}

static int add(struct origins *origins, const struct carrier_origin *content, uint64_t key)
{
	struct origin *origin = calloc(1, sizeof *origin);
	if (!origin)
		return -ENOMEM;
	origin->content = *content;
	origin->file = write_file(content);
	if (origin->file < 0) {
		int error = origin->file;
		free(origin);
		return error;
	}
	if (origins->count >= ORIGINS_MOST)
		drop(origins, TAILQ_LAST(&origins->latest, origin_list));
	index_insert(&origins->by_content, &origin->by_content, key);
	TAILQ_INSERT_HEAD(&origins->latest, origin, link);
	origins->count++;
	return origin->file;
}

int origin_file(struct origins *origins, const struct carrier_origin *content)
{
	uint64_t key = key_of(content);
	struct index_node *node = index_find(&origins->by_content, key);
	struct origin *origin = node ? INDEX_OWNER(node, struct origin, by_content) : NULL;

	if (origin && memcmp(&origin->content, content, origin_size(content)) == 0) {
		TAILQ_REMOVE(&origins->latest, origin, link);
		TAILQ_INSERT_HEAD(&origins->latest, origin, link);
		return origin->file;
	}
	if (origin)
		drop(origins, origin);
	return add(origins, content, key);
}
