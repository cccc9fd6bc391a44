#include "ip/group.h"

#include "base/assert.h"
#include "ip/ip.h"
#include "wire/ipv4.h"

#include <errno.h>

bool groups_init(struct ip *ip)
{
	struct groups *groups = &ip->groups;

	*groups = (struct groups){ .ip = ip, .key = random_key(&ip->random) };
	list_init(&groups->all);
	if (!table_init(&groups->table, ip->allocator))
		return false;
	if (!clock_admit(ip->clock, &groups->alarm, igmp_due)) {
		table_close(&groups->table);
		return false;
	}
	ip_register(ip, PROTOCOL_IGMP, &(struct ip_protocol){ .input = igmp_input, .context = ip });
	return true;
}

static uint32_t hash_of(const struct groups *groups, const struct interface *interface,
			uint32_t address)
{
	uint8_t message[8];
	put32(message, (uint32_t)interface->index);
	put32(message + 4, address);
	return (uint32_t)siphash(&groups->key, (struct bytes){ message, sizeof message });
}

static struct group *find(const struct groups *groups, const struct interface *interface,
			  uint32_t address)
{
	uint32_t hash = hash_of(groups, interface, address);

	for (struct table_node *node = table_chain(&groups->table, hash); node; node = node->next) {
		struct group *group = CONTAINER_OF(node, struct group, node);
		if (group->interface == interface && group->address == address)
			return group;
	}
	return NULL;
}

static int make(struct ip *ip, struct interface *interface, uint32_t address, struct group **made)
{
	struct groups *groups = &ip->groups;

	if (groups->count == GROUPS_MOST)
		return -ENOBUFS;
	struct group *group = memory_take(ip->allocator, sizeof *group);
	if (!group)
		return -ENOMEM;
	group->interface = interface;
	group->address = address;
	group->change_due = group->answer_due = NEVER;
	list_init(&group->members);
	list_append(&groups->all, &group->link);
	table_insert(&groups->table, &group->node, hash_of(groups, interface, address));
	groups->count++;
	*made = group;
	return 0;
}

static void release(struct ip *ip, struct group *group)
{
	table_remove(&ip->groups.table, &group->node);
	list_remove(&group->link);
	ip->groups.count--;
	memory_give(ip->allocator, group, sizeof *group);
}

void group_free_if_over(struct ip *ip, struct group *group)
{
	if (group->member_count == 0 && group->change_due == NEVER)
		release(ip, group);
}

static bool is_among(const uint32_t *sources, uint32_t count, uint32_t source)
{
	for (uint32_t index = 0; index < count; index++) {
		if (sources[index] == source)
			return true;
	}
	return false;
}

bool source_filter_admits(const struct source_filter *filter, uint32_t source)
{
	return is_among(filter->sources, filter->count, source) != filter->exclude;
}

/* Does every member that excludes exclude it, and none ask for it? */
static bool nobody_wants(const struct group *group, uint32_t source)
{
	LIST_EACH (node, &group->members) {
		const struct group_member *member = CONTAINER_OF(node, struct group_member, link);
		if (is_among(member->sources, member->source_count, source) != member->exclude)
			return false;
	}
	return true;
}

/* What one that excludes does not want is all that nobody may want. */
static struct source_filter merge_exclude(const struct group *group,
					  const struct group_member *excluding)
{
	struct source_filter filter = { .exclude = true };

	for (uint32_t index = 0; index < excluding->source_count; index++) {
		if (nobody_wants(group, excluding->sources[index]))
			filter.sources[filter.count++] = excluding->sources[index];
	}
	return filter;
}

/* False: they are too many. */
static bool add_sources(struct source_filter *filter, const struct group_member *member)
{
	for (uint32_t index = 0; index < member->source_count; index++) {
		if (is_among(filter->sources, filter->count, member->sources[index]))
			continue;
		if (filter->count == GROUP_SOURCES_MOST)
			return false;
		filter->sources[filter->count++] = member->sources[index];
	}
	return true;
}

/* RFC 9776, 3.2. */
static struct source_filter merge(const struct group *group)
{
	struct source_filter filter = { 0 };

	LIST_EACH (node, &group->members) {
		const struct group_member *member = CONTAINER_OF(node, struct group_member, link);
		if (member->exclude)
			return merge_exclude(group, member);
	}
	LIST_EACH (node, &group->members) {
		if (!add_sources(&filter, CONTAINER_OF(node, struct group_member, link)))
			return (struct source_filter){ .exclude = true };
	}
	return filter;
}

static void refresh(struct ip *ip, struct group *group)
{
	struct source_filter before = group->filter;
	group->filter = merge(group);
	if (group->address != ALL_HOSTS && group->interface->ethernet)
		igmp_filter_changed(ip, group, &before);
}

int group_join(struct ip *ip, struct group_member *member, struct interface *interface,
	       uint32_t address)
{
	struct group *group = find(&ip->groups, interface, address);
	int error = group ? 0 : make(ip, interface, address, &group);
	if (error)
		return error;
	member->group = group;
	list_append(&group->members, &member->link);
	group->member_count++;
	refresh(ip, group);
	return 0;
}

void group_leave(struct ip *ip, struct group_member *member)
{
	struct group *group = member->group;
	if (!group)
		return;
	list_remove(&member->link);
	member->group = NULL;
	group->member_count--;
	refresh(ip, group);
	group_free_if_over(ip, group);
}

void group_member_changed(struct ip *ip, struct group_member *member)
{
	if (member->group)
		refresh(ip, member->group);
}

bool group_admits(const struct ip *ip, const struct interface *interface, uint32_t address,
		  uint32_t source)
{
	if (address == ALL_HOSTS)
		return true;
	const struct group *group = find(&ip->groups, interface, address);
	return group && group->member_count > 0 && source_filter_admits(&group->filter, source);
}

bool group_is_joined(const struct ip *ip, const struct interface *interface, uint32_t address)
{
	if (address == ALL_HOSTS)
		return true;
	const struct group *group = find(&ip->groups, interface, address);
	return group && group->member_count > 0;
}

static void forget(struct ip *ip, struct group *group)
{
	while (!list_is_empty(&group->members)) {
		struct list *node = list_take_first(&group->members);
		CONTAINER_OF(node, struct group_member, link)->group = NULL;
	}
	release(ip, group);
}

void groups_forget(struct ip *ip, const struct interface *interface)
{
	LIST_EACH_SAFE (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface == interface)
			forget(ip, group);
	}
}

void groups_close(struct ip *ip)
{
	while (!list_is_empty(&ip->groups.all))
		release(ip, CONTAINER_OF(ip->groups.all.next, struct group, link));
	assert(ip->groups.count == 0);
	clock_dismiss(ip->clock, &ip->groups.alarm);
	table_close(&ip->groups.table);
}
