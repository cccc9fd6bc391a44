#include "daemon/index.h"

#include <errno.h>
#include <stdlib.h>

enum { CHAINS_AT_FIRST = 64 };

static struct index_node **chain_of(const struct index *index, uint64_t key)
{
	uint64_t spread = key * UINT64_C(0x9E3779B97F4A7C15); /* Fibonacci hashing: Knuth, 6.4 */
	return &index->chains[(spread >> 32) & (index->chain_count - 1)];
}

int index_open(struct index *index)
{
	*index = (struct index){ .chain_count = CHAINS_AT_FIRST };
	index->chains = calloc(index->chain_count, sizeof(struct index_node *));
	return index->chains ? 0 : -ENOMEM;
}

void index_close(struct index *index)
{
	free(index->chains);
	*index = (struct index){ 0 };
}

/* Growth that finds no memory leaves longer chains, never an error. */
static void grow(struct index *index)
{
	struct index larger = { .chain_count = index->chain_count * 2 };

	larger.chains = calloc(larger.chain_count, sizeof(struct index_node *));
	if (!larger.chains)
		return;
	for (size_t i = 0; i < index->chain_count; i++) {
		while (index->chains[i]) {
			struct index_node *node = index->chains[i];
			index->chains[i] = node->next;
			index_insert(&larger, node, node->key);
		}
	}
	free(index->chains);
	*index = larger;
}

void index_insert(struct index *index, struct index_node *node, uint64_t key)
{
	if (index->count >= index->chain_count)
		grow(index);

	struct index_node **chain = chain_of(index, key);
	node->key = key;
	node->next = *chain;
	*chain = node;
	index->count++;
}

void index_remove(struct index *index, struct index_node *node)
{
	if (node->key == 0)
		return;
	struct index_node **link = chain_of(index, node->key);
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	node->key = 0;
	index->count--;
}

struct index_node *index_find(const struct index *index, uint64_t key)
{
	struct index_node *node = *chain_of(index, key);
	while (node && node->key != key)
		node = node->next;
	return node;
}
