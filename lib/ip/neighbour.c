#include "ip/neighbour.h"

#include "base/assert.h"
#include "ip/arp.h"
#include "ip/forward.h"
#include "ip/icmp6_error.h"
#include "ip/icmp_error.h"
#include "ip/ip.h"
#include "ip/ndp.h"
#include "ip/router.h"

bool neighbours_init(struct neighbours *neighbours, const struct berth_allocator *allocator,
		     struct random *random)
{
	list_init(&neighbours->ages);
	list_init(&neighbours->asked);
	neighbours->asked_count = 0;
	for (int index = 0; index < NEIGHBOUR_HASH_KEYS; index++)
		neighbours->hash_keys[index] = random_next(random);
	return table_init(&neighbours->table, allocator);
}

/* Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast"): cheap, since it is asked for every
 * packet, and keyed, since strangers choose their addresses. The words are half as wide as the sum, of which the upper half
 * counts: what differs in a word's uppermost bits, as neighbours' addresses do, has to reach the lowest that is used. */
static uint32_t hash_of(const struct neighbours *neighbours, const struct interface *interface,
			const struct address *address)
{
	const uint64_t *keys = neighbours->hash_keys;
	uint64_t sum = keys[0] * (uint32_t)interface->index;

	sum += keys[1] * (uint32_t)address->words[0] + keys[2] * (address->words[0] >> 32);
	sum += keys[3] * (uint32_t)address->words[1] + keys[4] * (address->words[1] >> 32);
	return (uint32_t)(sum >> 32);
}

struct neighbour *neighbour_find(struct ip *ip, const struct interface *interface,
				 const struct address *address)
{
	uint32_t hash = hash_of(&ip->neighbours, interface, address);
	struct table_node *node = table_chain(&ip->neighbours.table, hash);

	for (; node; node = node->next) {
		struct neighbour *neighbour = CONTAINER_OF(node, struct neighbour, node);
		if (neighbour->interface == interface &&
		    address_equal(&neighbour->address, address))
			return neighbour;
	}
	return NULL;
}

static bool is_v4(const struct neighbour *neighbour)
{
	return address_is_v4(&neighbour->address);
}

static struct frame *take_waiting(struct neighbour *neighbour)
{
	struct list *first = list_take_first(&neighbour->waiting);
	if (!first)
		return NULL;
	struct frame *packet = CONTAINER_OF(first, struct frame, link);
	neighbour->waiting_count--;
	neighbour->waiting_size -= frame_size(packet);
	return packet;
}

static void drop_oldest_waiting(struct neighbour *neighbour, enum verdict verdict)
{
	neighbour->ip->counts[verdict]++;
	frame_free(take_waiting(neighbour));
}

/* Only INCOMPLETE ones are in the list of those asked for. */
static void set_state(struct neighbour *neighbour, enum neighbour_state state)
{
	struct neighbours *neighbours = &neighbour->ip->neighbours;

	if (!list_is_empty(&neighbour->asked)) {
		list_remove(&neighbour->asked);
		neighbours->asked_count--;
	}
	neighbour->state = state;
	if (state == NEIGHBOUR_INCOMPLETE) {
		list_append(&neighbours->asked, &neighbour->asked);
		neighbours->asked_count++;
	}
}

/* Nothing waits for it any more. */
static void release(struct neighbour *neighbour)
{
	struct ip *ip = neighbour->ip;

	assert(neighbour->waiting_count == 0);
	if (neighbour->state == NEIGHBOUR_INCOMPLETE)
		ip->neighbours.asked_count--;
	list_remove(&neighbour->asked);
	table_remove(&ip->neighbours.table, &neighbour->node);
	list_remove(&neighbour->age);
	clock_dismiss(ip->clock, &neighbour->alarm);
	memory_give(ip->allocator, neighbour, sizeof *neighbour);
}

static void drop(struct neighbour *neighbour, enum verdict verdict)
{
	while (neighbour->waiting_count > 0)
		drop_oldest_waiting(neighbour, verdict);
	release(neighbour);
}

void neighbours_forget(struct ip *ip, const struct interface *interface)
{
	LIST_EACH_SAFE (node, &ip->neighbours.ages) {
		struct neighbour *neighbour = CONTAINER_OF(node, struct neighbour, age);
		if (neighbour->interface == interface)
			drop(neighbour, DROP_NO_ROUTE);
	}
}

void neighbours_close(struct ip *ip)
{
	LIST_EACH_SAFE (node, &ip->neighbours.ages)
		drop(CONTAINER_OF(node, struct neighbour, age), DROP_NO_NEIGHBOUR);
	table_close(&ip->neighbours.table);
}

static void tell_sender(struct ip *ip, const struct interface *interface, bool v4,
			struct frame *packet)
{
	if (forward_no_neighbour(ip, packet))
		return;
	if (v4)
		icmp_error_no_neighbour(ip, packet);
	else
		icmp6_error_no_neighbour(ip, interface, packet);
}

/* The protocols are told only when the entry is gone: what they send then starts afresh. */
static void give_up(struct neighbour *neighbour)
{
	struct ip *ip = neighbour->ip;
	const struct interface *interface = neighbour->interface;
	bool v4 = is_v4(neighbour);
	struct list lost;
	struct frame *packet;

	list_init(&lost);
	while ((packet = take_waiting(neighbour)))
		list_append(&lost, &packet->link);
	release(neighbour);

	for (struct list *node; (node = list_take_first(&lost));) {
		packet = CONTAINER_OF(node, struct frame, link);
		ip->counts[DROP_NO_NEIGHBOUR]++;
		tell_sender(ip, interface, v4, packet);
		frame_free(packet);
	}
}

/* Until the next request: a router's word for IPv6 (RFC 4861, 6.3.4), and longer each time while UNREACHABLE. */
static uint64_t retry_time(const struct neighbour *neighbour)
{
	uint64_t time = is_v4(neighbour) ? NEIGHBOUR_RETRY_NS
					 : interface_retransmit_ns(neighbour->interface);

	if (neighbour->state != NEIGHBOUR_UNREACHABLE)
		return time;
	for (uint8_t request = 0; request < neighbour->requests; request++)
		time *= NEIGHBOUR_BACKOFF;
	return time < NEIGHBOUR_RETRY_MOST_NS ? time : NEIGHBOUR_RETRY_MOST_NS;
}

static void ask(struct neighbour *neighbour)
{
	struct ip *ip = neighbour->ip;

	neighbour->requests++;
	clock_set(ip->clock, &neighbour->alarm, ip->clock->now + retry_time(neighbour));
	if (is_v4(neighbour))
		arp_request(ip, neighbour);
	else
		ndp_solicit(ip, neighbour);
}

static void begin_asking(struct neighbour *neighbour, enum neighbour_state state)
{
	set_state(neighbour, state);
	neighbour->requests = 0;
	ask(neighbour);
}

/* The last request of its state was not answered. */
static void fail(struct neighbour *neighbour)
{
	if (!is_v4(neighbour))
		router_fails(neighbour->ip, neighbour->interface, &neighbour->address);
	if (neighbour->state != NEIGHBOUR_PROBE || is_v4(neighbour)) {
		give_up(neighbour);
		return;
	}
	neighbour->used = false;
	begin_asking(neighbour, NEIGHBOUR_UNREACHABLE);
}

static void alarm_due(struct alarm *alarm)
{
	struct neighbour *neighbour = CONTAINER_OF(alarm, struct neighbour, alarm);
	bool unreachable = neighbour->state == NEIGHBOUR_UNREACHABLE;

	if (neighbour->state == NEIGHBOUR_DELAY) {
		begin_asking(neighbour, NEIGHBOUR_PROBE);
	} else if (neighbour->requests == NEIGHBOUR_REQUESTS || (unreachable && !neighbour->used)) {
		fail(neighbour);
	} else {
		neighbour->used &= !unreachable;
		ask(neighbour);
	}
}

/* A second chance for whoever was used since the last time. */
static void drop_oldest(struct neighbours *neighbours)
{
	for (;;) {
		struct list *first = neighbours->ages.next;
		struct neighbour *oldest = CONTAINER_OF(first, struct neighbour, age);
		if (!oldest->used) {
			drop(oldest, DROP_NEIGHBOUR_QUEUE);
			return;
		}
		oldest->used = false;
		list_remove(first);
		list_append(&neighbours->ages, first);
	}
}

static void drop_oldest_asked(struct neighbours *neighbours)
{
	struct list *first = neighbours->asked.next;
	drop(CONTAINER_OF(first, struct neighbour, asked), DROP_NEIGHBOUR_QUEUE);
}

static struct neighbour *create(struct ip *ip, struct interface *interface,
				const struct address *address)
{
	if (ip->neighbours.table.count >= NEIGHBOURS_MOST)
		drop_oldest(&ip->neighbours);

	struct neighbour *neighbour = memory_take(ip->allocator, sizeof *neighbour);
	if (!neighbour)
		return NULL;
	if (!clock_admit(ip->clock, &neighbour->alarm, alarm_due)) {
		memory_give(ip->allocator, neighbour, sizeof *neighbour);
		return NULL;
	}
	neighbour->ip = ip;
	neighbour->interface = interface;
	neighbour->address = *address;
	list_init(&neighbour->waiting);
	list_init(&neighbour->asked);
	neighbour->state = NEIGHBOUR_STALE;
	list_append(&ip->neighbours.ages, &neighbour->age);
	table_insert(&ip->neighbours.table, &neighbour->node,
		     hash_of(&ip->neighbours, interface, address));
	return neighbour;
}

static bool is_fresh(const struct neighbour *neighbour)
{
	return neighbour->state == NEIGHBOUR_REACHABLE &&
	       neighbour->ip->clock->now < neighbour->reachable_until;
}

/* To a link address we know; one long unconfirmed is put to the proof by using it. */
static void transmit(struct neighbour *neighbour, struct frame *packet)
{
	neighbour->used = true;
	if (!is_fresh(neighbour) &&
	    (neighbour->state == NEIGHBOUR_REACHABLE || neighbour->state == NEIGHBOUR_STALE)) {
		struct clock *clock = neighbour->ip->clock;
		set_state(neighbour, NEIGHBOUR_DELAY);
		clock_set(clock, &neighbour->alarm, clock->now + NEIGHBOUR_DELAY_NS);
	}
	interface_transmit(neighbour->interface, &neighbour->mac,
			   is_v4(neighbour) ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, packet);
}

static void keep_waiting(struct neighbour *neighbour, struct frame *packet)
{
	uint32_t size = frame_size(packet);

	while (neighbour->waiting_count == NEIGHBOUR_QUEUE_PACKETS ||
	       neighbour->waiting_size + size > NEIGHBOUR_QUEUE_BYTES)
		drop_oldest_waiting(neighbour, DROP_NEIGHBOUR_QUEUE);
	list_append(&neighbour->waiting, &packet->link);
	neighbour->waiting_count++;
	neighbour->waiting_size += size;
}

enum verdict neighbour_output(struct ip *ip, struct interface *interface,
			      const struct address *address, struct frame *packet)
{
	struct neighbour *neighbour = neighbour_find(ip, interface, address);

	if (!neighbour) {
		neighbour = create(ip, interface, address);
		if (!neighbour) {
			frame_free(packet);
			return DROP_MEMORY;
		}
		neighbour->used = true;
		if (ip->neighbours.asked_count == NEIGHBOURS_ASKED_MOST)
			drop_oldest_asked(&ip->neighbours);
		begin_asking(neighbour, NEIGHBOUR_INCOMPLETE);
	}
	if (neighbour->state == NEIGHBOUR_INCOMPLETE) {
		keep_waiting(neighbour, packet);
		return QUEUED;
	}
	transmit(neighbour, packet);
	return DELIVERED;
}

/* In microseconds, since random_below is of 32 bits. */
static void choose_reachable_time(struct neighbour *neighbour)
{
	uint64_t said = is_v4(neighbour) ? 0 : neighbour->interface->reachable_ns;
	uint32_t base = (uint32_t)((said ? said : NEIGHBOUR_REACHABLE_NS) / MICROSECOND);
	uint64_t time = base / 2 + (uint64_t)random_below(&neighbour->ip->random, base);
	neighbour->reachable_ns = time * MICROSECOND;
}

void neighbour_confirm(struct neighbour *neighbour)
{
	struct clock *clock = neighbour->ip->clock;

	if (neighbour->state == NEIGHBOUR_INCOMPLETE)
		return;
	if (neighbour->state != NEIGHBOUR_REACHABLE) {
		if (neighbour->router)
			router_answers(neighbour->ip, neighbour->interface, &neighbour->address);
		set_state(neighbour, NEIGHBOUR_REACHABLE);
		choose_reachable_time(neighbour);
		clock_set(clock, &neighbour->alarm, NEVER);
	}
	neighbour->reachable_until = clock->now + neighbour->reachable_ns;
}

/* Now its link address is this, not yet proven; what waited goes out to it. */
static void settle(struct neighbour *neighbour, const struct mac *mac)
{
	struct clock *clock = neighbour->ip->clock;

	neighbour->mac = *mac;
	neighbour->learned = clock->now;
	set_state(neighbour, NEIGHBOUR_STALE);
	clock_set(clock, &neighbour->alarm, NEVER);
	for (struct frame *packet; (packet = take_waiting(neighbour));)
		transmit(neighbour, packet);
}

bool neighbour_answered(struct neighbour *neighbour, const struct mac *mac)
{
	if (neighbour->state != NEIGHBOUR_INCOMPLETE && neighbour->state != NEIGHBOUR_PROBE)
		return false;
	settle(neighbour, mac);
	neighbour_confirm(neighbour);
	return true;
}

/* An advertisement about one whose link address is known (RFC 4861, 7.2.5). */
enum reaction { KEEP, SUSPECT, CONFIRM, REPLACE, REPLACE_AND_CONFIRM };

static const enum reaction reactions[2][2][2] = {
	/* [it says another link address][solicited][override] */
	{ { KEEP, KEEP }, { CONFIRM, CONFIRM } },
	{ { SUSPECT, REPLACE }, { SUSPECT, REPLACE_AND_CONFIRM } },
};

static void react(struct neighbour *neighbour, enum reaction reaction, const struct mac *mac)
{
	if (reaction == SUSPECT && neighbour->state == NEIGHBOUR_REACHABLE)
		set_state(neighbour, NEIGHBOUR_STALE);
	if (reaction == REPLACE || reaction == REPLACE_AND_CONFIRM)
		settle(neighbour, mac);
	if (reaction == CONFIRM || reaction == REPLACE_AND_CONFIRM)
		neighbour_confirm(neighbour);
}

bool neighbour_advertised(struct neighbour *neighbour,
			  const struct neighbour_advertisement *advertisement)
{
	const struct mac *mac = advertisement->mac;
	bool unknown = neighbour->state == NEIGHBOUR_INCOMPLETE;
	enum reaction reaction = advertisement->solicited ? REPLACE_AND_CONFIRM : REPLACE;

	if (unknown && !mac)
		return false;
	if (!unknown) {
		bool differs = mac && !mac_equal(mac, &neighbour->mac);
		reaction = reactions[differs][advertisement->solicited][advertisement->override];
	}
	if (reaction != SUSPECT) {
		if (neighbour->router && !advertisement->router)
			router_retires(neighbour->ip, neighbour->interface, &neighbour->address);
		neighbour->router = advertisement->router;
	}
	react(neighbour, reaction, mac);
	return true;
}

/* Linux's locktime: 0 for IPv6, which has no gratuitous answers to fear. */
static bool is_locked(const struct neighbour *neighbour)
{
	return is_v4(neighbour) &&
	       neighbour->ip->clock->now < neighbour->learned + NEIGHBOUR_LOCK_NS;
}

void neighbour_heard(struct neighbour *neighbour, const struct mac *mac)
{
	if (neighbour->state != NEIGHBOUR_INCOMPLETE &&
	    (mac_equal(&neighbour->mac, mac) || is_locked(neighbour)))
		return;
	settle(neighbour, mac);
}

void neighbour_learn(struct ip *ip, struct interface *interface, const struct address *address,
		     const struct mac *mac)
{
	struct neighbour *neighbour = neighbour_find(ip, interface, address);

	if (neighbour) {
		neighbour_heard(neighbour, mac);
		return;
	}
	neighbour = create(ip, interface, address);
	if (neighbour)
		settle(neighbour, mac);
}
