/* igmp: what is said of the host's groups, and when (RFC 9776, 5 and 8; RFC 2236 and RFC 1112 where an older querier is
 * there). See group.h. */
#include "wire/igmp.h"
#include "ip/group.h"
#include "ip/ip.h"
#include "wire/ipv4.h"

#define TENTH                    (100 * MILLISECOND)
#define CHANGE_INTERVAL          (1 * SECOND)  /* RFC 9776, 9.11 */
#define CHANGE_INTERVAL_OLD      (10 * SECOND) /* RFC 2236, 8.10 */
#define QUERY_INTERVAL_DEFAULT   (125 * SECOND)
#define RESPONSE_INTERVAL_OLDEST (10 * SECOND)

enum {
	ROBUSTNESS_DEFAULT = 2,
	/* What every MTU takes, less the IP header with its option: nobody reassembles for a report. */
	REPORT_MOST = INTERFACE_MTU_LEAST - IPV4_HEADER_SIZE - IPV4_ROUTER_ALERT_SIZE,
};

static const uint32_t all_routers = 0xe0000002, all_v3_routers = 0xe0000016;

static uint64_t now_of(const struct ip *ip)
{
	return ip->clock->now;
}

static int version_of(const struct ip *ip, const struct interface *interface)
{
	if (now_of(ip) < interface->querier.v1_until)
		return 1;
	return now_of(ip) < interface->querier.v2_until ? 2 : 3;
}

static uint8_t robustness_of(const struct interface *interface)
{
	uint8_t said = interface->querier.robustness;
	return said ? said : ROBUSTNESS_DEFAULT;
}

/* Later than now, by no more than most. */
static uint64_t soon(struct ip *ip, uint64_t most)
{
	uint64_t tenths_of_ms = most / (MILLISECOND / 10);
	if (tenths_of_ms == 0)
		return now_of(ip);
	return now_of(ip) +
	       (random_below(&ip->random, (uint32_t)tenths_of_ms) + 1) * (MILLISECOND / 10);
}

/* Sending. TTL 1 and router alert (RFC 9776, 4). */

static void emit(struct ip *ip, struct interface *interface, uint32_t destination,
		 struct bytes message)
{
	enum { HEADER_SIZE = IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE };
	struct frame *frame = frame_with_room(ip->pool, (uint32_t)message.size);
	if (!frame) {
		ip->counts[DROP_MEMORY]++;
		return;
	}
	memcpy(frame->head, message.at, message.size);
	struct address to = address_v4(destination);
	const struct address *source = interface_source(interface, &to);
	struct ipv4_header ipv4 = {
		.tos = 0xc0, /* internetwork control, as Linux has it */
		.total_size = (uint16_t)(HEADER_SIZE + message.size),
		.dont_fragment = true,
		.ttl = 1,
		.protocol = PROTOCOL_IGMP,
		.source = source ? address_to_v4(source) : 0,
		.destination = destination,
	};
	ipv4_write_router_alert(frame_push(frame, HEADER_SIZE), &ipv4);
	struct mac mac = mac_of_group(destination);
	interface_transmit(interface, &mac, ETHERTYPE_IPV4, frame);
}

static void send_old(struct ip *ip, struct interface *interface, uint8_t type, uint32_t group)
{
	uint8_t message[IGMP_HEADER_SIZE];
	igmp_write(message, type, 0, group);
	emit(ip, interface, type == IGMP_LEAVE ? all_routers : group,
	     (struct bytes){ message, sizeof message });
}

/* A version 3 report that is being filled. */
struct report {
	struct ip *ip;
	struct interface *interface;
	uint16_t count;
	size_t size;
	uint8_t bytes[REPORT_MOST];
};

static struct report report_begin(struct ip *ip, struct interface *interface)
{
	return (struct report){ .ip = ip, .interface = interface, .size = IGMP_HEADER_SIZE };
}

static void report_send(struct report *report)
{
	if (report->count == 0)
		return;
	igmp_write_report(report->bytes, report->size, report->count);
	emit(report->ip, report->interface, all_v3_routers,
	     (struct bytes){ report->bytes, report->size });
	report->count = 0;
	report->size = IGMP_HEADER_SIZE;
}

static void report_add(struct report *report, enum igmp_record_type type, uint32_t group,
		       const uint32_t *sources, uint32_t count)
{
	if (report->size + IGMP_RECORD_SIZE + 4 * (size_t)count > sizeof report->bytes)
		report_send(report);
	report->size += igmp_write_record(report->bytes + report->size, type, group, sources,
					  (uint16_t)count);
	report->count++;
}

/* Does anybody listen to the group at all? */
static bool wants(const struct source_filter *filter)
{
	return filter->exclude || filter->count > 0;
}

/* Changes. */

static void report_whole(struct report *report, struct group *group)
{
	report_add(report, group->filter.exclude ? IGMP_TO_EXCLUDE : IGMP_TO_INCLUDE,
		   group->address, group->filter.sources, group->filter.count);
	group->mode_left--;
}

/* The changed sources whose standing is this, and one time less to say so. */
static void report_sources(struct report *report, struct group *group, bool admitted)
{
	uint32_t sources[GROUP_CHANGES_MOST], count = 0;

	for (uint32_t index = 0; index < group->change_count; index++) {
		struct group_change *change = &group->changes[index];
		if (source_filter_admits(&group->filter, change->source) != admitted)
			continue;
		sources[count++] = change->source;
		change->left--;
	}
	if (count > 0)
		report_add(report, admitted ? IGMP_ALLOW : IGMP_BLOCK, group->address, sources,
			   count);
}

static void forget_said(struct group *group)
{
	uint32_t kept = 0;

	for (uint32_t index = 0; index < group->change_count; index++) {
		if (group->changes[index].left > 0)
			group->changes[kept++] = group->changes[index];
	}
	group->change_count = kept;
}

static void say_changes(struct ip *ip, struct group *group)
{
	struct report report = report_begin(ip, group->interface);

	if (group->mode_left > 0) {
		report_whole(&report, group);
	} else {
		report_sources(&report, group, true);
		report_sources(&report, group, false);
		forget_said(group);
	}
	report_send(&report);
}

/* Versions 1 and 2 know members, not sources; and version 1 no leaving. */
static void say_changes_old(struct ip *ip, struct group *group, int version)
{
	bool joined = wants(&group->filter);

	if (version == 1 && joined)
		send_old(ip, group->interface, IGMP_REPORT_V1, group->address);
	if (version == 2)
		send_old(ip, group->interface, joined ? IGMP_REPORT_V2 : IGMP_LEAVE,
			 group->address);
	group->change_count = 0;
	group->mode_left--;
}

static void set_alarm(struct ip *ip, uint64_t due)
{
	struct alarm *alarm = &ip->groups.alarm;
	if (alarm->node.place == 0 || due < alarm->node.deadline)
		clock_set(ip->clock, alarm, due);
}

static void change_due(struct ip *ip, struct group *group)
{
	int version = version_of(ip, group->interface);

	if (version == 3)
		say_changes(ip, group);
	else
		say_changes_old(ip, group, version);
	bool more = group->mode_left > 0 || group->change_count > 0;
	group->change_due =
		more ? soon(ip, version == 3 ? CHANGE_INTERVAL : CHANGE_INTERVAL_OLD) : NEVER;
	set_alarm(ip, group->change_due);
}

static void say_whole(struct group *group)
{
	group->mode_left = robustness_of(group->interface);
	group->change_count = 0;
}

/* A source that changes again begins again. Where they are too many the whole is said instead. */
static void note_change(struct group *group, uint32_t source)
{
	uint32_t index = 0;

	while (index < group->change_count && group->changes[index].source != source)
		index++;
	if (index == GROUP_CHANGES_MOST) {
		say_whole(group);
		return;
	}
	if (index == group->change_count)
		group->change_count++;
	group->changes[index] = (struct group_change){ source, robustness_of(group->interface) };
}

static void note_differences(struct group *group, const struct source_filter *from,
			     const struct source_filter *other)
{
	for (uint32_t index = 0; index < from->count && group->mode_left == 0; index++) {
		uint32_t source = from->sources[index];
		if (source_filter_admits(from, source) != source_filter_admits(other, source))
			note_change(group, source);
	}
}

static bool are_same(const struct source_filter *a, const struct source_filter *b)
{
	if (a->exclude != b->exclude || a->count != b->count)
		return false;
	for (uint32_t index = 0; index < a->count; index++) {
		if (source_filter_admits(b, a->sources[index]) == a->exclude)
			return false;
	}
	return true;
}

/* What is still being said whole is said whole again. */
void igmp_filter_changed(struct ip *ip, struct group *group, const struct source_filter *before)
{
	const struct source_filter *now = &group->filter;
	bool old = version_of(ip, group->interface) < 3;

	if (old ? wants(before) == wants(now) : are_same(before, now))
		return;
	if (old || now->exclude != before->exclude || group->mode_left > 0) {
		say_whole(group);
	} else {
		note_differences(group, before, now);
		note_differences(group, now, before);
	}
	change_due(ip, group);
}

/* Answers. */

/* All that the group asks for. */
static void report_state(struct report *report, const struct group *group)
{
	if (!wants(&group->filter))
		return;
	report_add(report, group->filter.exclude ? IGMP_IS_EXCLUDE : IGMP_IS_INCLUDE,
		   group->address, group->filter.sources, group->filter.count);
}

/* RFC 9776, 5.2: of the sources asked about, those that are wanted. */
static void report_asked(struct report *report, const struct group *group)
{
	uint32_t sources[GROUP_SOURCES_MOST], count = 0;

	for (uint32_t index = 0; index < group->asked_count; index++) {
		if (source_filter_admits(&group->filter, group->asked[index]))
			sources[count++] = group->asked[index];
	}
	if (count > 0)
		report_add(report, IGMP_IS_INCLUDE, group->address, sources, count);
}

static void answer_due(struct ip *ip, struct group *group)
{
	int version = version_of(ip, group->interface);
	struct report report = report_begin(ip, group->interface);

	group->answer_due = NEVER;
	if (version == 3) {
		if (group->asked_count > 0)
			report_asked(&report, group);
		else
			report_state(&report, group);
		report_send(&report);
	} else if (wants(&group->filter)) {
		send_old(ip, group->interface, version == 1 ? IGMP_REPORT_V1 : IGMP_REPORT_V2,
			 group->address);
	}
	group->asked_count = 0;
}

static bool is_spoken_of(const struct group *group, const struct interface *interface)
{
	return group->interface == interface && group->address != ALL_HOSTS;
}

static void answer_general(struct ip *ip, struct interface *interface)
{
	struct report report = report_begin(ip, interface);

	interface->querier.answer_due = 0;
	LIST_EACH (node, &ip->groups.all) {
		const struct group *group = CONTAINER_OF(node, struct group, link);
		if (is_spoken_of(group, interface))
			report_state(&report, group);
	}
	report_send(&report);
}

/* The clock. */

static uint64_t run_querier(struct ip *ip, struct interface *interface)
{
	if (interface->querier.answer_due == 0)
		return NEVER;
	if (interface->querier.answer_due > now_of(ip))
		return interface->querier.answer_due;
	answer_general(ip, interface);
	return NEVER;
}

static uint64_t run_group(struct ip *ip, struct group *group)
{
	if (group->answer_due <= now_of(ip))
		answer_due(ip, group);
	if (group->change_due <= now_of(ip))
		change_due(ip, group);
	return group->answer_due < group->change_due ? group->answer_due : group->change_due;
}

void igmp_due(struct alarm *alarm)
{
	struct ip *ip = CONTAINER_OF(alarm, struct groups, alarm)->ip;
	uint64_t next = NEVER;

	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		uint64_t due = run_querier(ip, ip->interfaces.at[place]);
		next = due < next ? due : next;
	}
	LIST_EACH_SAFE (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		uint64_t due = run_group(ip, group);
		next = due < next ? due : next;
		group_free_if_over(ip, group);
	}
	clock_set(ip->clock, alarm, next);
}

/* Queries. */

/* RFC 9776, 8.2.1: what was to be said in the other version is not said any more. */
static void forget_pending(struct ip *ip, struct interface *interface)
{
	interface->querier.answer_due = 0;
	LIST_EACH_SAFE (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface != interface)
			continue;
		group->mode_left = 0;
		group->change_count = 0;
		group->asked_count = 0;
		group->change_due = group->answer_due = NEVER;
		group_free_if_over(ip, group);
	}
}

static void note_querier(struct ip *ip, struct interface *interface,
			 const struct igmp_message *query)
{
	struct group_querier *querier = &interface->querier;
	int before = version_of(ip, interface);
	uint64_t interval = querier->interval_ns ? querier->interval_ns : QUERY_INTERVAL_DEFAULT;
	uint64_t present = now_of(ip) + robustness_of(interface) * interval;

	if (query->version == 1)
		querier->v1_until = present + RESPONSE_INTERVAL_OLDEST;
	if (query->version == 2)
		querier->v2_until = present + query->response_ds * TENTH;
	if (query->version == 3) {
		querier->robustness = query->robustness;
		querier->interval_ns = query->interval_s * SECOND;
	}
	if (version_of(ip, interface) != before)
		forget_pending(ip, interface);
}

static void ask_group(struct ip *ip, struct group *group, uint64_t due)
{
	if (due < group->answer_due)
		group->answer_due = due;
	set_alarm(ip, group->answer_due);
}

static void hear_general(struct ip *ip, struct interface *interface, uint64_t most)
{
	struct group_querier *querier = &interface->querier;

	if (version_of(ip, interface) == 3) {
		uint64_t due = soon(ip, most);
		if (querier->answer_due == 0 || due < querier->answer_due)
			querier->answer_due = due;
		set_alarm(ip, querier->answer_due);
		return;
	}
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (is_spoken_of(group, interface) && wants(&group->filter))
			ask_group(ip, group, soon(ip, most));
	}
}

/* Sources are gathered while an answer about sources waits. Too many of them are a question about the whole. */
static void note_asked(struct group *group, const struct igmp_message *query)
{
	bool whole_waits = group->answer_due != NEVER && group->asked_count == 0;

	if (query->count == 0 || whole_waits ||
	    group->asked_count + query->count > GROUP_SOURCES_MOST) {
		group->asked_count = 0;
		return;
	}
	for (uint16_t index = 0; index < query->count; index++)
		group->asked[group->asked_count++] = get32(query->sources.at + 4 * (size_t)index);
}

static void hear_query_of_group(struct ip *ip, struct interface *interface,
				const struct igmp_message *query)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (!is_spoken_of(group, interface) || group->address != query->group ||
		    !wants(&group->filter))
			continue;
		note_asked(group, query);
		ask_group(ip, group, soon(ip, query->response_ds * TENTH));
	}
}

/* RFC 9776, 9.1: a general query to other than all hosts may come from elsewhere. A delay of nothing is no delay
 * (hostile: a remainder by it is not taken). */
static enum verdict hear_query(struct ip *ip, const struct ip_packet *packet,
			       const struct igmp_message *query)
{
	struct interface *interface = packet->interface;

	if (query->group == 0 && address_to_v4(&packet->destination) != ALL_HOSTS)
		return DROP_IGNORED;
	if (query->group != 0 && !v4_is_multicast(query->group))
		return DROP_MALFORMED;
	note_querier(ip, interface, query);
	if (query->group == 0)
		hear_general(ip, interface, query->response_ds * TENTH);
	else
		hear_query_of_group(ip, interface, query);
	return DELIVERED;
}

/* RFC 2236, 3: one member's report is enough for an older querier. */
static enum verdict hear_report(struct ip *ip, const struct ip_packet *packet,
				const struct igmp_message *report)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface == packet->interface && group->address == report->group &&
		    version_of(ip, group->interface) < 3)
			group->answer_due = NEVER;
	}
	return DELIVERED;
}

enum verdict igmp_input(void *context, const struct ip_packet *packet)
{
	struct ip *ip = context;
	struct bytes message = frame_head(packet->frame);
	struct igmp_message igmp;

	if (packet->frame->payload_size > 0 || !igmp_checksum_holds(message))
		return DROP_CHECKSUM;
	if (!igmp_parse(message, &igmp))
		return DROP_MALFORMED;
	if (!packet->interface->ethernet || !packet->to_group)
		return DROP_IGNORED;
	switch (igmp.type) {
	case IGMP_QUERY:
		return hear_query(ip, packet, &igmp);
	case IGMP_REPORT_V1:
	case IGMP_REPORT_V2:
		return hear_report(ip, packet, &igmp);
	default:
		return DROP_IGNORED;
	}
}
