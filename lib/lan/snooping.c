#include "lan/snooping.h"

#include "base/assert.h"
#include "lan/overhear.h"
#include "lan/switch.h"
#include "wire/igmp.h"

static uint64_t now_of(const struct lan_switch *lan)
{
	return lan->snooping.queriers[0].clock->now;
}

static enum snooped_family family_of(const struct address *address)
{
	return address_is_v4(address) ? SNOOPED_IGMP : SNOOPED_MLD;
}

static struct querier *querier_of(struct lan_switch *lan, const struct address *address)
{
	return &lan->snooping.queriers[family_of(address)];
}

/* 224.0.0.0/24, ff02::1 and what does not leave a host: nobody has to report of them (RFC 4541, 2.1.2, 2, and 3; RFC 9777,
 * 6). */
static bool is_everybodys(const struct address *group)
{
	static const struct address all_nodes = { .bytes = { 0xff, 0x02, [15] = 1 } };
	if (address_is_v4(group))
		return address_to_v4(group) >> 8 == 0xe00000;
	return (group->bytes[1] & 0xf) < SCOPE_LINK || address_equal(group, &all_nodes);
}

/* What every host of IPv6 has some of, and so nothing that the querier would begin for. */
static bool is_of_the_link(const struct address *group)
{
	return !address_is_v4(group) && (group->bytes[1] & 0xf) <= SCOPE_LINK;
}

static uint32_t hash_of(const struct address *address)
{
	/* What stations choose to collide is bounded by SNOOPING_CHAIN_MOST: no key is needed. */
	const uint8_t *bytes = address->bytes;
	uint64_t word = get32(bytes + 12) ^ (uint64_t)get32(bytes + 8) << 8 ^ get32(bytes);
	return (uint32_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* chain_length: how many it was compared with. */
static struct snooped_group *find_group(const struct snooping *snooping,
					const struct address *address, uint32_t *chain_length)
{
	struct table_node *node = table_chain(&snooping->groups, hash_of(address));

	*chain_length = 0;
	for (; node; node = node->next) {
		struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		if (address_equal(&group->address, address))
			return group;
		++*chain_length;
	}
	return NULL;
}

/* NULL where there is no room: what is sent to it goes everywhere. */
static struct snooped_group *make_group(struct lan_switch *lan, const struct address *address,
					uint32_t chain_length)
{
	struct table *groups = &lan->snooping.groups;

	if (groups->count >= SNOOPING_GROUPS_MOST || chain_length >= SNOOPING_CHAIN_MOST)
		return NULL;
	struct snooped_group *group = memory_take(lan->allocator, sizeof *group);
	if (!group)
		return NULL;
	group->address = *address;
	list_init(&group->members);
	list_init(&group->asking);
	table_insert(groups, &group->node, hash_of(address));
	return group;
}

static uint32_t *asked_for(struct lan_switch *lan, const struct snooped_group *group)
{
	return is_of_the_link(&group->address)
		       ? NULL
		       : &lan->snooping.asked_for[family_of(&group->address)];
}

static void free_member(struct lan_switch *lan, struct snooped_group *group,
			struct snooped_member *member)
{
	uint32_t *count = asked_for(lan, group);
	if (count)
		--*count;
	list_remove(&member->link);
	lan->snooping.member_count--;
	memory_give(lan->allocator, member, sizeof *member);
}

static void free_group(struct lan_switch *lan, struct snooped_group *group)
{
	table_remove(&lan->snooping.groups, &group->node);
	list_remove(&group->asking);
	memory_give(lan->allocator, group, sizeof *group);
}

static struct snooped_member *find_member(const struct snooped_group *group,
					  const struct lan_port *port)
{
	LIST_EACH (node, &group->members) {
		struct snooped_member *member = CONTAINER_OF(node, struct snooped_member, link);
		if (member->port == port)
			return member;
	}
	return NULL;
}

static void note_due(struct lan_switch *lan, uint64_t due)
{
	if (due < lan->snooping.due)
		lan->snooping.due = due;
}

static struct snooped_member *make_member(struct lan_switch *lan, struct snooped_group *group,
					  struct lan_port *port)
{
	struct snooped_member *member = NULL;
	if (lan->snooping.member_count < SNOOPING_MEMBERS_MOST)
		member = memory_take(lan->allocator, sizeof *member);
	if (!member) {
		group->flooded_until = now_of(lan) + QUERIER_MEMBERSHIP_NS;
		note_due(lan, group->flooded_until);
		return NULL;
	}
	uint32_t *count = asked_for(lan, group);
	if (count)
		++*count;
	lan->snooping.member_count++;
	member->port = port;
	list_append(&group->members, &member->link);
	return member;
}

static void end_at(struct lan_switch *lan, struct snooped_member *member, uint64_t until)
{
	member->until = until;
	note_due(lan, until);
}

struct snooped_group *snooping_join(struct lan_switch *lan, struct lan_port *port,
				    const struct address *address)
{
	uint32_t chain_length;

	if (!address_is_multicast(address) || is_everybodys(address))
		return NULL;
	struct snooped_group *group = find_group(&lan->snooping, address, &chain_length);
	if (!group)
		group = make_group(lan, address, chain_length);
	if (!group)
		return NULL;
	struct snooped_member *member = find_member(group, port);
	if (!member)
		member = make_member(lan, group, port);
	if (member)
		end_at(lan, member, now_of(lan) + QUERIER_MEMBERSHIP_NS);
	if (!is_of_the_link(address))
		querier_report_heard(querier_of(lan, address));
	return group;
}

/* Whoever is still there on this port answers in time. */
static void doubt(struct lan_switch *lan, struct snooped_group *group, const struct lan_port *port)
{
	struct snooped_member *member = find_member(group, port);
	uint64_t answered_by = querier_leave_heard(querier_of(lan, &group->address), group);

	if (member && answered_by < member->until)
		end_at(lan, member, answered_by);
}

void snooping_leave(struct lan_switch *lan, const struct lan_port *port,
		    const struct address *address)
{
	uint32_t chain_length;
	struct snooped_group *group = find_group(&lan->snooping, address, &chain_length);

	if (group && find_member(group, port))
		doubt(lan, group, port);
}

/* RFC 9776, 4.2.13. BLOCK is how one who included sources leaves, and what one who excludes them may say any time. */
void snooping_record(struct lan_switch *lan, struct lan_port *port, uint8_t type,
		     const struct address *address, uint16_t source_count)
{
	struct snooped_group *group;

	switch (type) {
	case IGMP_IS_INCLUDE:
	case IGMP_TO_INCLUDE:
		if (source_count == 0)
			snooping_leave(lan, port, address);
		else
			snooping_join(lan, port, address);
		return;
	case IGMP_IS_EXCLUDE:
	case IGMP_TO_EXCLUDE:
	case IGMP_ALLOW:
		snooping_join(lan, port, address);
		return;
	case IGMP_BLOCK:
		group = snooping_join(lan, port, address);
		if (group)
			doubt(lan, group, port);
		return;
	default:
		return;
	}
}

void snooping_router(struct lan_switch *lan, struct lan_port *port, enum snooped_family family)
{
	port->snooped.router_until[family] = now_of(lan) + QUERIER_MEMBERSHIP_NS;
}

void snooping_query(struct lan_switch *lan, struct lan_port *port, const struct address *source,
		    uint64_t response_ns, enum snooped_family family)
{
	if (port == &lan->snooping.port)
		return;
	snooping_router(lan, port, family);
	querier_query_heard(&lan->snooping.queriers[family], source, response_ns);
}

void snooping_query_of_group(struct lan_switch *lan, struct lan_port *port,
			     const struct address *address, uint64_t response_ns)
{
	uint64_t answered_by = now_of(lan) + QUERIER_ROBUSTNESS * response_ns + SECOND;
	uint32_t chain_length;
	struct snooped_group *group = find_group(&lan->snooping, address, &chain_length);

	if (port == &lan->snooping.port)
		return;
	snooping_router(lan, port, family_of(address));
	if (!group)
		return;
	LIST_EACH (node, &group->members) {
		struct snooped_member *member = CONTAINER_OF(node, struct snooped_member, link);
		if (answered_by < member->until)
			end_at(lan, member, answered_by);
	}
}

static void choose_routers(struct lan_switch *lan, enum snooped_family family)
{
	uint64_t choice = ++lan->snooping.choice;

	LIST_EACH (node, &lan->ports) {
		struct snooped_port *port = &CONTAINER_OF(node, struct lan_port, link)->snooped;
		if (now_of(lan) < port->router_until[family])
			port->chosen = choice;
	}
}

static void choose_members(struct lan_switch *lan, const struct snooped_group *group)
{
	uint64_t choice = ++lan->snooping.choice;
	enum snooped_family family = family_of(&group->address);

	LIST_EACH (node, &lan->ports) {
		struct snooped_port *port = &CONTAINER_OF(node, struct lan_port, link)->snooped;
		if (now_of(lan) < port->router_until[family] || now_of(lan) < port->settled_at)
			port->chosen = choice;
	}
	LIST_EACH (node, &group->members)
		CONTAINER_OF(node, struct snooped_member, link)->port->snooped.chosen = choice;
}

static bool choose_for_data(struct lan_switch *lan, const struct address *address)
{
	uint32_t chain_length;

	if (is_everybodys(address) || !querier_has_settled(querier_of(lan, address)))
		return false;
	const struct snooped_group *group = find_group(&lan->snooping, address, &chain_length);
	if (!group || list_is_empty(&group->members) || now_of(lan) < group->flooded_until)
		return false;
	choose_members(lan, group);
	return true;
}

bool snooping_choose(struct lan_switch *lan, const struct frame *frame)
{
	struct address group;

	if (!lan->snooping.on)
		return false;
	switch (overhear(lan, frame, &group)) {
	case OVERHEARD_DATA:
		return choose_for_data(lan, &group);
	case OVERHEARD_REPORT:
		if (!querier_is_known(querier_of(lan, &group)))
			return false;
		choose_routers(lan, family_of(&group));
		return true;
	default:
		return false;
	}
}

/* Ends what is over, and notes when the next is. True: nobody is left, nor anybody who found no room. */
static bool expire_group(struct lan_switch *lan, struct snooped_group *group)
{
	LIST_EACH_SAFE (node, &group->members) {
		struct snooped_member *member = CONTAINER_OF(node, struct snooped_member, link);
		if (member->until <= now_of(lan))
			free_member(lan, group, member);
		else
			end_at(lan, member, member->until);
	}
	if (group->flooded_until <= now_of(lan))
		return list_is_empty(&group->members);
	note_due(lan, group->flooded_until);
	return false;
}

void snooping_expire(struct lan_switch *lan)
{
	struct snooping *snooping = &lan->snooping;
	struct table_node *next;

	if (!snooping->on || now_of(lan) < snooping->due)
		return;
	snooping->due = NEVER;
	for (struct table_node *node = table_next(&snooping->groups, NULL); node; node = next) {
		struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		next = table_next(&snooping->groups, node);
		if (expire_group(lan, group))
			free_group(lan, group);
	}
}

void snooping_port_came(struct lan_switch *lan, struct lan_port *port)
{
	port->snooped = (struct snooped_port){ 0 };
	for (unsigned family = 0; lan->snooping.on && family < SNOOPED_FAMILIES; family++) {
		struct querier *querier = &lan->snooping.queriers[family];
		uint64_t settled_at = querier_is_known(querier) ? querier_port_came(querier) : 0;
		if (settled_at > port->snooped.settled_at)
			port->snooped.settled_at = settled_at;
	}
}

void snooping_port_went(struct lan_switch *lan, const struct lan_port *port)
{
	const struct table *groups = &lan->snooping.groups;

	if (!lan->snooping.on)
		return;
	for (struct table_node *node = table_next(groups, NULL); node;
	     node = table_next(groups, node)) {
		struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		struct snooped_member *member = find_member(group, port);
		if (member)
			free_member(lan, group, member);
	}
	/* Groups that nobody is left in go next time. */
	lan->snooping.due = 0;
}

static void hear_nothing(void *context, struct frame *frame)
{
	(void)context;
	frame_free(frame);
}

static void close_queriers(struct snooping *snooping, unsigned count)
{
	while (count > 0)
		querier_close(&snooping->queriers[--count]);
}

static bool open_queriers(struct lan_switch *lan, struct clock *clock, bool allowed)
{
	for (unsigned family = 0; family < SNOOPED_FAMILIES; family++) {
		if (querier_init(&lan->snooping.queriers[family], lan, (enum snooped_family)family,
				 clock, allowed))
			continue;
		close_queriers(&lan->snooping, family);
		return false;
	}
	return true;
}

bool snooping_start(struct lan_switch *lan, struct clock *clock, bool with_queriers)
{
	struct snooping *snooping = &lan->snooping;

	assert(!snooping->on);
	if (!table_init(&snooping->groups, lan->allocator))
		return false;
	snooping->pool = pool_new(lan->allocator);
	if (!snooping->pool) {
		table_close(&snooping->groups);
		return false;
	}
	if (!open_queriers(lan, clock, with_queriers)) {
		pool_free(snooping->pool);
		table_close(&snooping->groups);
		return false;
	}
	snooping->port.receive = hear_nothing;
	switch_plug_silent(lan, &snooping->port);
	snooping->due = NEVER;
	snooping->on = true;
	return true;
}

void snooping_close(struct lan_switch *lan)
{
	struct table *groups = &lan->snooping.groups;

	if (!lan->snooping.on)
		return;
	close_queriers(&lan->snooping, SNOOPED_FAMILIES);
	switch_unplug(&lan->snooping.port);
	pool_free(lan->snooping.pool);
	for (struct table_node *node; (node = table_next(groups, NULL));) {
		struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		while (!list_is_empty(&group->members))
			free_member(lan, group,
				    CONTAINER_OF(group->members.next, struct snooped_member, link));
		free_group(lan, group);
	}
	table_close(groups);
	lan->snooping.on = false;
}

void snooping_list(const struct lan_switch *lan,
		   void (*each)(void *context, const struct snooped_group *group,
				const struct snooped_member *member),
		   void *context)
{
	const struct table *groups = &lan->snooping.groups;

	if (!lan->snooping.on)
		return;
	for (struct table_node *node = table_next(groups, NULL); node;
	     node = table_next(groups, node)) {
		const struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		LIST_EACH (place, &group->members) {
			const struct snooped_member *member =
				CONTAINER_OF(place, struct snooped_member, link);
			if (now_of(lan) < member->until)
				each(context, group, member);
		}
	}
}
