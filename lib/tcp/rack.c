#include "tcp/rack.h"

enum {
	STEPS_MOST = 255,
	RECOVERIES = 16, /* RFC 8985, 6.2: a grown window is kept for so many */
};

void rack_init(struct rack *rack, uint16_t degree)
{
	*rack = (struct rack){ .degree = degree, .steps = 1 };
}

void rack_sample(struct rack *rack, uint64_t rtt_ns, uint64_t now, uint64_t window_ns)
{
	if (rack->least_rtt_ns && rtt_ns > rack->least_rtt_ns &&
	    now - rack->least_rtt_at <= window_ns)
		return;
	rack->least_rtt_ns = rtt_ns ? rtt_ns : 1;
	rack->least_rtt_at = now;
}

void rack_arrived(struct rack *rack, const struct sending *sending, uint64_t now)
{
	uint64_t rtt = now - sending->sent_at;

	/* So soon it may be the first sending that arrived, not the last. */
	if (sending->repeated && rtt < rack->least_rtt_ns)
		return;
	rack->advanced = true;
	rack->rtt_ns = rtt;
	if (rack->any && !sending_is_later(sending->order, sending->end, rack->order, rack->end))
		return;
	rack->any = true;
	rack->order = sending->order;
	rack->end = sending->end;
}

void rack_overtaken(struct rack *rack, uint32_t bytes, uint32_t mss, uint16_t most)
{
	uint32_t segments = (bytes + mss - 1) / mss;

	if (segments > most)
		segments = most;
	if (segments > rack->degree)
		rack->degree = (uint16_t)segments;
	rack->reordering_seen = true;
}

void rack_adapt(struct rack *rack, uint64_t prior, uint64_t delivered)
{
	if (prior < rack->adapted_at) /* a round trip has not passed since it grew */
		rack->duplicate_seen = false;
	if (rack->duplicate_seen) {
		if (rack->steps < STEPS_MOST)
			rack->steps++;
		rack->duplicate_seen = false;
		rack->adapted_at = delivered;
		rack->persist = RECOVERIES;
	} else if (rack->persist == 0) {
		rack->steps = 1;
	}
}

void rack_recovered(struct rack *rack)
{
	if (rack->persist > 0)
		rack->persist--;
}

void rack_was_wrong(struct rack *rack)
{
	if (rack->persist < RECOVERIES)
		rack->persist++;
	rack->advanced = true;
}

uint64_t rack_window(const struct rack *rack, uint64_t srtt_ns, bool impatient)
{
	if (!rack->reordering_seen && impatient)
		return 0;
	uint64_t window = rack->least_rtt_ns / 4 * rack->steps;
	return window < srtt_ns ? window : srtt_ns;
}

uint64_t rack_time_left(const struct rack *rack, const struct sending *sending, uint64_t window_ns,
			uint64_t now)
{
	uint64_t end = sending->sent_at + rack->rtt_ns + window_ns;
	return end > now ? end - now : 0;
}

uint32_t rack_find_lost(struct rack *rack, struct scoreboard *board, uint64_t window_ns,
			uint64_t now, uint64_t *wait)
{
	uint32_t lost = 0;

	*wait = 0;
	rack->advanced = false;
	if (!rack->any || board->count == 0)
		return 0;
	LIST_EACH_SAFE (node, &board->by_time) {
		struct sending *sending = CONTAINER_OF(node, struct sending, by_time);
		if (!sending_is_later(rack->order, rack->end, sending->order, sending->end))
			break;
		uint64_t left = rack_time_left(rack, sending, window_ns, now);
		if (left == 0)
			lost += scoreboard_lose(board, sending);
		else if (left > *wait)
			*wait = left;
	}
	return lost;
}
