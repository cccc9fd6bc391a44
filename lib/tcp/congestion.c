#include "tcp/congestion.h"

#include "base/clock.h"
#include "wire/tcp.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t above(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

uint32_t congestion_initial_window(uint32_t mss)
{
	return least(10 * mss, most(2 * mss, 14600));
}

static void tell(struct congestion *congestion, enum congestion_event event, uint64_t now)
{
	if (congestion->control->told)
		congestion->control->told(congestion, event, now);
}

const struct congestion_control *congestion_at(size_t index)
{
	static const struct congestion_control *const all[] = { &cubic, &newreno };
	return index < sizeof all / sizeof all[0] ? all[index] : NULL;
}

static bool is_same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct congestion_control *congestion_find(const char *name)
{
	const struct congestion_control *control;

	for (size_t index = 0; (control = congestion_at(index)); index++) {
		if (is_same(control->name, name))
			return control;
	}
	return NULL;
}

static void begin(struct congestion *congestion, const struct berth_allocator *allocator,
		  uint64_t now)
{
	if (congestion->control->own_size > 0) {
		congestion->own = memory_take(allocator, congestion->control->own_size);
		if (!congestion->own)
			congestion->control = &newreno;
	}
	if (congestion->control->begin)
		congestion->control->begin(congestion, now);
}

void congestion_init(struct congestion *congestion, const struct berth_allocator *allocator,
		     uint32_t mss, uint64_t now)
{
	*congestion = (struct congestion){
		.control = congestion->control,
		.mss = mss,
		.window = congestion_initial_window(mss),
		.threshold = CONGESTION_WINDOW_MOST,
		.full_at = now,
	};
	begin(congestion, allocator, now);
}

void congestion_close(struct congestion *congestion, const struct berth_allocator *allocator)
{
	if (congestion->own)
		memory_give(allocator, congestion->own, congestion->control->own_size);
	congestion->own = NULL;
}

void congestion_use(struct congestion *congestion, const struct berth_allocator *allocator,
		    const struct congestion_control *control, uint64_t now)
{
	if (control == congestion->control)
		return;
	congestion_close(congestion, allocator);
	congestion->control = control;
	congestion->counted = 0;
	congestion->pacing_rate = congestion->rate_most;
	if (congestion->window > 0)
		begin(congestion, allocator, now);
}

static bool is_reducing(const struct congestion *congestion)
{
	return congestion->phase == PHASE_REDUCING || congestion->phase == PHASE_RECOVERY;
}

void congestion_bound_rate(struct congestion *congestion, uint64_t rate_most)
{
	congestion->rate_most = rate_most;
	if (!congestion->control->control || congestion->pacing_rate > rate_most)
		congestion->pacing_rate = rate_most;
}

static void pace(struct congestion *congestion, const struct congestion_ack *ack)
{
	uint32_t percent = congestion->window < congestion->threshold / 2 ? 200 : 120;

	if (!congestion->control->control && ack->srtt_ns > 0)
		congestion->pacing_rate =
			(uint64_t)congestion->window * percent * (SECOND / 100) / ack->srtt_ns;
	if (congestion->pacing_rate == 0 || congestion->pacing_rate > congestion->rate_most)
		congestion->pacing_rate = congestion->rate_most;
}

void congestion_sends_again(struct congestion *congestion, uint64_t now)
{
	tell(congestion, CONGESTION_SENDS_AGAIN, now);
}

void congestion_sent(struct congestion *congestion, uint32_t size)
{
	if (is_reducing(congestion))
		congestion->prr.out += size;
}

/* The strongest sign of one round trip counts: that the window was full, or else the most that was in flight. */
void congestion_filled(struct congestion *congestion, uint32_t snd_una, uint32_t snd_nxt,
		       bool limited)
{
	uint32_t outstanding = snd_nxt - snd_una;
	bool round_is_over = !sequence_before(snd_una, congestion->used_until);

	if (!round_is_over && !limited && (congestion->limited || outstanding <= congestion->used))
		return;
	congestion->limited = limited;
	congestion->used = outstanding;
	congestion->used_until = snd_nxt;
}

bool congestion_is_limited(const struct congestion *congestion)
{
	if (congestion->window < congestion->threshold && congestion->window < 2 * congestion->used)
		return true;
	return congestion->limited;
}

uint32_t congestion_slow_start(struct congestion *congestion, uint32_t bytes)
{
	uint32_t room = above(congestion->threshold, congestion->window);
	uint32_t grown = least(room, bytes);

	congestion->window += grown;
	return bytes - grown;
}

static void reduce_by(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct prr_ack told = {
		.delivered = ack->delivered,
		.in_flight = ack->in_flight,
		.safe = ack->acknowledged > 0 && ack->lost == 0,
	};

	if (ack->delivered > 0)
		congestion->window =
			prr_window(&congestion->prr, &told, congestion->threshold, congestion->mss);
}

void congestion_acked(struct congestion *congestion, const struct congestion_ack *ack)
{
	const struct congestion_control *control = congestion->control;

	if (control->observe && ack->delivered > 0)
		control->observe(congestion, ack);
	if (control->control) {
		control->control(congestion, ack);
	} else if (is_reducing(congestion)) {
		reduce_by(congestion, ack);
	} else if (ack->acknowledged > 0) {
		control->acknowledged(congestion, ack);
	}
	/* PRR, counting what leaves, may count to less than a segment. */
	congestion->window =
		least(most(congestion->window, congestion->mss), CONGESTION_WINDOW_MOST);
	if (congestion->rate_most)
		pace(congestion, ack);
}

/* Linux's tcp_current_ssthresh. */
static uint32_t remembered_threshold(const struct congestion *congestion)
{
	uint32_t most_of_it = congestion->window / 2 + congestion->window / 4;

	return is_reducing(congestion) ? congestion->threshold
				       : most(congestion->threshold, most_of_it);
}

/* What an undo goes back to. */
static void remember(struct congestion *congestion)
{
	congestion->prr = (struct prr){ .prior_window = congestion->window };
	congestion->prior_threshold = remembered_threshold(congestion);
}

void congestion_reduce(struct congestion *congestion, enum congestion_phase phase,
		       uint32_t outstanding, uint64_t now)
{
	/* A loss while the window already comes down is the same congestion's. */
	if (!is_reducing(congestion)) {
		remember(congestion);
		congestion->threshold = congestion->control->threshold(congestion, outstanding);
		congestion->counted = 0;
		congestion->unannounced = true;
	}
	congestion->phase = phase;
	tell(congestion, CONGESTION_REDUCES, now);
}

void congestion_began(struct congestion *congestion, uint32_t in_flight)
{
	struct prr_ack one = { .delivered = congestion->mss, .in_flight = in_flight };

	if (!congestion->control->control)
		congestion->window =
			prr_window(&congestion->prr, &one, congestion->threshold, congestion->mss);
}

void congestion_reduced(struct congestion *congestion, uint64_t now)
{
	if (is_reducing(congestion) && !congestion->control->control)
		congestion->window = congestion->threshold;
	congestion->phase = PHASE_OPEN;
	tell(congestion, CONGESTION_REDUCED, now);
}

void congestion_timed_out(struct congestion *congestion, uint32_t outstanding, uint32_t in_flight,
			  bool first, uint64_t now)
{
	if (first) {
		remember(congestion);
		congestion->threshold = congestion->control->threshold(congestion, outstanding);
	}
	congestion->phase = PHASE_LOSS;
	congestion->unannounced = true;
	congestion->window = in_flight + congestion->mss;
	congestion->counted = 0;
	tell(congestion, CONGESTION_TIMED_OUT, now);
}

void congestion_undo(struct congestion *congestion, uint64_t now)
{
	uint32_t window = congestion->control->undo ? congestion->control->undo(congestion)
						    : congestion->prr.prior_window;

	congestion->window = most(congestion->window, window);
	congestion->threshold = most(congestion->threshold, congestion->prior_threshold);
	congestion->unannounced = false;
	tell(congestion, CONGESTION_UNDONE, now);
}

void congestion_idle(struct congestion *congestion, uint64_t idle_ns, uint64_t rto_ns, uint64_t now)
{
	uint32_t window = congestion->window, mss = congestion->mss;
	uint32_t restart = least(window, congestion_initial_window(mss));

	if (congestion->control->control)
		return;
	congestion->threshold = remembered_threshold(congestion);
	for (; idle_ns > rto_ns && window > restart; idle_ns -= rto_ns)
		window = window / 2 / mss * mss;
	congestion->window = most(window, restart);
	congestion->used_starving = 0;
	congestion->full_at = now;
}

void congestion_starved(struct congestion *congestion, uint32_t outstanding, uint64_t rto_ns,
			uint64_t now)
{
	uint32_t window = congestion->window, mss = congestion->mss;

	congestion->used_starving = most(congestion->used_starving, outstanding);
	if (congestion_is_limited(congestion)) {
		congestion->used_starving = 0;
		congestion->full_at = now;
		return;
	}
	if (now - congestion->full_at < rto_ns || congestion->control->control)
		return;
	uint32_t used = most(congestion->used_starving, congestion_initial_window(mss));
	if (congestion->phase == PHASE_OPEN && used < window) {
		congestion->threshold = remembered_threshold(congestion);
		congestion->window = (window + used) / 2 / mss * mss;
	}
	congestion->used_starving = 0;
	congestion->full_at = now;
}
