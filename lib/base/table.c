#include "base/table.h"

#include "base/assert.h"

#include <stddef.h>

enum { FIRST_CHAINS = 16 };

bool table_init(struct table *table, const struct berth_allocator *allocator)
{
	*table = (struct table){ .allocator = allocator, .chain_count = FIRST_CHAINS };
	table->chains = memory_take(allocator, FIRST_CHAINS * sizeof *table->chains);
	return table->chains != NULL;
}

void table_close(struct table *table)
{
	memory_give(table->allocator, table->chains, table->chain_count * sizeof *table->chains);
	*table = (struct table){ 0 };
}

static struct table_node **chain_of(const struct table *table, uint32_t hash)
{
	return &table->chains[hash & (table->chain_count - 1)];
}

static void grow(struct table *table)
{
	struct table bigger = { .allocator = table->allocator,
				.chain_count = table->chain_count * 2 };
	bigger.chains = memory_take(table->allocator, bigger.chain_count * sizeof *bigger.chains);
	if (!bigger.chains)
		return;

	for (uint32_t index = 0; index < table->chain_count; index++) {
		for (struct table_node *node = table->chains[index]; node;) {
			struct table_node *next = node->next;
			struct table_node **chain = chain_of(&bigger, node->hash);
			node->next = *chain;
			*chain = node;
			node = next;
		}
	}
	bigger.count = table->count;
	table_close(table);
	*table = bigger;
}

void table_insert(struct table *table, struct table_node *node, uint32_t hash)
{
	if (table->count >= table->chain_count)
		grow(table);

	struct table_node **chain = chain_of(table, hash);
	node->hash = hash;
	node->next = *chain;
	*chain = node;
	table->count++;
}

void table_remove(struct table *table, struct table_node *node)
{
	struct table_node **link = chain_of(table, node->hash);
	while (*link != node) {
		assert(*link);
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = NULL;
	table->count--;
}

struct table_node *table_chain(const struct table *table, uint32_t hash)
{
	return *chain_of(table, hash);
}

struct table_node *table_next(const struct table *table, const struct table_node *node)
{
	uint32_t index = 0;

	if (node) {
		if (node->next)
			return node->next;
		index = (node->hash & (table->chain_count - 1)) + 1;
	}
	for (; index < table->chain_count; index++) {
		if (table->chains[index])
			return table->chains[index];
	}
	return NULL;
}
