#include "tcp/rate.h"

#include "wire/tcp.h"

/* Section 3.2: an interval that begins with nothing in flight begins now. */
struct rate_mark rate_sent(struct rate *rate, bool idle, uint64_t now)
{
	if (idle)
		rate->first_sent_at = rate->delivered_at = now;
	return (struct rate_mark){
		.delivered = rate->delivered,
		.delivered_at = rate->delivered_at,
		.first_sent_at = rate->first_sent_at,
		.limited = rate->limited_until != 0,
	};
}

void rate_arrived(struct rate *rate, struct rate_newest *newest,
		  const struct rate_newest *candidate)
{
	bool newer =
		newest->sent_at == 0 || sequence_after(candidate->order, newest->order) ||
		(candidate->order == newest->order && sequence_after(candidate->end, newest->end));
	if (!newer)
		return;
	*newest = *candidate;
	rate->first_sent_at = candidate->sent_at;
}

/* Section 3.3. An interval shorter than any round trip is a burst of ACKs', and shows nothing. */
struct rate_sample rate_take(struct rate *rate, const struct rate_newest *newest,
			     uint32_t delivered, uint64_t least_rtt_ns, uint64_t now)
{
	rate->delivered += delivered;
	if (rate->limited_until && rate->delivered > rate->limited_until)
		rate->limited_until = 0;
	if (delivered > 0)
		rate->delivered_at = now;
	if (newest->sent_at == 0)
		return (struct rate_sample){ 0 };

	uint64_t sending = newest->sent_at - newest->mark.first_sent_at;
	uint64_t acknowledging = now - newest->mark.delivered_at;
	uint64_t interval = sending > acknowledging ? sending : acknowledging;
	return (struct rate_sample){
		.prior_delivered = newest->mark.delivered,
		.delivered = rate->delivered - newest->mark.delivered,
		.interval_ns = interval < least_rtt_ns ? 0 : interval,
		.limited = newest->mark.limited,
		.repeated = newest->repeated,
	};
}

void rate_limited(struct rate *rate, uint32_t in_flight)
{
	uint64_t until = rate->delivered + in_flight;
	rate->limited_until = until ? until : 1;
}
