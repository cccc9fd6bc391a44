#include "lan/switch.h"

#include "base/assert.h"
#include "wire/ethernet.h"

/* Where a station was last heard. */
struct lan_address {
	struct table_node node;
	struct list age; /* in the switch's ages */
	struct lan_port *port;
	uint64_t seen;
	struct mac mac;
};

static uint32_t hash_of(const struct mac *mac)
{
	/* What stations choose to collide is bounded by SWITCH_CHAIN_MOST: no key is needed. */
	uint64_t word = (uint64_t)get32(mac->bytes) << 16 | get16(mac->bytes + 4);
	return (uint32_t)(word * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* chain_length: how many it was compared with. */
static struct lan_address *find(const struct lan_switch *lan, const struct mac *mac,
				uint32_t *chain_length)
{
	struct table_node *node = table_chain(&lan->addresses, hash_of(mac));

	*chain_length = 0;
	for (; node; node = node->next) {
		struct lan_address *address = CONTAINER_OF(node, struct lan_address, node);
		if (mac_equal(&address->mac, mac))
			return address;
		++*chain_length;
	}
	return NULL;
}

static void forget(struct lan_switch *lan, struct lan_address *address)
{
	if (address->port->recent == address)
		address->port->recent = NULL;
	table_remove(&lan->addresses, &address->node);
	list_remove(&address->age);
	memory_give(lan->allocator, address, sizeof *address);
}

static void forget_aged(struct lan_switch *lan)
{
	LIST_EACH_SAFE (node, &lan->ages) {
		struct lan_address *address = CONTAINER_OF(node, struct lan_address, age);
		if (lan->now - address->seen < SWITCH_AGE_NS)
			return;
		forget(lan, address);
	}
}

static void forget_port(struct lan_switch *lan, const struct lan_port *port)
{
	LIST_EACH_SAFE (node, &lan->ages) {
		struct lan_address *address = CONTAINER_OF(node, struct lan_address, age);
		if (address->port == port)
			forget(lan, address);
	}
}

/* NULL where there is no room: then it is flooded to. */
static struct lan_address *remember(struct lan_switch *lan, const struct mac *mac,
				    uint32_t chain_length)
{
	if (lan->addresses.count >= SWITCH_ADDRESSES_MOST || chain_length >= SWITCH_CHAIN_MOST)
		return NULL;
	struct lan_address *address = memory_take(lan->allocator, sizeof *address);
	if (!address)
		return NULL;
	address->mac = *mac;
	list_init(&address->age);
	table_insert(&lan->addresses, &address->node, hash_of(mac));
	return address;
}

/* IEEE 802.1D, 7.8: the source was seen here, now. */
static void learn(struct lan_switch *lan, struct lan_port *port, const struct mac *source)
{
	struct lan_address *address = port->recent;

	if (!address || !mac_equal(&address->mac, source)) {
		uint32_t chain_length;
		address = find(lan, source, &chain_length);
		if (!address)
			address = remember(lan, source, chain_length);
		if (!address)
			return;
		if (address->port && address->port->recent == address)
			address->port->recent = NULL;
		address->port = port;
		port->recent = address;
	}
	address->seen = lan->now;
	list_remove(&address->age);
	list_append(&lan->ages, &address->age);
}

static void tell(struct lan_switch *lan, const struct frame *frame, const struct lan_port *to,
		 enum verdict verdict)
{
	lan->counts[verdict]++;
	if (!lan->tap)
		return;
	struct switch_sight sight = {
		.now = lan->now,
		.frame = frame,
		.from = frame->from,
		.to = to,
		.verdict = verdict,
	};
	lan->tap(lan->tap_context, &sight);
}

static void drop(struct lan_switch *lan, struct frame *frame, enum verdict verdict)
{
	tell(lan, frame, NULL, verdict);
	frame_free(frame);
}

static void deliver(struct lan_port *to, struct frame *frame)
{
	frame->from = NULL;
	to->received++;
	to->receive(to->context, frame);
}

bool switch_floods_to(const struct lan_switch *lan, uint32_t from, const struct lan_port *port)
{
	return port->number != from &&
	       (!lan->flood_chosen || snooping_has_chosen(&lan->snooping, port));
}

/* The next port that a flooded frame goes to, not the sender's; NULL: all have it. flood_next lies in the switch because
 * a station that is delivered to may unplug it. */
static struct lan_port *next_flooded(struct lan_switch *lan, uint32_t from)
{
	while (lan->flood_next != &lan->ports) {
		struct lan_port *port = CONTAINER_OF(lan->flood_next, struct lan_port, link);
		lan->flood_next = port->link.next;
		if (switch_floods_to(lan, from, port))
			return port;
	}
	return NULL;
}

/* A clone to every port but the sender's; only_chosen: of those that snooping has chosen. */
static void flood(struct lan_switch *lan, struct frame *frame, bool only_chosen)
{
	uint32_t from = ((const struct lan_port *)frame->from)->number;

	lan->flood_chosen = only_chosen;
	tell(lan, frame, NULL, FORWARDED);
	lan->flood_next = lan->ports.next;
	for (struct lan_port *port; (port = next_flooded(lan, from));) {
		struct frame *clone = frame_clone(frame);
		if (clone)
			deliver(port, clone);
		else
			lan->counts[DROP_MEMORY]++;
	}
	frame_free(frame);
}

/* No station sends from a group's address or from none; what claims to would be learned, and answered to, wrongly.
 * Linux's bridge drops it too. */
static bool source_holds(const struct mac *source)
{
	static const struct mac none = { { 0 } };
	return !mac_is_group(source) && !mac_equal(source, &none);
}

/* IEEE 802.1D, 7.7. */
static void forward(struct lan_switch *lan, struct frame *frame)
{
	struct ethernet_header ethernet;

	if (!ethernet_parse(frame_head(frame), &ethernet)) {
		drop(lan, frame, DROP_MALFORMED);
		return;
	}
	if (!source_holds(&ethernet.source)) {
		drop(lan, frame, DROP_BAD_SOURCE);
		return;
	}
	learn(lan, frame->from, &ethernet.source);
	if (mac_is_group(&ethernet.destination)) {
		flood(lan, frame, snooping_choose(lan, frame));
		return;
	}

	uint32_t chain_length;
	struct lan_address *address = find(lan, &ethernet.destination, &chain_length);
	if (!address) {
		flood(lan, frame, false);
	} else if (address->port == frame->from) {
		drop(lan, frame, DROP_IGNORED); /* it is where it came from already */
	} else {
		tell(lan, frame, address->port, FORWARDED);
		deliver(address->port, frame);
	}
}

static void drop_sent_from(struct lan_switch *lan, struct list *frames, const struct lan_port *port)
{
	LIST_EACH_SAFE (node, frames) {
		struct frame *frame = CONTAINER_OF(node, struct frame, link);
		if (frame->from != port)
			continue;
		list_remove(node);
		lan->queue_count--;
		drop(lan, frame, DROP_UNPLUGGED);
	}
}

bool switch_init(struct lan_switch *lan, const struct berth_allocator *allocator, uint64_t now)
{
	*lan = (struct lan_switch){ .allocator = allocator, .now = now };
	list_init(&lan->ports);
	list_init(&lan->queue);
	list_init(&lan->moving);
	list_init(&lan->ages);
	lan->flood_next = &lan->ports;
	return table_init(&lan->addresses, allocator);
}

void switch_close(struct lan_switch *lan)
{
	snooping_close(lan);
	LIST_EACH_SAFE (node, &lan->ports)
		switch_unplug(CONTAINER_OF(node, struct lan_port, link));
	assert(lan->queue_count == 0 && lan->addresses.count == 0);
	table_close(&lan->addresses);
}

void switch_plug_silent(struct lan_switch *lan, struct lan_port *port)
{
	list_init(&port->link);
	port->on = lan;
	port->recent = NULL;
	port->number = lan->next_number++;
	port->sent = port->received = 0;
}

void switch_plug(struct lan_switch *lan, struct lan_port *port)
{
	switch_plug_silent(lan, port);
	list_append(&lan->ports, &port->link);
	snooping_port_came(lan, port);
}

void switch_unplug(struct lan_port *port)
{
	struct lan_switch *lan = port->on;

	if (!lan)
		return;
	drop_sent_from(lan, &lan->moving, port);
	drop_sent_from(lan, &lan->queue, port);
	forget_port(lan, port);
	snooping_port_went(lan, port);
	if (lan->flood_next == &port->link)
		lan->flood_next = port->link.next;
	list_remove(&port->link);
	port->on = NULL;
}

void switch_send(struct lan_port *from, struct frame *frame)
{
	struct lan_switch *lan = from->on;

	assert(lan);
	frame->from = from;
	from->sent++;
	if (lan->queue_count >= SWITCH_QUEUE_MOST) {
		drop(lan, frame, DROP_QUEUE_FULL);
		return;
	}
	lan->queue_count++;
	list_append(&lan->queue, &frame->link);
}

bool switch_forward(struct lan_switch *lan, uint64_t now)
{
	assert(now >= lan->now && list_is_empty(&lan->moving));
	lan->now = now;
	forget_aged(lan);
	snooping_expire(lan);

	/* The ring of the queue gets a second head, and loses the first. */
	list_insert_before(&lan->queue, &lan->moving);
	list_remove(&lan->queue);
	bool any = !list_is_empty(&lan->moving);
	for (struct list *node; (node = list_take_first(&lan->moving));) {
		lan->queue_count--;
		forward(lan, CONTAINER_OF(node, struct frame, link));
	}
	return any;
}
