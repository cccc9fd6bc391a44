/* What the switch shows its tap, given to the captures under way: a frame once, as its sender sent it; or, where only
 * receivers are looked at, as the first of them received it. */
#include "observe/capture.h"
#include "host.h"
#include "network.h"

#include <berth/observe.h>

struct berth_capture {
	struct list link; /* in lan->captures */
	struct berth_lan *lan;
	struct capture file;
	bool all; /* else only hosts in numbers */
	struct {
		uint32_t port;
		int interface;
	} * numbers; /* a row a host that is looked at */
	uint32_t count, room;
};

static int interface_of(const struct berth_capture *capture, const struct lan_port *port)
{
	for (uint32_t index = 0; port && index < capture->count; index++) {
		if (capture->numbers[index].port == port->number)
			return capture->numbers[index].interface;
	}
	return -1;
}

static bool look_at(struct berth_capture *capture, uint32_t port, const char *name,
		    const uint8_t mac[6])
{
	const struct berth_allocator *allocator = &capture->lan->allocator;
	if (capture->count == capture->room) {
		uint32_t room = capture->room ? capture->room * 2 : 8;
		void *numbers = memory_take(allocator, room * sizeof *capture->numbers);
		if (!numbers)
			return false;
		if (capture->count)
			memcpy(numbers, capture->numbers,
			       capture->count * sizeof *capture->numbers);
		memory_give(allocator, capture->numbers, capture->room * sizeof *capture->numbers);
		capture->numbers = numbers;
		capture->room = room;
	}
	int interface = capture_add_interface(&capture->file, name, mac);
	if (interface < 0)
		return false;
	capture->numbers[capture->count].port = port;
	capture->numbers[capture->count++].interface = interface;
	return true;
}

/* The switch gets an interface of its own with the first thing it says. */
static int sender_of(struct berth_capture *capture, const struct switch_sight *sight)
{
	int interface = interface_of(capture, sight->from);
	if (interface < 0 && capture->all && sight->from == &capture->lan->lan.snooping.port &&
	    look_at(capture, sight->from->number, "switch", frame_head(sight->frame).at + 6))
		return interface_of(capture, sight->from);
	return interface;
}

static int first_receiver_of(const struct berth_capture *capture, const struct switch_sight *sight)
{
	const struct lan_switch *lan = &capture->lan->lan;

	if (sight->to || sight->verdict != FORWARDED)
		return interface_of(capture, sight->to);
	LIST_EACH (node, &lan->ports) {
		const struct lan_port *port = CONTAINER_OF(node, struct lan_port, link);
		if (!switch_floods_to(lan, sight->from->number, port))
			continue;
		int interface = interface_of(capture, port);
		if (interface >= 0)
			return interface;
	}
	return -1;
}

static void write_sight(struct berth_capture *capture, const struct switch_sight *sight)
{
	struct capture_packet packet = {
		.now = sight->now,
		.frame = sight->frame,
		.verdict = sight->verdict,
		.direction = CAPTURE_OUTBOUND,
	};
	int interface = sender_of(capture, sight);
	if (interface < 0) {
		packet.direction = CAPTURE_INBOUND;
		interface = first_receiver_of(capture, sight);
	}
	if (interface < 0)
		return;
	packet.interface = (uint32_t)interface;
	capture_frame(&capture->file, &packet);
}

static void tap(void *context, const struct switch_sight *sight)
{
	struct berth_lan *lan = context;
	LIST_EACH (node, &lan->captures)
		write_sight(CONTAINER_OF(node, struct berth_capture, link), sight);
}

static void look_at_plug(struct berth_capture *capture, const struct plug *plug)
{
	look_at(capture, plug->port.number, plug->host->name, plug->mac.bytes);
}

void network_capture_plug(struct berth_lan *lan, struct plug *plug)
{
	LIST_EACH (node, &lan->captures) {
		struct berth_capture *capture = CONTAINER_OF(node, struct berth_capture, link);
		if (capture->all)
			look_at_plug(capture, plug);
	}
}

static void look_at_chosen(struct berth_capture *capture, const struct berth_capture_config *config)
{
	for (int index = 0; index < config->host_count; index++) {
		const struct plug *plug = network_find_plug(capture->lan, config->hosts[index]);
		if (plug)
			look_at_plug(capture, plug);
	}
}

struct berth_capture *berth_capture_start(struct berth_lan *lan,
					  const struct berth_capture_config *config)
{
	struct berth_capture *capture = memory_take(&lan->allocator, sizeof *capture);
	if (!capture)
		return NULL;

	struct capture_config file = {
		.allocator = &lan->allocator,
		.write = config->write,
		.context = config->context,
		.epoch = config->epoch,
		.snapshot = config->snapshot,
	};
	if (!capture_init(&capture->file, &file, lan->network->clock.now)) {
		memory_give(&lan->allocator, capture, sizeof *capture);
		return NULL;
	}
	capture->lan = lan;
	capture->all = config->host_count == 0;
	list_append(&lan->captures, &capture->link);
	lan->lan.tap = tap;
	lan->lan.tap_context = lan;
	if (!capture->all)
		look_at_chosen(capture, config);
	LIST_EACH (node, &lan->plugs) {
		if (capture->all)
			look_at_plug(capture, CONTAINER_OF(node, struct plug, in_lan));
	}
	return capture;
}

void berth_capture_stop(struct berth_capture *capture)
{
	struct berth_lan *lan = capture->lan;

	list_remove(&capture->link);
	if (list_is_empty(&lan->captures))
		lan->lan.tap = NULL;
	capture_close(&capture->file, lan->network->clock.now);
	memory_give(&lan->allocator, capture->numbers, capture->room * sizeof *capture->numbers);
	memory_give(&lan->allocator, capture, sizeof *capture);
}

void network_capture_stop_all(struct berth_lan *lan)
{
	while (!list_is_empty(&lan->captures))
		berth_capture_stop(CONTAINER_OF(lan->captures.next, struct berth_capture, link));
}
