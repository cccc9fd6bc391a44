#include "lan/cable.h"

#include "base/assert.h"
#include "wire/cut.h"

/* A frame of the wire under way. */
struct flight {
	struct list link;
	uint64_t arrival;
	unsigned from;
	struct frame *frame;
};

/* What cut_each hands on, piece by piece. */
struct sending {
	struct cable *cable;
	unsigned from;
};

static void tell(struct cable *cable, unsigned from, const struct frame *frame,
		 enum verdict verdict)
{
	cable->counts[verdict]++;
	if (!cable->tap)
		return;
	struct cable_sight sight = {
		.now = cable->now,
		.frame = frame,
		.from = from,
		.verdict = verdict,
	};
	cable->tap(cable->tap_context, &sight);
}

static void drop(struct cable *cable, unsigned from, struct frame *frame, enum verdict verdict)
{
	tell(cable, from, frame, verdict);
	frame_free(frame);
}

/* Behind all that arrive no later: frames of one delay stay in order. */
static void insert_by_arrival(struct cable *cable, struct flight *flight)
{
	struct list *place = &cable->flights;

	while (place->previous != &cable->flights &&
	       CONTAINER_OF(place->previous, struct flight, link)->arrival > flight->arrival)
		place = place->previous;
	list_insert_before(place, &flight->link);
}

/* Takes the frame. */
static void launch(struct cable *cable, unsigned from, struct frame *frame, uint64_t delay_ns)
{
	if (cable->ends[from].under_way >= CABLE_QUEUE_MOST) {
		drop(cable, from, frame, DROP_QUEUE_FULL);
		return;
	}
	struct flight *flight = memory_take(cable->allocator, sizeof *flight);
	if (!flight) {
		drop(cable, from, frame, DROP_MEMORY);
		return;
	}
	flight->arrival = cable->now + delay_ns;
	flight->from = from;
	flight->frame = frame;
	cable->ends[from].under_way++;
	insert_by_arrival(cable, flight);
}

/* Takes one copy of a piece, damaged where that is its fate. */
static void send_copy(struct cable *cable, unsigned from, struct frame *frame, uint64_t delay_ns,
		      bool corrupted)
{
	if (corrupted) {
		struct frame *damaged = impairment_corrupt(&cable->impairments[from], frame);
		if (!damaged) {
			drop(cable, from, frame, DROP_MEMORY);
			return;
		}
		frame_free(frame);
		frame = damaged;
	}
	launch(cable, from, frame, delay_ns);
}

/* Takes one frame of the wire: the one that impairments judge. */
static void send_piece(void *context, struct frame *piece)
{
	struct cable *cable = ((struct sending *)context)->cable;
	unsigned from = ((struct sending *)context)->from;
	struct impairment_fate fate = impairment_judge(&cable->impairments[from]);

	cable->ends[from].sent++;
	if (fate.copies == 0) {
		drop(cable, from, piece, DROP_LOST);
		return;
	}
	if (fate.copies == 2) {
		struct frame *second = frame_clone(piece);
		if (second)
			send_copy(cable, from, second, fate.copy[1].delay_ns,
				  fate.copy[1].corrupted);
		else
			cable->counts[DROP_MEMORY]++;
	}
	send_copy(cable, from, piece, fate.copy[0].delay_ns, fate.copy[0].corrupted);
}

static void flight_end(struct cable *cable, struct flight *flight)
{
	list_remove(&flight->link);
	cable->ends[flight->from].under_way--;
	memory_give(cable->allocator, flight, sizeof *flight);
}

static void land(struct cable *cable, struct flight *flight)
{
	struct cable_end *to = &cable->ends[1 - flight->from];
	struct frame *frame = flight->frame;

	tell(cable, flight->from, frame, FORWARDED);
	flight_end(cable, flight);
	to->received++;
	to->receive(to->context, frame);
}

static void free_all(struct cable *cable, struct list *flights)
{
	LIST_EACH_SAFE (node, flights) {
		struct flight *flight = CONTAINER_OF(node, struct flight, link);
		frame_free(flight->frame);
		flight_end(cable, flight);
	}
}

void cable_init(struct cable *cable, const struct berth_allocator *allocator,
		const struct impairment_config *config, const uint8_t seed[16], uint64_t now)
{
	*cable = (struct cable){ .allocator = allocator, .now = now };
	list_init(&cable->flights);
	list_init(&cable->landing);
	impairment_init(&cable->impairments[0], config, seed, 0);
	impairment_init(&cable->impairments[1], config, seed, 1);
}

void cable_close(struct cable *cable)
{
	free_all(cable, &cable->landing);
	free_all(cable, &cable->flights);
}

void cable_send(struct cable *cable, unsigned end, struct frame *frame)
{
	assert(end < 2);
	if (!cut_each(frame, send_piece, &(struct sending){ cable, end }))
		cable->counts[DROP_MEMORY]++;
	frame_free(frame);
}

uint64_t cable_deadline(const struct cable *cable)
{
	if (list_is_empty(&cable->flights))
		return UINT64_MAX;
	return CONTAINER_OF(cable->flights.next, struct flight, link)->arrival;
}

bool cable_advance(struct cable *cable, uint64_t now)
{
	assert(now >= cable->now && list_is_empty(&cable->landing));
	cable->now = now;
	while (cable_deadline(cable) <= now && !list_is_empty(&cable->flights))
		list_append(&cable->landing, list_take_first(&cable->flights));

	bool any = !list_is_empty(&cable->landing);
	while (!list_is_empty(&cable->landing))
		land(cable, CONTAINER_OF(cable->landing.next, struct flight, link));
	return any;
}
