/* list: a ring of nodes embedded in what is listed. An empty list, and a node in no list, point at themselves. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *previous;
};

#define CONTAINER_OF(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void list_init(struct list *list)
{
	list->next = list->previous = list;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->next == list;
}

static inline void list_insert_before(struct list *place, struct list *node)
{
	node->previous = place->previous;
	node->next = place;
	place->previous->next = node;
	place->previous = node;
}

static inline void list_append(struct list *list, struct list *node)
{
	list_insert_before(list, node);
}

static inline void list_remove(struct list *node)
{
	node->previous->next = node->next;
	node->next->previous = node->previous;
	list_init(node);
}

/* The first node, taken out; NULL from an empty list. */
static inline struct list *list_take_first(struct list *list)
{
	if (list_is_empty(list))
		return NULL;
	struct list *first = list->next;
	list_remove(first);
	return first;
}

#define LIST_EACH(node, head)                                                                      \
	for (struct list *node = (head)->next; node != (head); node = node->next)

/* As LIST_EACH, but the body may remove the node it is at. */
#define LIST_EACH_SAFE(node, head)                                                                 \
	for (struct list *node = (head)->next, *node##_next = node->next; node != (head);          \
	     node = node##_next, node##_next = node->next)

#endif
