#include "simulation/stations.h"

#include "host.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <arpa/inet.h>
#include <stdarg.h>

enum {
	ROUTER = 0xfd, /* by number, behind all stations */
	PURPOSE = 2,
	GROUP_TTL = 8, /* more than routers would need */
	NEXT_HEADER_AT = ETHERNET_HEADER_SIZE + 6,
	PROTOCOL_AT = ETHERNET_HEADER_SIZE + 9,
	DESTINATION_AT = ETHERNET_HEADER_SIZE + 16,
	DESTINATION6_AT = ETHERNET_HEADER_SIZE + 24,
};

#define START (1 * SECOND)

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static const int levels[FAMILIES] = { IPPROTO_IP, IPPROTO_IPV6 };

void stations_fail(struct stations *stations, const char *format, ...)
{
	va_list arguments;
	if (stations->failure[0])
		return;
	va_start(arguments, format);
	vsnprintf(stations->failure, 256, format, arguments);
	va_end(arguments);
}

uint32_t stations_draw(struct stations *stations, uint32_t bound)
{
	return random_below(&stations->random, bound);
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Names. */

static struct in_addr address_of(unsigned lan, unsigned number)
{
	return (struct in_addr){ htonl(0x0a4d0001 + (lan << 8) + number) };
}

static struct in6_addr address6_of(unsigned lan, unsigned number)
{
	return (struct in6_addr){
		.s6_addr = { 0xfd, 0x77, [7] = (uint8_t)lan, [15] = (uint8_t)(number + 1) }
	};
}

static struct sockaddr_storage name_v4(struct in_addr address)
{
	struct sockaddr_storage name = { 0 };
	*(struct sockaddr_in *)&name = (struct sockaddr_in){ .sin_family = AF_INET,
							     .sin_port = htons(PORT),
							     .sin_addr = address };
	return name;
}

static struct sockaddr_storage name_v6(struct in6_addr address)
{
	struct sockaddr_storage name = { 0 };
	*(struct sockaddr_in6 *)&name = (struct sockaddr_in6){ .sin6_family = AF_INET6,
							       .sin6_port = htons(PORT),
							       .sin6_addr = address };
	return name;
}

struct sockaddr_storage station_name(enum family family, unsigned lan, unsigned number)
{
	return family == OF_IPV4 ? name_v4(address_of(lan, number))
				 : name_v6(address6_of(lan, number));
}

/* 224.0.0.77 and ff02::77; 239.1.1.x and ff15::x; 232.1.1.x and ff35::x. */
struct sockaddr_storage group_name(enum family family, unsigned group)
{
	if (group == OF_LINK)
		return family == OF_IPV4
			       ? name_v4((struct in_addr){ htonl(0xe000004d) })
			       : name_v6((struct in6_addr){ .s6_addr = { 0xff, 2, [15] = 0x77 } });
	const bool any = group < ANY_SOURCE;
	if (family == OF_IPV4)
		return name_v4((struct in_addr){ htonl((any ? 0xef010100 : 0xe8010100) + group) });
	return name_v6((struct in6_addr){
		.s6_addr = { 0xff, any ? 0x15 : 0x35, [14] = 1, [15] = (uint8_t)group } });
}

/* The weather. */

static enum family family_of(const uint8_t *frame)
{
	switch (get16(frame + 12)) {
	case ETHERTYPE_IPV4:
		return OF_IPV4;
	case ETHERTYPE_IPV6:
		return OF_IPV6;
	default:
		return FAMILIES;
	}
}

/* MLD alone has options for each hop here: router alert. */
static bool is_report(const struct frame *frame)
{
	uint8_t bytes[ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE];

	if (frame_copy_out(frame, 0, bytes, sizeof bytes) != sizeof bytes)
		return false;
	switch (family_of(bytes)) {
	case OF_IPV4:
		return bytes[PROTOCOL_AT] == PROTOCOL_IGMP;
	case OF_IPV6:
		return bytes[NEXT_HEADER_AT] == IPPROTO_HOPOPTS;
	default:
		return false;
	}
}

static bool is_lost(struct station *station, const struct frame *frame)
{
	struct stations *stations = station->all;
	bool report = is_report(frame);

	if (stations->weather == CALM || (stations->weather == DEAF_TO_REPORTS && !report) ||
	    stations_draw(stations, CERTAIN) >= stations->loss)
		return false;
	station->excused |= report;
	stations->lost++;
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

static bool wants(const struct station *station, enum family family, unsigned group)
{
	return group < ANY_SOURCE ? station->member[family][group]
				  : station->sources[family][group - ANY_SOURCE];
}

static bool neighbour_wants(const struct station *station, enum family family, unsigned group)
{
	for (unsigned number = 0; number < STATIONS; number++) {
		const struct station *other = &station->all->each[number];
		if (other->lan == station->lan && wants(other, family, group))
			return true;
	}
	return false;
}

static bool is_to_group(const uint8_t *frame, enum family family, unsigned group)
{
	const struct sockaddr_storage name = group_name(family, group);

	if (family == OF_IPV4)
		return memcmp(frame + DESTINATION_AT,
			      &((const struct sockaddr_in *)&name)->sin_addr, 4) == 0;
	return memcmp(frame + DESTINATION6_AT, &((const struct sockaddr_in6 *)&name)->sin6_addr,
		      16) == 0;
}

/* A group that has members goes to no port that has none. */
static void watch(struct station *station, const struct frame *frame)
{
	uint8_t bytes[ETHERNET_HEADER_SIZE + IPV6_HEADER_SIZE] = { 0 };

	if (frame_copy_out(frame, 0, bytes, sizeof bytes) < ETHERNET_HEADER_SIZE + IPV4_HEADER_SIZE)
		return;
	enum family family = family_of(bytes);
	if (family == FAMILIES || !station->all->watched[station->lan][family] || is_report(frame))
		return;
	for (unsigned group = OF_LINK + 1; group < GROUPS; group++) {
		if (is_to_group(bytes, family, group) && !wants(station, family, group) &&
		    neighbour_wants(station, family, group))
			stations_fail(station->all,
				      "%s was given group %u of family %d, which it does not want",
				      berth_host_name(station->host), group, (int)family);
	}
}

static void receive(void *context, struct frame *frame)
{
	struct plug *plug = context;
	/* The port's context is the plug; the interface's is ours. */
	struct station *station = interface_find(&plug->host->ip, plug->interface)->context;

	watch(station, frame);
	if (is_lost(station, frame))
		frame_free(frame);
	else
		station->receive(plug, frame);
}

/* Membership. */

static void set(struct station *station, enum family family, int name, const void *value,
		size_t size)
{
	must(berth_setsockopt(station->host, station->descriptors[family], levels[family], name,
			      value, (socklen_t)size) == 0);
}

void station_join(struct station *station, enum family family, unsigned group, bool join)
{
	const struct group_req request = { .gr_interface = (uint32_t)station->plug->interface,
					   .gr_group = group_name(family, group) };
	if (station->member[family][group] == join)
		return;
	station->member[family][group] = join;
	set(station, family, join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request);
}

void station_join_source(struct station *station, enum family family, unsigned group,
			 unsigned source, bool join)
{
	const struct group_source_req request = {
		.gsr_interface = (uint32_t)station->plug->interface,
		.gsr_group = group_name(family, group),
		.gsr_source = station_name(family, station->lan, source),
	};
	uint64_t *sources = &station->sources[family][group - ANY_SOURCE];
	const uint64_t bit = UINT64_C(1) << source;

	if (!(*sources & bit) == !join)
		return;
	*sources ^= bit;
	set(station, family, join ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &request,
	    sizeof request);
}

static void rejoin(struct station *station, const struct station *before, enum family family)
{
	for (unsigned group = 0; group < ANY_SOURCE; group++)
		station_join(station, family, group, before->member[family][group]);
	for (unsigned group = ANY_SOURCE; group < GROUPS; group++) {
		for (unsigned source = 0; source < STATIONS; source++)
			station_join_source(station, family, group, source,
					    before->sources[family][group - ANY_SOURCE] >> source &
						    1);
	}
}

/* Hosts. */

/* Its interface on the LAN. */
static int connect_to(struct berth_lan *lan, struct berth_host *host, unsigned on, unsigned number)
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, (uint8_t)(number + 1) };
	const struct in6_addr address6 = address6_of(on, number);
	int index = berth_lan_plug(lan, host, mac);

	must(index > 0 && berth_address_add(host, index, address_of(on, number), 24) == 0 &&
	     berth_address6_add(host, index, &address6, 64) == 0);
	return index;
}

static void open_socket(struct station *station, enum family family)
{
	const struct sockaddr_storage any =
		family == OF_IPV4 ? name_v4((struct in_addr){ 0 }) : name_v6(in6addr_any);
	const int on = 1, off = 0, ttl = GROUP_TTL, index = station->plug->interface;
	const int descriptor = berth_socket(station->host, any.ss_family, SOCK_DGRAM, 0);

	station->descriptors[family] = descriptor;
	if (family == OF_IPV4) {
		must(berth_setsockopt(station->host, descriptor, SOL_SOCKET, SO_BROADCAST, &on,
				      sizeof on) == 0);
		set(station, family, IP_MULTICAST_ALL, &off, sizeof off);
		set(station, family, IP_MULTICAST_LOOP, &off, sizeof off);
		set(station, family, IP_MULTICAST_TTL, &ttl, sizeof ttl);
		set(station, family, IP_RECVTTL, &on, sizeof on);
	} else {
		set(station, family, IPV6_V6ONLY, &on, sizeof on);
		set(station, family, IPV6_MULTICAST_ALL, &off, sizeof off);
		set(station, family, IPV6_MULTICAST_LOOP, &off, sizeof off);
		set(station, family, IPV6_MULTICAST_HOPS, &ttl, sizeof ttl);
		set(station, family, IPV6_MULTICAST_IF, &index, sizeof index);
		set(station, family, IPV6_RECVHOPLIMIT, &on, sizeof on);
	}
	must(berth_bind(station->host, descriptor, (const struct sockaddr *)&any,
			family == OF_IPV4 ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6)) == 0);
}

/* IPv6's broadcast is a group like any other. */
static void join_all_nodes(struct station *station)
{
	const struct group_req all = {
		.gr_interface = (uint32_t)station->plug->interface,
		.gr_group = name_v6((struct in6_addr){ .s6_addr = { 0xff, 2, [15] = 1 } }),
	};
	set(station, OF_IPV6, MCAST_JOIN_GROUP, &all, sizeof all);
}

static void plug_in(struct station *station, unsigned lan)
{
	struct berth_lan *on = station->all->lans[lan];
	struct berth_host *host = station->host;
	const struct in6_addr router6 = address6_of(lan, ROUTER), any6 = in6addr_any;
	int index = connect_to(on, host, lan, station->number);
	struct interface *interface = interface_find(&host->ip, index);

	/* 255.255.255.255 goes where the default route does. */
	must(berth_route_add(host, (struct in_addr){ 0 }, 0, address_of(lan, ROUTER), index) == 0);
	must(berth_route6_add(host, &any6, 0, &router6, index) == 0);
	station->lan = lan;
	station->plug = network_find_plug(on, host);
	station->receive = station->plug->port.receive;
	station->plug->port.receive = receive;
	interface->transmit = transmit;
	interface->context = station;
	for (enum family family = 0; family < FAMILIES; family++)
		open_socket(station, family);
	join_all_nodes(station);
}

void station_move(struct station *station, unsigned lan)
{
	const struct station before = *station;

	for (enum family family = 0; family < FAMILIES; family++)
		berth_close(station->host, station->descriptors[family]);
	berth_lan_unplug(station->all->lans[station->lan], station->host);
	memset(station->member, 0, sizeof station->member);
	memset(station->sources, 0, sizeof station->sources);
	plug_in(station, lan);
	for (enum family family = 0; family < FAMILIES; family++)
		rejoin(station, &before, family);
}

/* All of them. */

static int hash_piece(void *context, const void *data, size_t size)
{
	struct stations *stations = context;
	const uint8_t *bytes = data;

	for (size_t index = 0; index < size; index++)
		stations->hash = (stations->hash ^ bytes[index]) * FNV_PRIME;
	return 0;
}

static int hash_and_write_piece(void *context, const void *data, size_t size)
{
	struct stations *stations = context;
	hash_piece(stations, data, size);
	return stations->file && fwrite(data, 1, size, stations->file) != size;
}

static void open_lan(struct stations *stations, unsigned number)
{
	const struct berth_lan_config config = {
		.allocator = &stations->memory.allocator,
		.now = START,
		.checksums = (int)stations_draw(stations, 2),
		.no_snooping = stations_draw(stations, 8) == 0,
		.no_querier = stations_draw(stations, 8) == 0,
		.beside = number > 0 ? stations->lans[0] : NULL,
	};
	const struct berth_capture_config capture = {
		.write = number == 0 ? hash_and_write_piece : hash_piece,
		.context = stations,
	};

	stations->lans[number] = berth_lan_new(&config);
	must(stations->lans[number] && berth_capture_start(stations->lans[number], &capture));
}

static struct berth_host *open_host(struct stations *stations, const char *name,
				    const uint8_t seed_bytes[16], unsigned number)
{
	struct berth_host_config config = { .allocator = &stations->memory.allocator,
					    .name = name,
					    .now = START };
	memcpy(config.seed, seed_bytes, sizeof config.seed);
	config.seed[15] = (uint8_t)(number + 1);
	struct berth_host *host = berth_host_new(&config);
	must(host);
	return host;
}

void stations_open(struct stations *stations, uint64_t seed)
{
	uint8_t seed_bytes[16] = { 0 };
	memcpy(seed_bytes, &seed, sizeof seed);
	random_init(&stations->random, seed_bytes, PURPOSE);
	counted_init(&stations->memory);
	stations->now = START;
	stations->hash = FNV_BASIS;

	for (unsigned lan = 0; lan < LANS; lan++)
		open_lan(stations, lan);
	stations->router = open_host(stations, "router", seed_bytes, ROUTER);
	berth_forwarding(stations->router, 1);
	for (unsigned lan = 0; lan < LANS; lan++)
		connect_to(stations->lans[lan], stations->router, lan, ROUTER);
	for (unsigned number = 0; number < STATIONS; number++) {
		struct station *station = &stations->each[number];
		char name[16];
		snprintf(name, sizeof name, "host%u", number);
		*station = (struct station){ .all = stations,
					     .host = open_host(stations, name, seed_bytes, number),
					     .number = number };
		plug_in(station, number % LANS);
	}
}

void stations_close(struct stations *stations)
{
	for (unsigned lan = 0; lan < LANS; lan++)
		berth_lan_free(stations->lans[lan]);
	for (unsigned number = 0; number < STATIONS; number++)
		berth_host_free(stations->each[number].host);
	berth_host_free(stations->router);
	if (stations->memory.outstanding > 0)
		stations_fail(stations, "memory was lost");
}

void stations_pass(struct stations *stations, uint64_t ns)
{
	uint64_t until = stations->now + ns, next;
	while ((next = berth_lan_advance(stations->lans[0], stations->now)) <= until)
		stations->now = next;
	stations->now = until;
	berth_lan_advance(stations->lans[0], until);
}

static bool has_settled(const struct stations *stations, unsigned lan, enum family family)
{
	const struct snooping *snooping = &stations->lans[lan]->lan.snooping;
	bool settled = snooping->on &&
		       querier_has_settled(
			       &snooping->queriers[family == OF_IPV4 ? SNOOPED_IGMP : SNOOPED_MLD]);

	for (unsigned number = 0; number < STATIONS; number++) {
		const struct station *station = &stations->each[number];
		settled &= station->lan != lan ||
			   station->plug->port.snooped.settled_at <= stations->now;
	}
	return settled;
}

bool stations_watch(struct stations *stations)
{
	bool any = false;
	for (unsigned lan = 0; lan < LANS; lan++) {
		for (enum family family = 0; family < FAMILIES; family++)
			any |= stations->watched[lan][family] = has_settled(stations, lan, family);
	}
	return any;
}
