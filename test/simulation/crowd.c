#include "simulation/crowd.h"

#include "simulation/stations.h"

#include <arpa/inet.h>
#include <inttypes.h>

enum {
	SOURCES_MOST = 3, /* that one member asks for at once */
	SPEAKERS = SOURCES_MOST + 5,
	PAYLOAD_MOST = 3000,
	ROUNDS = 6, /* of changes and flows a phase */
	FLOWS = 24, /* a round */
	CHANGES_MOST = 12,
	HOPS = 64,
	HOPS_TO_GROUP = 8,
};

#define HEALING (300 * SECOND) /* longer than any membership, and than a query and its answers */
#define PRESENT (5 * SECOND) /* what a change takes to be known: leaves are asked about for three */

/* The last: IPv4's directed broadcast to the other LAN, which no router passes on. */
enum kind { TO_ONE, TO_ALL, TO_GROUP, TO_ALL_BEYOND, KINDS };

struct flow {
	enum family family;
	enum kind kind;
	unsigned from, to; /* to: a station, or a group */
	uint64_t meant;    /* stations, a bit each */
	uint64_t heard;
};

struct crowd {
	struct stations stations;
	struct flow flows[FLOWS];
	uint32_t first_id; /* of the flows under way */
	bool pruned;       /* in the end the switches were watched */
	unsigned sent, delivered, routed;
};

static uint32_t below(struct crowd *crowd, uint32_t bound)
{
	return stations_draw(&crowd->stations, bound);
}

static void fail_flow(struct crowd *crowd, const struct flow *flow, unsigned station,
		      const char *what)
{
	stations_fail(&crowd->stations, "host %u %s (family %d, kind %d to %u from %u)", station,
		      what, (int)flow->family, (int)flow->kind, flow->to, flow->from);
}

/* What they do. */

static void change(struct crowd *crowd)
{
	struct station *station = &crowd->stations.each[below(crowd, STATIONS)];
	enum family family = (enum family)below(crowd, FAMILIES);
	unsigned group = below(crowd, GROUPS);

	if (below(crowd, 10) == 0)
		station_move(station, below(crowd, LANS));
	else if (group < ANY_SOURCE)
		station_join(station, family, group, below(crowd, 2));
	else
		for (unsigned count = below(crowd, SOURCES_MOST) + 1; count > 0; count--)
			station_join_source(station, family, group, below(crowd, SPEAKERS),
					    below(crowd, 2));
}

static bool is_member(const struct station *station, const struct flow *flow)
{
	if (flow->to < ANY_SOURCE)
		return station->member[flow->family][flow->to];
	return station->sources[flow->family][flow->to - ANY_SOURCE] >> flow->from & 1;
}

static bool is_meant(const struct station *station, const struct station *from,
		     const struct flow *flow)
{
	switch (flow->kind) {
	case TO_ONE:
		return station->number == flow->to;
	case TO_ALL:
		/* What is broadcast is heard by its sender too; a group's sender has asked not to. */
		return station->lan == from->lan && (station != from || flow->family == OF_IPV4);
	case TO_GROUP:
		return station->lan == from->lan && station != from && is_member(station, flow);
	default:
		return false;
	}
}

static uint64_t who_is_meant(const struct stations *stations, const struct flow *flow)
{
	uint64_t meant = 0;
	for (unsigned number = 0; number < STATIONS; number++)
		meant |= (uint64_t)is_meant(&stations->each[number], &stations->each[flow->from],
					    flow)
			 << number;
	return meant;
}

static struct flow draw_flow(struct crowd *crowd)
{
	struct flow flow = { .family = (enum family)below(crowd, FAMILIES),
			     .kind = (enum kind)below(crowd, KINDS),
			     .from = below(crowd, STATIONS) };
	if (flow.kind == TO_ALL_BEYOND)
		flow.family = OF_IPV4;
	if (flow.kind == TO_ONE)
		flow.to = below(crowd, STATIONS);
	if (flow.kind == TO_GROUP)
		flow.to = below(crowd, GROUPS);
	/* Few are asked for by source: those speak more. */
	if (flow.kind == TO_GROUP && flow.to >= ANY_SOURCE && below(crowd, 4) > 0)
		flow.from = below(crowd, SPEAKERS);
	flow.meant = who_is_meant(&crowd->stations, &flow);
	return flow;
}

static struct sockaddr_storage name_v4(uint32_t address)
{
	struct sockaddr_storage name = station_name(OF_IPV4, 0, 0);
	((struct sockaddr_in *)&name)->sin_addr.s_addr = htonl(address);
	return name;
}

static struct sockaddr_storage directed_broadcast(unsigned lan)
{
	return name_v4(0x0a4d00ff + (lan << 8));
}

static struct sockaddr_storage all_nodes(void)
{
	struct sockaddr_storage name = group_name(OF_IPV6, OF_LINK);
	((struct sockaddr_in6 *)&name)->sin6_addr.s6_addr[15] = 1;
	return name;
}

static struct sockaddr_storage destination_of(struct crowd *crowd, const struct flow *flow)
{
	const struct station *from = &crowd->stations.each[flow->from];

	switch (flow->kind) {
	case TO_ONE:
		return station_name(flow->family, crowd->stations.each[flow->to].lan, flow->to);
	case TO_GROUP:
		return group_name(flow->family, flow->to);
	case TO_ALL_BEYOND:
		return directed_broadcast(!from->lan);
	default:
		break;
	}
	if (flow->family == OF_IPV6)
		return all_nodes();
	return below(crowd, 2) ? name_v4(INADDR_BROADCAST) : directed_broadcast(from->lan);
}

static void send_flow(struct crowd *crowd, uint32_t id, const struct flow *flow)
{
	uint8_t payload[PAYLOAD_MOST] = { 0 };
	uint32_t size = 4 + below(crowd, below(crowd, 8) ? 1400 : PAYLOAD_MOST - 4);
	const struct station *from = &crowd->stations.each[flow->from];
	const struct sockaddr_storage to = destination_of(crowd, flow);

	put32(payload, id);
	ssize_t sent = berth_sendto(from->host, from->descriptors[flow->family], payload, size, 0,
				    (const struct sockaddr *)&to,
				    flow->family == OF_IPV4 ? sizeof(struct sockaddr_in)
							    : sizeof(struct sockaddr_in6));
	if (sent != (ssize_t)size)
		fail_flow(crowd, flow, flow->from, "could not send");
	crowd->sent++;
}

/* What was received, and how many hops it had left. */
struct heard {
	uint8_t payload[PAYLOAD_MOST];
	int hops;
};

static bool receive(const struct station *station, enum family family, struct heard *heard)
{
	struct iovec piece = { heard->payload, sizeof heard->payload };
	_Alignas(struct cmsghdr) uint8_t room[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof room };

	if (berth_recvmsg(station->host, station->descriptors[family], &message, 0) < 4)
		return false;
	const struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	heard->hops = -1;
	if (control)
		memcpy(&heard->hops, CMSG_DATA(control), sizeof heard->hops);
	return true;
}

static int hops_left(const struct crowd *crowd, const struct flow *flow)
{
	const struct station *each = crowd->stations.each;

	if (flow->kind == TO_ONE)
		return HOPS - (each[flow->from].lan != each[flow->to].lan);
	return flow->kind == TO_ALL && flow->family == OF_IPV4 ? HOPS : HOPS_TO_GROUP;
}

static void note(struct crowd *crowd, const struct station *station, struct flow *flow, int hops)
{
	const uint64_t bit = UINT64_C(1) << station->number;

	if (!(flow->meant & bit))
		fail_flow(crowd, flow, station->number, "heard what was not for it");
	else if (flow->heard & bit)
		fail_flow(crowd, flow, station->number, "heard something twice");
	else if (hops != hops_left(crowd, flow))
		fail_flow(crowd, flow, station->number, "heard what came another way");
	flow->heard |= bit;
	crowd->delivered++;
	crowd->routed += hops == HOPS - 1;
}

static void hear(struct crowd *crowd)
{
	static struct heard heard;

	for (unsigned number = 0; number < STATIONS; number++) {
		const struct station *station = &crowd->stations.each[number];
		for (enum family family = 0; family < FAMILIES; family++) {
			while (receive(station, family, &heard)) {
				uint32_t index = get32(heard.payload) - crowd->first_id;
				/* Else of an earlier round: it waited for a link address. */
				if (index < FLOWS)
					note(crowd, station, &crowd->flows[index], heard.hops);
			}
		}
	}
}

static bool may_miss(const struct stations *stations, const struct flow *flow, unsigned station)
{
	if (stations->weather == STORM)
		return true;
	return stations->weather == DEAF_TO_REPORTS && flow->kind == TO_GROUP &&
	       stations->each[station].excused;
}

static void judge(struct crowd *crowd)
{
	for (unsigned index = 0; index < FLOWS; index++) {
		const struct flow *flow = &crowd->flows[index];
		uint64_t missed = flow->meant & ~flow->heard;
		for (unsigned number = 0; number < STATIONS; number++) {
			if ((missed >> number & 1) && !may_miss(&crowd->stations, flow, number))
				fail_flow(crowd, flow, number, "missed what was for it");
		}
	}
}

static void send_flows(struct crowd *crowd, uint32_t pause_ms)
{
	crowd->first_id += FLOWS;
	for (uint32_t index = 0; index < FLOWS; index++) {
		crowd->flows[index] = draw_flow(crowd);
		send_flow(crowd, crowd->first_id + index, &crowd->flows[index]);
		stations_pass(&crowd->stations, below(crowd, pause_ms) * MILLISECOND);
	}
	stations_pass(&crowd->stations, PRESENT);
	hear(crowd);
	judge(crowd);
}

static void play_round(struct crowd *crowd)
{
	for (uint32_t left = below(crowd, CHANGES_MOST + 1); left > 0; left--) {
		change(crowd);
		stations_pass(&crowd->stations, below(crowd, 2000) * MILLISECOND);
	}
	stations_pass(&crowd->stations, PRESENT);
	hear(crowd);
	send_flows(crowd, 10);
	stations_pass(&crowd->stations, below(crowd, 60) * SECOND);
}

static void play_phase(struct crowd *crowd, enum weather weather)
{
	crowd->stations.weather = weather;
	crowd->stations.loss = below(crowd, CERTAIN / 4);
	for (unsigned round = 0; round < ROUNDS && !crowd->stations.failure[0]; round++)
		play_round(crowd);
}

/* All is made good: then the switches are to know who wants what. */
static void heal(struct crowd *crowd)
{
	crowd->stations.weather = CALM;
	stations_pass(&crowd->stations, HEALING);
	for (unsigned number = 0; number < STATIONS; number++)
		crowd->stations.each[number].excused = false;
	hear(crowd);
}

uint64_t crowd_play(uint64_t seed, bool verbose, FILE *file, char *failure)
{
	static struct crowd crowd;
	static const enum weather phases[] = { CALM, STORM, CALM, DEAF_TO_REPORTS, CALM };
	struct stations *stations = &crowd.stations;

	crowd = (struct crowd){ .stations = { .file = file, .failure = failure } };
	stations_open(stations, seed);
	for (size_t index = 0; index < sizeof phases / sizeof phases[0] && !failure[0]; index++) {
		heal(&crowd);
		play_phase(&crowd, phases[index]);
	}
	heal(&crowd);
	crowd.pruned = stations_watch(stations);
	send_flows(&crowd, 2);
	if (verbose)
		printf("  %u sent, %u heard, %u of them by the router, %u frames lost, %s, %.0f s, "
		       "at most %zu bytes, capture %016" PRIx64 "\n",
		       crowd.sent, crowd.delivered, crowd.routed, stations->lost,
		       crowd.pruned ? "snooping watched" : "no querier",
		       (double)stations->now / 1e9, stations->memory.most, stations->hash);
	stations_close(stations);
	return stations->hash;
}
