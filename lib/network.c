/* How hosts and their switches move together: a call on a host, a frame or a deadline makes the host dirty; advancing a LAN
 * forwards the frames of all that are beside it and advances dirty hosts, in turns, until neither leaves anything to do at
 * this moment. */
#include "network.h"

#include "base/assert.h"
#include "host.h"

#include <berth/lan.h>
#include <berth/observe.h>
#include <errno.h>

enum {
	/* IP's limit, less the longest headers: what one frame can carry. */
	LARGEST_SEGMENT = 65535 - 120,
	/* Turns at one moment: two hosts that answer each other for ever must not stop the clock. */
	TURNS_MOST = 100000,
};

void host_touch(struct berth_host *host)
{
	if (host->network && list_is_empty(&host->dirty))
		list_append(&host->network->dirty, &host->dirty);
}

/* Whoever had nothing to do was not advanced: what happens to it now happens at the LAN's time, or its timers would be set
 * in the past, and be due at once. */
void host_catch_up(struct berth_host *host)
{
	if (host->network && host->clock.now < host->network->clock.now)
		clock_advance(&host->clock, host->network->clock.now);
}

void host_woken(void *context)
{
	struct berth_host *host = context;
	if (host->network && list_is_empty(&host->ready))
		list_append(&host->network->ready, &host->ready);
}

static struct network *network_new(const struct berth_lan_config *config)
{
	struct network *network = memory_take(config->allocator, sizeof *network);
	if (!network)
		return NULL;

	network->allocator = *config->allocator;
	list_init(&network->lans);
	list_init(&network->dirty);
	list_init(&network->ready);
	clock_init(&network->clock, &network->allocator, config->now);
	return network;
}

static void network_free_if_empty(struct network *network)
{
	if (!list_is_empty(&network->lans))
		return;
	clock_close(&network->clock);
	struct berth_allocator allocator = network->allocator;
	memory_give(&allocator, network, sizeof *network);
}

static void configure(struct berth_lan *lan, const struct berth_lan_config *config)
{
	lan->mtu = config->mtu ? config->mtu : INTERFACE_MTU_DEFAULT;
	lan->largest_segment = config->largest_segment ? config->largest_segment : LARGEST_SEGMENT;
	if (lan->largest_segment > LARGEST_SEGMENT)
		lan->largest_segment = LARGEST_SEGMENT;
	lan->checksums = config->checksums;
}

static bool start_switch(struct berth_lan *lan, const struct berth_lan_config *config)
{
	struct clock *clock = &lan->network->clock;

	if (!switch_init(&lan->lan, &lan->allocator, clock->now))
		return false;
	if (!config->no_snooping && !snooping_start(&lan->lan, clock, !config->no_querier)) {
		switch_close(&lan->lan);
		return false;
	}
	return true;
}

struct berth_lan *berth_lan_new(const struct berth_lan_config *config)
{
	struct berth_lan *lan = memory_take(config->allocator, sizeof *lan);
	if (!lan)
		return NULL;
	struct network *network = config->beside ? config->beside->network : network_new(config);
	if (!network) {
		memory_give(config->allocator, lan, sizeof *lan);
		return NULL;
	}

	lan->allocator = *config->allocator;
	lan->network = network;
	configure(lan, config);
	list_init(&lan->plugs);
	list_init(&lan->captures);
	if (!start_switch(lan, config)) {
		network_free_if_empty(network);
		memory_give(config->allocator, lan, sizeof *lan);
		return NULL;
	}
	list_append(&network->lans, &lan->in_network);
	return lan;
}

static void network_leave(struct berth_host *host)
{
	clock_dismiss(&host->network->clock, &host->alarm);
	list_remove(&host->dirty);
	list_remove(&host->ready);
	host->network = NULL;
}

static void unplug(struct plug *plug)
{
	struct berth_host *host = plug->host;

	interface_remove(&host->ip, plug->interface);
	switch_unplug(&plug->port);
	list_remove(&plug->in_lan);
	list_remove(&plug->in_host);
	memory_give(&host->allocator, plug, sizeof *plug);
	if (list_is_empty(&host->plugs))
		network_leave(host);
}

void berth_lan_free(struct berth_lan *lan)
{
	if (!lan)
		return;
	network_capture_stop_all(lan);
	while (!list_is_empty(&lan->plugs))
		unplug(CONTAINER_OF(lan->plugs.next, struct plug, in_lan));
	switch_close(&lan->lan);
	list_remove(&lan->in_network);
	network_free_if_empty(lan->network);
	struct berth_allocator allocator = lan->allocator;
	memory_give(&allocator, lan, sizeof *lan);
}

static void send_to_switch(void *context, struct frame *frame)
{
	struct plug *plug = context;
	switch_send(&plug->port, frame);
}

static void receive_from_switch(void *context, struct frame *frame)
{
	struct plug *plug = context;
	struct ip *ip = &plug->host->ip;
	host_touch(plug->host);
	host_catch_up(plug->host);
	ip_input(ip, interface_find(ip, plug->interface), frame);
}

static void deadline_due(struct alarm *alarm)
{
	host_touch(CONTAINER_OF(alarm, struct berth_host, alarm));
}

/* With its first plug. False: no memory. */
static bool network_enter(struct network *network, struct berth_host *host)
{
	if (!clock_admit(&network->clock, &host->alarm, deadline_due))
		return false;
	host->network = network;
	clock_advance(&host->clock,
		      network->clock.now > host->clock.now ? network->clock.now : host->clock.now);
	return true;
}

struct plug *network_find_plug(const struct berth_lan *lan, const struct berth_host *host)
{
	LIST_EACH (node, &host->plugs) {
		struct plug *plug = CONTAINER_OF(node, struct plug, in_host);
		if (plug->lan == lan)
			return plug;
	}
	return NULL;
}

/* The interface's index, or why there is none. */
static int plug_in(struct plug *plug, const uint8_t mac[6])
{
	const struct berth_lan *lan = plug->lan;
	struct interface_config config = {
		.mtu = lan->mtu,
		.largest_segment = lan->largest_segment > lan->mtu ? lan->largest_segment : 0,
		.checksums = lan->checksums,
		.transmit = send_to_switch,
		.context = plug,
	};
	struct berth_host *host = plug->host;

	memcpy(config.mac.bytes, mac, sizeof config.mac.bytes);
	plug->mac = config.mac;
	plug->interface = interface_add(&host->ip, &config);
	if (plug->interface >= 0 && !host->network && !network_enter(lan->network, host)) {
		interface_remove(&host->ip, plug->interface);
		return -ENOMEM;
	}
	return plug->interface;
}

int berth_lan_plug(struct berth_lan *lan, struct berth_host *host, const uint8_t mac[6])
{
	if (host->network && host->network != lan->network)
		return -EXDEV;
	if (network_find_plug(lan, host))
		return -EBUSY;
	struct plug *plug = memory_take(&host->allocator, sizeof *plug);
	if (!plug)
		return -ENOMEM;

	plug->host = host;
	plug->lan = lan;
	int index = plug_in(plug, mac);
	if (index < 0) {
		memory_give(&host->allocator, plug, sizeof *plug);
		return index;
	}
	plug->port = (struct lan_port){ .receive = receive_from_switch, .context = plug };
	switch_plug(&lan->lan, &plug->port);
	list_append(&lan->plugs, &plug->in_lan);
	list_append(&host->plugs, &plug->in_host);
	network_capture_plug(lan, plug);
	host_touch(host);
	return index;
}

void berth_lan_unplug(struct berth_lan *lan, struct berth_host *host)
{
	struct plug *plug = network_find_plug(lan, host);
	assert(plug);
	unplug(plug);
}

void network_unplug_all(struct berth_host *host)
{
	while (!list_is_empty(&host->plugs))
		unplug(CONTAINER_OF(host->plugs.next, struct plug, in_host));
}

static bool forward_frames(struct network *network, uint64_t now)
{
	bool any = false;
	LIST_EACH (node, &network->lans)
		any |= switch_forward(&CONTAINER_OF(node, struct berth_lan, in_network)->lan, now);
	return any;
}

static bool advance_hosts(struct network *network, uint64_t now)
{
	struct list turn;
	bool any = !list_is_empty(&network->dirty);

	/* Those made dirty meanwhile have their turn after the switch's. */
	list_init(&turn);
	list_insert_before(network->dirty.next, &turn);
	list_remove(&network->dirty);
	while (!list_is_empty(&turn)) {
		struct berth_host *host =
			CONTAINER_OF(list_take_first(&turn), struct berth_host, dirty);
		uint64_t deadline = berth_host_advance(host, now);
		if (deadline <= now)
			host_touch(host);
		else
			clock_set(&network->clock, &host->alarm, deadline);
	}
	return any;
}

uint64_t berth_lan_advance(struct berth_lan *lan, uint64_t now)
{
	struct network *network = lan->network;

	clock_advance(&network->clock, now);
	for (uint32_t turn = 0; turn < TURNS_MOST; turn++) {
		bool forwarded = forward_frames(network, now);
		if (!advance_hosts(network, now) && !forwarded)
			return clock_deadline(&network->clock);
	}
	return now;
}

struct berth_host *berth_lan_ready(struct berth_lan *lan)
{
	struct list *first = list_take_first(&lan->network->ready);
	return first ? CONTAINER_OF(first, struct berth_host, ready) : NULL;
}

struct group_listing {
	void (*each)(void *context, const struct berth_lan_group_info *info);
	void *context;
};

static void list_group(void *context, const struct snooped_group *group,
		       const struct snooped_member *member)
{
	const struct group_listing *listing = context;
	const struct plug *plug = member->port->context;
	struct berth_lan_group_info info = { .host = plug->host, .until = member->until };
	const struct endpoint name = { .address = group->address };
	socklen_t size = sizeof info.group;

	int family = address_is_v4(&group->address) ? AF_INET : AF_INET6;
	address_write(family, &name, (struct sockaddr *)&info.group, &size);
	listing->each(listing->context, &info);
}

void berth_lan_groups(const struct berth_lan *lan,
		      void (*each)(void *context, const struct berth_lan_group_info *info),
		      void *context)
{
	snooping_list(&lan->lan, list_group, &(struct group_listing){ each, context });
}
