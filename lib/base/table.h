/* table: a hash table of nodes embedded in what is kept, which doubles as it fills. The caller hashes (with a key, where
 * a stranger chooses what is hashed) and compares; growth that finds no memory leaves longer chains, never an error. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct table_node {
	struct table_node *next;
	uint32_t hash;
};

struct table {
	const struct berth_allocator *allocator;
	struct table_node **chains;
	uint32_t chain_count; /* a power of two */
	uint32_t count;
};

/* False: no memory. */
bool table_init(struct table *table, const struct berth_allocator *allocator);
/* The nodes are their owners' business. */
void table_close(struct table *table);

void table_insert(struct table *table, struct table_node *node, uint32_t hash);
void table_remove(struct table *table, struct table_node *node);

/* The first of the chain this hash is on; follow next and compare hash, then content. */
struct table_node *table_chain(const struct table *table, uint32_t hash);

/* Every node, in no order: begin with NULL; the node just given may not have been removed. NULL at the end. */
struct table_node *table_next(const struct table *table, const struct table_node *node);

#endif
