#include "simulation/scenario.h"

#include "base/clock.h"

enum {
	BYTES_MOST = 300000,
	PURPOSE = 1,
	LAN_EVERY = 5, /* one seed in so many is played on a switch */
};

static uint32_t between(struct random *random, uint32_t least, uint32_t most)
{
	return least + random_below(random, most - least + 1);
}

static bool one_in(struct random *random, uint32_t odds)
{
	return random_below(random, odds) == 0;
}

/* Each power of two as likely as the next. */
static uint32_t magnitude(struct random *random, uint32_t least_bits, uint32_t most_bits)
{
	uint32_t bits = between(random, least_bits, most_bits);
	return (1u << bits) + random_below(random, 1u << bits);
}

static uint32_t size_to_send(struct random *random)
{
	switch (random_below(random, 4)) {
	case 0:
		return one_in(random, 2) ? 0 : between(random, 1, 3);
	case 1:
		return between(random, 0, BYTES_MOST);
	default:
		return magnitude(random, 2, 15);
	}
}

static void draw_link(struct random *random, struct scenario *scenario)
{
	struct impairment_config *link = &scenario->link;

	link->delay_ns = magnitude(random, 7, 16) * MICROSECOND;
	if (link->delay_ns > 100 * MILLISECOND)
		link->delay_ns = 100 * MILLISECOND;
	if (one_in(random, 5)) /* a good link */
		return;
	link->loss = between(random, 0, 50000);
	link->duplication = one_in(random, 2) ? between(random, 0, 50000) : 0;
	link->reordering = one_in(random, 2) ? between(random, 0, 200000) : 0;
	link->reordering_ns = link->delay_ns * between(random, 1, 4);
	link->corruption = one_in(random, 2) ? between(random, 0, 20000) : 0;
}

static void draw_hosts(struct random *random, struct scenario *scenario)
{
	bool uneasy = !one_in(random, 2) && scenario->keepalive;

	for (unsigned host = 0; host < scenario->host_count; host++) {
		scenario->send_buffer[host] = magnitude(random, 12, 19);
		scenario->receive_buffer[host] = magnitude(random, 12, 19);
		scenario->listeners[host] = (struct listener_plan){
			.backlog = (int)between(random, 0, 5),
			.closes = uneasy ? magnitude(random, 1, 15) * MILLISECOND : NEVER,
			.accept_pause_most = one_in(random, 3) ? 2 * SECOND : 0,
		};
	}
}

static void draw_end(struct random *random, const struct scenario *scenario, struct end_plan *end)
{
	*end = (struct end_plan){
		.size = size_to_send(random),
		.chunk_most = magnitude(random, 0, 16),
		.pause_odds = one_in(random, 2) ? magnitude(random, 3, 7) : 0,
		.pause_most = one_in(random, 3) ? 8 * SECOND : 20 * MILLISECOND,
		.zero_copy = one_in(random, 3),
		.no_delay = one_in(random, 2),
		.mss = one_in(random, 6) ? (uint16_t)between(random, 88, 2000) : 0,
	};
	if (scenario->keepalive && one_in(random, 2))
		end->fate = (enum fate)between(random, ORDERLY + 1, FATE_COUNT - 1);
	end->cut = random_below(random, 2 * BYTES_MOST / 3) >> random_below(random, 16);
}

/* Moving hundreds of thousands of single bytes shows no more than moving thousands. */
static void raise_chunks(struct talk_plan *talk)
{
	for (unsigned side = 0; side < 2; side++) {
		uint32_t least = 1 + (talk->ends[0].size + talk->ends[1].size) / 2000;
		if (talk->ends[side].chunk_most < least)
			talk->ends[side].chunk_most = least;
	}
}

static void draw_talk(struct random *random, const struct scenario *scenario,
		      struct talk_plan *talk)
{
	talk->client = random_below(random, scenario->host_count);
	talk->server = (talk->client + 1) % scenario->host_count;
	if (scenario->host_count > 2 || one_in(random, 10))
		talk->server = random_below(random, scenario->host_count);
	talk->start = one_in(random, 2) ? 0 : magnitude(random, 0, 12) * MILLISECOND;
	talk->nobody_listens = one_in(random, 12);
	draw_end(random, scenario, &talk->ends[0]);
	draw_end(random, scenario, &talk->ends[1]);
	raise_chunks(talk);
}

static void fill(struct random *random, struct scenario *scenario)
{
	scenario->lan = scenario->seed % LAN_EVERY == 0;
	scenario->host_count = scenario->lan ? SCENARIO_HOSTS : 2;
	scenario->keepalive = one_in(random, 2);
	scenario->mtu = one_in(random, 2) ? 1500 : between(random, 576, 9000);
	scenario->largest_segment = one_in(random, 2) ? between(random, 10000, 65000) : 0;
	scenario->checksums = !scenario->lan || one_in(random, 2);
	draw_link(random, scenario);
	draw_hosts(random, scenario);
	scenario->talk_count = between(random, 1, scenario->lan ? SCENARIO_TALKS : 6);
	for (unsigned talk = 0; talk < scenario->talk_count; talk++)
		draw_talk(random, scenario, &scenario->talks[talk]);
}

void scenario_draw(struct scenario *scenario, uint64_t seed)
{
	struct random random;

	*scenario = (struct scenario){ .seed = seed };
	for (size_t index = 0; index < sizeof seed; index++)
		scenario->seed_bytes[index] = (uint8_t)(seed >> (8 * index));
	random_init(&random, scenario->seed_bytes, PURPOSE);
	fill(&random, scenario);
}

const char *fate_name(enum fate fate)
{
	static const char *const names[FATE_COUNT] = { "orderly", "aborts", "quits", "leaves" };
	return names[fate];
}
