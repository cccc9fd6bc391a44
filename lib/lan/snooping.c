#include "lan/snooping.h"

#include "base/assert.h"
#include "lan/switch.h"
#include "wire/ethernet.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"

#define TENTH (100 * MILLISECOND)

enum { PROTOCOL_PIM = 103, PIM_VERSION_AND_HELLO = 0x20 };

static const uint32_t all_pim_routers = 0xe000000d;

static uint64_t now_of(const struct lan_switch *lan)
{
	return lan->snooping.igmp.clock->now;
}

/* 224.0.0.0/24: the link's own, of which nobody has to report (RFC 4541, 2.1.2, 2). */
static bool is_of_the_link(uint32_t group)
{
	return group >> 8 == 0xe00000;
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

static void free_member(struct lan_switch *lan, struct snooped_member *member)
{
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

/* The group, or NULL where there is no room for it. */
static struct snooped_group *join(struct lan_switch *lan, struct lan_port *port, uint32_t v4)
{
	struct address address = address_v4(v4);
	uint32_t chain_length;

	if (!v4_is_multicast(v4) || is_of_the_link(v4))
		return NULL;
	struct snooped_group *group = find_group(&lan->snooping, &address, &chain_length);
	if (!group)
		group = make_group(lan, &address, chain_length);
	if (!group)
		return NULL;
	struct snooped_member *member = find_member(group, port);
	if (!member)
		member = make_member(lan, group, port);
	if (member)
		end_at(lan, member, now_of(lan) + QUERIER_MEMBERSHIP_NS);
	querier_report_heard(&lan->snooping.igmp);
	return group;
}

/* Whoever is still there on this port answers in time. */
static void doubt(struct lan_switch *lan, struct snooped_group *group, const struct lan_port *port)
{
	struct snooped_member *member = find_member(group, port);
	uint64_t answered_by = querier_leave_heard(&lan->snooping.igmp, group);

	if (member && answered_by < member->until)
		end_at(lan, member, answered_by);
}

static void leave(struct lan_switch *lan, const struct lan_port *port, uint32_t v4)
{
	struct address address = address_v4(v4);
	uint32_t chain_length;
	struct snooped_group *group = find_group(&lan->snooping, &address, &chain_length);

	if (group && find_member(group, port))
		doubt(lan, group, port);
}

/* RFC 9776, 4.2.13. BLOCK is how one who included sources leaves, and what one who excludes them may say any time. */
static void take_record(struct lan_switch *lan, struct lan_port *port,
			const struct igmp_record *record)
{
	struct snooped_group *group;

	switch (record->type) {
	case IGMP_IS_INCLUDE:
	case IGMP_TO_INCLUDE:
		if (record->count == 0)
			leave(lan, port, record->group);
		else
			join(lan, port, record->group);
		return;
	case IGMP_IS_EXCLUDE:
	case IGMP_TO_EXCLUDE:
	case IGMP_ALLOW:
		join(lan, port, record->group);
		return;
	case IGMP_BLOCK:
		group = join(lan, port, record->group);
		if (group)
			doubt(lan, group, port);
		return;
	default:
		return;
	}
}

static void take_report(struct lan_switch *lan, struct lan_port *port,
			const struct igmp_message *report)
{
	struct bytes records = report->records;
	struct igmp_record record;

	for (uint16_t left = report->count; left > 0 && igmp_take_record(&records, &record); left--)
		take_record(lan, port, &record);
}

/* Another querier asks who is still in the group, unless it says that it would not have been heeded (RFC 9776, 6.6.1). */
static void take_query_of_group(struct lan_switch *lan, const struct igmp_message *query)
{
	struct address address = address_v4(query->group);
	uint64_t answered_by =
		now_of(lan) + (QUERIER_ROBUSTNESS * query->response_ds * TENTH) + SECOND;
	uint32_t chain_length;
	struct snooped_group *group = find_group(&lan->snooping, &address, &chain_length);

	if (!group || query->count > 0 || query->suppress)
		return;
	LIST_EACH (node, &group->members) {
		struct snooped_member *member = CONTAINER_OF(node, struct snooped_member, link);
		if (answered_by < member->until)
			end_at(lan, member, answered_by);
	}
}

static void take_router(struct lan_switch *lan, struct lan_port *port)
{
	port->snooped.router_until = now_of(lan) + QUERIER_MEMBERSHIP_NS;
}

static void take_query(struct lan_switch *lan, struct lan_port *port,
		       const struct igmp_message *query)
{
	if (port == &lan->snooping.igmp.port)
		return;
	take_router(lan, port);
	if (query->group == 0)
		querier_query_heard(&lan->snooping.igmp, query->response_ds * TENTH);
	else
		take_query_of_group(lan, query);
}

static void choose_routers(struct lan_switch *lan)
{
	uint64_t choice = ++lan->snooping.choice;

	LIST_EACH (node, &lan->ports) {
		struct snooped_port *port = &CONTAINER_OF(node, struct lan_port, link)->snooped;
		if (now_of(lan) < port->router_until)
			port->chosen = choice;
	}
}

static void choose_members(struct lan_switch *lan, const struct snooped_group *group)
{
	uint64_t choice = ++lan->snooping.choice;

	LIST_EACH (node, &lan->ports) {
		struct snooped_port *port = &CONTAINER_OF(node, struct lan_port, link)->snooped;
		if (now_of(lan) < port->router_until || now_of(lan) < port->settled_at)
			port->chosen = choice;
	}
	LIST_EACH (node, &group->members)
		CONTAINER_OF(node, struct snooped_member, link)->port->snooped.chosen = choice;
}

/* True: only to those chosen. */
static bool choose_for_igmp(struct lan_switch *lan, struct lan_port *port, struct bytes message)
{
	struct igmp_message igmp;

	if (!igmp_checksum_holds(message) || !igmp_parse(message, &igmp))
		return false;
	switch (igmp.type) {
	case IGMP_QUERY:
		take_query(lan, port, &igmp);
		return false;
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		join(lan, port, igmp.group);
		break;
	case IGMP_REPORT_V3:
		take_report(lan, port, &igmp);
		break;
	case IGMP_LEAVE:
		leave(lan, port, igmp.group);
		break;
	default:
		return false;
	}
	if (!querier_is_known(&lan->snooping.igmp))
		return false;
	choose_routers(lan);
	return true;
}

static bool choose_for_group(struct lan_switch *lan, uint32_t v4)
{
	struct address address = address_v4(v4);
	uint32_t chain_length;

	if (is_of_the_link(v4) || !querier_has_settled(&lan->snooping.igmp))
		return false;
	const struct snooped_group *group = find_group(&lan->snooping, &address, &chain_length);
	if (!group || list_is_empty(&group->members) || now_of(lan) < group->flooded_until)
		return false;
	choose_members(lan, group);
	return true;
}

static bool is_pim_hello(const struct ipv4_header *ipv4, struct bytes payload)
{
	return ipv4->protocol == PROTOCOL_PIM && ipv4->destination == all_pim_routers &&
	       payload.size > 0 && payload.at[0] == PIM_VERSION_AND_HELLO;
}

/* What no station takes for a packet to a group, and what is one of many, goes everywhere. */
static bool choose_for_packet(struct lan_switch *lan, struct lan_port *port, struct bytes packet,
			      size_t present)
{
	struct ipv4_header ipv4;

	if (!ipv4_parse(packet, present, &ipv4) || !v4_is_multicast(ipv4.destination) ||
	    !ipv4_checksum_holds((struct bytes){ packet.at, ipv4.header_size }))
		return false;

	size_t size = packet.size < ipv4.total_size ? packet.size : ipv4.total_size;
	struct bytes payload = { packet.at + ipv4.header_size, size - ipv4.header_size };
	bool whole = ipv4.fragment_offset == 0 && !ipv4.more_fragments;
	if (whole && is_pim_hello(&ipv4, payload))
		take_router(lan, port);
	if (ipv4.protocol != PROTOCOL_IGMP)
		return choose_for_group(lan, ipv4.destination);
	return whole && size == ipv4.total_size && choose_for_igmp(lan, port, payload);
}

bool snooping_choose(struct lan_switch *lan, const struct frame *frame)
{
	struct ethernet_header ethernet;
	uint8_t gathered[SNOOPING_PACKET_MOST];
	struct bytes bytes = frame_head(frame);

	if (!lan->snooping.on || !ethernet_parse(bytes, &ethernet) ||
	    ethernet.type != ETHERTYPE_IPV4)
		return false;
	struct bytes packet = bytes_after(bytes, ETHERNET_HEADER_SIZE);
	/* IGMP from a raw socket lies in the socket's block. */
	if (packet.size > 9 && packet.at[9] == PROTOCOL_IGMP && frame->payload_size > 0) {
		packet.at = gathered;
		packet.size =
			frame_copy_out(frame, ETHERNET_HEADER_SIZE, gathered, sizeof gathered);
	}
	return choose_for_packet(lan, frame->from, packet,
				 frame_size(frame) - ETHERNET_HEADER_SIZE);
}

/* Ends what is over, and notes when the next is. True: nobody is left, nor anybody who found no room. */
static bool expire_group(struct lan_switch *lan, struct snooped_group *group)
{
	LIST_EACH_SAFE (node, &group->members) {
		struct snooped_member *member = CONTAINER_OF(node, struct snooped_member, link);
		if (member->until <= now_of(lan))
			free_member(lan, member);
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
	if (lan->snooping.on && querier_is_known(&lan->snooping.igmp))
		port->snooped.settled_at = querier_port_came(&lan->snooping.igmp);
}

void snooping_port_went(struct lan_switch *lan, const struct lan_port *port)
{
	const struct table *groups = &lan->snooping.groups;

	if (!lan->snooping.on)
		return;
	for (struct table_node *node = table_next(groups, NULL); node;
	     node = table_next(groups, node)) {
		struct snooped_member *member =
			find_member(CONTAINER_OF(node, struct snooped_group, node), port);
		if (member)
			free_member(lan, member);
	}
	/* Groups that nobody is left in go next time. */
	lan->snooping.due = 0;
}

bool snooping_start(struct lan_switch *lan, struct clock *clock, bool with_querier)
{
	struct snooping *snooping = &lan->snooping;

	assert(!snooping->on);
	if (!table_init(&snooping->groups, lan->allocator))
		return false;
	if (!querier_init(&snooping->igmp, lan, clock, with_querier)) {
		table_close(&snooping->groups);
		return false;
	}
	snooping->due = NEVER;
	snooping->on = true;
	return true;
}

void snooping_close(struct lan_switch *lan)
{
	struct table *groups = &lan->snooping.groups;

	if (!lan->snooping.on)
		return;
	querier_close(&lan->snooping.igmp);
	for (struct table_node *node; (node = table_next(groups, NULL));) {
		struct snooped_group *group = CONTAINER_OF(node, struct snooped_group, node);
		while (!list_is_empty(&group->members))
			free_member(lan,
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
