#include "simulation/crowd.h"

#include "host.h"
#include "network.h"
#include "simulation/counted.h"
#include "wire/ipv4.h"

#include <arpa/inet.h>
#include <berth/berth.h>
#include <inttypes.h>
#include <stdarg.h>

enum {
	HOSTS = 50,
	NOBODY = 100,
	GROUPS = 8, /* the first half any-source, the others source-specific */
	ANY_SOURCE = GROUPS / 2,
	SOURCES_MOST = 3, /* that one member asks for */
	PORT = 5000,
	PAYLOAD_MOST = 3000,
	PURPOSE = 2,
	ROUNDS = 6, /* of changes and flows a phase */
	FLOWS = 24, /* a round */
	CERTAIN = 1000000,
	CHANGES_MOST = 12, /* a round */
};

#define START   (1 * SECOND)
#define HEALING (300 * SECOND) /* longer than any membership, and than a query and its answers */
#define PRESENT (5 * SECOND) /* what a change takes to be known: leaves are asked about for three */

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

enum weather { CALM, STORM, DEAF_TO_IGMP };

enum kind { TO_ONE, TO_ALL, TO_GROUP };

struct station {
	struct crowd *crowd;
	struct berth_host *host;
	struct plug *plug;
	void (*receive)(void *context, struct frame *frame);
	int descriptor;
	bool member[ANY_SOURCE];
	uint64_t sources[GROUPS - ANY_SOURCE]; /* hosts it wants to hear, a bit each */
	bool excused;                          /* some of its IGMP has been lost */
};

struct flow {
	enum kind kind;
	unsigned from, to; /* to: a host, or a group */
	uint64_t meant;    /* hosts, a bit each */
	uint64_t heard;
};

struct crowd {
	struct counted memory;
	struct random random;
	struct berth_lan *lan;
	struct station stations[HOSTS];
	struct flow flows[FLOWS];
	uint32_t first_id; /* of the flows under way */
	enum weather weather;
	uint32_t loss; /* in parts per million */
	bool watched;  /* ports are to get no group they have no member of */
	uint64_t now;
	uint64_t hash;
	FILE *file;
	char *failure;
	unsigned sent, delivered, lost, pruned;
};

static void fail(struct crowd *crowd, const char *format, ...)
{
	va_list arguments;
	if (crowd->failure[0])
		return;
	va_start(arguments, format);
	vsnprintf(crowd->failure, 256, format, arguments);
	va_end(arguments);
}

static uint32_t below(struct crowd *crowd, uint32_t bound)
{
	return random_below(&crowd->random, bound);
}

static struct in_addr address_of(unsigned host)
{
	return (struct in_addr){ htonl(0x0a4d0001 + host) };
}

static struct in_addr group_of(unsigned group)
{
	return (struct in_addr){ htonl((group < ANY_SOURCE ? 0xef010100 : 0xe8010100) + group) };
}

/* The weather, at each station's end of its cable. */

static bool is_igmp(const struct frame *frame)
{
	uint8_t bytes[ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE];
	return frame_copy_out(frame, 0, bytes, sizeof bytes) == sizeof bytes &&
	       get16(bytes + 12) == ETHERTYPE_IPV4 && bytes[23] == PROTOCOL_IGMP;
}

static bool is_lost(struct station *station, const struct frame *frame)
{
	struct crowd *crowd = station->crowd;
	bool igmp = is_igmp(frame);

	if (crowd->weather == CALM || (crowd->weather == DEAF_TO_IGMP && !igmp) ||
	    below(crowd, CERTAIN) >= crowd->loss)
		return false;
	station->excused |= igmp;
	crowd->lost++;
	return true;
}

static void transmit(void *context, struct frame *frame)
{
	struct station *station = context;
	if (is_lost(station, frame))
		frame_free(frame);
	else
		switch_send(&station->plug->port, frame);
}

static bool wants(const struct station *station, unsigned group)
{
	return group < ANY_SOURCE ? station->member[group] : station->sources[group - ANY_SOURCE];
}

static bool anybody_wants(const struct crowd *crowd, unsigned group)
{
	for (unsigned host = 0; host < HOSTS; host++) {
		if (wants(&crowd->stations[host], group))
			return true;
	}
	return false;
}

/* A group that has members goes to no port that has none. */
static void watch(struct station *station, const struct frame *frame)
{
	uint8_t bytes[ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE];

	if (frame_copy_out(frame, 0, bytes, sizeof bytes) != sizeof bytes ||
	    get16(bytes + 12) != ETHERTYPE_IPV4 || bytes[23] != PROTOCOL_UDP)
		return;
	for (unsigned group = 0; group < GROUPS; group++) {
		if (get32(bytes + 30) != ntohl(group_of(group).s_addr) || wants(station, group))
			continue;
		if (anybody_wants(station->crowd, group))
			fail(station->crowd, "%s was given group %u, which it does not want",
			     berth_host_name(station->host), group);
	}
}

static void receive(void *context, struct frame *frame)
{
	struct plug *plug = context;
	/* The port's context is the plug; the interface's is ours. */
	struct station *station = interface_find(&plug->host->ip, plug->interface)->context;

	if (station->crowd->watched)
		watch(station, frame);
	if (is_lost(station, frame))
		frame_free(frame);
	else
		station->receive(plug, frame);
}

/* Hosts. */

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void set(struct station *station, int name, const void *value, socklen_t size)
{
	must(berth_setsockopt(station->host, station->descriptor, IPPROTO_IP, name, value, size) ==
	     0);
}

static void join(struct station *station, unsigned group, bool join)
{
	const struct ip_mreq request = { .imr_multiaddr = group_of(group) };
	if (station->member[group] == join)
		return;
	station->member[group] = join;
	set(station, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof request);
}

static void join_source(struct station *station, unsigned group, unsigned source, bool join)
{
	const struct ip_mreq_source request = { .imr_multiaddr = group_of(group),
						.imr_sourceaddr = address_of(source) };
	uint64_t *sources = &station->sources[group - ANY_SOURCE], bit = UINT64_C(1) << source;
	if (!(*sources & bit) == !join)
		return;
	*sources ^= bit;
	set(station, join ? IP_ADD_SOURCE_MEMBERSHIP : IP_DROP_SOURCE_MEMBERSHIP, &request,
	    sizeof request);
}

static void plug_in(struct station *station, unsigned number)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)(number + 1) };
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const int on = 1, off = 0;
	struct berth_host *host = station->host;
	int index = berth_lan_plug(station->crowd->lan, host, mac);
	struct interface *interface = interface_find(&host->ip, index);

	must(interface && berth_address_add(host, index, address_of(number), 24) == 0);
	/* 255.255.255.255 goes where the default route does. */
	must(berth_route_add(host, (struct in_addr){ 0 }, 0, address_of(NOBODY), index) == 0);
	station->plug = network_find_plug(station->crowd->lan, host);
	station->receive = station->plug->port.receive;
	station->plug->port.receive = receive;
	interface->transmit = transmit;
	interface->context = station;

	station->descriptor = berth_socket(host, AF_INET, SOCK_DGRAM, 0);
	must(berth_bind(host, station->descriptor, (const struct sockaddr *)&any, sizeof any) == 0);
	must(berth_setsockopt(host, station->descriptor, SOL_SOCKET, SO_BROADCAST, &on,
			      sizeof on) == 0);
	set(station, IP_MULTICAST_ALL, &off, sizeof off);
	set(station, IP_MULTICAST_LOOP, &off, sizeof off);
}

/* Elsewhere on the switch, with all it wanted. */
static void move(struct station *station, unsigned number)
{
	struct station before = *station;

	berth_close(station->host, station->descriptor);
	berth_lan_unplug(station->crowd->lan, station->host);
	memset(station->member, 0, sizeof station->member);
	memset(station->sources, 0, sizeof station->sources);
	plug_in(station, number);
	for (unsigned group = 0; group < ANY_SOURCE; group++)
		join(station, group, before.member[group]);
	for (unsigned group = ANY_SOURCE; group < GROUPS; group++) {
		for (unsigned source = 0; source < HOSTS; source++)
			join_source(station, group, source,
				    before.sources[group - ANY_SOURCE] >> source & 1);
	}
}

static int hash_piece(void *context, const void *data, size_t size)
{
	struct crowd *crowd = context;
	const uint8_t *bytes = data;

	for (size_t index = 0; index < size; index++)
		crowd->hash = (crowd->hash ^ bytes[index]) * FNV_PRIME;
	return crowd->file && fwrite(data, 1, size, crowd->file) != size;
}

static void open_crowd(struct crowd *crowd, uint64_t seed)
{
	uint8_t seed_bytes[16] = { 0 };
	memcpy(seed_bytes, &seed, sizeof seed);
	random_init(&crowd->random, seed_bytes, PURPOSE);
	counted_init(&crowd->memory);
	crowd->now = START;
	crowd->hash = FNV_BASIS;

	const struct berth_lan_config config = {
		.allocator = &crowd->memory.allocator,
		.now = START,
		.checksums = (int)below(crowd, 2),
		.no_snooping = below(crowd, 8) == 0,
		.no_querier = below(crowd, 8) == 0,
	};
	crowd->watched = false;
	crowd->lan = berth_lan_new(&config);
	must(crowd->lan &&
	     berth_capture_start(crowd->lan, &(struct berth_capture_config){ .write = hash_piece,
									     .context = crowd }));
	for (unsigned number = 0; number < HOSTS; number++) {
		char name[16];
		snprintf(name, sizeof name, "host%u", number);
		struct berth_host_config host = { .allocator = &crowd->memory.allocator,
						  .name = name,
						  .now = START };
		memcpy(host.seed, seed_bytes, sizeof host.seed);
		host.seed[15] = (uint8_t)(number + 1);
		crowd->stations[number] =
			(struct station){ .crowd = crowd, .host = berth_host_new(&host) };
		must(crowd->stations[number].host);
		plug_in(&crowd->stations[number], number);
	}
}

static void close_crowd(struct crowd *crowd)
{
	berth_lan_free(crowd->lan);
	for (unsigned number = 0; number < HOSTS; number++)
		berth_host_free(crowd->stations[number].host);
	if (crowd->memory.outstanding > 0)
		fail(crowd, "memory was lost");
}

static void pass(struct crowd *crowd, uint64_t ns)
{
	uint64_t until = crowd->now + ns, next;
	while ((next = berth_lan_advance(crowd->lan, crowd->now)) <= until)
		crowd->now = next;
	crowd->now = until;
}

/* What they do. */

static void change(struct crowd *crowd)
{
	unsigned number = below(crowd, HOSTS);
	struct station *station = &crowd->stations[number];
	unsigned group = below(crowd, GROUPS);

	if (below(crowd, 10) == 0)
		move(station, number);
	else if (group < ANY_SOURCE)
		join(station, group, below(crowd, 2));
	else
		for (unsigned count = below(crowd, SOURCES_MOST) + 1; count > 0; count--)
			join_source(station, group, below(crowd, SOURCES_MOST + 5),
				    below(crowd, 2));
}

static uint64_t who_is_meant(const struct crowd *crowd, const struct flow *flow)
{
	uint64_t meant = 0;

	for (unsigned host = 0; host < HOSTS; host++) {
		const struct station *station = &crowd->stations[host];
		/* What is broadcast is heard by its sender too; a group's sender has asked not to. */
		bool is_meant = flow->kind == TO_ALL || host != flow->from;
		if (flow->kind == TO_ONE)
			is_meant = host == flow->to;
		else if (flow->kind == TO_GROUP && flow->to < ANY_SOURCE)
			is_meant &= station->member[flow->to];
		else if (flow->kind == TO_GROUP)
			is_meant &= station->sources[flow->to - ANY_SOURCE] >> flow->from & 1;
		meant |= (uint64_t)is_meant << host;
	}
	return meant;
}

static struct flow draw_flow(struct crowd *crowd)
{
	struct flow flow = { .kind = (enum kind)below(crowd, TO_GROUP + 1),
			     .from = below(crowd, HOSTS) };
	if (flow.kind == TO_ONE)
		flow.to = below(crowd, HOSTS);
	if (flow.kind == TO_GROUP)
		flow.to = below(crowd, GROUPS);
	/* Few are asked for by source: those speak more. */
	if (flow.kind == TO_GROUP && flow.to >= ANY_SOURCE && below(crowd, 4) > 0)
		flow.from = below(crowd, SOURCES_MOST + 5);
	flow.meant = who_is_meant(crowd, &flow);
	return flow;
}

static void send_flow(struct crowd *crowd, uint32_t id, const struct flow *flow)
{
	uint8_t payload[PAYLOAD_MOST] = { 0 };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	uint32_t size = 4 + below(crowd, below(crowd, 8) ? 1400 : PAYLOAD_MOST - 4);
	const struct station *from = &crowd->stations[flow->from];

	if (flow->kind == TO_ALL) {
		to.sin_addr.s_addr = below(crowd, 2) ? INADDR_BROADCAST : htonl(0x0a4d00ff);
	} else {
		to.sin_addr = flow->kind == TO_ONE ? address_of(flow->to) : group_of(flow->to);
	}
	put32(payload, id);
	ssize_t sent = berth_sendto(from->host, from->descriptor, payload, size, 0,
				    (const struct sockaddr *)&to, sizeof to);
	if (sent != (ssize_t)size)
		fail(crowd, "host %u could not send: %zd", flow->from, sent);
	crowd->sent++;
}

static void hear(struct crowd *crowd, unsigned host)
{
	struct station *station = &crowd->stations[host];
	uint8_t payload[PAYLOAD_MOST];
	uint64_t bit = UINT64_C(1) << host;

	while (berth_recv(station->host, station->descriptor, payload, sizeof payload, 0) > 0) {
		uint32_t index = get32(payload) - crowd->first_id;
		if (index >= FLOWS)
			continue; /* of an earlier round: it waited for a link address */
		struct flow *flow = &crowd->flows[index];
		if (!(flow->meant & bit))
			fail(crowd, "host %u heard what was not for it (kind %d to %u from %u)",
			     host, (int)flow->kind, flow->to, flow->from);
		if (flow->heard & bit)
			fail(crowd, "host %u heard something twice", host);
		flow->heard |= bit;
		crowd->delivered++;
	}
}

static bool may_miss(const struct crowd *crowd, const struct flow *flow, unsigned host)
{
	if (crowd->weather == STORM)
		return true;
	return crowd->weather == DEAF_TO_IGMP && flow->kind == TO_GROUP &&
	       crowd->stations[host].excused;
}

static void judge(struct crowd *crowd)
{
	for (unsigned index = 0; index < FLOWS; index++) {
		const struct flow *flow = &crowd->flows[index];
		uint64_t missed = flow->meant & ~flow->heard;
		for (unsigned host = 0; host < HOSTS; host++) {
			if ((missed >> host & 1) && !may_miss(crowd, flow, host))
				fail(crowd,
				     "host %u missed what was for it (kind %d to %u from %u)", host,
				     (int)flow->kind, flow->to, flow->from);
		}
	}
}

static void play_round(struct crowd *crowd)
{
	for (uint32_t left = below(crowd, CHANGES_MOST + 1); left > 0; left--) {
		change(crowd);
		pass(crowd, below(crowd, 2000) * MILLISECOND);
	}
	pass(crowd, PRESENT);
	for (unsigned host = 0; host < HOSTS; host++)
		hear(crowd, host);
	crowd->first_id += FLOWS;
	for (uint32_t index = 0; index < FLOWS; index++) {
		crowd->flows[index] = draw_flow(crowd);
		send_flow(crowd, crowd->first_id + index, &crowd->flows[index]);
		pass(crowd, below(crowd, 10) * MILLISECOND);
	}
	pass(crowd, PRESENT);
	for (unsigned host = 0; host < HOSTS; host++)
		hear(crowd, host);
	judge(crowd);
	pass(crowd, below(crowd, 60) * SECOND);
}

static void play_phase(struct crowd *crowd, enum weather weather)
{
	crowd->weather = weather;
	crowd->loss = below(crowd, CERTAIN / 4);
	for (unsigned round = 0; round < ROUNDS && !crowd->failure[0]; round++)
		play_round(crowd);
}

/* All is made good: then the switch is to know who wants what. */
static void heal(struct crowd *crowd)
{
	crowd->weather = CALM;
	pass(crowd, HEALING);
	for (unsigned host = 0; host < HOSTS; host++)
		crowd->stations[host].excused = false;
}

static void play_watched(struct crowd *crowd)
{
	heal(crowd);
	const struct snooping *snooping = &crowd->lan->lan.snooping;
	crowd->watched = snooping->on && querier_has_settled(&snooping->queriers[SNOOPED_IGMP]);
	for (unsigned host = 0; host < HOSTS; host++)
		crowd->watched &= crowd->stations[host].plug->port.snooped.settled_at <= crowd->now;
	crowd->pruned += crowd->watched;
	for (uint32_t index = 0; index < FLOWS; index++) {
		crowd->flows[index] = draw_flow(crowd);
		send_flow(crowd, crowd->first_id + index, &crowd->flows[index]);
		pass(crowd, MILLISECOND);
	}
	crowd->watched = false;
}

uint64_t crowd_play(uint64_t seed, bool verbose, FILE *file, char *failure)
{
	static struct crowd crowd;
	static const enum weather phases[] = { CALM, STORM, CALM, DEAF_TO_IGMP, CALM };

	crowd = (struct crowd){ .file = file, .failure = failure };
	open_crowd(&crowd, seed);
	for (size_t index = 0; index < sizeof phases / sizeof phases[0] && !failure[0]; index++) {
		heal(&crowd);
		play_phase(&crowd, phases[index]);
	}
	play_watched(&crowd);
	if (verbose)
		printf("  %u sent, %u heard, %u frames lost, %s, %.0f s, at most %zu bytes, "
		       "capture %016" PRIx64 "\n",
		       crowd.sent, crowd.delivered, crowd.lost,
		       crowd.pruned ? "snooping watched" : "no querier",
		       (double)(crowd.now - START) / 1e9, crowd.memory.most, crowd.hash);
	close_crowd(&crowd);
	return crowd.hash;
}
