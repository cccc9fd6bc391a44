/* host.c puts the floors together; it is the only file that knows them all. */
#include "host.h"

#include "ip/advertise.h"
#include "ip/autoconf.h"
#include "ip/claim.h"
#include "observe/counters.h"

#include <berth/host.h>
#include <berth/lan.h>
#include <berth/observe.h>
#include <errno.h>

enum {
	BUFFER_DEFAULT = 512 << 10, /* in flight, yet still in the cache */
	SOCKETS_MOST = 1 << 20,
};

struct sockets *sockets_of(struct berth_host *host)
{
	host_touch(host);
	host_catch_up(host);
	return &host->sockets;
}

static void copy_name(char *to, size_t size, const char *from)
{
	size_t index = 0;
	for (; from && from[index] && index + 1 < size; index++)
		to[index] = from[index];
	to[index] = '\0';
}

static const enum detection detections[] = {
	[BERTH_DETECT_AUTOCONFIGURED] = DETECT_AUTOCONFIGURED,
	[BERTH_DETECT_ALL] = DETECT_ALL,
	[BERTH_DETECT_ALL_OPTIMISTICALLY] = DETECT_ALL_OPTIMISTICALLY,
};

/* All or none. */
static bool start_datagrams(struct berth_host *host, const uint8_t seed[16])
{
	const struct udp_config config = { .wake = socket_wake, .context = &host->sockets };

	if (!udp_init(&host->udp, &host->ip, seed, &config))
		return false;
	if (!udp_lite_init(&host->udp_lite, &host->ip, seed, &config)) {
		udp_close_all(&host->udp);
		return false;
	}
	if (!ping_init(&host->ping, &host->ip, seed, &config)) {
		udp_close_all(&host->udp_lite);
		udp_close_all(&host->udp);
		return false;
	}
	if (!raw_init(&host->raw, &host->ip, seed, &config)) {
		udp_close_all(&host->ping);
		udp_close_all(&host->udp_lite);
		udp_close_all(&host->udp);
		return false;
	}
	packets_init(&host->packets, &host->ip, &config);
	return true;
}

static bool start_floors(struct berth_host *host, const struct berth_host_config *config)
{
	struct tcp_config tcp = {
		.send_buffer = config->send_buffer ? config->send_buffer : BUFFER_DEFAULT,
		.receive_buffer = config->receive_buffer ? config->receive_buffer : BUFFER_DEFAULT,
		.lineage = config->lineage,
		.wake = socket_wake,
		.context = &host->sockets,
	};

	clock_init(&host->clock, &host->allocator, config->now);
	host->pool = pool_new(&host->allocator);
	if (!host->pool)
		return false;
	if (!ip_init(&host->ip, &host->allocator, host->pool, &host->clock, config->seed)) {
		pool_free(host->pool);
		return false;
	}
	discovery_configure(&host->ip, detections[config->duplicate_detection],
			    config->stable_identifiers != 0, config->lineage);
	if (!tcp_init(&host->tcp, &host->ip, config->seed, &tcp)) {
		ip_close(&host->ip);
		pool_free(host->pool);
		return false;
	}
	if (!start_datagrams(host, config->seed)) {
		tcp_close_all(&host->tcp);
		ip_close(&host->ip);
		pool_free(host->pool);
		return false;
	}
	return true;
}

struct berth_host *berth_host_new(const struct berth_host_config *config)
{
	struct berth_host *host = memory_take(config->allocator, sizeof *host);
	if (!host)
		return NULL;

	host->allocator = *config->allocator;
	copy_name(host->name, sizeof host->name, config->name);
	list_init(&host->links);
	list_init(&host->plugs);
	list_init(&host->dirty);
	list_init(&host->ready);
	if (!start_floors(host, config)) {
		memory_give(config->allocator, host, sizeof *host);
		return NULL;
	}
	host->sockets.most = config->most_sockets ? config->most_sockets : SOCKETS_MOST;
	host->sockets.woken = host_woken;
	host->sockets.context = host;
	host->sockets.udp_lite = &host->udp_lite;
	host->sockets.ping = &host->ping;
	host->sockets.raw = &host->raw;
	host->sockets.packets = &host->packets;
	sockets_init(&host->sockets, &host->allocator, host->pool, &host->tcp, &host->udp);
	return host;
}

void berth_host_free(struct berth_host *host)
{
	if (!host)
		return;
	network_unplug_all(host);
	packets_close(&host->packets);
	raw_close_all(&host->raw);
	udp_close_all(&host->ping);
	udp_close_all(&host->udp_lite);
	udp_close_all(&host->udp);
	tcp_close_all(&host->tcp);
	sockets_close(&host->sockets);
	ip_close(&host->ip);
	while (!list_is_empty(&host->links)) {
		struct host_link *link =
			CONTAINER_OF(list_take_first(&host->links), struct host_link, link);
		memory_give(&host->allocator, link, sizeof *link);
	}
	clock_close(&host->clock);
	pool_free(host->pool);
	struct berth_allocator allocator = host->allocator;
	memory_give(&allocator, host, sizeof *host);
}

const char *berth_host_name(const struct berth_host *host)
{
	return host->name;
}

uint64_t berth_host_now(const struct berth_host *host)
{
	return host->clock.now;
}

uint64_t berth_host_advance(struct berth_host *host, uint64_t now)
{
	clock_advance(&host->clock, now);
	return ip_loopback_run(&host->ip) ? now : clock_deadline(&host->clock);
}

static void transmit(void *context, struct frame *frame)
{
	struct host_link *link = context;
	struct iovec pieces[FRAME_SLICES + 1];
	int count = 0;

	pieces[count++] = (struct iovec){ frame->head, frame->head_size };
	for (uint8_t index = 0; index < frame->slice_count; index++)
		pieces[count++] =
			(struct iovec){ frame->slices[index].at, frame->slices[index].size };
	link->transmit(link->context, pieces, count);
	frame_free(frame);
}

int berth_interface_add(struct berth_host *host, const struct berth_interface_config *config)
{
	if (!config->transmit)
		return -EINVAL;
	struct host_link *link = memory_take(&host->allocator, sizeof *link);
	if (!link)
		return -ENOMEM;

	link->transmit = config->transmit;
	link->context = config->context;
	struct interface_config interface = {
		.name = config->name,
		.mtu = config->mtu,
		.checksums = true,
		.transmit = transmit,
		.context = link,
	};
	memcpy(interface.mac.bytes, config->mac, sizeof config->mac);
	int index = interface_add(&host->ip, &interface);
	if (index < 0) {
		memory_give(&host->allocator, link, sizeof *link);
		return index;
	}
	list_append(&host->links, &link->link);
	return index;
}

int berth_interface_input(struct berth_host *host, int index, const void *frame, size_t size)
{
	struct interface *interface = interface_find(&host->ip, index);
	if (!interface || !interface->ethernet)
		return -ENODEV;
	if (size > UINT16_MAX)
		return -EMSGSIZE;
	struct frame *copy = frame_from_bytes(host->pool, (struct bytes){ frame, size });
	if (!copy)
		return -ENOMEM;
	host_touch(host);
	ip_input(&host->ip, interface, copy);
	return 0;
}

static struct address from_v4(struct in_addr address)
{
	return address_v4(get32((const uint8_t *)&address));
}

static struct address from_v6(const struct in6_addr *v6)
{
	struct address address;
	memcpy(address.bytes, v6, sizeof address.bytes);
	return address;
}

int berth_address_add(struct berth_host *host, int index, struct in_addr v4, unsigned prefix)
{
	struct address address = from_v4(v4);
	host_touch(host);
	return ip_address_add(&host->ip, index, &address, prefix);
}

int berth_address6_add(struct berth_host *host, int index, const struct in6_addr *v6,
		       unsigned prefix)
{
	struct address address = from_v6(v6);
	host_touch(host);
	return address_is_v4(&address) ? -EINVAL
				       : ip_address_add(&host->ip, index, &address, prefix);
}

int berth_address_claim(struct berth_host *host, int index, struct in_addr v4, unsigned prefix)
{
	host_touch(host);
	return ip_address_claim(&host->ip, index, get32((const uint8_t *)&v4), prefix);
}

int berth_link_local(struct berth_host *host, int index)
{
	host_touch(host);
	return ip_link_local(&host->ip, index);
}

int berth_route_add(struct berth_host *host, struct in_addr destination, unsigned prefix,
		    struct in_addr gateway, int index)
{
	struct address to = from_v4(destination), by_way_of = from_v4(gateway);
	return ip_route_add(&host->ip, &to, prefix, &by_way_of, index);
}

int berth_route6_add(struct berth_host *host, const struct in6_addr *destination, unsigned prefix,
		     const struct in6_addr *gateway, int index)
{
	struct address to = from_v6(destination), by_way_of = from_v6(gateway);
	return ip_route_add(&host->ip, &to, prefix, &by_way_of, index);
}

int berth_address_remove(struct berth_host *host, int index, struct in_addr v4)
{
	struct address address = from_v4(v4);
	return ip_address_remove(&host->ip, index, &address);
}

int berth_address6_remove(struct berth_host *host, int index, const struct in6_addr *v6)
{
	struct address address = from_v6(v6);
	return ip_address_remove(&host->ip, index, &address);
}

int berth_route_remove(struct berth_host *host, struct in_addr destination, unsigned prefix)
{
	struct address to = from_v4(destination);
	return ip_route_remove(&host->ip, &to, prefix, 0);
}

int berth_route6_remove(struct berth_host *host, const struct in6_addr *destination,
			unsigned prefix, int index)
{
	struct address to = from_v6(destination);
	return ip_route_remove(&host->ip, &to, prefix, index);
}

void berth_forwarding(struct berth_host *host, int on)
{
	host->ip.forwarding4 = host->ip.forwarding6 = on != 0;
}

static void describe_ends(const struct socket *socket, const struct endpoint *local,
			  const struct endpoint *peer, struct berth_socket_info *info)
{
	bool v6 = socket ? socket->domain == AF_INET6 : !address_is_v4(&local->address);
	int domain = v6 ? AF_INET6 : AF_INET;
	socklen_t size = sizeof info->local;

	info->domain = domain;
	info->descriptor = socket ? socket->descriptor : -1;
	address_write(domain, local, (struct sockaddr *)&info->local, &size);
	size = sizeof info->peer;
	address_write(domain, peer, (struct sockaddr *)&info->peer, &size);
}

static void describe_stream(const struct tcp_connection *connection, struct berth_socket_info *info)
{
	*info = (struct berth_socket_info){
		.type = SOCK_STREAM,
		.protocol = IPPROTO_TCP,
		.state = (int)connection->state,
		.receive_queue = connection->receive.size,
		.send_queue = connection->send.size,
	};
	if (connection->listener) {
		info->receive_queue = connection->listener->complete_count;
		info->send_queue = (uint32_t)connection->listener->backlog;
	}
	describe_ends(connection->owner, &connection->holder.local, &connection->peer, info);
}

/* Linux has TCP's states for it too: ESTABLISHED is connected, CLOSE (ss: UNCONN) is not. */
static void describe_datagram(const struct udp_socket *socket, int type, int protocol,
			      struct berth_socket_info *info)
{
	*info = (struct berth_socket_info){
		.type = type,
		.protocol = protocol,
		.state = (int)(socket->connected ? STATE_ESTABLISHED : STATE_CLOSED),
		.receive_queue = socket->held,
	};
	describe_ends(socket->owner, &socket->holder.local, &socket->peer, info);
}

static void describe_packet(const struct packet_socket *packet, struct berth_socket_info *info)
{
	const struct socket *socket = packet->owner;
	const struct interface *interface = interface_find(packet->packets->ip, packet->interface);
	socklen_t size = sizeof info->local;

	*info = (struct berth_socket_info){
		.descriptor = socket->descriptor,
		.domain = AF_PACKET,
		.type = packet->cooked ? SOCK_DGRAM : SOCK_RAW,
		.protocol = packet->protocol,
		.state = (int)STATE_CLOSED,
		.receive_queue = packet->held,
		.interface = interface ? interface->name : NULL,
	};
	socket->kind->tell_name(socket, (struct sockaddr *)&info->local, &size);
}

void berth_host_sockets(struct berth_host *host,
			void (*each)(void *context, const struct berth_socket_info *info),
			void *context)
{
	struct berth_socket_info info;

	LIST_EACH (node, &host->tcp.all) {
		describe_stream(CONTAINER_OF(node, struct tcp_connection, link), &info);
		each(context, &info);
	}
	LIST_EACH (node, &host->udp.all) {
		describe_datagram(CONTAINER_OF(node, struct udp_socket, link), SOCK_DGRAM,
				  IPPROTO_UDP, &info);
		each(context, &info);
	}
	LIST_EACH (node, &host->udp_lite.all) {
		describe_datagram(CONTAINER_OF(node, struct udp_socket, link), SOCK_DGRAM,
				  IPPROTO_UDPLITE, &info);
		each(context, &info);
	}
	LIST_EACH (node, &host->ping.all) {
		const struct udp_socket *ping = CONTAINER_OF(node, struct udp_socket, link);
		bool v4 = address_is_v4(&ping->holder.unbound);
		describe_datagram(ping, SOCK_DGRAM, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, &info);
		each(context, &info);
	}
	LIST_EACH (node, &host->raw.sockets.all) {
		const struct raw_socket *raw = CONTAINER_OF(node, struct raw_socket, common.link);
		describe_datagram(&raw->common, SOCK_RAW, raw->protocol, &info);
		each(context, &info);
	}
	LIST_EACH (node, &host->packets.all) {
		describe_packet(CONTAINER_OF(node, struct packet_socket, link), &info);
		each(context, &info);
	}
}

void berth_host_groups(struct berth_host *host,
		       void (*each)(void *context, const struct berth_group_info *info),
		       void *context)
{
	LIST_EACH (node, &host->ip.groups.all) {
		const struct group *group = CONTAINER_OF(node, struct group, link);
		struct berth_group_info info = { .interface = group->interface->name,
						 .users = group->member_count };
		const struct endpoint name = { .address = group->address };
		socklen_t size = sizeof info.group;
		address_write(address_is_v4(&group->address) ? AF_INET : AF_INET6, &name,
			      (struct sockaddr *)&info.group, &size);
		if (group->member_count > 0)
			each(context, &info);
	}
}

static enum berth_claim_state claim_state(const struct claim *claim)
{
	switch (claim->state) {
	case CLAIM_PROBING:
		return BERTH_CLAIM_PROBING;
	case CLAIM_HELD:
		return BERTH_CLAIM_HELD;
	default:
		return BERTH_CLAIM_LOST;
	}
}

void berth_host_claims(struct berth_host *host,
		       void (*each)(void *context, const struct berth_claim_info *info),
		       void *context)
{
	LIST_EACH (node, &host->ip.claims) {
		const struct claim *claim = CONTAINER_OF(node, struct claim, link);
		struct berth_claim_info info = {
			.interface = claim->interface->index,
			.link_local = claim->link_local,
			.state = claim_state(claim),
			.conflicts = claim->conflicts,
		};
		put32((uint8_t *)&info.address, claim->address);
		each(context, &info);
	}
}

const char *berth_tcp_state_name(int state)
{
	return state_name((enum tcp_state)state);
}

int berth_host_counters(const struct berth_host *host, struct berth_counter *counters, int most)
{
	return counters_list(host->ip.counts, counters, most);
}
