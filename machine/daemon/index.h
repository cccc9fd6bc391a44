/* index: finding what is kept by a number: an inode, a watch, a connection. A hash table of nodes embedded in what is kept,
 * which doubles as it fills; the numbers are the kernel's or ours, never a stranger's choice. */
#ifndef DAEMON_INDEX_H
#define DAEMON_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct index_node {
	struct index_node *next;
	uint64_t key; /* 0: in no index */
};

struct index {
	struct index_node **chains;
	size_t chain_count; /* a power of two */
	size_t count;
};

/* 0, or -ENOMEM. */
int index_open(struct index *index);
void index_close(struct index *index);

/* key is not 0 and not there yet. */
void index_insert(struct index *index, struct index_node *node, uint64_t key);
/* Does nothing for a node that is in no index. */
void index_remove(struct index *index, struct index_node *node);
/* NULL: not there. */
struct index_node *index_find(const struct index *index, uint64_t key);

#define INDEX_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

#endif
