#include "tcp/hystart.h"

#include "base/clock.h"
#include "wire/tcp.h"

/* RFC 9406, 4.3. */
#define LONGER_LEAST (4 * MILLISECOND)
#define LONGER_MOST  (16 * MILLISECOND)
enum {
	LONGER_DIVISOR = 8,
	SAMPLES_LEAST = 8,
	GROWTH_DIVISOR = 4,
	SLOW_ROUNDS = 5,
};

void hystart_begin(struct hystart *hystart)
{
	*hystart = (struct hystart){ .least_before = UINT64_MAX, .least = UINT64_MAX };
}

void hystart_end(struct hystart *hystart)
{
	hystart->over = true;
	hystart->slow = false;
}

static void begin_round(struct hystart *hystart, uint32_t snd_nxt)
{
	hystart->least_before = hystart->least;
	hystart->least = UINT64_MAX;
	hystart->samples = 0;
	hystart->round_end = snd_nxt;
	hystart->in_round = true;
}

static bool is_long(const struct hystart *hystart)
{
	if (hystart->samples < SAMPLES_LEAST || hystart->least_before == UINT64_MAX)
		return false;
	uint64_t longer = hystart->least_before / LONGER_DIVISOR;
	if (longer < LONGER_LEAST)
		longer = LONGER_LEAST;
	if (longer > LONGER_MOST)
		longer = LONGER_MOST;
	return hystart->least >= hystart->least_before + longer;
}

static void take_sample(struct hystart *hystart, uint64_t rtt_ns)
{
	if (rtt_ns < hystart->least)
		hystart->least = rtt_ns;
	if (hystart->samples < SAMPLES_LEAST)
		hystart->samples++;
}

static void change_pace(struct hystart *hystart)
{
	if (!hystart->slow && is_long(hystart)) {
		hystart->slow = true;
		hystart->baseline = hystart->least;
		hystart->slow_rounds = 0;
	} else if (hystart->slow && hystart->samples >= SAMPLES_LEAST &&
		   hystart->least < hystart->baseline) {
		hystart->slow = false;
		hystart->baseline = UINT64_MAX;
	}
}

bool hystart_is_over(struct hystart *hystart, const struct congestion_ack *ack)
{
	if (hystart->over)
		return false;
	bool round_is_over =
		!hystart->in_round || !sequence_before(ack->snd_una, hystart->round_end);

	if (ack->rtt_ns > 0)
		take_sample(hystart, ack->rtt_ns);
	change_pace(hystart);
	if (!round_is_over)
		return false;
	if (hystart->slow && ++hystart->slow_rounds >= SLOW_ROUNDS) {
		hystart_end(hystart);
		return true;
	}
	begin_round(hystart, ack->snd_nxt);
	return false;
}

uint32_t hystart_growth(const struct hystart *hystart, uint32_t bytes)
{
	return hystart->slow ? bytes / GROWTH_DIVISOR : bytes;
}
