#include "ip/group_report.h"

#include "ip/ip.h"

#define CHANGE_INTERVAL        (1 * SECOND)  /* RFC 9776, 9.11; RFC 9777, 9.11 */
#define CHANGE_INTERVAL_OLD    (10 * SECOND) /* RFC 2236, 8.10; RFC 2710, 7.10 */
#define QUERY_INTERVAL_DEFAULT (125 * SECOND)

enum { ROBUSTNESS_DEFAULT = 2 };

static const struct address all_nodes_of_link = { .bytes = { 0xff, 2, [15] = 1 } };

static const struct group_protocol *const protocols[GROUP_FAMILIES] = {
	[GROUPS_OF_IPV4] = &igmp_protocol,
	[GROUPS_OF_IPV6] = &mld_protocol,
};

static enum group_family family_of(const struct group *group)
{
	return address_is_v4(&group->address) ? GROUPS_OF_IPV4 : GROUPS_OF_IPV6;
}

static struct group_querier *querier_of(const struct group *group)
{
	return &group->interface->queriers[family_of(group)];
}

static uint64_t now_of(const struct ip *ip)
{
	return ip->clock->now;
}

static enum group_version version_of(const struct ip *ip, const struct group_querier *querier)
{
	if (now_of(ip) < querier->oldest_until)
		return GROUP_VERSION_OLDEST;
	return now_of(ip) < querier->older_until ? GROUP_VERSION_OLDER : GROUP_VERSION_NEWEST;
}

static uint8_t robustness_of(const struct group_querier *querier)
{
	return querier->robustness ? querier->robustness : ROBUSTNESS_DEFAULT;
}

/* Later than now, by no more than most; where that is nothing, now (hostile: a remainder by it is not taken). */
static uint64_t soon(struct ip *ip, uint64_t most)
{
	uint64_t tenths_of_ms = most / (MILLISECOND / 10);
	if (tenths_of_ms == 0)
		return now_of(ip);
	return now_of(ip) +
	       (random_below(&ip->random, (uint32_t)tenths_of_ms) + 1) * (MILLISECOND / 10);
}

static void send_old(struct ip *ip, const struct group *group, enum group_version version,
		     bool joined)
{
	protocols[family_of(group)]->send_old(ip, group->interface, version, &group->address,
					      joined);
}

/* A report of the newest version that is being filled. */
struct report {
	struct ip *ip;
	struct interface *interface;
	const struct group_protocol *protocol;
	uint16_t count;
	size_t size;
	uint8_t bytes[GROUP_REPORT_MOST];
};

static void report_begin(struct report *report, struct ip *ip, struct interface *interface,
			 enum group_family family)
{
	report->ip = ip;
	report->interface = interface;
	report->protocol = protocols[family];
	report->count = 0;
	report->size = report->protocol->header_size;
}

static void report_send(struct report *report)
{
	if (report->count == 0)
		return;
	report->protocol->send_report(report->ip, report->interface, report->bytes, report->size,
				      report->count);
	report->count = 0;
	report->size = report->protocol->header_size;
}

static void report_add(struct report *report, enum group_record type, const struct group *group,
		       const struct address *sources, uint32_t count)
{
	const struct group_protocol *protocol = report->protocol;
	size_t size = protocol->record_size + protocol->source_size * (size_t)count;

	if (report->size + size > protocol->report_most)
		report_send(report);
	report->size += protocol->write_record(report->bytes + report->size, type, &group->address,
					       sources, (uint16_t)count);
	report->count++;
}

/* Is the group one that is spoken of at all? Not where nobody could listen, nor of those that nobody has to join, nor of
 * what does not leave the host (RFC 9777, 6). */
static bool is_spoken_of(const struct group *group)
{
	if (!group->interface->ethernet)
		return false;
	if (address_is_v4(&group->address))
		return address_to_v4(&group->address) != ALL_HOSTS;
	return address_group_scope(&group->address) > SCOPE_INTERFACE &&
	       !address_equal(&group->address, &all_nodes_of_link);
}

/* Those of an interface and a family that are. */
static bool is_of(const struct group *group, const struct interface *interface,
		  enum group_family family)
{
	return group->interface == interface && family_of(group) == family && is_spoken_of(group);
}

/* Does anybody listen to the group at all? */
static bool wants(const struct source_filter *filter)
{
	return filter->exclude || filter->sources.count > 0;
}

/* Single sources. */

static uint32_t change_count(const struct group *group)
{
	return group->talk ? group->talk->change_count : 0;
}

static uint32_t asked_count(const struct group *group)
{
	return group->talk ? group->talk->asked_count : 0;
}

/* NULL: no memory. */
static struct group_talk *talk_of(struct ip *ip, struct group *group)
{
	if (!group->talk)
		group->talk = memory_take(ip->allocator, sizeof *group->talk);
	return group->talk;
}

static void forget_changes(struct group *group)
{
	if (group->talk)
		group->talk->change_count = 0;
}

static void forget_asked(struct group *group)
{
	if (group->talk)
		group->talk->asked_count = 0;
}

static void free_talk_if_over(struct ip *ip, struct group *group)
{
	if (!group->talk || change_count(group) > 0 || asked_count(group) > 0)
		return;
	memory_give(ip->allocator, group->talk, sizeof *group->talk);
	group->talk = NULL;
}

/* Changes. */

static void report_whole(struct report *report, struct group *group)
{
	report_add(report, group->filter.exclude ? RECORD_TO_EXCLUDE : RECORD_TO_INCLUDE, group,
		   group->filter.sources.at, group->filter.sources.count);
	group->mode_left--;
}

/* The changed sources whose standing is this, and one time less to say so. */
static void report_sources(struct report *report, struct group *group, bool admitted)
{
	struct address sources[GROUP_CHANGES_MOST];
	uint32_t count = 0;

	for (uint32_t index = 0; index < change_count(group); index++) {
		struct group_change *change = &group->talk->changes[index];
		if (source_filter_admits(&group->filter, &change->source) != admitted)
			continue;
		sources[count++] = change->source;
		change->left--;
	}
	if (count > 0)
		report_add(report, admitted ? RECORD_ALLOW : RECORD_BLOCK, group, sources, count);
}

static void forget_said(struct group *group)
{
	uint32_t kept = 0;

	for (uint32_t index = 0; index < change_count(group); index++) {
		if (group->talk->changes[index].left > 0)
			group->talk->changes[kept++] = group->talk->changes[index];
	}
	if (group->talk)
		group->talk->change_count = kept;
}

static void say_changes(struct ip *ip, struct group *group)
{
	struct report report;

	report_begin(&report, ip, group->interface, family_of(group));
	if (group->mode_left > 0) {
		report_whole(&report, group);
	} else {
		report_sources(&report, group, true);
		report_sources(&report, group, false);
		forget_said(group);
	}
	report_send(&report);
}

static void say_changes_old(struct ip *ip, struct group *group, enum group_version version)
{
	send_old(ip, group, version, wants(&group->filter));
	forget_changes(group);
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
	enum group_version version = version_of(ip, querier_of(group));
	bool newest = version == GROUP_VERSION_NEWEST;

	if (newest)
		say_changes(ip, group);
	else
		say_changes_old(ip, group, version);
	bool more = group->mode_left > 0 || change_count(group) > 0;
	group->change_due = more ? soon(ip, newest ? CHANGE_INTERVAL : CHANGE_INTERVAL_OLD) : NEVER;
	free_talk_if_over(ip, group);
	set_alarm(ip, group->change_due);
}

static void say_whole(struct group *group)
{
	group->mode_left = robustness_of(querier_of(group));
	forget_changes(group);
}

/* A source that changes again begins again. Where they are too many the whole is said instead. */
static void note_change(struct ip *ip, struct group *group, const struct address *source)
{
	struct group_talk *talk = talk_of(ip, group);
	uint32_t index = 0;

	while (talk && index < talk->change_count &&
	       !address_equal(&talk->changes[index].source, source))
		index++;
	if (!talk || index == GROUP_CHANGES_MOST) {
		say_whole(group);
		return;
	}
	if (index == talk->change_count)
		talk->change_count++;
	talk->changes[index] = (struct group_change){ *source, robustness_of(querier_of(group)) };
}

static void note_differences(struct ip *ip, struct group *group, const struct source_filter *from,
			     const struct source_filter *other)
{
	for (uint32_t index = 0; index < from->sources.count && group->mode_left == 0; index++) {
		const struct address *source = &from->sources.at[index];
		if (source_filter_admits(from, source) != source_filter_admits(other, source))
			note_change(ip, group, source);
	}
}

static bool are_same(const struct source_filter *a, const struct source_filter *b)
{
	if (a->exclude != b->exclude || a->sources.count != b->sources.count)
		return false;
	for (uint32_t index = 0; index < a->sources.count; index++) {
		if (!sources_have(&b->sources, &a->sources.at[index]))
			return false;
	}
	return true;
}

/* The first word of an interface's groups of IPv6 is followed by those that were held in silence. */
static void break_silence(struct ip *ip, const struct interface *interface)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface != interface || !group->quiet)
			continue;
		group->quiet = false;
		say_whole(group);
		change_due(ip, group);
	}
}

void group_reports_renew(struct ip *ip, struct interface *interface)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (!is_of(group, interface, GROUPS_OF_IPV6) || group->quiet ||
		    !group_is_wanted(group))
			continue;
		say_whole(group);
		change_due(ip, group);
	}
}

/* What is still being said whole is said whole again. */
void group_filter_changed(struct ip *ip, struct group *group, const struct source_filter *before)
{
	const struct source_filter *now = &group->filter;
	bool old = version_of(ip, querier_of(group)) < GROUP_VERSION_NEWEST;

	if (!is_spoken_of(group) || group->quiet)
		return;
	if (old ? wants(before) == wants(now) : are_same(before, now))
		return;
	if (old || now->exclude != before->exclude || group->mode_left > 0) {
		say_whole(group);
	} else {
		note_differences(ip, group, before, now);
		note_differences(ip, group, now, before);
	}
	change_due(ip, group);
	if (family_of(group) == GROUPS_OF_IPV6)
		break_silence(ip, group->interface);
}

/* Answers. */

/* All that the group asks for. */
static void report_state(struct report *report, const struct group *group)
{
	if (!wants(&group->filter))
		return;
	report_add(report, group->filter.exclude ? RECORD_IS_EXCLUDE : RECORD_IS_INCLUDE, group,
		   group->filter.sources.at, group->filter.sources.count);
}

/* RFC 9776, 5.2; RFC 9777, 6.2: of the sources asked about, those that are wanted. */
static void report_asked(struct report *report, const struct group *group)
{
	struct address sources[GROUP_SOURCES_MOST];
	uint32_t count = 0;

	for (uint32_t index = 0; index < asked_count(group); index++) {
		if (source_filter_admits(&group->filter, &group->talk->asked[index]))
			sources[count++] = group->talk->asked[index];
	}
	if (count > 0)
		report_add(report, RECORD_IS_INCLUDE, group, sources, count);
}

static void answer_newest(struct ip *ip, const struct group *group)
{
	struct report report;

	report_begin(&report, ip, group->interface, family_of(group));
	if (asked_count(group) > 0)
		report_asked(&report, group);
	else
		report_state(&report, group);
	report_send(&report);
}

static void answer_due(struct ip *ip, struct group *group)
{
	enum group_version version = version_of(ip, querier_of(group));

	group->answer_due = NEVER;
	if (version == GROUP_VERSION_NEWEST)
		answer_newest(ip, group);
	else if (wants(&group->filter))
		send_old(ip, group, version, true);
	forget_asked(group);
	free_talk_if_over(ip, group);
}

static void answer_general(struct ip *ip, struct interface *interface, enum group_family family)
{
	struct report report;

	report_begin(&report, ip, interface, family);
	LIST_EACH (node, &ip->groups.all) {
		const struct group *group = CONTAINER_OF(node, struct group, link);
		if (is_of(group, interface, family))
			report_state(&report, group);
	}
	report_send(&report);
}

/* The clock. */

static uint64_t run_querier(struct ip *ip, struct interface *interface, enum group_family family)
{
	struct group_querier *querier = &interface->queriers[family];

	if (querier->answer_due == 0)
		return NEVER;
	if (querier->answer_due > now_of(ip))
		return querier->answer_due;
	querier->answer_due = 0;
	answer_general(ip, interface, family);
	return NEVER;
}

static uint64_t run_queriers(struct ip *ip, struct interface *interface)
{
	uint64_t v4 = run_querier(ip, interface, GROUPS_OF_IPV4);
	uint64_t v6 = run_querier(ip, interface, GROUPS_OF_IPV6);
	return v4 < v6 ? v4 : v6;
}

static uint64_t run_group(struct ip *ip, struct group *group)
{
	if (group->answer_due <= now_of(ip))
		answer_due(ip, group);
	if (group->change_due <= now_of(ip))
		change_due(ip, group);
	return group->answer_due < group->change_due ? group->answer_due : group->change_due;
}

void group_reports_due(struct alarm *alarm)
{
	struct ip *ip = CONTAINER_OF(alarm, struct groups, alarm)->ip;
	uint64_t next = NEVER;

	for (uint32_t place = 0; place < ip->interfaces.count; place++) {
		uint64_t due = run_queriers(ip, ip->interfaces.at[place]);
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

/* RFC 9776, 8.2.1; RFC 9777, 9.2.1: what was to be said in the other version is not said any more. */
static void forget_pending(struct ip *ip, struct interface *interface, enum group_family family)
{
	interface->queriers[family].answer_due = 0;
	LIST_EACH_SAFE (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface != interface || family_of(group) != family)
			continue;
		group->mode_left = 0;
		forget_changes(group);
		forget_asked(group);
		free_talk_if_over(ip, group);
		group->change_due = group->answer_due = NEVER;
		group_free_if_over(ip, group);
	}
}

static void note_querier(struct ip *ip, struct interface *interface, enum group_family family,
			 const struct group_query *query)
{
	struct group_querier *querier = &interface->queriers[family];
	enum group_version before = version_of(ip, querier);
	uint64_t interval = querier->interval_ns ? querier->interval_ns : QUERY_INTERVAL_DEFAULT;
	uint64_t until = now_of(ip) + robustness_of(querier) * interval + query->response_ns;

	switch (query->version) {
	case GROUP_VERSION_OLDEST:
		querier->oldest_until = until;
		break;
	case GROUP_VERSION_OLDER:
		querier->older_until = until;
		break;
	case GROUP_VERSION_NEWEST:
		querier->robustness = query->robustness;
		querier->interval_ns = query->interval_ns;
		break;
	}
	if (version_of(ip, querier) != before)
		forget_pending(ip, interface, family);
}

static void ask_group(struct ip *ip, struct group *group, uint64_t due)
{
	if (due < group->answer_due)
		group->answer_due = due;
	set_alarm(ip, group->answer_due);
}

static void hear_general(struct ip *ip, struct interface *interface, enum group_family family,
			 uint64_t most)
{
	struct group_querier *querier = &interface->queriers[family];

	if (version_of(ip, querier) == GROUP_VERSION_NEWEST) {
		uint64_t due = soon(ip, most);
		if (querier->answer_due == 0 || due < querier->answer_due)
			querier->answer_due = due;
		set_alarm(ip, querier->answer_due);
		return;
	}
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (is_of(group, interface, family) && wants(&group->filter))
			ask_group(ip, group, soon(ip, most));
	}
}

/* Sources are gathered while an answer about sources waits. Too many of them are a question about the whole. */
static void note_asked(struct ip *ip, struct group *group, const struct group_query *query)
{
	const struct group_protocol *protocol = protocols[family_of(group)];
	bool whole_waits = group->answer_due != NEVER && asked_count(group) == 0;
	bool whole = query->count == 0 || whole_waits ||
		     asked_count(group) + query->count > GROUP_SOURCES_MOST;
	struct group_talk *talk = whole ? NULL : talk_of(ip, group);

	if (!talk) {
		forget_asked(group);
		return;
	}
	for (uint16_t index = 0; index < query->count; index++)
		talk->asked[talk->asked_count++] = protocol->read_source(
			group->interface,
			query->sources.at + protocol->source_size * (size_t)index);
}

static void hear_query_of_group(struct ip *ip, struct interface *interface,
				enum group_family family, const struct group_query *query)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (!is_of(group, interface, family) ||
		    !address_equal(&group->address, &query->group) || !wants(&group->filter))
			continue;
		note_asked(ip, group, query);
		ask_group(ip, group, soon(ip, query->response_ns));
	}
}

void group_hear_query(struct ip *ip, struct interface *interface, enum group_family family,
		      const struct group_query *query)
{
	note_querier(ip, interface, family, query);
	if (query->general)
		hear_general(ip, interface, family, query->response_ns);
	else
		hear_query_of_group(ip, interface, family, query);
}

/* RFC 2236, 3; RFC 2710, 4: one member's report is enough for an older querier. */
void group_hear_report(struct ip *ip, const struct interface *interface,
		       const struct address *address)
{
	LIST_EACH (node, &ip->groups.all) {
		struct group *group = CONTAINER_OF(node, struct group, link);
		if (group->interface == interface && address_equal(&group->address, address) &&
		    version_of(ip, querier_of(group)) < GROUP_VERSION_NEWEST)
			group->answer_due = NEVER;
	}
}
