/* How hosts and their switch move together: a call on a host, a frame or a deadline makes the host dirty; advancing the LAN
 * forwards frames and advances dirty hosts, in turns, until neither leaves anything to do at this moment. */
#include "network.h"

#include "base/assert.h"
#include "host.h"

#include <berth/lan.h>
#include <errno.h>

enum {
	/* IP's limit, less the longest headers: what one frame can carry. */
	LARGEST_SEGMENT = 65535 - 120,
	/* Turns at one moment: two hosts that answer each other for ever must not stop the clock. */
	TURNS_MOST = 100000,
};

void host_touch(struct berth_host *host)
{
	if (host->lan && list_is_empty(&host->dirty))
		list_append(&host->lan->dirty, &host->dirty);
}

void host_woken(void *context)
{
	struct berth_host *host = context;
	if (host->lan && list_is_empty(&host->ready))
		list_append(&host->lan->ready, &host->ready);
}

struct berth_lan *berth_lan_new(const struct berth_lan_config *config)
{
	struct berth_lan *lan = memory_take(config->allocator, sizeof *lan);
	if (!lan)
		return NULL;

	lan->allocator = *config->allocator;
	lan->mtu = config->mtu ? config->mtu : INTERFACE_MTU_DEFAULT;
	lan->largest_segment = config->largest_segment ? config->largest_segment : LARGEST_SEGMENT;
	if (lan->largest_segment > LARGEST_SEGMENT)
		lan->largest_segment = LARGEST_SEGMENT;
	lan->checksums = config->checksums;
	list_init(&lan->hosts);
	list_init(&lan->dirty);
	list_init(&lan->ready);
	list_init(&lan->captures);
	clock_init(&lan->clock, &lan->allocator, config->now);
	if (!switch_init(&lan->lan, &lan->allocator, config->now)) {
		memory_give(config->allocator, lan, sizeof *lan);
		return NULL;
	}
	return lan;
}

void berth_lan_free(struct berth_lan *lan)
{
	if (!lan)
		return;
	network_capture_stop_all(lan);
	while (!list_is_empty(&lan->hosts))
		berth_lan_unplug(lan, CONTAINER_OF(lan->hosts.next, struct berth_host, in_lan));
	switch_close(&lan->lan);
	clock_close(&lan->clock);
	struct berth_allocator allocator = lan->allocator;
	memory_give(&allocator, lan, sizeof *lan);
}

static void send_to_switch(void *context, struct frame *frame)
{
	struct berth_host *host = context;
	switch_send(&host->port, frame);
}

static void receive_from_switch(void *context, struct frame *frame)
{
	struct berth_host *host = context;
	host_touch(host);
	ip_input(&host->ip, interface_find(&host->ip, host->lan_interface), frame);
}

static void deadline_due(struct alarm *alarm)
{
	host_touch(CONTAINER_OF(alarm, struct berth_host, alarm));
}

int berth_lan_plug(struct berth_lan *lan, struct berth_host *host, const uint8_t mac[6])
{
	if (host->lan)
		return -EBUSY;

	struct interface_config config = {
		.mtu = lan->mtu,
		.largest_segment = lan->largest_segment > lan->mtu ? lan->largest_segment : 0,
		.checksums = lan->checksums,
		.transmit = send_to_switch,
		.context = host,
	};
	memcpy(config.mac.bytes, mac, sizeof config.mac.bytes);
	if (!clock_admit(&lan->clock, &host->alarm, deadline_due))
		return -ENOMEM;
	int index = interface_add(&host->ip, &config);
	if (index < 0) {
		clock_dismiss(&lan->clock, &host->alarm);
		return index;
	}
	host->lan = lan;
	host->lan_interface = index;
	host->mac = config.mac;
	host->port = (struct lan_port){ .receive = receive_from_switch, .context = host };
	switch_plug(&lan->lan, &host->port);
	list_append(&lan->hosts, &host->in_lan);
	clock_advance(&host->clock,
		      lan->clock.now > host->clock.now ? lan->clock.now : host->clock.now);
	network_capture_host(lan, host);
	host_touch(host);
	return index;
}

void berth_lan_unplug(struct berth_lan *lan, struct berth_host *host)
{
	assert(host->lan == lan);
	interface_remove(&host->ip, host->lan_interface);
	switch_unplug(&host->port);
	clock_dismiss(&lan->clock, &host->alarm);
	list_remove(&host->in_lan);
	list_remove(&host->dirty);
	list_remove(&host->ready);
	host->lan = NULL;
}

static bool advance_hosts(struct berth_lan *lan, uint64_t now)
{
	struct list turn;
	bool any = !list_is_empty(&lan->dirty);

	/* Those made dirty meanwhile have their turn after the switch's. */
	list_init(&turn);
	list_insert_before(lan->dirty.next, &turn);
	list_remove(&lan->dirty);
	while (!list_is_empty(&turn)) {
		struct berth_host *host =
			CONTAINER_OF(list_take_first(&turn), struct berth_host, dirty);
		uint64_t deadline = berth_host_advance(host, now);
		if (deadline <= now)
			host_touch(host);
		else
			clock_set(&lan->clock, &host->alarm, deadline);
	}
	return any;
}

uint64_t berth_lan_advance(struct berth_lan *lan, uint64_t now)
{
	clock_advance(&lan->clock, now);
	for (uint32_t turn = 0; turn < TURNS_MOST; turn++) {
		bool forwarded = switch_forward(&lan->lan, now);
		if (!advance_hosts(lan, now) && !forwarded)
			return clock_deadline(&lan->clock);
	}
	return now;
}

struct berth_host *berth_lan_ready(struct berth_lan *lan)
{
	struct list *first = list_take_first(&lan->ready);
	return first ? CONTAINER_OF(first, struct berth_host, ready) : NULL;
}
