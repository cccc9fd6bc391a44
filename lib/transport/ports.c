#include "transport/ports.h"

#include "base/assert.h"

#include <errno.h>

bool ports_init(struct ports *ports, const struct berth_allocator *allocator, struct random *random)
{
	*ports = (struct ports){
		.allocator = allocator,
		.first = PORT_FIRST,
		.last = PORT_LAST,
		.offset_key = random_key(random),
		.counter_key = random_key(random),
		.random.key = random_key(random),
	};
	return table_init(&ports->ports, allocator);
}

void ports_close(struct ports *ports)
{
	assert(ports->ports.count == 0);
	table_close(&ports->ports);
}

/* Ports spread themselves: neighbours in number are neighbours in the table, and no stranger makes chains of them. */
struct port *ports_find(const struct ports *ports, uint16_t number)
{
	for (struct table_node *node = table_chain(&ports->ports, number); node;
	     node = node->next) {
		struct port *port = CONTAINER_OF(node, struct port, node);
		if (port->number == number)
			return port;
	}
	return NULL;
}

static struct port *find_or_make(struct ports *ports, uint16_t number)
{
	struct port *port = ports_find(ports, number);
	if (port)
		return port;

	port = memory_take(ports->allocator, sizeof *port);
	if (!port)
		return NULL;
	port->number = number;
	list_init(&port->bound);
	list_init(&port->used);
	table_insert(&ports->ports, &port->node, number);
	return port;
}

void port_holder_init(struct port_holder *holder)
{
	list_init(&holder->link);
	holder->unbound = holder->local.address = address_v4(0);
}

void port_holder_turn_v6(struct port_holder *holder)
{
	holder->unbound = holder->local.address = (struct address){ .words = { 0 } };
}

bool port_holder_hears(const struct port_holder *holder, const struct address *address)
{
	const struct address *bound = &holder->local.address;

	if (!address_is_any(bound))
		return address_equal(bound, address);
	if (address_is_v4(bound) || holder->v6_only)
		return address_is_v4(bound) == address_is_v4(address);
	return true;
}

/* Is there an address that both hear, by one interface? */
static bool overlap(const struct port_holder *a, const struct port_holder *b)
{
	if (a->interface && b->interface && a->interface != b->interface)
		return false;
	return port_holder_hears(a, &b->local.address) || port_holder_hears(b, &a->local.address);
}

/* Linux's inet_csk_bind_conflict: two may share where both ask to and neither listens, or both say SO_REUSEPORT. Its
 * udp_lib_lport_inuse is the same, where none can listen. */
static bool may_share(const struct port_holder *a, const struct port_holder *b)
{
	if (!overlap(a, b))
		return true;
	if (a->reuse_port && b->reuse_port)
		return true;
	return a->reuse_address && b->reuse_address && !a->listening && !b->listening;
}

static bool conflicts_on(const struct list *holders, const struct port_holder *holder)
{
	LIST_EACH (node, holders) {
		const struct port_holder *other = CONTAINER_OF(node, struct port_holder, link);
		if (other != holder && !may_share(holder, other))
			return true;
	}
	return false;
}

static bool conflicts(const struct ports *ports, const struct port_holder *holder)
{
	const struct port *port = ports_find(ports, holder->local.port);
	return port && (conflicts_on(&port->bound, holder) || conflicts_on(&port->used, holder));
}

static int hold(struct ports *ports, struct port_holder *holder, bool bound)
{
	struct port *port = find_or_make(ports, holder->local.port);
	if (!port)
		return -ENOBUFS;
	list_append(bound ? &port->bound : &port->used, &holder->link);
	return 0;
}

static uint32_t range_of(const struct ports *ports)
{
	return (uint32_t)ports->last - ports->first + 1;
}

/* Any free port, from a random one on. */
static int bind_any(struct ports *ports, struct port_holder *holder)
{
	const uint32_t range = range_of(ports);
	uint32_t start = random_below(&ports->random, range);

	for (uint32_t tried = 0; tried < range; tried++) {
		holder->local.port = (uint16_t)(ports->first + (start + tried) % range);
		if (!ports_find(ports, holder->local.port))
			return hold(ports, holder, true);
	}
	return -EADDRINUSE;
}

int ports_bind(struct ports *ports, struct port_holder *holder, const struct endpoint *local)
{
	holder->local = *local;
	int result = local->port == 0           ? bind_any(ports, holder)
		     : conflicts(ports, holder) ? -EADDRINUSE
						: hold(ports, holder, true);
	if (result < 0)
		holder->local.port = 0;
	return result;
}

bool ports_may_listen(const struct ports *ports, const struct port_holder *holder)
{
	struct port_holder listening = *holder;
	listening.listening = true;

	const struct port *port = ports_find(ports, holder->local.port);
	LIST_EACH (node, &port->bound) {
		const struct port_holder *other = CONTAINER_OF(node, struct port_holder, link);
		if (other != holder && other->listening && !may_share(&listening, other))
			return false;
	}
	return true;
}

int ports_use(struct ports *ports, struct port_holder *holder, const struct endpoint *local)
{
	holder->local = *local;
	int result = hold(ports, holder, false);
	if (result < 0)
		holder->local.port = 0;
	return result;
}

static uint32_t hash_pair(const struct siphash_key *key, const struct address *local,
			  const struct endpoint *peer)
{
	uint8_t message[34];
	memcpy(message, local->bytes, 16);
	memcpy(message + 16, peer->address.bytes, 16);
	put16(message + 32, peer->port);
	return (uint32_t)siphash(key, (struct bytes){ message, sizeof message });
}

int ports_use_any(struct ports *ports, struct port_holder *holder, const struct address *local,
		  const struct endpoint *peer,
		  bool (*is_free)(void *context, const struct endpoint *local,
				  const struct endpoint *peer),
		  void *context)
{
	uint32_t offset = hash_pair(&ports->offset_key, local, peer);
	uint32_t *counter =
		&ports->counters[hash_pair(&ports->counter_key, local, peer) % PORT_COUNTERS];
	struct endpoint chosen = { .address = *local };
	const uint32_t range = range_of(ports);

	for (uint32_t tried = 0; tried < range; tried++) {
		chosen.port = (uint16_t)(ports->first + (offset + (*counter)++) % range);
		const struct port *port = ports_find(ports, chosen.port);
		if (port && (!list_is_empty(&port->bound) || !is_free(context, &chosen, peer)))
			continue;
		return ports_use(ports, holder, &chosen);
	}
	return -EADDRNOTAVAIL;
}

void ports_release(struct ports *ports, struct port_holder *holder)
{
	if (list_is_empty(&holder->link))
		return;
	list_remove(&holder->link);

	struct port *port = ports_find(ports, holder->local.port);
	if (list_is_empty(&port->bound) && list_is_empty(&port->used)) {
		table_remove(&ports->ports, &port->node);
		memory_give(ports->allocator, port, sizeof *port);
	}
}

static void turn(struct ports *ports, struct port_holder *holder, const struct address *local,
		 bool bound)
{
	struct port *port = ports_find(ports, holder->local.port);

	list_remove(&holder->link);
	list_append(bound ? &port->bound : &port->used, &holder->link);
	holder->local.address = *local;
}

void ports_turn_user(struct ports *ports, struct port_holder *holder, const struct address *local)
{
	turn(ports, holder, local, false);
}

void ports_turn_binder(struct ports *ports, struct port_holder *holder, const struct address *local)
{
	turn(ports, holder, local, true);
}

/* What an open holder is sought by. */
struct sought {
	const struct address *to;
	struct address bound; /* to, or an any */
	int interface;        /* that it speaks by alone; 0: by all */
	uint32_t spread;
};

static bool is_open(const struct ports *ports, const struct port_holder *holder,
		    const struct sought *sought)
{
	return (holder->listening || ports->connectionless) &&
	       address_equal(&holder->local.address, &sought->bound) &&
	       holder->interface == sought->interface && port_holder_hears(holder, sought->to);
}

/* The chosen-th of those that share by SO_REUSEPORT; there are more. */
static struct port_holder *choose(const struct ports *ports, const struct port *port,
				  const struct sought *sought, uint32_t chosen)
{
	struct port_holder *found = NULL;

	LIST_EACH (node, &port->bound) {
		struct port_holder *holder = CONTAINER_OF(node, struct port_holder, link);
		if (!is_open(ports, holder, sought) || !holder->reuse_port)
			continue;
		found = holder;
		if (chosen-- == 0)
			break;
	}
	return found;
}

static struct port_holder *find_open_on(const struct ports *ports, const struct port *port,
					const struct sought *sought)
{
	struct port_holder *last = NULL;
	uint32_t sharing = 0;

	LIST_EACH (node, &port->bound) {
		struct port_holder *holder = CONTAINER_OF(node, struct port_holder, link);
		if (!is_open(ports, holder, sought))
			continue;
		last = holder;
		sharing += holder->reuse_port;
	}
	if (!last || !last->reuse_port || sharing == 1)
		return last;
	return choose(ports, port, sought, sought->spread % sharing);
}

/* By that interface alone, then by any. */
static struct port_holder *find_bound_to(const struct ports *ports, const struct port *port,
					 struct sought sought)
{
	struct port_holder *found = sought.interface ? find_open_on(ports, port, &sought) : NULL;
	if (found)
		return found;
	sought.interface = 0;
	return find_open_on(ports, port, &sought);
}

struct port_holder *ports_find_open(const struct ports *ports, const struct endpoint *local,
				    int interface, uint32_t spread)
{
	const struct port *port = ports_find(ports, local->port);
	struct sought sought = { &local->address, local->address, interface, spread };
	if (!port)
		return NULL;

	struct port_holder *found = find_bound_to(ports, port, sought);
	sought.bound = address_v4(0);
	if (!found && address_is_v4(&local->address))
		found = find_bound_to(ports, port, sought);
	sought.bound = (struct address){ .words = { 0 } };
	return found ? found : find_bound_to(ports, port, sought);
}
