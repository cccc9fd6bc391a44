#include "lan/querier.h"

#include "lan/switch.h"
#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/icmp6.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
#include "wire/ipv6_chain.h"
#include "wire/mld.h"

/* RFC 9776, 8. */
#define QUERY_INTERVAL       (QUERIER_INTERVAL_S * SECOND)
#define RESPONSE_INTERVAL    (QUERIER_RESPONSE_S * SECOND)
#define STARTUP_INTERVAL     (QUERY_INTERVAL / 4)
#define OTHER_PRESENT        (QUERIER_ROBUSTNESS * QUERY_INTERVAL + RESPONSE_INTERVAL / 2)
#define LAST_MEMBER_INTERVAL SECOND
#define MARGIN               SECOND /* for an answer's way, on top of its longest delay */
#define RETRY                SECOND

enum {
	STARTUP_QUERIES = QUERIER_ROBUSTNESS,
	LAST_MEMBER_QUERIES = QUERIER_ROBUSTNESS,
};

static const uint32_t all_hosts = 0xe0000001;
static const struct address all_nodes = { .bytes = { 0xff, 0x02, [15] = 1 } };
static const struct mac own_mac = { { 0x02, 'b', 'e', 'r', 't', 'h' } };
/* fe80::/64 and the MAC (RFC 4291, appendix A). */
static const struct address own_address = { .bytes = { 0xfe, 0x80, [8] = 0, 'b', 'e', 0xff, 0xfe,
						       'r', 't', 'h' } };

static uint64_t now_of(const struct querier *querier)
{
	return querier->clock->now;
}

static bool other_is_present(const struct querier *querier)
{
	return now_of(querier) < querier->other_until;
}

bool querier_is_known(const struct querier *querier)
{
	return querier->running || other_is_present(querier);
}

bool querier_has_settled(const struct querier *querier)
{
	return querier_is_known(querier) && now_of(querier) >= querier->settled_at;
}

static uint64_t earlier(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

static uint64_t later(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void set_alarm(struct querier *querier)
{
	uint64_t due = NEVER;

	if (querier->running) {
		due = querier->query_at;
		if (!list_is_empty(&querier->asking))
			due = earlier(due, CONTAINER_OF(querier->asking.next, struct snooped_group,
							asking)
						   ->ask_at);
	} else if (querier->allowed && other_is_present(querier)) {
		due = querier->other_until;
	}
	clock_set(querier->clock, &querier->alarm, due);
}

static void send_frame(struct querier *querier, struct frame *frame, struct mac destination,
		       uint16_t type)
{
	struct ethernet_header ethernet = { destination, own_mac, type };
	ethernet_write(frame_push(frame, ETHERNET_HEADER_SIZE), &ethernet);
	switch_send(&querier->lan->snooping.port, frame);
}

static bool send_igmp(struct querier *querier, const struct address *group, uint64_t response_ns)
{
	enum { HEADER_SIZE = IPV4_HEADER_SIZE + IPV4_ROUTER_ALERT_SIZE };
	uint32_t destination = group ? address_to_v4(group) : all_hosts;
	struct frame *frame = frame_with_room(querier->lan->snooping.pool, IGMP_QUERY_V3_SIZE);
	if (!frame)
		return false;

	struct igmp_message query = {
		.group = group ? destination : 0,
		.response_ds = (uint16_t)(response_ns / (SECOND / 10)),
		.robustness = QUERIER_ROBUSTNESS,
		.interval_s = QUERIER_INTERVAL_S,
	};
	igmp_write_query(frame->head, &query);
	struct ipv4_header ipv4 = {
		.tos = 0xc0,
		.total_size = HEADER_SIZE + IGMP_QUERY_V3_SIZE,
		.dont_fragment = true,
		.ttl = 1,
		.protocol = PROTOCOL_IGMP,
		.destination = destination,
	};
	ipv4_write_router_alert(frame_push(frame, HEADER_SIZE), &ipv4);
	send_frame(querier, frame, mac_of_group(destination), ETHERTYPE_IPV4);
	return true;
}

static bool send_mld(struct querier *querier, const struct address *group, uint64_t response_ns)
{
	const struct address *destination = group ? group : &all_nodes;
	struct frame *frame = frame_with_room(querier->lan->snooping.pool, MLD_QUERY_V2_SIZE);
	if (!frame)
		return false;

	struct mld_message query = {
		.response_ms = (uint32_t)(response_ns / MILLISECOND),
		.robustness = QUERIER_ROBUSTNESS,
		.interval_s = QUERIER_INTERVAL_S,
	};
	if (group)
		query.group = *group;
	mld_write_query(frame->head, &query);
	struct checksum checksum = { 0 };
	checksum_add_pseudo(&checksum, &own_address, destination, PROTOCOL_ICMP6,
			    MLD_QUERY_V2_SIZE);
	checksum_add(&checksum, frame_head(frame));
	put16(frame->head + ICMP6_CHECKSUM_AT, checksum_finish(&checksum));
	ipv6_write_router_alert(frame_push(frame, IPV6_ROUTER_ALERT_SIZE), PROTOCOL_ICMP6);
	struct ipv6_header ipv6 = {
		.payload_size = IPV6_ROUTER_ALERT_SIZE + MLD_QUERY_V2_SIZE,
		.next_header = PROTOCOL_HOP_BY_HOP,
		.hop_limit = 1,
		.source = own_address,
		.destination = *destination,
	};
	ipv6_write(frame_push(frame, IPV6_HEADER_SIZE), &ipv6);
	send_frame(querier, frame, mac_of_group_v6(destination->bytes), ETHERTYPE_IPV6);
	return true;
}

/* About a group, or with NULL about all. False: no memory, and nothing is sent. */
static bool send_query(struct querier *querier, const struct address *group, uint64_t response_ns)
{
	return querier->family == SNOOPED_IGMP ? send_igmp(querier, group, response_ns)
					       : send_mld(querier, group, response_ns);
}

/* What could not be asked is asked again, and until then nobody counts as asked. */
static void ask_all(struct querier *querier)
{
	uint64_t now = now_of(querier);

	if (!send_query(querier, NULL, RESPONSE_INTERVAL)) {
		querier->query_at = now + RETRY;
		querier->settled_at =
			later(querier->settled_at, now + RETRY + RESPONSE_INTERVAL + MARGIN);
		return;
	}
	if (querier->startup_left > 0)
		querier->startup_left--;
	querier->query_at = now + (querier->startup_left > 0 ? STARTUP_INTERVAL : QUERY_INTERVAL);
}

static void begin(struct querier *querier)
{
	querier->running = true;
	querier->startup_left = STARTUP_QUERIES;
	querier->settled_at = now_of(querier) + RESPONSE_INTERVAL + MARGIN;
	ask_all(querier);
}

static void end(struct querier *querier)
{
	querier->running = false;
	while (!list_is_empty(&querier->asking))
		list_take_first(&querier->asking);
}

/* Each group's next question is a second behind its last, so that who was just asked about goes to the end. */
static void ask_about(struct querier *querier, struct snooped_group *group)
{
	list_remove(&group->asking);
	if (group->asks_left == 0)
		return;
	group->asks_left--;
	group->ask_at = now_of(querier) + LAST_MEMBER_INTERVAL;
	list_append(&querier->asking, &group->asking);
	send_query(querier, &group->address, LAST_MEMBER_INTERVAL);
}

static void ask_about_those_due(struct querier *querier)
{
	while (!list_is_empty(&querier->asking)) {
		struct snooped_group *group =
			CONTAINER_OF(querier->asking.next, struct snooped_group, asking);
		if (group->ask_at > now_of(querier))
			return;
		ask_about(querier, group);
	}
}

static void alarm_due(struct alarm *alarm)
{
	struct querier *querier = CONTAINER_OF(alarm, struct querier, alarm);

	snooping_expire(querier->lan);
	bool needed = querier->lan->snooping.asked_for[querier->family] > 0;
	if (querier->running && now_of(querier) >= querier->query_at) {
		if (needed)
			ask_all(querier);
		else
			end(querier);
	} else if (!querier->running && needed) {
		begin(querier);
	}
	ask_about_those_due(querier);
	set_alarm(querier);
}

bool querier_init(struct querier *querier, struct lan_switch *lan, enum snooped_family family,
		  struct clock *clock, bool allowed)
{
	*querier = (struct querier){
		.lan = lan,
		.clock = clock,
		.family = family,
		.allowed = allowed,
	};
	list_init(&querier->asking);
	return clock_admit(clock, &querier->alarm, alarm_due);
}

void querier_close(struct querier *querier)
{
	end(querier);
	clock_dismiss(querier->clock, &querier->alarm);
}

void querier_report_heard(struct querier *querier)
{
	if (!querier->allowed || querier_is_known(querier))
		return;
	begin(querier);
	set_alarm(querier);
}

/* RFC 9777, 7.1.1: the lower address asks. 0.0.0.0 is none. */
static bool yields_to(const struct querier *querier, const struct address *source)
{
	return querier->family == SNOOPED_IGMP ||
	       memcmp(source->bytes, own_address.bytes, sizeof source->bytes) < 0;
}

void querier_query_heard(struct querier *querier, const struct address *source,
			 uint64_t response_ns)
{
	if (querier->running && !yields_to(querier, source))
		return;
	if (!querier_is_known(querier))
		querier->settled_at = now_of(querier) + response_ns + MARGIN;
	end(querier);
	querier->other_until = now_of(querier) + OTHER_PRESENT;
	set_alarm(querier);
}

uint64_t querier_leave_heard(struct querier *querier, struct snooped_group *group)
{
	if (!querier->running)
		return NEVER;
	group->asks_left = LAST_MEMBER_QUERIES;
	if (list_is_empty(&group->asking))
		ask_about(querier, group);
	set_alarm(querier);
	return now_of(querier) + (LAST_MEMBER_QUERIES + 1) * LAST_MEMBER_INTERVAL;
}

uint64_t querier_port_came(struct querier *querier)
{
	uint64_t now = now_of(querier);

	if (!querier->running)
		return now + QUERY_INTERVAL + RESPONSE_INTERVAL + MARGIN;
	/* Those who come together are asked together. */
	querier->query_at = earlier(querier->query_at, now + RETRY);
	querier->startup_left = STARTUP_QUERIES;
	set_alarm(querier);
	return now + RETRY + RESPONSE_INTERVAL + MARGIN;
}
