#include "ip/group.h"

#include "base/assert.h"
#include "ip/group_report.h"
#include "ip/ip.h"

#include <errno.h>

bool groups_init(struct ip *ip)
{
	struct groups *groups = &ip->groups;

	*groups = (struct groups){ .ip = ip, .key = random_key(&ip->random) };
	list_init(&groups->all);
	if (!table_init(&groups->table, ip->allocator))
		return false;
	if (!clock_admit(ip->clock, &groups->alarm, group_reports_due)) {
		table_close(&groups->table);
		return false;
	}
	return true;
}

/* The groups that nobody has to join (RFC 1112, 4; RFC 4291, 2.8). */
static bool is_everybodys(const struct address *address)
{
	static const struct address all_of_interface = { .bytes = { 0xff, 1, [15] = 1 } };
	static const struct address all_of_link = { .bytes = { 0xff, 2, [15] = 1 } };

	if (address_is_v4(address))
		return address_to_v4(address) == ALL_HOSTS;
	return address_equal(address, &all_of_link) || address_equal(address, &all_of_interface);
}

static uint32_t hash_of(const struct groups *groups, const struct interface *interface,
			const struct address *address)
{
	uint8_t message[4 + sizeof address->bytes];
	put32(message, (uint32_t)interface->index);
	memcpy(message + 4, address->bytes, sizeof address->bytes);
	return (uint32_t)siphash(&groups->key, (struct bytes){ message, sizeof message });
}

static struct group *find(const struct groups *groups, const struct interface *interface,
			  const struct address *address)
{
	uint32_t hash = hash_of(groups, interface, address);

	for (struct table_node *node = table_chain(&groups->table, hash); node; node = node->next) {
		struct group *group = CONTAINER_OF(node, struct group, node);
		if (group->interface == interface && address_equal(&group->address, address))
			return group;
	}
	return NULL;
}

static int make(struct ip *ip, struct interface *interface, const struct address *address,
		struct group **made)
{
	struct groups *groups = &ip->groups;

	if (groups->count == GROUPS_MOST)
		return -ENOBUFS;
	struct group *group = memory_take(ip->allocator, sizeof *group);
	if (!group)
		return -ENOMEM;
	group->interface = interface;
	group->address = *address;
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
	sources_free(ip->allocator, &group->filter.sources);
	if (group->talk)
		memory_give(ip->allocator, group->talk, sizeof *group->talk);
	memory_give(ip->allocator, group, sizeof *group);
}

void group_free_if_over(struct ip *ip, struct group *group)
{
	if (!group_is_wanted(group) && group->change_due == NEVER)
		release(ip, group);
}

bool source_filter_admits(const struct source_filter *filter, const struct address *source)
{
	return sources_have(&filter->sources, source) != filter->exclude;
}

/* Does every member that excludes exclude it, and none ask for it? */
static bool nobody_wants(const struct group *group, const struct address *source)
{
	LIST_EACH (node, &group->members) {
		if (source_filter_admits(&CONTAINER_OF(node, struct group_member, link)->filter,
					 source))
			return false;
	}
	return true;
}

static struct source_filter all_sources(const struct berth_allocator *allocator,
					struct source_filter *instead_of)
{
	sources_free(allocator, &instead_of->sources);
	return (struct source_filter){ .exclude = true };
}

/* What one that excludes does not want is all that nobody may want. */
static struct source_filter merge_exclude(const struct berth_allocator *allocator,
					  const struct group *group, const struct sources *excluded)
{
	struct source_filter filter = { .exclude = true };

	for (uint32_t place = 0; place < excluded->count; place++) {
		if (nobody_wants(group, &excluded->at[place]) &&
		    !sources_add(allocator, &filter.sources, &excluded->at[place]))
			return all_sources(allocator, &filter);
	}
	return filter;
}

/* False: they are too many. */
static bool add_all(const struct berth_allocator *allocator, struct sources *sources,
		    const struct sources *more)
{
	for (uint32_t place = 0; place < more->count; place++) {
		if (sources_have(sources, &more->at[place]))
			continue;
		if (sources->count == GROUP_SOURCES_MOST ||
		    !sources_add(allocator, sources, &more->at[place]))
			return false;
	}
	return true;
}

/* RFC 9776, 3.2; RFC 9777, 4.2. */
static struct source_filter merge(const struct berth_allocator *allocator,
				  const struct group *group)
{
	struct source_filter filter = { 0 };

	if (group->held > 0)
		return (struct source_filter){ .exclude = true };
	LIST_EACH (node, &group->members) {
		const struct group_member *member = CONTAINER_OF(node, struct group_member, link);
		if (member->filter.exclude)
			return merge_exclude(allocator, group, &member->filter.sources);
	}
	LIST_EACH (node, &group->members) {
		const struct group_member *member = CONTAINER_OF(node, struct group_member, link);
		if (!add_all(allocator, &filter.sources, &member->filter.sources))
			return all_sources(allocator, &filter);
	}
	return filter;
}

static void refresh(struct ip *ip, struct group *group)
{
	struct source_filter before = group->filter;

	group->filter = merge(ip->allocator, group);
	group_filter_changed(ip, group, &before);
	sources_free(ip->allocator, &before.sources);
}

int group_join(struct ip *ip, struct group_member *member, struct interface *interface,
	       const struct address *address)
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

static int hold(struct ip *ip, struct interface *interface, const struct address *address,
		bool quiet)
{
	struct group *group = find(&ip->groups, interface, address);
	int error = group ? 0 : make(ip, interface, address, &group);
	if (error)
		return error;
	group->quiet = quiet && !group_is_wanted(group);
	group->held++;
	refresh(ip, group);
	return 0;
}

int group_hold(struct ip *ip, struct interface *interface, const struct address *address)
{
	return hold(ip, interface, address, false);
}

int group_hold_quietly(struct ip *ip, struct interface *interface, const struct address *address)
{
	return hold(ip, interface, address, true);
}

void group_let_go(struct ip *ip, const struct interface *interface, const struct address *address)
{
	struct group *group = find(&ip->groups, interface, address);

	assert(group && group->held > 0);
	group->held--;
	refresh(ip, group);
	group_free_if_over(ip, group);
}

bool group_admits(const struct ip *ip, const struct interface *interface,
		  const struct address *address, const struct address *source)
{
	if (is_everybodys(address))
		return true;
	const struct group *group = find(&ip->groups, interface, address);
	return group && group_is_wanted(group) && source_filter_admits(&group->filter, source);
}

bool group_is_joined(const struct ip *ip, const struct interface *interface,
		     const struct address *address)
{
	if (is_everybodys(address))
		return true;
	const struct group *group = find(&ip->groups, interface, address);
	return group && group_is_wanted(group);
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
