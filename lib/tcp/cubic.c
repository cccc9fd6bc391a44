/* cubic: CUBIC (RFC 9438). After a loss the window rises fast to where it was, rests there, and then goes looking for more,
 * by a cubic function of the time since the loss; but never slower than Reno would (4.3).
 *
 * Where the RFC leaves a choice it is Linux's: the threshold is a share of the window, not of what is in flight, whose
 * growth without use congestion.c prevents (4.6); the window is counted in whole segments; and before the first loss it
 * grows by at least 5 % a round trip. What an undo restores is the RFC's (4.9), more than Linux keeps. */
#include "base/clock.h"
#include "tcp/congestion.h"
#include "tcp/hystart.h"

enum {
	BETA = 717, /* of 1024: RFC 9438, 4.6's 0.7 */
	BETA_WHOLE = 1024,
	LONGEST_MS = 200000, /* beyond this the curve is above any window, and its cube too large */
};

/* Where on which curve the window is. */
struct curve {
	uint64_t epoch;   /* when it began; 0: it will at the next ACK */
	uint32_t most;    /* W_max; 0: no loss yet since the start, or since a time-out */
	uint32_t origin;  /* where it is flat, */
	uint32_t flat_ms; /* and when: K */
	uint32_t reno;    /* W_est */
	uint32_t reno_counted;
	uint32_t prior; /* cwnd_prior */
};

struct cubic {
	struct curve curve;
	struct curve undone; /* what an undo goes back to */
	struct hystart start;
	uint64_t acknowledged_at;
};

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Bit by bit: Hacker's Delight, 11-2. */
static uint32_t cube_root(uint64_t number)
{
	uint64_t root = 0;

	for (int shift = 63; shift >= 0; shift -= 3) {
		root *= 2;
		uint64_t step = 3 * root * (root + 1) + 1;
		if (number >> shift >= step) {
			number -= step << shift;
			root++;
		}
	}
	return (uint32_t)root;
}

/* RFC 9438, equation 2, C being 0.4 segments a second cubed. */
static uint32_t flat_after_ms(uint32_t missing, uint32_t mss)
{
	return cube_root((uint64_t)missing * UINT64_C(2500000000) / mss);
}

/* Equation 1. */
static uint32_t curve_at(const struct curve *curve, uint64_t elapsed_ns, uint32_t mss)
{
	uint64_t ms = elapsed_ns / MILLISECOND;
	bool rests = ms < curve->flat_ms;
	uint64_t away = rests ? curve->flat_ms - ms : ms - curve->flat_ms;

	if (away > LONGEST_MS)
		away = LONGEST_MS;
	uint64_t segments_in_millions = away * away * away / 2500;
	uint64_t bytes = segments_in_millions * mss / 1000000;
	if (rests)
		return bytes < curve->origin ? curve->origin - (uint32_t)bytes : 0;
	return bytes < CONGESTION_WINDOW_MOST ? curve->origin + (uint32_t)bytes
					      : CONGESTION_WINDOW_MOST;
}

static void curve_begin(struct curve *curve, uint32_t window, uint32_t mss, uint64_t now)
{
	bool below = window < curve->most;

	curve->epoch = now;
	curve->origin = below ? curve->most : window;
	curve->flat_ms = below ? flat_after_ms(curve->most - window, mss) : 0;
	curve->reno = window;
	curve->reno_counted = 0;
}

/* 4.3: additive increase so much slower than Reno's as the decrease is smaller; as fast from cwnd_prior on. */
static void follow_reno(struct curve *curve, uint32_t window, uint32_t mss, uint32_t bytes)
{
	uint32_t round = curve->reno < curve->prior ? window / 8 * 15 : window;

	curve->reno_counted += bytes;
	for (; curve->reno_counted >= round; curve->reno_counted -= round)
		curve->reno += mss;
}

/* How many bytes must be acknowledged for one segment more: 4.4, 4.5. */
static uint32_t step_towards(uint32_t target, uint32_t window, uint32_t mss, bool lost_before)
{
	uint32_t fastest = 2 * mss, slowest = lost_before ? UINT32_MAX : 20 * mss;

	if (target <= window)
		return least(slowest, window < UINT32_MAX / 100 ? 100 * window : UINT32_MAX);
	uint64_t step = (uint64_t)window * mss / (target - window);
	return least(slowest, step > fastest ? (uint32_t)step : fastest);
}

static void grow(struct congestion *congestion, uint32_t step, uint32_t bytes)
{
	if (congestion->counted >= step) { /* at a slower pace that was not enough: one, and anew */
		congestion->counted = 0;
		congestion->window += congestion->mss;
	}
	congestion->counted += bytes;
	congestion->window += congestion->counted / step * congestion->mss;
	congestion->counted %= step;
}

static void avoid(struct congestion *congestion, const struct congestion_ack *ack, uint32_t bytes)
{
	struct curve *curve = &((struct cubic *)congestion->own)->curve;
	uint32_t mss = congestion->mss;

	if (curve->epoch == 0)
		curve_begin(curve, congestion->window, mss, ack->now);
	follow_reno(curve, congestion->window, mss, bytes);

	uint64_t elapsed = ack->now - curve->epoch;
	if (curve->reno > congestion->window && curve->reno > curve_at(curve, elapsed, mss)) {
		congestion->window = curve->reno;
		congestion->counted = 0;
		return;
	}
	uint32_t target = curve_at(curve, elapsed + ack->srtt_ns, mss);
	grow(congestion, step_towards(target, congestion->window, mss, curve->most > 0), bytes);
}

/* While the window is not in use time stands still, or it would jump afterwards (RFC 9438, 4.2 and 5.8). */
static void pass_over(struct cubic *own, uint64_t now)
{
	if (own->curve.epoch)
		own->curve.epoch += now - own->acknowledged_at;
	own->acknowledged_at = now;
}

static void begin(struct congestion *congestion, uint64_t now)
{
	struct cubic *own = congestion->own;

	own->acknowledged_at = now;
	hystart_begin(&own->start);
}

static uint32_t slow_start(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct hystart *start = &((struct cubic *)congestion->own)->start;
	uint32_t slower = hystart_growth(start, ack->delivered);

	if (slower == ack->delivered)
		return congestion_slow_start(congestion, ack->delivered);
	congestion_slow_start(congestion, slower);
	return 0;
}

static void acknowledged(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct cubic *own = congestion->own;
	uint32_t bytes = ack->delivered;

	if (!ack->window_limited) {
		pass_over(own, ack->now);
		return;
	}
	own->acknowledged_at = ack->now;
	if (congestion->window < congestion->threshold)
		bytes = slow_start(congestion, ack);
	if (bytes > 0 && congestion->window >= congestion->threshold)
		avoid(congestion, ack, bytes);
}

static void observe(struct congestion *congestion, const struct congestion_ack *ack)
{
	struct hystart *start = &((struct cubic *)congestion->own)->start;

	if (congestion->window < congestion->threshold && hystart_is_over(start, ack))
		congestion->threshold = congestion->window;
}

/* 4.6, and 4.7: a flow that has lost again before it was where it was makes room for another. */
static uint32_t threshold(struct congestion *congestion, uint32_t outstanding)
{
	struct cubic *own = congestion->own;
	struct curve *curve = &own->curve;
	uint32_t window = congestion->window, mss = congestion->mss;
	(void)outstanding;

	own->undone = *curve;
	curve->epoch = 0;
	curve->prior = window;
	curve->most =
		window < curve->most
			? (uint32_t)((uint64_t)window * (BETA_WHOLE + BETA) / (2 * BETA_WHOLE))
			: window;
	hystart_end(&own->start);
	uint32_t segments = (uint32_t)((uint64_t)window * BETA / BETA_WHOLE / mss);
	return most(segments, 2) * mss;
}

static void told(struct congestion *congestion, enum congestion_event event, uint64_t now)
{
	struct cubic *own = congestion->own;

	switch (event) {
	case CONGESTION_SENDS_AGAIN:
		pass_over(own, now);
		break;
	case CONGESTION_TIMED_OUT: /* 4.8: the window then is the new curve's origin */
		own->curve.epoch = 0;
		own->curve.most = 0;
		break;
	case CONGESTION_UNDONE:
		own->curve = own->undone;
		break;
	case CONGESTION_REDUCES:
	case CONGESTION_REDUCED:
		break;
	}
}

const struct congestion_control cubic = {
	.name = "cubic",
	.own_size = sizeof(struct cubic),
	.begin = begin,
	.observe = observe,
	.acknowledged = acknowledged,
	.threshold = threshold,
	.told = told,
};
